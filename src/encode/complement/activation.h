/* encode/complement/activation.h - an activation as bytes: 32, 8 or 4 bits a number, projected or
 * not
 *
 * float32 goes as it is. 8 and 4 bits are affine, channel by channel: q = round((z - low) / (high -
 * low) · (2^bits - 1)), with the range of the channel that both halves have from the calibration;
 * what lies outside is clamped and counted. Two 4-bit numbers share a byte, the first in its low
 * half; a sample begins on a byte.
 *
 * Projection (Private Split Inference, ICLR 2021 submission; complement.md 3.1): when a linear
 * layer follows the cut at once, only what its rows span matters. The customer sends the
 * coordinates in an orthonormal basis of that span, r instead of D numbers, and the answer does not
 * change. The basis is the layer's row space: the customer learns that much of the provider's half.
 */
#ifndef PV_ENCODE_COMPLEMENT_ACTIVATION_H
#define PV_ENCODE_COMPLEMENT_ACTIVATION_H

#include "encode/complement/split.h"

typedef struct pv_activation_form {
    int bits;          /* 32, 8, 4 */
    int64_t count;     /* numbers of a sample as they cross: the activation's, or rank */
    int64_t channels;  /* that have a range each; count is a multiple of it */
    float *low, *high; /* [channels]; owned */
    int64_t rank;      /* of the projection; 0: none */
    float *basis;      /* [rank, activation's count], rows orthonormal; owned; NULL */
} pv_activation_form;

/* PV_ERR_OPTION for other bits. Without projection: ranges are the half's. */
pv_status pv_activation_form_init(pv_activation_form *f, const pv_split_half *half,
                                  int bits) PV_MUST_USE;
/* The basis of the span of the linear layer that begins the back, and ranges of coordinates over z
 * [n, activation]. PV_ERR_UNSUPPORTED: no linear layer begins it (the cut is before a pool), or
 * the activation has more than 4,096 numbers. */
pv_status pv_activation_project(pv_activation_form *f, const pv_split_half *back, const float *z,
                                int64_t n) PV_MUST_USE;
void pv_activation_form_clear(pv_activation_form *f);    /* idempotent */
size_t pv_activation_bytes(const pv_activation_form *f); /* of a sample */

/* bytes [n, pv_activation_bytes] of z [n, activation], and back. *clamped counts numbers outside
 * their range (float32: none). */
pv_status pv_activation_encode(uint8_t *bytes, const pv_activation_form *f, const float *z,
                               int64_t n, uint64_t *clamped) PV_MUST_USE;
/* float32: PV_ERR_RANGE naming the row for a number that is not finite or outside its channel's
 * range widened by a half of its width on both sides. */
pv_status pv_activation_decode(float *z, const pv_activation_form *f, const uint8_t *bytes,
                               int64_t n) PV_MUST_USE;

#endif
