/* Every request for memory is made to fail once: graphs then say so, and nothing leaks or breaks.
 */
#include "unit/graph/expect.h"

static pv_status build_and_cut(void)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL, *front = NULL, *back = NULL;
    pv_node gw[2];
    PV_TRY(pv_graph_new(&g));
    pv_node x = pv_input(g, "x", PV_SHAPE(4, 8, 8, 1)), t = pv_input_index(g, "t", PV_SHAPE(4));
    pv_node w = pv_param(g, "w", PV_SHAPE(3, 3, 3, 1)), v = pv_param(g, "v", PV_SHAPE(5, 27));
    pv_node mean = pv_param(g, "mean", PV_SHAPE(3)), batch_mean;
    pv_node h = pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){0});
    h = pv_relu(g, pv_batch_norm(g, h, PV_NONE, PV_NONE, 1e-5, &batch_mean, NULL));
    pv_assign(g, mean, pv_add(g, mean, batch_mean));
    pv_node edge = pv_maxpool(g, h, (pv_pool_options){.kernel = {2, 2}});
    pv_node loss = pv_cross_entropy_index(g, pv_dense(g, pv_flatten(g, edge), v, PV_NONE), t);
    pv_node_set_name(g, loss, "loss");
    PV_TRY_GOTO(pv_graph_check(g));
    PV_TRY_GOTO(pv_cut(g, edge, &loss, 1, &front, &back));
    PV_TRY_GOTO(pv_grad(g, &loss, NULL, 1, (const pv_node[]){w, v}, 2, gw));
    pv_node size = pv_sum(g, pv_square(g, gw[0]), 0, 0);
    PV_TRY_GOTO(pv_grad(g, &size, NULL, 1, &x, 1, gw));
    status = pv_graph_check(g);
done:
    pv_graph_free(g);
    pv_graph_free(front);
    pv_graph_free(back);
    return status;
}

static void every_request_fails_once(void **state)
{
    (void)state;
    for (size_t n = 0;; n++) {
        pv_mem_fail_after(n);
        pv_status s = build_and_cut();
        pv_mem_fail_after(SIZE_MAX);
        if (s == PV_OK) {
            assert_true(n > 20);
            return;
        }
        if (s != PV_ERR_MEMORY) fail_msg("after %zu requests: %s", n, pv_trail_text());
        EXPECT_TEXT(pv_trail_text(), "out of memory");
    }
}

/* A graph that ran out of memory says so again, and may still be freed and printed. */
static void a_failed_graph_is_safe(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2);
    pv_mem_fail_after(0);
    for (int i = 0; i < 100; i++) x = pv_tanh(g, x);
    pv_mem_fail_after(SIZE_MAX);
    assert_int_equal(x, PV_NONE);
    assert_int_equal(pv_graph_check(g), PV_ERR_MEMORY);
    EXPECT_TEXT(pv_trail_text(), "out of memory");
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_fails_once),
        cmocka_unit_test(a_failed_graph_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
