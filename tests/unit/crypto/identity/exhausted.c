/* OpenSSL's own memory runs out, request by request: nothing crashes, nothing leaks, and nothing
 * that must be refused is accepted. */
#include "keys.h"

#include <openssl/crypto.h>

/* One of them fails, the others don't; or it and all that follow. */
static size_t requests, failing = SIZE_MAX;
static int all_later, failed;

static int refused(void)
{
    requests++;
    if (requests != failing && !(all_later && requests > failing)) return 0;
    failed = 1;
    return 1;
}

static void *own_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refused() ? NULL : malloc(size);
}

static void *own_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refused() ? NULL : realloc(p, size);
}

static void own_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static authority ca, foreign;
static pv_certificate *alice, *mallory;
static uint8_t *der;
static size_t size;
static pv_identity *id;
static int64_t now;
static uint8_t good[PV_SIGNATURE_BYTES];

static pv_status hash(void)
{
    pv_hash h;
    char text[PV_HASH_TEXT];
    pv_status s = pv_hash_of(&h, "", 0);
    if (s == PV_OK)
        assert_string_equal(pv_hash_text(&h, text),
                            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    return s;
}

static pv_status parse(void)
{
    pv_certificate *c = NULL;
    pv_status s = pv_certificate_parse(&c, "x", der, size);
    assert_true((s == PV_OK) == (c != NULL));
    if (s == PV_OK) assert_string_equal(pv_certificate_name(c), "alice");
    pv_certificate_free(c);
    return s;
}

static pv_status check_good(void)
{
    return pv_certificate_check(alice, ca.certificate, now);
}

/* What must fail is turned round: PV_OK means that it failed as it must. */
static pv_status check_bad(void)
{
    pv_status s = pv_certificate_check(mallory, ca.certificate, now);
    assert_int_not_equal(s, PV_OK);
    return s == PV_ERR_AUTH ? PV_OK : s;
}

static pv_status sign(void)
{
    uint8_t signature[PV_SIGNATURE_BYTES];
    pv_status s = pv_identity_sign(signature, id, "test", "x", 1);
    if (s == PV_OK) assert_memory_equal(signature, good, sizeof good);
    return s;
}

static pv_status verify_good(void)
{
    return pv_signature_check(good, pv_certificate_key(alice), "alice", "test", "x", 1);
}

static pv_status verify_bad(void)
{
    pv_status s = pv_signature_check(good, pv_certificate_key(alice), "alice", "test", "y", 1);
    assert_int_not_equal(s, PV_OK);
    return s == PV_ERR_AUTH ? PV_OK : s;
}

static pv_status load(void)
{
    pv_identity *loaded = NULL;
    pv_status s = pv_identity_load(&loaded, in("alice.pem"), in("alice.key"), NULL);
    assert_true((s == PV_OK) == (loaded != NULL));
    pv_identity_free(loaded);
    return s;
}

static pv_status issue_one(void)
{
    X509 *x = NULL;
    pv_issue what = {.name = "bob",
                     .key = ca.key,
                     .authority = pv_certificate_x509(ca.certificate),
                     .signer = ca.key,
                     .ends = now};
    pv_status s = pv_issue_certificate(&x, &what);
    assert_true((s == PV_OK) == (x != NULL));
    X509_free(x);
    return s;
}

static void exhaust(pv_status (*f)(void))
{
    CHECK_OK(f()); /* what OpenSSL keeps for good is there after this */
    CHECK_OK(f());
    for (all_later = 0; all_later < 2; all_later++) {
        size_t n = 1;
        for (failed = 1; failed; n += n < 100 ? 1 : 7) { /* there are up to 5,000 */
            requests = 0;
            failed = 0;
            failing = n;
            pv_status s = f();
            failing = SIZE_MAX;
            if (!failed) assert_int_equal(s, PV_OK);
            if (s != PV_OK) assert_true(pv_trail_text()[0] != '\0');
        }
        assert_in_range(n, 3, 100000);
    }
}

static void test_exhausted(void **state)
{
    (void)state;
    now = (int64_t)time(NULL);
    ca = authority_make("ca", now - DAY, now + DAY);
    foreign = authority_make("ca", now - DAY, now + DAY);
    CHECK_OK(pv_ca_make(folder, "ca", 10, NULL));
    CHECK_OK(pv_party_make(folder, "alice", 10, NULL, NULL));
    CHECK_OK(pv_identity_load(&id, in("alice.pem"), in("alice.key"), NULL));
    EVP_PKEY *key = pv_identity_pkey(id);
    X509 *x = issue(&ca, "alice", key, now - DAY, now + DAY);
    size = (size_t)i2d_X509(x, &der);
    alice = certificate_of(x);
    mallory = certificate_of(issue(&foreign, "alice", key, now - DAY, now + DAY));
    CHECK_OK(pv_identity_sign(good, id, "test", "x", 1));

    static pv_status (*const all[])(void) = {hash,        parse,      check_good, check_bad, sign,
                                             verify_good, verify_bad, load,       issue_one};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) exhaust(all[i]);

    OPENSSL_free(der);
    pv_certificate_free(alice);
    pv_certificate_free(mallory);
    pv_identity_free(id);
    authority_free(&ca);
    authority_free(&foreign);
    folder_empty(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exhausted)};
    if (CRYPTO_set_mem_functions(own_malloc, own_realloc, own_free) != 1) return 1;
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
