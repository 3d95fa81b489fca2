/* Whole rounds: the sum is exact for every size, threshold and pattern of drop-outs that leaves
 * enough clients, and refused, with the reason, for every other. */
#include "check.h"
#include "party.h"

static void everybody(void **state)
{
    (void)state;
    for (int n = 2; n <= 7; n++)
        for (int t = n / 2 + 1; t <= n; t++) {
            unsigned all = (1u << n) - 1;
            uint64_t sum[LENGTH], expected[LENGTH];
            party p;
            CHECK_OK(party_init(&p, n, t, (uint64_t)(100 * n + t)));
            CHECK_OK(party_run(&p, (attendance){all, all, all, all}, sum));
            party_expect(&p, all, expected);
            assert_memory_equal(sum, expected, sizeof sum);
            for (int i = 0; i < n; i++)
                assert_int_equal(pv_secagg_server_seen(p.server, i),
                                 PV_SECAGG_KEYS | PV_SECAGG_SHARES | PV_SECAGG_MASKED |
                                     PV_SECAGG_ANSWER);
            assert_int_equal(pv_secagg_server_seen(p.server, n), 0);
            party_clear(&p);
        }
}

static int members(unsigned set)
{
    return __builtin_popcount(set);
}

/* n = 5: every chain keys >= shares >= vectors >= answers of sets with the last of at least t. Each
 * client leaves at one of four stages or stays: 5^5 patterns a threshold. */
static void drop_outs(void **state)
{
    (void)state;
    enum { N = 5, STAGES = 5 };
    int exact = 0;
    for (int t = 3; t <= N; t++)
        for (int pattern = 0; pattern < 3125; pattern++) {
            unsigned set[STAGES - 1] = {0};
            for (int i = 0, rest = pattern; i < N; i++, rest /= STAGES)
                for (int stage = 0; stage < rest % STAGES; stage++) set[stage] |= 1u << i;
            if (members(set[3]) < t) continue;
            uint64_t sum[LENGTH], expected[LENGTH];
            party p;
            CHECK_OK(party_init(&p, N, t, (uint64_t)pattern));
            CHECK_OK(party_run(&p, (attendance){set[0], set[1], set[2], set[3]}, sum));
            party_expect(&p, set[2], expected);
            assert_memory_equal(sum, expected, sizeof sum);
            party_clear(&p);
            exact++;
        }
    print_message("%d patterns\n", exact);
    assert_int_equal(exact,
                     181 + 21 + 1); /* sum over k >= t of C(5,k) 4^(5-k), k stay to the end */
}

static void too_many_drop_outs(void **state)
{
    (void)state;
    uint64_t sum[LENGTH], zero[LENGTH] = {0};
    pv_bytes none;
    party p;
    CHECK_OK(party_init(&p, 5, 4, 1));
    CHECK_OK(party_keys(&p, 0x07));
    CHECK_FAILS(pv_secagg_client_share(p.client[0], &p.random[0], &none), PV_ERR_PEER,
                "keys of 3 clients, at least 4 are needed");
    party_clear(&p);

    CHECK_OK(party_init(&p, 5, 4, 1));
    CHECK_OK(party_keys(&p, 0x1F));
    CHECK_FAILS(party_shares(&p, 0x07), PV_ERR_PEER, "shares of 3 clients of 5");
    CHECK_FAILS(pv_secagg_server_survivors(p.server, &none), PV_ERR_USAGE, "after the vectors");
    party_clear(&p);

    CHECK_OK(party_init(&p, 5, 4, 1));
    CHECK_OK(party_keys(&p, 0x1F));
    CHECK_OK(party_shares(&p, 0x1F));
    CHECK_FAILS(party_vectors(&p, 0x07), PV_ERR_PEER,
                "masked vectors of 3 clients of 5, at least 4 are needed");
    party_clear(&p);

    CHECK_OK(party_init(&p, 5, 4, 1));
    CHECK_FAILS(party_run(&p, (attendance){0x1F, 0x1F, 0x1F, 0x07}, sum), PV_ERR_PEER,
                "answers of 3 clients of 5");
    assert_memory_equal(sum, zero, sizeof sum);
    CHECK_OK(party_answers(&p, 0x10)); /* one more, and it is enough */
    CHECK_OK(pv_secagg_server_sum(p.server, sum, LENGTH));
    party_clear(&p);
}

/* The masks are there: no masked vector is its own, and a sum without answers is not the sum. */
static void masked(void **state)
{
    (void)state;
    party p;
    CHECK_OK(party_init(&p, 4, 3, 9));
    CHECK_OK(party_keys(&p, 0xF));
    CHECK_OK(party_shares(&p, 0xF));
    CHECK_OK(party_vectors(&p, 0xF));
    for (int k = 0; k < LENGTH; k++) {
        uint64_t y = 0, x = 0;
        for (int i = 0; i < 4; i++) {
            assert_true(p.y[i][k] != p.x[i][k]);
            y += p.y[i][k];
            x += p.x[i][k];
        }
        assert_true(x != y);
    }
    party_clear(&p);
}

/* The same randomness gives the same bytes: what a replayed step must do. */
static void replayed(void **state)
{
    (void)state;
    party a, b;
    uint64_t sum[LENGTH];
    CHECK_OK(party_init(&a, 3, 2, 4));
    CHECK_OK(party_init(&b, 3, 2, 4));
    CHECK_OK(party_run(&a, (attendance){7, 7, 3, 3}, sum));
    CHECK_OK(party_run(&b, (attendance){7, 7, 3, 3}, sum));
    for (int i = 0; i < 3; i++) {
        assert_memory_equal(a.keys[i].data, b.keys[i].data, a.keys[i].size);
        assert_memory_equal(a.shares[i].data, b.shares[i].data, a.shares[i].size);
        assert_memory_equal(a.y[i], b.y[i], sizeof a.y[i]);
    }
    assert_memory_equal(a.answer[0].data, b.answer[0].data, a.answer[0].size);
    party_clear(&a);
    party_clear(&b);
}

/* docs/secagg.md gives these sizes. */
static void sizes(void **state)
{
    (void)state;
    party p;
    uint64_t sum[LENGTH];
    CHECK_OK(party_init(&p, 5, 3, 4));
    CHECK_OK(party_run(&p, (attendance){0x1F, 0x1F, 0x0F, 0x0F}, sum));
    assert_int_equal(p.keys[0].size, 120);
    assert_int_equal(p.shares[0].size, 78 + 106 * 4);
    assert_int_equal(p.delivery[0].size, 46 + 106 * 4);
    assert_int_equal(p.survivors.size, 46 + 2 * 4);
    assert_int_equal(p.answer[0].size, 46 + 35 * 5);
    party_clear(&p);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    uint64_t sum[LENGTH], expected[LENGTH];
    CHECK_OUT_OF_MEMORY(status)
    {
        party p;
        status = party_init(&p, 3, 2, 8);
        if (status == PV_OK) status = party_run(&p, (attendance){7, 7, 6, 6}, sum);
        if (status == PV_OK) {
            party_expect(&p, 6, expected);
            assert_memory_equal(sum, expected, sizeof sum);
        }
        party_clear(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody),          cmocka_unit_test(drop_outs),
        cmocka_unit_test(too_many_drop_outs), cmocka_unit_test(masked),
        cmocka_unit_test(replayed),           cmocka_unit_test(sizes),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
