/* attack/gradient/records.h - weights and a gradient, out of what a party saw
 *
 * The messages of the federated schemes (docs/formats.md), found by name of type, victim and step:
 *
 *     model      server -> client   every parameter, f32, named as the model names it
 *     gradient   client -> server   the same names without state: of the mean cross entropy; and
 *                                   samples i64[1]
 *     update     client -> server   new weights minus received ones, likewise
 *     aggregate  noted by the server when the clients' own are masked: their average, likewise
 *
 * In the victim's own view the directions are the other way round. The weights that belong to a
 * gradient are the model of the same step. An update after k local steps at learning rate lr counts
 * as the gradient -update / (lr * k): exact for one local step, else an average over weights that
 * moved. An aggregate stands for all clients' samples; it is used when there is nothing closer.
 */
#ifndef PV_ATTACK_GRADIENT_RECORDS_H
#define PV_ATTACK_GRADIENT_RECORDS_H

#include "attack/attack.h"

typedef struct pv_gradient_record {
    const float **weight;   /* [params], in the model's order; NULL for state that is not there */
    const float **gradient; /* [params]; NULL for state */
    int64_t samples;        /* behind it, as the record says; 0: it doesn't */
    int local_steps;        /* 1 for a gradient */
    int aggregate;          /* of all clients */
    /* its own */
    pv_view_payload model, given;
    float *scaled;
} pv_gradient_record;

/* Errors: PV_ERR_NOT_FOUND (no such record in any view, or its bytes were not kept: says what there
 * is), PV_ERR_PEER (a name or shape that is not the model's), PV_ERR_RANGE (values that are not
 * finite, a count that makes no sense), PV_ERR_USAGE (an update, and no learning rate). On failure
 * *r is cleared. */
pv_status pv_gradient_record_init(pv_gradient_record *r, const pv_view *const *view, int views,
                                  const pv_public *known,
                                  const pv_attack_target *target) PV_MUST_USE;
void pv_gradient_record_clear(pv_gradient_record *r); /* idempotent */

/* How many samples the attack is to recover, and the labels that it may use (NULL: none). Errors:
 * PV_ERR_USAGE when neither target nor record says how many, PV_ERR_UNSUPPORTED above limit. */
pv_status pv_gradient_record_batch(int64_t *batch, const int32_t **label,
                                   const pv_gradient_record *r, const pv_attack_target *target,
                                   int64_t limit) PV_MUST_USE;

/* Record of that type in view that goes to or comes from the victim at the step; the pv_view_count
 * when there is none. sent_by_victim: the direction. */
uint64_t pv_gradient_record_find(const pv_view *view, const char *type, const char *victim,
                                 uint64_t step, int sent_by_victim);

#endif
