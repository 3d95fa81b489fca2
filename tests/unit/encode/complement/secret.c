#include "check.h"

#include "encode/complement/secret.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const pv_shape image = {3, {6, 5, 4}}, row = {1, {7}};

static pv_secret_plan plan(pv_secret_kind kind, pv_secret_form form, int classes, pv_shape input)
{
    return (pv_secret_plan){
        .kind = kind, .form = form, .classes = classes, .alpha = 0.5, .input = input};
}

static void names(void **state)
{
    (void)state;
    for (int k = PV_SECRET_COMPLEMENT; k <= PV_SECRET_PERMUTATION; k++)
        assert_int_equal(pv_secret_kind_by_name(pv_secret_kind_name((pv_secret_kind)k)), k);
    for (int f = PV_SECRET_PLANE; f <= PV_SECRET_DIGIT; f++)
        assert_int_equal(pv_secret_form_by_name(pv_secret_form_name((pv_secret_form)f)), f);
    assert_string_equal(pv_secret_kind_name(PV_SECRET_OFFSET), "offset");
    assert_int_equal(pv_secret_kind_by_name(""), 0);
    assert_int_equal(pv_secret_form_by_name("planes"), 0);
}

static void what_goes_together(void **state)
{
    (void)state;
    static const struct {
        pv_secret_kind kind;
        pv_secret_form form;
        int classes, is_image;
        int64_t channels, values; /* 0: refused */
        const char *why;
    } cases[] = {
        {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 2, 1, 1, 2, NULL},
        {PV_SECRET_COMPLEMENT, PV_SECRET_APPEND, 2, 0, 8, 2, NULL},
        {PV_SECRET_COMPLEMENT, PV_SECRET_DIGIT, 2, 1, 1, 2, NULL},
        {PV_SECRET_OFFSET, PV_SECRET_PLANE, 10, 1, 10, 10, NULL},
        {PV_SECRET_OFFSET, PV_SECRET_APPEND, 10, 0, 80, 10, NULL},
        {PV_SECRET_OFFSET, PV_SECRET_DIGIT, 10, 1, 1, 10, NULL},
        {PV_SECRET_OFFSET, PV_SECRET_PLANE, 256, 0, 256, 256, NULL},
        {PV_SECRET_PERMUTATION, PV_SECRET_PLANE, 10, 0, 100, 0, NULL},
        {PV_SECRET_PERMUTATION, PV_SECRET_APPEND, 16, 1, 2048, 0, NULL},
        {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 3, 1, 0, 0,
         "flips between two classes; there are 3"},
        {PV_SECRET_PERMUTATION, PV_SECRET_PLANE, 17, 1, 0, 0, "would need 289 planes"},
        {PV_SECRET_OFFSET, PV_SECRET_PLANE, 257, 1, 0, 0, "257 classes; 2 to 256"},
        {PV_SECRET_OFFSET, PV_SECRET_PLANE, 1, 1, 0, 0, "1 classes; 2 to 256"},
        {PV_SECRET_OFFSET, PV_SECRET_DIGIT, 11, 1, 0, 0, "none for an offset over 11"},
        {PV_SECRET_PERMUTATION, PV_SECRET_DIGIT, 2, 1, 0, 0, "for a permutation over 2"},
        {PV_SECRET_COMPLEMENT, PV_SECRET_DIGIT, 2, 0, 0, 0, "enters at a dense layer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_secret_plan p =
            plan(cases[i].kind, cases[i].form, cases[i].classes, cases[i].is_image ? image : row);
        if (cases[i].why != NULL) {
            CHECK_FAILS(pv_secret_plan_check(&p), PV_ERR_OPTION, cases[i].why);
            continue;
        }
        CHECK_OK(pv_secret_plan_check(&p));
        assert_int_equal(pv_secret_channels(&p), cases[i].channels);
        assert_int_equal(pv_secret_values(&p), cases[i].values);
    }
}

static void turns_back(const pv_secret_plan *p, const pv_secret_value *s)
{
    float score[PV_SECRET_CLASSES], opened[PV_SECRET_CLASSES];
    for (int32_t l = 0; l < p->classes; l++) {
        int32_t answer = pv_secret_hide(s, l);
        assert_in_range(answer, 0, p->classes - 1);
        assert_int_equal(pv_secret_open(p, s, answer), l);
        score[l] = -0.5f * (float)l;
    }
    score[0] = NAN;
    pv_secret_open_scores(opened, p, s, score);
    for (int32_t l = 0; l < p->classes; l++)
        assert_memory_equal(&opened[l], &score[pv_secret_hide(s, l)], sizeof(float));
    assert_int_equal(pv_secret_open(p, s, -1), -1);
    assert_int_equal(pv_secret_open(p, s, p->classes), -1);
    assert_int_equal(pv_secret_open(p, s, INT32_MIN), -1);
    assert_int_equal(pv_secret_open(p, s, INT32_MAX), -1);
}

static void every_value_turns_back(void **state)
{
    (void)state;
    pv_secret_value s;
    pv_secret_plan two = plan(PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 2, image);
    for (int c = 0; c < 2; c++) {
        CHECK_OK(pv_secret_of(&s, &two, c));
        for (int32_t l = 0; l < 2; l++) assert_int_equal(pv_secret_hide(&s, l), l ^ c);
        turns_back(&two, &s);
    }
    for (int n = 2; n <= PV_SECRET_CLASSES; n += n < 12 ? 1 : 61) {
        pv_secret_plan p = plan(PV_SECRET_OFFSET, PV_SECRET_PLANE, n, image);
        for (int o = 0; o < n; o++) {
            CHECK_OK(pv_secret_of(&s, &p, o));
            for (int32_t l = 0; l < n; l++) assert_int_equal(pv_secret_hide(&s, l), (l + o) % n);
            turns_back(&p, &s);
        }
        CHECK_FAILS(pv_secret_of(&s, &p, n), PV_ERR_RANGE, "of an offset over");
        CHECK_FAILS(pv_secret_of(&s, &p, -1), PV_ERR_RANGE, "a secret of -1; of an offset");
    }
    CHECK_FAILS(pv_secret_of(&s, &two, 2), PV_ERR_RANGE,
                "a secret of 2; of a complement over 2 classes it is 0..1");
    pv_secret_plan any = plan(PV_SECRET_PERMUTATION, PV_SECRET_PLANE, 5, image);
    CHECK_FAILS(pv_secret_of(&s, &any, 0), PV_ERR_RANGE, "a permutation has no number");
    pv_rng r = pv_rng_make(4, PV_STREAM_TEST);
    for (int n = 2; n <= PV_SECRET_PERMUTED; n++) {
        pv_secret_plan p = plan(PV_SECRET_PERMUTATION, PV_SECRET_PLANE, n, image);
        for (int i = 0; i < 50; i++) {
            pv_secret_draw(&s, &p, &r);
            turns_back(&p, &s);
        }
    }
}

/* Draws, and what is derived from inputs that count up, are uniform: chi-squared of the values (of
 * all 24 permutations of four) stays below the 99.9 % point. */
static void draws_are_uniform(void **state)
{
    (void)state;
    static const struct {
        pv_secret_kind kind;
        int classes, values;
        double most; /* chi-squared, 99.9 %, values - 1 degrees of freedom */
    } cases[] = {{PV_SECRET_COMPLEMENT, 2, 2, 10.83},
                 {PV_SECRET_OFFSET, 10, 10, 27.88},
                 {PV_SECRET_PERMUTATION, 4, 24, 49.73}};
    enum { DRAWS = 24000 };
    const uint64_t seed = 9;
    const pv_prf_key key = {{1, 2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int derived = 0; derived < 2; derived++) {
            pv_secret_plan p = plan(cases[i].kind, PV_SECRET_PLANE, cases[i].classes, image);
            pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
            pv_secret_value s;
            int count[256] = {0};
            double chi = 0, each = (double)DRAWS / cases[i].values;
            for (uint32_t k = 0; k < DRAWS; k++) {
                if (derived)
                    CHECK_OK(pv_secret_derive(&s, &p, &key, &k, sizeof k));
                else
                    pv_secret_draw(&s, &p, &r);
                int at = s.to[0];
                if (p.kind == PV_SECRET_PERMUTATION) at = s.to[0] | s.to[1] << 2 | s.to[2] << 4;
                count[at]++;
            }
            for (int v = 0; v < 256; v++)
                if (count[v] > 0) chi += pow(count[v] - each, 2) / each;
            int seen = 0;
            for (int v = 0; v < 256; v++) seen += count[v] > 0;
            if (chi > cases[i].most) print_error("seed %d: chi-squared %g\n", (int)seed, chi);
            assert_int_equal(seen, cases[i].values);
            assert_true(chi <= cases[i].most);
        }
}

static void a_repeated_query_repeats(void **state)
{
    (void)state;
    pv_secret_plan p = plan(PV_SECRET_PERMUTATION, PV_SECRET_PLANE, 16, image);
    pv_prf_key key = {{7}}, other = {{8}};
    pv_secret_value a, b;
    float x[12] = {0.25f, 1, 2}, y[12];
    memcpy(y, x, sizeof x);
    CHECK_OK(pv_secret_derive(&a, &p, &key, x, sizeof x));
    CHECK_OK(pv_secret_derive(&b, &p, &key, y, sizeof y));
    assert_memory_equal(&a, &b, sizeof a);
    CHECK_OK(pv_secret_derive(&b, &p, &other, x, sizeof x));
    assert_memory_not_equal(a.to, b.to, sizeof a.to);
    CHECK_OK(pv_secret_derive(&b, &p, &key, x, sizeof x - 1));
    assert_memory_not_equal(a.to, b.to, sizeof a.to);
    y[11] = 1e-30f;
    CHECK_OK(pv_secret_derive(&b, &p, &key, y, sizeof y));
    assert_memory_not_equal(a.to, b.to, sizeof a.to);
    assert_int_not_equal(a.look, b.look);
}

static void planes_tell_the_value(void **state)
{
    (void)state;
    static float out[30 * 2048];
    pv_secret_value s;
    for (int append = 0; append < 2; append++) {
        pv_secret_form form = append ? PV_SECRET_APPEND : PV_SECRET_PLANE;
        pv_secret_plan p = plan(PV_SECRET_OFFSET, form, 5, image);
        int64_t channels = pv_secret_channels(&p);
        CHECK_OK(pv_secret_of(&s, &p, 3));
        pv_secret_fill(out, &p, &s);
        for (int64_t i = 0; i < 30; i++)
            for (int64_t c = 0; c < channels; c++)
                assert_true(out[i * channels + c] == (c % 5 == 3 ? 0.5f : -0.5f));
        p = plan(PV_SECRET_COMPLEMENT, form, 2, row);
        for (int v = 0; v < 2; v++) {
            CHECK_OK(pv_secret_of(&s, &p, v));
            pv_secret_fill(out, &p, &s);
            for (int64_t c = 0; c < pv_secret_channels(&p); c++)
                assert_true(out[c] == (v ? 0.5f : -0.5f));
        }
        pv_rng r = pv_rng_make(2, PV_STREAM_TEST);
        p = plan(PV_SECRET_PERMUTATION, form, 4, row);
        pv_secret_draw(&s, &p, &r);
        pv_secret_fill(out, &p, &s);
        for (int64_t c = 0; c < pv_secret_channels(&p); c++) {
            int64_t at = c % 16;
            assert_true(out[c] == (s.to[at / 4] == at % 4 ? 0.5f : -0.5f));
        }
    }
}

/* Drawn without a look-up, a permutation is Fisher's and Yates', an offset the remainder. */
static void drawn_as_written_down(void **state)
{
    (void)state;
    const pv_secret_plan p = plan(PV_SECRET_PERMUTATION, PV_SECRET_PLANE, 16, row),
                         o = plan(PV_SECRET_OFFSET, PV_SECRET_PLANE, 200, row);
    for (uint64_t seed = 0; seed < 50; seed++) {
        pv_rng r = pv_rng_make(seed, PV_STREAM_TEST), again = r;
        uint8_t to[16] = {0};
        pv_secret_value s;
        pv_secret_draw(&s, &p, &r);
        for (int i = 0; i < 16; i++) {
            uint64_t j = pv_rng_below(&again, (uint64_t)i + 1);
            to[i] = to[j];
            to[j] = (uint8_t)i;
        }
        assert_memory_equal(s.to, to, sizeof to);
        assert_true(s.look == pv_rng_below(&again, UINT64_C(1) << 62));
        pv_secret_draw(&s, &o, &r);
        uint64_t by = pv_rng_below(&again, 200);
        for (uint64_t l = 0; l < 200; l++) assert_int_equal(s.to[l], (l + by) % 200);
        for (int l = 200; l < PV_SECRET_CLASSES; l++) assert_int_equal(s.to[l], 0);
    }
}

/* The digit: as strong as a plane, another hand for another look, and told apart by its value. */
static void digits_are_drawn(void **state)
{
    (void)state;
    float a[28 * 28], b[28 * 28], small[36];
    pv_secret_plan p = plan(PV_SECRET_OFFSET, PV_SECRET_DIGIT, 10, PV_SHAPE(28, 28, 3));
    pv_secret_value s;
    for (int v = 0; v < 10; v++) {
        double square = 0, differs = 0;
        CHECK_OK(pv_secret_of(&s, &p, v));
        pv_secret_fill(a, &p, &s);
        pv_secret_fill_open(b, &p, &s);
        assert_memory_equal(a, b, sizeof a);
        for (int i = 0; i < 28 * 28; i++) {
            square += a[i] * a[i];
            assert_true(a[i] >= 0);
        }
        assert_true(fabs(sqrt(square / (28 * 28)) - 0.5) < 1e-5);
        s.look = 12345;
        pv_secret_fill(b, &p, &s);
        for (int i = 0; i < 28 * 28; i++) differs += fabs((double)a[i] - b[i]);
        assert_true(differs > 1);
        p.input = PV_SHAPE(6, 6, 3);
        square = 0;
        pv_secret_fill(small, &p, &s);
        for (int i = 0; i < 36; i++) square += small[i] * small[i];
        assert_true(fabs(sqrt(square / 36) - 0.5) < 1e-5);
        p.input = PV_SHAPE(28, 28, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(what_goes_together),
        cmocka_unit_test(every_value_turns_back),
        cmocka_unit_test(draws_are_uniform),
        cmocka_unit_test(a_repeated_query_repeats),
        cmocka_unit_test(planes_tell_the_value),
        cmocka_unit_test(drawn_as_written_down),
        cmocka_unit_test(digits_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
