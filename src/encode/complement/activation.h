/* encode/complement/activation.h - an activation as bytes: 32, 8 or 4 bits a number, projected or
 * not
 *
 * float32 goes as it is, little-endian. 8 and 4 bits are affine, channel by channel: q = round((z -
 * low) / (high - low) · (2^bits - 1)), with the range of the channel that both halves have from the
 * calibration; what lies outside is clamped and counted. Two 4-bit numbers share a byte, the first
 * in its low half; a sample begins on a byte, and what is left of its last one is 0. Inside its
 * range a number comes back within (high - low) / (2·(2^bits - 1)).
 *
 * Projection (Private Split Inference, ICLR 2021 submission; complement.md 3.1): when a linear
 * layer follows the cut at once, only what its rows span matters. The customer sends the
 * coordinates in an orthonormal basis of that span, r instead of D numbers, and the answer does not
 * change. The basis is the layer's row space: the customer learns that much of the provider's half.
 * pv_split_make works it out and the back keeps it; a front has it only when its provider sends it
 * (pv_activation_form_bytes).
 */
#ifndef PV_ENCODE_COMPLEMENT_ACTIVATION_H
#define PV_ENCODE_COMPLEMENT_ACTIVATION_H

#include "encode/complement/split.h"

enum { PV_ACTIVATION_MAX = 1 << 24, PV_PROJECTION_MAX = 4096 };

typedef struct pv_activation_form {
    int bits;          /* 32, 8, 4 */
    int64_t numbers;   /* of a sample's activation */
    int64_t count;     /* numbers of a sample as they cross: the activation's, or rank */
    int64_t channels;  /* that have a range each; count is a multiple of it */
    float *low, *high; /* [channels]; owned */
    int64_t rank;      /* of the projection; 0: none */
    float *basis;      /* [rank, numbers], rows orthonormal; owned; NULL */
    float *coordinate; /* [rank]: scratch of a sample; owned; NULL */
} pv_activation_form;

/* PV_ERR_OPTION for other bits. Without projection: ranges are the half's. */
pv_status pv_activation_form_init(pv_activation_form *f, const pv_split_half *half,
                                  int bits) PV_MUST_USE;
/* From then on f projects. PV_ERR_UNSUPPORTED, with the reason, when the back has no basis. */
pv_status pv_activation_project(pv_activation_form *f, const pv_split_half *back) PV_MUST_USE;
void pv_activation_form_clear(pv_activation_form *f);    /* idempotent */
size_t pv_activation_bytes(const pv_activation_form *f); /* of a sample */

/* A form as the provider sends it: u8 bits, u8 projected, u64 numbers, u64 channels, f32 low and
 * high of each channel, and with a projection the basis, row after row. Parsing checks it against
 * the half that it shall serve: errors PV_ERR_FORMAT, PV_ERR_TRUNCATED, PV_ERR_LIMIT,
 * PV_ERR_MISMATCH. `what` is what errors call it. */
pv_status pv_activation_form_bytes(pv_bytes *out, const pv_activation_form *f) PV_MUST_USE;
pv_status pv_activation_form_parse(pv_activation_form *f, const char *what, const void *data,
                                   size_t size, const pv_split_half *half) PV_MUST_USE;

/* ---- activation_basis.c: what pv_split_make keeps in a back
 *
 * An orthonormal basis [*rank, activation] of the row space of the linear layer that begins a
 * network behind a cut: a dense layer's weights, a convolution as the matrix that it is; a
 * `flatten` or a dropout before it changes nothing. PV_ERR_UNSUPPORTED: another layer begins it (a
 * pool, a nonlinearity, a norm, a residual), the activation has more than 4,096 numbers, the work
 * would take minutes, or the rows span all of the activation, so that nothing would be left out. */
pv_status pv_activation_basis(float **basis, int64_t *rank, const pv_model *back,
                              const pv_shape *activation) PV_MUST_USE;

/* Coordinates [rank] of z [numbers]; and back. */
void pv_activation_coordinates(float *out, const float *basis, int64_t rank, int64_t numbers,
                               const float *z);
void pv_activation_from_coordinates(float *z, const float *basis, int64_t rank, int64_t numbers,
                                    const float *coordinate);

/* ---- bytes [n, pv_activation_bytes] of z [n, activation], and back
 *
 * Nothing is allocated; f's scratch is used, so a form is for one thread. */

/* *clamped counts numbers that lay outside what can be taken and were brought to its edge: of 8 and
 * 4 bits outside their channel's range, of float32 outside what pv_activation_decode accepts, so
 * that an unusual row of an honest customer is answered, if not exactly. PV_ERR_RANGE: a number
 * that is not finite, naming the row. */
pv_status pv_activation_encode(uint8_t *bytes, pv_activation_form *f, const float *z, int64_t n,
                               uint64_t *clamped) PV_MUST_USE;
/* float32: PV_ERR_RANGE naming row and channel for a number that is not finite, or outside its
 * channel's range by more than half of its width; channels narrower than the mean of all count as
 * that wide, since a channel that calibration never moved may move. 4 bits: PV_ERR_FORMAT for a
 * last byte whose unused half is not 0. `what` ("query 7 from clinic") stands in the errors. */
pv_status pv_activation_decode(float *z, pv_activation_form *f, const char *what,
                               const uint8_t *bytes, int64_t n) PV_MUST_USE;

#endif
