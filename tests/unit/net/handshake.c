#include "check.h"

#include "net/agreement.h"
#include "net/handshake.h"

static const uint8_t certificate[] = {0x30, 0x01, 0x02, 0x03};

static pv_hello example(void)
{
    return (pv_hello){.name = "a",
                      .role = "client",
                      .scheme = "federated",
                      .certificate = certificate,
                      .certificate_size = sizeof certificate,
                      .agreement = "[scenario]\nrounds = 10\n",
                      .clock = 1800000000000,
                      .need = 5,
                      .from = 3,
                      .last = 9};
}

static void round_trip(void **state)
{
    (void)state;
    pv_hello h = example(), back;
    pv_bytes b;
    CHECK_OK(pv_hello_encode(&b, &h));
    assert_int_equal(b.size, 2 + 4 + 1 + 4 + 6 + 4 + 9 + 4 + 4 + 4 + 23 + 32);
    assert_int_equal(b.data[0], PV_PROTOCOL_VERSION);
    CHECK_OK(pv_hello_parse(&back, "a", b.data, b.size));
    assert_string_equal(back.name, "a");
    assert_string_equal(back.role, "client");
    assert_string_equal(back.scheme, "federated");
    assert_string_equal(back.agreement, h.agreement);
    assert_int_equal(back.certificate_size, sizeof certificate);
    assert_memory_equal(back.certificate, certificate, sizeof certificate);
    assert_true(back.clock == h.clock && back.need == 5 && back.from == 3 && back.last == 9);
    pv_hello_clear(&back);
    pv_hello_clear(&back);
    pv_bytes_clear(&b);
}

/* docs/wire.md shows these bytes. */
static void known_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x61, 0x06, 0x00, 0x00, 0x00, 0x63, 0x6c, 0x69,
        0x65, 0x6e, 0x74, 0x09, 0x00, 0x00, 0x00, 0x66, 0x65, 0x64, 0x65, 0x72, 0x61, 0x74,
        0x65, 0x64, 0x04, 0x00, 0x00, 0x00, 0x30, 0x01, 0x02, 0x03, 0x17, 0x00, 0x00, 0x00,
        0x5b, 0x73, 0x63, 0x65, 0x6e, 0x61, 0x72, 0x69, 0x6f, 0x5d, 0x0a, 0x72, 0x6f, 0x75,
        0x6e, 0x64, 0x73, 0x20, 0x3d, 0x20, 0x31, 0x30, 0x0a, 0x00, 0x50, 0x5c, 0x18, 0xa3,
        0x01, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    };
    pv_hello h = example();
    pv_bytes b;
    CHECK_OK(pv_hello_encode(&b, &h));
    assert_int_equal(b.size, sizeof expected);
    assert_memory_equal(b.data, expected, sizeof expected);
    pv_bytes_clear(&b);
}

static void malformed(void **state)
{
    (void)state;
    pv_hello h = example(), back;
    pv_bytes b;
    CHECK_OK(pv_hello_encode(&b, &h));
    for (size_t n = 0; n < b.size; n++) {
        assert_int_not_equal(pv_hello_parse(&back, "a", b.data, n), PV_OK);
        assert_null(back.agreement);
    }
    uint8_t *more = pv_calloc(b.size + 1, 1);
    memcpy(more, b.data, b.size);
    CHECK_FAILS(pv_hello_parse(&back, "a", more, b.size + 1), PV_ERR_FORMAT, "a: at byte");
    more[0] = 2;
    CHECK_FAILS(pv_hello_parse(&back, "a", more, b.size), PV_ERR_VERSION,
                "it speaks version 2 of the protocol, version 1 is spoken here");
    more[0] = 1;
    more[b.size - 24] = 0; /* need */
    CHECK_FAILS(pv_hello_parse(&back, "a", more, b.size), PV_ERR_FORMAT, "begin at 1");
    memcpy(more, b.data, b.size);
    more[2 + 4] = 0; /* a NUL in the name */
    CHECK_FAILS(pv_hello_parse(&back, "a", more, b.size), PV_ERR_FORMAT, "name");
    memcpy(more, b.data, b.size);
    memset(more + 2, 0xff, 4); /* its length */
    CHECK_FAILS(pv_hello_parse(&back, "a", more, b.size), PV_ERR_LIMIT, "name");
    pv_free(more);
    pv_bytes_clear(&b);

    char *large = pv_alloc(PV_AGREEMENT_MAX + 2, 1);
    memset(large, 'x', PV_AGREEMENT_MAX + 1);
    large[PV_AGREEMENT_MAX + 1] = '\0';
    h.agreement = large;
    CHECK_OK(pv_hello_encode(&b, &h));
    CHECK_FAILS(pv_hello_parse(&back, "a", b.data, b.size), PV_ERR_LIMIT, "agreement");
    pv_bytes_clear(&b);
    large[PV_AGREEMENT_MAX] = '\0';
    CHECK_OK(pv_hello_encode(&b, &h));
    CHECK_OK(pv_hello_parse(&back, "a", b.data, b.size));
    pv_hello_clear(&back);
    pv_bytes_clear(&b);
    pv_free(large);
}

static void exhausted(void **state)
{
    (void)state;
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_hello h = example(), back;
        pv_bytes b = {0};
        status = pv_hello_encode(&b, &h);
        if (status == PV_OK) {
            status = pv_hello_parse(&back, "a", b.data, b.size);
            pv_hello_clear(&back);
        }
        pv_bytes_clear(&b);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str theirs = {0};
        pv_hello h = example(), other = example();
        other.agreement = "[scenario]\nrounds = 20\n";
        status = pv_handshake_fits(&theirs, &h, &other);
        if (status == PV_ERR_MISMATCH) status = PV_OK;
        pv_str_clear(&theirs);
    }
}

static void refuse(void **state)
{
    (void)state;
    pv_bytes b;
    pv_refusal reason;
    char text[PV_REFUSE_MAX], longer[3000];
    CHECK_OK(pv_refuse_encode(&b, PV_REFUSE_MISMATCH, "line 3\x1b[31m differs\n"));
    CHECK_OK(pv_refuse_parse(&reason, text, "server", b.data, b.size));
    assert_int_equal(reason, PV_REFUSE_MISMATCH);
    assert_string_equal(text, "line 3?[31m differs?"); /* nothing that a terminal would obey */
    b.data[0] = 9;
    CHECK_FAILS(pv_refuse_parse(&reason, text, "server", b.data, b.size), PV_ERR_FORMAT,
                "unknown reason 9");
    CHECK_FAILS(pv_refuse_parse(&reason, text, "server", b.data, 1), PV_ERR_TRUNCATED, "reason");
    pv_bytes_clear(&b);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    CHECK_OK(pv_refuse_encode(&b, PV_REFUSE_AUTH, longer));
    assert_true(b.size <= PV_REFUSE_MAX);
    CHECK_OK(pv_refuse_parse(&reason, text, "server", b.data, b.size));
    pv_bytes_clear(&b);
    CHECK_FAILS(pv_refuse_parse(&reason, text, "server", longer, PV_REFUSE_MAX), PV_ERR_LIMIT,
                "text");
    assert_int_equal(pv_refusal_status(PV_REFUSE_AUTH), PV_ERR_AUTH);
    assert_int_equal(pv_refusal_status(PV_REFUSE_DROPPED), PV_ERR_AUTH);
    assert_int_equal(pv_refusal_status(PV_REFUSE_MISMATCH), PV_ERR_MISMATCH);
    assert_int_equal(pv_refusal_status(PV_REFUSE_PROTOCOL), PV_ERR_PEER);
}

static void fits_one(uint64_t need, uint64_t from, uint64_t last, const char *why)
{
    pv_str theirs = {0};
    pv_hello here = example(), there = example();
    memcpy(there.name, "server", 7);
    there.need = need;
    there.from = from;
    there.last = last;
    if (why == NULL)
        CHECK_OK(pv_handshake_fits(&theirs, &here, &there));
    else
        CHECK_FAILS(pv_handshake_fits(&theirs, &here, &there), PV_ERR_MISMATCH, why);
    assert_int_equal(theirs.size > 0, why != NULL);
    pv_str_clear(&theirs);
}

static void fits(void **state)
{
    (void)state;
    /* here: needs 5, can send 3 to 9 */
    fits_one(3, 1, 4, NULL);
    fits_one(10, 5, 5, NULL);
    fits_one(10, 5, 100, NULL);
    fits_one(2, 1, 4,
             "a and server: journals do not fit: server needs frame 2 of a next, which has "
             "3 to 9; was an older copy of a run's folder put back?");
    fits_one(11, 1, 4, "journals do not fit: server needs frame 11 of a next, which has 3 to 9");
    fits_one(3, 6, 9, "journals do not fit: a needs frame 5 of server next, which has 6 to 9");
    fits_one(3, 1, 3, "journals do not fit: a needs frame 5 of server next, which has 1 to 3");
}

static void scenarios(void **state)
{
    (void)state;
    pv_str theirs = {0};
    pv_hello here = example(), there = example();
    there.agreement = "[scenario]\nrounds = 20\n";
    CHECK_FAILS(pv_handshake_fits(&theirs, &here, &there), PV_ERR_MISMATCH,
                "the scenarios are not the same: line 2 differs: 'rounds = 10' here, 'rounds = 20' "
                "there");
    assert_string_equal(pv_str_text(&theirs),
                        "the scenarios are not the same: line 2 differs: 'rounds = 20' here, "
                        "'rounds = 10' there");
    pv_str_clear(&theirs);
    memcpy(there.scheme, "plain", 6);
    CHECK_FAILS(pv_handshake_fits(&theirs, &here, &there), PV_ERR_MISMATCH,
                "scheme 'federated' here, 'plain' there");
    pv_str_clear(&theirs);
}

static void differs(const char *here, const char *there, const char *text)
{
    pv_str s = {0};
    CHECK_OK(pv_agreement_difference(&s, here, there));
    assert_string_equal(pv_str_text(&s), text);
    pv_str_clear(&s);
}

static void differences(void **state)
{
    (void)state;
    differs("", "", "");
    differs("a\nb\n", "a\nb\n", "");
    differs("a\nb\n", "a\nc\n", "line 2 differs: 'b' here, 'c' there");
    differs("a\nb\n", "a\n", "line 2 is missing there: 'b' here");
    differs("a\n", "a\nb\n", "line 2 is missing here: 'b' there");
    differs("", "x", "line 1 is missing here: 'x' there");
    differs("a", "a\n", "line 1 ends with a line break only there");
    differs("a\n", "a", "line 1 ends with a line break only here");
    differs("a\n\nb", "a\nb", "line 2 differs: '' here, 'b' there");
    differs("ab\n", "a\n", "line 1 differs: 'ab' here, 'a' there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(known_bytes), cmocka_unit_test(malformed),
        cmocka_unit_test(exhausted),  cmocka_unit_test(refuse),      cmocka_unit_test(fits),
        cmocka_unit_test(scenarios),  cmocka_unit_test(differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
