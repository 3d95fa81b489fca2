/* scheme/plain/messages.h - what crosses when rows are pooled
 *
 *     join      client > server   truth, the Merkle root of its data; how many rows follow
 *     rows      client > server   x [n, sample...]: u8 for images kept as bytes (0..255), else f32;
 *                                 label i32[n]. As many messages as it takes, rows in their order
 *     epoch     server > client   that an epoch is done, and its loss
 *     norm      server > client   how the pooled samples are normalised
 *     model     server > client   the weights at the end
 *     released  note              the same
 */
#ifndef PV_SCHEME_PLAIN_MESSAGES_H
#define PV_SCHEME_PLAIN_MESSAGES_H

#include "data/rows.h"
#include "party/party.h"

enum {
    PV_PLAIN_JOIN = PV_TYPE_FIRST,
    PV_PLAIN_ROWS,
    PV_PLAIN_EPOCH,
    PV_PLAIN_NORM,
    PV_PLAIN_MODEL,
    PV_PLAIN_RELEASED,
    PV_PLAIN_TYPES = PV_PLAIN_RELEASED + 1 - PV_TYPE_FIRST,
};
extern const pv_message_type pv_plain_type[PV_PLAIN_TYPES];

typedef struct pv_plain_join {
    pv_hash truth;
    int64_t samples;
} pv_plain_join;

pv_status pv_plain_join_send(pv_party *p, int server, const pv_plain_join *j) PV_MUST_USE;
pv_status pv_plain_join_take(pv_plain_join *j, const pv_parts *p, const char *what) PV_MUST_USE;

/* All of data, in pieces. */
pv_status pv_plain_rows_send(pv_party *p, int server, const pv_data *data) PV_MUST_USE;

/* Pointers into p: some rows of samples of this shape. Errors: PV_ERR_PEER. */
typedef struct pv_plain_rows {
    pv_dtype dtype;
    int64_t n;
    const void *x;
    const int32_t *label;
} pv_plain_rows;
pv_status pv_plain_rows_take(pv_plain_rows *r, const pv_parts *p, const char *what,
                             const pv_shape *sample) PV_MUST_USE;

/* As parts, borrowed; both are two. */
void pv_plain_epoch_parts(pv_part part[2], const int64_t *epoch, const double *loss);
void pv_plain_norm_parts(pv_part part[2], const pv_norm *norm);

pv_status pv_plain_epoch_take(int64_t *epoch, double *loss, const pv_parts *p,
                              const char *what) PV_MUST_USE;
/* A copy; of `columns` columns. */
pv_status pv_plain_norm_take(pv_norm *norm, const pv_parts *p, const char *what,
                             int columns) PV_MUST_USE;

#endif
