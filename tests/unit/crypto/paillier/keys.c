/* Keys: what is refused, fingerprints, files, the proof that n is well-formed. */
#include "common.h"

#include "wire/pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct primes {
    uint64_t p[LIMBS / 2], q[LIMBS / 2];
} primes;

static primes get(const char *key)
{
    primes k;
    test_paillier_number(k.p, LIMBS / 2, key, "p");
    test_paillier_number(k.q, LIMBS / 2, key, "q");
    return k;
}

static void refuse(const uint64_t *p, const uint64_t *q, int bits, const char *why)
{
    pv_paillier_sk *sk = (pv_paillier_sk *)&sk;
    CHECK_FAILS(pv_paillier_from_primes(&sk, p, q, bits), PV_ERR_RANGE, why);
    assert_null(sk);
}

static void test_primes_refused(void **state)
{
    (void)state;
    primes k = get("safe"), bad = k;
    pv_paillier_sk *sk = NULL;
    refuse(k.p, k.q, 1024, "of 1024 bits");
    refuse(k.p, k.q, 2047, "of 2047 bits");
    refuse(k.p, k.p, 2048, "the same one");
    bad.p[0] += 2;
    refuse(bad.p, k.q, 2048, "is none");
    refuse(k.q, bad.p, 2048, "is none");
    bad.p[LIMBS / 2 - 1] &= ~(uint64_t)0 >> 1;
    refuse(bad.p, k.q, 2048, "less than 1024");
    refuse(k.q, bad.p, 2048, "less than 1024");
    bad = k; /* just above 2^1023 both: their product has 2047 bits */
    bad.p[LIMBS / 2 - 1] = bad.q[LIMBS / 2 - 1] = (uint64_t)1 << 63;
    refuse(bad.p, bad.q, 2048, "the product of two primes");
    /* the order of the primes does not matter */
    uint64_t n[LIMBS];
    CHECK_OK(pv_paillier_from_primes(&sk, k.q, k.p, 2048));
    test_paillier_number(n, LIMBS, "safe", "n");
    assert_memory_equal(pv_paillier_n(pv_paillier_public(sk)), n, sizeof n);
    pv_paillier_sk_free(sk);
    pv_paillier_sk_free(NULL);
}

static void refuse_n(const void *n, size_t bytes, const char *why)
{
    pv_paillier_pk *pk = (pv_paillier_pk *)&pk;
    CHECK_FAILS(pv_paillier_pk_new(&pk, n, bytes), PV_ERR_RANGE, why);
    assert_null(pk);
}

/* RFC 3526, group 14. */
static const char modp2048[] = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020"
                               "bbea63b139b22514a08798e3404dd"
                               "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44"
                               "c42e9a637ed6b0bff5cb6f406b7ed"
                               "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598d"
                               "a48361c55d39a69163fa8fd24cf5f"
                               "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f17"
                               "46c08ca18217c32905e462e36ce3b"
                               "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718399"
                               "5497cea956ae515d2261898fa0510"
                               "15728e5a8aacaa68ffffffffffffffff";

static void test_public_refused(void **state)
{
    (void)state;
    uint64_t n[LIMBS], x[LIMBS] = {0};
    primes k = get("safe");
    pv_paillier_pk *pk = NULL;
    uint8_t bytes[LIMBS * 8];
    test_paillier_number(n, LIMBS, "safe", "n");
    CHECK_OK(pv_paillier_pk_new(&pk, (const uint8_t *)n, sizeof n));
    assert_int_equal(pv_paillier_bits(pk), 2048);
    pv_paillier_pk_bytes(bytes, pk);
    assert_memory_equal(bytes, n, sizeof n);
    pv_paillier_pk_free(pk);
    pv_paillier_pk_free(NULL);
    refuse_n(n, 255, "has 2040 bits");
    refuse_n(n, 0, "has 0 bits");
    refuse_n(n, 8192, "has 65536 bits");
    n[0] ^= 1;
    refuse_n(n, sizeof n, "is even");
    n[0] ^= 1;
    n[LIMBS - 1] &= ~(uint64_t)0 >> 1;
    refuse_n(n, sizeof n, "less than 2048 bits");
    pv_crt_product(x, k.p, k.p, LIMBS / 2); /* with two top bits set, p² has all its bits */
    refuse_n(x, sizeof x, "perfect power");
    for (size_t i = 0; i < sizeof modp2048 - 1; i++) {
        char c = modp2048[sizeof modp2048 - 2 - i];
        if (i == 0) memset(x, 0, sizeof x);
        x[i / 16] |= (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10) << (4 * (i % 16));
    }
    refuse_n(x, sizeof x, "is prime");
    memset(x, 0xFF, sizeof x); /* 2^2048 - 1 is a multiple of 3 */
    refuse_n(x, sizeof x, "the factor 3");
}

/* The hash by Python: hashlib.sha256(b"privet/1 paillier\0" + n.to_bytes(256, "little")). */
static void test_fingerprint(void **state)
{
    (void)state;
    uint8_t print[32];
    char text[65];
    pv_paillier_sk *sk = test_paillier_key("safe");
    pv_paillier_fingerprint(print, pv_paillier_public(sk));
    for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", print[i]);
    assert_string_equal(text, "9171db3aa27db06bc8aefce867c09d2cc7983cb94b5fad62db17cc632f4d5bb1");
    pv_paillier_sk_free(sk);
}

static void test_proof(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "djn", "safe"};
    uint8_t proof[PV_PAILLIER_ROOTS * LIMBS * 8], first[sizeof proof];
    assert_int_equal(pv_paillier_proof_bytes(2048), sizeof proof);
    assert_int_equal(pv_paillier_proof_bytes(4096), 2 * sizeof proof);
    for (int i = 0; i < 3; i++) {
        pv_paillier_sk *sk = test_paillier_key(keys[i]);
        const pv_paillier_pk *pk = pv_paillier_public(sk);
        CHECK_OK(pv_paillier_prove(proof, sk, "session 1", 9));
        CHECK_OK(pv_paillier_verify(pk, proof, sizeof proof, "session 1", 9));
        CHECK_FAILS(pv_paillier_verify(pk, proof, sizeof proof, "session 2", 9), PV_ERR_AUTH,
                    "does not hold (root 1 of 8)");
        CHECK_FAILS(pv_paillier_verify(pk, proof, sizeof proof, "session ", 8), PV_ERR_AUTH,
                    "does not hold");
        CHECK_FAILS(pv_paillier_verify(pk, proof, sizeof proof - 256, "session 1", 9), PV_ERR_AUTH,
                    "has 1792 bytes; 2048 were expected");
        if (i == 1) { /* another key's */
            CHECK_FAILS(pv_paillier_verify(pk, first, sizeof first, "session 1", 9), PV_ERR_AUTH,
                        "does not hold");
        }
        memcpy(first, proof, sizeof proof);
        proof[7 * 256 + 9] ^= 1;
        CHECK_FAILS(pv_paillier_verify(pk, proof, sizeof proof, "session 1", 9), PV_ERR_AUTH,
                    "(root 8 of 8)");
        /* a root and n more is a root, but not of one encoding */
        memset(proof, 0xFF, 256);
        CHECK_FAILS(pv_paillier_verify(pk, proof, sizeof proof, "session 1", 9), PV_ERR_AUTH,
                    "(root 1 of 8)");
        memset(proof, 0, 256);
        CHECK_FAILS(pv_paillier_verify(pk, proof, sizeof proof, "session 1", 9), PV_ERR_AUTH,
                    "(root 1 of 8)");
        pv_paillier_sk_free(sk);
    }
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/privet-paillier-XXXXXX", key[64], pub[64];
    uint8_t proof[PV_PAILLIER_ROOTS * LIMBS * 8];
    struct stat st;
    pv_paillier_sk *sk = test_paillier_key("safe"), *again = NULL;
    pv_paillier_pk *pk = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(key, sizeof key, "%s/key", folder);
    snprintf(pub, sizeof pub, "%s/key.pub", folder);
    CHECK_OK(pv_paillier_prove(proof, sk, PV_PAILLIER_FILE_CONTEXT,
                               sizeof PV_PAILLIER_FILE_CONTEXT - 1));
    CHECK_OK(pv_paillier_sk_save(sk, key));
    CHECK_OK(pv_paillier_pk_save(pv_paillier_public(sk), proof, sizeof proof, pub));
    CHECK_FAILS(pv_paillier_sk_save(sk, key), PV_ERR_USAGE, "is there already");
    CHECK_FAILS(pv_paillier_pk_save(pv_paillier_public(sk), proof, sizeof proof, pub), PV_ERR_USAGE,
                "is there already");
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(pv_paillier_sk_load(&again, key));
    assert_int_equal(pv_paillier_safe(again), 1);
    assert_memory_equal(pv_paillier_n(pv_paillier_public(again)),
                        pv_paillier_n(pv_paillier_public(sk)), LIMBS * 8);
    CHECK_OK(pv_paillier_pk_load(&pk, pub));
    assert_memory_equal(pv_paillier_n(pk), pv_paillier_n(pv_paillier_public(sk)), LIMBS * 8);
    pv_paillier_pk_free(pk);
    pv_paillier_sk_free(again);
    CHECK_FAILS(pv_paillier_sk_load(&again, pub), PV_ERR_FORMAT,
                "holds a PRIVET PAILLIER PUBLIC KEY, a PRIVET PAILLIER PRIVATE KEY was expected");
    CHECK_FAILS(pv_paillier_pk_load(&pk, key), PV_ERR_FORMAT,
                "holds a PRIVET PAILLIER PRIVATE KEY, a PRIVET PAILLIER PUBLIC KEY was expected");
    assert_int_equal(chmod(key, 0640), 0);
    CHECK_FAILS(pv_paillier_sk_load(&again, key), PV_ERR_AUTH, "has mode 0640");
    CHECK_FAILS(pv_paillier_sk_load(&again, "/nowhere/key"), PV_ERR_NOT_FOUND, "/nowhere/key");
    proof[0] ^= 1; /* a proof that does not hold */
    assert_int_equal(unlink(pub), 0);
    CHECK_OK(pv_paillier_pk_save(pv_paillier_public(sk), proof, sizeof proof, pub));
    CHECK_FAILS(pv_paillier_pk_load(&pk, pub), PV_ERR_AUTH, "does not hold");
    assert_null(pk);
    assert_int_equal(unlink(key) | unlink(pub) | rmdir(folder), 0);
    pv_paillier_sk_free(sk);
}

/* Files as somebody else might write them. */
static void parse(const void *bytes, size_t size, pv_status status, const char *why)
{
    static const char path[] = "/tmp/privet-paillier-parse";
    pv_pem pem;
    pv_bytes file = {0};
    pv_paillier_sk *sk = NULL;
    CHECK_OK(pv_pem_of(&pem, PV_PAILLIER_PEM_PRIVATE, bytes, size));
    CHECK_OK(pv_pem_save(&pem, path, 0600));
    CHECK_OK(pv_file_read(&file, path, PV_PEM_MAX));
    CHECK_FAILS(pv_paillier_sk_parse(&sk, "k", file.data, file.size), status, why);
    assert_null(sk);
    pv_bytes_clear(&file);
    pv_pem_clear(&pem);
    assert_int_equal(unlink(path), 0);
}

static void test_malformed(void **state)
{
    (void)state;
    primes k = get("djn");
    uint8_t b[8 + 256 + 1] = {1, 0, 0, 0, 0, 8, 0, 0};
    memcpy(b + 8, k.p, 128);
    memcpy(b + 136, k.q, 128);
    parse(b, sizeof b, PV_ERR_FORMAT, "k: at byte 264");
    parse(b, sizeof b - 2, PV_ERR_TRUNCATED, "second prime");
    parse(b, 100, PV_ERR_TRUNCATED, "first prime");
    parse(b, 3, PV_ERR_TRUNCATED, "version");
    b[0] = 2;
    parse(b, sizeof b - 1, PV_ERR_VERSION, "version 2");
    b[0] = 0;
    parse(b, sizeof b - 1, PV_ERR_FORMAT, "version 0");
    b[0] = 1;
    b[5] = 4;
    parse(b, sizeof b - 1, PV_ERR_FORMAT, "of 1024 bits");
    b[5] = 8;
    b[8] ^= 2;
    parse(b, sizeof b - 1, PV_ERR_RANGE, "is none; in the key of k");
}

/* Files and a proof by Python (fuzz/corpus_paillier.py), from docs/paillier.md alone. */
static void test_by_others(void **state)
{
    (void)state;
    pv_bytes file = {0};
    pv_paillier_sk *sk = NULL;
    pv_paillier_pk *pk = NULL;
    CHECK_OK(pv_file_read(&file, "fuzz/corpus/paillier_key/private-pem", PV_PEM_MAX));
    CHECK_OK(pv_paillier_sk_parse(&sk, "k", file.data + 1, file.size - 1));
    pv_bytes_clear(&file);
    CHECK_OK(pv_file_read(&file, "fuzz/corpus/paillier_key/public-pem", PV_PEM_MAX));
    CHECK_OK(pv_paillier_pk_parse(&pk, "k", file.data + 1, file.size - 1));
    pv_bytes_clear(&file);
    assert_memory_equal(pv_paillier_n(pk), pv_paillier_n(pv_paillier_public(sk)), LIMBS * 8);
    CHECK_OK(pv_file_read(&file, "fuzz/corpus/paillier_proof/good", PV_PEM_MAX));
    CHECK_OK(pv_paillier_verify(pk, file.data, file.size, "fuzz", 4));
    pv_bytes_clear(&file);
    pv_paillier_pk_free(pk);
    pv_paillier_sk_free(sk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primes_refused), cmocka_unit_test(test_public_refused),
        cmocka_unit_test(test_fingerprint),    cmocka_unit_test(test_proof),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
