/* net/handshake.h - how two parties find out that they belong together
 *
 * Who dialled sends HELLO, who was dialled answers WELCOME or REFUSE; a connection counts as up
 * from WELCOME on. HELLO and WELCOME have the same payload:
 *
 *     u16     version of the protocol, 1
 *     string  name, string role, string scheme        each u32 length and UTF-8 bytes
 *     sized   the certificate, DER                    u32 length and bytes
 *     sized   the agreement                           u32 length and bytes, at most 256 KiB
 *     i64     the sender's clock, milliseconds since 1970, UTC
 *     u64     need: the next frame number that it wants from the other end
 *     u64     from: the first frame of its own that it can send again
 *     u64     last: the last frame of its own that is durable
 *
 * REFUSE: u16 reason (below), then text. All numbers little-endian.
 *
 * need - 1 is what arrived in memory while a process lives, and what was committed when a new
 * process takes over. The two ends fit when each one's need lies in [from, last + 1] of the other.
 */
#ifndef PV_NET_HANDSHAKE_H
#define PV_NET_HANDSHAKE_H

#include "base/str.h"
#include "net/frame.h"

enum { PV_PROTOCOL_VERSION = 1, PV_CERTIFICATE_MAX = 4096 };

typedef struct pv_hello {
    char name[PV_PARTY_NAME], role[PV_PARTY_NAME], scheme[PV_PARTY_NAME];
    const uint8_t *certificate; /* DER, in the payload */
    size_t certificate_size;
    char *agreement;
    int64_t clock;
    uint64_t need, from, last;
} pv_hello;

/* agreement and certificate of *h are borrowed. */
pv_status pv_hello_encode(pv_bytes *out, const pv_hello *h) PV_MUST_USE;
/* The certificate points into data. On failure *out is cleared. Errors: PV_ERR_FORMAT,
 * PV_ERR_TRUNCATED, PV_ERR_LIMIT, PV_ERR_VERSION, PV_ERR_MEMORY. */
pv_status pv_hello_parse(pv_hello *out, const char *from, const void *data,
                         size_t size) PV_MUST_USE;
void pv_hello_clear(pv_hello *h); /* of a parsed one; idempotent */

typedef enum pv_refusal {
    PV_REFUSE_AUTH = 1, /* not one of the run's parties, or not in this role */
    PV_REFUSE_MISMATCH, /* scenarios or journals do not fit each other */
    PV_REFUSE_PROTOCOL, /* the protocol was broken, or another version of it is spoken */
    PV_REFUSE_DROPPED,  /* the party was given up for the rest of the run */
    PV_REFUSE_BUSY,     /* one end is in a run, the other only checks: later, perhaps */
} pv_refusal;

/* What a refusal means to who gets it. */
pv_status pv_refusal_status(pv_refusal r);

pv_status pv_refuse_encode(pv_bytes *out, pv_refusal reason, const char *text) PV_MUST_USE;
/* text: with its NUL; what is no text is shown as '?'. */
pv_status pv_refuse_parse(pv_refusal *reason, char text[PV_REFUSE_MAX], const char *from,
                          const void *data, size_t size) PV_MUST_USE;

/* Does `there` go with `here`, once it is known who it is? On failure PV_ERR_MISMATCH with the
 * reason as `here` sees it, and *theirs what to tell the other end. peer: its name. */
pv_status pv_handshake_fits(pv_str *theirs, const pv_hello *here,
                            const pv_hello *there) PV_MUST_USE;

#endif
