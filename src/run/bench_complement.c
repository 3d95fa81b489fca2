#include "run/bench_complement.h"

#include "base/clock.h"
#include "base/secret.h"
#include "math/median.h"
#include "nn/model_i.h"
#include "nn/step.h"
#include "run/bench_link.h"
#include "scheme/complement/messages.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM = 10, PATIENCE = 60 }; /* every WARM-th part of the batches warms up; seconds */

typedef enum part { DERIVE, FRONT, ENCODE, OPEN, WHOLE, DECODE, BACK, PARTS } part;

/* What both ends know; each touches its own half of it. */
typedef struct bench {
    pv_split_half front, back;
    pv_data *data;
    pv_activation_form sent, received; /* one for each thread: they have scratch */
    pv_split_runner *customer, *provider;
    pv_bench_link link;
    pv_prf_key key, noise_key;
    int64_t batch, batches, step, answered;
    /* the customer's */
    pv_batch rows;
    pv_secret_value *secret;
    int64_t *index;
    float *z, *noise; /* noise: NULL where the front puts none on */
    uint8_t *bytes;
    /* the provider's */
    float *arrived, *logits;
    double *seconds; /* [PARTS, batches]; DECODE and BACK are the provider's */
    pv_status status;
    char trail[512];
} bench;

static double *at(bench *b, part p, int64_t number)
{
    return &b->seconds[p * b->batches + number];
}

/* Seconds since *begun, which moves on. */
static double lap(double *begun)
{
    double now = pv_clock_seconds(), passed = now - *begun;
    *begun = now;
    return passed;
}

/* ---- the two roles, a batch each */

static pv_status ask(bench *b, int64_t number)
{
    const pv_secret_plan *plan = &b->front.plan;
    const pv_shape *sample = &b->front.model->domain.sample;
    size_t size = (size_t)pv_shape_count(sample) * sizeof(float);
    const uint8_t *x = b->rows.x;
    int64_t count = pv_data_count(b->data);
    uint64_t clamped;
    for (int64_t i = 0; i < b->batch; i++) b->index[i] = (number * b->batch + i) % count;
    pv_batch_fill(&b->rows, b->front.model, b->data, b->index, NULL, 0, 0);
    double begun = pv_clock_seconds();
    *at(b, WHOLE, number) = begun;
    for (int64_t i = 0; i < b->batch; i++)
        PV_TRY(pv_secret_derive(&b->secret[i], plan, &b->key, x + (size_t)i * size, size));
    int64_t numbers = pv_shape_count(&b->front.activation);
    for (int64_t i = 0; b->noise != NULL && i < b->batch; i++)
        PV_TRY(pv_front_noise_derive(b->noise + i * numbers, numbers, &b->noise_key,
                                     x + (size_t)i * size, size));
    *at(b, DERIVE, number) = lap(&begun);
    PV_TRY(pv_front_run(b->customer, b->z, b->rows.x, b->secret, b->noise, b->batch));
    *at(b, FRONT, number) = lap(&begun);
    PV_TRY(pv_activation_encode(b->bytes, &b->sent, b->z, b->batch, &clamped));
    *at(b, ENCODE, number) = lap(&begun);
    const pv_part sent =
        pv_query_activation_part(b->bytes, b->batch, (int64_t)pv_activation_bytes(&b->sent));
    return pv_send(b->link.hub[0], 0, PV_COMPLEMENT_ACTIVATION, &sent, 1);
}

/* The answers turned back to labels. */
static pv_status take_answer(bench *b, int64_t number)
{
    const pv_secret_plan *plan = &b->front.plan;
    pv_query_answer a = {.answers = PV_QUERY_LOGITS, .rows = b->batch, .classes = plan->classes};
    float score[PV_SECRET_CLASSES];
    pv_message m = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_recv(&m, b->link.hub[0], 0, PV_COMPLEMENT_ANSWER, PATIENCE));
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_query_answer_take(&a, &m.parts, m.what));
    for (int64_t i = 0; i < b->batch; i++) {
        pv_secret_open_scores(score, plan, &b->secret[i], a.score + i * plan->classes);
        b->answered += isfinite(score[pv_largest_class(score, plan->classes)]) != 0;
    }
    *at(b, OPEN, number) = lap(&begun);
    *at(b, WHOLE, number) = begun - *at(b, WHOLE, number);
done:
    pv_message_clear(&m);
    return status;
}

static pv_status answer(bench *b, int64_t number)
{
    const uint8_t *z;
    pv_message m = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_recv(&m, b->link.hub[1], 0, PV_COMPLEMENT_ACTIVATION, PATIENCE));
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_query_activation_take(&z, &m.parts, m.what, b->batch,
                                         (int64_t)pv_activation_bytes(&b->received)));
    PV_TRY_GOTO(pv_activation_decode(b->arrived, &b->received, m.what, z, b->batch));
    *at(b, DECODE, number) = lap(&begun);
    PV_TRY_GOTO(pv_back_run(b->provider, b->logits, b->arrived, b->batch));
    *at(b, BACK, number) = lap(&begun);
    const pv_query_answer a = {.answers = PV_QUERY_LOGITS,
                               .rows = b->batch,
                               .classes = b->back.plan.classes,
                               .score = b->logits};
    const pv_part sent = pv_query_answer_part(&a);
    PV_TRY_GOTO(pv_send(b->link.hub[1], 0, PV_COMPLEMENT_ANSWER, &sent, 1));
    PV_TRY_GOTO(pv_flush(b->link.hub[1]));
done:
    pv_message_clear(&m);
    return status;
}

static pv_status take_part(bench *b, int end)
{
    pv_hub *hub = b->link.hub[end];
    PV_TRY(pv_hub_wait(hub, PATIENCE));
    for (int64_t i = 0; i < b->batches; i++) {
        uint64_t step = (uint64_t)(i / b->step) + 1;
        pv_hub_set_step(hub, step);
        PV_TRY(end == 0 ? ask(b, i) : answer(b, i));
        if (end == 0) PV_TRY(take_answer(b, i));
        if ((i + 1) % b->step == 0 || i + 1 == b->batches) PV_TRY(pv_commit(hub, step, NULL, 0));
    }
    return pv_hub_finish(hub, 10);
}

static void *provide(void *arg)
{
    bench *b = arg;
    b->status = take_part(b, 1);
    snprintf(b->trail, sizeof b->trail, "%s", pv_trail_text());
    return NULL;
}

/* ---- figures */

/* The share q of the sorted values. */
static double quantile(const double *v, int64_t n, double q)
{
    int64_t i = (int64_t)ceil(q * (double)n) - 1;
    return v[i < 0 ? 0 : i];
}

static void judge(pv_bench_complement_figure *f, bench *b)
{
    int64_t warm = b->batches / WARM, n = b->batches - warm;
    double sum = 0;
    for (int p = 0; p < PARTS; p++) pv_sort(at(b, (part)p, warm), n);
    double *whole = at(b, WHOLE, warm);
    for (int64_t i = 0; i < n; i++) sum += whole[i];
    f->batch = b->batch;
    f->batches = n;
    f->median_ms = 1e3 * quantile(whole, n, 0.5);
    f->p99_ms = 1e3 * quantile(whole, n, 0.99);
    f->mean_ms = 1e3 * sum / (double)n;
    f->sample_ms = f->median_ms / (double)b->batch;
    double *const to[] = {&f->derive_us, &f->front_us,  &f->encode_us, &f->open_us,
                          NULL,          &f->decode_us, &f->back_us};
    f->rest_us = 1e3 * f->median_ms;
    for (int i = 0; i < 2; i++) {
        const pv_hub_seconds spent = pv_hub_seconds_of(b->link.hub[i]);
        f->channel_us[i] = 1e6 * spent.channel / (double)b->batches;
        f->view_us[i] = 1e6 * spent.view / (double)b->batches;
    }
    for (int p = 0; p < PARTS; p++) {
        if (to[p] == NULL) continue;
        *to[p] = 1e6 * quantile(at(b, (part)p, warm), n, 0.5);
        f->rest_us -= *to[p];
    }
}

static pv_status count_bytes(pv_bench_complement_figure *f, const bench *b)
{
    int types = pv_hub_traffic_types(b->link.hub[0]);
    pv_hub_traffic *t = pv_calloc((size_t)types, sizeof *t);
    if (t == NULL) PV_FAIL_MEMORY((size_t)types * sizeof *t);
    pv_hub_traffic_of(b->link.hub[0], 0, t);
    for (int i = 0; i < types; i++) {
        if (t[i].type == 0) continue; /* handshakes and heartbeats, once */
        f->sent_bytes += (double)t[i].sent_bytes / (double)b->batches;
        f->received_bytes += (double)t[i].received_bytes / (double)b->batches;
    }
    pv_free(t);
    return PV_OK;
}

/* The network without a secret or a cut, for as many rows. */
static pv_status time_plain(pv_bench_complement_figure *f, const bench *b, const pv_model *m)
{
    pv_status status = PV_OK;
    pv_forward forward = {0};
    const pv_plan_options options = {.size = sizeof options, .threads = 1};
    int64_t runs = b->batches < 200 ? b->batches : 200, n;
    double *seconds = pv_calloc((size_t)runs, sizeof *seconds);
    if (seconds == NULL) PV_FAIL_MEMORY((size_t)runs * sizeof *seconds);
    PV_TRY_GOTO(pv_forward_init(&forward, m, b->batch, &options));
    PV_TRY_GOTO(pv_forward_run(&forward, m, b->data, 0, &n));
    for (int64_t i = 0; i < runs; i++) {
        double begun = pv_clock_seconds();
        PV_TRY_GOTO(pv_run(forward.plan));
        seconds[i] = lap(&begun);
    }
    pv_sort(seconds, runs);
    f->plain_us = 1e6 * quantile(seconds, runs, 0.5);
done:
    pv_forward_clear(&forward);
    pv_free(seconds);
    return status;
}

/* ---- a case */

static void case_clear(bench *b)
{
    pv_bench_link_close(&b->link);
    pv_split_runner_free(b->customer);
    pv_split_runner_free(b->provider);
    pv_batch_clear(&b->rows);
    if (b->secret != NULL) pv_secret_wipe(b->secret, (size_t)b->batch * sizeof *b->secret);
    pv_free(b->secret);
    pv_free(b->index);
    pv_free(b->z);
    pv_free(b->noise); /* of rows that everybody may know, under a key of this process */
    pv_free(b->bytes);
    pv_free(b->arrived);
    pv_free(b->logits);
    pv_free(b->seconds);
    b->customer = b->provider = NULL;
    b->secret = NULL;
    b->index = NULL;
    b->z = b->noise = b->arrived = b->logits = NULL;
    b->bytes = NULL;
    b->seconds = NULL;
}

static pv_status case_init(bench *b)
{
    size_t batch = (size_t)b->batch, numbers = (size_t)pv_shape_count(&b->front.activation);
    PV_TRY(pv_batch_init(&b->rows, b->front.model, b->batch));
    PV_TRY(pv_split_runner_new(&b->customer, &b->front, b->batch, NULL));
    PV_TRY(pv_split_runner_new(&b->provider, &b->back, b->batch, NULL));
    b->secret = pv_calloc(batch, sizeof *b->secret);
    b->index = pv_calloc(batch, sizeof *b->index);
    b->z = pv_calloc(batch, numbers * sizeof *b->z);
    if (b->front.noise > 0) b->noise = pv_calloc(batch, numbers * sizeof *b->noise);
    b->bytes = pv_calloc(batch, pv_activation_bytes(&b->sent));
    b->arrived = pv_calloc(batch, numbers * sizeof *b->arrived);
    b->logits = pv_calloc(batch, (size_t)b->back.plan.classes * sizeof *b->logits);
    b->seconds = pv_calloc((size_t)b->batches, PARTS * sizeof *b->seconds);
    if (b->secret == NULL || b->index == NULL || b->z == NULL || b->bytes == NULL ||
        (b->front.noise > 0 && b->noise == NULL) || b->arrived == NULL || b->logits == NULL ||
        b->seconds == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for batches of %zu rows", batch);
    return PV_OK;
}

static pv_status run_case(pv_bench_complement_figure *f, bench *b, const pv_model *m, int64_t batch,
                          const pv_ctx *ctx)
{
    static const pv_bench_link_options link = {.scheme = "complement",
                                               .agreement = "bench complement\n",
                                               .type = pv_complement_type,
                                               .types = PV_COMPLEMENT_TYPES,
                                               .window = (size_t)256 << 20};
    pthread_t thread;
    pv_status status = PV_OK;
    b->batch = batch;
    b->answered = 0;
    PV_TRY_GOTO(case_init(b));
    PV_TRY_GOTO(pv_bench_link_open(&b->link, &link, ctx));
    if (pthread_create(&thread, NULL, provide, b) != 0)
        PV_FAIL_GOTO(PV_ERR_RUN, "no thread for the provider");
    status = take_part(b, 0);
    pthread_join(thread, NULL);
    if (b->status != PV_OK)
        status = pv_trail_fail(b->status, __FILE__, __LINE__, "the provider: %s", b->trail);
    PV_TRY_GOTO(status);
    if (b->answered != b->batch * b->batches)
        PV_FAIL_GOTO(PV_ERR_NUMERIC, "%lld of %lld rows got an answer", (long long)b->answered,
                     (long long)(b->batch * b->batches));
    judge(f, b);
    PV_TRY_GOTO(count_bytes(f, b));
    PV_TRY_GOTO(time_plain(f, b, m));
done:
    case_clear(b);
    return status;
}

/* Halves of a model whose weights are drawn, and how activations cross. */
static pv_status make_halves(bench *b, pv_model **m, const pv_bench_complement_options *o,
                             const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_hidden h = {0};
    pv_cut_at cut;
    PV_TRY_GOTO(pv_data_open(&b->data, o->data, ctx));
    PV_TRY_GOTO(pv_model_new(m, o->model, b->data, 1));
    PV_TRY_GOTO(pv_cut_parse(&cut, o->cut, *m));
    const pv_hidden_options hidden = {
        .kind = PV_SECRET_OFFSET, .form = PV_SECRET_PLANE, .kept = cut.stage - 1, .seed = 1};
    PV_TRY_GOTO(pv_hidden_make(&h, *m, b->data, &hidden));
    h.noise = o->noise;
    PV_TRY_GOTO(pv_split_make(&b->front, &b->back, &h, &cut, b->data, 1));
    PV_TRY_GOTO(pv_activation_form_init(&b->sent, &b->back, o->bits));
    PV_TRY_GOTO(pv_activation_form_init(&b->received, &b->back, o->bits));
    if (o->project) {
        PV_TRY_GOTO(pv_activation_project(&b->sent, &b->back));
        PV_TRY_GOTO(pv_activation_project(&b->received, &b->back));
    }
done:
    pv_hidden_clear(&h);
    return status;
}

pv_status pv_bench_complement_run(pv_bench_complement *out, const pv_bench_complement_options *o,
                                  const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    pv_csprng r;
    bench b = {.batches = o->batches, .step = o->step};
    *out = (pv_bench_complement){0};
    PV_TRY_GOTO(make_halves(&b, &m, o, ctx));
    PV_TRY_GOTO(pv_csprng_init(&r));
    pv_prf_key_random(&b.key, &r);
    pv_csprng_clear(&r);
    PV_TRY_GOTO(pv_front_noise_key(&b.noise_key, &b.key, &b.front.binding));
    out->numbers = b.sent.count;
    out->row_bytes = (int64_t)pv_activation_bytes(&b.sent);
    out->rank = b.sent.rank;
    out->front_weights = pv_model_weights(b.front.model);
    out->back_weights = pv_model_weights(b.back.model);
    PV_TRY_GOTO(pv_bench_link_init(&b.link, "customer", "provider"));
    const int64_t batch[PV_BENCH_COMPLEMENT_CASES] = {1, o->batch};
    for (int i = 0; i < PV_BENCH_COMPLEMENT_CASES; i++) {
        if (i > 0 && batch[i] == 1) break;
        PV_TRY_GOTO(run_case(&out->figure[out->cases], &b, m, batch[i], ctx));
        out->cases++;
    }
done:
    pv_bench_link_clear(&b.link);
    pv_prf_key_clear(&b.key);
    pv_prf_key_clear(&b.noise_key);
    pv_activation_form_clear(&b.sent);
    pv_activation_form_clear(&b.received);
    pv_split_half_clear(&b.front);
    pv_split_half_clear(&b.back);
    pv_model_free(m);
    pv_data_free(b.data);
    return status;
}
