#include "run/bench_engine.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "math/median.h"
#include "privet/model.h"
#include "privet/optim.h"
#include "privet/rng.h"
#include <stdio.h>
#include <string.h>

enum { CLASSES = 10, WARM_UP = 3 };

typedef struct bench_case {
    const char *name, *model;
    int64_t side, channels, batch;
    int second_order;
} bench_case;

static const bench_case cases[PV_BENCH_ENGINE_CASES] = {
    {"lenet5-b64-train", "lenet5", 28, 1, 64, 0},
    {"mlp-b64-train", "mlp", 28, 1, 64, 0},
    {"lenet5-b1-second-order", "lenet5-sigmoid", 28, 1, 1, 1},
    {"resnet18-b32-train", "resnet18", 32, 3, 32, 0},
};

/* One case made ready: a plan and what is written into it at every step. */
typedef struct bench_step {
    const bench_case *what;
    pv_model *model;
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_optim optim;
    pv_node image, label; /* label: indices when training, logits of the dummy otherwise */
    pv_tensor image_value, label_value;
    int64_t done;
} bench_step;

const char *pv_bench_engine_name(int i)
{
    return i >= 0 && i < PV_BENCH_ENGINE_CASES ? cases[i].name : NULL;
}

static void step_clear(bench_step *s)
{
    pv_tensor_clear(&s->image_value);
    pv_tensor_clear(&s->label_value);
    pv_optim_clear(&s->optim);
    pv_model_nodes_clear(&s->nodes);
    pv_plan_free(s->plan);
    pv_graph_free(s->graph);
    pv_model_free(s->model);
    *s = (bench_step){0};
}

static void fill_normal(pv_tensor *t, pv_rng *rng)
{
    float *value = t->data;
    for (int64_t i = 0; i < pv_tensor_count(t); i++) value[i] = (float)pv_rng_normal(rng);
}

/* The parameters that an optimiser moves, and the gradients of loss to them. */
static pv_status gradients(bench_step *s, pv_node loss, pv_node *weight, pv_node *gradient, int *n)
{
    *n = 0;
    for (int i = 0; i < s->nodes.params; i++)
        if (!pv_model_param_is_state(s->model, i)) weight[(*n)++] = s->nodes.param[i];
    return pv_grad(s->graph, &loss, NULL, 1, weight, *n, gradient);
}

static pv_status build_training(bench_step *s, pv_node *out, pv_node *memory, pv_rng *rng)
{
    int n;
    pv_node *weight = memory, *gradient = memory + s->nodes.params;
    s->label = pv_input_index(s->graph, "label", PV_SHAPE(s->what->batch));
    out[0] = pv_cross_entropy_index(s->graph, s->nodes.logits, s->label);
    PV_TRY(gradients(s, out[0], weight, gradient, &n));
    PV_TRY(pv_optim_append(
        &s->optim, s->graph, weight, gradient, n,
        &(pv_optim_options){.size = sizeof(pv_optim_options), .kind = PV_SGD, .momentum = 0.9}));
    PV_TRY(pv_tensor_init(&s->label_value, PV_I32, PV_SHAPE(s->what->batch)));
    int32_t *label = s->label_value.data;
    for (int64_t i = 0; i < s->what->batch; i++) label[i] = (int32_t)pv_rng_below(rng, CLASSES);
    return PV_OK;
}

/* D = sum over weights of |dL/dw(x', softmax(y')) - g|^2, and dD/dx', dD/dy'. The given gradient g
 * is kept in parameters of the plan, which hold their value from step to step. */
static pv_status build_inversion(bench_step *s, pv_node *out, pv_node *memory, pv_rng *rng)
{
    int n;
    pv_graph *g = s->graph;
    pv_node *weight = memory, *gradient = memory + s->nodes.params, dummy[2];
    s->label = pv_input(g, "label", PV_SHAPE(s->what->batch, CLASSES));
    pv_node loss = pv_cross_entropy(g, s->nodes.logits, pv_softmax(g, s->label));
    PV_TRY(gradients(s, loss, weight, gradient, &n));
    pv_node distance = PV_NONE;
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "given%d", i);
        pv_node given = pv_param(g, name, *pv_node_shape(g, weight[i]));
        pv_node part = pv_sum(g, pv_square(g, pv_sub(g, gradient[i], given)), 0, 0);
        distance = i == 0 ? part : pv_add(g, distance, part);
    }
    dummy[0] = s->image, dummy[1] = s->label;
    PV_TRY(pv_grad(g, &distance, NULL, 1, dummy, 2, out + 1));
    out[0] = distance;
    PV_TRY(pv_tensor_init(&s->label_value, PV_F32, PV_SHAPE(s->what->batch, CLASSES)));
    fill_normal(&s->label_value, rng);
    return PV_OK;
}

static pv_status step_init(bench_step *s, const bench_case *what, int timer, const pv_ctx *ctx)
{
    pv_node out[3], *memory = NULL;
    pv_shape sample = PV_SHAPE(what->side, what->side, what->channels);
    pv_shape batch = PV_SHAPE(what->batch, what->side, what->side, what->channels);
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_IMAGE, .sample = sample, .classes = CLASSES};
    pv_plan_options options = {
        .size = sizeof options, .threads = pv_ctx_threads(ctx), .timer = timer, .seed = 1};
    pv_rng rng = pv_rng_make(1, PV_STREAM_TEST);
    pv_status status = PV_OK;
    *s = (bench_step){.what = what};
    PV_TRY_GOTO(pv_model_new_domain(&s->model, what->model, &domain, 1));
    PV_TRY_GOTO(pv_graph_new(&s->graph));
    s->image = pv_input(s->graph, "image", batch);
    PV_TRY_GOTO(pv_model_build(s->model, s->graph, what->batch, 1, s->image, &s->nodes));
    memory = pv_calloc(2 * (size_t)s->nodes.params, sizeof *memory);
    if (memory == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the nodes of a benchmark");
    PV_TRY_GOTO(what->second_order ? build_inversion(s, out, memory, &rng)
                                   : build_training(s, out, memory, &rng));
    PV_TRY_GOTO(pv_graph_check(s->graph));
    PV_TRY_GOTO(pv_compile(&s->plan, s->graph, out, what->second_order ? 3 : 1, &options));
    PV_TRY_GOTO(pv_model_to_plan(s->model, &s->nodes, s->plan));
    PV_TRY_GOTO(pv_tensor_init(&s->image_value, PV_F32, batch));
    fill_normal(&s->image_value, &rng);
done:
    pv_free(memory);
    return status;
}

static pv_status step_run(bench_step *s)
{
    PV_TRY(pv_plan_write(s->plan, s->image, s->image_value.data, s->image_value.dtype));
    PV_TRY(pv_plan_write(s->plan, s->label, s->label_value.data, s->label_value.dtype));
    if (!s->what->second_order) PV_TRY(pv_optim_set(&s->optim, s->plan, s->done, 1e-3));
    s->done++;
    return pv_run(s->plan);
}

/* Mean seconds of a step over as many as fit into `seconds`, at least one. */
static pv_status measure(bench_step *s, double seconds, double *mean, int *steps)
{
    double start = pv_clock_seconds(), now;
    *steps = 0;
    do {
        PV_TRY(step_run(s));
        ++*steps;
        now = pv_clock_seconds();
    } while (now - start < seconds);
    *mean = (now - start) / *steps;
    return PV_OK;
}

static pv_status run_rounds(bench_step *step, pv_bench_engine_figure *figure, double *time, int n,
                            int rounds, double seconds, const pv_ctx *ctx)
{
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < n; i++) {
            int steps;
            PV_TRY(pv_ctx_check(ctx));
            PV_TRY(measure(&step[i], seconds, &time[i * rounds + r], &steps));
            figure[i].steps += steps;
            pv_ctx_progress(ctx, "rounds", (uint64_t)(r * n + i + 1), (uint64_t)(rounds * n));
        }
    for (int i = 0; i < n; i++) {
        double seconds_a_step = pv_median(time + i * rounds, rounds);
        figure[i].ms = 1e3 * seconds_a_step;
        figure[i].gflops = pv_plan_flops(step[i].plan) / seconds_a_step / 1e9;
        figure[i].plan_bytes = pv_plan_bytes(step[i].plan);
    }
    return PV_OK;
}

pv_status pv_bench_engine(pv_bench_engine_figure figure[PV_BENCH_ENGINE_CASES], int *count,
                          const char *only, int rounds, double seconds, FILE *profile,
                          const pv_ctx *ctx)
{
    bench_step step[PV_BENCH_ENGINE_CASES] = {0};
    double *time = NULL;
    int n = 0;
    pv_status status = PV_OK;
    for (int i = 0; i < PV_BENCH_ENGINE_CASES; i++) {
        if (only != NULL && strcmp(only, cases[i].name) != 0) continue;
        PV_TRY_GOTO(step_init(&step[n], &cases[i], profile != NULL, ctx));
        figure[n] = (pv_bench_engine_figure){.name = cases[i].name};
        for (int k = 0; k < WARM_UP; k++) PV_TRY_GOTO(step_run(&step[n]));
        n++;
    }
    time = pv_calloc((size_t)(n * rounds) + 1, sizeof *time);
    if (time == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the times of %d rounds", rounds);
    PV_TRY_GOTO(run_rounds(step, figure, time, n, rounds, seconds, ctx));
    for (int i = 0; profile != NULL && i < n; i++) {
        fprintf(profile, "\n%s: ", figure[i].name);
        pv_plan_profile(step[i].plan, profile);
    }
    *count = n;
done:
    for (int i = 0; i < PV_BENCH_ENGINE_CASES; i++) step_clear(&step[i]);
    pv_free(time);
    return status;
}
