/* attack/labels/releases.h - all gradients at the cut that a view holds
 *
 * A *release* is the gradient of one row in one step. dL/dA = G·W has rank c at most, whatever the
 * layer's width d, so what is kept of a release are its coordinates in the subspace of most energy:
 * `width` of them, by subspace iteration on a sample of the releases (Halko, Martinsson, Tropp
 * 2011, algorithm 4.4). Directions and lengths within it are those in the whole space.
 */
#ifndef PV_ATTACK_LABELS_RELEASES_H
#define PV_ATTACK_LABELS_RELEASES_H

#include "attack/attack.h"

typedef struct pv_releases {
    int64_t count;    /* releases, in the order of their steps */
    int64_t steps;    /* notes */
    int64_t rows;     /* different rows */
    int width;        /* coordinates kept of each */
    int64_t full;     /* d */
    int64_t *index;   /* [rows] their numbers, ascending */
    int32_t *row;     /* [count] position in index */
    int64_t *first;   /* [steps + 1] first release of each note */
    uint64_t *number; /* [steps] the note's step */
    float *x;         /* [count, width] */
    float *norm;      /* [count] 2-norm, in the whole space */
} pv_releases;

/* width: coordinates wanted; d are kept when that is less. Errors: PV_ERR_NOT_FOUND (no such note,
 * or none whose bytes were kept), PV_ERR_PEER (shapes), PV_ERR_RANGE (not finite, an index below
 * zero). */
pv_status pv_releases_init(pv_releases *r, const pv_view *const *view, int views, int width,
                           uint64_t seed, const pv_ctx *ctx) PV_MUST_USE;
void pv_releases_clear(pv_releases *r); /* idempotent */

int64_t pv_releases_row(const pv_releases *r, int64_t index);  /* position; -1: not there */
int64_t pv_releases_step(const pv_releases *r, uint64_t step); /* position; -1: not there */

/* label (NULL: none) and confidence (NULL: none), both by row, into a guess about each target. */
pv_status pv_releases_answer(pv_guess *guess, const pv_releases *r, const pv_attack_target *target,
                             size_t targets, const int32_t *label, const double *confidence,
                             double loss, double seconds, int64_t evaluations,
                             int finished) PV_MUST_USE;

#endif
