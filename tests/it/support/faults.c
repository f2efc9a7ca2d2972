/* A preloaded library that makes a program's file operations fail like those of a broken disk. The environment
 * variable FAULTS names a file with the rule, which is read again at each call: `CALLS ERRNO SKIP PART-OF-PATH`.
 * CALLS are some of the letters w (write), s (sync), t (truncate), e (read), and r (the file system reports that it is
 * read-only, although every call succeeds). The first SKIP calls succeed. An empty file means no faults. While the file
 * begins with n, name resolution blocks. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int seen;
static char last[512];

static int fails(int fd, char call) {
    const char *rules = getenv("FAULTS");
    char text[512] = "", link[64], path[4096];
    if (!rules) return 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, rules, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return 0;
    long length = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    if (length <= 0) return 0;
    char calls[8], part[256];
    int code, skip;
    if (sscanf(text, "%7s %d %d %255s", calls, &code, &skip, part) != 4 || !strchr(calls, call)) return 0;
    if (strcmp(text, last) != 0) {
        strcpy(last, text);
        atomic_store(&seen, 0);
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long end = readlink(link, path, sizeof path - 1);
    if (end <= 0) return 0;
    path[end] = 0;
    if (!strstr(path, part) || atomic_fetch_add(&seen, 1) < skip) return 0;
    errno = code;
    return 1;
}

static int names_wait(void) {
    const char *rules = getenv("FAULTS");
    char first = 0;
    int file = rules ? (int)syscall(SYS_openat, AT_FDCWD, rules, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (file < 0) return 0;
    syscall(SYS_read, file, &first, 1);
    syscall(SYS_close, file);
    return first == 'n';
}

#define REAL(type, name, ...)                                                                                            \
    static type (*real)(__VA_ARGS__);                                                                                    \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    REAL(int, "getaddrinfo", const char *, const char *, const struct addrinfo *, struct addrinfo **)
    while (names_wait()) usleep(10000);
    return real(node, service, hints, found);
}
ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)
    return fails(fd, 'w') ? -1 : real(fd, from, length, at);
}
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    return fails(fd, 'w') ? -1 : real(fd, from, length, at);
}
ssize_t write(int fd, const void *from, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t)
    return fails(fd, 'w') ? -1 : real(fd, from, length);
}
int fsync(int fd) {
    REAL(int, "fsync", int)
    return fails(fd, 's') ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL(int, "fdatasync", int)
    return fails(fd, 's') ? -1 : real(fd);
}
int fstatvfs(int fd, struct statvfs *told) {
    REAL(int, "fstatvfs", int, struct statvfs *)
    int answer = real(fd, told);
    if (answer == 0 && fails(fd, 'r')) told->f_flag |= ST_RDONLY;
    return answer;
}
int ftruncate(int fd, off_t length) {
    REAL(int, "ftruncate", int, off_t)
    return fails(fd, 't') ? -1 : real(fd, length);
}
int ftruncate64(int fd, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t)
    return fails(fd, 't') ? -1 : real(fd, length);
}
ssize_t read(int fd, void *into, size_t length) {
    REAL(ssize_t, "read", int, void *, size_t)
    return fails(fd, 'e') ? -1 : real(fd, into, length);
}
ssize_t pread(int fd, void *into, size_t length, off_t at) {
    REAL(ssize_t, "pread", int, void *, size_t, off_t)
    return fails(fd, 'e') ? -1 : real(fd, into, length, at);
}
ssize_t pread64(int fd, void *into, size_t length, off64_t at) {
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t)
    return fails(fd, 'e') ? -1 : real(fd, into, length, at);
}
