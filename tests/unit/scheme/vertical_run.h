/* vertical_run.h - whole runs of the boundary, each number compared with the reference's */
#ifndef TESTS_VERTICAL_RUN_H
#define TESTS_VERTICAL_RUN_H

#include "vertical_pair.h"
#include "vertical_reference.h"

static pv_paillier_sk *key;

typedef struct run {
    pair p;
    reference r;
    pv_rng random;
    pv_wide *share, *velocity; /* of the active party, as the step began */
    float *a;
    double *z, *g, *shown, *da, *bias, *expected;
} run;

static inline void *need(int64_t count, size_t size)
{
    void *p = pv_calloc((size_t)count, size);
    assert_non_null(p);
    return p;
}

static inline void begin(run *t, const pv_boundary_settings *s, uint64_t seed)
{
    int64_t m = s->batch, d = s->width, c = s->outputs;
    pair_open(&t->p, s, key, seed, NULL);
    reference_open(&t->r, &t->p.b.set, pv_passive_share(t->p.passive),
                   pv_active_share(t->p.active));
    t->random = pv_rng_make(seed, 77);
    t->share = need(c * d, sizeof *t->share);
    t->velocity = need(c * d, sizeof *t->velocity);
    t->a = need(m * d, sizeof *t->a);
    t->z = need(m * c, sizeof *t->z);
    t->g = need(m * c, sizeof *t->g);
    t->shown = need(m * c, sizeof *t->shown);
    t->da = need(m * d, sizeof *t->da);
    t->bias = need(c, sizeof *t->bias);
    t->expected = need(m * (d > c ? d : c), sizeof *t->expected);
}

static inline void end(run *t)
{
    void *all[] = {t->share, t->velocity, t->a, t->z, t->g, t->shown, t->da, t->bias, t->expected};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) pv_free(all[i]);
    reference_close(&t->r);
    pair_close(&t->p);
}

static inline void same_numbers(const double *x, const double *y, int64_t count)
{
    assert_memory_equal(x, y, (size_t)count * sizeof *x);
}

/* A batch's scores, and what the reference says they are. */
static inline void predict(run *t, int64_t rows)
{
    const pv_boundary_settings *s = &t->p.b.set;
    pair_activations(t->a, rows * s->width, 1.1 * s->clamp, &t->random);
    pair_predict(&t->p, t->z, t->a, rows);
    reference_scores(t->expected, &t->r, pv_active_share(t->p.active), t->a, rows);
    same_numbers(t->z, t->expected, rows * s->outputs);
}

/* noise: 0, or how much of an entry's bound the shown gradient is off. */
static inline void step(run *t, int64_t rows, double eta, double noise)
{
    const pv_boundary_settings *s = &t->p.b.set;
    size_t count = (size_t)(s->width * s->outputs);
    predict(t, rows);
    pair_gradient(t->g, t->bias, t->z, rows, s, eta, &t->random);
    for (int64_t i = 0; i < rows * s->outputs; i++)
        t->shown[i] = t->g[i] + noise * (2 * pv_rng_uniform(&t->random) - 1) / (double)s->batch;
    memcpy(t->share, pv_active_share(t->p.active), count * sizeof *t->share);
    memcpy(t->velocity, pv_active_velocity(t->p.active), count * sizeof *t->velocity);
    pair_learn(&t->p, t->da, t->g, noise > 0 ? t->shown : NULL, eta);
    reference_gradient(t->expected, &t->r, t->share, noise > 0 ? t->shown : t->g, rows);
    same_numbers(t->da, t->expected, rows * s->width);
    reference_update(&t->r, t->share, t->velocity, t->a, t->g, rows, eta);
    reference_same(t->r.w, pv_passive_share(t->p.passive), pv_active_share(t->p.active),
                   (int64_t)count);
    reference_same(t->r.v, pv_passive_velocity(t->p.passive), pv_active_velocity(t->p.active),
                   (int64_t)count);
}

static inline int open_key(void **state)
{
    (void)state;
    key = test_paillier_key("safe");
    return 0;
}

static inline int close_key(void **state)
{
    (void)state;
    pv_paillier_sk_free(key);
    return 0;
}

#endif
