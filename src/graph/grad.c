#include "graph/graph_i.h"

/* Whether x may stand as argument number i, called `what`. */
static pv_status check_node(const pv_graph *g, const char *what, int i, pv_node x)
{
    char text[PV_NODE_TEXT];
    if (x < 0 || (size_t)x >= g->size)
        PV_FAIL(PV_ERR_USAGE,
                "pv_grad: %s[%d] is %d, not a node of this graph; pass what a builder returned",
                what, i, (int)x);
    if (g->node[x].dtype == PV_I32)
        PV_FAIL(PV_ERR_USAGE, "pv_grad: %s[%d], %s, holds indices: those have no gradient", what, i,
                pv_graph_node_text(g, x, text));
    return PV_OK;
}

static pv_status check_arguments(const pv_graph *g, const pv_node *y, const pv_node *gy, int ny,
                                 const pv_node *x, int nx)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    PV_TRY(pv_graph_check(g));
    for (int j = 0; j < ny; j++) {
        PV_TRY(check_node(g, "y", j, y[j]));
        if (gy == NULL) continue;
        PV_TRY(check_node(g, "gy", j, gy[j]));
        if (!pv_shape_equal(&g->node[y[j]].shape, &g->node[gy[j]].shape))
            PV_FAIL(PV_ERR_SHAPE, "pv_grad: the cotangent %s needs the shape of %s",
                    pv_graph_node_text(g, gy[j], a), pv_graph_node_text(g, y[j], b));
    }
    for (int i = 0; i < nx; i++) PV_TRY(check_node(g, "x", i, x[i]));
    return PV_OK;
}

/* flows[i]: node i depends on one of x by a path that gradients can take. */
static void mark_flow(const pv_graph *g, uint8_t *flows, size_t n, const pv_node *x, int nx)
{
    for (int i = 0; i < nx; i++)
        if ((size_t)x[i] < n) flows[x[i]] = 1;
    for (size_t i = 0; i < n; i++) {
        const pv_graph_node *node = &g->node[i];
        for (int k = 0; k < node->nin; k++)
            if (flows[node->in[k]] && pv_vjp_reaches(node->op, k)) flows[i] = 1;
    }
}

static void accumulate(pv_graph *g, pv_node *slot, pv_node more)
{
    if (more != PV_NONE) *slot = *slot == PV_NONE ? more : pv_add(g, *slot, more);
}

/* One slot a node for the gradient gathered so far. The nodes that the rules append lie behind the
 * n scanned ones and are never visited. */
static void scan_back(pv_graph *g, const uint8_t *flows, pv_node *slot, size_t n)
{
    for (size_t i = n; i-- > 0 && g->status == PV_OK;) {
        int need[PV_MAX_INPUTS] = {0};
        pv_node gin[PV_MAX_INPUTS], in[PV_MAX_INPUTS];
        const pv_graph_node *node = &g->node[i];
        const int nin = node->nin;
        if (slot[i] == PV_NONE || !flows[i]) continue;
        for (int k = 0; k < nin; k++) {
            in[k] = node->in[k];
            need[k] = flows[in[k]] && pv_vjp_reaches(node->op, k);
        }
        pv_vjp(g, (pv_node)i, slot[i], need, gin);
        for (int k = 0; k < nin; k++) accumulate(g, &slot[in[k]], gin[k]);
    }
}

pv_status pv_grad(pv_graph *g, const pv_node *y, const pv_node *gy, int ny, const pv_node *x,
                  int nx, pv_node *gx)
{
    pv_status status = PV_OK;
    size_t n = 0;
    for (int i = 0; i < nx; i++) gx[i] = PV_NONE;
    PV_TRY(check_arguments(g, y, gy, ny, x, nx));
    for (int j = 0; j < ny; j++)
        if ((size_t)y[j] >= n) n = (size_t)y[j] + 1;
    pv_node *slot = pv_alloc(n, sizeof *slot);
    uint8_t *flows = pv_calloc(n, 1);
    if (slot == NULL || flows == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "pv_grad: out of memory for a graph of %zu nodes", n);
    for (size_t i = 0; i < n; i++) slot[i] = PV_NONE;
    mark_flow(g, flows, n, x, nx);
    for (int j = 0; j < ny; j++)
        accumulate(g, &slot[y[j]], gy != NULL ? gy[j] : pv_const(g, 1, g->node[y[j]].shape));
    scan_back(g, flows, slot, n);
    for (int i = 0; i < nx && g->status == PV_OK; i++) {
        gx[i] = (size_t)x[i] < n ? slot[x[i]] : PV_NONE;
        if (gx[i] == PV_NONE) gx[i] = pv_const(g, 0, g->node[x[i]].shape);
    }
    status = pv_graph_check(g);
    for (int i = 0; status != PV_OK && i < nx; i++) gx[i] = PV_NONE;
done:
    pv_free(slot);
    pv_free(flows);
    return status;
}
