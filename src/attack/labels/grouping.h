/* attack/labels/grouping.h - rows' groups by several starts, the best of them
 *
 * What `direction` and `clustering` do with gradients, and `completion` with activations.
 */
#ifndef PV_ATTACK_LABELS_GROUPING_H
#define PV_ATTACK_LABELS_GROUPING_H

#include "attack/labels/mixture.h"

typedef struct pv_grouping {
    int32_t *label; /* [rows] */
    double *margin; /* [rows] how much likelier it is than the next: log of the ratio */
    double loss;    /* minus the log likelihood of a release */
    int64_t rounds;
    int finished;
} pv_grouping;

int pv_grouping_classes(const pv_public *known);
int pv_grouping_width(int classes); /* coordinates to keep of a release */

/* Starts are chosen by likelihood. With `named`, rows of known label hold theirs: the first start
 * is from them, later ones are named by them. exponent: of pv_directions_init. Options of a:
 * rounds, restarts and, when named, refine. */
pv_status pv_grouping_find(pv_grouping *g, const pv_releases *r, double exponent,
                           const pv_attack *a, int named, const pv_public *known,
                           const pv_attack_option *option, int options, const pv_budget *budget,
                           const pv_ctx *ctx) PV_MUST_USE;
void pv_grouping_clear(pv_grouping *g); /* idempotent */

/* The whole attack, on a view's gradients. */
pv_status pv_grouping_run(pv_guess *guess, const pv_attack *a, int named,
                          const pv_view *const *view, int views, const pv_public *known,
                          const pv_attack_target *target, size_t targets,
                          const pv_attack_option *option, int options, const pv_budget *budget,
                          const pv_ctx *ctx) PV_MUST_USE;

#endif
