/* attack/queries.h - activations that a customer of `complement` sent, out of what a party saw
 *
 * Messages of type "activation" (z u8 [rows, bytes], encode/complement/activation.h) of a target's
 * step that the victim sent or, in the customer's own view, that went to it; several of one step
 * follow each other. The logits that belong to them are not read but computed anew, by who has the
 * back: an answer that crossed may have been rounded.
 */
#ifndef PV_ATTACK_QUERIES_H
#define PV_ATTACK_QUERIES_H

#include "attack/attack.h"

typedef struct pv_queries {
    int64_t n, width;
    float *z; /* [n, width] */
    int classes;
    float *logits; /* [n, classes]; NULL where the back isn't known->back */
} pv_queries;

/* The first target->batch of the rows, where it says how many. Errors: PV_ERR_USAGE (no front, no
 * form), PV_ERR_NOT_FOUND (no such message, or none whose bytes were kept), PV_ERR_PEER (a part
 * that is missing or of another width), PV_ERR_RANGE (numbers outside their range). */
pv_status pv_queries_init(pv_queries *q, const pv_view *const *view, int views,
                          const pv_public *known, const pv_attack_target *target,
                          const pv_ctx *ctx) PV_MUST_USE;
void pv_queries_clear(pv_queries *q); /* idempotent */

/* Is record i of the view such a message between its party and the victim? */
int pv_queries_is(const pv_view *view, uint64_t i, const char *victim);
/* The activations of one record, which was kept: *z [*n, width] belongs to the caller. */
pv_status pv_queries_load(float **z, int64_t *n, const pv_view *view, uint64_t i,
                          const pv_public *known) PV_MUST_USE;

/* PV_ERR_USAGE, naming who asks, unless front and crossing are there. */
pv_status pv_queries_check(const pv_public *known, const char *who) PV_MUST_USE;
/* What provider and customer both compute of z [n, width] by a half: logits [n, classes]. */
pv_status pv_queries_answer(float **logits, const pv_split_half *back, const float *z, int64_t n,
                            const pv_ctx *ctx) PV_MUST_USE;

#endif
