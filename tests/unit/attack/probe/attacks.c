/* The provider reads labels and secrets off what a customer sent: nearly all of them after plain
 * training, none where activations are noise; what it needs, and what is broken. */
#include "../cut.h"

#include "attack/probe/attacks.h"
#include "attack/probe/probe.h"

static const pv_attack_option few[] = {{"seeds", "1"}, {"epochs", "8"}};
static const pv_budget budget = {.seed = 1};

/* The share of values of all three steps that the attack says. */
static double share(const cut *c, const pv_attack *a, const pv_view *view, const int32_t *truth)
{
    const pv_attack_target t[3] = {{.victim = "alice", .step = 2},
                                   {.victim = "alice", .step = 3},
                                   {.victim = "alice", .step = 4}};
    pv_guess g;
    int right = 0, at = 0;
    CHECK_OK(pv_guess_init(&g, 3));
    CHECK_OK(a->run(&g, &view, 1, &c->known, t, 3, few, 2, &budget, NULL));
    for (int k = 0; k < 3; k++) {
        assert_int_equal(g.item[k].batch, cut_rows((uint64_t)k + 2));
        assert_true(g.item[k].finished && g.item[k].x == NULL);
        for (int i = 0; i < g.item[k].batch; i++, at++) {
            right += g.item[k].label[i] == truth[at];
            assert_true(g.item[k].confidence[i] >= 0 && g.item[k].confidence[i] <= 1.0001);
        }
    }
    pv_guess_clear(&g);
    return (double)right / CUT_QUERIES;
}

static void plain_training_tells_all_and_noise_nothing(void **state)
{
    (void)state;
    cut c;
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 4, 32);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 1);
    double label = share(&c, &pv_attack_probe, view, c.label),
           secret = share(&c, &pv_attack_secret_probe, view, c.value);
    c.known.back = NULL; /* a host without the provider's half sees activations only */
    double host = share(&c, &pv_attack_secret_probe, view, c.value);
    c.known.back = &c.back;
    recorded_free(&c.view);
    print_message("labels %.3f, secrets %.3f, without the back %.3f\n", label, secret, host);
    assert_true(label >= 0.9 && secret >= 0.95 && host >= 0.95);
    cut_again(&c, 4, 0);
    view = cut_record(&c, "server", 1);
    secret = share(&c, &pv_attack_secret_probe, view, c.value);
    recorded_free(&c.view);
    cut_again(&c, 8, 1);
    view = cut_record(&c, "server", 1);
    double none = share(&c, &pv_attack_secret_probe, view, c.value);
    label = share(&c, &pv_attack_probe, view, c.label);
    print_message("4 bits: secrets %.3f; noise: labels %.3f, secrets %.3f\n", secret, label, none);
    assert_true(secret >= 0.95 && fabs(label - 0.5) < 0.2 && fabs(none - 0.5) < 0.2);
    recorded_free(&c.view);
    cut_end(&c);
}

static void offsets_and_permutations(void **state)
{
    (void)state;
    for (int kind = PV_SECRET_OFFSET; kind <= PV_SECRET_PERMUTATION; kind++) {
        cut c;
        cut_begin(&c, "classes=0,1,3,7&", (pv_secret_kind)kind, 1, 4, 8);
        cut_ask(&c, 0);
        const pv_view *view = cut_record(&c, "server", 1);
        double label = share(&c, &pv_attack_probe, view, c.label);
        print_message("%s: labels %.3f\n", pv_secret_kind_name((pv_secret_kind)kind), label);
        assert_true(label >= 0.85);
        if (kind == PV_SECRET_OFFSET) {
            assert_true(share(&c, &pv_attack_secret_probe, view, c.value) >= 0.85);
        } else {
            pv_guess g;
            CHECK_FAILS(
                cut_attack(&g, &pv_attack_secret_probe, &c, view, "alice", 2, few, 2, &budget),
                PV_ERR_UNSUPPORTED, "has no number");
        }
        recorded_free(&c.view);
        cut_end(&c);
    }
}

static void the_same_again(void **state)
{
    (void)state;
    cut c;
    pv_guess a, b;
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 0, 8);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 0);
    CHECK_OK(cut_attack(&a, &pv_attack_probe, &c, view, "alice", 2, few, 2, &budget));
    CHECK_OK(cut_attack(&b, &pv_attack_probe, &c, view, "alice", 2, few, 2, &budget));
    assert_memory_equal(a.item->label, b.item->label, CUT_BATCH * sizeof *a.item->label);
    assert_memory_equal(a.item->confidence, b.item->confidence,
                        CUT_BATCH * sizeof *a.item->confidence);
    pv_guess_clear(&a);
    pv_guess_clear(&b);
    recorded_free(&c.view);
    view = cut_record(&c, "alice", 1); /* the customer can do it to itself */
    CHECK_OK(cut_attack(&a, &pv_attack_probe, &c, view, "alice", 2, few, 2, &budget));
    assert_int_equal(a.item->batch, CUT_BATCH);
    pv_guess_clear(&a);
    recorded_free(&c.view);
    cut_end(&c);
}

static void what_is_missing_or_broken(void **state)
{
    (void)state;
    cut c;
    pv_guess g;
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 0, 8);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 0);
    const pv_attack *a = &pv_attack_probe;
    const pv_attack_option quick[] = {{"seeds", "1"}, {"epochs", "1"}, {"shadow", "100"}},
                           wrong[] = {{"layers", "3"}};
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 3, quick, 3, &budget), PV_ERR_NOT_FOUND,
                "the retention of that type must be");
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 9, quick, 3, &budget), PV_ERR_NOT_FOUND,
                "no activation of alice at step 9");
    CHECK_FAILS(cut_attack(&g, a, &c, view, "bob", 2, quick, 3, &budget), PV_ERR_NOT_FOUND,
                "no activation of bob");
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 2, wrong, 1, &budget), PV_ERR_OPTION,
                "layers");
    pv_public known = c.known;
    c.known.front = NULL;
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 2, quick, 3, &budget), PV_ERR_USAGE,
                "the customer's half");
    c.known = known;
    c.known.own_data = NULL;
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 2, quick, 3, &budget), PV_ERR_USAGE,
                "samples of the adversary's own");
    pv_data *other;
    CHECK_OK(pv_data_open(&other, "glyphs?limit=20", NULL));
    c.known.own_data = other;
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 2, quick, 3, &budget), PV_ERR_MISMATCH,
                "the secret is for 2 classes");
    pv_data_free(other);
    c.known = known;
    recorded_free(&c.view);

    int64_t bytes = (int64_t)pv_activation_bytes(&c.form);
    uint8_t *z = pv_calloc(2, (size_t)bytes);
    assert_non_null(z);
    const pv_part name = {"a", PV_U8, PV_SHAPE(2, bytes), z},
                  narrow = {"z", PV_U8, PV_SHAPE(2, bytes - 1), z},
                  type = {"z", PV_F32, PV_SHAPE(1, bytes / 4), z};
    const pv_part *bad[] = {&name, &narrow, &type};
    for (int i = 0; i < 3; i++) {
        view = cut_malformed(&c, bad[i], 1);
        CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 2, quick, 3, &budget), PV_ERR_PEER,
                    "the activations of step 2");
        recorded_free(&c.view);
    }
    pv_free(z);
    cut_end(&c);
}

static void memory_runs_out(void **state)
{
    (void)state;
    cut c;
    pv_status status;
    const pv_attack_option quick[] = {
        {"seeds", "1"}, {"epochs", "1"}, {"shadow", "60"}, {"probes", "linear"}};
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 2, 0, 4);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 1);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_guess g;
        status = cut_attack(&g, &pv_attack_probe, &c, view, "alice", 2, quick, 4, &budget);
        if (status == PV_OK) pv_guess_clear(&g);
    }
    recorded_free(&c.view);
    cut_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_training_tells_all_and_noise_nothing),
        cmocka_unit_test(offsets_and_permutations),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(what_is_missing_or_broken),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
