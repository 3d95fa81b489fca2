/* What the printers say, word for word. */
#include "unit/graph/expect.h"

#include <stdlib.h>

static void expect_print(const pv_graph *g, void (*print)(const pv_graph *, FILE *),
                         const char *want)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(g, out);
    fclose(out);
    assert_string_equal(text, want);
    free(text);
}

static pv_graph *small_net(void)
{
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(2, 3)), w = pv_param(g, "w", PV_SHAPE(4, 3));
    pv_node h = pv_relu(g, pv_dense(g, x, w, PV_NONE));
    pv_node_set_name(g, h, "say \"h\"\n");
    pv_node loss = pv_mean(g, h, 0, 0), gw;
    assert_int_equal(pv_grad(g, &loss, NULL, 1, &w, 1, &gw), PV_OK);
    pv_assign(g, w, pv_sub(g, w, gw));
    return g;
}

static void as_text(void **state)
{
    (void)state;
    pv_graph *g = small_net();
    expect_print(g, pv_graph_print,
                 "%0 [2,3] = input \"x\"\n"
                 "%1 [4,3] = param \"w\"\n"
                 "%2 [2,4] = matmul %0 %1 tb\n"
                 "%3 [2,4] = relu %2 \"say \\\"h\\\" \"\n"
                 "%4 [1,1] = sum %3 axes=0,1\n"
                 "%5 [] = reshape %4\n"
                 "%6 [] = affine %5 scale=0.125 shift=0\n"
                 "%7 [] = const 1\n"
                 "%8 [] = const 0.125\n"
                 "%9 [1,1] = const 0.125\n"
                 "%10 [2,4] = const 0.125\n"
                 "%11 [2,4] = step %3\n"
                 "%12 [2,4] = affine %11 scale=0.125 shift=0\n"
                 "%13 [4,3] = matmul %12 %0 ta\n"
                 "%14 [4,3] = sub %1 %13\n"
                 "assign %1 = %14\n");
    pv_graph_free(g);
}

static void attributes(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(1, 8, 8, 2)), w = pv_param(g, "w", PV_SHAPE(4, 3, 3, 1));
    pv_node y = pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.pad = {1, 1}, .groups = 2});
    y = pv_maxpool(g, y, (pv_pool_options){.kernel = {2, 2}});
    y = pv_permute(g, y, 4, (const int[]){0, 3, 1, 2});
    y = pv_slice_axis(g, y, 1, 1, 3);
    y = pv_concat(g, (const pv_node[]){y, y}, 2, 1);
    y = pv_pow(g, y, 3);
    y = pv_mul(g, y, pv_uniform(g, PV_SHAPE(4), 9));
    expect_print(g, pv_graph_print,
                 "%0 [1,8,8,2] = input \"x\"\n"
                 "%1 [4,3,3,1] = param \"w\"\n"
                 "%2 [1,8,8,4] = conv %0 %1 kernel=3,3 stride=1,1 pad=1,1:1,1 groups=2\n"
                 "%3 [1,4,4,4] i32 = maxpool_index %2 kernel=2,2 stride=2,2\n"
                 "%4 [1,4,4,4] = pool_gather %2 %3 kernel=2,2 stride=2,2\n"
                 "%5 [1,4,4,4] = permute %4 axis=0,3,1,2\n"
                 "%6 [1,2,4,4] = slice %5 begin=0,1,0,0\n"
                 "%7 [1,4,4,4] = concat %6 %6 axis=1\n"
                 "%8 [1,4,4,4] = pow %7 3\n"
                 "%9 [4] = uniform stream=9\n"
                 "%10 [1,1,1,4] = reshape %9\n"
                 "%11 [1,4,4,4] = broadcast %10\n"
                 "%12 [1,4,4,4] = mul %8 %11\n");
    (void)pv_flatten(g, pv_sum(g, y, 0, 0));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    pv_graph_print(g, out);
    fclose(out);
    EXPECT_TEXT(text, "failed: pv_flatten");
    free(text);
    pv_graph_free(g);
}

static void for_graphviz(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(2)), w = pv_param(g, "w", PV_SHAPE(2));
    pv_node y = pv_mul(g, x, w);
    pv_node_set_name(g, y, "a \"b\" \\c");
    pv_assign(g, w, y);
    expect_print(g, pv_graph_graphviz,
                 "digraph privet {\n"
                 "  node [shape=box, fontname=\"sans-serif\"];\n"
                 "  n0 [label=\"input\\nx\\n[2]\", style=filled, fillcolor=lightyellow];\n"
                 "  n1 [label=\"param\\nw\\n[2]\", style=filled, fillcolor=lightblue];\n"
                 "  n2 [label=\"mul\\na \\\"b\\\" \\\\c\\n[2]\"];\n"
                 "  n0 -> n2;\n"
                 "  n1 -> n2;\n"
                 "  n2 -> n1 [style=dashed, label=\"assign\"];\n"
                 "}\n");
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_text),
        cmocka_unit_test(attributes),
        cmocka_unit_test(for_graphviz),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
