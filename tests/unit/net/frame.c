#include "check.h"

#include "net/frame.h"

static const pv_message_type types[] = {
    {PV_TYPE_FIRST, "model", "weights f32", 1000, {PV_RETAIN_FULL, 0}},
    {PV_TYPE_FIRST + 4, "update", "weights f32", 0, {PV_RETAIN_FULL, 0}},
};

static pv_status parse(pv_frame_header *h, const uint8_t *in)
{
    return pv_frame_parse(h, "hospital-a", in);
}

/* docs/wire.md shows these bytes. */
static void known_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[PV_FRAME_HEADER] = {'P', 'V', 'F', 'R', 1, 0,  0x10, 0, 12, 0, 0,
                                                      0,   0,   0,   0,   0, 40, 1,    0, 0,  0, 0,
                                                      0,   0,   0,   1,   0, 0,  0,    0, 0,  0};
    uint8_t out[PV_FRAME_HEADER];
    pv_frame_header h = {.type = 16, .step = 12, .number = 296, .size = 256}, back;
    pv_frame_encode(out, &h);
    assert_memory_equal(out, expected, sizeof expected);
    CHECK_OK(parse(&back, out));
    assert_int_equal(back.type, 16);
    assert_int_equal(back.step, 12);
    assert_int_equal(back.number, 296);
    assert_int_equal(back.size, 256);
}

static void every_field(void **state)
{
    (void)state;
    uint8_t out[PV_FRAME_HEADER];
    pv_frame_header back,
        h = {.type = 0x7ffe, .step = UINT64_MAX, .number = UINT64_MAX - 1, .size = 1ull << 40};
    pv_frame_encode(out, &h);
    CHECK_OK(parse(&back, out));
    assert_int_equal(back.type, h.type);
    assert_true(back.step == h.step && back.number == h.number && back.size == h.size);
}

static void refusals(void **state)
{
    (void)state;
    uint8_t out[PV_FRAME_HEADER];
    pv_frame_header back, h = {.type = PV_TYPE_FIRST, .step = 1, .number = 1};
    for (int i = 0; i < 4; i++) {
        pv_frame_encode(out, &h);
        out[i] ^= 1;
        CHECK_FAILS(parse(&back, out), PV_ERR_FORMAT, "hospital-a: ");
        assert_int_equal(back.type, 0);
    }
    pv_frame_encode(out, &h);
    out[4] = 2;
    CHECK_FAILS(parse(&back, out), PV_ERR_VERSION, "frames of version 2, version 1 is spoken here");
    out[4] = 1;
    out[5] = 0x80;
    CHECK_FAILS(parse(&back, out), PV_ERR_FORMAT, "unknown flags 0x80");
    h.number = 0;
    pv_frame_encode(out, &h);
    CHECK_FAILS(parse(&back, out), PV_ERR_FORMAT, "a frame of type 16 can't have number 0");
    h = (pv_frame_header){.type = PV_TYPE_PING, .number = 3};
    pv_frame_encode(out, &h);
    CHECK_FAILS(parse(&back, out), PV_ERR_FORMAT, "a frame of type 6 can't have number 3");
    h = (pv_frame_header){.type = PV_TYPE_BYE, .step = 3};
    pv_frame_encode(out, &h);
    CHECK_FAILS(parse(&back, out), PV_ERR_FORMAT, "a frame of type 7");
}

static pv_status allow(uint16_t type, uint64_t size, int trusted, int dialled)
{
    pv_frame_header h = {.type = type, .size = size, .number = 1};
    return pv_frame_allow(&h, "1.2.3.4:5", trusted, dialled, types, 2);
}

static void strangers(void **state)
{
    (void)state;
    CHECK_OK(allow(PV_TYPE_HELLO, PV_HELLO_MAX, 0, 0));
    CHECK_FAILS(allow(PV_TYPE_HELLO, PV_HELLO_MAX + 1, 0, 0), PV_ERR_LIMIT,
                "1.2.3.4:5: a frame 'hello' announces 270337 bytes, at most 270336 are taken");
    CHECK_FAILS(allow(PV_TYPE_HELLO, UINT64_MAX, 0, 0), PV_ERR_LIMIT, "announces");
    CHECK_FAILS(allow(PV_TYPE_HELLO, 1, 0, 1), PV_ERR_PEER, "where a welcome was expected");
    CHECK_OK(allow(PV_TYPE_WELCOME, 1, 0, 1));
    CHECK_OK(allow(PV_TYPE_REFUSE, PV_REFUSE_MAX, 0, 1));
    CHECK_FAILS(allow(PV_TYPE_REFUSE, PV_REFUSE_MAX + 1, 0, 1), PV_ERR_LIMIT, "a frame 'refuse'");
    CHECK_FAILS(allow(PV_TYPE_WELCOME, 1, 0, 0), PV_ERR_PEER, "where a hello was expected");
    CHECK_FAILS(allow(PV_TYPE_REFUSE, 1, 0, 0), PV_ERR_PEER, "where a hello was expected");
    CHECK_FAILS(allow(PV_TYPE_FIRST, 1, 0, 0), PV_ERR_PEER, "where a hello was expected");
    CHECK_FAILS(allow(PV_TYPE_SEAL, PV_SEAL_BYTES, 0, 1), PV_ERR_PEER, "a welcome was expected");
}

static void peers(void **state)
{
    (void)state;
    for (int dialled = 0; dialled < 2; dialled++) {
        CHECK_OK(allow(PV_TYPE_FIRST, 1000, 1, dialled));
        CHECK_OK(allow(PV_TYPE_FIRST + 4, 0, 1, dialled));
        CHECK_FAILS(allow(PV_TYPE_FIRST, 1001, 1, dialled), PV_ERR_LIMIT,
                    "a frame 'model' announces 1001 bytes, at most 1000 are taken");
        CHECK_FAILS(allow(PV_TYPE_FIRST + 4, 1, 1, dialled), PV_ERR_LIMIT, "a frame 'update'");
        CHECK_FAILS(allow(PV_TYPE_FIRST + 1, 1, 1, dialled), PV_ERR_PEER,
                    "which this scheme does not have");
        CHECK_FAILS(allow(0, 0, 1, dialled), PV_ERR_PEER, "type 0");
        CHECK_FAILS(allow(0xffff, 0, 1, dialled), PV_ERR_PEER, "type 65535");
        CHECK_FAILS(allow(PV_TYPE_DECISION, 8, 1, dialled), PV_ERR_PEER, "type 2");
        CHECK_FAILS(allow(PV_TYPE_HELLO, 8, 1, dialled), PV_ERR_PEER, "type 3");
        CHECK_OK(allow(PV_TYPE_SEAL, PV_SEAL_BYTES, 1, dialled));
        CHECK_FAILS(allow(PV_TYPE_SEAL, PV_SEAL_BYTES - 1, 1, dialled), PV_ERR_PEER,
                    "a frame 'seal'");
        CHECK_OK(allow(PV_TYPE_PING, 0, 1, dialled));
        CHECK_FAILS(allow(PV_TYPE_PING, 1, 1, dialled), PV_ERR_PEER, "a frame 'ping'");
        CHECK_OK(allow(PV_TYPE_BYE, PV_BYE_BYTES, 1, dialled));
        CHECK_FAILS(allow(PV_TYPE_BYE, 0, 1, dialled), PV_ERR_PEER, "a frame 'bye' of 0 bytes");
        CHECK_OK(allow(PV_TYPE_REFUSE, 10, 1, dialled));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes), cmocka_unit_test(every_field), cmocka_unit_test(refusals),
        cmocka_unit_test(strangers),   cmocka_unit_test(peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
