/* attack/activations.h - what a party's own layers give on its own samples
 *
 * In `vertical` the party with the features can do this at any time: the layers before the shared
 * one are its own. Attacks that need nothing else of the network start here.
 */
#ifndef PV_ATTACK_ACTIVATIONS_H
#define PV_ATTACK_ACTIVATIONS_H

#include "privet/context.h"
#include "privet/model.h"

typedef struct pv_activations {
    int64_t rows, width;
    float *a; /* [rows, width] */
} pv_activations;

/* Of every row of data, in evaluation mode, before the last `head` dense layers of m. Errors:
 * PV_ERR_MISMATCH (the model does not end in so many dense layers, or is not for such data). */
pv_status pv_activations_init(pv_activations *out, const pv_model *m, int head, const pv_data *data,
                              const pv_ctx *ctx) PV_MUST_USE;
void pv_activations_clear(pv_activations *a); /* idempotent */

#endif
