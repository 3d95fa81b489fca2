/* view/view_i.h - what the files of this room share: the bytes of headers and records, and a view
 * in memory. docs/formats.md has the layout.
 *
 * The chain: hash 0 is SHA-256 of the header's bytes, hash n is SHA-256(hash n-1, the fields of
 * record n). Each stands right behind what it covers.
 */
#ifndef PV_VIEW_VIEW_I_H
#define PV_VIEW_VIEW_I_H

#include "base/str.h"
#include "base/tape.h"
#include "view/view.h"

enum {
    PV_VIEW_VERSION = 1,
    PV_VIEW_START = 6 + 2 + 4,    /* magic, version, size of the header */
    PV_VIEW_HEADER_MAX = 4 << 20, /* bytes */
    PV_VIEW_PEERS_MAX = 4096,
    PV_VIEW_TYPES_MAX = 1024,
    PV_VIEW_TYPE_NAME = 64, /* with its NUL */
    PV_VIEW_LAYOUT = 1024,
    PV_VIEW_FIELDS = 80,                             /* of a record */
    PV_VIEW_RECORD = PV_VIEW_FIELDS + PV_HASH_BYTES, /* without its payload */
};

extern const char pv_view_magic[6];

/* ---- headers (header.c) */

/* Is it one that can be written? `fault` is the status when not, `what` the source for messages. */
pv_status pv_view_header_check(const pv_view_header *h, pv_status fault,
                               const char *what) PV_MUST_USE;
/* All its bytes, with the hash at their end. */
pv_status pv_view_header_encode(pv_bytes *out, pv_hash *hash, const pv_view_header *h) PV_MUST_USE;
/* The size that the first PV_VIEW_START bytes tell. */
pv_status pv_view_header_size(size_t *out, const char *what, const void *start,
                              size_t size) PV_MUST_USE;

/* A header read from bytes, with the memory behind its pointers. */
typedef struct pv_view_head {
    pv_view_header header;
    pv_view_peer *peers;
    pv_message_type *types;
    char *texts;
    pv_hash hash;
} pv_view_head;

pv_status pv_view_head_parse(pv_view_head *out, const char *what, const uint8_t *data,
                             size_t size) PV_MUST_USE;
void pv_view_head_clear(pv_view_head *h); /* idempotent */

/* ---- records (record.c) */

/* Does it fit the header and itself? */
pv_status pv_view_record_check(const pv_view_record *r, const pv_view_header *h, pv_status fault,
                               const char *what) PV_MUST_USE;
/* The fields, and the hash of the chain after them: before is the one before, *after gets it. */
pv_status pv_view_record_encode(uint8_t out[PV_VIEW_RECORD], pv_hash *after,
                                const pv_view_record *r, const pv_hash *before) PV_MUST_USE;
/* PV_ERR_MISMATCH when the chain breaks here, PV_ERR_FORMAT where a field is none. */
pv_status pv_view_record_decode(pv_view_record *out, pv_hash *after,
                                const uint8_t in[PV_VIEW_RECORD], const pv_hash *before,
                                uint64_t number, const char *what) PV_MUST_USE;
/* "record 12 (update sent to server, step 3)"; returns buffer. */
enum { PV_VIEW_TEXT = 256 };
const char *pv_view_record_text(const pv_view_record *r, const pv_view_header *h,
                                char buffer[PV_VIEW_TEXT]);
const pv_message_type *pv_view_type_of(const pv_view_header *h, uint16_t id); /* NULL: none */

/* ---- views (reader.c) */

typedef struct pv_view_entry {
    pv_view_record record;
    uint64_t at; /* of the payload, in the file */
} pv_view_entry;

struct pv_view {
    char *name;
    pv_tape tape;          /* closed when memory is used */
    const uint8_t *memory; /* borrowed */
    uint64_t size;
    pv_view_head head;
    pv_view_entry *entry;
    size_t count, capacity;
    pv_view_position end;
};

/* As pv_view_open, as if the file ended at `limit`. */
pv_status pv_view_open_part(pv_view **v, const char *path, uint64_t limit) PV_MUST_USE;
/* n bytes of the file from `at`, which are there. */
pv_status pv_view_bytes(const pv_view *v, uint64_t at, void *out, size_t n) PV_MUST_USE;

#endif
