#include "keys.h"

#include "base/secret.h"
#include "crypto/identity/identity.h"
#include <sodium.h>

/* RFC 8032, section 7.1, TEST 1 to 3: seeds, public keys, messages and signatures. */
static const struct vector {
    const char *seed, *public_key, *message, *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

static size_t unhex(uint8_t *out, size_t max, const char *hex)
{
    size_t n = 0;
    assert_int_equal(sodium_hex2bin(out, max, hex, strlen(hex), NULL, &n, NULL), 0);
    return n;
}

/* An identity whose private key is this seed, through its files. */
static pv_identity *identity_of(const uint8_t seed[32], const char *name)
{
    pv_identity *id = NULL;
    int64_t now = (int64_t)time(NULL);
    authority ca = authority_make("Test", now - DAY, now + DAY);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    assert_non_null(key);
    X509 *x = issue(&ca, name, key, now - DAY, now + DAY);
    FILE *f = fopen(in("x.pem"), "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, x), 1);
    fclose(f);
    unlink(in("x.key"));
    CHECK_OK(pv_key_save(key, in("x.key"), NULL));
    CHECK_OK(pv_identity_load(&id, in("x.pem"), in("x.key"), NULL));
    X509_free(x);
    EVP_PKEY_free(key);
    authority_free(&ca);
    return id;
}

/* What the header says is signed, put together by hand. */
static size_t covered(uint8_t *out, const char *context, const void *data, size_t size)
{
    uint8_t *p = out;
    memcpy(p, "privet/1", 9);
    p += 9;
    memcpy(p, context, strlen(context) + 1);
    p += strlen(context) + 1;
    for (int i = 0; i < 8; i++) *p++ = (uint8_t)((uint64_t)size >> 8 * i);
    if (size > 0) memcpy(p, data, size);
    return (size_t)(p + size - out);
}

/* The library that signs is held to the vectors, and the bytes it covers to another library that is
 * held to the same vectors. */
static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t seed[32], public_key[32], message[8], expected[64], got[64], pk[32], sk[64];
        uint8_t bytes[128];
        size_t n = unhex(message, sizeof message, vectors[i].message), size = sizeof got;
        unhex(seed, sizeof seed, vectors[i].seed);
        unhex(public_key, sizeof public_key, vectors[i].public_key);
        unhex(expected, sizeof expected, vectors[i].signature);
        pv_identity *id = identity_of(seed, "vector");
        assert_memory_equal(pv_certificate_key(pv_identity_certificate(id)), public_key, 32);

        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, pv_identity_pkey(id)), 1);
        assert_int_equal(EVP_DigestSign(ctx, got, &size, message, n), 1);
        EVP_MD_CTX_free(ctx);
        assert_memory_equal(got, expected, 64);
        crypto_sign_seed_keypair(pk, sk, seed);
        crypto_sign_detached(got, NULL, message, n, sk);
        assert_memory_equal(got, expected, 64);

        CHECK_OK(pv_identity_sign(got, id, "test/vector", message, n));
        crypto_sign_detached(expected, NULL, bytes, covered(bytes, "test/vector", message, n), sk);
        assert_memory_equal(got, expected, 64);
        CHECK_OK(pv_signature_check(got, public_key, "vector", "test/vector", message, n));
        pv_identity_free(id);
    }
}

static void test_what_does_not_hold(void **state)
{
    (void)state;
    static const uint8_t seed[32] = {1}, other_seed[32] = {2};
    pv_identity *id = identity_of(seed, "alice"), *other = identity_of(other_seed, "bob");
    const uint8_t *key = pv_certificate_key(pv_identity_certificate(id));
    const char data[] = "step 7, 12 frames";
    uint8_t s[PV_SIGNATURE_BYTES], again[PV_SIGNATURE_BYTES];
    CHECK_OK(pv_identity_sign(s, id, "test/a", data, sizeof data));
    CHECK_OK(pv_identity_sign(again, id, "test/a", data, sizeof data));
    assert_memory_equal(s, again, sizeof s); /* deterministic: the journal relies on it */
    CHECK_OK(pv_signature_check(s, key, "alice", "test/a", data, sizeof data));

    for (int bit = 0; bit < 8 * PV_SIGNATURE_BYTES; bit++) {
        s[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_FAILS(pv_signature_check(s, key, "alice", "test/a", data, sizeof data), PV_ERR_AUTH,
                    "the signature of alice over test/a does not hold");
        s[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t i = 0; i < sizeof data; i++) {
        char changed[sizeof data];
        memcpy(changed, data, sizeof data);
        changed[i] ^= 1;
        CHECK_FAILS(pv_signature_check(s, key, "alice", "test/a", changed, sizeof data),
                    PV_ERR_AUTH, "alice");
    }
    CHECK_FAILS(pv_signature_check(s, key, "a", "test/b", data, sizeof data), PV_ERR_AUTH,
                "test/b");
    CHECK_FAILS(pv_signature_check(s, key, "a", "test/", data, sizeof data), PV_ERR_AUTH, "test/");
    CHECK_FAILS(pv_signature_check(s, key, "a", "test/a", data, sizeof data - 1), PV_ERR_AUTH, "a");
    CHECK_FAILS(pv_signature_check(s, key, "a", "test/a", data, 0), PV_ERR_AUTH, "a");
    CHECK_FAILS(pv_signature_check(s, pv_certificate_key(pv_identity_certificate(other)), "bob",
                                   "test/a", data, sizeof data),
                PV_ERR_AUTH, "bob");
    /* a key that is no point of the curve, and the point at infinity */
    uint8_t bad[32];
    memset(bad, 0xFF, sizeof bad);
    CHECK_FAILS(pv_signature_check(s, bad, "x", "test/a", data, sizeof data), PV_ERR_AUTH, "x");
    memset(bad, 0, sizeof bad);
    bad[0] = 1;
    CHECK_FAILS(pv_signature_check(s, bad, "x", "test/a", data, sizeof data), PV_ERR_AUTH, "x");
    pv_identity_free(id);
    pv_identity_free(other);
}

/* S + L in place of S satisfies the equation and must be refused all the same (RFC 8032, 5.1.7). */
static void test_other_form(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    static const uint8_t seed[32] = {3};
    pv_identity *id = identity_of(seed, "alice");
    uint8_t s[PV_SIGNATURE_BYTES];
    unsigned carry = 0;
    CHECK_OK(pv_identity_sign(s, id, "test", "x", 1));
    for (int i = 0; i < 32; i++) {
        carry += s[32 + i] + order[i];
        s[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    CHECK_FAILS(pv_signature_check(s, pv_certificate_key(pv_identity_certificate(id)), "alice",
                                   "test", "x", 1),
                PV_ERR_AUTH, "alice");
    pv_identity_free(id);
}

static void test_derive(void **state)
{
    (void)state;
    uint8_t seed[32], a[32], b[32], expected[32];
    for (int i = 0; i < 32; i++) seed[i] = (uint8_t)(7 * i + 1);
    pv_identity *id = identity_of(seed, "alice");
    CHECK_OK(pv_identity_derive(a, id, "journal"));
    crypto_auth_hmacsha256(expected, (const uint8_t *)"journal", 7, seed);
    assert_memory_equal(a, expected, 32);
    CHECK_OK(pv_identity_derive(b, id, "journal"));
    assert_memory_equal(a, b, 32);
    CHECK_OK(pv_identity_derive(b, id, "journa"));
    assert_memory_not_equal(a, b, 32);
    pv_identity_free(id);
    seed[31] ^= 1;
    id = identity_of(seed, "alice");
    CHECK_OK(pv_identity_derive(b, id, "journal"));
    assert_memory_not_equal(a, b, 32);
    pv_identity_free(id);
}

static void test_memory(void **state)
{
    (void)state;
    static const uint8_t seed[32] = {4};
    pv_identity *id = identity_of(seed, "alice"), *loaded = NULL;
    uint8_t s[PV_SIGNATURE_BYTES], out[32];
    pv_status status;
    CHECK_OUT_OF_MEMORY(status) status = pv_identity_sign(s, id, "test", "x", 1);
    const uint8_t *key = pv_certificate_key(pv_identity_certificate(id));
    CHECK_OUT_OF_MEMORY(status) status = pv_signature_check(s, key, "alice", "test", "x", 1);
    CHECK_OUT_OF_MEMORY(status) status = pv_identity_derive(out, id, "test");
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_identity_load(&loaded, in("x.pem"), in("x.key"), NULL);
        pv_identity_free(loaded);
    }
    pv_identity_free(id);
    pv_identity_free(NULL);
}

/* Under a key of small order a signature of no effort holds for every message (found by fuzzing): R
 * = s*B + k*A is met by the neutral element for R and A, and s = 0. */
static void test_keys_of_small_order(void **state)
{
    (void)state;
    static const uint8_t point[][32] = {
        {1}, /* order 1 */
        {0}, /* order 4 */
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* 2 */
    };
    const uint8_t nothing[PV_SIGNATURE_BYTES] = {1};
    for (size_t i = 0; i < sizeof point / sizeof *point; i++)
        CHECK_FAILS(pv_signature_check(nothing, point[i], "mallory", "seal", "any", 3), PV_ERR_AUTH,
                    "mallory: its key is no point of the prime-order group");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_of_small_order),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_what_does_not_hold),
        cmocka_unit_test(test_other_form),
        cmocka_unit_test(test_derive),
        cmocka_unit_test(test_memory),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
