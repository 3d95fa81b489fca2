#include "encode/complement/hidden_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include <assert.h>
#include <math.h>

/* BATCH: as evaluation has it. Permutations are too many to measure each. */
enum { BATCH = 250, PERMUTATIONS = 8 };

static int is_noised(const pv_hidden *h)
{
    return h->noise > 0 && h->noise_at.stage > 0;
}

/* Noise on what layer `end` gives, and the layers behind it. */
static pv_status add_noise(pv_hidden_runner *r, const pv_hidden *h, pv_graph *back, int64_t batch,
                           size_t end)
{
    r->answer_nodes.logits = pv_hidden_noise(back, r->answer_nodes.logits, h->noise, &r->noise);
    PV_TRY(pv_graph_check(back));
    r->noise_count = pv_shape_count(pv_node_shape(back, r->noise));
    r->noises = pv_alloc((size_t)r->noise_count, sizeof *r->noises);
    if (r->noises == NULL) PV_FAIL_MEMORY((size_t)r->noise_count * sizeof *r->noises);
    return pv_hidden_append(h, back, batch, 0, end, h->model->layers.count, &r->answer_nodes);
}

/* What is drawn for a measurement is apart from what is drawn in training. */
static void begin_noise(pv_hidden_runner *r, uint64_t seed)
{
    pv_rng all = pv_rng_make(seed, PV_STREAM_NOISE);
    r->noise_draws = pv_rng_fork(&all, UINT64_MAX);
}

static pv_status build_plans(pv_hidden_runner *r, const pv_hidden *h, int64_t batch,
                             const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL, *back = NULL;
    size_t at = pv_model_secret_at(h->model), count = h->model->layers.count;
    const pv_plan_options options = {.size = sizeof options, .threads = pv_ctx_threads(ctx)};
    size_t end = count;
    r->noise = PV_NONE;
    if (is_noised(h)) PV_TRY_GOTO(pv_cut_end(&end, h->model, &h->noise_at));
    PV_TRY_GOTO(pv_graph_new(&g));
    PV_TRY_GOTO(pv_hidden_begin(h, g, batch, 0, PV_NONE, &r->entry_nodes));
    PV_TRY_GOTO(pv_compile(&r->entry, g, &r->entry_nodes.logits, 1, &options));
    PV_TRY_GOTO(pv_graph_new(&back));
    r->taken = pv_input(back, "entry", *pv_node_shape(g, r->entry_nodes.logits));
    PV_TRY_GOTO(pv_model_build_part(h->model, back, batch, 0, r->taken, at, end, &r->answer_nodes));
    if (end < count) PV_TRY_GOTO(add_noise(r, h, back, batch, end));
    r->log_probability = pv_log_softmax(back, r->answer_nodes.logits);
    PV_TRY_GOTO(pv_compile(&r->answer, back, &r->log_probability, 1, &options));
    PV_TRY_GOTO(pv_hidden_runner_load(r, h));
done:
    pv_graph_free(g);
    pv_graph_free(back);
    return status;
}

pv_status pv_hidden_runner_init(pv_hidden_runner *r, const pv_hidden *h, int64_t batch,
                                const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    *r = (pv_hidden_runner){.entry_size = pv_shape_count(&h->plan.input),
                            .secret_size = pv_secret_numbers(&h->plan)};
    size_t n = (size_t)batch;
    PV_TRY_GOTO(pv_batch_init(&r->batch, h->model, batch));
    r->index = pv_calloc(n, sizeof *r->index);
    r->between = pv_alloc(n, (size_t)r->entry_size * sizeof *r->between);
    r->secret = pv_alloc(n, (size_t)r->secret_size * sizeof *r->secret);
    r->score = pv_alloc(n, (size_t)h->plan.classes * sizeof *r->score);
    r->value = pv_calloc(n, sizeof *r->value);
    if (r->index == NULL || r->between == NULL || r->secret == NULL || r->score == NULL ||
        r->value == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a batch of %lld samples", (long long)batch);
    PV_TRY_GOTO(build_plans(r, h, batch, ctx));
done:
    if (status != PV_OK) pv_hidden_runner_clear(r);
    return status;
}

void pv_hidden_runner_clear(pv_hidden_runner *r)
{
    pv_plan_free(r->entry);
    pv_plan_free(r->answer);
    pv_model_nodes_clear(&r->entry_nodes);
    pv_model_nodes_clear(&r->answer_nodes);
    pv_batch_clear(&r->batch);
    pv_free(r->index);
    pv_free(r->between);
    pv_free(r->secret);
    pv_free(r->score);
    pv_free(r->noises);
    pv_free(r->value);
    *r = (pv_hidden_runner){0};
}

pv_status pv_hidden_runner_load(pv_hidden_runner *r, const pv_hidden *h)
{
    PV_TRY(pv_model_to_plan(h->model, &r->entry_nodes, r->entry));
    return pv_model_to_plan(h->model, &r->answer_nodes, r->answer);
}

/* Samples first, first+1, ... up to the secret's layer. */
static pv_status enter(pv_hidden_runner *r, const pv_hidden *h, const pv_data *data, int64_t first,
                       int64_t *n)
{
    int64_t left = pv_data_count(data) - first;
    *n = left < r->batch.size ? left : r->batch.size;
    for (int64_t i = 0; i < r->batch.size; i++) r->index[i] = first + (i < *n ? i : *n - 1);
    pv_batch_fill(&r->batch, h->model, data, r->index, NULL, 0, 0);
    PV_TRY(pv_plan_write(r->entry, r->entry_nodes.input, r->batch.x, PV_F32));
    PV_TRY(pv_run(r->entry));
    PV_TRY(pv_plan_read(r->entry, r->entry_nodes.logits, r->between, PV_F32));
    return pv_plan_write(r->answer, r->taken, r->between, PV_F32);
}

/* r->score under r->value. */
static pv_status answer(pv_hidden_runner *r, const pv_hidden *h)
{
    for (int64_t i = 0; i < r->batch.size; i++)
        pv_secret_fill_open(r->secret + i * r->secret_size, &h->plan, &r->value[i]);
    PV_TRY(pv_plan_write(r->answer, r->answer_nodes.secret, r->secret, PV_F32));
    if (r->noise != PV_NONE) {
        pv_front_noise_draw(r->noises, r->noise_count, &r->noise_draws);
        PV_TRY(pv_plan_write(r->answer, r->noise, r->noises, PV_F32));
    }
    PV_TRY(pv_run(r->answer));
    return pv_plan_read(r->answer, r->log_probability, r->score, PV_F32);
}

static int is_right(const pv_hidden_runner *r, const pv_hidden *h, int64_t i)
{
    int32_t said = pv_largest_class(r->score + i * h->plan.classes, h->plan.classes);
    return pv_secret_open(&h->plan, &r->value[i], said) == r->batch.label[i];
}

pv_status pv_hidden_runner_measure(pv_hidden_runner *r, const pv_hidden *h, const pv_data *test,
                                   uint64_t seed, const pv_ctx *ctx, double *accuracy,
                                   double *of_value)
{
    int64_t count = pv_data_count(test), right = 0, n, of[PV_SECRET_CLASSES] = {0},
            hit[PV_SECRET_CLASSES] = {0};
    pv_rng draws = pv_rng_make(seed, PV_STREAM_SECRET);
    begin_noise(r, seed);
    for (int64_t first = 0; first < count; first += n) {
        PV_TRY(pv_ctx_check(ctx));
        PV_TRY(enter(r, h, test, first, &n));
        for (int64_t i = 0; i < r->batch.size; i++) pv_secret_draw(&r->value[i], &h->plan, &draws);
        PV_TRY(answer(r, h));
        for (int64_t i = 0; i < n; i++) {
            int good = is_right(r, h, i), v = r->value[i].to[0];
            right += good;
            hit[v] += good;
            of[v]++;
        }
    }
    *accuracy = (double)right / (double)count;
    for (int v = 0; of_value != NULL && v < h->plan.classes; v++)
        of_value[v] = of[v] == 0 ? NAN : (double)hit[v] / (double)of[v];
    return PV_OK;
}

/* Every sample of the batch gets value v, each with a look of its own. */
static pv_status set_value(pv_hidden_runner *r, const pv_hidden *h, int64_t v,
                           const pv_secret_value *permutation, pv_rng *looks)
{
    pv_secret_value value = {.look = 0};
    if (permutation != NULL)
        value = *permutation;
    else
        PV_TRY(pv_secret_of(&value, &h->plan, v));
    for (int64_t i = 0; i < r->batch.size; i++) {
        r->value[i] = value;
        r->value[i].look = pv_rng_u64(looks) >> 2;
    }
    return PV_OK;
}

static pv_status measure(pv_hidden_score *out, pv_hidden_runner *r, const pv_hidden *h,
                         const pv_data *test, uint64_t seed, const pv_ctx *ctx)
{
    pv_secret_value permutation[PERMUTATIONS];
    pv_rng draws = pv_rng_make(seed, PV_STREAM_SECRET), looks = pv_rng_fork(&draws, 1);
    int permuted = h->plan.kind == PV_SECRET_PERMUTATION;
    int64_t n;
    double loss = 0;
    begin_noise(r, seed);
    for (int v = 0; permuted && v < PERMUTATIONS; v++)
        pv_secret_draw(&permutation[v], &h->plan, &draws);
    for (int64_t first = 0; first < out->count; first += n) {
        PV_TRY(pv_ctx_check(ctx));
        PV_TRY(enter(r, h, test, first, &n));
        for (int64_t v = 0; v < out->values; v++) {
            PV_TRY(set_value(r, h, v, permuted ? &permutation[v] : NULL, &looks));
            PV_TRY(answer(r, h));
            for (int64_t i = 0; i < n; i++) {
                int32_t asked = pv_secret_hide(&r->value[i], r->batch.label[i]);
                out->of_value[v] += is_right(r, h, i);
                loss -= r->score[i * h->plan.classes + asked];
            }
        }
        pv_ctx_progress(ctx, "evaluating", (uint64_t)(first + n), (uint64_t)out->count);
    }
    out->worst = 1;
    for (int64_t v = 0; v < out->values; v++) {
        out->of_value[v] /= (double)out->count;
        out->accuracy += out->of_value[v] / (double)out->values;
        out->worst = fmin(out->worst, out->of_value[v]);
    }
    out->loss = loss / (double)(out->count * out->values);
    return PV_OK;
}

pv_status pv_hidden_measure(pv_hidden_score *out, const pv_hidden *h, const pv_data *test,
                            uint64_t seed, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_hidden_runner r = {0};
    double start = pv_clock_seconds();
    int64_t values = pv_secret_values(&h->plan);
    *out = (pv_hidden_score){.count = pv_data_count(test),
                             .values = values == 0 ? PERMUTATIONS : values};
    PV_TRY(pv_data_complete(test));
    PV_TRY(pv_model_check_data(h->model, test));
    out->of_value = pv_calloc((size_t)out->values, sizeof *out->of_value);
    if (out->of_value == NULL) PV_FAIL_MEMORY((size_t)out->values * sizeof *out->of_value);
    PV_TRY_GOTO(pv_hidden_runner_init(&r, h, out->count < BATCH ? out->count : BATCH, ctx));
    PV_TRY_GOTO(measure(out, &r, h, test, seed, ctx));
    out->seconds = pv_clock_seconds() - start;
done:
    pv_hidden_runner_clear(&r);
    if (status != PV_OK) pv_hidden_score_clear(out);
    return status;
}

void pv_hidden_score_clear(pv_hidden_score *s)
{
    pv_free(s->of_value);
    *s = (pv_hidden_score){0};
}
