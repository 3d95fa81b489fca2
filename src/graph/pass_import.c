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

typedef struct importer {
    pv_ir *ir;
    table table;
    int32_t *readers; /* per graph node */
} importer;

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
    if (n->op != PV_OP_SUM && n->op != PV_OP_BROADCAST && n->op != PV_OP_SLICE &&
        n->op != PV_OP_PAD)
        return;
    if (pv_shape_count(&g->node[from->in[0]].shape) != pv_shape_count(&n->shape)) return;
    n->op = PV_OP_RESHAPE;
    memset(&n->attr, 0, sizeof n->attr);
}

/* Appends the node, unless an equal one is there; *id is the one or the other. */
static pv_status emit(void *user, const pv_ir_node *n, pv_ir_id *id)
{
    importer *im = user;
    if (n->op != PV_OP_INPUT && n->op != PV_OP_PARAM) {
        key k = key_of(n);
        *id = find_or_add(&im->table, &k, (pv_ir_id)im->ir->size);
        if (*id >= 0) return PV_OK;
    }
    *id = pv_ir_append(im->ir, n);
    return *id < 0 ? PV_ERR_MEMORY : PV_OK;
}

static pv_status import_node(importer *im, const pv_graph *g, pv_node x, int fast)
{
    const pv_graph_node *from = &g->node[x];
    pv_ir *ir = im->ir;
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
    if (fast) PV_TRY(pv_ir_pooled(ir, im->readers, &n, emit, im));
    return emit(im, &n, &ir->from_graph[x]);
}

/* How many nodes read each node; outputs and assigned values have one reader more. */
static void count_readers(const pv_graph *g, const unsigned char *needed, const pv_node *outputs,
                          int n, int32_t *readers)
{
    for (size_t i = 0; i < g->size; i++)
        for (int k = 0; needed[i] && k < g->node[i].nin; k++) readers[g->node[i].in[k]]++;
    for (int i = 0; i < n; i++) readers[outputs[i]]++;
    for (size_t i = 0; i < g->assigns; i++) readers[g->assign[i].value]++;
}

/* An output that only looks at a parameter (RESHAPE, DETACH) would show its next value as soon as
 * it is assigned: it becomes a copy, which is made before. */
static pv_status copy_assigned(pv_ir *ir, const pv_graph *g, pv_node x)
{
    pv_ir_id id = ir->from_graph[x], source = id;
    if (g->node[x].op == PV_OP_PARAM) return PV_OK;
    while (pv_ir_is_view(&ir->node[source])) source = ir->node[source].in[0];
    for (size_t i = 0; i < g->assigns; i++) {
        if (ir->from_graph[g->assign[i].param] != source) continue;
        pv_ir_node n;
        memset(&n, 0, sizeof n);
        n.op = PV_OP_AFFINE;
        n.nin = 1;
        n.in[0] = id;
        n.dtype = g->node[x].dtype;
        n.shape = g->node[x].shape;
        n.attr.scale = 1;
        n.origin = x;
        ir->from_graph[x] = pv_ir_append(ir, &n);
        return ir->from_graph[x] < 0 ? PV_ERR_MEMORY : PV_OK;
    }
    return PV_OK;
}

pv_status pv_ir_import(pv_ir *ir, const pv_graph *g, const pv_node *outputs, int n, int fast)
{
    pv_status status = PV_OK;
    importer im = {.ir = ir, .table.mask = 16};
    table *t = &im.table;
    unsigned char *needed = pv_calloc(g->size, 1);
    im.readers = pv_calloc(g->size, sizeof *im.readers);
    while (t->mask < 4 * g->size) t->mask *= 2; /* rewriting may add a few nodes */
    t->keys = pv_alloc(t->mask, sizeof *t->keys);
    t->ids = pv_alloc(t->mask, sizeof *t->ids);
    ir->from_graph = pv_alloc(g->size, sizeof *ir->from_graph);
    ir->output = pv_alloc((size_t)n, sizeof *ir->output);
    ir->assign = pv_calloc(g->assigns, sizeof *ir->assign);
    if (needed == NULL || im.readers == NULL || t->keys == NULL || t->ids == NULL ||
        ir->from_graph == NULL || ir->output == NULL || ir->assign == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory while compiling a graph of %zu nodes", g->size);
    for (size_t i = 0; i < t->mask; i++) t->ids[i] = -1;
    t->mask--;
    ir->graph_size = g->size;
    for (int i = 0; i < n; i++) {
        if (outputs[i] < 0 || (size_t)outputs[i] >= g->size)
            PV_FAIL_GOTO(PV_ERR_USAGE, "output %d of the plan is no node of the graph", i);
        needed[outputs[i]] = 1;
    }
    for (size_t i = 0; i < g->assigns; i++)
        needed[g->assign[i].param] = needed[g->assign[i].value] = 1;
    mark(g, needed);
    count_readers(g, needed, outputs, n, im.readers);
    for (size_t i = 0; i < g->size; i++) {
        ir->from_graph[i] = -1;
        if (needed[i]) PV_TRY_GOTO(import_node(&im, g, (pv_node)i, fast));
    }
    for (int i = 0; i < n; i++) PV_TRY_GOTO(copy_assigned(ir, g, outputs[i]));
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
    pv_free(im.readers);
    pv_free(t->keys);
    pv_free(t->ids);
    return status;
}
