/* Two parties find what they share; what is not a list of points is refused. */
#include "hex.h"

#include "base/csprng_test.h"
#include "crypto/psi/psi.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { P = PV_PSI_POINT, MOST = 3000 };

typedef struct side {
    pv_psi *psi;
    pv_csprng random;
    pv_psi_id id[MOST];
    char text[MOST][24];
    size_t n;
    uint8_t hidden[MOST * P], doubled[MOST * P], tag[MOST * P]; /* doubled: of the other's points */
    uint32_t first[MOST], second[MOST], mine[MOST];             /* second: of doubled */
    size_t common;
} side;

static side *side_new(uint64_t seed, const char *session)
{
    side *s = calloc(1, sizeof *s);
    assert_non_null(s);
    pv_csprng_test(&s->random, seed);
    CHECK_OK(pv_psi_new(&s->psi, session, strlen(session), &s->random));
    return s;
}

static void side_free(side *s)
{
    pv_psi_free(s->psi);
    free(s);
}

static void add(side *s, int number)
{
    int n = snprintf(s->text[s->n], sizeof s->text[0], "person %d", number);
    s->id[s->n] = (pv_psi_id){s->text[s->n], (size_t)n};
    s->n++;
}

static const uint8_t *at(const uint8_t *points, size_t i)
{
    return points + i * P;
}

static void hide(side *s, const pv_ctx *ctx)
{
    uint8_t *plain = malloc(s->n * P + 1);
    CHECK_OK(pv_psi_hide(plain, s->psi, s->id, s->n, ctx));
    pv_psi_shuffle(s->first, s->n, &s->random);
    for (size_t i = 0; i < s->n; i++) memcpy(s->hidden + i * P, at(plain, s->first[i]), P);
    free(plain);
}

static void again(side *s, const side *other, const pv_ctx *ctx)
{
    uint8_t *plain = malloc(other->n * P + 1);
    CHECK_OK(pv_psi_again(plain, s->psi, other->hidden, other->n, "hidden of the other", ctx));
    pv_psi_shuffle(s->second, other->n, &s->random);
    for (size_t i = 0; i < other->n; i++) memcpy(s->doubled + i * P, at(plain, s->second[i]), P);
    free(plain);
}

/* The tag of each of its identifiers, from what the other doubled and in which order. */
static void meet(side *s, const side *other, const pv_ctx *ctx)
{
    size_t blind;
    CHECK_OK(pv_psi_check(other->doubled, s->n, "doubled of the other", ctx));
    CHECK_OK(pv_psi_common(NULL, &blind, s->doubled, other->n, other->doubled, s->n));
    CHECK_OK(pv_psi_shuffle_check(other->second, s->n, "order"));
    for (size_t i = 0; i < s->n; i++)
        memcpy(s->tag + s->first[other->second[i]] * P, at(other->doubled, i), P);
    CHECK_OK(pv_psi_common(s->mine, &s->common, s->tag, s->n, s->doubled, other->n));
    assert_int_equal(blind, s->common);
}

static void run(side *a, side *b, const pv_ctx *ctx)
{
    hide(a, ctx);
    hide(b, ctx);
    again(a, b, ctx);
    again(b, a, ctx);
    meet(a, b, ctx);
    meet(b, a, ctx);
}

static void both_find_the_same(void **state)
{
    (void)state;
    side *a = side_new(1, "s"), *b = side_new(2, "s");
    for (int i = 0; i < 300; i++) add(a, 3 * i);
    for (int i = 0; i < 500; i++) add(b, 1000 - 2 * i); /* down to 2: multiples of 6 are shared */
    run(a, b, NULL);
    size_t shared = 0;
    for (int i = 0; i < 300; i++) shared += 3 * i % 2 == 0 && 3 * i >= 2;
    assert_int_equal(a->common, shared);
    assert_int_equal(b->common, shared);
    int sorted = 1;
    for (size_t i = 0; i < shared; i++) {
        assert_string_equal(a->text[a->mine[i]], b->text[b->mine[i]]);
        assert_memory_equal(at(a->tag, a->mine[i]), at(b->tag, b->mine[i]), P);
        if (i > 0) assert_true(memcmp(at(a->tag, a->mine[i - 1]), at(a->tag, a->mine[i]), P) < 0);
        sorted = sorted && (i == 0 || a->mine[i - 1] < a->mine[i]);
    }
    assert_false(sorted); /* the common order says nothing about either's */
    side_free(a);
    side_free(b);
}

static void nothing_shared(void **state)
{
    (void)state;
    side *a = side_new(1, "s"), *b = side_new(2, "s");
    for (int i = 0; i < 20; i++) add(a, i);
    for (int i = 0; i < 20; i++) add(b, 100 + i);
    run(a, b, NULL);
    assert_int_equal(a->common + b->common, 0);
    side_free(a);
    side_free(b);
    /* another session: other points, even with the same scalar */
    side *c = side_new(1, "s"), *d = side_new(2, "t");
    for (int i = 0; i < 20; i++) add(c, i), add(d, i);
    run(c, d, NULL);
    assert_int_equal(c->common, 0);
    side_free(c);
    side_free(d);
}

/* The point of "id 7" in the session "session", by a separate program (Python, from the RFCs). */
static void known_answer(void **state)
{
    static const pv_psi_id id[2] = {{"id 7", 4}, {NULL, 0}};
    static const char *const session[2] = {"session", ""};
    static const char *const point[2] = {
        "feac5ac6fb9b94a7a75b6db47ce0e3577df110aa95b10ee1c9f465d93e40f667",
        "08aa6d5a1d14f86008afdfa858a9921e018087f267d8d717108999929991da31"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t wide[64], scalar[32], base[32], expected[32], hidden[32];
        pv_psi *p;
        pv_csprng r;
        pv_csprng_test(&r, 5);
        pv_csprng_bytes(&r, wide, sizeof wide);
        crypto_core_ristretto255_scalar_reduce(scalar, wide);
        unhex(base, sizeof base, point[i]);
        assert_int_equal(crypto_scalarmult_ristretto255(expected, scalar, base), 0);
        pv_csprng_test(&r, 5);
        CHECK_OK(pv_psi_new(&p, session[i], strlen(session[i]), &r));
        CHECK_OK(pv_psi_hide(hidden, p, &id[i], 1, NULL));
        assert_memory_equal(hidden, expected, 32);
        pv_psi_free(p);
    }
}

static void refusals(void **state)
{
    /* RFC 9496, A.2, and the identity */
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        /* bit 255 set: the base point, the identity */
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6",
        "0000000000000000000000000000000000000000000000000000000000000080",
    };
    (void)state;
    side *a = side_new(1, "s");
    uint8_t out[10 * P], in[10 * P];
    const pv_ctx two = {.threads = 2};
    for (int i = 0; i < 10; i++) add(a, i);
    CHECK_OK(pv_psi_hide(in, a->psi, a->id, 10, NULL));
    CHECK_OK(pv_psi_again(out, a->psi, in, 10, "hidden", &two));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t kept[P];
        memcpy(kept, at(in, 7), P);
        unhex(in + 7 * P, P, bad[i]);
        const char *says = i == 0 ? "hidden of b: number 7 is the identity"
                                  : "hidden of b: number 7 is no valid encoding";
        CHECK_FAILS(pv_psi_again(out, a->psi, in, 10, "hidden of b", &two), PV_ERR_PEER, says);
        CHECK_FAILS(pv_psi_check(in, 10, "hidden of b", &two), PV_ERR_PEER, says);
        memcpy(in + 7 * P, kept, P);
    }
    memcpy(in + 8 * P, at(in, 3), P);
    memcpy(in + 5 * P, at(in, 3), P);
    CHECK_FAILS(pv_psi_again(out, a->psi, in, 10, "hidden of b", NULL), PV_ERR_PEER,
                "hidden of b: number 5 is there twice");
    CHECK_FAILS(pv_psi_check(in, 10, "doubled", NULL), PV_ERR_PEER, "number 5 is there twice");
    CHECK_FAILS(pv_psi_check(in, (size_t)PV_PSI_MOST + 1, "doubled", NULL), PV_ERR_LIMIT,
                "16777216");
    CHECK_OK(pv_psi_check(in, 0, "nothing", NULL));
    side_free(a);
}

static void orders(void **state)
{
    uint32_t order[4] = {2, 0, 3, 1};
    (void)state;
    CHECK_OK(pv_psi_shuffle_check(order, 4, "order"));
    order[2] = 2;
    CHECK_FAILS(pv_psi_shuffle_check(order, 4, "order of b"), PV_ERR_PEER,
                "order of b: place 2 holds 2, which is there already");
    order[2] = 4;
    CHECK_FAILS(pv_psi_shuffle_check(order, 4, "order of b"), PV_ERR_PEER, "out of range");
    CHECK_OK(pv_psi_shuffle_check(order, 0, "order"));
}

/* All 24 orders of four are equally likely: chi-squared with 23 degrees of freedom stays below 60
 * but for once in 40,000 seeds. */
static void shuffles_are_uniform(void **state)
{
    enum { DRAWS = 24000 };
    int count[256] = {0};
    pv_csprng r;
    double chi = 0;
    (void)state;
    pv_csprng_test(&r, 9);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t o[4];
        pv_psi_shuffle(o, 4, &r);
        CHECK_OK(pv_psi_shuffle_check(o, 4, "order"));
        count[o[0] | o[1] << 2 | o[2] << 4 | o[3] << 6]++;
    }
    int kinds = 0;
    for (int i = 0; i < 256; i++) {
        if (count[i] == 0) continue;
        kinds++;
        chi += (count[i] - DRAWS / 24.0) * (count[i] - DRAWS / 24.0) / (DRAWS / 24.0);
    }
    assert_int_equal(kinds, 24);
    if (chi >= 60) print_error("chi-squared %g with seed 9\n", chi);
    assert_true(chi < 60);
}

/* Scalars differ from run to run, so what is sent for the same identifier does. Each bit of a point
 * (but the last two, which canonical encodings fix) is set half of the time. */
static void points_look_random(void **state)
{
    enum { RUNS = 400 };
    int set[8 * P] = {0};
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        pv_csprng r;
        pv_psi *p;
        uint8_t point[P];
        pv_csprng_test(&r, 100 + (uint64_t)i);
        CHECK_OK(pv_psi_new(&p, "s", 1, &r));
        CHECK_OK(pv_psi_hide(point, p, &(pv_psi_id){"x", 1}, 1, NULL));
        for (int b = 0; b < 8 * P; b++) set[b] += point[b / 8] >> b % 8 & 1;
        pv_psi_free(p);
    }
    assert_int_equal(set[0], 0);         /* encodings are even */
    assert_int_equal(set[8 * P - 1], 0); /* and below 2^255 */
    for (int b = 1; b < 8 * P - 1; b++)  /* 5 standard deviations: once in 7,000 seeds */
        if (fabs(set[b] - RUNS / 2.0) > 5 * sqrt(RUNS) / 2)
            fail_msg("bit %d is set %d times of %d", b, set[b], RUNS);
}

static void threads_do_not_matter(void **state)
{
    const pv_ctx four = {.threads = 4};
    (void)state;
    side *a = side_new(1, "s"), *b = side_new(2, "s"), *c = side_new(1, "s"), *d = side_new(2, "s");
    for (int i = 0; i < MOST; i++) add(a, i), add(c, i);
    for (int i = 0; i < MOST / 2; i++) add(b, 2 * i), add(d, 2 * i);
    run(a, b, NULL);
    run(c, d, &four);
    assert_int_equal(a->common, MOST / 2);
    assert_memory_equal(a->hidden, c->hidden, sizeof a->hidden);
    assert_memory_equal(a->doubled, c->doubled, sizeof a->doubled);
    assert_memory_equal(a->mine, c->mine, a->common * sizeof a->mine[0]);
    side_free(a);
    side_free(b);
    side_free(c);
    side_free(d);
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void can_be_stopped(void **state)
{
    (void)state;
    side *a = side_new(1, "s");
    const pv_ctx ctx = {.threads = 1, .cancelled = stop};
    for (int i = 0; i < 10; i++) add(a, i);
    CHECK_FAILS(pv_psi_hide(a->hidden, a->psi, a->id, a->n, &ctx), PV_ERR_CANCELLED, "");
    CHECK_OK(pv_psi_hide(a->hidden, a->psi, a->id, a->n, NULL));
    CHECK_FAILS(pv_psi_again(a->doubled, a->psi, a->hidden, a->n, "x", &ctx), PV_ERR_CANCELLED, "");
    side_free(a);
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    uint8_t point[3 * P], twice[3 * P];
    static const pv_psi_id id[3] = {{"a", 1}, {"b", 1}, {"c", 1}};
    uint32_t mine[3], order[3];
    size_t common = 0;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_psi *p;
        pv_csprng r;
        pv_csprng_test(&r, 3);
        status = pv_psi_new(&p, "s", 1, &r);
        if (status == PV_OK) status = pv_psi_hide(point, p, id, 3, NULL);
        if (status == PV_OK) status = pv_psi_again(twice, p, point, 3, "x", NULL);
        if (status == PV_OK) status = pv_psi_check(twice, 3, "x", NULL);
        pv_psi_shuffle(order, 3, &r);
        if (status == PV_OK) status = pv_psi_shuffle_check(order, 3, "x");
        if (status == PV_OK) status = pv_psi_common(mine, &common, twice, 3, twice, 3);
        pv_psi_free(p);
    }
    assert_int_equal(status, PV_OK);
    assert_int_equal(common, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_find_the_same),
        cmocka_unit_test(nothing_shared),
        cmocka_unit_test(known_answer),
        cmocka_unit_test(refusals),
        cmocka_unit_test(orders),
        cmocka_unit_test(shuffles_are_uniform),
        cmocka_unit_test(points_look_random),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(can_be_stopped),
        cmocka_unit_test(out_of_memory),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
