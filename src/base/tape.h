/* base/tape.h - a file that only grows: appended to through a buffer, synced when asked, cut back
 * after a crash, read anywhere
 *
 *     pv_tape t;
 *     PV_TRY(pv_tape_create(&t, path, 1 << 20));
 *     PV_TRY_GOTO(pv_tape_append(&t, head, n, body, m));     any number of times
 *     PV_TRY_GOTO(pv_tape_sync(&t));
 *     done: pv_tape_close(&t);
 *
 * Small pieces are gathered in the buffer; a large body goes straight from the caller's memory to
 * the file. Every write names its place, so a call that failed (a full disk) may be tried again.
 * Whoever reads one that is being written sees what reached the file, not what is in the buffer.
 * Files have mode 0600.
 *
 * Errors: PV_ERR_NOT_FOUND, PV_ERR_IO, PV_ERR_MEMORY, and those named below; messages name the
 * path.
 */
#ifndef PV_BASE_TAPE_H
#define PV_BASE_TAPE_H

#include "base/mem.h"

typedef struct pv_tape {
    int fd; /* -1 when closed */
    char *path;
    uint64_t size;    /* of everything appended */
    uint64_t written; /* so much of it has reached the file; the rest is in the buffer */
    uint8_t *buffer;
    size_t used, capacity;
} pv_tape;

/* A new, empty file, whose entry in its folder is on disk. PV_ERR_USAGE when it is there already.
 * After a failure of any of the three, *t is closed. */
pv_status pv_tape_create(pv_tape *t, const char *path, size_t buffer) PV_MUST_USE;
/* One that is there, to be read. PV_ERR_NOT_FOUND also when it is no regular file. */
pv_status pv_tape_open(pv_tape *t, const char *path) PV_MUST_USE;
/* One that is there, to be read and appended to. */
pv_status pv_tape_reopen(pv_tape *t, const char *path, size_t buffer) PV_MUST_USE;
void pv_tape_close(pv_tape *t); /* what was not synced may be lost; idempotent */

/* head, then body; either may be empty. Not at all or (as far as the caller can see) as a whole. */
pv_status pv_tape_append(pv_tape *t, const void *head, size_t head_size, const void *body,
                         size_t body_size) PV_MUST_USE;
pv_status pv_tape_flush(pv_tape *t) PV_MUST_USE; /* the buffer into the file */
pv_status pv_tape_sync(pv_tape *t) PV_MUST_USE;  /* and the file onto the disk */
/* Forget what follows the first `size` bytes, also on disk. PV_ERR_MISMATCH when it is shorter. */
pv_status pv_tape_cut(pv_tape *t, uint64_t size) PV_MUST_USE;

/* Exactly n bytes from `at`. PV_ERR_TRUNCATED when the file ends before. */
pv_status pv_tape_read(const pv_tape *t, uint64_t at, void *out, size_t n) PV_MUST_USE;

#endif
