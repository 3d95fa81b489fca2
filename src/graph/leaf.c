#include "graph/graph_i.h"

#include <string.h>

static pv_node leaf(pv_graph *g, const char *builder, pv_op op, pv_dtype dtype, const char *name,
                    pv_shape shape)
{
    if (!pv_graph_takes_shape(g, builder, &shape)) return PV_NONE;
    if (name == NULL || name[0] == '\0')
        return pv_graph_fail(g, PV_ERR_USAGE, "%s: a name is needed, others find the node by it",
                             builder);
    pv_node other = pv_graph_find(g, name);
    if (other != PV_NONE)
        return pv_graph_fail(g, PV_ERR_USAGE, "%s: there is a node named \"%.60s\" already (%d)",
                             builder, name, (int)other);
    char *copy = pv_strdup(name);
    if (copy == NULL)
        return pv_graph_fail(g, PV_ERR_MEMORY, "%s: out of memory for a name", builder);
    pv_graph_node n = pv_graph_node_of(op, 0, 0, 0, 0);
    n.dtype = dtype;
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    n.name = copy;
    pv_node x = pv_graph_push(g, &n);
    pv_free(copy);
    return x;
}

pv_node pv_input(pv_graph *g, const char *name, pv_shape shape)
{
    return leaf(g, "pv_input", PV_OP_INPUT, PV_F32, name, shape);
}

pv_node pv_input_index(pv_graph *g, const char *name, pv_shape shape)
{
    return leaf(g, "pv_input_index", PV_OP_INPUT, PV_I32, name, shape);
}

pv_node pv_param(pv_graph *g, const char *name, pv_shape shape)
{
    return leaf(g, "pv_param", PV_OP_PARAM, PV_F32, name, shape);
}

pv_node pv_const(pv_graph *g, double value, pv_shape shape)
{
    if (!pv_graph_takes_shape(g, "pv_const", &shape)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_CONST, 0, 0, 0, 0);
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    n.attr.value = value;
    return pv_graph_append(g, &n);
}

pv_node pv_uniform(pv_graph *g, pv_shape shape, uint64_t stream)
{
    if (!pv_graph_takes_shape(g, "pv_uniform", &shape)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_UNIFORM, 0, 0, 0, 0);
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    n.attr.stream = stream;
    return pv_graph_append(g, &n);
}

void pv_assign(pv_graph *g, pv_node param, pv_node value)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_assign", param, PV_F32)) return;
    if (!pv_graph_takes(g, "pv_assign", value, PV_F32)) return;
    if (g->node[param].op != PV_OP_PARAM) {
        pv_graph_fail(g, PV_ERR_USAGE, "pv_assign: %s is not a parameter; only those keep a value",
                      pv_graph_node_text(g, param, a));
        return;
    }
    if (!pv_shape_equal(&g->node[param].shape, &g->node[value].shape)) {
        pv_graph_fail(g, PV_ERR_SHAPE, "pv_assign: %s can't take the value of %s: one shape needed",
                      pv_graph_node_text(g, param, a), pv_graph_node_text(g, value, b));
        return;
    }
    for (size_t i = 0; i < g->assigns; i++) {
        if (g->assign[i].param != param) continue;
        pv_graph_fail(g, PV_ERR_USAGE, "pv_assign: %s is assigned twice",
                      pv_graph_node_text(g, param, a));
        return;
    }
    void *grown = g->assign;
    if (pv_grow(&grown, &g->assign_cap, g->assigns + 1, sizeof *g->assign) != PV_OK) {
        pv_graph_fail(g, PV_ERR_MEMORY, "pv_assign: out of memory for assignment %zu", g->assigns);
        return;
    }
    g->assign = grown;
    g->assign[g->assigns++] = (pv_assignment){.param = param, .value = value};
}
