/* A network cut in two, as two parties would run it, beside the same network whole.
 *
 * One party has the measurements, the other the classes. The first computes up to the cut and hands
 * over what it got; the second finishes, learns, and hands back the gradient at the cut; with that
 * the first learns too. Both runs print the same losses: a cut changes who computes, not what.
 */
#include "privet/graph.h"
#include "privet/plan.h"
#include "privet/rng.h"
#include <math.h>
#include <stdio.h>

enum { ROWS = 32, FEATURES = 8, HIDDEN = 16, CLASSES = 3, STEPS = 100 };

#define TRY(expr)                                                                                  \
    do {                                                                                           \
        if ((status = (expr)) != PV_OK) goto done;                                                 \
    } while (0)

static const char *const front_params[] = {"w1", "b1"};
static const char *const back_params[] = {"w2", "b2"};

/* x - dense - tanh - dense - loss; *edge gets the node to cut at. */
static void build(pv_graph *g, pv_node *edge)
{
    pv_node x = pv_input(g, "x", PV_SHAPE(ROWS, FEATURES));
    pv_node class = pv_input_index(g, "class", PV_SHAPE(ROWS));
    pv_node w1 = pv_param(g, "w1", PV_SHAPE(HIDDEN, FEATURES));
    pv_node b1 = pv_param(g, "b1", PV_SHAPE(HIDDEN));
    pv_node w2 = pv_param(g, "w2", PV_SHAPE(CLASSES, HIDDEN));
    pv_node b2 = pv_param(g, "b2", PV_SHAPE(CLASSES));
    *edge = pv_tanh(g, pv_dense(g, x, w1, b1));
    pv_node loss = pv_cross_entropy_index(g, pv_dense(g, *edge, w2, b2), class);
    pv_node_set_name(g, loss, "loss");
}

/* Plain gradient descent on the named parameters: after every run of a plan of g, each has moved.
 * `y` is what is differentiated, `gy` the gradient that arrives at it (PV_NONE: y is the loss). */
static pv_status learn(pv_graph *g, const char *const name[2], pv_node y, pv_node gy)
{
    pv_node w[2], gw[2];
    for (int i = 0; i < 2; i++) w[i] = pv_graph_find(g, name[i]);
    pv_status status = pv_grad(g, &y, gy == PV_NONE ? NULL : &gy, 1, w, 2, gw);
    for (int i = 0; status == PV_OK && i < 2; i++)
        pv_assign(g, w[i], pv_sub(g, w[i], pv_scale(g, gw[i], 0.5)));
    return status == PV_OK ? pv_graph_check(g) : status;
}

/* The same first weights for both runs. */
static pv_status write_weights(pv_plan *plan, const pv_graph *g, const char *name, uint64_t stream)
{
    double value[HIDDEN * HIDDEN];
    pv_node w = pv_graph_find(g, name);
    pv_rng r = pv_rng_fork(&(pv_rng){.seed = 1, .stream = PV_STREAM_WEIGHTS}, stream);
    int64_t n = pv_shape_count(pv_node_shape(g, w));
    for (int64_t i = 0; i < n; i++) value[i] = 0.3 * pv_rng_normal(&r);
    return pv_plan_write(plan, w, value, PV_F64);
}

static pv_status copy_weights(pv_plan *to, const pv_plan *from, const pv_graph *g, const char *name)
{
    double value[HIDDEN * HIDDEN];
    pv_node w = pv_graph_find(g, name);
    pv_status status = pv_plan_read(from, w, value, PV_F64);
    return status == PV_OK ? pv_plan_write(to, w, value, PV_F64) : status;
}

/* Points around three centres. */
static void draw_data(double x[ROWS][FEATURES], int32_t class[ROWS])
{
    pv_rng r = pv_rng_make(2, PV_STREAM_TEST);
    for (int i = 0; i < ROWS; i++) {
        class[i] = (int32_t)pv_rng_below(&r, CLASSES);
        for (int j = 0; j < FEATURES; j++)
            x[i][j] = (j % CLASSES == class[i]) + 0.5 * pv_rng_normal(&r);
    }
}

static pv_status run_whole(double x[ROWS][FEATURES], const int32_t *class, double loss[STEPS])
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    pv_plan *plan = NULL;
    pv_node edge;
    TRY(pv_graph_new(&g));
    build(g, &edge);
    pv_node out = pv_graph_find(g, "loss");
    TRY(learn(g, front_params, out, PV_NONE));
    TRY(learn(g, back_params, out, PV_NONE));
    pv_plan_options options = {.size = sizeof options, .backend = PV_BACKEND_REF};
    TRY(pv_compile(&plan, g, &out, 1, &options));
    for (int i = 0; i < 2; i++) TRY(write_weights(plan, g, front_params[i], (uint64_t)i));
    for (int i = 0; i < 2; i++) TRY(write_weights(plan, g, back_params[i], (uint64_t)i + 2));
    TRY(pv_plan_write(plan, pv_graph_find(g, "x"), x, PV_F64));
    TRY(pv_plan_write(plan, pv_graph_find(g, "class"), class, PV_I32));
    for (int step = 0; step < STEPS; step++) {
        TRY(pv_run(plan));
        TRY(pv_plan_read(plan, out, &loss[step], PV_F64));
    }
done:
    pv_plan_free(plan);
    pv_graph_free(g);
    return status;
}

static pv_status run_halves(double x[ROWS][FEATURES], const int32_t *class, double loss[STEPS])
{
    pv_status status = PV_OK;
    pv_graph *g = NULL, *front = NULL, *back = NULL;
    pv_plan *forward = NULL, *update = NULL, *finish = NULL;
    double crossing[ROWS * HIDDEN]; /* all that the parties ever show each other */
    pv_node edge, gcut = PV_NONE;
    pv_plan_options options = {.size = sizeof options, .backend = PV_BACKEND_REF};
    TRY(pv_graph_new(&g));
    build(g, &edge);
    pv_node whole_loss = pv_graph_find(g, "loss");
    TRY(pv_cut(g, edge, &whole_loss, 1, &front, &back));

    /* The front: one plan up to the cut, one that learns from the gradient that comes back. */
    pv_node out = pv_graph_find(front, "cut");
    TRY(pv_compile(&forward, front, &out, 1, &options));
    pv_node arriving = pv_input(front, "gradient", *pv_node_shape(front, out));
    TRY(learn(front, front_params, out, arriving));
    TRY(pv_compile(&update, front, NULL, 0, &options));

    /* The back: the loss, its own learning, and the gradient at the cut. */
    pv_node in = pv_graph_find(back, "cut"), end = pv_graph_find(back, "loss");
    TRY(pv_grad(back, &end, NULL, 1, &in, 1, &gcut));
    TRY(learn(back, back_params, end, PV_NONE));
    TRY(pv_compile(&finish, back, (const pv_node[]){end, gcut}, 2, &options));

    for (int i = 0; i < 2; i++) TRY(write_weights(forward, front, front_params[i], (uint64_t)i));
    for (int i = 0; i < 2; i++) TRY(copy_weights(update, forward, front, front_params[i]));
    for (int i = 0; i < 2; i++) TRY(write_weights(finish, back, back_params[i], (uint64_t)i + 2));
    TRY(pv_plan_write(forward, pv_graph_find(front, "x"), x, PV_F64));
    TRY(pv_plan_write(update, pv_graph_find(front, "x"), x, PV_F64));
    TRY(pv_plan_write(finish, pv_graph_find(back, "class"), class, PV_I32));
    for (int step = 0; step < STEPS; step++) {
        TRY(pv_run(forward));
        TRY(pv_plan_read(forward, out, crossing, PV_F64));
        TRY(pv_plan_write(finish, in, crossing, PV_F64));
        TRY(pv_run(finish));
        TRY(pv_plan_read(finish, end, &loss[step], PV_F64));
        TRY(pv_plan_read(finish, gcut, crossing, PV_F64));
        TRY(pv_plan_write(update, arriving, crossing, PV_F64));
        TRY(pv_run(update));
        for (int i = 0; i < 2; i++) TRY(copy_weights(forward, update, front, front_params[i]));
    }
done:
    pv_plan_free(forward);
    pv_plan_free(update);
    pv_plan_free(finish);
    pv_graph_free(g);
    pv_graph_free(front);
    pv_graph_free(back);
    return status;
}

int main(void)
{
    static double x[ROWS][FEATURES], whole[STEPS], halves[STEPS];
    static int32_t class[ROWS];
    draw_data(x, class);
    pv_status status = run_whole(x, class, whole);
    if (status == PV_OK) status = run_halves(x, class, halves);
    if (status != PV_OK) {
        fprintf(stderr, "%s\n", pv_trail_text());
        return 1;
    }
    int same = 1;
    for (int step = 0; step < STEPS; step++) {
        same = same && fabs(whole[step] - halves[step]) < 1e-12;
        if (step % 33 == 0)
            printf("step %3d: loss %.12f whole, %.12f in halves\n", step, whole[step],
                   halves[step]);
    }
    return same && whole[STEPS - 1] < whole[0] / 4 ? 0 : 1;
}
