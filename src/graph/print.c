#include "graph/graph_i.h"

static void print_axes(uint32_t axes, FILE *out)
{
    const char *separator = " axes=";
    for (int i = 0; i < PV_MAX_DIMS; i++) {
        if (!(axes & 1u << i)) continue;
        fprintf(out, "%s%d", separator, i);
        separator = ",";
    }
}

static void print_window(const pv_window *v, FILE *out)
{
    fprintf(out, " kernel=%d,%d stride=%d,%d", v->kernel[0], v->kernel[1], v->stride[0],
            v->stride[1]);
    if (v->pad[0] || v->pad[1] || v->pad_end[0] || v->pad_end[1])
        fprintf(out, " pad=%d,%d:%d,%d", v->pad[0], v->pad[1], v->pad_end[0], v->pad_end[1]);
    if (v->groups != 1) fprintf(out, " groups=%d", v->groups);
}

static void print_list(const char *what, const int64_t *value, int n, FILE *out)
{
    fprintf(out, " %s=", what);
    for (int i = 0; i < n; i++) fprintf(out, "%s%lld", i == 0 ? "" : ",", (long long)value[i]);
}

/* The attributes that the operation uses. */
static void print_attributes(const pv_graph_node *n, FILE *out)
{
    int64_t axis[PV_MAX_DIMS];
    for (int i = 0; i < PV_MAX_DIMS; i++) axis[i] = n->attr.axis[i];
    switch (n->op) {
    case PV_OP_CONST:
    case PV_OP_POW:
        fprintf(out, " %g", n->attr.value);
        break;
    case PV_OP_UNIFORM:
        fprintf(out, " stream=%llu", (unsigned long long)n->attr.stream);
        break;
    case PV_OP_AFFINE:
        fprintf(out, " scale=%g shift=%g", n->attr.scale, n->attr.shift);
        break;
    case PV_OP_PERMUTE:
        print_list("axis", axis, n->shape.ndim, out);
        break;
    case PV_OP_CONCAT:
        print_list("axis", axis, 1, out);
        break;
    case PV_OP_SLICE:
    case PV_OP_PAD:
        print_list("begin", n->attr.begin, n->shape.ndim, out);
        break;
    case PV_OP_SUM:
    case PV_OP_REDUCE_MAX:
        print_axes(n->attr.axes, out);
        break;
    case PV_OP_MATMUL:
        fprintf(out, "%s%s", n->attr.ta ? " ta" : "", n->attr.tb ? " tb" : "");
        break;
    default:
        if (n->attr.window.groups != 0) print_window(&n->attr.window, out);
    }
}

/* Names come from model files: what dot(1) or a reader of lines would
 * take for syntax is escaped. */
static void print_escaped(const char *s, FILE *out)
{
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') fputc('\\', out);
        fputc((unsigned char)*s < ' ' ? ' ' : *s, out);
    }
}

void pv_graph_print(const pv_graph *g, FILE *out)
{
    char shape[PV_SHAPE_TEXT];
    for (size_t i = 0; i < g->size; i++) {
        const pv_graph_node *n = &g->node[i];
        fprintf(out, "%%%zu %s%s = %s", i, pv_shape_text(&n->shape, shape),
                n->dtype == PV_I32 ? " i32" : "", pv_op_name(n->op));
        for (int k = 0; k < n->nin; k++) fprintf(out, " %%%d", (int)n->in[k]);
        print_attributes(n, out);
        if (n->name != NULL) {
            fprintf(out, " \"");
            print_escaped(n->name, out);
            fprintf(out, "\"");
        }
        fprintf(out, "\n");
    }
    for (size_t i = 0; i < g->assigns; i++)
        fprintf(out, "assign %%%d = %%%d\n", (int)g->assign[i].param, (int)g->assign[i].value);
    if (g->status != PV_OK)
        fprintf(out, "failed: %s\n", g->failure == NULL ? "out of memory" : g->failure);
}

void pv_graph_graphviz(const pv_graph *g, FILE *out)
{
    char shape[PV_SHAPE_TEXT];
    fprintf(out, "digraph privet {\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (size_t i = 0; i < g->size; i++) {
        const pv_graph_node *n = &g->node[i];
        fprintf(out, "  n%zu [label=\"%s", i, pv_op_name(n->op));
        print_attributes(n, out);
        if (n->name != NULL) {
            fprintf(out, "\\n");
            print_escaped(n->name, out);
        }
        fprintf(out, "\\n%s\"%s];\n", pv_shape_text(&n->shape, shape),
                n->op == PV_OP_PARAM   ? ", style=filled, fillcolor=lightblue"
                : n->op == PV_OP_INPUT ? ", style=filled, fillcolor=lightyellow"
                                       : "");
    }
    for (size_t i = 0; i < g->size; i++)
        for (int k = 0; k < g->node[i].nin; k++)
            fprintf(out, "  n%d -> n%zu;\n", (int)g->node[i].in[k], i);
    for (size_t i = 0; i < g->assigns; i++)
        fprintf(out, "  n%d -> n%d [style=dashed, label=\"assign\"];\n", (int)g->assign[i].value,
                (int)g->assign[i].param);
    fprintf(out, "}\n");
}
