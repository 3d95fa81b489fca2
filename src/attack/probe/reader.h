/* attack/probe/reader.h - probes for the label and for the secret, put together */
#ifndef PV_ATTACK_PROBE_READER_H
#define PV_ATTACK_PROBE_READER_H

#include "attack/probe/probe.h"
#include "attack/shadow.h"

typedef enum pv_reader_way {
    PV_READ_DIRECTLY,
    PV_READ_THROUGH, /* the other one and the answer */
    PV_READ_BOTH,
    PV_READ_WAYS
} pv_reader_way;

typedef struct pv_reader {
    const pv_secret_plan *plan;
    int64_t width; /* of z; features are z and, with `answers`, the logits */
    int classes, answers, wants_secret, finished;
    pv_probe label, secret; /* secret: not of a permutation */
    int has_secret;
    pv_reader_way way;
    double accuracy[PV_READ_WAYS]; /* on queries that no probe learned from; NaN: not possible */
    double prior;                  /* of what is wanted, among those */
    int64_t tested;                /* so many they are */
} pv_reader;

/* From shadow queries. PV_ERR_UNSUPPORTED: the secret of a permutation. On failure *r is cleared.
 */
pv_status pv_reader_learn(pv_reader *r, const pv_shadow *s, const pv_secret_plan *plan,
                          int wants_secret, const pv_probe_options *o,
                          const pv_ctx *ctx) PV_MUST_USE;
void pv_reader_clear(pv_reader *r); /* idempotent */

/* value [n] and confidence [n] of z [n, width] and logits [n, classes] (NULL without answers). */
pv_status pv_reader_read(int32_t *value, double *confidence, const pv_reader *r, const float *z,
                         const float *logits, int64_t n, const pv_ctx *ctx) PV_MUST_USE;

#endif
