/* scheme/align/messages.h - what crosses when two tables are aligned, one of each in each direction
 *
 *     join      how many identifiers, of how many columns; a nonce
 *     hidden    its identifiers' points under its scalar, in its first order
 *     doubled   the other's hidden points under its scalar as well, in its second order
 *     opened    its second order: only when enough are shared
 *     agreed    hash of the common order, and how many rows it has
 *     aligned   note: the three sizes and the hash
 */
#ifndef PV_SCHEME_ALIGN_MESSAGES_H
#define PV_SCHEME_ALIGN_MESSAGES_H

#include "party/party.h"

enum {
    PV_ALIGN_JOIN = PV_TYPE_FIRST,
    PV_ALIGN_HIDDEN,
    PV_ALIGN_DOUBLED,
    PV_ALIGN_OPENED,
    PV_ALIGN_AGREED,
    PV_ALIGN_ALIGNED,
    PV_ALIGN_END,
};
enum { PV_ALIGN_TYPES = PV_ALIGN_END - PV_TYPE_FIRST, PV_ALIGN_NONCE = 32 };
extern const pv_message_type pv_align_type[PV_ALIGN_TYPES];

typedef struct pv_align_join {
    uint8_t nonce[PV_ALIGN_NONCE];
    int64_t ids, columns;
} pv_align_join;

pv_status pv_align_join_send(pv_party *p, int peer, const pv_align_join *j) PV_MUST_USE;
pv_status pv_align_join_take(pv_align_join *j, const pv_parts *p, const char *what) PV_MUST_USE;

/* type: hidden or doubled; count points of 32 bytes. What is taken is borrowed from the message. */
pv_status pv_align_points_send(pv_party *p, int peer, uint16_t type, const uint8_t *point,
                               size_t count) PV_MUST_USE;
pv_status pv_align_points_take(const uint8_t **point, const pv_parts *p, const char *what,
                               size_t count) PV_MUST_USE;

/* A permutation of 0..count-1. */
pv_status pv_align_opened_send(pv_party *p, int peer, const uint32_t *order,
                               size_t count) PV_MUST_USE;
pv_status pv_align_opened_take(const uint32_t **order, const pv_parts *p, const char *what,
                               size_t count) PV_MUST_USE;

pv_status pv_align_agreed_send(pv_party *p, int peer, const pv_hash *order,
                               int64_t rows) PV_MUST_USE;
pv_status pv_align_agreed_take(pv_hash *order, int64_t *rows, const pv_parts *p,
                               const char *what) PV_MUST_USE;

pv_status pv_align_aligned_note(pv_party *p, const pv_hash *order,
                                const int64_t sizes[3]) PV_MUST_USE;

#endif
