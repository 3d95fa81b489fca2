/* A front's noise: a known stream, the same for a row whenever it is asked about and for nothing
 * else, and normal. Another implementation's numbers (Python's hashlib, ChaCha20 from RFC 8439)
 * are the known ones. */
#include "encode/complement/front_noise.h"
#include "check.h"

#include "encode/complement/secret.h"
#include <math.h>
#include <string.h>

enum { COUNT = 600, MANY = 200000 };
static const char row[] = "a row of a customer";
enum { ROW = sizeof row - 1 };

static void keys(pv_prf_key *customer, pv_hash *binding)
{
    for (int i = 0; i < 32; i++) {
        customer->byte[i] = (uint8_t)i;
        binding->byte[i] = (uint8_t)(255 - i);
    }
}

static void known_answer(void **state)
{
    (void)state;
    static const uint8_t start[] = {0x0b, 0x1c, 0x6b, 0xc4, 0x14, 0x52, 0x81, 0x7e};
    static const struct {
        int at;
        double value;
    } known[] = {{0, 0.30760094251962905},   {1, 0.34733776985338777},  {2, 0.9743934697588124},
                 {3, 0.5648435001518828},    {254, 0.5763441229478183}, {255, -0.45637529538866944},
                 {256, -1.6577820617153458}, {257, 1.2766630984227005}, {598, 0.7056611988294993},
                 {599, -1.1758707272096773}};
    pv_prf_key customer, noise;
    pv_hash binding;
    float n[COUNT];
    keys(&customer, &binding);
    CHECK_OK(pv_front_noise_key(&noise, &customer, &binding));
    assert_memory_equal(noise.byte, start, sizeof start);
    CHECK_OK(pv_front_noise_derive(n, COUNT, &noise, row, ROW));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_true(fabs(n[known[i].at] - known[i].value) < 1e-6);
}

/* Of two rows of numbers, sum of squares 1 each. */
static double correlation(const float *a, const float *b, int n)
{
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

/* The same row is the same bytes, however many numbers are wanted; another row, key or front has
 * nothing to do with it. */
static void one_row(void **state)
{
    (void)state;
    static float n[5][COUNT];
    pv_prf_key customer, noise, other;
    pv_hash binding;
    keys(&customer, &binding);
    CHECK_OK(pv_front_noise_key(&noise, &customer, &binding));
    CHECK_OK(pv_front_noise_derive(n[0], COUNT, &noise, row, ROW));
    CHECK_OK(pv_front_noise_derive(n[1], COUNT, &noise, row, ROW));
    assert_memory_equal(n[0], n[1], sizeof n[0]);
    CHECK_OK(pv_front_noise_derive(n[1], 257, &noise, row, ROW));
    assert_memory_equal(n[0], n[1], 257 * sizeof *n[0]);
    CHECK_OK(pv_front_noise_derive(n[1], COUNT, &noise, row, ROW - 1));
    binding.byte[31] ^= 1;
    CHECK_OK(pv_front_noise_key(&other, &customer, &binding));
    CHECK_OK(pv_front_noise_derive(n[2], COUNT, &other, row, ROW));
    binding.byte[31] ^= 1;
    customer.byte[0] ^= 1;
    CHECK_OK(pv_front_noise_key(&other, &customer, &binding));
    CHECK_OK(pv_front_noise_derive(n[3], COUNT, &other, row, ROW));
    CHECK_OK(pv_front_noise_derive(n[4], COUNT, &customer, row, ROW)); /* another key altogether */
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) /* of 600 numbers: beyond 5 deviations in one of 10^6 tries */
            assert_true(fabs(correlation(n[i], n[k], COUNT)) < 5 / sqrt(COUNT));
}

static void is_normal(const float *n, int64_t count)
{
    double sum = 0, squares = 0, fourth = 0;
    int64_t within = 0;
    for (int64_t i = 0; i < count; i++) {
        double v = n[i];
        sum += v;
        squares += v * v;
        fourth += v * v * v * v;
        within += fabs(v) < 1;
    }
    double c = (double)count, mean = sum / c, variance = squares / c - mean * mean;
    assert_true(fabs(mean) < 5 / sqrt(c));
    assert_true(fabs(variance - 1) < 5 * sqrt(2 / c));
    assert_true(fabs(fourth / c - 3) < 5 * sqrt(96 / c));
    assert_true(fabs((double)within / c - 0.682689492) < 5 * sqrt(0.2167 / c));
}

static void statistics(void **state)
{
    (void)state;
    static float n[MANY];
    pv_prf_key customer, noise;
    pv_hash binding;
    pv_rng rng = pv_rng_make(5, PV_STREAM_TEST);
    keys(&customer, &binding);
    CHECK_OK(pv_front_noise_key(&noise, &customer, &binding));
    for (int64_t i = 0; i < MANY / 8; i++) /* eight numbers of as many rows */
        CHECK_OK(pv_front_noise_derive(n + 8 * i, 8, &noise, &i, sizeof i));
    is_normal(n, MANY);
    CHECK_OK(pv_front_noise_derive(n, MANY, &noise, row, ROW));
    is_normal(n, MANY);
    pv_front_noise_draw(n, MANY, &rng);
    is_normal(n, MANY);
}

/* The secret of a row and its noise come from one key, and from different streams of it. */
static void apart_from_the_secret(void **state)
{
    (void)state;
    const pv_secret_plan plan = {.kind = PV_SECRET_COMPLEMENT,
                                 .form = PV_SECRET_PLANE,
                                 .classes = 2,
                                 .alpha = 1,
                                 .input = PV_SHAPE(1)};
    pv_prf_key customer, noise;
    pv_hash binding;
    int same = 0, tries = 4000;
    keys(&customer, &binding);
    CHECK_OK(pv_front_noise_key(&noise, &customer, &binding));
    for (int i = 0; i < tries; i++) {
        pv_secret_value secret;
        float n;
        CHECK_OK(pv_secret_derive(&secret, &plan, &customer, &i, sizeof i));
        CHECK_OK(pv_front_noise_derive(&n, 1, &noise, &i, sizeof i));
        same += (secret.to[0] == 1) == (n > 0);
    }
    assert_true(fabs(same / (double)tries - 0.5) < 5 * 0.5 / sqrt(tries));
}

static void amounts(void **state)
{
    (void)state;
    static const double bad[] = {-1e-9, -1, 100.001, INFINITY, -INFINITY, NAN};
    CHECK_OK(pv_front_noise_check(0));
    CHECK_OK(pv_front_noise_check(0.5));
    CHECK_OK(pv_front_noise_check(100));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAILS(pv_front_noise_check(bad[i]), PV_ERR_OPTION, "0 to 100 can be put on it");
    /* 1, 2, 3, 6: mean 3, squares 50, variance 3.5 */
    assert_true(fabs(pv_front_noise_spread(12, 50, 4) - sqrt(3.5 + 1e-6)) < 1e-12);
    assert_true(fabs(pv_front_noise_spread(8, 16, 4) - 1e-3) < 1e-12); /* all alike */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer), cmocka_unit_test(one_row),
        cmocka_unit_test(statistics),   cmocka_unit_test(apart_from_the_secret),
        cmocka_unit_test(amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
