/* view/view.h - what one party saw: an append-only, hash-chained file (docs/formats.md)
 *
 * A view belongs to one party of one run. The channel writes into it every frame that the party
 * sent or received; the party's role adds what it worked out from them (derived) and what it gave
 * to the world (published). Never keys, masks, or the party's own rows and labels. Views hold
 * personal data: files have mode 0600.
 *
 * The file: a header (magic "PVVIEW", version, party, scenario hash, peers with their public keys,
 * table of message types), then records. Each record has the hash of the one before, so a view
 * can't be shortened in the middle or changed without breaking its chain; against its own author
 * only the peers' seals (view/transcript.h) help: pv_view_cross holds two parties' views against
 * each other.
 *
 * Of each payload the hash and size are always kept; the bytes only as retention says: `full`,
 * `every:N` (steps divisible by N), `digest` (never). A record whose payload was not kept reads as
 * such.
 *
 * A view whose party crashed may end in a torn record; readers stop before it and say so. A writer
 * that goes on after a crash first cuts the file back to a position that the journal remembers.
 */
#ifndef PV_VIEW_VIEW_H
#define PV_VIEW_VIEW_H

#include "view/parts.h"
#include "view/transcript.h"

typedef enum pv_view_kind {
    PV_VIEW_SENT = 1,
    PV_VIEW_RECEIVED,
    PV_VIEW_DERIVED,
    PV_VIEW_PUBLISHED,
} pv_view_kind;

const char *pv_view_kind_name(pv_view_kind kind); /* "sent", ...; "?" for none */

typedef struct pv_retention {
    enum { PV_RETAIN_FULL = 0, PV_RETAIN_EVERY, PV_RETAIN_DIGEST } kind;
    uint64_t every;
} pv_retention;

/* "full", "every:100", "digest". PV_ERR_OPTION otherwise. */
pv_status pv_retention_parse(pv_retention *out, const char *text) PV_MUST_USE;
int pv_retention_keeps(const pv_retention *r, uint64_t step);
/* What `each` messages of `size` bytes in every step from first to last take in a view, records
 * included: for forecasts. UINT64_MAX when that is no number. */
uint64_t pv_retention_bytes(const pv_retention *r, uint64_t first, uint64_t last, uint64_t each,
                            uint64_t size);
/* The reverse of parse; returns buffer. */
enum { PV_RETENTION_TEXT = 32 };
const char *pv_retention_text(const pv_retention *r, char buffer[PV_RETENTION_TEXT]);

/* One kind of message, as the scheme's table has it. layout is for people and readers: one line,
 * "samples i64[1], then each parameter f32". */
typedef struct pv_message_type {
    uint16_t id; /* PV_TYPE_FIRST.. */
    const char *name;
    const char *layout;
    uint64_t max;           /* most bytes of payload that a receiver takes */
    pv_retention retention; /* unless the scenario says otherwise */
} pv_message_type;

typedef struct pv_view_peer {
    char name[PV_PARTY_NAME];
    char role[PV_PARTY_NAME];
    uint8_t key[32]; /* of its certificate */
} pv_view_peer;

typedef struct pv_view_header {
    char party[PV_PARTY_NAME], role[PV_PARTY_NAME], scheme[PV_PARTY_NAME];
    uint8_t key[32];
    pv_hash scenario;
    const pv_view_peer *peer;
    int peers;
    const pv_message_type *type;
    int types;
} pv_view_header;

enum { PV_VIEW_NO_PEER = 0xffff };

typedef struct pv_view_record {
    uint64_t number; /* in the file, from 1 */
    uint64_t step;
    int64_t time; /* milliseconds since 1970, UTC; the party's own clock */
    pv_view_kind kind;
    uint16_t peer;   /* index in the header; PV_VIEW_NO_PEER for derived and published */
    uint16_t type;   /* PV_TYPE_SEAL or a type of the table */
    uint64_t link;   /* number of the frame in its direction of the link; 0 for notes */
    uint64_t size;   /* of the payload */
    pv_hash payload; /* its hash */
    int kept;        /* are the bytes in the file? */
} pv_view_record;

/* ---- writing */
typedef struct pv_view_writer pv_view_writer;

typedef struct pv_view_position {
    uint64_t bytes, records;
    pv_hash hash; /* of the last record, or of the header */
} pv_view_position;

/* A new file; one that is there is refused (PV_ERR_USAGE). The header is copied, and on disk when
 * this returns. Names of parties, roles and schemes are such as pv_party_name_check takes; names
 * and layouts of types are text without control characters. */
pv_status pv_view_create(pv_view_writer **w, const char *path,
                         const pv_view_header *header) PV_MUST_USE;
/* Go on with one after cutting it back to `at`. PV_ERR_MISMATCH when the file is shorter or differs
 * there, or has another header. */
pv_status pv_view_resume(pv_view_writer **w, const char *path, const pv_view_header *header,
                         const pv_view_position *at) PV_MUST_USE;
void pv_view_writer_free(pv_view_writer *w); /* closes without syncing; accepts NULL */

/* r->number is set here; payload bytes (r->size of them) are stored when r->kept is asked for, and
 * always for seals (r->kept is set). The caller has hashed the payload: it is not hashed again.
 * Buffered: reaches the file at pv_view_sync, or when the buffer is full; large payloads go there
 * at once. PV_ERR_USAGE for a record that does not fit the header; after PV_ERR_IO (a full disk)
 * the view is what it was, and the call may be repeated. */
pv_status pv_view_append(pv_view_writer *w, pv_view_record *r, const void *payload) PV_MUST_USE;
/* The same with a payload made of these parts: r->size and r->payload are set here, too. */
pv_status pv_view_append_parts(pv_view_writer *w, pv_view_record *r, const pv_part *part,
                               size_t count) PV_MUST_USE;
pv_status pv_view_sync(pv_view_writer *w) PV_MUST_USE; /* write and fdatasync */
pv_view_position pv_view_writer_position(const pv_view_writer *w);

/* ---- reading */
typedef struct pv_view pv_view;

/* Reads the header and every record's own fields, and checks the chain; payloads stay in the file.
 * Errors: PV_ERR_NOT_FOUND, PV_ERR_FORMAT, PV_ERR_VERSION, PV_ERR_MISMATCH (broken chain, with the
 * record's number), PV_ERR_LIMIT, PV_ERR_MEMORY. */
pv_status pv_view_open(pv_view **v, const char *path) PV_MUST_USE;
/* The same from memory, for fuzzing and tests; the bytes must outlive the view. */
pv_status pv_view_parse(pv_view **v, const char *name, const void *data, size_t size) PV_MUST_USE;
void pv_view_free(pv_view *v); /* accepts NULL */

const pv_view_header *pv_view_header_of(const pv_view *v);
const char *pv_view_path(const pv_view *v);
uint64_t pv_view_count(const pv_view *v);
const pv_view_record *pv_view_at(const pv_view *v, uint64_t i); /* i < count */
pv_view_position pv_view_end(const pv_view *v);
uint64_t pv_view_torn(const pv_view *v); /* bytes after the last whole record; 0 normally */
/* -1 when there is none of that name. */
int pv_view_peer_index(const pv_view *v, const char *name);
int pv_view_type_id(const pv_view *v, const char *name);
const char *pv_view_type_name(const pv_view *v, uint16_t id); /* "seal", ...; "?" */

/* How much of what there is: a line for each kind, peer and type, in this order. */
typedef struct pv_view_line {
    pv_view_kind kind;
    uint16_t peer, type;
    uint64_t first, last;       /* least and greatest step */
    uint64_t count, kept;       /* records; those whose bytes are in the file */
    uint64_t bytes, kept_bytes; /* of payload, likewise */
} pv_view_line;
/* *out belongs to the caller: pv_free. NULL when there are no records. */
pv_status pv_view_summary(pv_view_line **out, size_t *count, const pv_view *v) PV_MUST_USE;

/* The payload of record i, checked against its hash; *out is 8-byte aligned and parts point into
 * it. Errors: PV_ERR_NOT_FOUND (not kept; the message says under which retention it would be),
 * PV_ERR_MISMATCH. Either of out and parts is cleared on failure. */
typedef struct pv_view_payload {
    pv_bytes bytes;
    pv_parts parts; /* of types of the table; empty for seals */
} pv_view_payload;
pv_status pv_view_load(pv_view_payload *out, const pv_view *v, uint64_t i) PV_MUST_USE;
void pv_view_payload_clear(pv_view_payload *p); /* idempotent */

/* ---- checking */
typedef struct pv_view_check {
    uint64_t records, payloads, seals; /* how many were verified */
    uint64_t last_sealed_step;         /* of the peer that lags most; 0 when none */
} pv_view_check;

/* Everything that one view alone can show: payload hashes, link numbers without gaps, both
 * transcripts of every link recomputed, every seal (own and peers') signed and in agreement with
 * them, and with the step of its record. Reads all payloads, in pieces. PV_ERR_MISMATCH or
 * PV_ERR_AUTH at the first that is not, naming record and link. */
pv_status pv_view_verify(pv_view_check *out, const pv_view *v) PV_MUST_USE;

/* Two views of the same run against each other: every frame of the link between them that both
 * have, by number, step, type, size and hash; and whether either view has all that its party signed
 * for in the last seal that the other one recorded. PV_ERR_MISMATCH at the first frame on which
 * they disagree, naming both records; also when they are no two ends of one link. PV_ERR_AUTH: that
 * last seal is not the other party's. What does not cross the link pv_view_verify checks. */
typedef struct pv_view_cross_result {
    uint64_t frames; /* that both have, and agree on */
    uint64_t a_only,
        b_only; /* at the end of a direction: sent and not (yet) received, or a crash */
} pv_view_cross_result;
pv_status pv_view_cross(pv_view_cross_result *out, const pv_view *a, const pv_view *b) PV_MUST_USE;

#endif
