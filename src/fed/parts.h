/* fed/parts.h - vectors of parameters as the named tensors of a message
 *
 *     PV_FORM_WEIGHTS   one f32 tensor a parameter, by its name, state among them. "model",
 * "update" (what changed) and means of updates. PV_FORM_GRADIENT  the same without state; new
 * values of state as "state:" and the name.
 *
 * With samples >= 0 also "samples", i64[1].
 */
#ifndef PV_FED_PARTS_H
#define PV_FED_PARTS_H

#include "fed/vector.h"

typedef enum pv_fed_form { PV_FORM_WEIGHTS, PV_FORM_GRADIENT } pv_fed_form;

/* The data is borrowed: v, and p itself (do not copy it). */
typedef struct pv_fed_parts {
    pv_part *part;
    size_t count;
    char *names;
    int64_t samples;
} pv_fed_parts;

pv_status pv_fed_parts_init(pv_fed_parts *p, const pv_fed_layout *l, const float *v,
                            pv_fed_form form, int64_t samples) PV_MUST_USE;
void pv_fed_parts_clear(pv_fed_parts *p); /* idempotent */

/* The reverse, from somebody: every parameter must be there with its shape, all numbers finite, and
 * nothing else. samples NULL: there must be none; else at least 1. Errors: PV_ERR_PEER, which say
 * what of whom. */
pv_status pv_fed_parts_take(float *v, int64_t *samples, const pv_parts *p, const char *what,
                            const pv_fed_layout *l, pv_fed_form form) PV_MUST_USE;

#endif
