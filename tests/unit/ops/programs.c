/* Random programs: graphs of a few dozen random operations with gradients, gradients of gradients
 * and assignments, run for some steps by both backends and by the interpreter. A plan must give
 * what the plainest execution gives, whatever it left out, fused, reordered or put in the same
 * memory. PV_TEST_SEED=n draws other programs. */
#include "derive.h"
#include "interpret.h"

#include <math.h>
#include <stdio.h>

enum { PROGRAMS = 300, NODES = 24, STEPS = 3, OUTPUTS = 40 };
static const double REFERENCE = 1e-12, FAST = 1e-3;

typedef struct program {
    draw d;
    int smooth;          /* only operations without kinks, so that float32 stays close */
    pv_node pool[NODES]; /* what operations choose from */
    int pooled;
    pv_node param[3];
    pv_node output[OUTPUTS];
    int outputs;
} program;

static pv_node any(program *p)
{
    return p->pool[draw_int(&p->d, 0, p->pooled - 1)];
}

static pv_node unary(program *p, pv_node x)
{
    pv_graph *g = p->d.g;
    switch (draw_int(&p->d, 0, p->smooth ? 10 : 14)) {
    case 0:
        return pv_affine(g, x, 0.5, 0.25);
    case 1:
        return pv_tanh(g, x);
    case 2:
        return pv_sigmoid(g, x);
    case 3:
        return pv_softplus(g, x);
    case 4:
        return pv_gelu(g, x);
    case 5:
        return pv_exp(g, pv_neg(g, pv_square(g, x)));
    case 6:
        return pv_recip(g, pv_affine(g, pv_square(g, x), 1.0, 1.0));
    case 7:
        return pv_rsqrt(g, pv_affine(g, pv_square(g, x), 1.0, 1.0));
    case 8:
        return pv_log1p(g, pv_square(g, x));
    case 9:
        return pv_detach(g, x);
    case 10:
        return pv_dropout(g, x, 0.3, 5);
    case 11:
        return pv_relu(g, x);
    case 12:
        return pv_abs(g, x);
    case 13:
        return pv_leaky_relu(g, x, 0.2);
    default:
        return pv_mul(g, x, pv_step(g, x));
    }
}

static pv_node binary(program *p, pv_node a, pv_node b)
{
    pv_graph *g = p->d.g;
    switch (draw_int(&p->d, 0, p->smooth ? 3 : 6)) {
    case 0:
        return pv_add(g, a, b);
    case 1:
        return pv_sub(g, a, b);
    case 2:
        return pv_mul(g, pv_tanh(g, a), b);
    case 3:
        return pv_div(g, a, pv_affine(g, pv_square(g, b), 1.0, 1.0));
    case 4:
        return pv_max(g, a, b);
    case 5:
        return pv_min(g, a, b);
    default:
        return pv_select(g, pv_greater(g, a, b), b, pv_scale(g, a, 0.5));
    }
}

/* x in another form. */
static pv_node reshaped(program *p, pv_node x)
{
    pv_graph *g = p->d.g;
    pv_shape s = *pv_node_shape(g, x);
    int last = s.ndim - 1, axis[PV_MAX_DIMS];
    if (s.ndim == 0) return pv_broadcast(g, x, PV_SHAPE(2, 3));
    int64_t half = (s.dim[last] + 1) / 2, begin[PV_MAX_DIMS] = {0};
    switch (draw_int(&p->d, 0, 6)) {
    case 0:
        return pv_reshape(g, x, PV_SHAPE(pv_shape_count(&s)));
    case 1:
        for (int k = 0; k < s.ndim; k++) axis[k] = last - k;
        return pv_permute(g, x, s.ndim, axis);
    case 2:
        return pv_slice_axis(g, x, last, s.dim[last] - half, s.dim[last]);
    case 3:
        begin[last] = draw_int(&p->d, 0, 1);
        s.dim[last] += 1;
        return pv_pad(g, x, begin, s);
    case 4:
        return pv_concat(g, (pv_node[]){x, pv_scale(g, x, -1.0)}, 2, (int)draw_int(&p->d, 0, last));
    case 5:
        return pv_softmax(g, x);
    default:
        return pv_log_softmax(g, x);
    }
}

static pv_node reduced(program *p, pv_node x)
{
    pv_graph *g = p->d.g;
    uint32_t axes = (uint32_t)draw_int(&p->d, 0, (1 << pv_node_shape(g, x)->ndim) - 1);
    int keep = (int)draw_int(&p->d, 0, 1);
    if (!p->smooth && draw_int(&p->d, 0, 1)) return pv_reduce_max(g, x, axes, keep);
    return pv_mean(g, x, axes, keep);
}

/* Operations that ask for a number of dimensions. */
static pv_node product(program *p, pv_node x)
{
    pv_graph *g = p->d.g;
    pv_shape s = *pv_node_shape(g, x);
    if (s.ndim == 4 && s.dim[1] >= 2 && s.dim[2] >= 2) {
        const pv_pool_options two = {.kernel = {2, 2}, .stride = {1, 1}};
        pv_node w = draw_normal(&p->d, PV_SHAPE(2, 2, 2, s.dim[3]));
        switch (draw_int(&p->d, 0, p->smooth ? 2 : 3)) {
        case 0:
            return pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.pad = {1, 1}, .stride = {2, 2}});
        case 1:
            return pv_avgpool(g, x, two);
        case 2:
            return pv_batch_norm(g, x, PV_NONE, PV_NONE, 0.1, NULL, NULL);
        default:
            return pv_maxpool(g, x, two);
        }
    }
    if (s.ndim >= 2) return pv_matmul(g, pv_tanh(g, x), x, 0, 1);
    return s.ndim == 1 ? pv_layer_norm(g, x, PV_NONE, PV_NONE, 0.1) : pv_tanh(g, x);
}

/* Do the shapes broadcast? */
static int fit(const pv_graph *g, pv_node a, pv_node b)
{
    const pv_shape *s = pv_node_shape(g, a), *t = pv_node_shape(g, b);
    for (int i = 1; i <= s->ndim && i <= t->ndim; i++) {
        int64_t m = s->dim[s->ndim - i], n = t->dim[t->ndim - i];
        if (m != n && m != 1 && n != 1) return 0;
    }
    return 1;
}

static pv_node step(program *p)
{
    pv_node a = any(p), b = any(p);
    int64_t kind = draw_int(&p->d, 0, 9);
    if (kind < 4) return unary(p, a);
    if (kind < 7 && fit(p->d.g, a, b)) return binary(p, a, b);
    if (kind == 7) return reshaped(p, a);
    if (kind == 8) return reduced(p, a);
    return p->d.count < DRAW_INPUTS - 1 ? product(p, a) : unary(p, a);
}

static void add_output(program *p, pv_node x)
{
    if (p->outputs < OUTPUTS) p->output[p->outputs++] = x;
}

static void build(program *p, uint64_t number)
{
    draw_begin(&p->d, derive_seed(), number);
    pv_graph *g = p->d.g;
    pv_node gradient[3], loss, sum;
    p->smooth = number % 2 == 0;
    p->pool[p->pooled++] = p->param[0] = draw_param(&p->d, PV_SHAPE(2, 3));
    p->pool[p->pooled++] = p->param[1] = draw_param(&p->d, PV_SHAPE(3));
    p->pool[p->pooled++] = p->param[2] = draw_param(&p->d, PV_SHAPE(2, 4, 4, 3));
    p->pool[p->pooled++] = draw_normal(&p->d, PV_SHAPE(4, 1, 3));
    while (p->pooled < NODES) {
        pv_node x = step(p);
        CHECK_OK(pv_graph_check(g));
        if (pv_shape_count(pv_node_shape(g, x)) > 400) continue;
        p->pool[p->pooled++] = x;
    }
    loss = pv_const(g, 0.0, (pv_shape){0});
    for (int i = 0; i < 4; i++) loss = pv_add(g, loss, pv_mean(g, pv_square(g, any(p)), 0, 0));
    add_output(p, loss);
    CHECK_OK(pv_grad(g, &loss, NULL, 1, p->param, 3, gradient));
    sum = pv_const(g, 0.0, (pv_shape){0});
    for (int i = 0; i < 3; i++) {
        add_output(p, gradient[i]);
        sum = pv_add(g, sum, pv_sum(g, pv_square(g, gradient[i]), 0, 0));
        /* tanh keeps the numbers small, whatever the program is */
        pv_node moved = pv_sub(g, p->param[i], pv_scale(g, gradient[i], 0.01));
        pv_assign(g, p->param[i], pv_tanh(g, moved));
    }
    CHECK_OK(pv_grad(g, &sum, NULL, 1, p->param, 3, gradient));
    for (int i = 0; i < 3; i++) add_output(p, gradient[i]);
    for (int i = 0; i < 4; i++) add_output(p, any(p));
    CHECK_OK(pv_graph_check(g));
}

/* max|a-b| / max(1, max|b|) */
static double difference(const pv_plan *plan, interpreter *t, pv_node x)
{
    enum { MOST = 512 };
    double got[MOST], worst = 0.0, scale = 1.0;
    const double *want = interpreter_real(t, x);
    int64_t n = pv_shape_count(&t->g->node[x].shape);
    assert_true(n <= MOST);
    CHECK_OK(pv_plan_read(plan, x, got, PV_F64));
    for (int64_t i = 0; i < n; i++) {
        double e = fabs(got[i] - want[i]);
        worst = e <= worst ? worst : e; /* NaN is the worst */
        scale = fmax(scale, fabs(want[i]));
    }
    return worst / scale;
}

/* The largest difference between a backend and the interpreter over some steps. */
static double program_difference(program *p, pv_backend_kind kind)
{
    interpreter t;
    pv_plan *plan = NULL;
    double worst = 0.0;
    CHECK_OK(pv_compile(
        &plan, p->d.g, p->output, p->outputs,
        &(pv_plan_options){.size = sizeof(pv_plan_options), .backend = kind, .seed = 11}));
    interpreter_begin(&t, p->d.g, 11);
    for (int i = 0; i < p->d.count; i++) {
        const draw_input *in = &p->d.input[i];
        for (int64_t k = 0; k < in->count; k++) interpreter_real(&t, in->node)[k] = in->value[k];
        /* What nothing needs is not in the plan. */
        if (pv_plan_write(plan, in->node, in->value, PV_F64) != PV_OK) pv_trail_clear();
    }
    for (int s = 0; s < STEPS; s++) {
        CHECK_OK(pv_run(plan));
        interpreter_run(&t);
        for (int i = 0; i < p->outputs; i++) {
            double e = difference(plan, &t, p->output[i]);
            worst = e <= worst ? worst : e;
        }
    }
    pv_plan_free(plan);
    interpreter_end(&t);
    return worst;
}

static void plans_give_what_programs_say(pv_backend_kind kind, double tolerance)
{
    double worst = 0.0;
    int wrong = 0;
    for (uint64_t i = 0; i < PROGRAMS; i++) {
        program p = {0};
        build(&p, i);
        double e = kind == PV_BACKEND_REF || p.smooth ? program_difference(&p, kind) : 0.0;
        if (!(e <= worst)) worst = e;
        if (!(e <= tolerance)) {
            wrong++;
            print_error("program %d: off by %.3g (PV_TEST_SEED=%llu)\n", (int)i, e,
                        (unsigned long long)derive_seed());
        }
        draw_end(&p.d);
    }
    print_message("%d programs, largest difference %.1e\n", PROGRAMS, worst);
    assert_int_equal(wrong, 0);
}

static void reference_plans(void **state)
{
    (void)state;
    plans_give_what_programs_say(PV_BACKEND_REF, REFERENCE);
}

static void fast_plans(void **state)
{
    (void)state;
    plans_give_what_programs_say(PV_BACKEND_FAST, FAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_plans),
        cmocka_unit_test(fast_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
