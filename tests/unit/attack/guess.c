/* Guesses and their hash, and options of attacks. */
#include "check.h"

#include "attack/attack.h"

static void hashes_everything(void **state)
{
    (void)state;
    pv_guess g;
    pv_hash first, now;
    pv_shape sample = PV_SHAPE(2, 1), flat = PV_SHAPE(2);
    char text[PV_HASH_TEXT];
    CHECK_OK(pv_guess_init(&g, 2));
    CHECK_OK(pv_guess_claim(&g, 1, 3, 2, 1, 1));
    for (int i = 0; i < 6; i++) g.item[1].x[i] = (float)i / 4;
    g.item[1].label[0] = 7;
    g.item[1].loss = 0.5;
    CHECK_OK(pv_guess_hash(&first, &g, &sample));
    /* by Python's struct and hashlib from the layout in attack.h */
    assert_string_equal(pv_hash_text(&first, text),
                        "678230b87cbaa79ed87d7a602e24f55854ca5555ba7012d46a60bfd07d9ce23b");
#define CHANGES(what)                                                                              \
    do {                                                                                           \
        what;                                                                                      \
        CHECK_OK(pv_guess_hash(&now, &g, &sample));                                                \
        assert_false(pv_hash_equal(&now, &first));                                                 \
        first = now;                                                                               \
    } while (0)
    CHANGES(g.item[1].x[5] += 1);
    CHANGES(g.item[1].label[2] = 1);
    CHANGES(g.item[1].confidence[1] = -1);
    CHANGES(g.item[0].loss = 1);
    CHANGES(g.item[0].seconds = 1);
    CHANGES(g.item[0].evaluations = 1);
    CHANGES(g.item[0].finished = 1);
    CHECK_OK(pv_guess_hash(&now, &g, &flat));
    assert_false(pv_hash_equal(&now, &first));
    CHANGES(CHECK_OK(pv_guess_claim(&g, 1, 3, 0, 0, 0)));
    assert_null(g.item[1].x);
    pv_guess_clear(&g);
    pv_guess_clear(&g);
}

static const pv_attack_option defaults[] = {
    {"steps", "300"}, {"lr", "0.5"}, {"kind", "b"}, {NULL, NULL}};
static const pv_attack demo = {.name = "demo", .options = defaults};

static void options_and_defaults(void **state)
{
    (void)state;
    const pv_attack_option given[] = {{"lr", "2"}, {"steps", "1e2"}, {"lr", "4"}, {"x", "1"}};
    double number;
    int64_t count;
    int choice;
    assert_string_equal(pv_attack_option_get(&demo, given, 3, "lr"), "4");
    assert_string_equal(pv_attack_option_get(&demo, given, 3, "kind"), "b");
    assert_null(pv_attack_option_get(&demo, given, 4, "x"));
    CHECK_OK(pv_attack_option_check(&demo, given, 3));
    CHECK_FAILS(pv_attack_option_check(&demo, given, 4), PV_ERR_OPTION,
                "demo has no option 'x'; it has steps, lr, kind");
    CHECK_OK(pv_attack_option_number(&number, &demo, given, 1, "lr", 0, 10));
    assert_true(number == 2);
    CHECK_FAILS(pv_attack_option_number(&number, &demo, given, 1, "lr", 0, 1), PV_ERR_OPTION,
                "lr is '2'; a number from 0 to 1");
    CHECK_OK(pv_attack_option_count(&count, &demo, given, 2, "steps", 1, 1000));
    assert_int_equal(count, 100);
    CHECK_FAILS(pv_attack_option_count(&count, &demo, NULL, 0, "lr", 0, 9), PV_ERR_OPTION,
                "whole number");
    CHECK_OK(pv_attack_option_choice(&choice, &demo, NULL, 0, "kind", "a|b|c"));
    assert_int_equal(choice, 1);
    CHECK_FAILS(pv_attack_option_choice(&choice, &demo, NULL, 0, "kind", "bb|abc"), PV_ERR_OPTION,
                "one of bb|abc was expected");
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_guess g;
        pv_hash h;
        status = pv_guess_init(&g, 1);
        if (status == PV_OK) status = pv_guess_claim(&g, 0, 2, 3, 1, 1);
        if (status == PV_OK) status = pv_guess_hash(&h, &g, &(pv_shape){.ndim = 1, .dim = {3}});
        pv_guess_clear(&g);
    }
}

/* What was tried is told beside the guess, and is no part of what is committed to. */
static void tries_are_kept_in_order(void **state)
{
    (void)state;
    pv_guess g;
    pv_hash before, after;
    const pv_shape sample = PV_SHAPE(1);
    CHECK_OK(pv_guess_init(&g, 1));
    CHECK_OK(pv_guess_hash(&before, &g, &sample));
    for (int i = 0; i < 3; i++)
        CHECK_OK(pv_guess_add_try(&g, &(pv_guess_try){.name = "small", .right = i, .count = 3}));
    CHECK_OK(pv_guess_hash(&after, &g, &sample));
    assert_int_equal(g.tries, 3);
    assert_int_equal(g.tried[2].right, 2);
    assert_string_equal(g.tried[0].name, "small");
    assert_true(pv_hash_equal(&before, &after));
    pv_guess_clear(&g);
    assert_int_equal(g.tries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_everything),
        cmocka_unit_test(options_and_defaults),
        cmocka_unit_test(tries_are_kept_in_order),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
