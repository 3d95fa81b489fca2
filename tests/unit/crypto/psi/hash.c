/* Hashing to ristretto255: the vectors of RFC 9380 (K.3), RFC 9496 (A.3) and RFC 9497 (A.1.1). */
#include "hex.h"

#include "crypto/psi/hash.h"

static pv_psi_message whole(const char *text)
{
    return (pv_psi_message){.first = text, .first_bytes = strlen(text)};
}

/* RFC 9380, K.3: expand_message_xmd(SHA-512). */
static void expand(void **state)
{
    static const char dst[] = "QUUX-V01-CS02-with-expander-SHA512-256";
    char q[134] = "q128_", a[518] = "a512_";
    memset(q + 5, 'q', 128);
    memset(a + 5, 'a', 512);
    const struct {
        const char *message, *out;
    } cases[] = {
        {"", "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"},
        {"abc", "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"},
        {"abcdef0123456789", "087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58"},
        {q, "7336234ee9983902440f6bc35b348352013becd88938d2afec44311caf8356b3"},
        {a, "57b5f7e766d5be68a6bfe1768e3c2b7f1228b3e4b3134956dd73a59b954c66f4"},
        {"", "41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921"
             "b052b62eaed99b46f72f2ef4cc96bfaf254ebbbec091e1a3b9e4fb5e5b619d2e"
             "0c5414800a1d882b62bb5cd1778f098b8eb6cb399d5d9d18f5d5842cf5d13d7e"
             "b00a7cff859b605da678b318bd0e65ebff70bec88c753b159a805d2c89c55961"},
        {"abc", "7f1dddd13c08b543f2e2037b14cefb255b44c83cc397c1786d975653e36a6b11"
                "bdd7732d8b38adb4a0edc26a0cef4bb45217135456e58fbca1703cd6032cb134"
                "7ee720b87972d63fbf232587043ed2901bce7f22610c0419751c065922b48843"
                "1851041310ad659e4b23520e1772ab29dcdeb2002222a363f0c2b1c972b3efe1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t out[128];
        pv_psi_message m = whole(cases[i].message);
        CHECK_OK(pv_psi_hash_expand(out, strlen(cases[i].out) / 2, &m,
                                    &(pv_psi_domain){dst, sizeof dst - 1}));
        check_hex(out, cases[i].out);
        /* in two pieces it is the same message */
        m.second = cases[i].message + m.first_bytes / 2;
        m.second_bytes = m.first_bytes - m.first_bytes / 2;
        m.first_bytes /= 2;
        CHECK_OK(pv_psi_hash_expand(out, strlen(cases[i].out) / 2, &m,
                                    &(pv_psi_domain){dst, sizeof dst - 1}));
        check_hex(out, cases[i].out);
    }
}

static void expand_refuses(void **state)
{
    static uint8_t out[255 * 64 + 1], dst[256];
    pv_psi_message m = whole("x");
    (void)state;
    CHECK_FAILS(pv_psi_hash_expand(out, 32, &m, &(pv_psi_domain){dst, 256}), PV_ERR_USAGE, "255");
    CHECK_FAILS(pv_psi_hash_expand(out, 32, &m, &(pv_psi_domain){dst, 0}), PV_ERR_USAGE, "255");
    CHECK_FAILS(pv_psi_hash_expand(out, sizeof out, &m, &(pv_psi_domain){dst, 9}), PV_ERR_USAGE,
                "16320");
    CHECK_OK(pv_psi_hash_expand(out, sizeof out - 1, &m, &(pv_psi_domain){dst, 255}));
}

/* RFC 9496, A.3: the map that the 64 bytes go through (libsodium's). */
static void group_map(void **state)
{
    static const char *const cases[][2] = {
        {"Ristretto is traditionally a short shot of espresso coffee",
         "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"},
        {"made with the normal amount of ground coffee but extracted with",
         "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b"},
        {"about half the amount of water in the same amount of time",
         "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826"},
        {"by using a finer grind.",
         "f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a"},
        {"This produces a concentrated shot of coffee per volume.",
         "ae81e7dedf20a497e10c304a765c1767a42d6e06029758d2d7e8ef7cc4c41179"},
        {"Just pulling a normal shot short will produce a weaker shot",
         "e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628"},
        {"and is not a Ristretto as some believe.",
         "80bd07262511cdde4863f8a7434cef696750681cb9510eea557088f76d9e5065"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t h[64], point[32];
        crypto_hash_sha512(h, (const uint8_t *)cases[i][0], strlen(cases[i][0]));
        assert_int_equal(crypto_core_ristretto255_from_hash(point, h), 0);
        check_hex(point, cases[i][1]);
    }
}

/* RFC 9497, A.1.1 (ristretto255-SHA512, mode OPRF): blind * HashToGroup(input). */
static void whole_hash(void **state)
{
    static const char dst[] = "HashToGroup-OPRFV1-\0-ristretto255-SHA512";
    static const char *const cases[][2] = {
        {"00", "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"},
        {"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
         "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"},
    };
    uint8_t blind[32];
    (void)state;
    unhex(blind, sizeof blind, "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706");
    for (int i = 0; i < 2; i++) {
        uint8_t input[32], point[32], blinded[32];
        size_t n = unhex(input, sizeof input, cases[i][0]);
        pv_psi_hash_point(point, &(pv_psi_message){.second = input, .second_bytes = n},
                          &(pv_psi_domain){dst, sizeof dst - 1});
        assert_int_equal(crypto_scalarmult_ristretto255(blinded, blind, point), 0);
        check_hex(blinded, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expand),
        cmocka_unit_test(expand_refuses),
        cmocka_unit_test(group_map),
        cmocka_unit_test(whole_hash),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
