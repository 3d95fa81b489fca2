#include "run/bench_vertical_i.h"

#include "base/clock.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

double pv_bench_cpu_seconds(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Adds what passed since *began, and begins anew. */
static void charge(double *to, double *began)
{
    double now = pv_bench_cpu_seconds();
    *to += now - *began;
    *began = now;
}

static double unit(pv_csprng *r)
{
    return (double)(pv_csprng_u64(r) >> 11) * 0x1p-53;
}

pv_status pv_bench_pair_init(pv_bench_pair *p, const pv_boundary_settings *set,
                             const pv_paillier_sk *sk, const pv_ctx *ctx)
{
    const size_t width = (size_t)set->width, batch = (size_t)set->batch;
    const size_t outputs = (size_t)set->outputs;
    const double scale = 1 / sqrt((double)width);
    pv_bytes start = {0};
    pv_status status = PV_OK;
    double began = pv_bench_cpu_seconds();
    *p = (pv_bench_pair){0};
    PV_TRY_GOTO(pv_boundary_init(&p->boundary, set));
    for (int i = 0; i < 2; i++) PV_TRY_GOTO(pv_csprng_init(&p->random[i]));
    p->activation = pv_calloc(batch * width, sizeof *p->activation);
    p->back = pv_calloc(batch * width, sizeof *p->back);
    p->logits = pv_calloc(batch * outputs, sizeof *p->logits);
    p->gradient = pv_calloc(batch * outputs, sizeof *p->gradient);
    if (p->activation == NULL || p->back == NULL || p->logits == NULL || p->gradient == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a batch of %zu", batch);
    for (size_t i = 0; i < batch * width; i++)
        p->activation[i] = (float)fmax(2 * unit(&p->random[0]) - 1, 0);
    charge(&p->setup_ms[0], &began);
    PV_TRY_GOTO(pv_active_new(&p->active, &p->boundary, sk, ctx));
    PV_TRY_GOTO(pv_active_setup(&start, p->active, scale, NULL, &p->random[0]));
    p->setup_ms[0] = 0;
    charge(&p->setup_ms[0], &began);
    PV_TRY_GOTO(pv_passive_new(&p->passive, &p->boundary, pv_paillier_public(sk),
                               pv_paillier_safe(sk), &p->random[1], ctx));
    PV_TRY_GOTO(
        pv_passive_setup(p->passive, start.data, start.size, scale, 0, "start", &p->random[1]));
    charge(&p->setup_ms[1], &began);
    for (int i = 0; i < 2; i++) p->setup_ms[i] *= 1e3;
done:
    pv_bytes_clear(&start);
    if (status != PV_OK) pv_bench_pair_clear(p);
    return status;
}

void pv_bench_pair_clear(pv_bench_pair *p)
{
    pv_active_free(p->active);
    pv_passive_free(p->passive);
    pv_free(p->activation);
    pv_free(p->back);
    pv_free(p->logits);
    pv_free(p->gradient);
    for (int i = 0; i < 2; i++) pv_csprng_clear(&p->random[i]);
    *p = (pv_bench_pair){0};
}

pv_status pv_bench_pair_settle(pv_bench_pair *p)
{
    pv_bytes s = {0};
    if (!pv_boundary_settles(&p->boundary)) return PV_OK;
    PV_TRY(pv_active_settle(&s, p->active, &p->random[0]));
    pv_status status = pv_passive_settle(p->passive, s.data, s.size, "share-settled");
    pv_bytes_clear(&s);
    return status;
}

pv_status pv_bench_pair_predict(pv_bench_pair *p, double cpu[2])
{
    const int64_t rows = p->boundary.set.batch;
    pv_bytes samples = {0}, scores = {0}, opened = {0};
    pv_status status = PV_OK;
    double began = pv_bench_cpu_seconds();
    PV_TRY_GOTO(pv_active_send_samples(&samples, p->active, p->activation, rows, &p->random[0]));
    charge(&cpu[0], &began);
    PV_TRY_GOTO(pv_passive_scores(&scores, p->passive, samples.data, samples.size, rows,
                                  "enc-samples", &p->random[1]));
    charge(&cpu[1], &began);
    PV_TRY_GOTO(pv_active_open(&opened, p->active, scores.data, scores.size, "enc-scores"));
    charge(&cpu[0], &began);
    PV_TRY_GOTO(
        pv_passive_logits(p->logits, p->passive, opened.data, opened.size, "opened-scores"));
    charge(&cpu[1], &began);
done:
    pv_bytes_clear(&samples);
    pv_bytes_clear(&scores);
    pv_bytes_clear(&opened);
    return status;
}

/* ---- both at once */

enum { SAMPLES, FEATURES, SHARES, SCORES, OPENED, WEIGHTS, ACTIVATIONS, U, S, MESSAGES };

/* One message of each kind may be under way. */
typedef struct exchange {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pv_bytes box[MESSAGES];
    int full[MESSAGES], ended;
} exchange;

typedef struct side {
    pv_bench_pair *pair;
    exchange *between;
    double eta;
    uint64_t steps;
    pv_status status;
    char trail[512];
} side;

static void put(exchange *e, int kind, pv_bytes *message)
{
    pthread_mutex_lock(&e->lock);
    e->box[kind] = *message;
    e->full[kind] = 1;
    *message = (pv_bytes){0};
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

/* PV_ERR_CANCELLED when the other side has ended. */
static pv_status take(pv_bytes *message, exchange *e, int kind)
{
    pthread_mutex_lock(&e->lock);
    while (!e->full[kind] && !e->ended) pthread_cond_wait(&e->changed, &e->lock);
    int there = e->full[kind];
    if (there) {
        *message = e->box[kind];
        e->box[kind] = (pv_bytes){0};
        e->full[kind] = 0;
    }
    pthread_mutex_unlock(&e->lock);
    if (!there) PV_FAIL(PV_ERR_CANCELLED, "the other party has ended");
    return PV_OK;
}

static void end(exchange *e)
{
    pthread_mutex_lock(&e->lock);
    e->ended = 1;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static pv_status active_step(side *s)
{
    pv_bench_pair *p = s->pair;
    pv_csprng *r = &p->random[0];
    pv_bytes out = {0}, other = {0}, in = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_active_send_samples(&out, p->active, p->activation, p->boundary.set.batch, r));
    put(s->between, SAMPLES, &out);
    PV_TRY_GOTO(pv_active_send_rest(&out, &other, p->active, r));
    put(s->between, FEATURES, &out);
    put(s->between, SHARES, &other);
    PV_TRY_GOTO(take(&in, s->between, SCORES));
    PV_TRY_GOTO(pv_active_open(&out, p->active, in.data, in.size, "enc-scores"));
    put(s->between, OPENED, &out);
    pv_bytes_clear(&in);
    PV_TRY_GOTO(take(&in, s->between, WEIGHTS));
    PV_TRY_GOTO(
        pv_active_update(&out, &other, p->active, in.data, in.size, s->eta, "enc-weights", r));
    put(s->between, U, &out);
    put(s->between, S, &other);
    pv_bytes_clear(&in);
    PV_TRY_GOTO(take(&in, s->between, ACTIVATIONS));
    PV_TRY_GOTO(pv_active_gradient(p->back, p->active, in.data, in.size, "enc-activations"));
done:
    pv_bytes_clear(&out);
    pv_bytes_clear(&other);
    pv_bytes_clear(&in);
    return status;
}

/* (softmax(z) - t)/m with labels that go round. */
static void loss(pv_bench_pair *p)
{
    const int64_t m = p->boundary.set.batch, c = p->boundary.set.outputs;
    for (int64_t i = 0; i < m; i++) {
        const double *z = p->logits + i * c;
        double most = z[0], sum = 0;
        for (int64_t k = 1; k < c; k++) most = fmax(most, z[k]);
        for (int64_t k = 0; k < c; k++) sum += exp(z[k] - most);
        for (int64_t k = 0; k < c; k++)
            p->gradient[i * c + k] = (exp(z[k] - most) / sum - (k == i % c)) / (double)m;
    }
}

static pv_status passive_step(side *s)
{
    pv_bench_pair *p = s->pair;
    pv_csprng *r = &p->random[1];
    pv_bytes out = {0}, x = {0}, in = {0}, other = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(take(&in, s->between, SAMPLES));
    PV_TRY_GOTO(pv_passive_scores(&out, p->passive, in.data, in.size, p->boundary.set.batch,
                                  "enc-samples", r));
    put(s->between, SCORES, &out);
    pv_bytes_clear(&in);
    PV_TRY_GOTO(take(&in, s->between, OPENED));
    PV_TRY_GOTO(pv_passive_logits(p->logits, p->passive, in.data, in.size, "opened-scores"));
    loss(p);
    pv_bytes_clear(&in);
    PV_TRY_GOTO(take(&in, s->between, FEATURES));
    PV_TRY_GOTO(take(&other, s->between, SHARES));
    PV_TRY_GOTO(pv_passive_gradients(&out, &x, p->passive, in.data, in.size, other.data, other.size,
                                     p->gradient, NULL, "enc-features and enc-shares", r));
    put(s->between, WEIGHTS, &out);
    put(s->between, ACTIVATIONS, &x);
    pv_bytes_clear(&in);
    pv_bytes_clear(&other);
    PV_TRY_GOTO(take(&in, s->between, U));
    PV_TRY_GOTO(take(&other, s->between, S));
    PV_TRY_GOTO(pv_passive_update(p->passive, in.data, in.size, other.data, other.size, s->eta,
                                  "opened-weight-gradient"));
done:
    pv_bytes_clear(&out);
    pv_bytes_clear(&in);
    pv_bytes_clear(&other);
    return status;
}

static void *passive_side(void *arg)
{
    side *s = arg;
    do s->status = passive_step(s);
    while (s->status == PV_OK && ++s->steps);
    snprintf(s->trail, sizeof s->trail, "%s", pv_trail_text());
    end(s->between);
    return NULL;
}

pv_status pv_bench_pair_train(pv_bench_pair *p, double seconds, double eta, uint64_t *steps,
                              double *took)
{
    exchange between = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    side active = {.pair = p, .between = &between, .eta = eta}, passive = active;
    pthread_t thread;
    pv_status status = PV_OK;
    const double began = pv_clock_seconds();
    if (pthread_create(&thread, NULL, passive_side, &passive) != 0)
        PV_FAIL(PV_ERR_RUN, "no thread for the passive party");
    do status = active_step(&active);
    while (status == PV_OK && ++active.steps < (uint64_t)p->boundary.set.steps &&
           pv_clock_seconds() < began + seconds);
    /* The passive party takes what is under way, finishes its step and finds nothing more. */
    end(&between);
    pthread_join(thread, NULL);
    *took = pv_clock_seconds() - began;
    *steps = active.steps;
    for (int i = 0; i < MESSAGES; i++) pv_bytes_clear(&between.box[i]);
    pthread_cond_destroy(&between.changed);
    pthread_mutex_destroy(&between.lock);
    if ((status == PV_OK || status == PV_ERR_CANCELLED) && passive.status != PV_ERR_CANCELLED)
        status = pv_trail_fail(passive.status, __FILE__, __LINE__, "%s", passive.trail);
    return status;
}
