/* A node belongs to the front when the edge needs it, to the back when an output needs it by a path
 * that does not pass the edge. The halves may share constants and nothing else. */
#include "graph/graph_i.h"

#include <string.h>

enum { FRONT = 1, BACK = 2, CONSTANT = 4 };

typedef struct cut {
    const pv_graph *g;
    pv_node edge;
    const pv_node *outputs;
    int n;
    uint8_t *side;  /* of every node: FRONT, BACK, CONSTANT */
    uint8_t *reach; /* of every node: what the assignment at hand needs */
    uint8_t *home;  /* of every assignment: FRONT or BACK; 0 while it is not known */
} cut;

/* Adds `bit` to everything that nodes with the bit need; a back stops at the edge. */
static void spread(const cut *c, uint8_t *mark, int bit)
{
    for (size_t i = c->g->size; i-- > 0;) {
        const pv_graph_node *n = &c->g->node[i];
        if (!(mark[i] & bit) || (bit == BACK && (pv_node)i == c->edge)) continue;
        for (int k = 0; k < n->nin; k++) mark[n->in[k]] |= (uint8_t)bit;
    }
}

static void mark_constants(const cut *c)
{
    for (size_t i = 0; i < c->g->size; i++) {
        const pv_graph_node *n = &c->g->node[i];
        int constant = n->op == PV_OP_CONST || n->nin > 0;
        for (int k = 0; k < n->nin; k++) constant &= c->side[n->in[k]] == CONSTANT;
        if (constant) c->side[i] = CONSTANT;
    }
}

/* The sides that already own something that assignment a needs, its parameter included. */
static int sides_of(const cut *c, const pv_assignment *a)
{
    int sides = 0;
    memset(c->reach, 0, c->g->size);
    c->reach[a->param] = c->reach[a->value] = BACK;
    spread(c, c->reach, BACK);
    for (size_t i = 0; i < c->g->size; i++)
        if (c->reach[i] && (pv_node)i != c->edge && !(c->side[i] & CONSTANT)) sides |= c->side[i];
    return sides;
}

static void settle(const cut *c, size_t i, int side)
{
    const pv_assignment *a = &c->g->assign[i];
    c->home[i] = (uint8_t)side;
    c->side[a->param] |= (uint8_t)side;
    c->side[a->value] |= (uint8_t)side;
    spread(c, c->side, side);
}

/* An assignment goes where what it needs is; one that needs neither half (or only the edge) goes to
 * the front, but only after the others, which may yet claim what it needs. */
static void place_assignments(const cut *c)
{
    for (size_t left = c->g->assigns; left > 0;) {
        size_t placed = 0, waiting = c->g->assigns;
        for (size_t i = 0; i < c->g->assigns; i++) {
            if (c->home[i] != 0) continue;
            const int sides = sides_of(c, &c->g->assign[i]);
            if (sides == 0) {
                if (waiting == c->g->assigns) waiting = i;
                continue;
            }
            settle(c, i, sides & BACK ? BACK : FRONT);
            placed++;
        }
        if (placed == 0) {
            settle(c, waiting, FRONT);
            placed = 1;
        }
        left -= placed;
    }
}

static int in_both(const cut *c, pv_node i)
{
    return i != c->edge && !(c->side[i] & CONSTANT) && (c->side[i] & FRONT) && (c->side[i] & BACK);
}

static pv_status refuse(const cut *c, pv_node x)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    PV_FAIL(PV_ERR_USAGE,
            "pv_cut: cutting at %s, both halves would need %s; cut where one value crosses",
            pv_graph_node_text(c->g, c->edge, a), pv_graph_node_text(c->g, x, b));
}

/* Names the value that would cross: one that both halves need and that a node of the back alone
 * uses. */
static pv_status check_crossing(const cut *c)
{
    for (size_t i = 0; i < c->g->size; i++) {
        const pv_graph_node *n = &c->g->node[i];
        if ((c->side[i] & (FRONT | CONSTANT)) || !(c->side[i] & BACK)) continue;
        for (int k = 0; k < n->nin; k++)
            if (in_both(c, n->in[k])) return refuse(c, n->in[k]);
    }
    for (size_t i = c->g->size; i-- > 0;) /* an output that the front computes */
        if (in_both(c, (pv_node)i)) return refuse(c, (pv_node)i);
    return PV_OK;
}

/* "cut", or the first of "cut2", "cut3"... that no node has. */
static void free_name(const pv_graph *g, char name[16])
{
    snprintf(name, 16, "cut");
    for (unsigned i = 2; pv_graph_find(g, name) != PV_NONE; i++) snprintf(name, 16, "cut%u", i);
}

/* The name that node i of g has in its half; NULL for none. */
static char *name_in_half(const cut *c, pv_node i, char *cut_name, char output_name[24])
{
    if (i == c->edge) return cut_name;
    for (int j = 0; j < c->n && c->g->node[i].name == NULL; j++) {
        if (c->outputs[j] != i) continue;
        snprintf(output_name, 24, "output%d", j);
        return output_name;
    }
    return c->g->node[i].name;
}

static pv_status build_half(const cut *c, int side, pv_graph **half)
{
    pv_status status = PV_OK;
    char cut_name[16], output_name[24];
    pv_graph *h = NULL;
    free_name(c->g, cut_name);
    pv_node *to = pv_alloc(c->g->size, sizeof *to);
    PV_TRY_GOTO(pv_graph_new(&h));
    if (to == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "pv_cut: out of memory for %zu nodes", c->g->size);
    for (size_t i = 0; i < c->g->size; i++) {
        pv_graph_node n;
        if (!(c->side[i] & side)) continue;
        memcpy(&n, &c->g->node[i], sizeof n);
        if (side == BACK && (pv_node)i == c->edge) {
            n = pv_graph_node_of(PV_OP_INPUT, 0, 0, 0, 0);
            n.dtype = c->g->node[i].dtype;
            n.shape = c->g->node[i].shape;
        }
        for (int k = 0; k < n.nin; k++) n.in[k] = to[n.in[k]];
        n.name = name_in_half(c, (pv_node)i, cut_name, output_name);
        to[i] = pv_graph_push(h, &n);
    }
    for (size_t i = 0; i < c->g->assigns; i++)
        if (c->home[i] == side) pv_assign(h, to[c->g->assign[i].param], to[c->g->assign[i].value]);
    PV_TRY_GOTO(pv_graph_check(h));
    *half = h;
    h = NULL;
done:
    pv_free(to);
    pv_graph_free(h);
    return status;
}

static pv_status check_arguments(const cut *c)
{
    char text[PV_NODE_TEXT];
    PV_TRY(pv_graph_check(c->g));
    if (c->edge < 0 || (size_t)c->edge >= c->g->size)
        PV_FAIL(PV_ERR_USAGE, "pv_cut: the edge, %d, is not a node of the graph", (int)c->edge);
    if (c->g->node[c->edge].nin == 0)
        PV_FAIL(PV_ERR_USAGE, "pv_cut: nothing is computed before %s; cut at a later node",
                pv_graph_node_text(c->g, c->edge, text));
    if (c->n < 1) PV_FAIL(PV_ERR_USAGE, "pv_cut: at least one output is needed");
    for (int j = 0; j < c->n; j++)
        if (c->outputs[j] < 0 || (size_t)c->outputs[j] >= c->g->size)
            PV_FAIL(PV_ERR_USAGE, "pv_cut: outputs[%d], %d, is not a node of the graph", j,
                    (int)c->outputs[j]);
    return PV_OK;
}

pv_status pv_cut(const pv_graph *g, pv_node edge, const pv_node *outputs, int n, pv_graph **front,
                 pv_graph **back)
{
    pv_status status = PV_OK;
    cut c = {.g = g, .edge = edge, .outputs = outputs, .n = n};
    *front = *back = NULL;
    PV_TRY(check_arguments(&c));
    c.side = pv_calloc(g->size, 1);
    c.reach = pv_calloc(g->size, 1);
    c.home = pv_calloc(g->assigns, 1);
    if (c.side == NULL || c.reach == NULL || c.home == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "pv_cut: out of memory for %zu nodes", g->size);
    mark_constants(&c);
    c.side[edge] |= FRONT;
    spread(&c, c.side, FRONT);
    for (int j = 0; j < n; j++) c.side[outputs[j]] |= BACK;
    spread(&c, c.side, BACK);
    if (!(c.side[edge] & BACK)) {
        char text[PV_NODE_TEXT];
        PV_FAIL_GOTO(PV_ERR_USAGE, "pv_cut: no output needs %s, so a cut there leaves no back",
                     pv_graph_node_text(g, edge, text));
    }
    place_assignments(&c);
    PV_TRY_GOTO(check_crossing(&c));
    PV_TRY_GOTO(build_half(&c, FRONT, front));
    PV_TRY_GOTO(build_half(&c, BACK, back));
done:
    if (status != PV_OK) {
        pv_graph_free(*front);
        *front = NULL;
    }
    pv_free(c.side);
    pv_free(c.reach);
    pv_free(c.home);
    return status;
}
