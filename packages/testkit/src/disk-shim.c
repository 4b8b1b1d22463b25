/*
 * A bad disk, by LD_PRELOAD. Two uses, both only of regular files below SHIM_ROOT:
 *
 * SHIM_CONTROL names a file of rules, read again at every call, one a line: OP WHAT PART
 *     OP    write, sync, open, rename, unlink
 *     WHAT  EIO, ENOSPC, EDQUOT or EROFS: the call fails so;
 *           short: a write takes half, of one byte none and says ENOSPC;
 *           kill@N, killed@N: SIGKILL before, after the Nth such call of this process
 *     PART  of the path; of either path of a rename
 *
 * SHIM_TRACE names a file to which every change is appended, for crash images:
 *     C time inode born path          a file was created, born in microseconds as Node rounds them
 *     W time inode offset length      followed by the bytes and a line feed
 *     T time inode length             truncated
 *     S time inode                    fsync or fdatasync succeeded
 *     R time from TAB to              renamed
 *     U time path                     removed
 *     M time path                     directory made
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>


static const char *root(void) { return getenv("SHIM_ROOT"); }

static int below_root(const char *path) {
  const char *top = root();
  return top && !strncmp(path, top, strlen(top));
}

static int path_of(int fd, char *path, int directories) {
  struct stat st;
  char link[64];
  ssize_t length;
  if (!root() || fstat(fd, &st) || !(S_ISREG(st.st_mode) || (directories && S_ISDIR(st.st_mode)))) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return below_root(path);
}

struct verdict { int error; int cut; int kill_before; int kill_after; };

static struct verdict judge(const char *op, const char *path) {
  static long counts[16];
  struct verdict verdict = {0, 0, 0, 0};
  char text[4096], *line, *save;
  const char *control = getenv("SHIM_CONTROL");
  int fd = control ? (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC) : -1;
  ssize_t length;
  int at = 0;
  if (fd < 0) return verdict;
  length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return verdict;
  text[length] = 0;
  for (line = strtok_r(text, "\n", &save); line && at < 16; line = strtok_r(0, "\n", &save), at++) {
    char rule_op[16], what[32], part[1024];
    long nth = 0;
    if (sscanf(line, "%15s %31s %1023s", rule_op, what, part) != 3) continue;
    if (strcmp(rule_op, op) || !strstr(path, part)) continue;
    if (!strcmp(what, "EIO")) verdict.error = EIO;
    else if (!strcmp(what, "ENOSPC")) verdict.error = ENOSPC;
    else if (!strcmp(what, "EDQUOT")) verdict.error = EDQUOT;
    else if (!strcmp(what, "EROFS")) verdict.error = EROFS;
    else if (!strcmp(what, "short")) verdict.cut = 1;
    else if (sscanf(what, "kill@%ld", &nth) == 1) verdict.kill_before = ++counts[at] == nth;
    else if (sscanf(what, "killed@%ld", &nth) == 1) verdict.kill_after = ++counts[at] == nth;
  }
  if (verdict.kill_before) kill(getpid(), SIGKILL);
  return verdict;
}

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void trace(const char *head, const struct iovec *data, int count, size_t length) {
  const char *path = getenv("SHIM_TRACE");
  size_t head_length = strlen(head), used = head_length;
  char *record;
  int fd, i;
  if (!path) return;
  fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  record = malloc(head_length + length + 1);
  if (fd < 0 || !record) abort();
  memcpy(record, head, head_length);
  for (i = 0; i < count && length > 0; i++) {
    size_t part = data[i].iov_len < length ? data[i].iov_len : length;
    memcpy(record + used, data[i].iov_base, part);
    used += part;
    length -= part;
  }
  if (count) record[used++] = '\n';
  if (syscall(SYS_write, fd, record, used) != (ssize_t)used) abort();
  syscall(SYS_close, fd);
  free(record);
}

static unsigned long inode_of(int fd) {
  struct stat st;
  return fstat(fd, &st) ? 0 : st.st_ino;
}

static ssize_t checked_write(int fd, const struct iovec *data, int count, off_t offset) {
  char path[PATH_MAX], head[128];
  size_t wanted = 0;
  struct verdict verdict = {0, 0, 0, 0};
  struct stat st;
  int ours = path_of(fd, path, 0), i;
  ssize_t written;
  for (i = 0; i < count; i++) wanted += data[i].iov_len;
  if (ours) {
    verdict = judge("write", path);
    if (verdict.error) { errno = verdict.error; return -1; }
    fstat(fd, &st);
  }
  if (verdict.cut) {
    struct iovec half = {data[0].iov_base, wanted / 2 < data[0].iov_len ? wanted / 2 : data[0].iov_len};
    if (!half.iov_len) { errno = ENOSPC; return -1; }
    written = offset < 0 ? syscall(SYS_writev, fd, &half, 1) : syscall(SYS_pwritev, fd, &half, 1, offset, 0);
  } else if (offset < 0) written = syscall(SYS_writev, fd, data, count);
  else written = syscall(SYS_pwritev, fd, data, count, offset, 0);
  if (ours && written > 0) {
    long long at = offset >= 0 ? offset
      : fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR) - written;
    snprintf(head, sizeof head, "W %lld %lu %lld %zd\n", now_us(), st.st_ino, at, written);
    trace(head, data, count, written);
  }
  if (verdict.kill_after) kill(getpid(), SIGKILL);
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec data = {(void *)bytes, length};
  return checked_write(fd, &data, 1, -1);
}
ssize_t writev(int fd, const struct iovec *data, int count) { return checked_write(fd, data, count, -1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  struct iovec data = {(void *)bytes, length};
  return checked_write(fd, &data, 1, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }
ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t offset) { return checked_write(fd, data, count, offset); }
ssize_t pwritev(int fd, const struct iovec *data, int count, off_t offset) { return checked_write(fd, data, count, offset); }

static int checked_sync(int fd, long number) {
  char path[PATH_MAX], head[128];
  struct verdict verdict = {0, 0, 0, 0};
  int ours = path_of(fd, path, 1), result;
  if (ours) verdict = judge("sync", path);
  if (verdict.error) { errno = verdict.error; return -1; }
  result = (int)syscall(number, fd);
  if (ours && !result) {
    snprintf(head, sizeof head, "S %lld %lu\n", now_us(), inode_of(fd));
    trace(head, 0, 0, 0);
  }
  if (verdict.kill_after) kill(getpid(), SIGKILL);
  return result;
}
int fsync(int fd) { return checked_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return checked_sync(fd, SYS_fdatasync); }

static int checked_open(int directory, const char *path, int flags, mode_t mode) {
  char head[PATH_MAX + 128];
  struct verdict verdict = {0, 0, 0, 0};
  struct stat before;
  int ours = below_root(path) && (flags & (O_CREAT | O_WRONLY | O_RDWR)), existed = 0, fd;
  if (ours) {
    verdict = judge("open", path);
    if (verdict.error) { errno = verdict.error; return -1; }
    existed = !fstatat(AT_FDCWD, path, &before, 0);
  }
  fd = (int)syscall(SYS_openat, directory, path, flags, mode);
  if (ours && fd >= 0 && !existed) {
    struct statx born;
    memset(&born, 0, sizeof born);
    syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_INO, &born);
    snprintf(head, sizeof head, "C %lld %lu %lld %s\n", now_us(), (unsigned long)born.stx_ino,
      (long long)((born.stx_btime.tv_sec * 1e3 + born.stx_btime.tv_nsec / 1e6) * 1e3 + 0.5), path);
    trace(head, 0, 0, 0);
  } else if (ours && fd >= 0 && flags & O_TRUNC) {
    snprintf(head, sizeof head, "T %lld %lu 0\n", now_us(), inode_of(fd));
    trace(head, 0, 0, 0);
  }
  if (verdict.kill_after) kill(getpid(), SIGKILL);
  return fd;
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list args; va_start(args, flags); mode = va_arg(args, mode_t); va_end(args); }
int open(const char *path, int flags, ...) { MODE return checked_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return checked_open(AT_FDCWD, path, flags, mode); }

int ftruncate64(int fd, off64_t length) {
  char path[PATH_MAX], head[128];
  int result = (int)syscall(SYS_ftruncate, fd, length);
  if (!result && path_of(fd, path, 0)) {
    snprintf(head, sizeof head, "T %lld %lu %lld\n", now_us(), inode_of(fd), (long long)length);
    trace(head, 0, 0, 0);
  }
  return result;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int checked_paths(const char *op, const char *from, const char *to, long (*act)(const char *, const char *), const char *format) {
  char head[2 * PATH_MAX + 128], both[2 * PATH_MAX + 2];
  struct verdict verdict = {0, 0, 0, 0};
  int ours = below_root(from);
  long result;
  if (ours) {
    snprintf(both, sizeof both, "%s\t%s", from, to ? to : "");
    verdict = judge(op, both);
    if (verdict.error) { errno = verdict.error; return -1; }
  }
  result = act(from, to);
  if (ours && !result) {
    snprintf(head, sizeof head, format, now_us(), from, to);
    trace(head, 0, 0, 0);
  }
  if (verdict.kill_after) kill(getpid(), SIGKILL);
  return (int)result;
}
static long do_rename(const char *from, const char *to) { return syscall(SYS_rename, from, to); }
static long do_unlink(const char *path, const char *none) { (void)none; return syscall(SYS_unlink, path); }
int rename(const char *from, const char *to) { return checked_paths("rename", from, to, do_rename, "R %lld %s\t%s\n"); }
int unlink(const char *path) { return checked_paths("unlink", path, 0, do_unlink, "U %lld %s\n"); }

int mkdir(const char *path, mode_t mode) {
  char head[PATH_MAX + 64];
  int result = (int)syscall(SYS_mkdir, path, mode);
  if (!result && below_root(path)) {
    snprintf(head, sizeof head, "M %lld %s\n", now_us(), path);
    trace(head, 0, 0, 0);
  }
  return result;
}
