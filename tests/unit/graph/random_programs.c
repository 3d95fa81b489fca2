/* Random programs, built twice: with simplification and without. Values and gradients must agree.
 */
#include "unit/graph/expect.h"

#include "privet/plan.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>

enum { PROGRAMS = 2000, STEPS = 14, VALUES = STEPS + 4, MAX_COUNT = 400 };

/* The same values in two graphs. */
typedef struct program {
    pv_rng r;
    pv_graph *simple, *plain;
    pv_node in_simple[VALUES], in_plain[VALUES];
    int n;
} program;

static int pick(program *p, int n)
{
    return (int)pv_rng_below(&p->r, (uint64_t)n);
}

static double pick_number(program *p)
{
    static const double number[] = {-2, -1, 0, 0, 1, 1, 0.5, 3};
    return number[pick(p, (int)(sizeof number / sizeof *number))];
}

static const pv_shape *shape_of(const program *p, int v)
{
    return pv_node_shape(p->plain, p->in_plain[v]);
}

/* Adds a step whose inputs are given as values. */
static void add(program *p, pv_graph_node n)
{
    pv_graph_node m = n;
    if (pv_shape_count(&n.shape) > MAX_COUNT) return;
    for (int k = 0; k < n.nin; k++) {
        m.in[k] = p->in_simple[n.in[k]];
        n.in[k] = p->in_plain[n.in[k]];
    }
    p->in_simple[p->n] = pv_graph_append(p->simple, &m);
    p->in_plain[p->n] = pv_graph_push(p->plain, &n);
    assert_true(p->in_simple[p->n] != PV_NONE && p->in_plain[p->n] != PV_NONE);
    p->n++;
}

static void add_input(program *p, const char *name, pv_shape shape)
{
    p->in_simple[p->n] = pv_input(p->simple, name, shape);
    p->in_plain[p->n++] = pv_input(p->plain, name, shape);
}

/* A value with the shape of v, perhaps v itself. */
static int another_like(program *p, int v)
{
    int w = pick(p, p->n);
    for (int i = 0; i < p->n; i++, w = (w + 1) % p->n)
        if (pv_shape_equal(shape_of(p, v), shape_of(p, w))) return w;
    return v;
}

static void add_elementwise(program *p, int v)
{
    static const pv_op unary[] = {PV_OP_AFFINE, PV_OP_AFFINE, PV_OP_AFFINE, PV_OP_RELU,
                                  PV_OP_DETACH, PV_OP_ABS,    PV_OP_POW,    PV_OP_TANH};
    pv_graph_node n = pv_graph_node_of(unary[pick(p, 8)], 1, v, 0, 0);
    n.shape = *shape_of(p, v);
    if (n.op == PV_OP_AFFINE) {
        n.attr.scale = pick_number(p);
        n.attr.shift = pick_number(p);
    }
    if (n.op == PV_OP_POW) n.attr.value = pick(p, 4);
    add(p, n);
}

static void add_combination(program *p, int v)
{
    static const pv_op op[] = {PV_OP_ADD, PV_OP_SUB, PV_OP_MUL, PV_OP_MAX, PV_OP_MIN, PV_OP_SELECT};
    const int b = another_like(p, v), c = another_like(p, v), o = pick(p, 6);
    pv_graph_node n = pv_graph_node_of(op[o], op[o] == PV_OP_SELECT ? 3 : 2, v, b, c);
    n.shape = *shape_of(p, v);
    add(p, n);
}

/* v combined with a new constant, on either side; never a division by what may be zero. */
static void add_with_constant(program *p, int v)
{
    static const pv_op op[] = {PV_OP_ADD, PV_OP_SUB, PV_OP_MUL, PV_OP_DIV};
    pv_graph_node c = pv_graph_node_of(PV_OP_CONST, 0, 0, 0, 0);
    c.shape = *shape_of(p, v);
    c.attr.value = pick_number(p);
    add(p, c);
    const int o = pick(p, c.attr.value != 0 ? 4 : 3), first = o < 3 && pick(p, 2);
    pv_graph_node n = pv_graph_node_of(op[o], 2, first ? p->n - 1 : v, first ? v : p->n - 1, 0);
    n.shape = c.shape;
    add(p, n);
}

static void add_permute(program *p, int v)
{
    pv_graph_node n = pv_graph_node_of(PV_OP_PERMUTE, 1, v, 0, 0);
    const pv_shape from = *shape_of(p, v);
    n.shape = from;
    for (int i = 0; i < from.ndim; i++) n.attr.axis[i] = i;
    for (int i = from.ndim - 1; i > 0; i--) {
        int j = pick(p, i + 1), kept = n.attr.axis[i];
        n.attr.axis[i] = n.attr.axis[j];
        n.attr.axis[j] = kept;
    }
    for (int i = 0; i < from.ndim; i++) n.shape.dim[i] = from.dim[n.attr.axis[i]];
    add(p, n);
}

/* To one dimension, or to the shape of another value that has as many elements. */
static void add_reshape(program *p, int v)
{
    pv_graph_node n = pv_graph_node_of(PV_OP_RESHAPE, 1, v, 0, 0);
    const int w = pick(p, p->n);
    n.shape = PV_SHAPE(pv_shape_count(shape_of(p, v)));
    if (pv_shape_count(shape_of(p, w)) == n.shape.dim[0]) n.shape = *shape_of(p, w);
    add(p, n);
}

static void add_block(program *p, int v, pv_op op)
{
    pv_graph_node n = pv_graph_node_of(op, 1, v, 0, 0);
    n.shape = *shape_of(p, v);
    for (int i = 0; i < n.shape.ndim; i++) {
        if (op == PV_OP_SLICE) {
            n.attr.begin[i] = pick(p, (int)n.shape.dim[i] < 2 ? 1 : 2);
            n.shape.dim[i] -= n.attr.begin[i];
            if (n.shape.dim[i] > 1) n.shape.dim[i] -= pick(p, 2);
        } else {
            n.attr.begin[i] = pick(p, 2);
            n.shape.dim[i] += n.attr.begin[i] + pick(p, 2);
        }
    }
    add(p, n);
}

static void add_broadcast(program *p, int v)
{
    pv_graph_node n = pv_graph_node_of(PV_OP_BROADCAST, 1, v, 0, 0);
    n.shape = *shape_of(p, v);
    for (int i = 0; i < n.shape.ndim; i++)
        if (n.shape.dim[i] == 1) n.shape.dim[i] += pick(p, 3);
    add(p, n);
}

static void add_sum(program *p, int v)
{
    pv_graph_node n = pv_graph_node_of(PV_OP_SUM, 1, v, 0, 0);
    n.shape = *shape_of(p, v);
    for (int i = 0; i < n.shape.ndim; i++) {
        if (pick(p, 2)) continue;
        n.attr.axes |= 1u << i;
        n.shape.dim[i] = 1;
    }
    if (n.attr.axes != 0) add(p, n);
}

static void add_step(program *p)
{
    const int v = p->n - 1 - pick(p, pick(p, 3) == 0 ? p->n : 2); /* mostly what was just made */
    switch (pick(p, 11)) {
    case 0:
    case 1:
        add_elementwise(p, v);
        break;
    case 2:
        add_combination(p, v);
        break;
    case 3:
        add_with_constant(p, v);
        break;
    case 4:
        add_permute(p, v);
        break;
    case 5:
        add_reshape(p, v);
        break;
    case 6:
        add_block(p, v, PV_OP_SLICE);
        break;
    case 7:
        add_block(p, v, PV_OP_PAD);
        break;
    case 8:
    case 9:
        add_broadcast(p, v);
        break;
    default:
        add_sum(p, v);
    }
}

/* Every value and the gradients of the last: what compile and run need, and its results. */
typedef struct result {
    pv_node out[VALUES + 2];
    double *value[VALUES + 2];
} result;

static void run(const program *p, pv_graph *g, const pv_node *node, result *r)
{
    pv_plan *plan = NULL;
    double x[MAX_COUNT], z[MAX_COUNT];
    pv_rng numbers = pv_rng_fork(&p->r, 1);
    pv_node last = node[p->n - 1];
    const pv_node inputs[] = {node[0], node[1]};
    /* eighths: sums and small products of them are exact, so that both ways see the same ties */
    for (int i = 0; i < MAX_COUNT; i++) x[i] = (double)pv_rng_below(&numbers, 33) / 8 - 2;
    for (int i = 0; i < MAX_COUNT; i++) z[i] = (double)pv_rng_below(&numbers, 33) / 8 - 2;
    memcpy(r->out, node, (size_t)p->n * sizeof *node);
    assert_int_equal(pv_grad(g, &last, NULL, 1, inputs, 2, r->out + p->n), PV_OK);
    pv_plan_options options = {.size = sizeof options, .backend = PV_BACKEND_REF};
    assert_int_equal(pv_compile(&plan, g, r->out, p->n + 2, &options), PV_OK);
    assert_int_equal(pv_plan_write(plan, node[0], x, PV_F64), PV_OK);
    assert_int_equal(pv_plan_write(plan, node[1], z, PV_F64), PV_OK);
    assert_int_equal(pv_run(plan), PV_OK);
    for (int i = 0; i < p->n + 2; i++) {
        r->value[i] = calloc((size_t)pv_shape_count(pv_node_shape(g, r->out[i])), sizeof(double));
        assert_non_null(r->value[i]);
        assert_int_equal(pv_plan_read(plan, r->out[i], r->value[i], PV_F64), PV_OK);
    }
    pv_plan_free(plan);
}

static int agree(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

/* Returns 0 and says where when a value differs. Beyond 1e6 rounding differs too, and is no news.
 */
static int compare(const program *p, const result *a, const result *b)
{
    for (int i = 0; i < p->n + 2; i++) {
        const pv_shape *s = pv_node_shape(p->plain, b->out[i]);
        if (!pv_shape_equal(s, pv_node_shape(p->simple, a->out[i]))) {
            print_error("value %d has another shape\n", i);
            return 0;
        }
        double largest = 0;
        const int64_t n = pv_shape_count(s);
        for (int64_t k = 0; k < n; k++) largest = fmax(largest, fabs(b->value[i][k]));
        for (int64_t k = 0; k < n && largest < 1e6; k++) {
            if (agree(a->value[i][k], b->value[i][k])) continue;
            print_error("value %d[%lld]: %.17g simplified, %.17g plain\n", i, (long long)k,
                        a->value[i][k], b->value[i][k]);
            return 0;
        }
        if (!(largest < 1e6)) return 1;
    }
    return 1;
}

static int one_program(uint64_t seed, size_t *saved)
{
    program p = {.r = pv_rng_make(seed, PV_STREAM_TEST)};
    result simple, plain;
    p.simple = new_graph();
    p.plain = new_graph();
    add_input(&p, "x", PV_SHAPE(2, 1, 3));
    add_input(&p, "z", PV_SHAPE(2, 1, 3));
    while (p.n < STEPS + 2) add_step(&p);
    run(&p, p.simple, p.in_simple, &simple);
    run(&p, p.plain, p.in_plain, &plain);
    int right = compare(&p, &simple, &plain);
    if (!right) {
        pv_graph_print(p.plain, stderr);
        fprintf(stderr, "simplified:\n");
        pv_graph_print(p.simple, stderr);
    }
    for (int v = 0; v < p.n; v++) *saved += p.in_simple[v] < p.in_plain[v];
    for (int i = 0; i < p.n + 2; i++) {
        free(simple.value[i]);
        free(plain.value[i]);
    }
    pv_graph_free(p.simple);
    pv_graph_free(p.plain);
    return right;
}

static void simplified_programs_mean_the_same(void **state)
{
    (void)state;
    size_t saved = 0;
    for (uint64_t seed = 0; seed < PROGRAMS; seed++)
        if (!one_program(seed, &saved)) fail_msg("seed %llu", (unsigned long long)seed);
    assert_true(saved > PROGRAMS); /* there was something to simplify */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(simplified_programs_mean_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
