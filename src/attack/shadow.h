/* attack/shadow.h - what the provider of `complement` can make for itself: queries whose sample,
 * label and secret it knows
 *
 * Samples of its own (pv_public.own_data) under secrets drawn uniformly go through the customer's
 * half, which was published, and through the coding in which activations cross; with the back they
 * have their logits, too. Attacks learn from them. A front that puts noise on what it gives puts it
 * on these, too, drawn anew for each: the adversary knows how much a customer adds, not what.
 */
#ifndef PV_ATTACK_SHADOW_H
#define PV_ATTACK_SHADOW_H

#include "attack/attack.h"

typedef struct pv_shadow {
    int64_t n, width, sample;
    int classes;
    float *z;                /* [n, width] as the provider would see it */
    float *logits;           /* [n, classes]; NULL without a back */
    float *x;                /* [n, sample] as the network sees it; NULL unless it was asked for */
    int32_t *label;          /* [n] */
    pv_secret_value *secret; /* [n] */
} pv_shadow;

/* At most `most` rows, drawn from own_data; fewer when they would take more than half a gigabyte.
 * samples: x is wanted. Errors: PV_ERR_USAGE (no front, form or own_data), PV_ERR_MISMATCH
 * (own_data is not what the half takes, or of other classes than the secret's), PV_ERR_CANCELLED.
 */
pv_status pv_shadow_init(pv_shadow *s, const pv_public *known, int64_t most, int samples,
                         uint64_t seed, const char *who, const pv_ctx *ctx) PV_MUST_USE;
void pv_shadow_clear(pv_shadow *s); /* idempotent */

#endif
