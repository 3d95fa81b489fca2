#include "run/cuts_i.h"

#include "nn/model_i.h"
#include <stdio.h>

static pv_status add_conv(pv_cuts *c, const pv_model *m, size_t at, int64_t stage,
                          const pv_shape *in, int64_t side, int64_t out_of_secret)
{
    const pv_layer *l = &m->layers.layer[at];
    int64_t groups = (int64_t)l->value[PV_CONV_GROUPS];
    pv_cuts_conv conv = {.stage = stage,
                         .kernel = (int64_t)l->value[PV_CONV_KERNEL],
                         .channels = (in->dim[3] - out_of_secret) / groups,
                         .stride = (int64_t)l->value[PV_CONV_STRIDE],
                         .kernels = (int64_t)l->value[PV_CONV_CHANNELS] / groups,
                         .side = side};
    snprintf(conv.layer, sizeof conv.layer, "%s", l->name);
    conv.count = pv_conv_count_of(conv.kernel, conv.channels, conv.stride, conv.kernels, side,
                                  (int64_t)l->value[PV_CONV_PAD]);
    PV_TRY(pv_grow((void **)&c->conv, &c->conv_cap, c->convs + 1, sizeof *c->conv));
    c->conv[c->convs++] = conv;
    return PV_OK;
}

/* A layer's output has its name in the graph, so what comes into the next is found by walking. */
pv_status pv_cuts_count_convs(pv_cuts *c, const pv_model *m, const pv_stages *s)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    pv_model_nodes nodes = {0};
    pv_node enters[PV_NESTING_MAX];
    size_t opened[PV_NESTING_MAX];
    int depth = 0;
    int64_t stage = 0;
    PV_TRY(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build(m, g, 1, 0, PV_NONE, &nodes));
    pv_node now = nodes.input;
    for (size_t i = 0; i < m->layers.count; i++) {
        const pv_layer *l = &m->layers.layer[i];
        while (stage < s->count && s->stage[stage].first <= i) stage++;
        if (l->kind == PV_LAYER_RESIDUAL) {
            enters[depth] = now;
            opened[depth++] = i;
        } else if (l->kind == PV_LAYER_SHORTCUT) {
            now = enters[depth - 1];
        } else if (l->kind == PV_LAYER_END) {
            now = pv_graph_find(g, m->layers.layer[opened[--depth]].name);
        } else {
            const pv_shape *in = pv_node_shape(g, now);
            int joined = i > 0 && m->layers.layer[i - 1].kind == PV_LAYER_SECRET;
            if (l->kind == PV_LAYER_CONV)
                PV_TRY_GOTO(add_conv(c, m, i, stage, in,
                                     in->dim[1] < in->dim[2] ? in->dim[1] : in->dim[2],
                                     joined ? (int64_t)m->layers.layer[i - 1].value[0] : 0));
            pv_node out = pv_graph_find(g, l->name);
            if (out != PV_NONE) now = out;
        }
    }
done:
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    return status;
}
