/* vertical_pair.h - both parties of the boundary in one program, with the published key */
#ifndef TESTS_VERTICAL_PAIR_H
#define TESTS_VERTICAL_PAIR_H

#include "base/csprng_test.h"
#include "paillier_key.h"
#include "privet/rng.h"
#include "scheme/vertical/boundary.h"

#include <math.h>

typedef struct pair {
    pv_boundary b;
    pv_active *active;
    pv_passive *passive;
    pv_csprng ra, rp; /* each party's own */
    pv_ctx ctx;
    pv_bytes samples, features, shares, scores, opened, d, x, u, s;
} pair;

static inline pv_boundary_settings pair_small(void)
{
    return (pv_boundary_settings){.batch = 4,
                                  .width = 5,
                                  .outputs = 3,
                                  .steps = 100,
                                  .lr = 0.1,
                                  .momentum = 0.9,
                                  .decay = 1e-3,
                                  .clamp = 4,
                                  .initial = 2,
                                  .bits = TEST_PAILLIER_BITS};
}

static inline void pair_messages(pair *p)
{
    pv_bytes *all[] = {&p->samples, &p->features, &p->shares, &p->scores, &p->opened,
                       &p->d,       &p->x,        &p->u,      &p->s};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) pv_bytes_clear(all[i]);
}

/* Both parties, without shares. */
static inline void pair_make(pair *p, const pv_boundary_settings *s, const pv_paillier_sk *sk,
                             uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->ctx.threads = 2;
    CHECK_OK(pv_boundary_init(&p->b, s));
    pv_csprng_test(&p->ra, 2 * seed);
    pv_csprng_test(&p->rp, 2 * seed + 1);
    CHECK_OK(pv_active_new(&p->active, &p->b, sk, &p->ctx));
    CHECK_OK(pv_passive_new(&p->passive, &p->b, pv_paillier_public(sk), pv_paillier_safe(sk),
                            &p->rp, &p->ctx));
}

/* init NULL: W_0 that nobody knows */
static inline void pair_open(pair *p, const pv_boundary_settings *s, const pv_paillier_sk *sk,
                             uint64_t seed, const double *init)
{
    pv_bytes start;
    pair_make(p, s, sk, seed);
    CHECK_OK(pv_active_setup(&start, p->active, 0.3, init, &p->ra));
    CHECK_OK(pv_passive_setup(p->passive, start.data, start.size, 0.3, init != NULL,
                              "start from shop", &p->rp));
    pv_bytes_clear(&start);
}

static inline void pair_close(pair *p)
{
    pair_messages(p);
    pv_active_free(p->active);
    pv_passive_free(p->passive);
    pv_csprng_clear(&p->ra);
    pv_csprng_clear(&p->rp);
}

/* A prediction, or the first half of a step. */
static inline void pair_predict(pair *p, double *z, const float *activation, int64_t rows)
{
    pair_messages(p);
    CHECK_OK(pv_active_send_samples(&p->samples, p->active, activation, rows, &p->ra));
    CHECK_OK(pv_passive_scores(&p->scores, p->passive, p->samples.data, p->samples.size, rows,
                               "enc-samples 1 from shop", &p->rp));
    CHECK_OK(pv_active_open(&p->opened, p->active, p->scores.data, p->scores.size,
                            "enc-scores 1 from bank"));
    CHECK_OK(pv_passive_logits(z, p->passive, p->opened.data, p->opened.size,
                               "opened-scores 1 from shop"));
}

static inline void pair_learn(pair *p, double *da, const double *g, const double *shown, double eta)
{
    CHECK_OK(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    CHECK_OK(pv_passive_gradients(&p->d, &p->x, p->passive, p->features.data, p->features.size,
                                  p->shares.data, p->shares.size, g, shown,
                                  "enc-features 1 from shop", &p->rp));
    CHECK_OK(pv_active_gradient(da, p->active, p->x.data, p->x.size,
                                "enc-activation-gradient 1 from bank"));
    CHECK_OK(pv_active_update(&p->u, &p->s, p->active, p->d.data, p->d.size, eta,
                              "enc-weight-gradient 1 from bank", &p->ra));
    CHECK_OK(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, eta,
                               "opened-weight-gradient 1 from shop"));
}

/* Activations of both signs, within ±most; one in eight is zero. */
static inline void pair_activations(float *a, int64_t count, double most, pv_rng *r)
{
    for (int64_t i = 0; i < count; i++) {
        uint64_t u = pv_rng_u64(r);
        a[i] = u % 8 == 0 ? 0 : (float)(most * (2 * pv_rng_uniform(r) - 1));
    }
}

/* g [rows, c] = (softmax(z + bias) - onehot)/m for random labels; bias -= eta·sum of g. */
static inline void pair_gradient(double *g, double *bias, const double *z, int64_t rows,
                                 const pv_boundary_settings *s, double eta, pv_rng *r)
{
    int64_t c = s->outputs;
    for (int64_t i = 0; i < rows; i++) {
        double most = -1e300, sum = 0;
        for (int64_t k = 0; k < c; k++) most = fmax(most, z[i * c + k] + bias[k]);
        for (int64_t k = 0; k < c; k++) sum += g[i * c + k] = exp(z[i * c + k] + bias[k] - most);
        int64_t label = (int64_t)(pv_rng_u64(r) % (uint64_t)c);
        for (int64_t k = 0; k < c; k++)
            g[i * c + k] = (g[i * c + k] / sum - (k == label)) / (double)s->batch;
    }
    for (int64_t k = 0; k < c; k++) {
        double sum = 0;
        for (int64_t i = 0; i < rows; i++) sum += g[i * c + k];
        bias[k] -= eta * sum;
    }
}

#endif
