#include "privet/optim.h"

#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    pv_optim_kind kind;
    const char *name;
} kinds[] = {{PV_SGD, "sgd"}, {PV_ADAM, "adam"}, {PV_ADAMW, "adamw"}};

pv_optim_kind pv_optim_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].kind;
    return 0;
}

const char *pv_optim_name(pv_optim_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind) return kinds[i].name;
    return NULL;
}

/* clip_grad_norm_: all gradients times min(1, limit / (norm + 1e-6)) */
pv_status pv_clip_norm(pv_graph *g, const pv_node *grad, int n, double limit, pv_node *clipped)
{
    pv_node total = PV_NONE;
    for (int i = 0; i < n; i++) {
        pv_node sum = pv_sum(g, pv_square(g, grad[i]), 0, 0);
        total = total == PV_NONE ? sum : pv_add(g, total, sum);
    }
    pv_node norm = pv_affine(g, pv_sqrt(g, total), 1.0, 1e-6);
    pv_node one = pv_const(g, 1.0, (pv_shape){0});
    pv_node factor = pv_min(g, pv_scale(g, pv_recip(g, norm), limit), one);
    for (int i = 0; i < n; i++) clipped[i] = pv_mul(g, grad[i], factor);
    return pv_graph_check(g);
}

pv_status pv_clip_value(pv_graph *g, const pv_node *grad, int n, double limit, pv_node *clipped)
{
    pv_node high = pv_const(g, limit, (pv_shape){0}), low = pv_const(g, -limit, (pv_shape){0});
    for (int i = 0; i < n; i++) clipped[i] = pv_max(g, pv_min(g, grad[i], high), low);
    return pv_graph_check(g);
}

static pv_status check_options(const pv_optim_options *o)
{
    if (o->size != sizeof *o)
        PV_FAIL(PV_ERR_USAGE, "pv_optim_options.size is %zu, %zu was expected", o->size, sizeof *o);
    if (pv_optim_name(o->kind) == NULL)
        PV_FAIL(PV_ERR_OPTION, "there is no optimiser number %d", (int)o->kind);
    if (!(o->momentum >= 0 && o->momentum < 1))
        PV_FAIL(PV_ERR_OPTION, "momentum is %g, from 0 to below 1 was expected", o->momentum);
    if (o->nesterov && o->momentum == 0)
        PV_FAIL(PV_ERR_OPTION, "nesterov needs a momentum above 0, such as 0.9");
    if (!(o->weight_decay >= 0 && isfinite(o->weight_decay)))
        PV_FAIL(PV_ERR_OPTION, "weight decay is %g, it must not be negative", o->weight_decay);
    if (!(o->beta1 >= 0 && o->beta1 < 1 && o->beta2 >= 0 && o->beta2 < 1 && o->eps >= 0))
        PV_FAIL(PV_ERR_OPTION,
                "beta1 %g and beta2 %g must lie from 0 to below 1, eps %g not below 0", o->beta1,
                o->beta2, o->eps);
    if (!(o->clip_norm >= 0 && o->clip_value >= 0))
        PV_FAIL(PV_ERR_OPTION, "clip norm %g and clip value %g must not be negative", o->clip_norm,
                o->clip_value);
    return PV_OK;
}

/* A parameter of the optimiser, of the shape of the parameter it serves. */
static pv_node add_state(pv_optim *o, pv_graph *g, pv_node param, const char *what)
{
    const pv_shape *shape = pv_node_shape(g, param);
    char name[256];
    snprintf(name, sizeof name, "%s.%s", pv_node_name(g, param), what);
    pv_node s = shape == NULL ? PV_NONE : pv_param(g, name, *shape);
    o->state[o->states++] = s;
    return s;
}

/* torch.optim.SGD */
static void sgd(pv_optim *o, pv_graph *g, pv_node p, pv_node grad)
{
    const pv_optim_options *s = &o->options;
    if (s->weight_decay > 0) grad = pv_add(g, grad, pv_scale(g, p, s->weight_decay));
    if (s->momentum > 0) {
        pv_node buffer = add_state(o, g, p, "momentum");
        pv_node moved = pv_add(g, pv_scale(g, buffer, s->momentum), grad);
        pv_assign(g, buffer, moved);
        grad = s->nesterov ? pv_add(g, grad, pv_scale(g, moved, s->momentum)) : moved;
    }
    pv_assign(g, p, pv_sub(g, p, pv_mul(g, grad, o->lr)));
}

/* torch.optim.Adam and AdamW (Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019,
 * algorithm 2) */
static void adam(pv_optim *o, pv_graph *g, pv_node p, pv_node grad)
{
    const pv_optim_options *s = &o->options;
    pv_node start = p;
    if (s->weight_decay > 0 && s->kind == PV_ADAM)
        grad = pv_add(g, grad, pv_scale(g, p, s->weight_decay));
    if (s->weight_decay > 0 && s->kind == PV_ADAMW)
        start = pv_mul(g, p, pv_affine(g, o->lr, -s->weight_decay, 1.0));
    pv_node m = add_state(o, g, p, "exp_avg"), v = add_state(o, g, p, "exp_avg_sq");
    pv_node m1 = pv_add(g, pv_scale(g, m, s->beta1), pv_scale(g, grad, 1 - s->beta1));
    pv_node v1 = pv_add(g, pv_scale(g, v, s->beta2), pv_scale(g, pv_square(g, grad), 1 - s->beta2));
    pv_assign(g, m, m1);
    pv_assign(g, v, v1);
    pv_node root = pv_affine(g, pv_mul(g, pv_sqrt(g, v1), o->correction[1]), 1.0, s->eps);
    pv_node rate = pv_mul(g, o->lr, o->correction[0]);
    pv_assign(g, p, pv_sub(g, start, pv_mul(g, pv_div(g, m1, root), rate)));
}

pv_status pv_optim_append(pv_optim *o, pv_graph *g, const pv_node *param, const pv_node *grad,
                          int n, const pv_optim_options *options)
{
    pv_status status = PV_OK;
    pv_node *clipped = NULL;
    *o = (pv_optim){.lr = PV_NONE, .correction = {PV_NONE, PV_NONE}};
    PV_TRY(check_options(options));
    o->options = *options;
    if (o->options.beta1 == 0) o->options.beta1 = 0.9;
    if (o->options.beta2 == 0) o->options.beta2 = 0.999;
    if (o->options.eps == 0) o->options.eps = 1e-8;
    o->state = pv_alloc(2 * (size_t)n, sizeof *o->state);
    clipped = pv_alloc((size_t)n, sizeof *clipped);
    if (o->state == NULL || clipped == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for an optimiser of %d parameters", n);
    o->lr = pv_input(g, "optim.lr", (pv_shape){0});
    if (o->options.kind != PV_SGD) {
        o->correction[0] = pv_input(g, "optim.correction1", (pv_shape){0});
        o->correction[1] = pv_input(g, "optim.correction2", (pv_shape){0});
    }
    memcpy(clipped, grad, (size_t)n * sizeof *clipped);
    if (options->clip_value > 0)
        PV_TRY_GOTO(pv_clip_value(g, clipped, n, options->clip_value, clipped));
    if (options->clip_norm > 0 && n > 0)
        PV_TRY_GOTO(pv_clip_norm(g, clipped, n, options->clip_norm, clipped));
    for (int i = 0; i < n; i++)
        (o->options.kind == PV_SGD ? sgd : adam)(o, g, param[i], clipped[i]);
    PV_TRY_GOTO(pv_graph_check(g));
done:
    pv_free(clipped);
    if (status != PV_OK) pv_optim_clear(o);
    return status;
}

void pv_optim_clear(pv_optim *o)
{
    pv_free(o->state);
    *o = (pv_optim){.lr = PV_NONE, .correction = {PV_NONE, PV_NONE}};
}

pv_status pv_optim_set(const pv_optim *o, pv_plan *plan, int64_t step, double lr)
{
    const pv_optim_options *s = &o->options;
    PV_TRY(pv_plan_write(plan, o->lr, &lr, PV_F64));
    if (s->kind == PV_SGD) return PV_OK;
    double t = (double)(step + 1), first = 1 / (1 - pow(s->beta1, t)),
           second = 1 / sqrt(1 - pow(s->beta2, t));
    PV_TRY(pv_plan_write(plan, o->correction[0], &first, PV_F64));
    return pv_plan_write(plan, o->correction[1], &second, PV_F64);
}
