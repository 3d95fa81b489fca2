/* split.h - two parties that train one layer together, and what each of them would have noted:
 * multinomial logistic regression on features that stay as they are. */
#ifndef TESTS_ATTACK_SPLIT_H
#define TESTS_ATTACK_SPLIT_H

#include "recorded.h"

#include <math.h>

typedef struct split_plan {
    int64_t rows, batch, width, epochs;
    int classes;
    double lr, weights, features; /* standard deviations: of W at first, of features */
    double iso;   /* noise on each entry of G, in units of the longest row of the batch */
    double ratio; /* noise on each row of dL/dA of this length, likewise */
    double rare;  /* share of class 1 of two; 0: all classes are equally frequent */
    double momentum, decay;
    int from; /* first epoch that is recorded */
    uint64_t seed;
} split_plan;

typedef struct split {
    split_plan plan;
    float *a;       /* [rows, width] */
    int32_t *label; /* [rows] */
    double *w;      /* [classes, width] at the end */
    int64_t steps;
    int64_t *order; /* [steps * batch] rows of each step */
} split;

static inline double split_mean(const split_plan *p, int y, int64_t k)
{
    pv_rng stream = pv_rng_make(p->seed + 1000, PV_STREAM_TEST),
           rng = pv_rng_fork(&stream, (uint64_t)y * 4096 + (uint64_t)k);
    return fabs(pv_rng_normal(&rng));
}

static inline void split_draw(split *s, pv_rng *rng)
{
    const split_plan *p = &s->plan;
    for (int64_t i = 0; i < p->rows; i++) {
        int y = p->rare > 0 ? pv_rng_uniform(rng) < p->rare
                            : (int)pv_rng_below(rng, (uint64_t)p->classes);
        s->label[i] = y;
        for (int64_t k = 0; k < p->width; k++) {
            double v = p->features * (0.5 * split_mean(p, y, k) + pv_rng_normal(rng));
            s->a[i * p->width + k] = (float)(v > 0 ? v : 0);
        }
    }
}

/* z [classes] of row i in double; the probability in p. */
static inline void split_logits(const split *s, int64_t i, double *z, double *p)
{
    int classes = s->plan.classes;
    double most = -1e300, sum = 0;
    for (int c = 0; c < classes; c++) {
        z[c] = 0;
        for (int64_t k = 0; k < s->plan.width; k++)
            z[c] += s->w[c * s->plan.width + k] * s->a[i * s->plan.width + k];
        if (z[c] > most) most = z[c];
    }
    for (int c = 0; c < classes; c++) sum += p[c] = exp(z[c] - most);
    for (int c = 0; c < classes; c++) p[c] /= sum;
}

enum { SPLIT_CLASSES = 16 };

static inline void split_step(split *s, double *velocity, recorded *gradients, recorded *scores,
                              double *precise, uint64_t step, int record, pv_rng *rng)
{
    const split_plan *p = &s->plan;
    int64_t m = p->batch, d = p->width;
    int c = p->classes;
    const int64_t *row = s->order + (int64_t)step * m;
    double *g = pv_calloc((size_t)(m * c), sizeof *g), longest = 0, longest_a = 0;
    float *shown = pv_calloc((size_t)(m * d), sizeof *shown),
          *z = pv_calloc((size_t)(m * c), sizeof *z);
    assert_true(g != NULL && shown != NULL && z != NULL && c <= SPLIT_CLASSES);
    for (int64_t i = 0; i < m; i++) {
        double logit[SPLIT_CLASSES], *gi = g + i * c, square = 0;
        split_logits(s, row[i], logit, gi);
        gi[s->label[row[i]]] -= 1;
        for (int k = 0; k < c; k++) {
            z[i * c + k] = (float)logit[k];
            if (precise != NULL) precise[((int64_t)step * m + i) * c + k] = logit[k];
            gi[k] /= (double)m;
            square += gi[k] * gi[k];
        }
        if (square > longest) longest = square;
    }
    for (int64_t i = 0; i < m; i++) {
        double square = 0, noisy[SPLIT_CLASSES];
        for (int k = 0; k < c; k++)
            noisy[k] = g[i * c + k] + p->iso * sqrt(longest) * pv_rng_normal(rng);
        for (int64_t k = 0; k < d; k++) {
            double sum = 0;
            for (int q = 0; q < c; q++) sum += noisy[q] * s->w[q * d + k];
            shown[i * d + k] = (float)sum;
            square += sum * sum;
        }
        if (square > longest_a) longest_a = square;
    }
    for (int64_t k = 0; k < m * d && p->ratio > 0; k++)
        shown[k] += (float)(p->ratio * sqrt(longest_a / (double)d) * pv_rng_normal(rng));
    if (record && gradients != NULL) {
        const pv_part part[2] = {{"index", PV_I64, PV_SHAPE(m), row},
                                 {"gradient", PV_F32, PV_SHAPE(m, d), shown}};
        recorded_add(gradients, PV_VIEW_DERIVED, PV_VIEW_NO_PEER, RECORDED_CUT_GRADIENT, step + 1,
                     part, 2, 1);
    }
    if (record && scores != NULL) {
        const pv_part part[3] = {{"index", PV_I64, PV_SHAPE(m), row},
                                 {"logits", PV_F32, PV_SHAPE(m, c), z},
                                 {"lr", PV_F64, PV_SHAPE(1), &p->lr}};
        recorded_add(scores, PV_VIEW_DERIVED, PV_VIEW_NO_PEER, RECORDED_LOGITS, step + 1, part, 3,
                     1);
    }
    for (int q = 0; q < c; q++)
        for (int64_t k = 0; k < d; k++) {
            double *v = velocity + q * d + k, dw = p->decay * s->w[q * d + k];
            for (int64_t i = 0; i < m; i++) dw += g[i * c + q] * s->a[row[i] * d + k];
            *v = p->momentum * *v + dw;
            s->w[q * d + k] -= p->lr * *v;
        }
    pv_free(g);
    pv_free(shown);
    pv_free(z);
}

/* Trains, and notes what the parties would: gradients, scores (either may be NULL), and z in double
 * in precise [steps, batch, classes] (NULL: not). Steps count from 1. */
static inline void split_train(split *s, const split_plan *plan, recorded *gradients,
                               recorded *scores, double **precise)
{
    pv_rng rng = pv_rng_make(plan->seed, PV_STREAM_TEST);
    *s = (split){.plan = *plan};
    size_t d = (size_t)plan->width, c = (size_t)plan->classes, n = (size_t)plan->rows;
    int64_t each = plan->rows / plan->batch;
    s->steps = each * plan->epochs;
    s->a = pv_alloc(n * d, sizeof *s->a);
    s->label = pv_alloc(n, sizeof *s->label);
    s->w = pv_alloc(c * d, sizeof *s->w);
    s->order = pv_alloc((size_t)(s->steps * plan->batch), sizeof *s->order);
    double *velocity = pv_calloc(c * d, sizeof *velocity);
    uint32_t *shuffled = pv_alloc(n, sizeof *shuffled);
    assert_true(s->a != NULL && s->label != NULL && s->w != NULL && s->order != NULL &&
                velocity != NULL && shuffled != NULL);
    if (precise != NULL) {
        *precise = pv_calloc((size_t)(s->steps * plan->batch) * c, sizeof **precise);
        assert_non_null(*precise);
    }
    split_draw(s, &rng);
    for (size_t k = 0; k < c * d; k++)
        s->w[k] = plan->weights * sqrt(3) * (2 * pv_rng_uniform(&rng) - 1);
    for (size_t i = 0; i < n; i++) shuffled[i] = (uint32_t)i;
    for (int64_t e = 0; e < plan->epochs; e++) {
        pv_rng_shuffle(&rng, shuffled, n);
        for (int64_t i = 0; i < each * plan->batch; i++)
            s->order[e * each * plan->batch + i] = shuffled[i];
        for (int64_t b = 0; b < each; b++)
            split_step(s, velocity, gradients, scores, precise == NULL ? NULL : *precise,
                       (uint64_t)(e * each + b), e >= plan->from, &rng);
    }
    pv_free(velocity);
    pv_free(shuffled);
}

static inline void split_clear(split *s)
{
    pv_free(s->a);
    pv_free(s->label);
    pv_free(s->w);
    pv_free(s->order);
}

#endif
