#include "check.h"

#include "base/file.h"
#include "crypto/identity/hash.h"
#include "crypto/identity/hmac.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void expect_text(const pv_hash *h, const char *text)
{
    char buffer[PV_HASH_TEXT];
    assert_string_equal(pv_hash_text(h, buffer), text);
}

static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char of_million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

/* FIPS 180-4 and its example values (NIST CSRC, "SHA256.pdf"). */
static void test_known(void **state)
{
    (void)state;
    static const struct {
        const char *data, *hash;
    } known[] = {
        {"", of_nothing},
        {"abc", of_abc},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "m"
         "nopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    pv_hash h;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK_OK(pv_hash_of(&h, known[i].data, strlen(known[i].data)));
        expect_text(&h, known[i].hash);
    }
    CHECK_OK(pv_hash_of(&h, NULL, 0));
    expect_text(&h, of_nothing);
}

/* A million letters a, in pieces of every size up to 200 and more. */
static void test_pieces(void **state)
{
    (void)state;
    char letters[1000];
    memset(letters, 'a', sizeof letters);
    pv_hasher s;
    pv_hash h;
    CHECK_OK(pv_hasher_init(&s));
    size_t left = 1000000;
    for (size_t n = 0; left > 0; n = n % 999 + 1) {
        size_t now = n < left ? n : left;
        pv_hasher_add(&s, letters, now);
        left -= now;
    }
    CHECK_OK(pv_hasher_end(&s, &h));
    expect_text(&h, of_million);
    assert_null(s.state);
    CHECK_FAILS(pv_hasher_end(&s, &h), PV_ERR_RUN, "not begun");
    CHECK_OK(pv_hasher_init(&s));
    pv_hasher_clear(&s);
    pv_hasher_clear(&s);
    pv_hasher_add(&s, letters, 3); /* of a cleared one: nothing happens */
}

static void test_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/privet-hash-XXXXXX", path[64];
    pv_hash h;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/million", folder);
    char *letters = malloc(1000000);
    assert_non_null(letters);
    memset(letters, 'a', 1000000);
    CHECK_OK(pv_file_write(path, letters, 1000000, 0644));
    free(letters);
    CHECK_OK(pv_hash_file(&h, path));
    expect_text(&h, of_million);
    pv_status s;
    CHECK_OUT_OF_MEMORY(s) s = pv_hash_file(&h, path);
    CHECK_OK(pv_file_write(path, "", 0, 0644));
    CHECK_OK(pv_hash_file(&h, path));
    expect_text(&h, of_nothing);
    unlink(path);
    CHECK_FAILS(pv_hash_file(&h, path), PV_ERR_NOT_FOUND, "million");
    CHECK_FAILS(pv_hash_file(&h, folder), PV_ERR_NOT_FOUND, "is a folder");
    rmdir(folder);
}

static void test_text(void **state)
{
    (void)state;
    pv_hash h, abc;
    CHECK_OK(pv_hash_of(&abc, "abc", 3));
    CHECK_OK(pv_hash_parse(&h, of_abc));
    assert_true(pv_hash_equal(&h, &abc));
    CHECK_OK(pv_hash_parse(&h, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
    assert_true(pv_hash_equal(&h, &abc));
    for (int i = 0; i < PV_HASH_BYTES; i++) { /* any other bit makes another hash */
        h = abc;
        h.byte[i] ^= 1;
        assert_false(pv_hash_equal(&h, &abc));
    }
    static const char *const no_hash[] = {
        "",
        "ba7816bf",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
        "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a ",
        "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015",
    };
    h = abc;
    for (size_t i = 0; i < sizeof no_hash / sizeof *no_hash; i++)
        CHECK_FAILS(pv_hash_parse(&h, no_hash[i]), PV_ERR_FORMAT, "64 hexadecimal digits");
    assert_true(pv_hash_equal(&h, &abc)); /* left as it was */
}

/* HMAC-SHA-256 by its definition, RFC 4231 has no key of 32 bytes: case 1 and 2 padded with zeros
 * are the same keys, since HMAC pads with zeros, too. */
static void test_hmac(void **state)
{
    (void)state;
    static const struct {
        uint8_t key[PV_HMAC_KEY];
        const char *data, *hash;
    } known[] = {
        {{0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
          0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b},
         "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {{'J', 'e', 'f', 'e'},
         "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    };
    pv_hash h;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK_OK(pv_hmac(&h, known[i].key, known[i].data, strlen(known[i].data)));
        expect_text(&h, known[i].hash);
    }
    pv_status s;
    CHECK_OUT_OF_MEMORY(s) s = pv_hmac(&h, known[0].key, "x", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_pieces), cmocka_unit_test(test_file),
        cmocka_unit_test(test_text),  cmocka_unit_test(test_hmac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
