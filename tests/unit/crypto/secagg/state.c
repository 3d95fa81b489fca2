/* A client's state, saved after every call and loaded again: the round ends with the same bytes.
 * What is not a state is refused, and what is no longer needed is no longer in it. */
#include "check.h"
#include "crypto/secagg/client_i.h"
#include "party.h"

static pv_bytes save(const pv_secagg_client *c)
{
    pv_bytes out;
    pv_writer w = pv_writer_make("state", 100000);
    pv_secagg_client_save(c, &w);
    pv_writer_u8(&w, 0xEE); /* what comes after is left alone */
    CHECK_OK(pv_writer_take(&w, &out));
    return out;
}

static pv_status load(pv_secagg_client **c, const party *p, int self, const pv_bytes *bytes)
{
    pv_reader r = pv_reader_make("state", bytes->data, bytes->size);
    pv_status status = pv_secagg_client_load(c, &p->params, self, &r);
    if (status == PV_OK) assert_int_equal(pv_reader_left(&r), 1);
    assert_int_equal(status == PV_OK, *c != NULL);
    return status;
}

static void reload(party *p)
{
    for (int i = 0; i < p->params.n; i++) {
        pv_bytes bytes = save(p->client[i]);
        pv_secagg_client_free(p->client[i]);
        CHECK_OK(load(&p->client[i], p, i, &bytes));
        pv_bytes again = save(p->client[i]);
        assert_int_equal(again.size, bytes.size);
        assert_memory_equal(again.data, bytes.data, bytes.size);
        pv_bytes_clear(&bytes);
        pv_bytes_clear(&again);
    }
}

static void whole_round(void **state)
{
    (void)state;
    party a, b;
    uint64_t sum[LENGTH], expected[LENGTH];
    CHECK_OK(party_init(&a, 4, 3, 3));
    CHECK_OK(party_init(&b, 4, 3, 3));
    CHECK_OK(party_run(&a, (attendance){0xF, 0xF, 0x7, 0x7}, expected));
    reload(&b);
    CHECK_OK(party_keys(&b, 0xF));
    reload(&b);
    CHECK_OK(party_shares(&b, 0xF));
    reload(&b);
    CHECK_OK(party_vectors(&b, 0x7));
    reload(&b);
    CHECK_OK(party_answers(&b, 0x7));
    reload(&b);
    CHECK_OK(pv_secagg_server_sum(b.server, sum, LENGTH));
    assert_memory_equal(sum, expected, sizeof sum);
    for (int i = 0; i < 3; i++)
        assert_memory_equal(a.answer[i].data, b.answer[i].data, a.answer[i].size);
    /* a client that has answered has answered, whatever it was loaded from */
    pv_bytes none;
    CHECK_FAILS(pv_secagg_client_unmask(b.client[0], b.survivors.data, b.survivors.size, &none),
                PV_ERR_PEER, "a second time");
    party_clear(&a);
    party_clear(&b);
}

static int all_zero(const uint8_t *p, size_t n)
{
    int sum = 0;
    for (size_t i = 0; i < n; i++) sum |= p[i];
    return sum == 0;
}

static void wiped(void **state)
{
    (void)state;
    party p;
    CHECK_OK(party_init(&p, 3, 2, 3));
    const pv_secagg_client *c = p.client[0];
    CHECK_OK(party_keys(&p, 7));
    assert_true(!all_zero(c->channel_secret, 32) && !all_zero(c->mask_secret, 32));
    CHECK_OK(party_shares(&p, 7));
    assert_true(all_zero(c->channel_secret, 32));
    assert_true(!all_zero(c->mask_secret, 32) && !all_zero(c->seed, 32));
    CHECK_OK(party_vectors(&p, 7));
    assert_true(all_zero(c->mask_secret, 32) && all_zero(c->seed, 32));
    for (int i = 0; i < 3; i++) assert_true(!all_zero(c->peer[i].share, 64));
    CHECK_OK(party_answers(&p, 7));
    for (int i = 0; i < 3; i++) assert_true(all_zero(c->peer[i].share, 64));
    party_clear(&p);
}

static void refused(void **state)
{
    (void)state;
    enum { PHASE = 44 + 12, FLAGS = PHASE + 1 + 96 };
    party p, q;
    pv_secagg_client *c;
    CHECK_OK(party_init(&p, 3, 2, 3));
    CHECK_OK(party_init(&q, 3, 3, 3)); /* another threshold */
    CHECK_OK(party_keys(&p, 7));
    pv_bytes s = save(p.client[1]);
    for (size_t n = 0; n + 1 < s.size; n++) {
        const pv_bytes cut = {s.data, n};
        CHECK_FAILS(load(&c, &p, 1, &cut), PV_ERR_TRUNCATED, "state");
    }
    CHECK_FAILS(load(&c, &p, 2, &s), PV_ERR_MISMATCH, "it names client 1, expected 2");
    CHECK_FAILS(load(&c, &q, 1, &s), PV_ERR_MISMATCH, "expected 3 clients, threshold 3");
    s.data[PHASE] = 6;
    CHECK_FAILS(load(&c, &p, 1, &s), PV_ERR_LIMIT, "phase is 6, at most 5");
    static const uint8_t wrong[] = {PV_SECAGG_NEW, PV_SECAGG_SHARED, PV_SECAGG_READY,
                                    PV_SECAGG_HAS_MASKED, PV_SECAGG_ANSWERED};
    for (size_t i = 0; i < sizeof wrong; i++) {
        s.data[PHASE] = wrong[i];
        CHECK_FAILS(load(&c, &p, 1, &s), PV_ERR_FORMAT, "with 3 keys and 0 shares");
    }
    s.data[PHASE] = PV_SECAGG_ADVERTISED;
    s.data[FLAGS] = 2;
    CHECK_FAILS(load(&c, &p, 1, &s), PV_ERR_FORMAT, "flags 2, expected 0, 1 or 3");
    s.data[FLAGS] = 4;
    CHECK_FAILS(load(&c, &p, 1, &s), PV_ERR_FORMAT, "flags 4, expected 0, 1 or 3");
    s.data[FLAGS] = 1;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = load(&c, &p, 1, &s);
        pv_secagg_client_free(c);
    }
    pv_bytes_clear(&s);
    party_clear(&p);
    party_clear(&q);
}

/* A call that runs out of memory changes nothing: repeated, with the same draws, it succeeds. */
static void out_of_memory(void **state)
{
    (void)state;
    party p;
    CHECK_OK(party_init(&p, 3, 2, 12));
    CHECK_OK(party_keys(&p, 7));
    pv_bytes before = save(p.client[0]), shares;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_csprng r = p.random[0];
        status = pv_secagg_client_share(p.client[0], &r, &shares);
        pv_mem_fail_after(SIZE_MAX);
        if (status != PV_OK) {
            pv_bytes after = save(p.client[0]);
            assert_true(shares.data == NULL);
            assert_memory_equal(after.data, before.data, before.size);
            pv_bytes_clear(&after);
        }
    }
    pv_bytes_clear(&shares);
    pv_bytes_clear(&before);
    party_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_round),
        cmocka_unit_test(wiped),
        cmocka_unit_test(refused),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
