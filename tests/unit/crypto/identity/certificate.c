#include "keys.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static const int64_t T = 1800000000; /* 2027-01-15, whatever today is */

static pv_certificate *party(const authority *ca, const char *name, int64_t begins, int64_t ends)
{
    EVP_PKEY *key = NULL;
    CHECK_OK(pv_key_make(&key));
    pv_certificate *c = certificate_of(issue(ca, name, key, begins, ends));
    EVP_PKEY_free(key);
    return c;
}

static void test_fields(void **state)
{
    (void)state;
    authority ca = authority_make("Three hospitals", T, T + 100 * DAY);
    pv_certificate *c = party(&ca, "hospital-a", T, T + 10 * DAY);
    assert_string_equal(pv_certificate_name(c), "hospital-a");
    assert_string_equal(pv_certificate_name(ca.certificate), "Three hospitals");
    assert_true(pv_certificate_is_authority(ca.certificate));
    assert_false(pv_certificate_is_authority(c));
    assert_true(pv_certificate_begins(c) == T && pv_certificate_ends(c) == T + 10 * DAY);
    uint8_t *der = NULL, key[32];
    int size = i2d_X509(pv_certificate_x509(c), &der);
    pv_hash h;
    CHECK_OK(pv_hash_of(&h, der, (size_t)size));
    assert_true(pv_hash_equal(&h, pv_certificate_fingerprint(c)));
    CHECK_OK(pv_key_public(key, X509_get0_pubkey(pv_certificate_x509(c)), "x"));
    assert_memory_equal(key, pv_certificate_key(c), 32);
    OPENSSL_free(der);

    /* the serial has 128 bits, another one each time */
    pv_certificate *d = party(&ca, "hospital-a", T, T + 10 * DAY);
    BIGNUM *m = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pv_certificate_x509(c)), NULL);
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pv_certificate_x509(d)), NULL);
    assert_true(BN_num_bits(m) > 120 && BN_num_bits(m) <= 128 && !BN_is_negative(m));
    assert_true(BN_cmp(m, n) != 0);
    BN_free(m);
    BN_free(n);
    pv_certificate_free(c);
    pv_certificate_free(d);
    pv_certificate_free(NULL);
    authority_free(&ca);
}

static void test_dates(void **state)
{
    (void)state;
    authority ca = authority_make("ca", T, T + 100 * DAY);
    pv_certificate *c = party(&ca, "alice", T + 10 * DAY, T + 20 * DAY);
    CHECK_OK(pv_certificate_check(c, ca.certificate, T + 10 * DAY));
    CHECK_OK(pv_certificate_check(c, ca.certificate, T + 20 * DAY - 1));
    CHECK_FAILS(pv_certificate_check(c, ca.certificate, T + 10 * DAY - 1), PV_ERR_AUTH,
                "the certificate of alice is valid from 2027-01-25 on only");
    CHECK_FAILS(pv_certificate_check(c, ca.certificate, T + 20 * DAY), PV_ERR_AUTH,
                "the certificate of alice expired on 2027-02-04");
    CHECK_FAILS(pv_certificate_check(c, ca.certificate, 0), PV_ERR_AUTH, "1970-01-01");
    pv_certificate_free(c);
    /* an authority's time counts, too */
    c = party(&ca, "alice", T - 10 * DAY, T + 200 * DAY);
    CHECK_FAILS(pv_certificate_check(c, ca.certificate, T + 101 * DAY), PV_ERR_AUTH,
                "the certificate of the authority ca expired");
    CHECK_FAILS(pv_certificate_check(c, ca.certificate, T - DAY), PV_ERR_AUTH,
                "the authority ca is valid from");
    pv_certificate_free(c);
    authority_free(&ca);
}

static void test_issuer(void **state)
{
    (void)state;
    authority ca = authority_make("ca", T, T + 100 * DAY);
    authority other = authority_make("other", T, T + 100 * DAY);
    authority twin = authority_make("ca", T, T + 100 * DAY); /* the same name, another key */
    pv_certificate *c = party(&ca, "alice", T, T + DAY), *d = party(&ca, "bob", T, T + DAY);
    CHECK_OK(pv_certificate_check(c, ca.certificate, T + 1));
    CHECK_FAILS(pv_certificate_check(c, other.certificate, T + 1), PV_ERR_AUTH,
                "the certificate of alice was not issued by the authority other");
    CHECK_FAILS(pv_certificate_check(c, twin.certificate, T + 1), PV_ERR_AUTH,
                "was not issued by the authority ca");
    CHECK_FAILS(pv_certificate_check(c, d, T + 1), PV_ERR_AUTH, "bob is no authority's");
    CHECK_FAILS(pv_certificate_check(c, c, T + 1), PV_ERR_AUTH, "alice is no authority's");
    CHECK_FAILS(pv_certificate_check(ca.certificate, ca.certificate, T + 1), PV_ERR_AUTH,
                "is an authority's, not a party's");
    /* a party issues: its name and key, but no right to */
    authority false_ca = {.key = NULL, .certificate = d};
    CHECK_OK(pv_key_make(&false_ca.key));
    pv_certificate *e = party(&false_ca, "mallory", T, T + DAY);
    CHECK_FAILS(pv_certificate_check(e, d, T + 1), PV_ERR_AUTH, "bob is no authority's");
    CHECK_FAILS(pv_certificate_check(e, ca.certificate, T + 1), PV_ERR_AUTH, "not issued by");
    EVP_PKEY_free(false_ca.key);
    pv_certificate_free(c);
    pv_certificate_free(d);
    pv_certificate_free(e);
    authority_free(&ca);
    authority_free(&other);
    authority_free(&twin);
}

/* Every bit of a certificate: it is refused as such, or does not hold, or it is another one. */
static void test_tampered(void **state)
{
    (void)state;
    authority ca = authority_make("ca", T, T + 100 * DAY);
    pv_certificate *c = party(&ca, "alice", T, T + DAY);
    uint8_t *der = NULL;
    int size = i2d_X509(pv_certificate_x509(c), &der), parsed = 0;
    for (int bit = 0; bit < 8 * size; bit++) {
        pv_certificate *d = NULL;
        der[bit / 8] ^= (uint8_t)(1 << bit % 8);
        pv_status s = pv_certificate_parse(&d, "x", der, (size_t)size);
        assert_true(s == PV_OK || s == PV_ERR_FORMAT || s == PV_ERR_AUTH);
        if (s == PV_OK) {
            parsed++;
            assert_int_equal(pv_certificate_check(d, ca.certificate, T + 1), PV_ERR_AUTH);
        } else {
            assert_null(d);
        }
        pv_certificate_free(d);
        der[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_in_range(parsed, 512, 8 * size); /* at least those in its signature */
    for (int n = 0; n < size; n++) {
        pv_certificate *d = NULL;
        CHECK_FAILS(pv_certificate_parse(&d, "x", der, (size_t)n), PV_ERR_FORMAT, "x: ");
    }
    OPENSSL_free(der);
    pv_certificate_free(c);
    authority_free(&ca);
}

/* A certificate of other parts than this room would put in. */
typedef struct odd {
    const char *name, *usage, *extended, *constraints;
    int second_name, critical_unknown;
    long version;
} odd;

static void add(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    if (value == NULL) return;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static X509 *make_odd(const authority *ca, EVP_PKEY *key, const odd *o)
{
    X509 *x = X509_new(), *issuer = pv_certificate_x509(ca->certificate);
    X509_NAME *subject = X509_get_subject_name(x);
    X509_set_version(x, o->version);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 5);
    ASN1_TIME_set(X509_getm_notBefore(x), T);
    ASN1_TIME_set(X509_getm_notAfter(x), T + DAY);
    if (o->name != NULL)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)o->name, -1, -1,
                                   0);
    if (o->second_name)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)"b", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    X509_set_pubkey(x, key);
    add(x, issuer, NID_basic_constraints, o->constraints);
    add(x, issuer, NID_key_usage, o->usage);
    add(x, issuer, NID_ext_key_usage, o->extended);
    add(x, issuer, NID_subject_key_identifier, "hash");
    add(x, issuer, NID_authority_key_identifier, "keyid:always");
    if (o->critical_unknown) add(x, issuer, NID_netscape_comment, "critical,DER:0500");
    assert_true(X509_sign(x, ca->key, EVP_PKEY_is_a(ca->key, "RSA") ? EVP_sha256() : NULL) > 0);
    return x;
}

#define USUAL "critical,digitalSignature", "serverAuth,clientAuth", "critical,CA:FALSE", 0, 0, 2

static void test_usage(void **state)
{
    (void)state;
    static const struct {
        odd what;
        const char *message;
    } cases[] = {
        {{"alice", NULL, "serverAuth,clientAuth", "CA:FALSE", 0, 0, 2}, "keyUsage"},
        {{"alice", "critical,keyAgreement", "serverAuth,clientAuth", "CA:FALSE", 0, 0, 2},
         "keyUsage"},
        {{"alice", "digitalSignature", NULL, "CA:FALSE", 0, 0, 2}, "extendedKeyUsage"},
        {{"alice", "digitalSignature", "serverAuth", "CA:FALSE", 0, 0, 2}, "extendedKeyUsage"},
        {{"alice", "digitalSignature", "clientAuth,codeSigning", "CA:FALSE", 0, 0, 2},
         "extendedKeyUsage"},
        {{"alice", "digitalSignature,keyCertSign", "serverAuth,clientAuth", "CA:TRUE", 0, 0, 2},
         "authority's, not a party's"},
        {{"alice", "digitalSignature", "serverAuth,clientAuth", "CA:FALSE", 0, 1, 2},
         "unhandled critical extension"},
        {{"Alice", USUAL}, "no name of a party"},
        {{"alice.example.org", USUAL}, "no name of a party"},
    };
    authority ca = authority_make("ca", T, T + 100 * DAY);
    EVP_PKEY *key = NULL;
    CHECK_OK(pv_key_make(&key));
    pv_certificate *c = certificate_of(make_odd(&ca, key, &(odd){"alice", USUAL}));
    CHECK_OK(pv_certificate_check(c, ca.certificate, T + 1)); /* nothing odd about this one */
    pv_certificate_free(c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        c = certificate_of(make_odd(&ca, key, &cases[i].what));
        CHECK_FAILS(pv_certificate_check(c, ca.certificate, T + 1), PV_ERR_AUTH, cases[i].message);
        pv_certificate_free(c);
    }
    EVP_PKEY_free(key);
    authority_free(&ca);
}

static void expect_parse(X509 *x, pv_status status, const char *message)
{
    pv_certificate *c = NULL;
    uint8_t *der = NULL;
    int size = i2d_X509(x, &der);
    assert_true(size > 0);
    CHECK_FAILS(pv_certificate_parse(&c, "theirs", der, (size_t)size), status, message);
    assert_null(c);
    OPENSSL_free(der);
    X509_free(x);
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char long_name[] =
        "a123456789012345678901234567890123456789012345678901234567890123";
    authority ca = authority_make("ca", T, T + 100 * DAY);
    EVP_PKEY *key = NULL, *rsa = EVP_RSA_gen(2048), *p256 = EVP_EC_gen("P-256");
    CHECK_OK(pv_key_make(&key));
    expect_parse(make_odd(&ca, rsa, &(odd){"alice", USUAL}), PV_ERR_AUTH,
                 "theirs: its key is RSA; only Ed25519 keys are used");
    expect_parse(make_odd(&ca, p256, &(odd){"alice", USUAL}), PV_ERR_AUTH, "its key is EC");
    expect_parse(make_odd(&ca, key, &(odd){NULL, USUAL}), PV_ERR_FORMAT, "one common name");
    expect_parse(make_odd(&ca, key, &(odd){"a", "digitalSignature", NULL, NULL, 1, 0, 2}),
                 PV_ERR_FORMAT, "one common name");
    expect_parse(make_odd(&ca, key, &(odd){"al\nice", USUAL}), PV_ERR_FORMAT, "is not 1 to 63");
    expect_parse(make_odd(&ca, key, &(odd){long_name, USUAL}), PV_ERR_FORMAT, "is not 1 to 63");
    expect_parse(make_odd(&ca, key, &(odd){"alice", NULL, NULL, NULL, 0, 0, 0}), PV_ERR_FORMAT,
                 "version 3");

    /* signed by RSA: it can be read, and does not hold */
    authority of_rsa = {rsa, NULL};
    of_rsa.certificate = ca.certificate;
    pv_certificate *c = certificate_of(make_odd(&of_rsa, key, &(odd){"alice", USUAL}));
    CHECK_FAILS(pv_certificate_check(c, ca.certificate, T + 1), PV_ERR_AUTH,
                "signed by RSA-SHA256; only Ed25519");

    /* bytes that follow, other encodings of the same, nothing at all, too much */
    uint8_t *der = NULL, bytes[4096] = {0};
    pv_certificate *d = NULL;
    int size = i2d_X509(pv_certificate_x509(c), &der);
    memcpy(bytes, der, (size_t)size);
    CHECK_FAILS(pv_certificate_parse(&d, "x", bytes, (size_t)size + 1), PV_ERR_FORMAT,
                "bytes follow");
    assert_true(bytes[0] == 0x30 && bytes[1] == 0x82); /* the length once more, with a zero */
    memmove(bytes + 5, der + 4, (size_t)size - 4);
    memcpy(bytes, (uint8_t[]){0x30, 0x83, 0, der[2], der[3]}, 5);
    CHECK_FAILS(pv_certificate_parse(&d, "x", bytes, (size_t)size + 1), PV_ERR_FORMAT,
                "not in DER");
    CHECK_FAILS(pv_certificate_parse(&d, "x", "", 0), PV_ERR_FORMAT, "no X.509 certificate");
    CHECK_FAILS(pv_certificate_parse(&d, "x", bytes, 1 << 17), PV_ERR_LIMIT, "131072 bytes");
    OPENSSL_free(der);
    pv_certificate_free(c);
    EVP_PKEY_free(key);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(p256);
    authority_free(&ca);
}

static void test_memory(void **state)
{
    (void)state;
    authority ca = authority_make("ca", T, T + 100 * DAY);
    pv_certificate *c = party(&ca, "alice", T, T + DAY), *d = NULL;
    uint8_t *der = NULL;
    int size = i2d_X509(pv_certificate_x509(c), &der);
    pv_status s;
    CHECK_OUT_OF_MEMORY(s)
    {
        s = pv_certificate_parse(&d, "x", der, (size_t)size);
        pv_certificate_free(d);
    }
    OPENSSL_free(der);
    pv_certificate_free(c);
    authority_free(&ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_issuer), cmocka_unit_test(test_tampered),
        cmocka_unit_test(test_usage),  cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
