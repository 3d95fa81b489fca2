#include "base/tape.h"

#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* A body of this size is worth a call of its own: copying it twice would cost more. */
enum { LARGE = 1 << 16 };

static pv_status begin(pv_tape *t, const char *path, size_t buffer)
{
    *t = (pv_tape){.fd = -1, .capacity = buffer};
    t->path = pv_strdup(path);
    if (buffer > 0) t->buffer = pv_alloc(buffer, 1);
    if (t->path != NULL && (buffer == 0 || t->buffer != NULL)) return PV_OK;
    pv_tape_close(t);
    PV_FAIL_MEMORY(strlen(path) + 1 + buffer);
}

pv_status pv_tape_create(pv_tape *t, const char *path, size_t buffer)
{
    PV_TRY(begin(t, path, buffer));
    t->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (t->fd < 0) {
        int why = errno;
        pv_tape_close(t);
        if (why == EEXIST)
            PV_FAIL(PV_ERR_USAGE, "%s: is there already and is not overwritten; move it away",
                    path);
        PV_FAIL(PV_ERR_IO, "%s: could not be created: %s; is the folder there and writable?", path,
                strerror(why));
    }
    pv_file_sync_entry(path);
    return PV_OK;
}

static pv_status open_existing(pv_tape *t, const char *path, size_t buffer, int flags)
{
    struct stat st;
    pv_status status = PV_OK;
    PV_TRY(begin(t, path, buffer));
    t->fd = open(path, flags | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (t->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: there is no such file; check the path", path);
    if (t->fd < 0 && errno == EACCES)
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: may not be opened; check its permissions", path);
    if (t->fd < 0 && errno == EISDIR)
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: is a folder, a file was expected", path);
    if (t->fd < 0 || fstat(t->fd, &st) != 0)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: could not be opened: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: is no regular file, one was expected", path);
    t->size = t->written = (uint64_t)st.st_size;
done:
    if (status != PV_OK) pv_tape_close(t);
    return status;
}

pv_status pv_tape_open(pv_tape *t, const char *path)
{
    return open_existing(t, path, 0, O_RDONLY);
}

pv_status pv_tape_reopen(pv_tape *t, const char *path, size_t buffer)
{
    return open_existing(t, path, buffer, O_RDWR | O_NOFOLLOW);
}

void pv_tape_close(pv_tape *t)
{
    if (t->path == NULL && t->buffer == NULL) return;
    if (t->fd >= 0) close(t->fd);
    pv_free(t->path);
    pv_free(t->buffer);
    *t = (pv_tape){.fd = -1};
}

/* All pieces, one after the other, from byte `at` on. */
static pv_status write_at(const pv_tape *t, uint64_t at, struct iovec *piece, int pieces)
{
    while (pieces > 0) {
        ssize_t n = pwritev(t->fd, piece, pieces, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            PV_FAIL(PV_ERR_IO, "%s: writing failed at byte %" PRIu64 ": %s%s", t->path, at,
                    strerror(errno), errno == ENOSPC ? ", free some disk space" : "");
        at += (uint64_t)n;
        while (pieces > 0 && (size_t)n >= piece->iov_len) {
            n -= (ssize_t)piece->iov_len;
            piece++;
            pieces--;
        }
        if (pieces > 0) {
            piece->iov_base = (uint8_t *)piece->iov_base + n;
            piece->iov_len -= (size_t)n;
        }
    }
    return PV_OK;
}

pv_status pv_tape_flush(pv_tape *t)
{
    struct iovec piece = {t->buffer, t->used};
    PV_TRY(write_at(t, t->written, &piece, t->used > 0));
    t->written += t->used;
    t->used = 0;
    return PV_OK;
}

pv_status pv_tape_append(pv_tape *t, const void *head, size_t head_size, const void *body,
                         size_t body_size)
{
    if (body_size < LARGE && head_size < LARGE && head_size + body_size <= t->capacity) {
        if (head_size + body_size > t->capacity - t->used) PV_TRY(pv_tape_flush(t));
        if (head_size > 0) memcpy(t->buffer + t->used, head, head_size);
        t->used += head_size;
        if (body_size > 0) memcpy(t->buffer + t->used, body, body_size);
        t->used += body_size;
    } else {
        struct iovec piece[] = {
            {t->buffer, t->used}, {(void *)head, head_size}, {(void *)body, body_size}};
        PV_TRY(write_at(t, t->written, piece, 3));
        t->written += t->used + head_size + body_size;
        t->used = 0;
    }
    t->size = t->written + t->used;
    return PV_OK;
}

pv_status pv_tape_sync(pv_tape *t)
{
    PV_TRY(pv_tape_flush(t));
    if (fdatasync(t->fd) != 0)
        PV_FAIL(PV_ERR_IO, "%s: syncing to disk failed: %s", t->path, strerror(errno));
    return PV_OK;
}

pv_status pv_tape_cut(pv_tape *t, uint64_t size)
{
    PV_TRY(pv_tape_flush(t));
    if (size > t->written)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: has %" PRIu64 " bytes, at least %" PRIu64
                " were expected; is it the file of this run?",
                t->path, t->written, size);
    if (ftruncate(t->fd, (off_t)size) != 0)
        PV_FAIL(PV_ERR_IO, "%s: could not be cut to %" PRIu64 " bytes: %s", t->path, size,
                strerror(errno));
    t->size = t->written = size;
    return pv_tape_sync(t);
}

pv_status pv_tape_read(const pv_tape *t, uint64_t at, void *out, size_t n)
{
    uint8_t *p = out;
    while (n > 0) {
        ssize_t m = pread(t->fd, p, n, (off_t)at);
        if (m < 0 && errno == EINTR) continue;
        if (m < 0)
            PV_FAIL(PV_ERR_IO, "%s: reading failed at byte %" PRIu64 ": %s", t->path, at,
                    strerror(errno));
        if (m == 0)
            PV_FAIL(PV_ERR_TRUNCATED,
                    "%s: ends at byte %" PRIu64 ", %zu more were expected; is it complete?",
                    t->path, at, n);
        p += m;
        at += (uint64_t)m;
        n -= (size_t)m;
    }
    return PV_OK;
}
