/* Messages byte by byte: what is taken, and every way in which it is refused. */
#include "check.h"
#include "party.h"

typedef struct sample {
    int type, client;
    const pv_bytes *bytes;
} sample;

enum { SAMPLES = 5, HEADER = 44 };

static party p;

static void samples(sample *s)
{
    s[0] = (sample){PV_SECAGG_TYPE_KEYS, 1, &p.keys[1]};
    s[1] = (sample){PV_SECAGG_TYPE_SHARES, 1, &p.shares[1]};
    s[2] = (sample){PV_SECAGG_TYPE_DELIVERY, 1, &p.delivery[1]};
    s[3] = (sample){PV_SECAGG_TYPE_SURVIVORS, PV_SECAGG_ALL, &p.survivors};
    s[4] = (sample){PV_SECAGG_TYPE_ANSWER, 1, &p.answer[1]};
}

static int setup(void **state)
{
    (void)state;
    uint64_t sum[LENGTH];
    CHECK_OK(party_init(&p, 4, 3, 0x0102030405060708));
    CHECK_OK(party_run(&p, (attendance){0xF, 0xF, 0xE, 0xE}, sum));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    party_clear(&p);
    return 0;
}

static void layout(void **state)
{
    (void)state;
    pv_secagg_message m;
    const uint8_t *k = p.keys[1].data;
    static const uint8_t round[] = {8, 7, 6, 5, 4, 3, 2, 1}, sizes[] = {4, 0, 3, 0, LENGTH, 0};
    assert_true(k[0] == 1 && k[1] == 1);
    assert_memory_equal(k + 2, p.params.run, 32);
    assert_memory_equal(k + 34, round, sizeof round);
    assert_true(k[42] == 1 && k[43] == 0);
    assert_memory_equal(k + HEADER, sizes, sizeof sizes);
    CHECK_OK(pv_secagg_decode(&m, &p.params, PV_SECAGG_TYPE_KEYS, 1, k, p.keys[1].size));
    assert_true(m.channel_key == k + 56 && m.mask_key == k + 88 && m.count == 0);

    CHECK_OK(pv_secagg_decode(&m, &p.params, PV_SECAGG_TYPE_SHARES, 1, p.shares[1].data,
                              p.shares[1].size));
    assert_true(m.commitment == p.shares[1].data + HEADER && m.count == 3);
    assert_int_equal(pv_secagg_entry_client(&m, 0), 0);
    assert_int_equal(pv_secagg_entry_client(&m, 2), 3);
    assert_true(pv_secagg_entry(&m, 1) == p.shares[1].data + 78 + 106 + 2);

    CHECK_OK(pv_secagg_decode(&m, &p.params, PV_SECAGG_TYPE_SURVIVORS, PV_SECAGG_ALL,
                              p.survivors.data, p.survivors.size));
    assert_int_equal(m.count, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(pv_secagg_entry_client(&m, i), i + 1);

    CHECK_OK(pv_secagg_decode(&m, &p.params, PV_SECAGG_TYPE_ANSWER, 1, p.answer[1].data,
                              p.answer[1].size));
    assert_int_equal(m.count, 4);
    assert_int_equal(*pv_secagg_entry(&m, 0), PV_SECAGG_OF_MASK_KEY); /* 0 dropped out */
    assert_int_equal(*pv_secagg_entry(&m, 1), PV_SECAGG_OF_SEED);
}

static pv_status decode(const sample *s, const uint8_t *bytes, size_t size)
{
    pv_secagg_message m;
    pv_status status = pv_secagg_decode(&m, &p.params, s->type, s->client, bytes, size);
    if (status != PV_OK) assert_true(m.entry == NULL && m.mask_key == NULL && m.count == 0);
    return status;
}

static void malformed(void **state)
{
    (void)state;
    sample s[SAMPLES];
    static uint8_t bytes[2000], exact[2000];
    samples(s);
    for (int i = 0; i < SAMPLES; i++) {
        size_t size = s[i].bytes->size;
        assert_true(size + 1 <= sizeof bytes);
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, s[i].bytes->data, size);
        CHECK_OK(decode(&s[i], bytes, size));
        for (size_t n = 0; n < size; n++) {
            memcpy(exact + sizeof exact - n, bytes, n); /* so that reading on is out of bounds */
            CHECK_FAILS(decode(&s[i], exact + sizeof exact - n, n), PV_ERR_TRUNCATED, "secagg ");
        }
        CHECK_FAILS(decode(&s[i], bytes, size + 1), PV_ERR_FORMAT, "1 bytes more than expected");
        bytes[0] = 99;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_FORMAT, "and 99 found");
        bytes[0] = (uint8_t)s[i].type;
        bytes[1] = 2;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_VERSION, "only version 1 is understood");
        bytes[1] = 0;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_FORMAT, "there is no version 0");
        bytes[1] = 1;
        bytes[33] ^= 1;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_MISMATCH, "it belongs to another run");
        bytes[33] ^= 1;
        bytes[34] = 9;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_MISMATCH,
                    "it is of round 72623859790382857, expected 72623859790382856");
        bytes[34] = 8;
        bytes[42] = 3;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_MISMATCH, "expected");
    }
}

static void sizes(void **state)
{
    (void)state;
    uint8_t k[120];
    pv_secagg_message m;
    static const int fields[] = {44, 46, 48, 55};
    for (int i = 0; i < 4; i++) {
        memcpy(k, p.keys[1].data, sizeof k);
        k[fields[i]]++;
        CHECK_FAILS(pv_secagg_decode(&m, &p.params, PV_SECAGG_TYPE_KEYS, 1, k, sizeof k),
                    PV_ERR_MISMATCH, "expected 4 clients, threshold 3, vectors of 37");
    }
}

static void lists(void **state)
{
    (void)state;
    sample s[SAMPLES];
    static const size_t stride[] = {0, 106, 106, 2, 35}, begin[] = {0, 78, 46, 46, 46};
    static uint8_t bytes[2000];
    samples(s);
    for (int i = 1; i < SAMPLES; i++) {
        size_t size = s[i].bytes->size, first = begin[i], second = first + stride[i];
        memcpy(bytes, s[i].bytes->data, size);
        bytes[first - 2] = 5;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_LIMIT,
                    "number of entries is 5, at most 4 is allowed");
        bytes[first - 1] = 0xFF;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_LIMIT, "number of entries is 65285");
        memcpy(bytes, s[i].bytes->data, size);
        bytes[first] = bytes[second];
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_FORMAT, "clients are in ascending order");
        memcpy(bytes, s[i].bytes->data, size);
        bytes[second] = 4;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_FORMAT, "names client 4");
        bytes[second + 1] = 1;
        CHECK_FAILS(decode(&s[i], bytes, size), PV_ERR_FORMAT, "names client 260");
    }
    memcpy(bytes, p.answer[1].data, p.answer[1].size);
    bytes[46 + 35 + 2] = 2;
    CHECK_FAILS(decode(&s[4], bytes, p.answer[1].size), PV_ERR_FORMAT,
                "entry 1 is a share of kind 2, expected 0 or 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout),
        cmocka_unit_test(malformed),
        cmocka_unit_test(sizes),
        cmocka_unit_test(lists),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
