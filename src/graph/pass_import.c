#include "graph/ir.h"

#include <string.h>

/* Nodes compare by what they compute. The struct is zeroed before it is filled, so bytes compare.
 */
typedef struct key {
    pv_op op;
    int32_t nin;
    pv_ir_id in[PV_MAX_INPUTS];
    pv_dtype dtype;
    pv_shape shape;
    pv_attr attr;
} key;

typedef struct table {
    key *keys;
    pv_ir_id *ids; /* -1: free */
    size_t mask;
} table;

static uint64_t hash(const key *k)
{
    const unsigned char *p = (const unsigned char *)k;
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a over 8-byte words */
    for (size_t i = 0; i + 8 <= sizeof *k; i += 8) {
        uint64_t w;
        memcpy(&w, p + i, 8);
        h = (h ^ w) * UINT64_C(0x100000001b3);
        h ^= h >> 29;
    }
    return h;
}

static key key_of(const pv_ir_node *n)
{
    key k;
    memset(&k, 0, sizeof k);
    k.op = n->op;
    k.nin = n->nin;
    for (int i = 0; i < n->nin; i++) k.in[i] = n->in[i];
    k.dtype = n->dtype;
    k.shape = n->shape;
    memcpy(&k.attr, &n->attr, sizeof k.attr);
    /* x+y is y+x to the last bit */
    if ((n->op == PV_OP_ADD || n->op == PV_OP_MUL) && k.in[0] > k.in[1]) {
        k.in[0] = n->in[1];
        k.in[1] = n->in[0];
    }
    return k;
}

/* The id of an equal node seen before, or -1 after remembering this one as `id`. */
static pv_ir_id find_or_add(table *t, const key *k, pv_ir_id id)
{
    for (size_t i = hash(k) & t->mask;; i = (i + 1) & t->mask) {
        if (t->ids[i] < 0) {
            t->keys[i] = *k;
            t->ids[i] = id;
            return -1;
        }
        if (memcmp(&t->keys[i], k, sizeof *k) == 0) return t->ids[i];
    }
}

static void mark(const pv_graph *g, unsigned char *needed)
{
    /* inputs have smaller numbers, so one sweep from the end closes the set */
    for (size_t i = g->size; i-- > 0;)
        if (needed[i])
            for (int k = 0; k < g->node[i].nin; k++) needed[g->node[i].in[k]] = 1;
}

/* Sums, broadcasts, slices and paddings that leave every element where it is are views. */
static void make_view(const pv_graph *g, pv_ir_node *n, const pv_graph_node *from)
{
    if (n->op != PV_OP_SUM && n->op != PV_OP_BROADCAST && n->op != PV_OP_SLICE && n->op != PV_OP_PAD) return;
    if (pv_shape_count(&g->node[from->in[0]].shape) != pv_shape_count(&n->shape)) return;
    n->op = PV_OP_RESHAPE;
    memset(&n->attr, 0, sizeof n->attr);
}

static pv_status import_node(pv_ir *ir, table *t, const pv_graph *g, pv_node x)
{
    const pv_graph_node *from = &g->node[x];
    pv_ir_node n;
    if (from->op == PV_OP_DETACH) { /* means something to gradients only */
        ir->from_graph[x] = ir->from_graph[from->in[0]];
        return PV_OK;
    }
    memset(&n, 0, sizeof n);
    n.op = from->op;
    n.nin = from->nin;
    n.dtype = from->dtype;
    n.shape = from->shape;
    memcpy(&n.attr, &from->attr, sizeof n.attr);
    n.origin = x;
    make_view(g, &n, from);
    for (int k = 0; k < n.nin; k++) n.in[k] = ir->from_graph[from->in[k]];
    if (n.op != PV_OP_INPUT && n.op != PV_OP_PARAM) {
        key k = key_of(&n);
        pv_ir_id same = find_or_add(t, &k, (pv_ir_id)ir->size);
        if (same >= 0) {
            ir->from_graph[x] = same;
            return PV_OK;
        }
    }
    pv_ir_id id = pv_ir_append(ir, &n);
    if (id < 0) return PV_ERR_MEMORY;
    ir->from_graph[x] = id;
    return PV_OK;
}

pv_status pv_ir_import(pv_ir *ir, const pv_graph *g, const pv_node *outputs, int n)
{
    pv_status status = PV_OK;
    table t = {.mask = 16};
    unsigned char *needed = pv_calloc(g->size, 1);
    while (t.mask < 2 * g->size) t.mask *= 2;
    t.keys = pv_alloc(t.mask, sizeof *t.keys);
    t.ids = pv_alloc(t.mask, sizeof *t.ids);
    ir->from_graph = pv_alloc(g->size, sizeof *ir->from_graph);
    ir->output = pv_alloc((size_t)n, sizeof *ir->output);
    ir->assign = pv_calloc(g->assigns, sizeof *ir->assign);
    if (needed == NULL || t.keys == NULL || t.ids == NULL || ir->from_graph == NULL ||
        ir->output == NULL || ir->assign == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory while compiling a graph of %zu nodes", g->size);
    for (size_t i = 0; i < t.mask; i++) t.ids[i] = -1;
    t.mask--;
    ir->graph_size = g->size;
    for (int i = 0; i < n; i++) {
        if (outputs[i] < 0 || (size_t)outputs[i] >= g->size)
            PV_FAIL_GOTO(PV_ERR_USAGE, "output %d of the plan is no node of the graph", i);
        needed[outputs[i]] = 1;
    }
    for (size_t i = 0; i < g->assigns; i++)
        needed[g->assign[i].param] = needed[g->assign[i].value] = 1;
    mark(g, needed);
    for (size_t i = 0; i < g->size; i++) {
        ir->from_graph[i] = -1;
        if (needed[i]) PV_TRY_GOTO(import_node(ir, &t, g, (pv_node)i));
    }
    ir->imported = ir->size;
    for (int i = 0; i < n; i++) {
        ir->output[i] = ir->from_graph[outputs[i]];
        ir->node[ir->output[i]].is_output = 1;
    }
    ir->outputs = (size_t)n;
    for (size_t i = 0; i < g->assigns; i++)
        ir->assign[i] = (pv_ir_assign){.param = ir->from_graph[g->assign[i].param],
                                       .value = ir->from_graph[g->assign[i].value]};
    ir->assigns = g->assigns;
done:
    pv_free(needed);
    pv_free(t.keys);
    pv_free(t.ids);
    return status;
}
