/* What a server, a client or the network may try that is not the protocol: each is refused, with
 * the reason, and what follows the protocol goes on. */
#include "check.h"
#include "party.h"

enum { N = 5, T = 3, ALL = 0x1F };

static pv_bytes survivors(const party *p, unsigned set)
{
    pv_bytes out;
    pv_writer w = pv_writer_make("survivors", 1000);
    pv_secagg_write_header(&w, &p->params, PV_SECAGG_TYPE_SURVIVORS, PV_SECAGG_ALL);
    pv_writer_u16le(&w, (uint16_t)__builtin_popcount(set));
    for (int i = 0; i < 16; i++)
        if (in(set, i)) pv_writer_u16le(&w, (uint16_t)i);
    CHECK_OK(pv_writer_take(&w, &out));
    return out;
}

static pv_status ask(party *p, int client, unsigned set)
{
    pv_bytes answer, question = survivors(p, set);
    pv_status status =
        pv_secagg_client_unmask(p->client[client], question.data, question.size, &answer);
    pv_bytes_clear(&answer);
    pv_bytes_clear(&question);
    return status;
}

/* All have masked; client 4 has not shared. */
static void prepare(party *p)
{
    CHECK_OK(party_init(p, N, T, 21));
    CHECK_OK(party_keys(p, ALL));
    CHECK_OK(party_shares(p, 0x0F));
}

static void list_of_survivors(void **state)
{
    (void)state;
    party p;
    prepare(&p);
    CHECK_FAILS(ask(&p, 0, 0x0F), PV_ERR_PEER, "the list of survivors came too early");
    CHECK_OK(party_vectors(&p, 0x0F));
    CHECK_FAILS(ask(&p, 0, 0x1F), PV_ERR_PEER,
                "the server names client 4 a survivor, which has not shared");
    CHECK_FAILS(ask(&p, 0, 0x0E), PV_ERR_PEER, "it is not among the survivors");
    CHECK_FAILS(ask(&p, 0, 0x03), PV_ERR_PEER,
                "the server names 2 survivors, at least 3 are needed");
    CHECK_FAILS(ask(&p, 0, 0), PV_ERR_PEER, "it is not among the survivors");
    CHECK_FAILS(ask(&p, 0, 0x2F), PV_ERR_FORMAT, "entry 4 names client 5");
    CHECK_OK(ask(&p, 0, 0x0F));
    party_clear(&p);
}

/* Both kinds of share for one client: the server asks once with it among the survivors and once
 * without. The second list, shrunk or the same, is refused: nothing is left to answer with. */
static void both_shares(void **state)
{
    (void)state;
    party p;
    prepare(&p);
    CHECK_OK(party_vectors(&p, 0x0F));
    CHECK_OK(ask(&p, 0, 0x0F));
    CHECK_FAILS(ask(&p, 0, 0x07), PV_ERR_PEER,
                "the list of survivors came a second time, or too late; a round takes each once");
    CHECK_FAILS(ask(&p, 0, 0x0F), PV_ERR_PEER, "a second time");
    party_clear(&p);
}

/* The same client named twice in one list has no encoding that is accepted. */
static void named_twice(void **state)
{
    (void)state;
    party p;
    pv_bytes answer;
    prepare(&p);
    CHECK_OK(party_vectors(&p, 0x0F));
    pv_bytes list = survivors(&p, 0x0F);
    list.data[list.size - 2] = 2; /* 0 1 2 2 */
    CHECK_FAILS(pv_secagg_client_unmask(p.client[0], list.data, list.size, &answer), PV_ERR_FORMAT,
                "entry 3 names client 2: clients are in ascending order");
    pv_bytes_clear(&list);
    party_clear(&p);
}

static void two_vectors(void **state)
{
    (void)state;
    party p;
    uint64_t x[LENGTH] = {0}, zero[LENGTH] = {0};
    prepare(&p);
    CHECK_FAILS(pv_secagg_client_mask(p.client[0], x, LENGTH - 1), PV_ERR_SHAPE,
                "a vector of 36 values, expected 37");
    CHECK_FAILS(pv_secagg_client_mask(p.client[4], x, LENGTH), PV_ERR_USAGE,
                "masking a vector comes too early");
    CHECK_OK(party_vectors(&p, 0x0F));
    CHECK_FAILS(pv_secagg_client_mask(p.client[0], x, LENGTH), PV_ERR_USAGE,
                "masking a vector was done already");
    assert_memory_equal(x, zero, sizeof x);
    party_clear(&p);
}

static void keys(void **state)
{
    (void)state;
    party p, q;
    CHECK_OK(party_init(&p, N, T, 5));
    CHECK_OK(party_init(&q, N, T, 6)); /* another round */
    pv_bytes none;
    CHECK_FAILS(pv_secagg_client_share(p.client[0], &p.random[0], &none), PV_ERR_USAGE,
                "sharing secrets comes too early");
    for (int i = 0; i < N; i++) {
        CHECK_OK(pv_secagg_client_advertise(p.client[i], &p.random[i], &p.keys[i]));
        CHECK_OK(pv_secagg_client_advertise(q.client[i], &q.random[i], &q.keys[i]));
    }
    CHECK_FAILS(pv_secagg_client_advertise(p.client[0], &p.random[0], &none), PV_ERR_USAGE,
                "advertising keys was done already");
    pv_secagg_client *c = p.client[0];
    CHECK_FAILS(pv_secagg_client_peer(c, 1, q.keys[1].data, q.keys[1].size), PV_ERR_MISMATCH,
                "it is of round 6, expected 5");
    CHECK_FAILS(pv_secagg_client_peer(c, 1, p.keys[2].data, p.keys[2].size), PV_ERR_MISMATCH,
                "it names client 2, expected 1");
    CHECK_FAILS(pv_secagg_client_peer(c, 0, p.keys[0].data, p.keys[0].size), PV_ERR_USAGE,
                "expected another one");
    CHECK_FAILS(pv_secagg_client_peer(c, 5, p.keys[0].data, p.keys[0].size), PV_ERR_USAGE,
                "keys of client 5");
    CHECK_OK(pv_secagg_client_peer(c, 1, p.keys[1].data, p.keys[1].size));
    CHECK_FAILS(pv_secagg_client_peer(c, 1, p.keys[1].data, p.keys[1].size), PV_ERR_PEER,
                "client 1 has sent keys twice");
    memset(p.keys[2].data + 120 - 32, 0, 32);
    CHECK_FAILS(pv_secagg_client_peer(c, 2, p.keys[2].data, p.keys[2].size), PV_ERR_PEER,
                "a key of client 2 has a small order");
    CHECK_FAILS(pv_secagg_server_keys(p.server, 2, p.keys[2].data, p.keys[2].size), PV_ERR_PEER,
                "a key of client 2 has a small order");
    CHECK_OK(pv_secagg_server_keys(p.server, 1, p.keys[1].data, p.keys[1].size));
    CHECK_FAILS(pv_secagg_server_keys(p.server, 1, p.keys[1].data, p.keys[1].size), PV_ERR_PEER,
                "client 1, round 5: keys came twice");
    CHECK_FAILS(pv_secagg_server_keys(p.server, 7, p.keys[1].data, p.keys[1].size), PV_ERR_USAGE,
                "keys of client 7");
    CHECK_FAILS(pv_secagg_server_shares(p.server, 1, p.keys[1].data, p.keys[1].size), PV_ERR_PEER,
                "keys of 1 clients of 5");
    party_clear(&p);
    party_clear(&q);
}

static void share_up_to_delivery(party *p, unsigned who)
{
    CHECK_OK(party_init(p, N, T, 33));
    CHECK_OK(party_keys(p, ALL));
    for (int i = 0; i < N; i++) {
        if (!in(who, i)) continue;
        CHECK_OK(pv_secagg_client_share(p->client[i], &p->random[i], &p->shares[i]));
        CHECK_OK(pv_secagg_server_shares(p->server, i, p->shares[i].data, p->shares[i].size));
    }
}

/* Every single byte of a delivery that is changed is noticed. */
static void tampered_bundle(void **state)
{
    (void)state;
    party p;
    pv_bytes d;
    share_up_to_delivery(&p, 0x0F);
    CHECK_OK(pv_secagg_server_deliver(p.server, 0, &d));
    for (size_t at = 0; at < d.size; at++) {
        d.data[at] ^= 1;
        assert_int_not_equal(pv_secagg_client_receive(p.client[0], d.data, d.size), PV_OK);
        d.data[at] ^= 1;
    }
    d.data[d.size - 1] ^= 0x80;
    CHECK_FAILS(pv_secagg_client_receive(p.client[0], d.data, d.size), PV_ERR_PEER,
                "the shares that client 3 sent were changed on the way");
    d.data[d.size - 1] ^= 0x80;
    /* the bundles of 1 and 2, each under the other's name */
    uint8_t one[PV_SECAGG_BUNDLE];
    memcpy(one, d.data + 48, sizeof one);
    memcpy(d.data + 48, d.data + 48 + 106, sizeof one);
    memcpy(d.data + 48 + 106, one, sizeof one);
    CHECK_FAILS(pv_secagg_client_receive(p.client[0], d.data, d.size), PV_ERR_PEER,
                "the shares that client 1 sent were changed");
    memcpy(d.data + 48 + 106, d.data + 48, sizeof one);
    memcpy(d.data + 48, one, sizeof one);
    CHECK_OK(pv_secagg_client_receive(p.client[0], d.data, d.size));
    CHECK_FAILS(pv_secagg_client_receive(p.client[0], d.data, d.size), PV_ERR_PEER,
                "the delivery of shares came a second time");
    CHECK_FAILS(pv_secagg_client_peer(p.client[0], 4, p.keys[4].data, p.keys[4].size), PV_ERR_PEER,
                "a peer's keys came a second time, or too late");
    pv_bytes_clear(&d);
    party_clear(&p);
}

/* What client 1 encrypted for client 2 is of no use to client 0, and neither is its own. */
static void another_ones_bundle(void **state)
{
    (void)state;
    party p;
    pv_bytes d, other;
    share_up_to_delivery(&p, 0x0F);
    CHECK_OK(pv_secagg_server_deliver(p.server, 0, &d));
    CHECK_OK(pv_secagg_server_deliver(p.server, 2, &other));
    memcpy(d.data + 48, other.data + 48 + 106, PV_SECAGG_BUNDLE); /* from 1, for 2 */
    CHECK_FAILS(pv_secagg_client_receive(p.client[0], d.data, d.size), PV_ERR_PEER,
                "the shares that client 1 sent were changed");
    memcpy(d.data + 48, other.data + 48, PV_SECAGG_BUNDLE); /* from 0, for 2 */
    CHECK_FAILS(pv_secagg_client_receive(p.client[0], d.data, d.size), PV_ERR_PEER,
                "the shares that client 1 sent were changed");
    CHECK_FAILS(pv_secagg_client_receive(p.client[0], other.data, other.size), PV_ERR_MISMATCH,
                "it names client 2, expected 0");
    pv_bytes_clear(&d);
    pv_bytes_clear(&other);
    party_clear(&p);
}

static pv_status deliver(party *p, const pv_bytes *d, const int *from, int count)
{
    pv_bytes out;
    pv_writer w = pv_writer_make("delivery", 10000);
    pv_secagg_write_header(&w, &p->params, PV_SECAGG_TYPE_DELIVERY, 0);
    pv_writer_u16le(&w, (uint16_t)count);
    for (int i = 0; i < count; i++) {
        pv_writer_u16le(&w, (uint16_t)from[i]);
        pv_writer_bytes(&w, d->data + 48 + (i % 3) * 106, PV_SECAGG_BUNDLE);
    }
    CHECK_OK(pv_writer_take(&w, &out));
    pv_status status = pv_secagg_client_receive(p->client[0], out.data, out.size);
    pv_bytes_clear(&out);
    return status;
}

static void delivery(void **state)
{
    (void)state;
    party p;
    pv_bytes d;
    CHECK_OK(party_init(&p, N, T, 33));
    CHECK_OK(party_keys(&p, 0x0F)); /* client 4 has sent no keys */
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pv_secagg_client_share(p.client[i], &p.random[i], &p.shares[i]));
        CHECK_OK(pv_secagg_server_shares(p.server, i, p.shares[i].data, p.shares[i].size));
    }
    CHECK_FAILS(pv_secagg_server_deliver(p.server, 4, &d), PV_ERR_USAGE, "client 4 has not shared");
    CHECK_FAILS(pv_secagg_server_deliver(p.server, -1, &d), PV_ERR_USAGE, "has not shared");
    CHECK_OK(pv_secagg_server_deliver(p.server, 0, &d));
    CHECK_FAILS(deliver(&p, &d, (const int[]){1}, 1), PV_ERR_PEER,
                "2 clients have shared, at least 3 are needed");
    CHECK_FAILS(deliver(&p, &d, (const int[]){1, 2, 3, 4}, 4), PV_ERR_PEER,
                "shares of client 4, which has sent no keys");
    CHECK_FAILS(deliver(&p, &d, (const int[]){0, 1, 2}, 3), PV_ERR_PEER,
                "shares of client 0, which has sent no keys");
    CHECK_FAILS(deliver(&p, &d, (const int[]){1, 3, 2}, 3), PV_ERR_FORMAT, "ascending order");
    CHECK_FAILS(deliver(&p, &d, (const int[]){1, 2, 3, 4, 5, 6}, 6), PV_ERR_LIMIT,
                "number of entries is 6, at most 5");
    CHECK_OK(deliver(&p, &d, (const int[]){1, 2, 3}, 3));
    pv_bytes_clear(&d);
    party_clear(&p);
}

/* ---- clients that do not follow the protocol, as the server sees them */

static void dishonest_shares(void **state)
{
    (void)state;
    party p;
    CHECK_OK(party_init(&p, N, T, 41));
    CHECK_OK(party_keys(&p, 0x0F));
    CHECK_OK(pv_secagg_client_share(p.client[0], &p.random[0], &p.shares[0]));
    uint8_t *m = p.shares[0].data;
    m[76] = 2; /* one entry less */
    CHECK_FAILS(pv_secagg_server_shares(p.server, 0, m, p.shares[0].size - 106), PV_ERR_PEER,
                "client 0 has made no shares for client 3");
    m[76] = 3;
    m[78 + 2 * 106] = 4; /* for 4 instead of 3 */
    CHECK_FAILS(pv_secagg_server_shares(p.server, 0, m, p.shares[0].size), PV_ERR_PEER,
                "client 0 has made no shares for client 3");
    m[78 + 2 * 106] = 3;
    CHECK_FAILS(pv_secagg_server_shares(p.server, 4, m, p.shares[0].size), PV_ERR_PEER,
                "shares came too early");
    CHECK_OK(pv_secagg_server_shares(p.server, 0, m, p.shares[0].size));
    CHECK_FAILS(pv_secagg_server_shares(p.server, 0, m, p.shares[0].size), PV_ERR_PEER,
                "shares came twice");
    CHECK_FAILS(pv_secagg_server_keys(p.server, 4, p.keys[0].data, p.keys[0].size), PV_ERR_PEER,
                "keys came too late");
    party_clear(&p);
}

static void wrong_answers(void **state)
{
    (void)state;
    party p;
    uint64_t sum[LENGTH], zero[LENGTH] = {0};
    prepare(&p);
    CHECK_OK(party_vectors(&p, 0x07)); /* 3 drops out, 4 has never shared */
    CHECK_FAILS(pv_secagg_server_masked(p.server, 3, p.y[3], LENGTH), PV_ERR_PEER,
                "a masked vector came too late");
    for (int i = 0; i < 3; i++)
        CHECK_OK(
            pv_secagg_client_unmask(p.client[i], p.survivors.data, p.survivors.size, &p.answer[i]));
    uint8_t *a = p.answer[0].data;
    size_t size = p.answer[0].size;
    CHECK_FAILS(pv_secagg_server_answer(p.server, 3, a, size), PV_ERR_PEER,
                "an answer came too early");
    CHECK_FAILS(pv_secagg_server_answer(p.server, 1, a, size), PV_ERR_MISMATCH,
                "it names client 0, expected 1");
    a[46 + 2] = 1;
    CHECK_FAILS(pv_secagg_server_answer(p.server, 0, a, size), PV_ERR_PEER,
                "the wrong kind of share for client 0");
    a[46 + 2] = 2;
    CHECK_FAILS(pv_secagg_server_answer(p.server, 0, a, size), PV_ERR_FORMAT,
                "entry 0 is a share of kind 2");
    a[46 + 2] = 0;
    a[46 + 3 * 35] = 4;
    CHECK_FAILS(pv_secagg_server_answer(p.server, 0, a, size), PV_ERR_PEER,
                "without a share for client 3");
    a[46 + 3 * 35] = 3;
    a[44] = 3;
    CHECK_FAILS(pv_secagg_server_answer(p.server, 0, a, size - 35), PV_ERR_PEER,
                "without a share for client 3");
    a[44] = 4;
    a[46 + 3] ^= 1; /* its share of client 0's seed */
    for (int i = 0; i < 3; i++)
        CHECK_OK(pv_secagg_server_answer(p.server, i, p.answer[i].data, p.answer[i].size));
    CHECK_FAILS(pv_secagg_server_answer(p.server, 0, a, size), PV_ERR_PEER, "an answer came twice");
    CHECK_FAILS(pv_secagg_server_sum(p.server, sum, LENGTH), PV_ERR_PEER,
                "the shares of the seed of client 0 do not give what it committed to");
    assert_memory_equal(sum, zero, sizeof sum);
    CHECK_FAILS(pv_secagg_server_sum(p.server, sum, LENGTH - 1), PV_ERR_SHAPE, "expected 37");
    party_clear(&p);

    prepare(&p);
    CHECK_OK(party_vectors(&p, 0x07));
    CHECK_OK(party_answers(&p, 0x06));
    CHECK_OK(
        pv_secagg_client_unmask(p.client[0], p.survivors.data, p.survivors.size, &p.answer[0]));
    /* its share of client 3's mask key; X25519 ignores the lowest bits */
    p.answer[0].data[46 + 3 * 35 + 3] ^= 0x10;
    CHECK_OK(pv_secagg_server_answer(p.server, 0, p.answer[0].data, p.answer[0].size));
    CHECK_FAILS(pv_secagg_server_sum(p.server, sum, LENGTH), PV_ERR_PEER,
                "the shares of the mask key of client 3 do not give the private half");
    party_clear(&p);
}

static void vectors(void **state)
{
    (void)state;
    party p;
    CHECK_OK(party_init(&p, N, T, 41));
    CHECK_FAILS(pv_secagg_server_masked(p.server, 0, p.y[0], LENGTH), PV_ERR_PEER, "too early");
    party_clear(&p);
    prepare(&p);
    CHECK_FAILS(pv_secagg_server_masked(p.server, 0, p.y[0], 36), PV_ERR_MISMATCH,
                "client 0 sent a vector of 36 values, expected 37");
    CHECK_FAILS(pv_secagg_server_masked(p.server, 4, p.y[4], LENGTH), PV_ERR_PEER, "too early");
    CHECK_OK(pv_secagg_server_masked(p.server, 0, p.y[0], LENGTH));
    CHECK_FAILS(pv_secagg_server_masked(p.server, 0, p.y[0], LENGTH), PV_ERR_PEER,
                "a masked vector came twice");
    CHECK_FAILS(pv_secagg_server_shares(p.server, 4, p.y[0], 10), PV_ERR_PEER,
                "shares came too late");
    party_clear(&p);
}

static void params(void **state)
{
    (void)state;
    pv_secagg_params p = {.n = 5, .t = 3, .length = 1};
    pv_secagg_client *c;
    pv_secagg_server *s;
    CHECK_OK(pv_secagg_params_check(&p));
    p.n = 1;
    CHECK_FAILS(pv_secagg_client_new(&c, &p, 0), PV_ERR_OPTION, "1 clients, expected 2 to 1024");
    assert_null(c);
    p.n = 1025;
    CHECK_FAILS(pv_secagg_server_new(&s, &p), PV_ERR_OPTION, "1025 clients");
    assert_null(s);
    p.n = 6; /* a threshold of half is not enough */
    CHECK_FAILS(pv_secagg_params_check(&p), PV_ERR_OPTION, "a threshold of 3 of 6 clients");
    p.t = 7;
    CHECK_FAILS(pv_secagg_params_check(&p), PV_ERR_OPTION, "a threshold of 7 of 6 clients");
    p.t = 4;
    p.length = 0;
    CHECK_FAILS(pv_secagg_params_check(&p), PV_ERR_OPTION, "vectors of 0 values");
    p.length = (size_t)PV_SECAGG_MAX_LENGTH + 1;
    CHECK_FAILS(pv_secagg_params_check(&p), PV_ERR_OPTION, "vectors of 268435457 values");
    p.length = 1;
    CHECK_FAILS(pv_secagg_client_new(&c, &p, 6), PV_ERR_OPTION, "client 6, expected 0 to 5");
    CHECK_FAILS(pv_secagg_client_new(&c, &p, -1), PV_ERR_OPTION, "client -1");
    pv_secagg_client_free(NULL);
    pv_secagg_server_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_of_survivors),
        cmocka_unit_test(both_shares),
        cmocka_unit_test(named_twice),
        cmocka_unit_test(two_vectors),
        cmocka_unit_test(keys),
        cmocka_unit_test(tampered_bundle),
        cmocka_unit_test(another_ones_bundle),
        cmocka_unit_test(delivery),
        cmocka_unit_test(dishonest_shares),
        cmocka_unit_test(wrong_answers),
        cmocka_unit_test(vectors),
        cmocka_unit_test(params),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
