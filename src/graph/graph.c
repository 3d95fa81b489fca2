#include "graph/graph_i.h"

#include <stdarg.h>
#include <string.h>

pv_status pv_graph_new(pv_graph **g)
{
    *g = pv_calloc(1, sizeof **g);
    if (*g == NULL) PV_FAIL_MEMORY(sizeof **g);
    return PV_OK;
}

void pv_graph_free(pv_graph *g)
{
    if (g == NULL) return;
    for (size_t i = 0; i < g->size; i++) pv_free(g->node[i].name);
    pv_free(g->node);
    pv_free(g->assign);
    pv_free(g->failure);
    pv_free(g);
}

pv_status pv_graph_check(const pv_graph *g)
{
    if (g->status == PV_OK) return PV_OK;
    PV_FAIL(g->status, "%s", g->failure == NULL ? "out of memory while a graph grew" : g->failure);
}

pv_node pv_graph_fail(pv_graph *g, pv_status s, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    if (g->status != PV_OK) return PV_NONE;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    g->status = s;
    g->failure = pv_strdup(text);
    (void)pv_trail_fail(s, __FILE__, __LINE__, "%s", text);
    return PV_NONE;
}

int pv_graph_takes(pv_graph *g, const char *builder, pv_node x, pv_dtype dtype)
{
    char text[PV_NODE_TEXT];
    if (g->status != PV_OK) return 0;
    if (x < 0 || (size_t)x >= g->size) {
        pv_graph_fail(g, PV_ERR_USAGE,
                      "%s: %d is not a node of this graph, which has %zu; pass what a builder "
                      "returned",
                      builder, (int)x, g->size);
        return 0;
    }
    if (g->node[x].dtype == dtype) return 1;
    pv_graph_fail(g, PV_ERR_USAGE, "%s: %s holds %s where %s are needed", builder,
                  pv_graph_node_text(g, x, text), dtype == PV_I32 ? "real numbers" : "indices",
                  dtype == PV_I32 ? "indices (see pv_input_index)" : "real numbers");
    return 0;
}

int pv_graph_takes_shape(pv_graph *g, const char *builder, const pv_shape *shape)
{
    char text[PV_SHAPE_TEXT];
    if (g->status != PV_OK) return 0;
    if (shape->ndim < 0 || shape->ndim > PV_MAX_DIMS) {
        pv_graph_fail(g, PV_ERR_SHAPE, "%s: a shape of %d dimensions was asked for, 0 to %d can be",
                      builder, (int)shape->ndim, PV_MAX_DIMS);
        return 0;
    }
    int64_t bytes = pv_shape_count(shape);
    int fits = bytes >= 0 && !__builtin_mul_overflow(bytes, (int64_t)sizeof(double), &bytes);
    for (int i = 0; fits && i < shape->ndim; i++)
        fits = shape->dim[i] >= 1 && shape->dim[i] <= INT32_MAX;
    if (!fits)
        pv_graph_fail(
            g, PV_ERR_SHAPE,
            "%s: the shape %s can't be: every dimension must be from 1 to %d and all of it "
            "must fit in memory",
            builder, pv_shape_text(shape, text), INT32_MAX);
    return fits;
}

const char *pv_graph_node_text(const pv_graph *g, pv_node x, char buffer[PV_NODE_TEXT])
{
    char shape[PV_SHAPE_TEXT];
    const pv_graph_node *n = &g->node[x];
    const char *quote = n->name == NULL ? "" : "\"";
    snprintf(buffer, PV_NODE_TEXT, "%s %s%.60s%s%s%s (node %d)", pv_op_name(n->op), quote,
             n->name == NULL ? "" : n->name, quote, *quote == '\0' ? "" : " ",
             pv_shape_text(&n->shape, shape), (int)x);
    return buffer;
}

/* Padding between fields is zeroed too: passes hash and compare nodes by bytes. */
pv_graph_node pv_graph_node_of(pv_op op, int nin, pv_node a, pv_node b, pv_node c)
{
    pv_graph_node n;
    memset(&n, 0, sizeof n);
    n.op = op;
    n.nin = nin;
    n.in[0] = nin > 0 ? a : PV_NONE;
    n.in[1] = nin > 1 ? b : PV_NONE;
    n.in[2] = nin > 2 ? c : PV_NONE;
    n.in[3] = PV_NONE;
    n.dtype = PV_F32;
    return n;
}

pv_node pv_graph_push(pv_graph *g, const pv_graph_node *node)
{
    char *name = NULL;
    void *grown = g->node;
    if (g->status != PV_OK) return PV_NONE;
    if (g->size >= INT32_MAX)
        return pv_graph_fail(g, PV_ERR_LIMIT, "a graph can have %d nodes at most", INT32_MAX);
    if (pv_grow(&grown, &g->cap, g->size + 1, sizeof *g->node) != PV_OK)
        return pv_graph_fail(g, PV_ERR_MEMORY, "out of memory for node %zu of a graph", g->size);
    g->node = grown;
    if (node->name != NULL && (name = pv_strdup(node->name)) == NULL)
        return pv_graph_fail(g, PV_ERR_MEMORY, "out of memory for the name of node %zu of a graph",
                             g->size);
    pv_graph_node *to = &g->node[g->size];
    memcpy(to, node, sizeof *to);
    to->name = name;
    return (pv_node)g->size++;
}

pv_node pv_graph_append(pv_graph *g, const pv_graph_node *node)
{
    if (g->status != PV_OK) return PV_NONE;
    for (int k = 0; k < node->nin; k++)
        if (node->in[k] < 0 || (size_t)node->in[k] >= g->size) return PV_NONE;
    pv_node simpler = pv_graph_simplify(g, node);
    if (simpler != PV_NONE) return simpler;
    return pv_graph_push(g, node);
}

int32_t pv_graph_size(const pv_graph *g)
{
    return (int32_t)g->size;
}

static const pv_graph_node *node_at(const pv_graph *g, pv_node x)
{
    return x < 0 || (size_t)x >= g->size ? NULL : &g->node[x];
}

const pv_shape *pv_node_shape(const pv_graph *g, pv_node x)
{
    const pv_graph_node *n = node_at(g, x);
    return n == NULL ? NULL : &n->shape;
}

pv_dtype pv_node_dtype(const pv_graph *g, pv_node x)
{
    const pv_graph_node *n = node_at(g, x);
    return n == NULL ? PV_F32 : n->dtype;
}

const char *pv_node_name(const pv_graph *g, pv_node x)
{
    const pv_graph_node *n = node_at(g, x);
    return n == NULL || n->name == NULL ? "" : n->name;
}

void pv_node_set_name(pv_graph *g, pv_node x, const char *name)
{
    const pv_graph_node *n = node_at(g, x);
    /* A builder may return one of its inputs (a dropout of nothing): naming its result must not
     * rename a parameter. */
    if (n == NULL || g->status != PV_OK || n->op == PV_OP_INPUT || n->op == PV_OP_PARAM) return;
    char *copy = pv_strdup(name);
    if (copy == NULL) {
        pv_graph_fail(g, PV_ERR_MEMORY, "out of memory for the name of node %d", (int)x);
        return;
    }
    pv_free(g->node[x].name);
    g->node[x].name = copy;
}

pv_node pv_graph_find(const pv_graph *g, const char *name)
{
    for (size_t i = 0; i < g->size; i++)
        if (g->node[i].name != NULL && strcmp(g->node[i].name, name) == 0) return (pv_node)i;
    return PV_NONE;
}
