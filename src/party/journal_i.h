/* party/journal_i.h - the bytes of a journal file, for its writer, its reader and the tests */
#ifndef PV_PARTY_JOURNAL_I_H
#define PV_PARTY_JOURNAL_I_H

#include "party/journal.h"

enum {
    PV_JOURNAL_MAGIC = 8, /* version included */
    PV_JOURNAL_RUN = 16,
    PV_JOURNAL_SIGNED = 64, /* bytes of the header that its tag covers */
    PV_JOURNAL_TAG = 32,
    PV_JOURNAL_MARK = 96, /* where the mark begins */
    PV_JOURNAL_MARK_TAG = 16,
    PV_JOURNAL_HEADER = 128,
    PV_JOURNAL_AD = 24,      /* generation, number, size */
    PV_JOURNAL_SEGMENT = 48, /* the same and the stream header */
    PV_JOURNAL_CHUNK = 1 << 16,
    PV_JOURNAL_SEAL = 17, /* that a chunk grows by */
};

enum { PV_JOURNAL_PICTURE = 1, PV_JOURNAL_FRAMES, PV_JOURNAL_RESTART };

/* The plain bytes of a segment: this, then one entry a frame, then state, hub and payloads, each
 * followed by zero bytes up to a multiple of 8.
 *
 *     u32 kind, u32 frames, u64 step, u64 attempt, u64 restarts, u64 state size, u64 hub size
 *     frames times: u16 peer, u16 type, u32 0, u64 step, u64 number, u64 size
 */
enum { PV_JOURNAL_PLAIN = 48, PV_JOURNAL_ENTRY = 32 };

typedef struct pv_journal_keys {
    uint8_t seal[32], header[32];
} pv_journal_keys;

void pv_journal_keys_derive(pv_journal_keys *keys, const uint8_t key[32], const pv_hash *scenario);

/* Bytes on disk of a segment with so many plain ones. */
uint64_t pv_journal_segment_size(uint64_t plain);

/* What a file has: up to where, and what comes next. */
typedef struct pv_journal_extent {
    uint64_t generation; /* 0: no whole picture */
    uint64_t segments, end;
} pv_journal_extent;

/* Reads the segments of a file. No whole picture: PV_OK, with picture and extent cleared. Errors:
 * PV_ERR_IO, PV_ERR_MEMORY, PV_ERR_FORMAT (sealed by the key, but not a segment). */
pv_status pv_journal_read(pv_journal_picture *picture, pv_journal_extent *extent, int fd,
                          const char *path, const pv_journal_keys *keys) PV_MUST_USE;

/* Adds the plain bytes of segment `number` to the picture, pointing into them. data is 8-byte
 * aligned. */
pv_status pv_journal_decode(pv_journal_picture *picture, const char *path, uint64_t number,
                            const uint8_t *data, size_t size) PV_MUST_USE;

pv_status pv_journal_pread(size_t *got, int fd, const char *path, void *out, size_t size,
                           uint64_t offset) PV_MUST_USE;

#endif
