#include "encode/complement/retrain_guard.h"

#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    READER = 6,
    REBUILDER = READER * PV_GUARD_READERS,
    HIDDEN_1 = 128,
    HIDDEN_2 = 64,
    REBUILD = 256
};
static const double DECODER_LR = 3e-3, TINY = 1e-6, DISTANCE_FLOOR = 1e-4;

int pv_guard_wanted(const pv_guard_options *o)
{
    return o->secret > 0 || o->input > 0 || o->correlation > 0 || o->cluster > 0 || o->noise > 0;
}

int pv_guard_decodes(const pv_guard *k)
{
    return k->o.secret > 0 || k->o.input > 0;
}

static int not_below(double x, double least)
{
    return x >= least && isfinite(x);
}

static pv_status check(const pv_guard_options *o)
{
    if (!not_below(o->secret, 0) || !not_below(o->input, 0) || !not_below(o->correlation, 0) ||
        !not_below(o->cluster, 0))
        PV_FAIL(
            PV_ERR_OPTION,
            "hiding the secret by %g, the input by %g, correlation %g and clusters %g: none may "
            "be negative",
            o->secret, o->input, o->correlation, o->cluster);
    if (!not_below(o->warmup_epochs, 0) || !not_below(o->ramp_epochs, 0) ||
        !not_below(o->restart_epochs, 0))
        PV_FAIL(PV_ERR_OPTION,
                "warm-up, ramp and restarts of %g, %g and %g epochs: none may be "
                "negative",
                o->warmup_epochs, o->ramp_epochs, o->restart_epochs);
    if (o->decoder_steps < 1 || o->decoder_steps > PV_DECODER_STEPS_MAX)
        PV_FAIL(PV_ERR_OPTION, "%d steps of the decoders for each of the model; 1 to %d can be",
                o->decoder_steps, PV_DECODER_STEPS_MAX);
    return PV_OK;
}

static pv_status find_cut(pv_guard *k, const pv_hidden *h)
{
    char text[PV_CUT_TEXT];
    pv_shape shape;
    if (k->o.cut.stage == 0) k->o.cut = (pv_cut_at){.stage = h->kept + 1};
    if (k->o.cut.stage <= h->kept)
        PV_FAIL(PV_ERR_OPTION,
                "a cut at %s: the secret enters at layer %lld, and before that one it would cross "
                "in the clear; cut behind it",
                pv_cut_text(&k->o.cut, text), (long long)h->kept + 1);
    PV_TRY(pv_cut_end(&k->cut, h->model, &k->o.cut));
    PV_TRY(pv_cut_shape(&shape, h->model, k->cut));
    k->activation = pv_shape_count(&shape);
    return PV_OK;
}

static void set_shapes(pv_guard *k)
{
    const int64_t z = k->activation, n = k->classes;
    if (k->o.secret > 0) {
        const int64_t width[4] = {z + n, HIDDEN_1, HIDDEN_2, 2 * n};
        for (int i = 0; i < REBUILDER; i++) {
            int layer = i % READER / 2;
            k->shape[i] =
                i % 2 == 0 ? PV_SHAPE(width[layer + 1], width[layer]) : PV_SHAPE(width[layer + 1]);
        }
    }
    if (k->o.input > 0) {
        k->shape[REBUILDER] = PV_SHAPE(REBUILD, z);
        k->shape[REBUILDER + 1] = PV_SHAPE(REBUILD);
        k->shape[REBUILDER + 2] = PV_SHAPE(k->sample, REBUILD);
        k->shape[REBUILDER + 3] = PV_SHAPE(k->sample);
    }
}

static pv_status batch_init(pv_guard_batch *b, const pv_guard *k)
{
    size_t n = (size_t)k->batch;
    b->z = pv_alloc(n, (size_t)k->activation * sizeof *b->z);
    b->logits = pv_alloc(n, (size_t)k->classes * sizeof *b->logits);
    b->x = pv_alloc(n, (size_t)k->sample * sizeof *b->x);
    b->secret = pv_alloc(n, sizeof *b->secret);
    b->label = pv_alloc(n, sizeof *b->label);
    if (b->z == NULL || b->logits == NULL || b->x == NULL || b->secret == NULL || b->label == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu activations", n);
    return PV_OK;
}

static pv_status allocate(pv_guard *k, const pv_data *train)
{
    size_t n = (size_t)k->batch, classes = (size_t)k->classes;
    k->prior = pv_calloc(classes, sizeof *k->prior);
    k->posteriors = pv_calloc(n, classes * sizeof *k->posteriors);
    k->noises = pv_calloc(k->o.noise > 0 ? n * (size_t)k->activation : 1, sizeof *k->noises);
    k->guess = pv_calloc(n, sizeof *k->guess);
    if (k->prior == NULL || k->posteriors == NULL || k->noises == NULL || k->guess == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a guard of %zu samples", n);
    for (int64_t i = 0; i < pv_data_count(train); i++)
        k->prior[pv_data_label(train, i)] += 1.0 / (double)pv_data_count(train);
    for (int i = 0; i < PV_GUARD_WEIGHTS; i++) {
        if (k->shape[i].ndim == 0) continue;
        size_t count = (size_t)pv_shape_count(&k->shape[i]);
        k->value[i] = pv_calloc(count, sizeof *k->value[i]);
        if (k->value[i] == NULL) PV_FAIL_MEMORY(count * sizeof *k->value[i]);
    }
    if (!pv_guard_decodes(k)) return PV_OK;
    k->ring = pv_calloc((size_t)k->o.decoder_steps, sizeof *k->ring);
    if (k->ring == NULL) PV_FAIL_MEMORY((size_t)k->o.decoder_steps * sizeof *k->ring);
    for (int i = 0; i < k->o.decoder_steps; i++) PV_TRY(batch_init(&k->ring[i], k));
    return PV_OK;
}

pv_status pv_guard_init(pv_guard *k, const pv_hidden *h, const pv_retrain_options *o, int64_t batch)
{
    pv_status status = PV_OK;
    pv_model_domain domain = pv_model_what(h->model);
    *k = (pv_guard){.o = o->guard,
                    .batch = batch,
                    .sample = pv_shape_count(&domain.sample),
                    .classes = domain.classes,
                    .seed = o->train.seed,
                    .z = PV_NONE,
                    .noise = PV_NONE,
                    .push = PV_NONE,
                    .posterior = PV_NONE,
                    .of_answer = PV_NONE,
                    .optim = {.lr = PV_NONE, .correction = {PV_NONE, PV_NONE}}};
    PV_TRY_GOTO(check(&k->o));
    PV_TRY_GOTO(find_cut(k, h));
    set_shapes(k);
    PV_TRY_GOTO(allocate(k, o->train.train));
done:
    if (status != PV_OK) pv_guard_clear(k);
    return status;
}

void pv_guard_clear(pv_guard *k)
{
    for (int i = 0; k->ring != NULL && i < k->o.decoder_steps; i++) {
        pv_free(k->ring[i].z);
        pv_free(k->ring[i].logits);
        pv_free(k->ring[i].x);
        pv_free(k->ring[i].secret);
        pv_free(k->ring[i].label);
    }
    for (int i = 0; i < PV_GUARD_WEIGHTS; i++) pv_free(k->value[i]);
    pv_free(k->ring);
    pv_free(k->prior);
    pv_free(k->posteriors);
    pv_free(k->noises);
    pv_free(k->guess);
    pv_plan_free(k->plan);
    pv_graph_free(k->graph);
    pv_optim_clear(&k->optim);
    *k = (pv_guard){.optim = k->optim};
}

/* ---- graphs */

static void leaves(const pv_guard *k, pv_graph *g, pv_node *weight)
{
    char name[24];
    for (int i = 0; i < PV_GUARD_WEIGHTS; i++) {
        weight[i] = PV_NONE;
        if (k->shape[i].ndim == 0) continue;
        snprintf(name, sizeof name, "guard%d", i);
        weight[i] = pv_param(g, name, k->shape[i]);
    }
}

static pv_node layers(pv_graph *g, pv_node x, const pv_node *weight, int count)
{
    for (int i = 0; i < count; i++) {
        x = pv_dense(g, x, weight[2 * i], weight[2 * i + 1]);
        if (i + 1 < count) x = pv_relu(g, x);
    }
    return x;
}

/* What the reader says of the secret and of the label: two vectors of scores. */
static void reader(const pv_guard *k, pv_graph *g, pv_node z, pv_node logits, const pv_node *weight,
                   pv_node *secret, pv_node *label)
{
    pv_node both = pv_concat(g, (const pv_node[]){z, logits}, 2, 1);
    /* As a probe does, each number in its own units: a secret must not hide in what is small. */
    both = pv_batch_norm(g, both, PV_NONE, PV_NONE, TINY, NULL, NULL);
    pv_node said = layers(g, both, weight, READER / 2);
    *secret = pv_slice_axis(g, said, 1, 0, k->classes);
    *label = pv_slice_axis(g, said, 1, k->classes, 2 * k->classes);
}

/* Distances between the rows of a [n, d], centred by rows and columns. */
static pv_node centred_distances(pv_graph *g, pv_node a)
{
    pv_node square = pv_sum(g, pv_square(g, a), 1u << 1, 1);
    pv_node apart = pv_sub(g, pv_add(g, square, pv_transpose(g, square)),
                           pv_scale(g, pv_matmul(g, a, a, 0, 1), 2));
    pv_node floor = pv_const(g, DISTANCE_FLOOR, (pv_shape){0});
    pv_node d = pv_sqrt(g, pv_max(g, apart, floor));
    pv_node rows = pv_mean(g, d, 1u << 1, 1), columns = pv_mean(g, d, 1u << 0, 1);
    return pv_add(g, pv_sub(g, pv_sub(g, d, rows), columns), pv_mean(g, d, 0, 0));
}

/* Szekely, Rizzo, Bakirov 2007, the sample distance correlation. */
static pv_node distance_correlation(pv_graph *g, pv_node x, pv_node z)
{
    pv_node a = centred_distances(g, x), b = centred_distances(g, z);
    pv_node covariance = pv_mean(g, pv_mul(g, a, b), 0, 0);
    pv_node spread =
        pv_sqrt(g, pv_mul(g, pv_mean(g, pv_square(g, a), 0, 0), pv_mean(g, pv_square(g, b), 0, 0)));
    pv_node share = pv_div(g, covariance, pv_affine(g, spread, 1, TINY));
    return pv_sqrt(g, pv_affine(g, pv_relu(g, share), 1, TINY));
}

/* Of each number of z, the share of its variance over the batch that the answer does not explain,
 * mean over all: 0 when z is a function of the answer. */
static pv_node unexplained(pv_guard *k, pv_graph *g, pv_node z)
{
    k->of_answer = pv_input(g, "guard.answer", PV_SHAPE(k->batch, k->classes));
    pv_node count = pv_transpose(g, pv_sum(g, k->of_answer, 1u << 0, 1));
    pv_node centre = pv_div(g, pv_matmul(g, k->of_answer, z, 1, 0), pv_affine(g, count, 1, TINY));
    pv_node apart = pv_sub(g, z, pv_matmul(g, k->of_answer, centre, 0, 0));
    pv_node within = pv_mean(g, pv_square(g, apart), 1u << 0, 1);
    pv_node all = pv_mean(g, pv_square(g, pv_sub(g, z, pv_mean(g, z, 1u << 0, 1))), 1u << 0, 1);
    return pv_mean(g, pv_div(g, within, pv_affine(g, all, 1, TINY)), 0, 0);
}

static pv_node weighted(pv_graph *g, pv_node sum, pv_node term, double by)
{
    term = pv_scale(g, term, by);
    return sum == PV_NONE ? term : pv_add(g, sum, term);
}

static pv_node prior(const pv_guard *k, pv_graph *g)
{
    pv_node each[PV_SECRET_CLASSES];
    for (int l = 0; l < k->classes; l++) each[l] = pv_const(g, k->prior[l], PV_SHAPE(k->batch, 1));
    return pv_concat(g, each, k->classes, 1);
}

static pv_status build_pressure(pv_guard *k, pv_graph *g, const pv_model_nodes *nodes,
                                pv_node *extra)
{
    pv_node sum = PV_NONE, secret, label,
            z = pv_reshape(g, k->z, PV_SHAPE(k->batch, k->activation));
    pv_node x = pv_reshape(g, nodes->input, PV_SHAPE(k->batch, k->sample));
    leaves(k, g, k->weight);
    if (k->o.secret > 0) {
        k->posterior = pv_input(g, "guard.posterior", PV_SHAPE(k->batch, k->classes));
        pv_node usual = prior(k, g);
        for (int r = 0; r < PV_GUARD_READERS; r++) {
            double by = k->o.secret / (2 * PV_GUARD_READERS);
            reader(k, g, z, nodes->logits, k->weight + r * READER, &secret, &label);
            sum = weighted(g, sum, pv_cross_entropy(g, secret, k->posterior), by);
            sum = weighted(g, sum, pv_cross_entropy(g, label, usual), by);
        }
    }
    if (k->o.input > 0) {
        pv_node said = layers(g, z, k->weight + REBUILDER, 2);
        pv_node mean = pv_broadcast(g, pv_mean(g, x, 1u << 0, 1), PV_SHAPE(k->batch, k->sample));
        sum = weighted(g, sum, pv_mse(g, said, mean), k->o.input);
    }
    if (k->o.correlation > 0)
        sum = weighted(g, sum, distance_correlation(g, x, z), k->o.correlation);
    if (k->o.cluster > 0) sum = weighted(g, sum, unexplained(k, g, z), k->o.cluster);
    if (sum != PV_NONE) {
        k->push = pv_input(g, "guard.push", (pv_shape){0});
        sum = pv_mul(g, sum, k->push);
    }
    *extra = sum;
    return pv_graph_check(g);
}

pv_status pv_guard_build(pv_guard *k, const pv_hidden *h, pv_graph *g, pv_model_nodes *nodes,
                         pv_node *extra)
{
    size_t at = pv_model_secret_at(h->model);
    PV_TRY(pv_hidden_append(h, g, k->batch, 1, at, k->cut, nodes));
    if (k->o.noise > 0) nodes->logits = pv_hidden_noise(g, nodes->logits, k->o.noise, &k->noise);
    k->z = nodes->logits;
    PV_TRY(pv_hidden_append(h, g, k->batch, 1, k->cut, h->model->layers.count, nodes));
    return build_pressure(k, g, nodes, extra);
}

static pv_node decoder_loss(pv_guard *k, pv_graph *g, pv_node *read)
{
    pv_node loss = PV_NONE, secret, label;
    k->z_in = pv_input(g, "z", PV_SHAPE(k->batch, k->activation));
    *read = k->logits_in = k->secret_in = k->label_in = k->x_in = PV_NONE;
    if (k->o.secret > 0) {
        k->logits_in = pv_input(g, "logits", PV_SHAPE(k->batch, k->classes));
        k->secret_in = pv_input_index(g, "secret", PV_SHAPE(k->batch));
        k->label_in = pv_input_index(g, "label", PV_SHAPE(k->batch));
        pv_node said = PV_NONE;
        for (int r = 0; r < PV_GUARD_READERS; r++) {
            reader(k, g, k->z_in, k->logits_in, k->own + r * READER, &secret, &label);
            loss = weighted(g, loss, pv_cross_entropy_index(g, secret, k->secret_in), 1);
            loss = weighted(g, loss, pv_cross_entropy_index(g, label, k->label_in), 1);
            said = weighted(g, said, pv_softmax(g, secret), 1);
        }
        *read = pv_argmax(g, said);
    }
    if (k->o.input > 0) {
        k->x_in = pv_input(g, "x", PV_SHAPE(k->batch, k->sample));
        loss = weighted(g, loss, pv_mse(g, layers(g, k->z_in, k->own + REBUILDER, 2), k->x_in), 1);
    }
    return loss;
}

/* Weights first .. end-1 anew, and what the optimiser knows of them. */
static pv_status draw(pv_guard *k, int first, int end)
{
    pv_status status = PV_OK;
    float *zero = NULL;
    size_t most = 1;
    pv_rng attack = pv_rng_make(k->seed, PV_STREAM_ATTACK);
    pv_rng r = pv_rng_fork(&attack, (uint64_t)k->restarts++);
    for (int i = first; i < end; i++) {
        if (k->shape[i].ndim == 0) continue;
        size_t count = (size_t)pv_shape_count(&k->shape[i]);
        const pv_shape *matrix = &k->shape[i - i % 2];
        double bound = 1 / sqrt((double)matrix->dim[1]);
        if (count > most) most = count;
        for (size_t j = 0; j < count; j++)
            k->value[i][j] = (float)(bound * (2 * pv_rng_uniform(&r) - 1));
        PV_TRY(pv_plan_write(k->plan, k->own[i], k->value[i], PV_F32));
    }
    zero = pv_calloc(most, sizeof *zero);
    if (zero == NULL) PV_FAIL_MEMORY(most * sizeof *zero);
    for (int i = 0, at = 0; i < PV_GUARD_WEIGHTS; i++) {
        if (k->shape[i].ndim == 0) continue;
        for (int j = 0; j < 2; j++, at++) /* Adam's two for each */
            if (i >= first && i < end)
                PV_TRY_GOTO(pv_plan_write(k->plan, k->optim.state[at], zero, PV_F32));
    }
done:
    pv_free(zero);
    return status;
}

pv_status pv_guard_compile(pv_guard *k, const pv_plan_options *options)
{
    const pv_optim_options adam = {.size = sizeof adam, .kind = PV_ADAM};
    pv_node weight[PV_GUARD_WEIGHTS], gradient[PV_GUARD_WEIGHTS];
    int n = 0;
    if (!pv_guard_decodes(k)) return PV_OK;
    PV_TRY(pv_graph_new(&k->graph));
    leaves(k, k->graph, k->own);
    pv_node loss = decoder_loss(k, k->graph, &k->read);
    PV_TRY(pv_graph_check(k->graph));
    for (int i = 0; i < PV_GUARD_WEIGHTS; i++)
        if (k->own[i] != PV_NONE) weight[n++] = k->own[i];
    PV_TRY(pv_grad(k->graph, &loss, NULL, 1, weight, n, gradient));
    PV_TRY(pv_optim_append(&k->optim, k->graph, weight, gradient, n, &adam));
    PV_TRY(pv_compile(&k->plan, k->graph, &k->read, k->read != PV_NONE, options));
    return draw(k, 0, PV_GUARD_WEIGHTS);
}

/* ---- running */

pv_status pv_guard_restart(pv_guard *k)
{
    int turn = (int)(k->restarts % PV_GUARD_READERS);
    PV_TRY(draw(k, REBUILDER, PV_GUARD_WEIGHTS));
    return draw(k, turn * READER, (turn + 1) * READER);
}

/* P(the secret turns class 0 into v | the answer is t), the label being drawn by the prior. */
static void fill_posterior(const pv_guard *k, const pv_secret_plan *p, const int32_t *answer)
{
    int n = k->classes;
    for (int64_t i = 0; i < k->batch; i++)
        for (int v = 0; v < n; v++) {
            double q = k->prior[(answer[i] - v + n) % n];
            if (p->kind == PV_SECRET_PERMUTATION)
                q = v == answer[i] ? k->prior[0] : (1 - k->prior[0]) / (n - 1);
            k->posteriors[i * n + v] = (float)q;
        }
}

static double pressure(const pv_guard_options *o, double epoch)
{
    if (epoch < o->warmup_epochs) return 0;
    if (epoch >= o->warmup_epochs + o->ramp_epochs) return 1;
    return (epoch - o->warmup_epochs) / o->ramp_epochs;
}

pv_status pv_guard_before(pv_guard *k, pv_plan *plan, const pv_secret_plan *secret,
                          const int32_t *answer, int64_t step, double epoch)
{
    for (int i = 0; i < PV_GUARD_WEIGHTS; i++) {
        if (k->shape[i].ndim == 0) continue;
        PV_TRY(pv_plan_read(k->plan, k->own[i], k->value[i], PV_F32));
        PV_TRY(pv_plan_write(plan, k->weight[i], k->value[i], PV_F32));
    }
    if (k->push != PV_NONE) {
        double push = pressure(&k->o, epoch);
        PV_TRY(pv_plan_write(plan, k->push, &push, PV_F64));
    }
    if (k->posterior != PV_NONE) {
        fill_posterior(k, secret, answer);
        PV_TRY(pv_plan_write(plan, k->posterior, k->posteriors, PV_F32));
    }
    if (k->of_answer != PV_NONE) {
        memset(k->posteriors, 0, (size_t)(k->batch * k->classes) * sizeof *k->posteriors);
        for (int64_t i = 0; i < k->batch; i++) k->posteriors[i * k->classes + answer[i]] = 1;
        PV_TRY(pv_plan_write(plan, k->of_answer, k->posteriors, PV_F32));
    }
    if (k->noise == PV_NONE) return PV_OK;
    pv_rng attack = pv_rng_make(k->seed, PV_STREAM_NOISE);
    pv_rng r = pv_rng_fork(&attack, (uint64_t)step);
    pv_front_noise_draw(k->noises, k->batch * k->activation, &r);
    return pv_plan_write(plan, k->noise, k->noises, PV_F32);
}

static pv_status decoder_step(pv_guard *k, const pv_guard_batch *b)
{
    PV_TRY(pv_plan_write(k->plan, k->z_in, b->z, PV_F32));
    if (k->o.secret > 0) {
        PV_TRY(pv_plan_write(k->plan, k->logits_in, b->logits, PV_F32));
        PV_TRY(pv_plan_write(k->plan, k->secret_in, b->secret, PV_I32));
        PV_TRY(pv_plan_write(k->plan, k->label_in, b->label, PV_I32));
    }
    if (k->o.input > 0) PV_TRY(pv_plan_write(k->plan, k->x_in, b->x, PV_F32));
    PV_TRY(pv_optim_set(&k->optim, k->plan, k->steps++, DECODER_LR));
    return pv_run(k->plan);
}

pv_status pv_guard_after(pv_guard *k, const pv_plan *plan, pv_node logits, const float *x,
                         const pv_secret_value *value, const int32_t *label)
{
    if (!pv_guard_decodes(k)) return PV_OK;
    int64_t steps = k->o.decoder_steps;
    pv_guard_batch *now = &k->ring[k->seen++ % steps];
    int64_t have = k->seen < steps ? k->seen : steps;
    PV_TRY(pv_plan_read(plan, k->z, now->z, PV_F32));
    PV_TRY(pv_plan_read(plan, logits, now->logits, PV_F32));
    memcpy(now->x, x, (size_t)(k->batch * k->sample) * sizeof *x);
    memcpy(now->label, label, (size_t)k->batch * sizeof *label);
    for (int64_t i = 0; i < k->batch; i++) now->secret[i] = value[i].to[0];
    for (int64_t s = 0; s < steps; s++) { /* the newest first, on which the reader is judged */
        PV_TRY(decoder_step(k, &k->ring[(k->seen - 1 - s % have) % steps]));
        if (s > 0 || k->read == PV_NONE) continue;
        PV_TRY(pv_plan_read(k->plan, k->read, k->guess, PV_I32));
        for (int64_t i = 0; i < k->batch; i++) k->right += k->guess[i] == now->secret[i];
        k->asked += k->batch;
    }
    return PV_OK;
}
