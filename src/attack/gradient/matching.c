#include "attack/gradient/matching.h"

#include "base/mem.h"
#include "nn/stages.h"
#include <math.h>
#include <stdio.h>

/* mean |differences| along axis of x [n,h,w,c]; PV_NONE when there are none. */
static pv_node roughness(pv_graph *g, pv_node x, int axis)
{
    int64_t n = pv_node_shape(g, x)->dim[axis];
    if (n < 2) return PV_NONE;
    pv_node step = pv_sub(g, pv_slice_axis(g, x, axis, 1, n), pv_slice_axis(g, x, axis, 0, n - 1));
    return pv_mean(g, pv_abs(g, step), 0, 0);
}

static pv_node add_variation(pv_graph *g, pv_node value, pv_node x, double tv)
{
    for (int axis = 1; axis <= 2; axis++) {
        pv_node part = roughness(g, x, axis);
        if (part != PV_NONE) value = pv_add(g, value, pv_scale(g, part, tv));
    }
    return value;
}

/* The sum over all weights of square(gradient * factor - target), each parameter's times its share
 * when parameters count alike. */
static pv_node distance(pv_matching *m, const pv_node *gradient, pv_node factor)
{
    pv_graph *g = m->graph;
    pv_node sum = PV_NONE;
    for (int i = 0; i < m->weights; i++) {
        pv_node own = factor == PV_NONE ? gradient[i] : pv_mul(g, gradient[i], factor);
        pv_node part = pv_sum(g, pv_square(g, pv_sub(g, own, m->target[i])), 0, 0);
        if (m->options.match == PV_MATCH_LAYERS) {
            char name[32];
            snprintf(name, sizeof name, "share.%d", i);
            m->share[i] = pv_param(g, name, (pv_shape){0});
            part = pv_mul(g, part, m->share[i]);
        }
        sum = i == 0 ? part : pv_add(g, sum, part);
    }
    return sum;
}

static pv_node match(pv_matching *m, const pv_node *gradient)
{
    pv_graph *g = m->graph;
    if (m->options.match != PV_MATCH_COSINE) return distance(m, gradient, PV_NONE);
    pv_node sum = PV_NONE;
    for (int i = 0; i < m->weights; i++) {
        pv_node part = pv_sum(g, pv_square(g, gradient[i]), 0, 0);
        sum = i == 0 ? part : pv_add(g, sum, part);
    }
    return pv_scale(g, distance(m, gradient, pv_rsqrt(g, sum)), 0.5);
}

/* The parameters that training moves, and where their given gradients go. */
static pv_status collect(pv_matching *m, const pv_model *model, pv_node *node)
{
    for (int i = 0; i < m->nodes.params; i++) {
        char name[128];
        if (pv_model_param_is_state(model, i)) continue;
        node[m->weights] = m->nodes.param[i];
        snprintf(name, sizeof name, "given.%.100s", pv_model_param_name(model, i));
        m->target[m->weights] =
            pv_param(m->graph, name, *pv_node_shape(m->graph, m->nodes.param[i]));
        m->weight[m->weights++] = i;
    }
    return pv_graph_check(m->graph);
}

static pv_status build(pv_matching *m, const pv_model *model)
{
    pv_graph *g = m->graph;
    pv_status status = PV_OK;
    pv_model_domain domain = pv_model_what(model);
    int64_t batch = m->options.batch;
    pv_shape shape = domain.sample;
    for (int i = shape.ndim++; i > 0; i--) shape.dim[i] = shape.dim[i - 1];
    shape.dim[0] = batch;
    m->x = pv_input(g, "dummy", shape);
    m->label = pv_input(g, "dummy.label", PV_SHAPE(batch, domain.classes));
    PV_TRY(pv_model_check_alone(model));
    PV_TRY(pv_model_build(model, g, batch, 1, m->x, &m->nodes));
    size_t params = (size_t)m->nodes.params;
    m->weight = pv_calloc(params, sizeof *m->weight);
    m->target = pv_calloc(2 * params, sizeof *m->target);
    pv_node *node = pv_calloc(2 * params + 1, sizeof *node), *gradient = node + params;
    if (m->weight == NULL || m->target == NULL || node == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the gradients of %zu parameters", params);
    m->share = m->target + params;
    PV_TRY_GOTO(collect(m, model, node));
    pv_node target = m->options.joint ? pv_softmax(g, m->label) : m->label;
    pv_node loss = pv_cross_entropy(g, m->nodes.logits, target);
    PV_TRY_GOTO(pv_grad(g, &loss, NULL, 1, node, m->weights, gradient));
    m->value = match(m, gradient);
    if (m->options.tv > 0 && domain.kind == PV_DATA_IMAGE)
        m->value = add_variation(g, m->value, m->x, m->options.tv);
    pv_node variable[2] = {m->x, m->label};
    PV_TRY_GOTO(pv_grad(g, &m->value, NULL, 1, variable, 1 + m->options.joint, m->slope));
    PV_TRY_GOTO(pv_graph_check(g));
done:
    pv_free(node);
    return status;
}

pv_status pv_matching_init(pv_matching *m, const pv_model *model,
                           const pv_matching_options *options)
{
    pv_status status = PV_OK;
    pv_model_domain domain = pv_model_what(model);
    *m = (pv_matching){.options = *options, .scale = 1};
    if (domain.kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "the model %s reads tokens; gradients of its input, which this attack follows, are "
                "for images and tables",
                pv_model_name(model));
    m->samples = (size_t)(options->batch * pv_shape_count(&domain.sample));
    m->variables = m->samples + (options->joint ? (size_t)(options->batch * domain.classes) : 0);
    PV_TRY_GOTO(pv_graph_new(&m->graph));
    PV_TRY_GOTO(build(m, model));
    pv_plan_options plan = {.size = sizeof plan,
                            .backend = options->exact ? PV_BACKEND_REF : PV_BACKEND_FAST,
                            .threads = options->threads,
                            .seed = 1};
    pv_node out[3] = {m->value, m->slope[0], m->slope[1]};
    PV_TRY_GOTO(pv_compile(&m->plan, m->graph, out, 2 + options->joint, &plan));
done:
    if (status != PV_OK) pv_matching_clear(m);
    return status;
}

void pv_matching_clear(pv_matching *m)
{
    pv_plan_free(m->plan);
    pv_model_nodes_clear(&m->nodes);
    pv_graph_free(m->graph);
    pv_free(m->weight);
    pv_free(m->target);
    *m = (pv_matching){0};
}

pv_status pv_matching_set_weights(pv_matching *m, const float *const *values)
{
    for (int i = 0; i < m->nodes.params; i++)
        if (values[i] != NULL && pv_plan_has(m->plan, m->nodes.param[i]))
            PV_TRY(pv_plan_write(m->plan, m->nodes.param[i], values[i], PV_F32));
    return PV_OK;
}

static double square_sum(const float *v, int64_t n)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) sum += (double)v[k] * v[k];
    return sum;
}

static int64_t count_of(const pv_matching *m, int i)
{
    return pv_shape_count(pv_node_shape(m->graph, m->target[i]));
}

/* Values of node x of the plan, times factor. */
static void write_scaled(pv_matching *m, pv_node x, const float *value, int64_t n, double factor)
{
    pv_dtype dtype;
    void *at = pv_plan_data(m->plan, x, &dtype);
    if (dtype == PV_F64)
        for (int64_t k = 0; k < n; k++) ((double *)at)[k] = factor * value[k];
    else
        for (int64_t k = 0; k < n; k++) ((float *)at)[k] = (float)(factor * value[k]);
}

/* One over a parameter's own square norm; 0 where it has none, which no share of it would change.
 */
static pv_status set_shares(pv_matching *m, const float *const *values)
{
    for (int i = 0; i < m->weights; i++) {
        double square = square_sum(values[m->weight[i]], count_of(m, i));
        double share = square > 0 ? 1 / square : 0;
        PV_TRY(pv_plan_write(m->plan, m->share[i], &share, PV_F64));
    }
    return PV_OK;
}

pv_status pv_matching_set_target(pv_matching *m, const float *const *values)
{
    double square = 0;
    for (int i = 0; i < m->weights; i++) square += square_sum(values[m->weight[i]], count_of(m, i));
    if (!isfinite(square) || square <= 0)
        PV_FAIL(PV_ERR_RANGE, "the gradient is %s: there is nothing to match",
                square == 0 ? "zero everywhere" : "not finite");
    m->scale = 1;
    if (m->options.match == PV_MATCH_L2) m->scale = 1 / square;
    if (m->options.match == PV_MATCH_LAYERS) {
        m->scale = 1.0 / m->weights;
        PV_TRY(set_shares(m, values));
    }
    /* Written at norm 1 for the cosine, whose own side has norm 1 as well. */
    double factor = m->options.match == PV_MATCH_COSINE ? 1 / sqrt(square) : 1;
    for (int i = 0; i < m->weights; i++)
        write_scaled(m, m->target[i], values[m->weight[i]], count_of(m, i), factor);
    return PV_OK;
}

pv_status pv_matching_set_labels(pv_matching *m, const int32_t *label)
{
    int64_t classes = pv_node_shape(m->graph, m->label)->dim[1];
    pv_dtype dtype;
    void *at = pv_plan_data(m->plan, m->label, &dtype);
    for (int64_t n = 0; n < m->options.batch; n++) {
        if (label[n] < 0 || label[n] >= classes)
            PV_FAIL(PV_ERR_RANGE, "the label %d is outside 0..%d", (int)label[n], (int)classes - 1);
        for (int64_t k = 0; k < classes; k++) {
            if (dtype == PV_F64)
                ((double *)at)[n * classes + k] = k == label[n];
            else
                ((float *)at)[n * classes + k] = k == label[n];
        }
    }
    return PV_OK;
}

pv_status pv_matching_evaluate(void *matching, const double *v, double *value, double *slope)
{
    pv_matching *m = matching;
    m->evaluations++;
    PV_TRY(pv_plan_write(m->plan, m->x, v, PV_F64));
    if (m->options.joint) PV_TRY(pv_plan_write(m->plan, m->label, v + m->samples, PV_F64));
    pv_plan_set_step(m->plan, 0);
    PV_TRY(pv_run(m->plan));
    PV_TRY(pv_plan_read(m->plan, m->value, value, PV_F64));
    PV_TRY(pv_plan_read(m->plan, m->slope[0], slope, PV_F64));
    if (m->options.joint) PV_TRY(pv_plan_read(m->plan, m->slope[1], slope + m->samples, PV_F64));
    *value *= m->scale;
    for (size_t i = 0; i < m->variables; i++) slope[i] *= m->scale;
    return PV_OK;
}
