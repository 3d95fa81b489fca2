#include "keys.h"

#include "crypto/identity/describe.h"
#include <fcntl.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <sys/resource.h>

static const pv_passphrase none = {NULL}, sesame = {"open sesame"}, other = {"Open sesame"};

static int mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static int file_holds(const char *path, const char *text)
{
    pv_bytes b = {0};
    CHECK_OK(pv_file_read(&b, path, 1 << 16));
    int found = strstr((const char *)b.data, text) != NULL;
    pv_bytes_clear(&b);
    return found;
}

static void make_text(const char *path, const char *text)
{
    CHECK_OK(pv_file_write(path, text, strlen(text), 0600));
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "hospital-a", "a1", "z-", "bank2-eu"};
    static const char *const bad[] = {"",    "A",  "1a",   "-a",       "a b", "a_b",
                                      "a/b", "..", "a\nb", "\xC3\xA4", "aB",  "a."};
    char text[80];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) CHECK_OK(pv_party_name_check(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAILS(pv_party_name_check(bad[i]), PV_ERR_OPTION, "no name for a party");
    memset(text, 'a', sizeof text);
    text[63] = '\0';
    CHECK_OK(pv_party_name_check(text));
    text[63] = 'a';
    text[64] = '\0';
    CHECK_FAILS(pv_party_name_check(text), PV_ERR_OPTION, "1 to 63");
}

static void test_make(void **state)
{
    (void)state;
    pv_certificate *ca = NULL, *c = NULL;
    pv_identity *id = NULL;
    uint8_t s[PV_SIGNATURE_BYTES];
    int64_t now = (int64_t)time(NULL);
    CHECK_OK(pv_ca_make(folder, "Our authority", 3650, &none));
    CHECK_OK(pv_party_make(folder, "alice", 365, NULL, NULL));
    assert_int_equal(folder_count(), 4);
    assert_int_equal(mode_of(in("ca.key")), 0600);
    assert_int_equal(mode_of(in("alice.key")), 0600);
    assert_true(file_holds(in("alice.key"), "-----BEGIN PRIVATE KEY-----"));
    CHECK_OK(pv_certificate_load(&ca, in("ca.pem")));
    CHECK_OK(pv_certificate_load(&c, in("alice.pem")));
    CHECK_OK(pv_certificate_check(c, ca, now));
    assert_string_equal(pv_certificate_name(ca), "Our authority");
    assert_in_range(pv_certificate_ends(ca) - now, 3650 * (int64_t)DAY, 3650 * (int64_t)DAY + 60);
    assert_in_range(pv_certificate_ends(c) - now, 365 * DAY, 365 * DAY + 60);
    assert_in_range(now - pv_certificate_begins(c), PV_CLOCK_SLACK - 60, PV_CLOCK_SLACK);
    CHECK_OK(pv_identity_load(&id, in("alice.pem"), in("alice.key"), NULL));
    CHECK_OK(pv_identity_sign(s, id, "test", "x", 1));
    CHECK_OK(pv_signature_check(s, pv_certificate_key(c), "alice", "test", "x", 1));
    pv_identity_free(id);
    pv_certificate_free(c);
    pv_certificate_free(ca);
}

/* OpenSSL's own program finds nothing to complain about. */
static void test_openssl_agrees(void **state)
{
    (void)state;
    char command[400];
    if (system("openssl version >/dev/null 2>&1") != 0) skip();
    CHECK_OK(pv_ca_make(folder, "Our authority", 10, NULL));
    CHECK_OK(pv_party_make(folder, "alice", 5, &sesame, NULL));
    snprintf(
        command, sizeof command,
        "cd %s && openssl verify -x509_strict -purpose sslserver -CAfile ca.pem alice.pem "
        ">/dev/null && openssl verify -x509_strict -purpose sslclient -CAfile ca.pem alice.pem "
        ">/dev/null",
        folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command,
             "cd %s && openssl pkey -passin 'pass:open sesame' -in alice.key -pubout >a && openssl "
             "x509 -in alice.pem -noout -pubkey >b && cmp a b",
             folder);
    assert_int_equal(system(command), 0);
}

static void test_ends_with_authority(void **state)
{
    (void)state;
    pv_certificate *ca = NULL, *c = NULL;
    CHECK_OK(pv_ca_make(folder, "x", 30, NULL));
    CHECK_OK(pv_party_make(folder, "alice", 365, NULL, NULL));
    CHECK_OK(pv_certificate_load(&ca, in("ca.pem")));
    CHECK_OK(pv_certificate_load(&c, in("alice.pem")));
    assert_true(pv_certificate_ends(c) == pv_certificate_ends(ca));
    CHECK_OK(pv_certificate_check(c, ca, (int64_t)time(NULL)));
    pv_certificate_free(c);
    pv_certificate_free(ca);
}

static void test_passphrase(void **state)
{
    (void)state;
    pv_identity *id = NULL;
    const pv_passphrase empty = {""};
    char text[1100];
    memset(text, 'x', sizeof text);
    text[1025] = '\0';
    const pv_passphrase longer = {text};
    CHECK_FAILS(pv_ca_make(folder, "ca", 10, &empty), PV_ERR_USAGE, "1 to 1024");
    CHECK_FAILS(pv_ca_make(folder, "ca", 10, &longer), PV_ERR_USAGE, "this one 1025");
    assert_int_equal(folder_count(), 0);
    CHECK_OK(pv_ca_make(folder, "ours", 10, &sesame));
    assert_true(file_holds(in("ca.key"), "-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    CHECK_OK(pv_identity_load(&id, in("ca.pem"), in("ca.key"), &sesame));
    pv_identity_free(id);
    CHECK_FAILS(pv_identity_load(&id, in("ca.pem"), in("ca.key"), &other), PV_ERR_AUTH,
                "ca.key: the passphrase is wrong");
    CHECK_FAILS(pv_identity_load(&id, in("ca.pem"), in("ca.key"), &empty), PV_ERR_AUTH, "is wrong");
    CHECK_FAILS(pv_identity_load(&id, in("ca.pem"), in("ca.key"), &longer), PV_ERR_AUTH, "1024");
    CHECK_FAILS(pv_identity_load(&id, in("ca.pem"), in("ca.key"), NULL), PV_ERR_AUTH,
                "is under a passphrase, and none was given");
    assert_null(id);
    CHECK_FAILS(pv_party_make(folder, "alice", 10, &sesame, &other), PV_ERR_AUTH, "ca.key");
    CHECK_FAILS(pv_party_make(folder, "alice", 10, &sesame, &none), PV_ERR_AUTH, "none was given");
    assert_int_equal(folder_count(), 2);
    CHECK_OK(pv_party_make(folder, "alice", 10, &other, &sesame));
    CHECK_OK(pv_identity_load(&id, in("alice.pem"), in("alice.key"), &other));
    pv_identity_free(id);
}

static void test_requests(void **state)
{
    (void)state;
    pv_certificate *ca = NULL, *c = NULL;
    pv_identity *id = NULL;
    CHECK_OK(pv_ca_make(folder, "ours", 100, &sesame));
    CHECK_OK(pv_csr_make(folder, "bob", &other));
    assert_int_equal(mode_of(in("bob.key")), 0600);
    CHECK_OK(pv_csr_sign(folder, in("bob.csr"), in("bob.pem"), 50, &sesame));
    CHECK_OK(pv_certificate_load(&ca, in("ca.pem")));
    CHECK_OK(pv_identity_load(&id, in("bob.pem"), in("bob.key"), &other));
    CHECK_OK(pv_certificate_check(pv_identity_certificate(id), ca, (int64_t)time(NULL)));
    assert_string_equal(pv_certificate_name(pv_identity_certificate(id)), "bob");
    pv_identity_free(id);
    CHECK_FAILS(pv_csr_sign(folder, in("bob.csr"), in("bob.pem"), 50, &sesame), PV_ERR_USAGE,
                "bob.pem: is there already");
    CHECK_FAILS(pv_csr_sign(folder, in("bob.key"), in("b.pem"), 50, &sesame), PV_ERR_FORMAT,
                "holds a ENCRYPTED PRIVATE KEY");
    CHECK_FAILS(pv_csr_sign(folder, in("nobody.csr"), in("b.pem"), 50, &sesame), PV_ERR_NOT_FOUND,
                "nobody.csr");

    /* a request for a key that its sender does not have: the signature is damaged */
    X509_REQ *r = NULL;
    EVP_PKEY *key = NULL, *mine = NULL;
    FILE *f = NULL;
    CHECK_OK(pv_key_make(&key));
    CHECK_OK(pv_key_make(&mine));
    CHECK_OK(pv_issue_request(&r, "carol", mine));
    X509_REQ_set_pubkey(r, key);
    assert_non_null(f = fopen(in("stolen.csr"), "w"));
    PEM_write_X509_REQ(f, r);
    fclose(f);
    X509_REQ_free(r);
    CHECK_FAILS(pv_csr_sign(folder, in("stolen.csr"), in("c.pem"), 50, &sesame), PV_ERR_AUTH,
                "not signed by the key it is for");
    static const struct {
        const char *name;
        pv_status status;
        const char *message;
    } refused[] = {{"Carol", PV_ERR_FORMAT, "odd.csr: asks for the name \"Carol\""},
                   {"ca", PV_ERR_OPTION, "can't be called \"ca\""},
                   {"ours", PV_ERR_OPTION, "the authority's name"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CHECK_OK(pv_issue_request(&r, refused[i].name, mine));
        assert_non_null(f = fopen(in("odd.csr"), "w"));
        PEM_write_X509_REQ(f, r);
        fclose(f);
        X509_REQ_free(r);
        CHECK_FAILS(pv_csr_sign(folder, in("odd.csr"), in("c.pem"), 50, &sesame), refused[i].status,
                    refused[i].message);
    }
    CHECK_OK(pv_certificate_load(&c, in("bob.pem"))); /* untouched by all that */
    assert_false(pv_file_exists(in("c.pem")) || pv_file_exists(in("b.pem")));
    pv_certificate_free(c);
    pv_certificate_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(mine);
}

static void test_never_overwritten(void **state)
{
    (void)state;
    static const char *const files[] = {"ca.key", "ca.pem", "alice.key", "alice.pem", "alice.csr"};
    for (int i = 0; i < 2; i++) {
        make_text(in(files[i]), "precious");
        CHECK_FAILS(pv_ca_make(folder, "ours", 10, NULL), PV_ERR_USAGE, files[i]);
        assert_true(file_holds(in(files[i]), "precious") && folder_count() == 1);
        unlink(in(files[i]));
    }
    CHECK_OK(pv_ca_make(folder, "ours", 10, NULL));
    for (int i = 2; i < 5; i++) {
        make_text(in(files[i]), "precious");
        if (i < 4)
            CHECK_FAILS(pv_party_make(folder, "alice", 10, NULL, NULL), PV_ERR_USAGE, files[i]);
        if (i != 3) CHECK_FAILS(pv_csr_make(folder, "alice", NULL), PV_ERR_USAGE, files[i]);
        assert_true(file_holds(in(files[i]), "precious") && folder_count() == 3);
        unlink(in(files[i]));
    }
    assert_int_equal(symlink("nowhere", in("alice.key")), 0); /* nor a link that leads nowhere */
    CHECK_FAILS(pv_party_make(folder, "alice", 10, NULL, NULL), PV_ERR_USAGE, "alice.key");
    assert_int_equal(unlink(in("alice.key")), 0);
    CHECK_FAILS(pv_party_make(folder, "ca", 10, NULL, NULL), PV_ERR_OPTION, "\"ca\"");
    CHECK_FAILS(pv_party_make(folder, "ours", 10, NULL, NULL), PV_ERR_OPTION, "authority's name");
    CHECK_FAILS(pv_party_make(folder, "../x", 10, NULL, NULL), PV_ERR_OPTION, "no name");
    CHECK_FAILS(pv_csr_make(folder, "a/b", NULL), PV_ERR_OPTION, "no name");
    CHECK_FAILS(pv_party_make(folder, "alice", 0, NULL, NULL), PV_ERR_OPTION, "1 to 36500");
    CHECK_FAILS(pv_party_make(folder, "alice", 36501, NULL, NULL), PV_ERR_OPTION, "not 36501");
    CHECK_FAILS(pv_ca_make(folder, "", 10, NULL), PV_ERR_OPTION, "1 to 63 bytes");
    CHECK_FAILS(pv_ca_make(folder, "a\tb", 10, NULL), PV_ERR_OPTION, "1 to 63 bytes");
    assert_int_equal(folder_count(), 2);
}

static void test_key_files(void **state)
{
    (void)state;
    pv_identity *id = NULL;
    static const int modes[] = {0644, 0640, 0604, 0660, 0610, 0601};
    CHECK_OK(pv_ca_make(folder, "ours", 10, NULL));
    CHECK_OK(pv_party_make(folder, "alice", 10, NULL, NULL));
    CHECK_OK(pv_party_make(folder, "bob", 10, NULL, NULL));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(in("alice.key"), (mode_t)modes[i]), 0);
        CHECK_FAILS(pv_identity_load(&id, in("alice.pem"), in("alice.key"), NULL), PV_ERR_AUTH,
                    "others may reach it; chmod 600");
    }
    assert_int_equal(chmod(in("alice.key"), 0400), 0);
    CHECK_OK(pv_identity_load(&id, in("alice.pem"), in("alice.key"), NULL));
    pv_identity_free(id);
    CHECK_FAILS(pv_identity_load(&id, in("alice.pem"), in("bob.key"), NULL), PV_ERR_MISMATCH,
                "bob.key: is not the key of the certificate");
    CHECK_FAILS(pv_identity_load(&id, in("alice.key"), in("alice.key"), NULL), PV_ERR_FORMAT,
                "holds a PRIVATE KEY, a CERTIFICATE was expected");
    CHECK_FAILS(pv_identity_load(&id, in("no.pem"), in("alice.key"), NULL), PV_ERR_NOT_FOUND,
                "no.pem");
    CHECK_FAILS(pv_identity_load(&id, in("alice.pem"), in("no.key"), NULL), PV_ERR_NOT_FOUND,
                "no.key");
    assert_int_equal(chmod(in("alice.pem"), 0600), 0);
    CHECK_FAILS(pv_identity_load(&id, in("alice.pem"), in("alice.pem"), NULL), PV_ERR_FORMAT,
                "a PRIVATE KEY was expected");

    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    CHECK_OK(pv_key_save(rsa, in("rsa.key"), NULL));
    CHECK_FAILS(pv_identity_load(&id, in("alice.pem"), in("rsa.key"), NULL), PV_ERR_AUTH,
                "rsa.key: its key is RSA");
    EVP_PKEY_free(rsa);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "no PEM file"},
        {"hello", "no PEM file"},
        {"-----BEGIN CERTIFICATE-----\n", "no PEM file"},
        {"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "no PEM file"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no X.509 certificate"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN "
         "CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "several things"},
        {"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n"
         "-----END CERTIFICATE-----\n",
         "the old way to encrypt"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds a PUBLIC KEY"},
    };
    static const struct {
        const char *text, *message;
    } keys[] = {
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no PKCS#8 key"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
         "no encrypted PKCS#8 key"},
    };
    pv_certificate *c = NULL;
    EVP_PKEY *key = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_text(in("x.pem"), cases[i].text);
        CHECK_FAILS(pv_certificate_load(&c, in("x.pem")), PV_ERR_FORMAT, cases[i].message);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        make_text(in("x.key"), keys[i].text);
        CHECK_FAILS(pv_key_load(&key, in("x.key"), &sesame), PV_ERR_FORMAT, keys[i].message);
    }
    CHECK_OK(pv_file_write(in("x.pem"), "a\0b", 3, 0600));
    CHECK_FAILS(pv_certificate_load(&c, in("x.pem")), PV_ERR_FORMAT, "is not text");
    char *large = calloc(1, 70000);
    CHECK_OK(pv_file_write(in("x.pem"), large, 70000, 0600));
    CHECK_FAILS(pv_certificate_load(&c, in("x.pem")), PV_ERR_LIMIT, "70000 bytes");
    free(large);
}

/* The disk is full after `bytes` of each file, or the second file can't be put in place. */
static void test_disk(void **state)
{
    (void)state;
    struct rlimit was, limit;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_OK(pv_ca_make(folder, "ours", 10, NULL));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    for (rlim_t bytes = 0; bytes < 450; bytes += 50) {
        limit = was;
        limit.rlim_cur = bytes;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        pv_status s = pv_party_make(folder, "alice", 10, NULL, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        /* the key has 119 bytes, the certificate some 500: nothing stays of either */
        assert_int_equal(s, PV_ERR_IO);
        assert_int_equal(folder_count(), 2);
    }
    char nowhere[300];
    snprintf(nowhere, sizeof nowhere, "%s/ca.pem/x", folder);
    CHECK_FAILS(pv_csr_make(nowhere, "alice", NULL), PV_ERR_IO, "ca.pem");
    CHECK_FAILS(pv_party_make(nowhere, "alice", 10, NULL, NULL), PV_ERR_NOT_FOUND, "ca.pem");
    assert_int_equal(folder_count(), 2);
}

static void test_describe(void **state)
{
    (void)state;
    pv_key_description d;
    pv_certificate *c = NULL;
    uint8_t key[32];
    CHECK_OK(pv_ca_make(folder, "Our authority", 100, NULL));
    CHECK_OK(pv_party_make(folder, "alice", 10, NULL, NULL));
    CHECK_OK(pv_csr_make(folder, "bob", &sesame));
    CHECK_OK(pv_key_describe(&d, in("ca.pem")));
    assert_true(d.kind == PV_KEY_AUTHORITY);
    assert_string_equal(d.name, "Our authority");
    CHECK_OK(pv_key_describe(&d, in("alice.pem")));
    CHECK_OK(pv_certificate_load(&c, in("alice.pem")));
    assert_true(d.kind == PV_KEY_PARTY && d.begins == pv_certificate_begins(c) &&
                d.ends == pv_certificate_ends(c));
    assert_string_equal(d.name, "alice");
    assert_memory_equal(d.public_key, pv_certificate_key(c), 32);
    assert_true(pv_hash_equal(&d.fingerprint, pv_certificate_fingerprint(c)));
    pv_certificate_free(c);
    memcpy(key, d.public_key, sizeof key);
    CHECK_OK(pv_key_describe(&d, in("alice.key")));
    assert_true(d.kind == PV_KEY_PRIVATE);
    assert_memory_equal(d.public_key, key, 32);
    assert_string_equal(d.name, "");
    CHECK_OK(pv_key_describe(&d, in("bob.key")));
    assert_true(d.kind == PV_KEY_LOCKED);
    CHECK_OK(pv_key_describe(&d, in("bob.csr")));
    assert_true(d.kind == PV_KEY_REQUEST);
    assert_string_equal(d.name, "bob");
    assert_int_equal(chmod(in("bob.key"), 0644), 0);
    CHECK_FAILS(pv_key_describe(&d, in("bob.key")), PV_ERR_AUTH, "chmod 600");
    make_text(in("x"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    CHECK_FAILS(pv_key_describe(&d, in("x")), PV_ERR_FORMAT, "holds a PUBLIC KEY");
}

static void test_passphrase_file(void **state)
{
    (void)state;
    char text[PV_PASSPHRASE_MAX + 1], longest[PV_PASSPHRASE_MAX + 2];
    static const struct {
        const char *file, *text;
    } good[] = {{"open sesame", "open sesame"},
                {"open sesame\n", "open sesame"},
                {"open sesame\r\nmore\n", "open sesame"},
                {" blank \n", " blank "},
                {"\r\r\n", "\r"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        make_text(in("pass"), good[i].file);
        CHECK_OK(pv_passphrase_load(text, in("pass")));
        assert_string_equal(text, good[i].text);
    }
    memset(longest, 'x', sizeof longest);
    CHECK_OK(pv_file_write(in("pass"), longest, PV_PASSPHRASE_MAX, 0600));
    CHECK_OK(pv_passphrase_load(text, in("pass")));
    assert_int_equal(strlen(text), PV_PASSPHRASE_MAX);
    CHECK_OK(pv_file_write(in("pass"), longest, PV_PASSPHRASE_MAX + 1, 0600));
    CHECK_FAILS(pv_passphrase_load(text, in("pass")), PV_ERR_FORMAT, "1 to 1024");
    static const char *const bad[] = {"", "\n", "\r\n", "\nopen sesame\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        make_text(in("pass"), bad[i]);
        CHECK_FAILS(pv_passphrase_load(text, in("pass")), PV_ERR_FORMAT, "pass: a passphrase");
        assert_string_equal(text, "");
    }
    CHECK_OK(pv_file_write(in("pass"), "a\0b\n", 4, 0600));
    CHECK_FAILS(pv_passphrase_load(text, in("pass")), PV_ERR_FORMAT, "first line");
    make_text(in("pass"), "open sesame\n");
    assert_int_equal(chmod(in("pass"), 0640), 0);
    CHECK_FAILS(pv_passphrase_load(text, in("pass")), PV_ERR_AUTH, "mode 0640");
    CHECK_FAILS(pv_passphrase_load(text, in("none")), PV_ERR_NOT_FOUND, "none");
}

static void test_memory(void **state)
{
    (void)state;
    pv_status s;
    CHECK_OUT_OF_MEMORY(s)
    {
        s = pv_ca_make(folder, "ours", 10, NULL);
        assert_int_equal(folder_count(), s == PV_OK ? 2 : 0);
    }
    CHECK_OUT_OF_MEMORY(s)
    {
        s = pv_party_make(folder, "alice", 10, NULL, NULL);
        assert_int_equal(folder_count(), s == PV_OK ? 4 : 2);
    }
    CHECK_OUT_OF_MEMORY(s)
    {
        s = pv_csr_make(folder, "bob", NULL);
        assert_int_equal(folder_count(), s == PV_OK ? 6 : 4);
    }
    CHECK_OUT_OF_MEMORY(s)
    {
        s = pv_csr_sign(folder, in("bob.csr"), in("bob.pem"), 10, NULL);
        assert_int_equal(folder_count(), s == PV_OK ? 7 : 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_teardown(test_make, folder_empty),
        cmocka_unit_test_teardown(test_openssl_agrees, folder_empty),
        cmocka_unit_test_teardown(test_ends_with_authority, folder_empty),
        cmocka_unit_test_teardown(test_passphrase, folder_empty),
        cmocka_unit_test_teardown(test_requests, folder_empty),
        cmocka_unit_test_teardown(test_never_overwritten, folder_empty),
        cmocka_unit_test_teardown(test_key_files, folder_empty),
        cmocka_unit_test_teardown(test_malformed, folder_empty),
        cmocka_unit_test_teardown(test_describe, folder_empty),
        cmocka_unit_test_teardown(test_passphrase_file, folder_empty),
        cmocka_unit_test_teardown(test_disk, folder_empty),
        cmocka_unit_test_teardown(test_memory, folder_empty),
    };
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
