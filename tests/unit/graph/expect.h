/* tests/unit/graph/expect.h - what tests of graphs say again and again */
#ifndef PV_TESTS_GRAPH_EXPECT_H
#define PV_TESTS_GRAPH_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/graph_i.h"
#include <stdio.h>
#include <string.h>

static inline pv_graph *new_graph(void)
{
    pv_graph *g = NULL;
    assert_int_equal(pv_graph_new(&g), PV_OK);
    return g;
}

/* Inputs named by their number, for tests that do not care. */
static inline pv_node real_of(pv_graph *g, pv_shape shape)
{
    char name[32];
    snprintf(name, sizeof name, "x%d", (int)pv_graph_size(g));
    return pv_input(g, name, shape);
}

static inline pv_node index_of(pv_graph *g, pv_shape shape)
{
    char name[32];
    snprintf(name, sizeof name, "i%d", (int)pv_graph_size(g));
    return pv_input_index(g, name, shape);
}

#define REAL(...)  real_of(g, PV_SHAPE(__VA_ARGS__))
#define INDEX(...) index_of(g, PV_SHAPE(__VA_ARGS__))
#define SCALAR     pv_shape_of(0, NULL)

static inline void expect_shape_at(const pv_graph *g, pv_node x, pv_shape want, const char *file,
                                   int line)
{
    char a[PV_SHAPE_TEXT], b[PV_SHAPE_TEXT];
    if (x == PV_NONE) {
        print_error("no node: %s\n", pv_trail_text());
        _fail(file, line);
    }
    if (!pv_shape_equal(pv_node_shape(g, x), &want)) {
        print_error("node %d %s is %s, %s was expected\n", (int)x, pv_op_name(g->node[x].op),
                    pv_shape_text(pv_node_shape(g, x), a), pv_shape_text(&want, b));
        _fail(file, line);
    }
}

#define EXPECT_SHAPE(x, ...) expect_shape_at(g, (x), PV_SHAPE(__VA_ARGS__), __FILE__, __LINE__)
#define EXPECT_SCALAR(x)     expect_shape_at(g, (x), SCALAR, __FILE__, __LINE__)

static inline void expect_text_at(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part) != NULL) return;
    print_error("\"%s\" does not say \"%s\"\n", text, part);
    _fail(file, line);
}

#define EXPECT_TEXT(text, part) expect_text_at((text), (part), __FILE__, __LINE__)

static inline int is_op(const pv_graph *g, pv_node x, pv_op op)
{
    return x != PV_NONE && g->node[x].op == op;
}

static inline int is_const_of(const pv_graph *g, pv_node x, double value)
{
    return is_op(g, x, PV_OP_CONST) && g->node[x].attr.value == value;
}

/* How many nodes from `from` on have the operation. */
static inline int count_op(const pv_graph *g, pv_op op, pv_node from)
{
    int n = 0;
    for (size_t i = (size_t)from; i < g->size; i++) n += g->node[i].op == op;
    return n;
}

#endif
