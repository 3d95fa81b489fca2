#include "run/cuts_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "data/spec.h"
#include "encode/complement/split.h"
#include "math/median.h"
#include "nn/model_i.h"
#include "nn/zoo.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WARM_UP = 2, LEAST_RUNS = 5, MOST_RUNS = 1000 };

const int pv_cuts_bits[PV_CUTS_FORMS] = {32, 8, 4};

/* ---- halves */

typedef struct half {
    pv_model *model;
    pv_plan *plan;
    pv_model_nodes nodes;
    int64_t in, out, secret; /* numbers of a sample */
} half;

static int64_t numbers(const pv_graph *g, pv_node x)
{
    return x == PV_NONE ? 0 : pv_shape_count(pv_node_shape(g, x));
}

static pv_status half_init(half *h, const pv_model *m, size_t first, size_t end, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    pv_plan_options options = {.size = sizeof options, .threads = pv_ctx_threads(ctx)};
    *h = (half){0};
    PV_TRY(pv_model_extract(&h->model, m, first, end));
    PV_TRY_GOTO(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build(h->model, g, 1, 0, PV_NONE, &h->nodes));
    pv_node out = pv_affine(g, h->nodes.logits, 1, 0); /* its own, whatever the last layer is */
    PV_TRY_GOTO(pv_graph_check(g));
    h->in = numbers(g, h->nodes.input);
    h->out = numbers(g, out);
    h->secret = numbers(g, h->nodes.secret);
    PV_TRY_GOTO(pv_compile(&h->plan, g, &out, 1, &options));
    h->nodes.logits = out;
    PV_TRY_GOTO(pv_model_to_plan(h->model, &h->nodes, h->plan));
done:
    pv_graph_free(g);
    return status;
}

static void half_clear(half *h)
{
    pv_plan_free(h->plan);
    pv_model_nodes_clear(&h->nodes);
    pv_model_free(h->model);
    *h = (half){0};
}

static pv_status half_run(half *h, float *out, const float *x, const float *secret)
{
    PV_TRY(pv_plan_write(h->plan, h->nodes.input, x, PV_F32));
    if (h->nodes.secret != PV_NONE) PV_TRY(pv_plan_write(h->plan, h->nodes.secret, secret, PV_F32));
    PV_TRY(pv_run(h->plan));
    return pv_plan_read(h->plan, h->nodes.logits, out, PV_F32);
}

/* ---- what is measured on */

typedef struct bench {
    pv_cuts *out;
    const pv_cuts_options *o;
    const pv_ctx *ctx;
    pv_hidden hidden; /* its plan counts when the model has a secret */
    pv_data *data;
    pv_str spec;
    int own_test; /* spec is data's own test split */
    pv_cuts_prober prober;
    int64_t sample, images, shadow; /* numbers of a sample; how many: for a decoder */
    int64_t *index;                 /* [images + shadow] */
    float *x, *truth;               /* [images + shadow, sample] normalised; [images, sample] not */
    float *secret, *logits;         /* [images + shadow, numbers of the secret]; [classes] */
    int64_t secret_numbers;
} bench;

static int is_new(const char *name, pv_data_kind kind)
{
    char base[64];
    int known;
    size_t n = strcspn(name, ":");
    if (n > 6 && strncmp(name + n - 6, ".model", 6) == 0) return 1;
    snprintf(base, sizeof base, "%.*s", (int)(n < sizeof base ? n : sizeof base - 1), name);
    (void)pv_zoo_find(base, kind, &known);
    return known;
}

static pv_status open_model(bench *b)
{
    const char *name = b->o->model;
    b->out->untrained = is_new(name, pv_data_what(b->data));
    if (b->out->untrained) { /* a secret's kind and form are in files only */
        PV_TRY(pv_model_new(&b->hidden.model, name, b->data, b->o->seed));
        return pv_model_check_alone(b->hidden.model);
    }
    if (!pv_file_exists(name))
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: there is no such file, and it is no model of the zoo; 'privet list models' "
                "lists those",
                name);
    PV_TRY(pv_model_load(&b->hidden.model, name));
    if (pv_model_secret_at(b->hidden.model) == b->hidden.model->layers.count) return PV_OK;
    pv_model_free(b->hidden.model);
    b->hidden.model = NULL;
    return pv_hidden_load(&b->hidden, name);
}

static pv_status draw_secrets(bench *b)
{
    const pv_secret_plan *p = &b->hidden.plan;
    pv_rng r = pv_rng_make(b->o->seed, PV_STREAM_TEST);
    b->secret_numbers = pv_secret_numbers(p);
    int64_t all = b->images + b->shadow;
    b->secret = pv_alloc((size_t)all, (size_t)b->secret_numbers * sizeof *b->secret);
    if (b->secret == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld secrets", (long long)all);
    for (int64_t i = 0; i < all; i++) {
        pv_secret_value s;
        pv_secret_draw(&s, p, &r);
        pv_secret_fill_open(b->secret + i * b->secret_numbers, p, &s);
    }
    return PV_OK;
}

/* Spread, since folders are sorted by class: those to be brought back, and others. */
static void choose(bench *b, int64_t count)
{
    int64_t left = count - b->images, at = 0, next = 0;
    for (int64_t i = 0; i < b->images; i++) b->index[i] = i * count / b->images;
    for (int64_t i = 0, other = 0; i < count && at < b->shadow; i++) {
        if (next < b->images && i == b->index[next]) {
            next++;
            continue;
        }
        if (other++ * b->shadow / left >= at) b->index[b->images + at++] = i;
    }
}

static pv_status open(bench *b)
{
    PV_TRY(pv_spec_test(&b->spec, b->o->data, &b->own_test));
    PV_TRY(pv_data_open(&b->data, pv_str_text(&b->spec), b->ctx));
    PV_TRY(open_model(b));
    const pv_model *m = b->hidden.model;
    int64_t count = pv_data_count(b->data);
    PV_TRY(pv_model_check_data(m, b->data));
    if (m->domain.kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_MISMATCH, "%s is a model of text and has no cuts", b->o->model);
    b->out->domain = m->domain;
    b->out->secret = pv_model_secret_at(m) < m->layers.count;
    b->sample = pv_shape_count(&m->domain.sample);
    b->images = b->o->images < 1 ? 1 : b->o->images; /* one is timed with */
    if (b->images > count)
        PV_FAIL(PV_ERR_OPTION, "%lld images to invert; %s has %lld", (long long)b->images,
                pv_str_text(&b->spec), (long long)count);
    if (b->o->images > 0 && m->domain.kind == PV_DATA_IMAGE)
        b->shadow = b->o->shadow < count - b->images ? b->o->shadow : count - b->images;
    int64_t all = b->images + b->shadow;
    b->index = pv_calloc((size_t)all, sizeof *b->index);
    b->x = pv_alloc((size_t)all, (size_t)b->sample * sizeof *b->x);
    b->truth = pv_alloc((size_t)b->images, (size_t)b->sample * sizeof *b->truth);
    b->logits = pv_calloc((size_t)m->domain.classes, sizeof *b->logits);
    if (b->index == NULL || b->x == NULL || b->truth == NULL || b->logits == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld samples", (long long)all);
    choose(b, count);
    for (int64_t i = 0; i < b->images; i++)
        pv_data_raw(b->data, b->index[i], b->truth + i * b->sample);
    pv_data_batch(b->data, b->index, all, pv_model_norm(m), NULL, 0, 0, b->x, NULL);
    if (b->out->secret) PV_TRY(draw_secrets(b));
    return b->o->probe ? pv_cuts_prober_init(&b->prober, b->out, &b->hidden, b->data, b->own_test,
                                             b->o, b->ctx)
                       : PV_OK;
}

static void close(bench *b)
{
    pv_free(b->index);
    pv_free(b->x);
    pv_free(b->truth);
    pv_free(b->secret);
    pv_free(b->logits);
    pv_cuts_prober_clear(&b->prober);
    pv_hidden_clear(&b->hidden);
    pv_data_free(b->data);
    pv_str_clear(&b->spec);
}

/* ---- times */

/* Both halves take turns, so that what else the machine does falls on both. front NULL: none. */
static pv_status time_halves(pv_cuts_row *row, half *front, half *back, bench *b, float *z)
{
    double front_ms[MOST_RUNS], back_ms[MOST_RUNS];
    double begin = pv_clock_seconds();
    int runs = 0;
    for (int i = -WARM_UP; i < MOST_RUNS; i++) {
        double start = pv_clock_seconds(), between = start;
        PV_TRY(pv_ctx_check(b->ctx));
        if (front != NULL) {
            PV_TRY(half_run(front, z, b->x, b->secret));
            between = pv_clock_seconds();
        }
        PV_TRY(half_run(back, b->logits, front != NULL ? z : b->x, b->secret));
        double end = pv_clock_seconds();
        if (i < 0) continue;
        front_ms[i] = 1e3 * (between - start);
        back_ms[i] = 1e3 * (end - between);
        runs = i + 1;
        if (runs >= LEAST_RUNS && end - begin > 2 * b->o->seconds) break;
    }
    row->front_ms = pv_median(front_ms, runs);
    row->back_ms = pv_median(back_ms, runs);
    for (int f = 0; f < PV_CUTS_FORMS; f++)
        row->latency_ms[f] =
            row->front_ms + row->back_ms + 1e3 * 8 * (double)row->bytes[f] / b->o->bandwidth;
    return PV_OK;
}

/* ---- inversion */

/* What a front of this model would put on it, in units of its spread over these images. */
static pv_status add_noise(double *sd, float *z, int64_t count, const bench *b)
{
    double sum = 0, squares = 0;
    pv_rng r = pv_rng_make(b->o->seed, PV_STREAM_NOISE);
    float *n = pv_alloc((size_t)count, sizeof *n);
    if (n == NULL) PV_FAIL_MEMORY((size_t)count * sizeof *n);
    pv_front_noise_draw(n, count, &r);
    for (int64_t i = 0; i < count; i++) {
        sum += z[i];
        squares += (double)z[i] * z[i];
    }
    *sd = b->hidden.noise * pv_front_noise_spread(sum, squares, (double)count);
    for (int64_t i = 0; i < count; i++) z[i] += (float)(*sd * n[i]);
    pv_free(n);
    return PV_OK;
}

static pv_status invert(pv_cuts_row *row, half *front, const pv_shape *activation, bench *b)
{
    pv_status status = PV_OK;
    int64_t all = b->images + b->shadow;
    double start = pv_clock_seconds();
    float *z = pv_alloc((size_t)all, (size_t)front->out * sizeof *z);
    if (z == NULL) PV_FAIL_MEMORY((size_t)(all * front->out) * sizeof *z);
    for (int64_t i = 0; i < all; i++) {
        PV_TRY_GOTO(pv_ctx_check(b->ctx));
        PV_TRY_GOTO(half_run(front, z + i * front->out, b->x + i * b->sample,
                             b->secret == NULL ? NULL : b->secret + i * b->secret_numbers));
    }
    double sd = 0;
    if (b->hidden.noise > 0) PV_TRY_GOTO(add_noise(&sd, z, all * front->out, b));
    const pv_cuts_inversion in = {.front = front->model,
                                  .plan = b->out->secret ? &b->hidden.plan : NULL,
                                  .activation = *activation,
                                  .z = z,
                                  .truth = b->truth,
                                  .images = b->images,
                                  .shadow_z = z + b->images * front->out,
                                  .shadow_x = b->x + b->images * b->sample,
                                  .shadow = b->shadow,
                                  .noise = sd,
                                  .steps = b->o->steps,
                                  .seed = b->o->seed};
    PV_TRY_GOTO(pv_cuts_invert_row(row, &in, b->ctx));
    row->seconds = pv_clock_seconds() - start;
done:
    pv_free(z);
    return status;
}

/* ---- rows */

static void count_bytes(pv_cuts_row *row, const pv_shape *shape, int64_t sample)
{
    row->shape = *shape;
    row->numbers = pv_shape_count(shape);
    row->share = (double)row->numbers / (double)sample;
    for (int f = 0; f < PV_CUTS_FORMS; f++)
        row->bytes[f] = (row->numbers * pv_cuts_bits[f] + 7) / 8;
}

static pv_status add_row(bench *b, const pv_cuts_row *row)
{
    pv_cuts *c = b->out;
    PV_TRY(pv_grow((void **)&c->row, &c->row_cap, c->rows + 1, sizeof *c->row));
    c->row[c->rows++] = *row;
    return PV_OK;
}

/* end 0: no cut. */
static pv_status measure_cut(bench *b, const pv_cut_at *cut, size_t end)
{
    pv_status status = PV_OK;
    const pv_model *m = b->hidden.model;
    half front = {0}, back = {0};
    pv_shape shape;
    float *z = NULL;
    pv_cuts_row row = {
        .cut = *cut, .ssim = NAN, .psnr = NAN, .residual = NAN, .probe = pv_probing_none()};
    PV_TRY(pv_cut_shape(&shape, m, end));
    count_bytes(&row, &shape, b->sample);
    PV_TRY_GOTO(half_init(&back, m, end, m->layers.count, b->ctx));
    if (end > 0) {
        PV_TRY_GOTO(half_init(&front, m, 0, end, b->ctx));
        snprintf(row.layer, sizeof row.layer, "%s", m->layers.layer[end - 1].name);
        for (int i = 0; i < pv_model_params(front.model); i++)
            row.params += pv_tensor_count(pv_model_param(front.model, i));
        z = pv_alloc((size_t)front.out, sizeof *z);
        if (z == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for an activation");
    }
    PV_TRY_GOTO(time_halves(&row, end > 0 ? &front : NULL, &back, b, z));
    if (end > 0 && b->o->images > 0 && m->domain.kind == PV_DATA_IMAGE)
        PV_TRY_GOTO(invert(&row, &front, &shape, b));
    if (end > 0 && b->out->probed) PV_TRY_GOTO(pv_cuts_probe_row(&row, &b->prober));
    PV_TRY_GOTO(add_row(b, &row));
done:
    pv_free(z);
    half_clear(&front);
    half_clear(&back);
    return status;
}

/* o->cut; stage 0 when there is none. */
static pv_status only_cut(pv_cut_at *out, const bench *b)
{
    size_t end;
    *out = (pv_cut_at){0};
    if (b->o->cut == NULL) return PV_OK;
    PV_TRY(pv_cut_parse(out, b->o->cut, b->hidden.model));
    return b->out->secret ? pv_split_cut_end(&end, &b->hidden, out) : PV_OK;
}

static pv_status measure_all(bench *b, const pv_stages *s)
{
    const pv_model *m = b->hidden.model;
    size_t secret = b->out->secret ? pv_model_secret_at(m) : 0;
    pv_cut_at only;
    PV_TRY(only_cut(&only, b));
    PV_TRY(measure_cut(b, &(pv_cut_at){0}, 0));
    for (int64_t k = 1; k <= s->count; k++)
        for (int after = 0; after < 2; after++) {
            const pv_stage *at = &s->stage[k - 1];
            size_t end = after ? at->end : at->pool;
            pv_cut_at cut = {k, !after};
            if ((!after && at->pool == at->end) || end == m->layers.count) continue;
            if (b->out->secret && end <= secret + 1) continue;
            if (only.stage > 0 && (only.stage != k || only.before_pool == after)) continue;
            pv_ctx_progress(b->ctx, "cuts", (uint64_t)k, (uint64_t)s->count);
            PV_TRY(measure_cut(b, &cut, end));
        }
    return PV_OK;
}

pv_status pv_cuts_measure(pv_cuts *out, const pv_cuts_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    bench b = {.out = out, .o = o, .ctx = ctx};
    pv_stages stages = {0};
    *out = (pv_cuts){0};
    PV_TRY_GOTO(open(&b));
    const pv_model *m = b.hidden.model;
    for (size_t i = 0; i < m->params; i++) out->params += pv_tensor_count(&m->param[i].value);
    PV_TRY_GOTO(pv_stages_init(&stages, m));
    if (stages.count == 1 && stages.stage[0].pool == stages.stage[0].end)
        PV_FAIL_GOTO(PV_ERR_OPTION, "the model %s has one stage only and can't be cut", o->model);
    PV_TRY_GOTO(pv_cuts_count_convs(out, m, &stages));
    PV_TRY_GOTO(measure_all(&b, &stages));
done:
    pv_stages_clear(&stages);
    close(&b);
    if (status != PV_OK) pv_cuts_clear(out);
    return status;
}

void pv_cuts_clear(pv_cuts *c)
{
    pv_free(c->row);
    pv_free(c->conv);
    *c = (pv_cuts){0};
}
