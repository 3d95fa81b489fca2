#include "run/bench_vertical_i.h"

#include "base/clock.h"
#include "run/bench_paillier_key.h"
#include <math.h>
#include <string.h>

/* Settings of a training run of LeNet-5 on MNIST, which the bounds follow from. */
static const double LR = 0.05, MOMENTUM = 0.9, CLAMP = 16;

typedef enum kind { PREDICT, SINGLE, TRAIN, REGRESSION, GELU } kind;

typedef struct bench_case {
    const char *name;
    kind kind;
    int64_t width; /* REGRESSION */
    int conv1;     /* GELU */
    double published_ms;
    const char *published;
} bench_case;

#define PAPER "ACML, arXiv 2007.06849, table 2: i7-6850K, key, threads and batch not said"
#define GELUS "ACML, arXiv 2007.06849, table 4: i7-6850K, key and threads not said"
static const bench_case cases[PV_BENCH_VERTICAL_CASES] = {
    {"predict", PREDICT, 0, 0, 58.3, PAPER},
    {"single", SINGLE, 0, 0, 58.3, PAPER},
    {"train", TRAIN, 0, 0, 0, NULL},
    {"mlr-784", REGRESSION, 784, 0, 588.7, PAPER},
    {"mlr-3072", REGRESSION, 3072, 0, 2702.7, PAPER},
    {"gelu-lenet5", GELU, 0, 0, 7855, GELUS},
    {"gelu-conv1", GELU, 0, 1, 3843.7, GELUS},
};

static double total(const double *part, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += part[i];
    return sum;
}

/* Bytes of one sample: messages 0 (samples), 3 (scores) and 4 (opened) are a prediction. */
static double bytes_of(const pv_boundary *b, int training)
{
    double bytes[PV_BOUNDARY_MESSAGES];
    pv_boundary_bytes_of(bytes, b);
    double all = training ? total(bytes, PV_BOUNDARY_MESSAGES) : bytes[0] + bytes[3] + bytes[4];
    return all / (double)b->set.batch;
}

static pv_status predict(pv_bench_vertical_figure *f, pv_bench_pair *p, double seconds)
{
    double cpu[2] = {0}, first[2] = {0}, began;
    PV_TRY(pv_bench_pair_predict(p, first)); /* memory is there, pages are touched */
    began = pv_clock_seconds();
    do {
        PV_TRY(pv_bench_pair_predict(p, cpu));
        f->batches++;
    } while (pv_clock_seconds() - began < seconds);
    const double samples = (double)f->batches * (double)f->batch;
    f->wall_ms = 1e3 * (pv_clock_seconds() - began) / samples;
    f->active_ms = 1e3 * cpu[0] / samples;
    f->passive_ms = 1e3 * cpu[1] / samples;
    f->core_ms = f->active_ms + f->passive_ms;
    return PV_OK;
}

static pv_status train(pv_bench_vertical_figure *f, pv_bench_pair *p, double seconds)
{
    double wall;
    double began = pv_bench_cpu_seconds();
    PV_TRY(pv_bench_pair_train(p, seconds, LR, &f->batches, &wall));
    const double samples = (double)f->batches * (double)f->batch;
    f->wall_ms = 1e3 * wall / samples;
    f->core_ms = 1e3 * (pv_bench_cpu_seconds() - began) / samples;
    return PV_OK;
}

static pv_status run_boundary(pv_bench_vertical_figure *f, const bench_case *c,
                              const pv_bench_vertical_options *o, const pv_paillier_sk *sk,
                              const pv_ctx *ctx)
{
    pv_bench_pair pair;
    pv_status status = PV_OK;
    const pv_boundary_settings set = {
        .batch = c->kind == SINGLE ? 1 : o->batch,
        .width = c->kind == REGRESSION ? c->width : o->width,
        .outputs = o->outputs,
        .steps = o->steps,
        .lr = LR,
        .momentum = MOMENTUM,
        .clamp = CLAMP,
        .initial = PV_BENCH_INITIAL(c->kind == REGRESSION ? c->width : o->width),
        .weak = o->weak,
        .bits = o->bits};
    f->batch = set.batch;
    f->width = set.width;
    f->outputs = set.outputs;
    PV_TRY(pv_bench_pair_init(&pair, &set, sk, ctx));
    const pv_boundary *b = &pair.boundary;
    f->exponent_bits = c->kind == TRAIN ? b->exponent_bits : b->settled_exponent_bits;
    f->sigma = (unsigned)(c->kind == TRAIN ? b->sigma : b->settled_sigma);
    f->setup_active_ms = pair.setup_ms[0];
    f->setup_passive_ms = pair.setup_ms[1];
    f->bytes = bytes_of(b, c->kind == TRAIN);
    if (c->kind != TRAIN) status = pv_bench_pair_settle(&pair);
    if (status == PV_OK)
        status = c->kind == TRAIN ? train(f, &pair, o->seconds) : predict(f, &pair, o->seconds);
    pv_bench_pair_clear(&pair);
    return status;
}

static pv_status run_gelu(pv_bench_vertical_result *out, pv_bench_vertical_figure *f,
                          const bench_case *c, const pv_bench_vertical_options *o,
                          const pv_paillier_sk *sk)
{
    const pv_bench_vertical_rates *r = &out->rates;
    if (r->encryption == 0) PV_TRY(pv_bench_gelu_rates(&out->rates, sk, o->seconds / 5));
    f->batch = 1;
    f->count = pv_bench_gelu_count(c->conv1);
    f->active_ms =
        (double)f->count.encryptions * r->encryption + (double)f->count.decryptions * r->decryption;
    f->passive_ms = (double)f->count.products * r->product + (double)f->count.sums * r->sum +
                    (double)f->count.blindings * r->blinding;
    f->core_ms = f->active_ms + f->passive_ms;
    return PV_OK;
}

pv_status pv_bench_vertical(pv_bench_vertical_result *out, const pv_bench_vertical_options *o,
                            const pv_ctx *ctx)
{
    uint64_t p[PV_PAILLIER_MOST_BITS / 128], q[PV_PAILLIER_MOST_BITS / 128];
    pv_paillier_sk *sk = NULL;
    pv_status status = PV_OK;
    *out = (pv_bench_vertical_result){0};
    const double began = pv_clock_seconds();
    PV_TRY(pv_bench_paillier_key(p, q, o->bits));
    PV_TRY(pv_paillier_from_primes(&sk, p, q, o->bits));
    out->key_ms = 1e3 * (pv_clock_seconds() - began);
    for (int i = 0; i < PV_BENCH_VERTICAL_CASES; i++) {
        const bench_case *c = &cases[i];
        if (o->only != NULL && strcmp(o->only, c->name) != 0) continue;
        pv_bench_vertical_figure *f = &out->figure[out->count];
        f->name = c->name;
        f->published_ms = c->published_ms;
        f->published = c->published;
        if (c->kind == GELU)
            PV_TRY_GOTO(run_gelu(out, f, c, o, sk));
        else
            PV_TRY_GOTO(run_boundary(f, c, o, sk, ctx));
        out->count++;
    }
done:
    pv_paillier_sk_free(sk);
    return status;
}
