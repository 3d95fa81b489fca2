/* attack/inversion/scores.h - all logits of training steps that a view holds */
#ifndef PV_ATTACK_INVERSION_SCORES_H
#define PV_ATTACK_INVERSION_SCORES_H

#include "attack/attack.h"

typedef struct pv_scores {
    int64_t count; /* of a row in a step, in the order of the steps */
    int64_t steps, rows;
    int classes;
    int64_t *index;   /* [rows] row numbers, ascending */
    int32_t *row;     /* [count] position in index */
    int64_t *first;   /* [steps + 1] */
    uint64_t *number; /* [steps] */
    double *lr;       /* [steps] */
    double *z;        /* [count, classes] */
} pv_scores;

/* Errors: PV_ERR_NOT_FOUND (no such note, or none whose bytes were kept), PV_ERR_PEER (shapes),
 * PV_ERR_RANGE (not finite, an index below zero). */
pv_status pv_scores_init(pv_scores *s, const pv_view *const *view, int views) PV_MUST_USE;
/* Room for `count` scores of `steps` steps; the caller fills index (with the row of each score),
 * first, number, lr and z, then calls pv_scores_name. */
pv_status pv_scores_room(pv_scores *s, int64_t count, int64_t steps, int classes) PV_MUST_USE;
pv_status pv_scores_name(pv_scores *s) PV_MUST_USE; /* row and rows; index holds each row once */
void pv_scores_clear(pv_scores *s);                 /* idempotent */

int64_t pv_scores_row(const pv_scores *s, int64_t index); /* position; -1: not there */

/* x [rows, sample] by row, before normalisation, into a guess about each target. */
pv_status pv_scores_answer(pv_guess *guess, const pv_scores *s, const pv_attack_target *target,
                           size_t targets, const float *x, int64_t sample, double loss,
                           double seconds, int finished) PV_MUST_USE;

/* The samples that the adversary has: known [n, sample] as the network sees them, at[n] their
 * position in s->index. PV_ERR_USAGE when there are none; n is how many of them have scores. */
typedef struct pv_known_samples {
    int64_t n, sample;
    int64_t *at;
    double *x;
} pv_known_samples;
pv_status pv_known_samples_init(pv_known_samples *k, const pv_scores *s, const pv_public *known,
                                const char *who) PV_MUST_USE;
void pv_known_samples_clear(pv_known_samples *k); /* idempotent */

/* One sample back to units before normalisation; images are cut to [0,1]. */
void pv_sample_restore(float *out, const double *x, const pv_model *m);

#endif
