#include "base/file.h"

#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 16 };

void pv_bytes_clear(pv_bytes *b)
{
    pv_free(b->data);
    *b = (pv_bytes){0};
}

static pv_status open_failed(const char *path)
{
    if (errno == ENOENT || errno == ENOTDIR)
        PV_FAIL(PV_ERR_NOT_FOUND, "%s: there is no such file; check the path", path);
    if (errno == EACCES)
        PV_FAIL(PV_ERR_NOT_FOUND, "%s: may not be read; check its permissions", path);
    PV_FAIL(PV_ERR_IO, "%s: could not be opened: %s", path, strerror(errno));
}

pv_status pv_file_read(pv_bytes *out, const char *path, size_t max)
{
    pv_status status = PV_OK;
    struct stat st;
    *out = (pv_bytes){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return open_failed(path);
    if (fstat(fd, &st) != 0) PV_FAIL_GOTO(PV_ERR_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: is a folder, a file was expected", path);
    if ((uint64_t)st.st_size > max)
        PV_FAIL_GOTO(PV_ERR_LIMIT, "%s: %lld bytes, at most %zu are read", path,
                     (long long)st.st_size, max);
    out->data = pv_alloc((size_t)st.st_size + 1, 1);
    if (out->data == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for its %lld bytes", path,
                     (long long)st.st_size);
    while (out->size < (size_t)st.st_size) {
        ssize_t n = read(fd, out->data + out->size, (size_t)st.st_size - out->size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            PV_FAIL_GOTO(PV_ERR_IO, "%s: reading failed at byte %zu: %s", path, out->size,
                         strerror(errno));
        if (n == 0) break;
        out->size += (size_t)n;
    }
    out->data[out->size] = 0;
done:
    close(fd);
    if (status != PV_OK) pv_bytes_clear(out);
    return status;
}

int pv_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

pv_status pv_file_refuse_existing(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) return PV_OK;
    PV_FAIL(PV_ERR_USAGE, "%s: is there already and is not overwritten; move it away first", path);
}

pv_status pv_file_private(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) PV_FAIL(PV_ERR_IO, "%s: %s", path, strerror(errno));
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0) return PV_OK;
    PV_FAIL(PV_ERR_AUTH,
            "%s: has mode %04o, so that others may reach it; chmod 600, and replace what is in it "
            "if somebody may have read it",
            path, (unsigned)st.st_mode & 07777);
}

int pv_folder_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

pv_status pv_folder_make(const char *path)
{
    char *copy = pv_strdup(path);
    if (copy == NULL) PV_FAIL_MEMORY(strlen(path));
    pv_status status = PV_OK;
    for (char *p = copy + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char saved = *p;
        *p = '\0';
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            PV_FAIL_GOTO(PV_ERR_IO, "%s: the folder could not be made: %s", copy, strerror(errno));
        *p = saved;
        if (saved == '\0') break;
    }
    if (!pv_folder_exists(path))
        PV_FAIL_GOTO(PV_ERR_IO, "%s: is in the way: a folder is needed there", path);
done:
    pv_free(copy);
    return status;
}

char *pv_path_join(const char *folder, const char *name)
{
    size_t n = strlen(folder), m = strlen(name);
    char *path = pv_alloc(n + m + 2, 1);
    if (path == NULL) return NULL;
    memcpy(path, folder, n);
    if (n > 0 && folder[n - 1] != '/') path[n++] = '/';
    memcpy(path + n, name, m + 1);
    return path;
}

pv_status pv_outfile_open(pv_outfile *f, const char *path, mode_t mode)
{
    size_t n = strlen(path) + 32;
    *f = (pv_outfile){.fd = -1};
    f->path = pv_strdup(path);
    f->temporary = pv_alloc(n, 1);
    f->buffer = pv_alloc(BUFFER, 1);
    if (f->path == NULL || f->temporary == NULL || f->buffer == NULL) {
        pv_outfile_discard(f);
        PV_FAIL_MEMORY(n + BUFFER);
    }
    snprintf(f->temporary, n, "%s.tmp-%ld", path, (long)getpid());
    f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (f->fd < 0) {
        int why = errno;
        pv_outfile_discard(f);
        PV_FAIL(PV_ERR_IO, "%s: could not be created: %s; is the folder there and writable?", path,
                strerror(why));
    }
    return PV_OK;
}

static pv_status flush(pv_outfile *f)
{
    size_t at = 0;
    while (at < f->used) {
        ssize_t n = write(f->fd, f->buffer + at, f->used - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            PV_FAIL(PV_ERR_IO, "%s: writing failed: %s; nothing was changed there%s", f->path,
                    strerror(errno), errno == ENOSPC ? ", free some disk space" : "");
        at += (size_t)n;
    }
    f->used = 0;
    return PV_OK;
}

pv_status pv_outfile_write(pv_outfile *f, const void *data, size_t size)
{
    const uint8_t *p = data;
    while (size > 0) {
        size_t n = BUFFER - f->used < size ? BUFFER - f->used : size;
        memcpy(f->buffer + f->used, p, n);
        f->used += n;
        p += n;
        size -= n;
        if (f->used == BUFFER) PV_TRY(flush(f));
    }
    return PV_OK;
}

pv_status pv_outfile_printf(pv_outfile *f, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : pv_alloc((size_t)n + 1, 1);
    pv_status s = PV_ERR_MEMORY;
    if (text != NULL) {
        vsnprintf(text, (size_t)n + 1, fmt, again);
        s = pv_outfile_write(f, text, (size_t)n);
        pv_free(text);
    }
    va_end(again);
    if (text == NULL) PV_FAIL_MEMORY(n);
    return s;
}

void pv_file_sync_entry(const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (n >= sizeof folder) return;
    if (n > 0) {
        memcpy(folder, path, n);
        folder[n] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

pv_status pv_outfile_commit(pv_outfile *f)
{
    pv_status status = PV_OK;
    PV_TRY_GOTO(flush(f));
    if (fsync(f->fd) != 0)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: syncing to disk failed: %s", f->path, strerror(errno));
    int fd = f->fd;
    f->fd = -1;
    if (close(fd) != 0) PV_FAIL_GOTO(PV_ERR_IO, "%s: closing failed: %s", f->path, strerror(errno));
    if (rename(f->temporary, f->path) != 0)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: could not be put in place: %s", f->path, strerror(errno));
    f->temporary[0] = '\0';
    pv_file_sync_entry(f->path);
done:
    pv_outfile_discard(f);
    return status;
}

void pv_outfile_discard(pv_outfile *f)
{
    if (f->path == NULL && f->temporary == NULL && f->buffer == NULL) return;
    if (f->fd >= 0) close(f->fd);
    if (f->temporary != NULL && f->temporary[0] != '\0') unlink(f->temporary);
    pv_free(f->path);
    pv_free(f->temporary);
    if (f->buffer != NULL) pv_secret_wipe(f->buffer, BUFFER); /* it may have been a key */
    pv_free(f->buffer);
    *f = (pv_outfile){.fd = -1};
}

pv_status pv_file_writable(const char *path)
{
    pv_outfile f;
    PV_TRY(pv_outfile_open(&f, path, 0600));
    pv_outfile_discard(&f);
    return PV_OK;
}

pv_status pv_file_write(const char *path, const void *data, size_t size, mode_t mode)
{
    pv_outfile f;
    PV_TRY(pv_outfile_open(&f, path, mode));
    pv_status s = pv_outfile_write(&f, data, size);
    if (s != PV_OK) {
        pv_outfile_discard(&f);
        return s;
    }
    return pv_outfile_commit(&f);
}
