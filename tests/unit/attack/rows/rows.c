/* Rows that lie in a view in plain. */
#include "../recorded.h"

#include "attack/rows/rows.h"

enum { SIDE = 2, PIXELS = SIDE * SIDE };

static const uint8_t byte[2 * PIXELS] = {0, 51, 102, 255, 255, 0, 1, 2};
static const float real[PIXELS] = {0.25f, 0.5f, 0.75f, 1};
static const int32_t label[3] = {2, 0, 1};

static void add(recorded *r, pv_view_kind kind, uint16_t peer, uint64_t step, int bytes)
{
    int64_t n = bytes ? 2 : 1;
    const pv_part part[2] = {{"x", bytes ? PV_U8 : PV_F32, PV_SHAPE(n, SIDE, SIDE, 1),
                              bytes ? (void *)byte : (void *)real},
                             {"label", PV_I32, PV_SHAPE(n), bytes ? label : label + 2}};
    recorded_add(r, kind, peer, RECORDED_ROWS, step, part, 2, 1);
}

static pv_status attack(pv_guess *g, const pv_view *view, pv_model *m, const pv_attack_target *t)
{
    const pv_public known = {.model = m};
    PV_TRY(pv_guess_init(g, 1));
    return pv_attack_rows.run(g, &view, 1, &known, t, 1, NULL, 0, &(pv_budget){0}, NULL);
}

static const pv_attack_target alice = {.victim = "alice", .step = 0};

static void in_the_order_of_their_records(void **state)
{
    (void)state;
    pv_model *m = recorded_model("flatten\ndense classes\n", SIDE, 3);
    for (int own = 0; own <= 1; own++) {
        recorded r;
        pv_guess g;
        recorded_begin(&r, own ? "alice" : "server");
        pv_view_kind kind = own ? PV_VIEW_SENT : PV_VIEW_RECEIVED;
        add(&r, kind, 0, 0, 1);
        if (!own) add(&r, kind, 1, 0, 0);
        add(&r, kind, 0, 1, 1);
        add(&r, kind, 0, 0, 0);
        CHECK_OK(attack(&g, recorded_open(&r), m, &alice));
        const pv_guess_item *i = g.item;
        assert_int_equal(i->batch, 3);
        assert_true(i->finished);
        for (int k = 0; k < 2 * PIXELS; k++) assert_true(i->x[k] == (float)byte[k] / 255.0f);
        assert_memory_equal(i->x + 2 * PIXELS, real, sizeof real);
        assert_memory_equal(i->label, label, sizeof label);
        pv_guess_clear(&g);
        recorded_free(&r);
    }
    pv_model_free(m);
}

static void what_is_no_row(void **state)
{
    (void)state;
    pv_model *m = recorded_model("flatten\ndense classes\n", SIDE, 3);
    recorded r;
    pv_guess g;
    const pv_attack_target later = {.victim = "alice", .step = 8};
    const pv_attack_target nobody = {.victim = "carol", .step = 0};
    const pv_part flat[2] = {{"x", PV_F32, PV_SHAPE(1, PIXELS), real},
                             {"label", PV_I32, PV_SHAPE(1), label}};
    const pv_part few[2] = {{"x", PV_U8, PV_SHAPE(2, SIDE, SIDE, 1), byte},
                            {"label", PV_I32, PV_SHAPE(1), label}};
    recorded_begin(&r, "server");
    recorded_add(&r, PV_VIEW_RECEIVED, 0, RECORDED_ROWS, 0, flat, 2, 1);
    recorded_add(&r, PV_VIEW_RECEIVED, 0, RECORDED_ROWS, 1, few, 2, 1);
    const pv_view *view = recorded_open(&r);
    CHECK_FAILS(attack(&g, view, m, &alice), PV_ERR_PEER, "the rows of alice at step 0");
    pv_guess_clear(&g);
    CHECK_FAILS(attack(&g, view, m, &(pv_attack_target){.victim = "alice", .step = 1}), PV_ERR_PEER,
                "label");
    pv_guess_clear(&g);
    CHECK_FAILS(attack(&g, view, m, &later), PV_ERR_NOT_FOUND, "no rows of alice at step 8");
    pv_guess_clear(&g);
    CHECK_FAILS(attack(&g, view, m, &nobody), PV_ERR_NOT_FOUND, "no rows of carol");
    pv_guess_clear(&g);
    recorded_free(&r);
    pv_model_free(m);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_model *m = recorded_model("flatten\ndense classes\n", SIDE, 3);
    pv_status status = PV_OK;
    recorded r;
    recorded_begin(&r, "server");
    add(&r, PV_VIEW_RECEIVED, 0, 0, 1);
    const pv_view *view = recorded_open(&r);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_guess g;
        status = attack(&g, view, m, &alice);
        pv_guess_clear(&g);
    }
    recorded_free(&r);
    pv_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_order_of_their_records),
        cmocka_unit_test(what_is_no_row),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
