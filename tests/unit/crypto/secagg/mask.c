/* Keys and masks: the vectors of RFC 7748 and RFC 8439, known answers of known.py for what is built
 * on them, and the look of masked vectors. */
#define PARTY_LENGTH 65536
#include "crypto/secagg/mask.h"
#include "check.h"
#include "party.h"
#include <sodium.h>

static void from_hex(uint8_t *out, size_t size, const char *hex)
{
    size_t n;
    assert_int_equal(sodium_hex2bin(out, size, hex, strlen(hex), NULL, &n, NULL), 0);
    assert_int_equal(n, size);
}

/* RFC 7748, section 5.2 and 6.1 (Bob). */
static void x25519(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
         "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
         "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
        {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
         "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
         "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    };
    uint8_t k[32], u[32], out[32], expected[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        from_hex(k, 32, cases[i][0]);
        from_hex(u, 32, cases[i][1]);
        from_hex(expected, 32, cases[i][2]);
        assert_int_equal(crypto_scalarmult_curve25519(out, k, u), 0);
        assert_memory_equal(out, expected, 32);
    }
    from_hex(k, 32, "0900000000000000000000000000000000000000000000000000000000000000");
    memcpy(u, k, 32);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(crypto_scalarmult_curve25519(out, k, u), 0);
        memcpy(u, k, 32);
        memcpy(k, out, 32);
        if (i > 0) continue;
        from_hex(expected, 32, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
        assert_memory_equal(k, expected, 32);
    }
    from_hex(expected, 32, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    assert_memory_equal(k, expected, 32);
    from_hex(k, 32, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    from_hex(expected, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    pv_secagg_public_key(out, k);
    assert_memory_equal(out, expected, 32);
}

/* Points of small order, as libsodium and RFC 7748, section 6.1, would have them refused. */
static void small_order(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    uint8_t key[32];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        from_hex(key, 32, keys[i]);
        assert_int_equal(pv_secagg_key_valid(key), 0);
    }
    pv_csprng r;
    uint8_t secret[32];
    pv_csprng_test(&r, 1);
    pv_secagg_key_pair(secret, key, &r);
    assert_int_equal(pv_secagg_key_valid(key), 1);
}

/* RFC 8439, appendix A.1, test vector 1: key and nonce are zero. */
static void chacha20(void **state)
{
    (void)state;
    static const uint8_t key[32];
    uint64_t values[8] = {0};
    uint8_t expected[32];
    from_hex(expected, 32, "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7");
    pv_secagg_mask_add(values, 8, key);
    assert_memory_equal(values, expected, 32);
}

/* The answers of known.py. */
static void known(void **state)
{
    (void)state;
    enum { LONG = 1030 };
    static uint64_t values[LONG], zero[LONG];
    pv_secagg_params p = {.n = 3, .t = 2, .length = 5, .round = 6};
    uint8_t context[32], low[32], high[32], low_public[32], high_public[32], seed[32], key[32],
        same[32], expected[32];
    memset(p.run, 0x5A, sizeof p.run);
    memset(low, 0x11, 32);
    memset(high, 0x22, 32);
    memset(seed, 0x33, 32);
    pv_secagg_context(context, &p);
    from_hex(expected, 32, "9fb5399d4ca531f56f60d9611b929cdf23e3fbb6e2b3ce4aebcdfb227d42adda");
    assert_memory_equal(context, expected, 32);

    pv_secagg_public_key(low_public, low);
    pv_secagg_public_key(high_public, high);
    pv_secagg_end a = {0, low_public}, b = {2, high_public};
    pv_secagg_agree(key, PV_SECAGG_USE_PAIR_MASK, context, low, high_public, a, b);
    from_hex(expected, 32, "1e5024716b837228dcf153af58a121c7390f63471fb0b056da2879a02b977c85");
    assert_memory_equal(key, expected, 32);
    pv_secagg_agree(same, PV_SECAGG_USE_PAIR_MASK, context, high, low_public, a, b);
    assert_memory_equal(same, key, 32); /* both ends agree */

    pv_secagg_mask_add(values, LONG, key);
    assert_true(values[0] == 0xFD706EFC9E73247Fu && values[1] == 0x6B121B2F93C618D9u);
    assert_true(values[511] == 0xC4D05658AA867B38u && values[512] == 0xEB5E18D517E8225Cu);
    assert_true(values[1029] == 0x0D3B54BEEE4AEB75u);
    pv_secagg_mask_subtract(values, LONG, key);
    assert_memory_equal(values, zero, sizeof values);

    pv_secagg_derive(key, PV_SECAGG_USE_SELF_MASK, context, seed, 2);
    from_hex(expected, 32, "0dcdc957d7338f64d8f5b25ca0446035e7289ec2e15298e4e344267a7f78005d");
    assert_memory_equal(key, expected, 32);
}

/* Another run, round, size, use or client is another key. */
static void apart(void **state)
{
    (void)state;
    pv_secagg_params p[6];
    uint8_t context[6][32], key[8][32], seed[32] = {1};
    for (int i = 0; i < 6; i++) p[i] = (pv_secagg_params){.n = 5, .t = 3, .length = 9, .round = 1};
    p[1].n = 4;
    p[2].t = 4;
    p[3].length = 10;
    p[4].round = 2;
    p[5].run[31] = 1;
    for (int i = 0; i < 6; i++) {
        pv_secagg_context(context[i], &p[i]);
        pv_secagg_derive(key[i], PV_SECAGG_USE_SELF_MASK, context[i], seed, 1);
    }
    pv_secagg_derive(key[6], PV_SECAGG_USE_COMMITMENT, context[0], seed, 1);
    pv_secagg_derive(key[7], PV_SECAGG_USE_SELF_MASK, context[0], seed, 2);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < i; j++) assert_memory_not_equal(key[i], key[j], 32);
}

static double chi_square(const uint64_t *values, size_t n)
{
    double chi2 = 0, expected = (double)(8 * n) / 256;
    const uint8_t *byte = (const uint8_t *)values;
    static int count[256];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < 8 * n; i++) count[byte[i]]++;
    for (int v = 0; v < 256; v++) chi2 += (count[v] - expected) * (count[v] - expected) / expected;
    return chi2;
}

/* Vectors of zeros, masked, are bytes that look uniform; so are the differences between two, and
 * the sums of all but one: no masks cancel before the server has enough answers. */
static void look(void **state)
{
    (void)state;
    enum { N = 4 };
    static party p;
    CHECK_OK(party_init(&p, N, 3, 77));
    memset(p.y, 0, sizeof p.y);
    assert_true(chi_square(p.y[0], LENGTH) > 1e6); /* the statistic sees zeros */
    CHECK_OK(party_keys(&p, 0xF));
    CHECK_OK(party_shares(&p, 0xF));
    CHECK_OK(party_vectors(&p, 0xF));
    static uint64_t other[LENGTH];
    for (int i = 0; i < N; i++) {
        double own = chi_square(p.y[i], LENGTH);
        for (int k = 0; k < LENGTH; k++) other[k] = p.y[i][k] - p.y[(i + 1) % N][k];
        double difference = chi_square(other, LENGTH);
        memset(other, 0, sizeof other);
        for (int j = 0; j < N; j++)
            for (int k = 0; j != i && k < LENGTH; k++) other[k] += p.y[j][k];
        double rest = chi_square(other, LENGTH);
        print_message("seed 77: client %d: chi-square %.1f, difference %.1f, all others %.1f\n", i,
                      own, difference, rest);
        assert_true(own > 160 && own < 370 && difference > 160 && difference < 370 && rest > 160 &&
                    rest < 370);
    }
    party_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x25519), cmocka_unit_test(small_order), cmocka_unit_test(chacha20),
        cmocka_unit_test(known),  cmocka_unit_test(apart),       cmocka_unit_test(look),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
