#include "link.h"

/* The expected values were computed by Python's hashlib and cryptography 38 from the formulas of
 * docs/formats.md; the key's seed is the bytes 0, 1, ..., 31. */
static const char t0[] = "49f17201cf6962e8e126084c97379949b08284fb3f0cd1991df19ad8894c9ce3";
static const char t1[] = "58acb65264af7ff70b4a9935a4c7b44a53f997d22a275396c99eb34ece22dd4c";
static const char r0[] = "b41784b30af4b24611f492e7a456dc28ac76deb47b0738c8ad7b93d3b638d318";
static const char key_text[] = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
static const char signature[2][65] = {
    "8bd32f5c8995f21b85c5f8d9d9bdced5e64f6635a6d46632ca6f6e4650464fdd",
    "c63c14ed278f23ee9fa4cc4246f202586c8798ae783b61ae075f0b9b0d07ae08"};

static pv_hash hash(const char *text)
{
    pv_hash h;
    CHECK_OK(pv_hash_parse(&h, text));
    return h;
}

static void check_hash(const pv_hash *h, const char *text)
{
    char buffer[PV_HASH_TEXT];
    assert_string_equal(pv_hash_text(h, buffer), text);
}

static void test_known_transcript(void **state)
{
    (void)state;
    pv_transcript t;
    pv_hash scenario, payload;
    CHECK_OK(pv_hash_of(&scenario, "scenario", 8));
    CHECK_OK(pv_hash_of(&payload, "payload", 7));
    CHECK_OK(pv_transcript_begin(&t, &scenario, "a", "server"));
    assert_int_equal(t.count, 0);
    check_hash(&t.hash, t0);
    CHECK_OK(pv_transcript_add(&t, 7, 16, 7, &payload));
    assert_int_equal(t.count, 1);
    check_hash(&t.hash, t1);
    CHECK_OK(pv_transcript_begin(&t, &scenario, "server", "a"));
    check_hash(&t.hash, r0);
    CHECK_FAILS(pv_transcript_begin(&t, &scenario, "A", "server"), PV_ERR_OPTION, "A");
    CHECK_FAILS(pv_transcript_begin(&t, &scenario, "a", ""), PV_ERR_OPTION, "name");
}

/* Whatever differs between two frames, and their order, makes another transcript. */
static void test_everything_counts(void **state)
{
    (void)state;
    pv_transcript start, t[7];
    pv_hash scenario, p, q;
    CHECK_OK(pv_hash_of(&scenario, "scenario", 8));
    CHECK_OK(pv_hash_of(&p, "p", 1));
    CHECK_OK(pv_hash_of(&q, "q", 1));
    CHECK_OK(pv_transcript_begin(&start, &scenario, "a", "server"));
    for (int i = 0; i < 7; i++) t[i] = start;
    CHECK_OK(pv_transcript_add(&t[0], 1, 16, 5, &p));
    CHECK_OK(pv_transcript_add(&t[1], 2, 16, 5, &p));
    CHECK_OK(pv_transcript_add(&t[2], 1, 17, 5, &p));
    CHECK_OK(pv_transcript_add(&t[3], 1, 16, 6, &p));
    CHECK_OK(pv_transcript_add(&t[4], 1, 16, 5, &q));
    t[5].count = 1; /* as frame 2 */
    CHECK_OK(pv_transcript_add(&t[5], 1, 16, 5, &p));
    t[6] = t[0];
    CHECK_OK(pv_transcript_add(&t[6], 1, 16, 5, &p));
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < i; k++) assert_false(pv_hash_equal(&t[i].hash, &t[k].hash));
}

static pv_seal known_seal(void)
{
    pv_seal s = {.step = 7, .sent = {1, hash(t1)}, .received = {0, hash(r0)}};
    pv_hash half[2] = {hash(signature[0]), hash(signature[1])};
    memcpy(s.signature, half, sizeof half);
    return s;
}

static void test_known_seal(void **state)
{
    (void)state;
    uint8_t bytes[PV_SEAL_BYTES + 1] = {0};
    pv_seal s = known_seal(), back;
    pv_hash scenario, key = hash(key_text);
    CHECK_OK(pv_hash_of(&scenario, "scenario", 8));
    CHECK_OK(pv_seal_check(&s, key.byte, &scenario, "a", "server"));
    pv_seal_encode(bytes, &s);
    assert_memory_equal(bytes, "\7\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x58\xac", 18);
    assert_memory_equal(bytes + 48, "\0\0\0\0\0\0\0\0\xb4\x17", 10);
    assert_memory_equal(bytes + 88, "\x8b\xd3", 2);
    CHECK_OK(pv_seal_parse(&back, "seal", bytes, PV_SEAL_BYTES));
    assert_memory_equal(&back, &s, sizeof s);

    /* a bit anywhere */
    for (int i = 0; i < PV_SEAL_BYTES; i++) {
        bytes[i] ^= 0x10;
        CHECK_OK(pv_seal_parse(&back, "seal", bytes, PV_SEAL_BYTES));
        assert_int_equal(pv_seal_check(&back, key.byte, &scenario, "a", "server"), PV_ERR_AUTH);
        bytes[i] ^= 0x10;
    }
    CHECK_FAILS(pv_seal_check(&s, key.byte, &scenario, "server", "a"), PV_ERR_AUTH, "server");
    CHECK_FAILS(pv_seal_check(&s, key.byte, &scenario, "a", "b"), PV_ERR_AUTH, "does not hold");
    key.byte[0] ^= 1;
    assert_int_equal(pv_seal_check(&s, key.byte, &scenario, "a", "server"), PV_ERR_AUTH);
    key.byte[0] ^= 1;
    scenario.byte[31] ^= 1;
    assert_int_equal(pv_seal_check(&s, key.byte, &scenario, "a", "server"), PV_ERR_AUTH);

    for (size_t n = 0; n < PV_SEAL_BYTES; n++)
        assert_int_equal(pv_seal_parse(&back, "seal", bytes, n), PV_ERR_TRUNCATED);
    CHECK_FAILS(pv_seal_parse(&back, "seal from a", bytes, PV_SEAL_BYTES + 1), PV_ERR_FORMAT,
                "seal from a: at byte 152");
    assert_int_equal(back.sent.count, 0);
}

static void test_signing(void **state)
{
    (void)state;
    link_run l;
    link_init(&l, NULL);
    pv_seal s = known_seal(), again = s;
    CHECK_OK(pv_seal_sign(&s, l.end[A].identity, &l.scenario, "server"));
    CHECK_OK(pv_seal_sign(&again, l.end[A].identity, &l.scenario, "server"));
    assert_memory_equal(&s, &again, sizeof s); /* a journal may rely on it */
    CHECK_OK(pv_seal_check(&s, l.end[A].header.key, &l.scenario, "a", "server"));
    CHECK_FAILS(pv_seal_check(&s, l.end[SERVER].header.key, &l.scenario, "a", "server"),
                PV_ERR_AUTH, "a");
    CHECK_FAILS(pv_seal_sign(&s, l.end[A].identity, &l.scenario, "No name"), PV_ERR_OPTION, "No");
    link_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_transcript),
        cmocka_unit_test(test_everything_counts),
        cmocka_unit_test(test_known_seal),
        cmocka_unit_test(test_signing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
