/* Usage: rack FIRST COUNT ADDRESS
 *
 * Plays COUNT consoles, numbered from FIRST on, for the benchmark. Each has an address of its own,
 * from ADDRESS (127.x.y.z) upwards, and all have one port: a listener for each would need twice the
 * descriptors. The port is free, asked from the kernel, and told first. Every order is one line on
 * standard input, every answer one line of JSON on standard output; it ends with its input.
 *
 *   rate FROM TO LINES BURST   from now on LINES lines a second on each of these consoles, BURST of
 *                              them in one write, evenly spread over consoles and time
 *   flood FROM TO BYTES BURST  that much at once on each, as fast as it is taken, BURST lines in one
 *                              write, a write on each in turn; {"event":"flooded"} when all was taken
 *   quiet                      no more rates
 *   report                     everything counted; lateness since the last reset
 *   reset                      forget lateness
 *   sent FILE                  writes "number lines bytes" of each console, for logcheck
 *   hangup FROM TO             close these links
 *
 * What is typed comes back at once on a line of its own (line.h). Late is a line that was sent after
 * it was due; a line that the consumer did not take in time is counted as blocked instead. */
#define _GNU_SOURCE
#include "line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* One write of a flood; and how much the kernel holds for a consumer that does not read. */
enum { BATCH_LINES = 400, SEND_BUFFER_BYTES = 32 * 1024 };
enum { REST_BYTES = 1024, SCHEDULES_MAX = 16, EVENTS_MAX = 512 };
/* Before looking at orders, links and keys again: 10 ms. */
enum { TURN_LINES_MAX = 2000 };
/* Of echoes while the socket is full; a person does not type more. */
enum { ECHO_BYTES_MAX = 512 };

struct console {
  int fd, blocked, waiting;
  uint32_t flooding; /* Lines in one write; 0: owes no more than rates made it. */
  uint32_t rest_bytes, echo_bytes, opens;
  uint64_t lines, bytes, owed;
  char *rest; /* Of a line, or of an echo, that the socket took in part. */
  char *echo;
};

struct schedule {
  uint32_t from, count, burst, next;
  int64_t start_us;
  double step_us;
  uint64_t done;
};

static struct console *consoles;
static uint32_t console_count, first_number, connected;
static in_addr_t first_address;
static struct schedule schedules[SCHEDULES_MAX];
static uint32_t *waiting, waiting_count;
static int schedule_count, poll_fd, flooding;
static uint64_t reopened, doubled, blocked_lines, skipped_lines, torn_lines, echoed_bytes, floods_left;
static int64_t connected_us;
static struct histogram late;
static char batch[BATCH_LINES * LINE_BYTES];

static void fail(const char *what) {
  fprintf(stderr, "rack: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void *make(size_t count, size_t bytes) {
  void *made = calloc(count, bytes);
  if (made == NULL) fail("memory");
  return made;
}

static void lost(struct console *c) {
  if (c->fd < 0) return;
  close(c->fd);
  c->fd = -1;
  if (c->rest_bytes > 0) torn_lines++;
  if (c->flooding > 0) floods_left--;
  c->flooding = 0;
  c->rest_bytes = c->echo_bytes = 0;
  c->owed = 0;
  connected--;
}

/* -1: nothing more can be written for now, or the link is gone. */
static ssize_t put(struct console *c, const char *bytes, size_t count) {
  ssize_t taken = send(c->fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (taken >= 0) {
    c->bytes += (uint64_t)taken;
    return taken;
  }
  if (errno == EAGAIN || errno == EINTR) c->blocked = 1;
  else lost(c);
  return -1;
}

static void keep_rest(struct console *c, const char *bytes, size_t count) {
  if (count == 0) return;
  if (c->rest == NULL) c->rest = make(1, REST_BYTES);
  memcpy(c->rest, bytes, count);
  c->rest_bytes = (uint32_t)count;
  c->blocked = 1;
}

static size_t build(const struct console *c, size_t lines) {
  uint64_t number = first_number + (uint64_t)(c - consoles);
  int64_t sent_us = now_us();
  for (size_t i = 0; i < lines; i++) {
    char *line = batch + i * LINE_BYTES;
    if (i == 0) {
      put_blank(line, number);
      put_digits(line + AT_SENT, SENT_DIGITS, (uint64_t)sent_us);
    } else {
      memcpy(line, batch, LINE_BYTES);
    }
    put_digits(line + AT_SEQ, SEQ_DIGITS, c->lines + i);
    put_sum(line);
  }
  return lines * LINE_BYTES;
}

/* Write what a console owes until it is done or the socket is full. */
static void push(struct console *c) {
  int written = 0;
  while (c->fd >= 0 && !c->blocked) {
    if (c->rest_bytes > 0) {
      ssize_t taken = put(c, c->rest, c->rest_bytes);
      if (taken < 0) return;
      c->rest_bytes -= (uint32_t)taken;
      memmove(c->rest, c->rest + taken, c->rest_bytes);
      if (c->rest_bytes > 0) c->blocked = 1;
    } else if (c->echo_bytes > 0) {
      if (c->rest == NULL) c->rest = make(1, REST_BYTES);
      c->rest[0] = 'E';
      memcpy(c->rest + 1, c->echo, c->echo_bytes);
      c->rest[c->echo_bytes + 1] = '\n';
      c->rest_bytes = c->echo_bytes + 2;
      echoed_bytes += c->rest_bytes;
      c->echo_bytes = 0;
    } else if (c->owed > 0) {
      /* A consumer that takes everything must not make the other consoles late. */
      if (written++ > 0) {
        if (!c->waiting) waiting[waiting_count++] = (uint32_t)(c - consoles);
        c->waiting = 1;
        return;
      }
      size_t most = c->flooding > 0 ? c->flooding : BATCH_LINES;
      size_t lines = c->owed < most ? (size_t)c->owed : most;
      size_t bytes = build(c, lines);
      ssize_t taken = put(c, batch, bytes);
      if (taken < 0) return;
      size_t begun = ((size_t)taken + LINE_BYTES - 1) / LINE_BYTES;
      keep_rest(c, batch + taken, begun * LINE_BYTES - (size_t)taken);
      c->lines += begun;
      c->owed -= begun;
      if (c->owed == 0 && c->flooding > 0) {
        c->flooding = 0;
        floods_left--;
      }
    } else {
      return;
    }
  }
}

/* Everything that is due by now, in the order in which it is due. What becomes due meanwhile has to wait
 * for the next turn: also a machine that is too slow must hear that it shall stop. */
static void run_schedule(struct schedule *s) {
  int64_t begin_us = now_us();
  for (int sent = 0; sent < TURN_LINES_MAX; sent++) {
    int64_t due_us = s->start_us + (int64_t)((double)s->done * s->step_us);
    if (due_us > begin_us) return;
    int64_t at_us = now_us();
    struct console *c = &consoles[s->from + s->next];
    s->next = s->next + 1 == s->count ? 0 : s->next + 1;
    s->done++;
    if (c->fd < 0) {
      skipped_lines += s->burst;
      continue;
    }
    c->owed += s->burst;
    if (c->blocked) {
      blocked_lines += s->burst;
      continue;
    }
    histogram_add(&late, at_us - due_us);
    push(c);
  }
}

/* Those that did not come to an end in the turn before. */
static void push_waiting(void) {
  uint32_t count = waiting_count;
  static uint32_t turn[EVENTS_MAX];
  if (count > EVENTS_MAX) count = EVENTS_MAX;
  memcpy(turn, waiting, count * sizeof *turn);
  waiting_count -= count;
  memmove(waiting, waiting + count, waiting_count * sizeof *waiting);
  for (uint32_t i = 0; i < count; i++) consoles[turn[i]].waiting = 0;
  for (uint32_t i = 0; i < count; i++) push(&consoles[turn[i]]);
}

static void flooded(void) {
  if (!flooding || floods_left > 0) return;
  flooding = 0;
  printf("{\"event\":\"flooded\",\"atUs\":%" PRId64 "}\n", now_us());
  fflush(stdout);
}

/* Telnet commands of peers that speak it are left out of the echo. */
static void typed(struct console *c) {
  unsigned char bytes[512];
  for (;;) {
    ssize_t count = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (count <= 0) {
      lost(c);
      return;
    }
    for (ssize_t i = 0; i < count; i++) {
      if (bytes[i] == 255) {
        i += i + 1 < count && bytes[i + 1] >= 251 && bytes[i + 1] <= 254 ? 2 : 1;
        continue;
      }
      if (c->echo == NULL) c->echo = make(1, ECHO_BYTES_MAX);
      if (c->echo_bytes == ECHO_BYTES_MAX) continue;
      c->echo[c->echo_bytes++] = bytes[i] == '\n' || bytes[i] == '\r' ? '.' : (char)bytes[i];
    }
  }
  push(c);
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    uint32_t index = console_count;
    if (getsockname(fd, (struct sockaddr *)&at, &size) == 0)
      index = ntohl(at.sin_addr.s_addr) - first_address;
    if (index >= console_count) {
      close(fd);
      continue;
    }
    struct console *c = &consoles[index];
    if (c->fd >= 0) {
      doubled++;
      lost(c);
    }
    if (c->opens++ > 0) reopened++;
    c->fd = fd;
    c->blocked = 0;
    int on = 1, bytes = SEND_BUFFER_BYTES;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = index};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll");
    if (++connected == console_count) {
      connected_us = now_us();
      printf("{\"event\":\"connected\",\"atUs\":%" PRId64 "}\n", connected_us);
      fflush(stdout);
    }
  }
}

static void report(void) {
  uint64_t lines = 0, bytes = 0;
  for (uint32_t i = 0; i < console_count; i++) {
    lines += consoles[i].lines;
    bytes += consoles[i].bytes;
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"connected\":%u,\"connectedUs\":%" PRId64 ",\"reopened\":%" PRIu64 ",\"doubled\":%" PRIu64
         ",\"lines\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"echoedBytes\":%" PRIu64
         ",\"blockedLines\":%" PRIu64 ",\"skippedLines\":%" PRIu64 ",\"tornLines\":%" PRIu64
         ",\"lateP50Ms\":%.1f,\"lateP99Ms\":%.1f,\"lateMaxMs\":%.1f,\"cpuSeconds\":%.3f}\n",
         connected, connected_us, reopened, doubled, lines, bytes, echoed_bytes, blocked_lines,
         skipped_lines, torn_lines, histogram_ms(&late, 0.5), histogram_ms(&late, 0.99),
         (double)late.max_us / 1000.0, cpu_s);
}

static int write_sent(const char *path) {
  FILE *file = fopen(path, "w");
  if (file == NULL) return 0;
  for (uint32_t i = 0; i < console_count; i++)
    fprintf(file, "%u %" PRIu64 " %" PRIu64 "\n", first_number + i, consoles[i].lines, consoles[i].bytes);
  return fclose(file) == 0;
}

/* 0: not understood. Ranges are numbers of this rack, from 0, the last one included. */
static int obey(const char *order) {
  uint32_t from, to, burst;
  double rate;
  uint64_t bytes;
  char path[4096];
  if (sscanf(order, "rate %u %u %lf %u", &from, &to, &rate, &burst) == 4) {
    if (from > to || to >= console_count || rate <= 0 || burst < 1 || schedule_count == SCHEDULES_MAX)
      return 0;
    uint32_t count = to - from + 1;
    double step_us = 1e6 * burst / (rate * count);
    schedules[schedule_count++] = (struct schedule){
        .from = from, .count = count, .burst = burst, .start_us = now_us(), .step_us = step_us};
  } else if (sscanf(order, "flood %u %u %" SCNu64 " %u", &from, &to, &bytes, &burst) == 4) {
    if (from > to || to >= console_count || bytes < LINE_BYTES || flooding) return 0;
    if (burst < 1 || burst > BATCH_LINES) return 0;
    flooding = 1;
    floods_left = 0;
    for (uint32_t i = from; i <= to; i++) {
      if (consoles[i].fd < 0) continue;
      consoles[i].owed += bytes / LINE_BYTES;
      consoles[i].flooding = burst;
      floods_left++;
    }
    printf("{\"flooding\":%" PRIu64 ",\"atUs\":%" PRId64 "}\n", floods_left, now_us());
    for (uint32_t i = from; i <= to; i++) push(&consoles[i]);
    return 1;
  } else if (sscanf(order, "hangup %u %u", &from, &to) == 2) {
    if (from > to || to >= console_count) return 0;
    for (uint32_t i = from; i <= to; i++) lost(&consoles[i]);
  } else if (sscanf(order, "sent %4095[^\n]", path) == 1) {
    if (!write_sent(path)) return 0;
  } else if (strcmp(order, "quiet") == 0) {
    schedule_count = 0;
  } else if (strcmp(order, "reset") == 0) {
    memset(&late, 0, sizeof late);
  } else if (strcmp(order, "report") == 0) {
    report();
    return 1;
  } else {
    return 0;
  }
  printf("{\"atUs\":%" PRId64 "}\n", now_us());
  return 1;
}

/* 0 at the end of the orders. */
static int read_orders(void) {
  static char text[8192];
  static size_t held;
  ssize_t count = read(STDIN_FILENO, text + held, sizeof text - 1 - held);
  if (count <= 0) return count < 0 && errno == EAGAIN;
  held += (size_t)count;
  char *feed;
  while ((feed = memchr(text, '\n', held)) != NULL) {
    *feed = 0;
    if (!obey(text)) printf("{\"refused\":\"%s\"}\n", text);
    fflush(stdout);
    held -= (size_t)(feed + 1 - text);
    memmove(text, feed + 1, held);
  }
  return held < sizeof text - 1;
}

static int listen_anywhere(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
  if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 65535) < 0)
    fail("listen");
  return listener;
}

int main(int argc, char **argv) {
  struct in_addr address;
  if (argc != 4 || inet_aton(argv[3], &address) == 0 || (console_count = (uint32_t)atol(argv[2])) == 0) {
    fprintf(stderr, "usage: rack FIRST COUNT ADDRESS\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  /* Real consoles do not wait for the processor of those who read them. Only root may. */
  if (setpriority(PRIO_PROCESS, 0, -15) < 0) errno = 0;
  first_number = (uint32_t)atol(argv[1]);
  first_address = ntohl(address.s_addr);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  consoles = make(console_count, sizeof *consoles);
  waiting = make(console_count, sizeof *waiting);
  for (uint32_t i = 0; i < console_count; i++) consoles[i].fd = -1;

  int listener = listen_anywhere();
  struct sockaddr_in at;
  socklen_t size = sizeof at;
  getsockname(listener, (struct sockaddr *)&at, &size);
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event on_accept = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
  struct epoll_event on_order = {.events = EPOLLIN, .data.u32 = UINT32_MAX - 1};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &on_accept);
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &on_order) < 0) fail("standard input is no pipe");
  printf("{\"port\":%u}\n", ntohs(at.sin_port));
  fflush(stdout);

  static struct epoll_event events[EVENTS_MAX];
  for (;;) {
    /* A millisecond gathers what is due: the next line of a thousand consoles is due in 10 us. */
    int count = epoll_wait(poll_fd, events, EVENTS_MAX, waiting_count > 0 ? 0 : schedule_count > 0 ? 1 : -1);
    for (int i = 0; i < count; i++) {
      uint32_t index = events[i].data.u32;
      if (index == UINT32_MAX) accept_all(listener);
      else if (index == UINT32_MAX - 1) {
        if (!read_orders()) return 0;
      } else {
        struct console *c = &consoles[index];
        /* An event of a link that was closed meanwhile finds another, or none. */
        if (c->fd >= 0 && (events[i].events & EPOLLOUT) != 0) {
          c->blocked = 0;
          push(c);
        }
        if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) typed(c);
      }
    }
    for (int i = 0; i < schedule_count; i++) run_schedule(&schedules[i]);
    push_waiting();
    flooded();
  }
}
