/* Usage: logcheck verify SENT TEMPLATE    |    logcheck watch FIRST COUNT TEMPLATE EVERY-MS
 *
 * Holds console logs against what rack.c sent. In TEMPLATE, & stands for the console: n000123.
 *
 * verify reads all logs that SENT (the rack's order "sent") names, line by line, and prints one line
 * of JSON: every sequence number must be there once and in order, with its checksum, and what was
 * sent must be there byte for byte. Lines that the rack never sent (of conserver and ConMan, about
 * themselves) are counted as foreign. Exit status 1 if anything is not as it was sent.
 *
 * watch looks at a sample of growing logs every EVERY-MS and counts how long each line took from
 * being sent to being in the file, until standard input ends; each line there is an order: "reset" to
 * begin anew with what is written from now on, "report" for one line of JSON. */
#define _GNU_SOURCE
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20, SAMPLE_MAX = 50, NAMED_MAX = 5 };

static void log_path(char *path, size_t size, const char *template, uint32_t number) {
  const char *mark = strchr(template, '&');
  if (mark == NULL) {
    fprintf(stderr, "logcheck: no & in %s\n", template);
    exit(64);
  }
  snprintf(path, size, "%.*sn%06u%s", (int)(mark - template), template, number, mark + 1);
}

struct verdict {
  uint64_t lines, bytes, echo_bytes, foreign_bytes, missing, doubled, damaged;
};

/* What was found of one log while it is read. */
struct reading {
  uint32_t number;
  uint64_t next;
};

/* One whole line, its feed included. */
static void judge(struct reading *r, struct verdict *v, const char *line, size_t bytes) {
  if (line[0] == 'E') {
    v->echo_bytes += bytes;
    return;
  }
  if (line[0] != 'L' || bytes != LINE_BYTES) {
    if (line[0] == 'L') v->damaged++;
    else v->foreign_bytes += bytes;
    return;
  }
  int64_t seq = get_digits(line + AT_SEQ, SEQ_DIGITS);
  if (!sum_holds(line) || seq < 0 || get_digits(line + AT_CONSOLE, CONSOLE_DIGITS) != r->number) {
    v->damaged++;
    return;
  }
  v->lines++;
  v->bytes += bytes;
  if ((uint64_t)seq < r->next) {
    v->doubled++;
  } else {
    v->missing += (uint64_t)seq - r->next;
    r->next = (uint64_t)seq + 1;
  }
}

/* Returns how many bytes at the end are no whole line yet. */
static size_t judge_all(struct reading *r, struct verdict *v, const char *text, size_t bytes) {
  size_t at = 0;
  while (at < bytes) {
    /* Nearly always: no search for the feed. */
    if (text[at] == 'L' && bytes - at >= LINE_BYTES && text[at + LINE_BYTES - 1] == '\n' &&
        memchr(text + at, '\n', LINE_BYTES - 1) == NULL) {
      judge(r, v, text + at, LINE_BYTES);
      at += LINE_BYTES;
      continue;
    }
    const char *feed = memchr(text + at, '\n', bytes - at);
    if (feed == NULL) return bytes - at;
    judge(r, v, text + at, (size_t)(feed - text) + 1 - at);
    at = (size_t)(feed - text) + 1;
  }
  return 0;
}

static int verify(const char *sent_path, const char *template) {
  static char buffer[BUFFER_BYTES];
  FILE *sent = fopen(sent_path, "r");
  if (sent == NULL) {
    fprintf(stderr, "logcheck: %s: %s\n", sent_path, strerror(errno));
    return 64;
  }
  struct verdict sum = {0};
  uint64_t sent_lines = 0, sent_bytes = 0, bad = 0, lines, bytes;
  uint32_t number, files = 0;
  char named[256] = "";
  while (fscanf(sent, "%u %" SCNu64 " %" SCNu64, &number, &lines, &bytes) == 3) {
    char path[4096];
    log_path(path, sizeof path, template, number);
    struct verdict v = {0};
    struct reading r = {.number = number};
    size_t held = 0;
    int fd = open(path, O_RDONLY);
    if (fd >= 0) {
      ssize_t count;
      while ((count = read(fd, buffer + held, sizeof buffer - held)) > 0) {
        size_t all = held + (size_t)count;
        held = judge_all(&r, &v, buffer, all);
        if (held == sizeof buffer) held = 0; /* No line is that long. */
        memmove(buffer, buffer + all - held, held);
      }
      close(fd);
    }
    if (r.next < lines) v.missing += lines - r.next;
    /* Nothing of the rack's ends without a feed: what does is torn. */
    if (held > 0 && buffer[0] == 'L') v.damaged++;
    else v.foreign_bytes += held;
    files++;
    sent_lines += lines;
    sent_bytes += bytes;
    sum.lines += v.lines;
    sum.bytes += v.bytes;
    sum.echo_bytes += v.echo_bytes;
    sum.foreign_bytes += v.foreign_bytes;
    sum.missing += v.missing;
    sum.doubled += v.doubled;
    sum.damaged += v.damaged;
    if (v.missing > 0 || v.doubled > 0 || v.damaged > 0 || v.bytes + v.echo_bytes != bytes) {
      if (bad++ < NAMED_MAX) {
        size_t end = strlen(named);
        snprintf(named + end, sizeof named - end, "%sn%06u", end > 0 ? " " : "", number);
      }
    }
  }
  fclose(sent);
  printf("{\"files\":%u,\"sentLines\":%" PRIu64 ",\"sentBytes\":%" PRIu64 ",\"lines\":%" PRIu64
         ",\"bytes\":%" PRIu64 ",\"echoBytes\":%" PRIu64 ",\"foreignBytes\":%" PRIu64
         ",\"missing\":%" PRIu64 ",\"doubled\":%" PRIu64 ",\"damaged\":%" PRIu64
         ",\"badFiles\":%" PRIu64 ",\"bad\":\"%s\"}\n",
         files, sent_lines, sent_bytes, sum.lines, sum.bytes, sum.echo_bytes, sum.foreign_bytes, sum.missing,
         sum.doubled, sum.damaged, bad, named);
  return bad > 0 || files == 0 ? 1 : 0;
}

struct watched {
  uint32_t number;
  int fd;
  off_t at;
};

static struct histogram delays;

/* Counts the whole lines that came since the last look. */
static void look(struct watched *w, const char *template, int count_them) {
  static char buffer[BUFFER_BYTES];
  if (w->fd < 0) {
    char path[4096];
    log_path(path, sizeof path, template, w->number);
    if ((w->fd = open(path, O_RDONLY)) < 0) return;
  }
  ssize_t count = pread(w->fd, buffer, sizeof buffer, w->at);
  if (count <= 0) return;
  int64_t at_us = now_us();
  ssize_t at = 0;
  for (;;) {
    char *feed = memchr(buffer + at, '\n', (size_t)(count - at));
    if (feed == NULL) break;
    if (count_them && buffer[at] == 'L' && feed - buffer + 1 - at == LINE_BYTES) {
      int64_t sent_us = get_digits(buffer + at + AT_SENT, SENT_DIGITS);
      if (sent_us > 0) histogram_add(&delays, at_us - sent_us);
    }
    at = feed - buffer + 1;
  }
  w->at += at == 0 && count == BUFFER_BYTES ? count : at;
}

static int watch(uint32_t first, uint32_t count, const char *template, int every_ms) {
  struct watched sample[SAMPLE_MAX];
  uint32_t size = count < SAMPLE_MAX ? count : SAMPLE_MAX;
  for (uint32_t i = 0; i < size; i++)
    sample[i] = (struct watched){.number = first + (uint32_t)((uint64_t)i * count / size), .fd = -1};
  char text[256];
  struct pollfd orders = {.fd = STDIN_FILENO, .events = POLLIN};
  for (;;) {
    if (poll(&orders, 1, every_ms) > 0) {
      ssize_t got = read(STDIN_FILENO, text, sizeof text - 1);
      if (got <= 0) return 0;
      text[got] = 0;
      if (strstr(text, "reset") != NULL) {
        for (uint32_t i = 0; i < size; i++) {
          struct stat now;
          look(&sample[i], template, 0);
          /* A backlog from before belongs to what was measured before. */
          if (sample[i].fd >= 0 && fstat(sample[i].fd, &now) == 0 && now.st_size > sample[i].at + LINE_BYTES)
            sample[i].at = now.st_size;
        }
        memset(&delays, 0, sizeof delays);
        printf("{\"reset\":true}\n");
      }
      if (strstr(text, "report") != NULL)
        printf("{\"lines\":%" PRIu64 ",\"p50Ms\":%.1f,\"p99Ms\":%.1f,\"maxMs\":%.1f}\n", delays.count,
               histogram_ms(&delays, 0.5), histogram_ms(&delays, 0.99), (double)delays.max_us / 1000.0);
      fflush(stdout);
    }
    for (uint32_t i = 0; i < size; i++) look(&sample[i], template, 1);
  }
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "verify") == 0) return verify(argv[2], argv[3]);
  if (argc == 6 && strcmp(argv[1], "watch") == 0)
    return watch((uint32_t)atol(argv[2]), (uint32_t)atol(argv[3]), argv[4], atoi(argv[5]));
  fprintf(stderr, "usage: logcheck verify SENT TEMPLATE | logcheck watch FIRST COUNT TEMPLATE EVERY-MS\n");
  return 64;
}
