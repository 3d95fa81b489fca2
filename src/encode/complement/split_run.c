/* Running a half: compiled once, then nothing is allocated. */
#include "base/ctx.h"
#include "base/secret.h"
#include "encode/complement/split_i.h"

#include <assert.h>
#include <string.h>

enum { PLANS = 3, SMALLER = 8 };

typedef struct ready {
    pv_plan *plan;
    pv_model_nodes nodes;
    int64_t batch;
} ready;

struct pv_split_runner {
    int provider;
    ready ready[PLANS]; /* the smallest batch first */
    int plans;
    pv_secret_plan secret;
    double noise;               /* its standard deviation; 0: none */
    int64_t in, extra, out;     /* numbers of a sample: what comes in, the secret, what comes out */
    float *x, *planes, *result; /* of the largest batch */
    size_t planes_bytes;
};

static pv_status prepare(ready *r, const pv_model *m, int64_t batch, const pv_ctx *ctx)
{
    const pv_plan_options options = {.size = sizeof options, .threads = pv_ctx_threads(ctx)};
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    r->batch = batch;
    PV_TRY_GOTO(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build(m, g, batch, 0, PV_NONE, &r->nodes));
    PV_TRY_GOTO(pv_compile(&r->plan, g, &r->nodes.logits, 1, &options));
    PV_TRY_GOTO(pv_model_to_plan(m, &r->nodes, r->plan));
done:
    pv_graph_free(g);
    return status;
}

static pv_status allocate(pv_split_runner *r, int64_t batch)
{
    r->x = pv_calloc((size_t)batch, (size_t)r->in * sizeof *r->x);
    r->planes = pv_calloc((size_t)batch, (size_t)r->extra * sizeof *r->planes);
    r->planes_bytes = (size_t)batch * (size_t)r->extra * sizeof *r->planes;
    r->result = pv_calloc((size_t)batch, (size_t)r->out * sizeof *r->result);
    if (r->x == NULL || r->planes == NULL || r->result == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for half a network on %lld samples",
                (long long)batch);
    return PV_OK;
}

pv_status pv_split_runner_new(pv_split_runner **out, const pv_split_half *half, int64_t batch,
                              const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    *out = NULL;
    if (batch < 1) PV_FAIL(PV_ERR_USAGE, "a batch of %lld samples; at least 1", (long long)batch);
    pv_split_runner *r = pv_calloc(1, sizeof *r);
    if (r == NULL) PV_FAIL_MEMORY(sizeof *r);
    const pv_secret_plan *p = &half->plan;
    r->provider = half->provider;
    r->secret = *p;
    r->noise = half->provider ? 0 : half->noise * half->spread;
    r->in = pv_shape_count(&half->model->domain.sample);
    r->extra = half->provider ? 0 : pv_secret_numbers(p);
    r->out = half->provider ? half->plan.classes : pv_shape_count(&half->activation);
    PV_TRY_GOTO(allocate(r, batch));
    const int64_t size[PLANS] = {1, (batch + SMALLER - 1) / SMALLER, batch};
    for (int i = 0; i < PLANS; i++) {
        if (r->plans > 0 && size[i] <= r->ready[r->plans - 1].batch) continue;
        PV_TRY_GOTO(prepare(&r->ready[r->plans++], half->model, size[i], ctx));
    }
    *out = r;
    r = NULL;
done:
    pv_split_runner_free(r);
    return status;
}

/* What tells a secret: its planes, and whatever a front's network made of them, of which only that
 * under noise leaves. */
static void forget(pv_split_runner *r)
{
    if (r->planes != NULL) pv_secret_wipe(r->planes, r->planes_bytes);
    for (int i = 0; i < r->plans; i++) pv_plan_wipe(r->ready[i].plan);
    size_t most = (size_t)r->ready[r->plans - 1].batch;
    if (r->noise > 0) pv_secret_wipe(r->result, most * (size_t)r->out * sizeof *r->result);
}

void pv_split_runner_free(pv_split_runner *r)
{
    if (r == NULL) return;
    for (int i = 0; i < r->plans; i++) {
        pv_plan_free(r->ready[i].plan);
        pv_model_nodes_clear(&r->ready[i].nodes);
    }
    pv_free(r->x);
    pv_free(r->planes);
    pv_free(r->result);
    pv_free(r);
}

/* The plan for the next of n samples: the smallest that takes them all, unless less than half of it
 * would be used; then the largest that they fill. */
static const ready *choose(const pv_split_runner *r, int64_t n)
{
    int i = 0;
    while (i + 1 < r->plans && r->ready[i].batch < n) i++;
    if (i > 0 && 2 * n < r->ready[i].batch) i--;
    return &r->ready[i];
}

/* One plan's run on n <= its batch: short ones are filled up with their last sample. planes: r's
 * own, filled already. */
static pv_status run_plan(pv_split_runner *r, const ready *at, float *out, const float *x,
                          int64_t n)
{
    const float *input = x;
    if (n < at->batch) {
        memcpy(r->x, x, (size_t)(n * r->in) * sizeof *x);
        for (int64_t i = n; i < at->batch; i++) {
            memcpy(r->x + i * r->in, x + (n - 1) * r->in, (size_t)r->in * sizeof *x);
            memcpy(r->planes + i * r->extra, r->planes + (n - 1) * r->extra,
                   (size_t)r->extra * sizeof *x);
        }
        input = r->x;
    }
    PV_TRY(pv_plan_write(at->plan, at->nodes.input, input, PV_F32));
    if (!r->provider) PV_TRY(pv_plan_write(at->plan, at->nodes.secret, r->planes, PV_F32));
    PV_TRY(pv_run(at->plan));
    float *to = n < at->batch ? r->result : out;
    PV_TRY(pv_plan_read(at->plan, at->nodes.logits, to, PV_F32));
    if (to != out) memcpy(out, to, (size_t)(n * r->out) * sizeof *out);
    return PV_OK;
}

static pv_status run(pv_split_runner *r, float *out, const float *x, const pv_secret_value *secret,
                     int64_t n)
{
    int64_t taken = 0;
    for (int64_t done = 0; done < n; done += taken) {
        const ready *at = choose(r, n - done);
        taken = n - done < at->batch ? n - done : at->batch;
        for (int64_t i = 0; secret != NULL && i < taken; i++)
            pv_secret_fill(r->planes + i * r->extra, &r->secret, &secret[done + i]);
        PV_TRY(run_plan(r, at, out + done * r->out, x + done * r->in, taken));
    }
    return PV_OK;
}

pv_status pv_front_run(pv_split_runner *r, float *z, const float *x, const pv_secret_value *secret,
                       const float *noise, int64_t n)
{
    assert(!r->provider && secret != NULL);
    if (r->noise > 0 && noise == NULL)
        PV_FAIL(PV_ERR_USAGE, "a front puts noise of %g on its activation, and none was drawn",
                r->noise);
    pv_status status = run(r, z, x, secret, n);
    forget(r);
    PV_TRY(status);
    for (int64_t i = 0; r->noise > 0 && i < n * r->out; i++) z[i] += (float)r->noise * noise[i];
    return PV_OK;
}

pv_status pv_back_run(pv_split_runner *r, float *logits, const float *z, int64_t n)
{
    assert(r->provider);
    return run(r, logits, z, NULL, n);
}
