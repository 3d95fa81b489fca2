/* Optimisers against their formulas, step by step, under the reference kernels; parity with PyTorch
 * is tests/unit/ops/golden_nets.c. */
#include "check.h"

#include "privet/optim.h"
#include <math.h>

enum { STEPS = 4 };
static const double START[2] = {1.0, -2.0}, TARGET[2] = {0.5, 3.0}, LR = 0.1;

/* loss = sum (p - target)^2 / 2, whose gradient is p - target; p after each step */
static void run(pv_optim_options options, double out[STEPS][2])
{
    pv_graph *g;
    pv_plan *plan;
    pv_optim o;
    options.size = sizeof options;
    CHECK_OK(pv_graph_new(&g));
    pv_node p = pv_param(g, "p", PV_SHAPE(2)), t = pv_input(g, "t", PV_SHAPE(2)), grad;
    pv_node loss = pv_scale(g, pv_sum(g, pv_square(g, pv_sub(g, p, t)), 0, 0), 0.5);
    CHECK_OK(pv_grad(g, &loss, NULL, 1, &p, 1, &grad));
    CHECK_OK(pv_optim_append(&o, g, &p, &grad, 1, &options));
    const pv_plan_options ref = {.size = sizeof ref, .backend = PV_BACKEND_REF};
    CHECK_OK(pv_compile(&plan, g, &loss, 1, &ref));
    CHECK_OK(pv_plan_write(plan, p, START, PV_F64));
    CHECK_OK(pv_plan_write(plan, t, TARGET, PV_F64));
    for (int k = 0; k < STEPS; k++) {
        CHECK_OK(pv_optim_set(&o, plan, k, LR));
        CHECK_OK(pv_run(plan));
        CHECK_OK(pv_plan_read(plan, p, out[k], PV_F64));
    }
    pv_optim_clear(&o);
    pv_optim_clear(&o);
    pv_plan_free(plan);
    pv_graph_free(g);
}

static void near(double a, double b)
{
    if (!(fabs(a - b) < 1e-12)) print_error("%.17g is not %.17g\n", a, b);
    assert_true(fabs(a - b) < 1e-12);
}

static void sgd_by_its_formula(void **state)
{
    (void)state;
    static const pv_optim_options cases[] = {
        {.kind = PV_SGD},
        {.kind = PV_SGD, .momentum = 0.9},
        {.kind = PV_SGD, .momentum = 0.9, .weight_decay = 0.1},
        {.kind = PV_SGD, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.01},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double out[STEPS][2];
        run(cases[c], out);
        for (int i = 0; i < 2; i++) {
            double p = START[i], buffer = 0;
            for (int k = 0; k < STEPS; k++) {
                double g = p - TARGET[i] + cases[c].weight_decay * p;
                buffer = cases[c].momentum * buffer + g;
                p -= LR * (cases[c].nesterov ? g + cases[c].momentum * buffer : buffer);
                near(out[k][i], p);
            }
        }
    }
}

static void adam_by_its_formula(void **state)
{
    (void)state;
    static const pv_optim_options cases[] = {
        {.kind = PV_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
        {.kind = PV_ADAM, .beta1 = 0.8, .beta2 = 0.9, .eps = 1e-3, .weight_decay = 0.1},
        {.kind = PV_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const pv_optim_options *o = &cases[c];
        double out[STEPS][2];
        run(*o, out);
        for (int i = 0; i < 2; i++) {
            double p = START[i], m = 0, v = 0;
            for (int k = 0; k < STEPS; k++) {
                double g = p - TARGET[i];
                if (o->kind == PV_ADAMW)
                    p *= 1 - LR * o->weight_decay;
                else
                    g += o->weight_decay * p;
                m = o->beta1 * m + (1 - o->beta1) * g;
                v = o->beta2 * v + (1 - o->beta2) * g * g;
                double root = sqrt(v / (1 - pow(o->beta2, k + 1))) + o->eps;
                p -= LR * m / (1 - pow(o->beta1, k + 1)) / root;
                near(out[k][i], p);
            }
        }
    }
    /* numbers left at 0 are the usual ones */
    double usual[STEPS][2], named[STEPS][2];
    run((pv_optim_options){.kind = PV_ADAM}, usual);
    run(cases[0], named);
    assert_memory_equal(usual, named, sizeof usual);
}

static void clipping(void **state)
{
    (void)state;
    double out[STEPS][2];
    const double g[2] = {START[0] - TARGET[0], START[1] - TARGET[1]}, norm = hypot(g[0], g[1]);
    run((pv_optim_options){.kind = PV_SGD, .clip_norm = 1}, out);
    near(out[0][0], START[0] - LR * g[0] / (norm + 1e-6));
    near(out[0][1], START[1] - LR * g[1] / (norm + 1e-6));
    run((pv_optim_options){.kind = PV_SGD, .clip_norm = 100}, out);
    near(out[0][1], START[1] - LR * g[1]);
    run((pv_optim_options){.kind = PV_SGD, .clip_value = 2}, out);
    near(out[0][0], START[0] - LR * 0.5);
    near(out[0][1], START[1] + LR * 2);
}

static void options_that_make_no_sense(void **state)
{
    (void)state;
    static const struct {
        pv_optim_options options;
        const char *says;
    } cases[] = {
        {{.kind = (pv_optim_kind)9}, "no optimiser number 9"},
        {{.kind = PV_SGD, .momentum = 1}, "momentum is 1"},
        {{.kind = PV_SGD, .momentum = NAN}, "momentum is"},
        {{.kind = PV_SGD, .nesterov = 1}, "nesterov needs"},
        {{.kind = PV_SGD, .weight_decay = -1}, "weight decay is -1"},
        {{.kind = PV_ADAM, .beta2 = 1}, "beta2 1"},
        {{.kind = PV_ADAM, .eps = -1}, "eps -1"},
        {{.kind = PV_SGD, .clip_norm = -1}, "clip norm -1"},
    };
    pv_graph *g;
    pv_optim o;
    CHECK_OK(pv_graph_new(&g));
    pv_node p = pv_param(g, "p", PV_SHAPE(2));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_optim_options options = cases[i].options;
        options.size = sizeof options;
        CHECK_FAILS(pv_optim_append(&o, g, &p, &p, 1, &options), PV_ERR_OPTION, cases[i].says);
    }
    CHECK_FAILS(pv_optim_append(&o, g, &p, &p, 1, &(pv_optim_options){.kind = PV_SGD}),
                PV_ERR_USAGE, "size is 0");
    pv_graph_free(g);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_graph_new(&g);
        if (status == PV_OK) {
            p = pv_param(g, "p", PV_SHAPE(2));
            const pv_optim_options adam = {.size = sizeof adam, .kind = PV_ADAM, .clip_norm = 1};
            status = pv_optim_append(&o, g, &p, &p, 1, &adam);
            if (status == PV_OK) pv_optim_clear(&o);
            pv_graph_free(g);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_by_its_formula),
        cmocka_unit_test(adam_by_its_formula),
        cmocka_unit_test(clipping),
        cmocka_unit_test(options_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
