/* The lines that rack.c sends and logcheck.c finds again: 80 bytes, all at fixed places.
 *
 *   L000123 0000004567 1700000000123456 <34 bytes of padding> 89abcdef\n
 *   |console|sequence  |sent, us since 1970                   |checksum
 *
 * What is echoed stands on lines of its own, E<what was typed>\n, so that both can be told apart. */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include <stdint.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 80, AT_CONSOLE = 1, AT_SEQ = 8, AT_SENT = 19, AT_PAD = 36, AT_SUM = 71 };
enum { CONSOLE_DIGITS = 6, SEQ_DIGITS = 10, SENT_DIGITS = 16, SUM_DIGITS = 8 };

static inline int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Of everything in front of it. Not a CRC: nine multiplications a line, for logs of many gigabytes. */
static inline uint32_t line_sum(const char *line) {
  uint64_t sum = 0x243f6a8885a308d3u;
  for (int at = 0; at < 72; at += 8) {
    uint64_t word;
    memcpy(&word, line + (at == 64 ? AT_SUM - 8 : at), sizeof word);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    sum ^= sum >> 29;
  }
  return (uint32_t)(sum >> 32);
}

static inline void put_digits(char *at, int digits, uint64_t value) {
  for (int i = digits - 1; i >= 0; i--, value /= 10) at[i] = (char)('0' + value % 10);
}

/* The number at a place, or -1 where something else than digits stands. */
static inline int64_t get_digits(const char *at, int digits) {
  int64_t value = 0;
  for (int i = 0; i < digits; i++) {
    if (at[i] < '0' || at[i] > '9') return -1;
    value = value * 10 + (at[i] - '0');
  }
  return value;
}

static inline void put_sum(char *line) {
  static const char hex[] = "0123456789abcdef";
  uint32_t sum = line_sum(line);
  for (int i = SUM_DIGITS - 1; i >= 0; i--, sum >>= 4) line[AT_SUM + i] = hex[sum & 15];
}

static inline int sum_holds(const char *line) {
  char copy[LINE_BYTES];
  memcpy(copy, line, LINE_BYTES);
  put_sum(copy);
  return memcmp(copy + AT_SUM, line + AT_SUM, SUM_DIGITS) == 0;
}

/* The whole line but its checksum, sequence and time. */
static inline void put_blank(char *line, uint64_t console) {
  memcpy(line, "L000000 0000000000 0000000000000000 kernel: eth0: link is up, 100 Mbps 00000000\n",
         LINE_BYTES);
  put_digits(line + AT_CONSOLE, CONSOLE_DIGITS, console);
}

/* Durations in us, counted in steps of 100 us up to 60 s; what is longer counts as 60 s. */
enum { STEP_US = 100, STEPS = 600000 };
struct histogram {
  uint64_t count;
  int64_t max_us;
  uint32_t steps[STEPS + 1];
};

static inline void histogram_add(struct histogram *h, int64_t us) {
  if (us < 0) us = 0;
  if (us > h->max_us) h->max_us = us;
  int64_t step = us / STEP_US;
  h->steps[step < STEPS ? step : STEPS]++;
  h->count++;
}

static inline double histogram_ms(const struct histogram *h, double part) {
  uint64_t rank = (uint64_t)((double)h->count * part), seen = 0;
  for (int step = 0; step <= STEPS; step++) {
    seen += h->steps[step];
    if (seen > rank) return (step + 1) * (STEP_US / 1000.0);
  }
  return (double)h->max_us / 1000.0;
}

#endif
