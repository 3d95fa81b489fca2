/* attack/probe/reader.h - probes for the label and for the secret, put together
 *
 * Given the answer, label and secret determine each other, so there are three ways to each of them;
 * which one is taken is decided on queries that no probe has learned from (attacks.h). A
 * permutation has no number: of it the label alone is read.
 */
#ifndef PV_ATTACK_PROBE_READER_H
#define PV_ATTACK_PROBE_READER_H

#include "attack/probe/probe.h"
#include "attack/shadow.h"

typedef enum pv_read_what { PV_READ_LABEL, PV_READ_SECRET, PV_READ_WHATS } pv_read_what;

typedef enum pv_reader_way {
    PV_READ_DIRECTLY,
    PV_READ_THROUGH, /* the other one and the answer */
    PV_READ_BOTH,
    PV_READ_WAYS
} pv_reader_way;

const char *pv_reader_way_name(pv_reader_way w); /* "direct", "through", "both" */

/* How well one of them is read, on queries that no probe learned from. */
typedef struct pv_reader_skill {
    pv_reader_way way;             /* the best */
    double accuracy[PV_READ_WAYS]; /* NaN: not possible */
    double prior;                  /* share of the most frequent value */
} pv_reader_skill;

typedef struct pv_reader {
    const pv_secret_plan *plan;
    int64_t width; /* of z; features are z and, with `answers`, the logits */
    int classes, answers, finished;
    int has_secret; /* not of a permutation: probe[PV_READ_SECRET] is empty */
    pv_probe probe[PV_READ_WHATS];
    pv_reader_skill skill[PV_READ_WHATS];
    int64_t tested; /* so many queries decided */
} pv_reader;

/* PV_ERR_UNSUPPORTED for the secret of a permutation. */
pv_status pv_reader_check(const pv_secret_plan *plan, pv_read_what what) PV_MUST_USE;

/* From shadow queries. On failure *r is cleared. */
pv_status pv_reader_learn(pv_reader *r, const pv_shadow *s, const pv_secret_plan *plan,
                          const pv_probe_options *o, const pv_ctx *ctx) PV_MUST_USE;
void pv_reader_clear(pv_reader *r); /* idempotent */

/* value [n] and confidence [n] of z [n, width] and logits [n, classes] (NULL without answers). */
pv_status pv_reader_read(int32_t *value, double *confidence, const pv_reader *r, pv_read_what what,
                         const float *z, const float *logits, int64_t n,
                         const pv_ctx *ctx) PV_MUST_USE;

#endif
