/* base/file.h - whole files in, whole files out
 *
 * Reading: the file is read into memory after its size was checked against the caller's limit.
 * Writing: bytes go to a temporary file beside the target, which is synced and renamed over it at
 * commit; until then, and after a failure, the target is what it was. Errors name the path and the
 * system's reason.
 */
#ifndef PV_BASE_FILE_H
#define PV_BASE_FILE_H

#include "base/mem.h"
#include <sys/types.h>

typedef struct pv_bytes {
    uint8_t *data;
    size_t size;
} pv_bytes;

void pv_bytes_clear(pv_bytes *b); /* idempotent */

/* Errors: PV_ERR_NOT_FOUND, PV_ERR_LIMIT (larger than max), PV_ERR_IO, PV_ERR_MEMORY. A NUL byte
 * follows the data. */
pv_status pv_file_read(pv_bytes *out, const char *path, size_t max) PV_MUST_USE;

/* 1 when path exists (as a folder: when it is one). */
int pv_file_exists(const char *path);
int pv_folder_exists(const char *path);
/* PV_ERR_USAGE when path exists already, as a file, a link or anything else. */
pv_status pv_file_refuse_existing(const char *path) PV_MUST_USE;
/* What writing it would fail with at once: asked before an hour's work for it, not after. Nothing
 * is left, and what is there stays. */
pv_status pv_file_writable(const char *path) PV_MUST_USE;
/* PV_ERR_AUTH when the group or others may do anything with the file. */
pv_status pv_file_private(const char *path) PV_MUST_USE;
pv_status pv_folder_make(const char *path)
    PV_MUST_USE; /* with its parents; fine when it is there */

/* Makes the entry of a new or renamed file in its folder lasting. Some file systems refuse to sync
 * folders: the file is there all the same, so this can't fail. */
void pv_file_sync_entry(const char *path);

/* "a/b" from its parts into new memory; NULL when memory runs out. */
char *pv_path_join(const char *folder, const char *name) PV_MUST_USE;

typedef struct pv_outfile {
    int fd;
    char *path, *temporary;
    uint8_t *buffer;
    size_t used;
} pv_outfile;

/* mode: permission bits of the file, 0644 or 0600. */
pv_status pv_outfile_open(pv_outfile *f, const char *path, mode_t mode) PV_MUST_USE;
pv_status pv_outfile_write(pv_outfile *f, const void *data, size_t size) PV_MUST_USE;
pv_status pv_outfile_printf(pv_outfile *f, const char *fmt, ...) PV_MUST_USE PV_PRINTF(2, 3);
pv_status pv_outfile_commit(pv_outfile *f)
    PV_MUST_USE;                        /* flush, fsync, rename, fsync the folder; closes f */
void pv_outfile_discard(pv_outfile *f); /* forget it; fine on a closed or zeroed one */

/* All at once. */
pv_status pv_file_write(const char *path, const void *data, size_t size, mode_t mode) PV_MUST_USE;

#endif
