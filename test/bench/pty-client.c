/*
 * Runs a console client in a pseudo-terminal and times it as a person at the keyboard would see it.
 *
 *   pty-client [-s samples] [-p pause_ms] [-r retype_ms] [-t timeout_ms] [-q quit_keys] -- program args...
 *
 * The clock starts just before fork. A key is pressed from the first moment on, again every
 * retype_ms, because a client may throw away what was typed before it made its terminal raw; the first
 * one that comes back ends the attach time. Then come the samples: one key at a time, pressed after
 * a pause that varies up to twice pause_ms, so that samples do not beat with anybody's ticks. The
 * terminal's own echo is off: only the console can answer.
 *
 * One key, never a word: a client may send a word in pieces (ConMan's looks at the first character for
 * its escape), and then the console prints other lines between the pieces of the echo.
 *
 * One JSON object on standard output: {"attachMs":..,"firstOutputMs":..,"echoMs":[..]}; when the
 * client ends or stays silent too long, {"error":"..","output":".."} and exit status 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define KEPT 4096
/* None of them is in a line of the rack, in what a client says when it begins, or an escape of one. */
#define KEY_ATTACH '~'
static const char KEYS[] = "!#$%*+=@|";

static int master = -1;
static pid_t child;
/* The end of what was shown; more than a read, for what is said when it fails. */
static char shown[KEPT * 2 + 1];
static size_t shown_len;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void stop_child(void) {
  if (child <= 0) return;
  for (int i = 0; i < 100; i++) {
    if (waitpid(child, NULL, WNOHANG) == child) return;
    if (i == 50) kill(child, SIGTERM);
    char away[65536];
    struct pollfd p = {master, POLLIN, 0};
    if (poll(&p, 1, 10) > 0 && read(master, away, sizeof away) <= 0) usleep(10000);
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void print_string(const char *s, size_t n) {
  putchar('"');
  for (size_t i = 0; i < n; i++) {
    unsigned char c = s[i];
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (c < 32 || c > 126) printf("\\u%04x", c);
    else putchar(c);
  }
  putchar('"');
}

static void fail(const char *what) {
  printf("{\"error\":\"%s\",\"output\":", what);
  size_t n = shown_len > 600 ? 600 : shown_len;
  print_string(shown + shown_len - n, n);
  printf("}\n");
  fflush(stdout);
  kill(child, SIGTERM);
  stop_child();
  exit(1);
}

/* Waits up to ms for output. 1: there was some. */
static int take(double ms) {
  struct pollfd p = {master, POLLIN, 0};
  struct timespec t = {0, 0};
  if (ms > 0) {
    t.tv_sec = (time_t)(ms / 1e3);
    t.tv_nsec = (long)((ms - t.tv_sec * 1e3) * 1e6);
  }
  if (ppoll(&p, 1, &t, NULL) <= 0) return 0;
  if (shown_len > KEPT) {
    memmove(shown, shown + shown_len - KEPT, KEPT);
    shown_len = KEPT;
  }
  ssize_t n = read(master, shown + shown_len, KEPT);
  if (n <= 0) fail("the client ended");
  shown_len += n;
  return 1;
}

static void type(const char *keys) {
  size_t n = strlen(keys);
  if (write(master, keys, n) != (ssize_t)n && errno != EAGAIN) fail("the terminal takes no keys");
}

int main(int argc, char **argv) {
  int samples = 0, opt;
  double pause_ms = 10, retype_ms = 5, timeout_ms = 20000;
  const char *quit = "\005c.";
  while ((opt = getopt(argc, argv, "+s:p:r:t:q:")) != -1) {
    if (opt == 's') samples = atoi(optarg);
    else if (opt == 'p') pause_ms = atof(optarg);
    else if (opt == 'r') retype_ms = atof(optarg);
    else if (opt == 't') timeout_ms = atof(optarg);
    else if (opt == 'q') quit = optarg;
    else return 2;
  }
  if (optind >= argc) return 2;
  struct termios tio;
  memset(&tio, 0, sizeof tio);
  tio.c_iflag = ICRNL;
  tio.c_oflag = OPOST | ONLCR;
  tio.c_cflag = CS8 | CREAD | B38400;
  tio.c_lflag = ISIG | ICANON;
  tio.c_cc[VMIN] = 1;
  struct winsize size = {25, 80, 0, 0};
  int slave;
  if (openpty(&master, &slave, NULL, &tio, &size) < 0) return 2;
  fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
  fcntl(master, F_SETFD, FD_CLOEXEC);
  double began = now_ms();
  child = fork();
  if (child == 0) {
    login_tty(slave);
    execvp(argv[optind], argv + optind);
    _exit(127);
  }
  close(slave);

  double first = -1, typed = -1e9;
  for (;;) {
    double now = now_ms();
    if (now - began > timeout_ms) fail("no key came back");
    if (now - typed >= retype_ms) {
      type((char[]){KEY_ATTACH, 0});
      typed = now;
    }
    if (take(retype_ms - (now - typed))) {
      if (first < 0) first = now_ms() - began;
      if (memchr(shown, KEY_ATTACH, shown_len) != NULL) break;
    }
  }
  double attach = now_ms() - began;
  /* The other keys, and what a client says when it begins. */
  for (double until = now_ms() + 300; now_ms() < until;) take(until - now_ms());

  double *echo = calloc(samples + 1, sizeof *echo);
  unsigned seed = 1;
  for (int i = 0; i < samples; i++) {
    double until = now_ms() + pause_ms * 2 * (rand_r(&seed) / (RAND_MAX + 1.0));
    for (double left; (left = until - now_ms()) > 0;) take(left);
    char key = KEYS[i % (sizeof KEYS - 1)];
    shown_len = 0;
    double start = now_ms();
    type((char[]){key, 0});
    while (memchr(shown, key, shown_len) == NULL) {
      take(start + timeout_ms - now_ms());
      if (now_ms() - start > timeout_ms) fail("a key did not come back");
    }
    echo[i] = now_ms() - start;
  }
  type(quit);
  stop_child();
  printf("{\"attachMs\":%.3f,\"firstOutputMs\":%.3f,\"echoMs\":[", attach, first);
  for (int i = 0; i < samples; i++) printf("%s%.3f", i ? "," : "", echo[i]);
  printf("]}\n");
  return 0;
}
