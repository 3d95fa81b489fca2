#include "derive.h"

#include <stdlib.h>

const op_cases *const all_cases[] = {&cases_elementwise, &cases_shape, &cases_reduce,
                                     &cases_product,     &cases_image, &cases_layer,
                                     &cases_large};
const int all_cases_count = sizeof all_cases / sizeof all_cases[0];

int derive_is_real(const derived *c, int input)
{
    return pv_node_dtype(c->d.g, c->d.input[input].node) != PV_I32;
}

void derive_build(derived *c, const op_case *what, uint64_t seed, uint64_t number)
{
    draw *d = &c->d;
    pv_node x[DRAW_INPUTS], gx[DRAW_INPUTS];
    int n = 0;
    draw_begin(d, seed, number);
    c->y = what->build(d);
    CHECK_OK(pv_graph_check(d->g));
    c->nodes = pv_graph_size(d->g);

    for (int i = 0; i < d->count; i++)
        if (derive_is_real(c, i)) x[n++] = d->input[i].node;
    pv_node u = draw_normal(d, *pv_node_shape(d->g, c->y));
    c->f = pv_sum(d->g, pv_mul(d->g, u, c->y), 0, 0);
    CHECK_OK(pv_grad(d->g, &c->y, &u, 1, x, n, gx));
    c->s = pv_const(d->g, 0.0, (pv_shape){0});
    for (int i = 0, k = 0; i < d->count; i++) {
        int wanted = i < d->count - 1 && derive_is_real(c, i);
        c->first[i] = wanted ? gx[k++] : PV_NONE;
        if (wanted) c->s = pv_add(d->g, c->s, pv_sum(d->g, pv_square(d->g, c->first[i]), 0, 0));
    }
    x[n++] = u;
    CHECK_OK(pv_grad(d->g, &c->s, NULL, 1, x, n, gx));
    for (int i = 0, k = 0; i < d->count; i++)
        c->second[i] = derive_is_real(c, i) ? gx[k++] : PV_NONE;
    CHECK_OK(pv_graph_check(d->g));
}

void derive_clear(derived *c)
{
    draw_end(&c->d);
}

pv_plan *derive_compile(const derived *c, pv_backend_kind kind, int derivatives)
{
    pv_node output[3 + 2 * DRAW_INPUTS] = {c->f, c->s};
    pv_plan *plan = NULL;
    int n = 2;
    if (derivatives) output[n++] = c->y;
    for (int i = 0; derivatives && i < c->d.count; i++) {
        if (c->first[i] != PV_NONE) output[n++] = c->first[i];
        if (c->second[i] != PV_NONE) output[n++] = c->second[i];
    }
    CHECK_OK(pv_compile(
        &plan, c->d.g, output, n,
        &(pv_plan_options){.size = sizeof(pv_plan_options), .backend = kind, .threads = 2}));
    return plan;
}

void derive_write(const derived *c, pv_plan *plan, int input)
{
    enum { MOST = 256 };
    const draw_input *in = &c->d.input[input];
    if (derive_is_real(c, input)) {
        CHECK_OK(pv_plan_write(plan, in->node, in->value, PV_F64));
        return;
    }
    int32_t index[MOST];
    assert_true(in->count <= MOST);
    for (int64_t k = 0; k < in->count; k++) index[k] = (int32_t)in->value[k];
    CHECK_OK(pv_plan_write(plan, in->node, index, PV_I32));
}

void derive_write_all(const derived *c, pv_plan *plan)
{
    for (int i = 0; i < c->d.count; i++) derive_write(c, plan, i);
}

void derive_run(pv_plan *plan)
{
    pv_plan_set_step(plan, 0);
    CHECK_OK(pv_run(plan));
}

uint64_t derive_seed(void)
{
    const char *text = getenv("PV_TEST_SEED");
    return text == NULL ? 1 : strtoull(text, NULL, 10);
}
