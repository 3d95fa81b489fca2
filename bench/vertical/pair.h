/* bench/vertical/pair.h - both parties of the boundary in one program, for bench/vertical */
#ifndef BENCH_VERTICAL_PAIR_H
#define BENCH_VERTICAL_PAIR_H

#include "bench/vertical/key.h"
#include "privet/rng.h"
#include "scheme/vertical/boundary.h"

#include <math.h>

typedef struct pair {
    pv_boundary b;
    pv_paillier_sk *sk;
    pv_active *active;
    pv_passive *passive;
    pv_csprng ra, rp;
    pv_bytes samples, features, shares, scores, opened, d, x, u, s;
    float *a;
    double *z, *g, *shown, *da, *bias;
} pair;

static inline void pair_open(pair *p, const pv_boundary_settings *s, pv_paillier_sk *sk,
                             const pv_ctx *ctx)
{
    size_t m = (size_t)s->batch, d = (size_t)s->width, c = (size_t)s->outputs;
    pv_bytes start;
    *p = (pair){.sk = sk};
    must(pv_boundary_init(&p->b, s));
    must(pv_csprng_init(&p->ra));
    must(pv_csprng_init(&p->rp));
    must(pv_active_new(&p->active, &p->b, sk, ctx));
    must(pv_passive_new(&p->passive, &p->b, pv_paillier_public(sk), pv_paillier_safe(sk), &p->rp,
                        ctx));
    must(pv_active_setup(&start, p->active, 0.1, NULL, &p->ra));
    must(pv_passive_setup(p->passive, start.data, start.size, 0.1, 0, "start", &p->rp));
    pv_bytes_clear(&start);
    p->a = need(m * d, sizeof *p->a);
    p->z = need(m * c, sizeof *p->z);
    p->g = need(m * c, sizeof *p->g);
    p->shown = need(m * c, sizeof *p->shown);
    p->da = need(m * d, sizeof *p->da);
    p->bias = need(c, sizeof *p->bias);
}

static inline size_t pair_messages(pair *p)
{
    pv_bytes *all[] = {&p->samples, &p->features, &p->shares, &p->scores, &p->opened,
                       &p->d,       &p->x,        &p->u,      &p->s};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        bytes += all[i]->size;
        pv_bytes_clear(all[i]);
    }
    return bytes;
}

static inline void pair_close(pair *p)
{
    void *all[] = {p->a, p->z, p->g, p->shown, p->da, p->bias};
    (void)pair_messages(p);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) pv_free(all[i]);
    pv_active_free(p->active);
    pv_passive_free(p->passive);
    pv_csprng_clear(&p->ra);
    pv_csprng_clear(&p->rp);
}

static inline void pair_activations(pair *p, int64_t rows, pv_rng *r)
{
    const pv_boundary_settings *s = &p->b.set;
    for (int64_t i = 0; i < rows * s->width; i++) {
        double u = 2 * pv_rng_uniform(r) - 1;
        p->a[i] = (float)(1.02 * s->clamp * u * u * u);
    }
}

static inline void pair_predict(pair *p, int64_t rows)
{
    (void)pair_messages(p);
    must(pv_active_send_samples(&p->samples, p->active, p->a, rows, &p->ra));
    must(pv_passive_scores(&p->scores, p->passive, p->samples.data, p->samples.size, rows,
                           "enc-samples", &p->rp));
    must(pv_active_open(&p->opened, p->active, p->scores.data, p->scores.size, "enc-scores"));
    must(pv_passive_logits(p->z, p->passive, p->opened.data, p->opened.size, "opened-scores"));
}

/* Shares as they are after a training. No step after it. */
static inline void pair_settle(pair *p)
{
    pv_bytes s = {0};
    if (!pv_boundary_settles(&p->b)) return;
    must(pv_active_settle(&s, p->active, &p->ra));
    must(pv_passive_settle(p->passive, s.data, s.size, "share-settled"));
    pv_bytes_clear(&s);
}

/* g = (softmax(z + bias) - onehot)/m for random labels */
static inline void pair_gradient(pair *p, int64_t rows, pv_rng *r)
{
    int64_t c = p->b.set.outputs;
    for (int64_t i = 0; i < rows; i++) {
        double *z = p->z + i * c, *g = p->g + i * c, most = -1e300, sum = 0;
        for (int64_t k = 0; k < c; k++) most = fmax(most, z[k] + p->bias[k]);
        for (int64_t k = 0; k < c; k++) sum += g[k] = exp(z[k] + p->bias[k] - most);
        int64_t label = (int64_t)pv_rng_below(r, (uint64_t)c);
        for (int64_t k = 0; k < c; k++)
            g[k] = (g[k] / sum - (double)(k == label)) / (double)p->b.set.batch;
    }
}

static inline void pair_learn(pair *p, const double *shown, double eta)
{
    must(pv_active_send_rest(&p->features, &p->shares, p->active, &p->ra));
    must(pv_passive_gradients(&p->d, &p->x, p->passive, p->features.data, p->features.size,
                              p->shares.data, p->shares.size, p->g, shown, "enc-features", &p->rp));
    must(pv_active_gradient(p->da, p->active, p->x.data, p->x.size, "enc-activation-gradient"));
    must(pv_active_update(&p->u, &p->s, p->active, p->d.data, p->d.size, eta, "enc-weight-gradient",
                          &p->ra));
    must(pv_passive_update(p->passive, p->u.data, p->u.size, p->s.data, p->s.size, eta,
                           "opened-weight-gradient"));
}

#endif
