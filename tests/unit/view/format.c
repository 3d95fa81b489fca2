#include "link.h"

/* A whole view, byte by byte, made by Python's struct, hashlib and cryptography from
 * docs/formats.md alone: party "a", whose key has the seed 0, 1, ..., 31; frames 1 to 3 sent to
 * "server", of which the second was not kept and the third is a seal; and a note. */
static const char golden[] =
    "5056564945570100"                                                 /* magic, version */
    "ec000000"                                                         /* size 236 */
    "0100000061"                                                       /* party */
    "06000000636c69656e74"                                             /* role */
    "09000000666564657261746564"                                       /* scheme */
    "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8" /* key */
    "ee26f4137f88e2408f3f2e85b7d753592ca4b8034392d2bbd17247956c849c0a" /* scenario */
    "0100"                                                             /* one peer */
    "06000000736572766572"                                             /* its name */
    "06000000736572766572"                                             /* its role */
    "2222222222222222222222222222222222222222222222222222222222222222" /* its key */
    "0100"                                                             /* one message type */
    "1000"                                                             /* 16 */
    "06000000757064617465"                                             /* its name */
    "0b0000007765696768747320663332"                                   /* its layout */
    "e803000000000000"                                                 /* at most 1000 bytes */
    "010200000000000000"                                               /* every:2 */
    "9a2539cff827f7be3c2ea84f54596700f271bdfbbf6c2426d5fa27a800ec5a6d" /* hash of the header */
    "0100000000000000020000000000000000505c18a3010000" /* record 1: number, step, time */
    "0101000010000000"                                 /* kind, kept, peer, type, 0 */
    "01000000000000002000000000000000"                 /* link, size */
    "c983efaf3aeb3807f434c3f10f847ebb32800891af0e7ed1c6cd262b50c6fa0f" /* hash of the payload */
    "3eb76ba52b80d71a7f3f58dec850404255847b71589ae5a6746f52b85d89491c" /* hash of the chain */
    "020002616201010300000000000000000708090173050000000000000000f8bf" /* payload */
    "0200000000000000030000000000000001505c18a3010000" /* record 2: number, step, time */
    "0100000010000000"                                 /* kind, kept, peer, type, 0 */
    "02000000000000000500000000000000"                 /* link, size */
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" /* hash of the payload */
    "7d3605e54bc2c4e38702a57b78abef3f9eafb5a5571a877106583aee841c6109" /* hash of the chain */
    "0300000000000000030000000000000002505c18a3010000" /* record 3: number, step, time */
    "0101000001000000"                                 /* kind, kept, peer, type, 0 */
    "03000000000000009800000000000000"                 /* link, size */
    "15b1fc881a02d71d4f3f6a01a2a7008ba2e19c33db64aed4b01f0a5ea447701b" /* hash of the payload */
    "430624122073a75f708fe7a5322dfbedeb27422985e5bc7582e0ed8497e5b354" /* hash of the chain */
    "03000000000000000200000000000000b6346f38f8594dfd1dc117503e668ec169c75b4bde6aeda6" /* payload */
    "c50ae3a751e3b9800000000000000000b41784b30af4b24611f492e7a456dc28ac76deb47b0738c8"
    "ad7b93d3b638d318c6384a77bbae0b402ce00a54fef538d266c1df393f0246a1999bf40c117ad2fa"
    "2531d03b8f302af92eb8d8f3de73d6c44274f05dbe44ab3278b257346a38700c"
    "04000000000000000300000000000000ffffffffffffffff" /* record 4: number, step, time */
    "0400ffff10000000"                                 /* kind, kept, peer, type, 0 */
    "00000000000000000500000000000000"                 /* link, size */
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" /* hash of the payload */
    "9fa51bc39110dd36de351ad9bd57c9df1ffd3a58fc9aeb457e489a1f2cad6d58" /* hash of the chain */;

enum { HEADER = 236, SECOND = HEADER + 112 + 32, THIRD = SECOND + 112, FOURTH = THIRD + 112 + 152 };

static pv_bytes golden_bytes(void)
{
    pv_bytes b = {.size = sizeof golden / 2};
    b.data = pv_alloc(b.size, 1);
    for (size_t i = 0; i < b.size; i++) {
        unsigned v;
        assert_int_equal(sscanf(golden + 2 * i, "%2x", &v), 1);
        b.data[i] = (uint8_t)v;
    }
    return b;
}

/* What the golden view says, as one would write it. */
static void golden_header(pv_view_header *h, pv_view_peer *peer, pv_message_type *type,
                          const pv_bytes *b)
{
    *peer = (pv_view_peer){.name = "server", .role = "server"};
    memset(peer->key, 0x22, sizeof peer->key);
    *type = (pv_message_type){16, "update", "weights f32", 1000, {PV_RETAIN_EVERY, 2}};
    *h = (pv_view_header){.party = "a",
                          .role = "client",
                          .scheme = "federated",
                          .peer = peer,
                          .peers = 1,
                          .type = type,
                          .types = 1};
    memcpy(h->key, b->data + 40, 32);
    CHECK_OK(pv_hash_of(&h->scenario, "scenario", 8));
}

static void golden_records(pv_view_record r[4], const pv_bytes *b, const uint8_t *payload[4])
{
    for (int i = 0; i < 4; i++)
        r[i] = (pv_view_record){.step = i == 0 ? 2 : 3,
                                .time = i == 3 ? -1 : 1800000000000 + i,
                                .kind = i == 3 ? PV_VIEW_PUBLISHED : PV_VIEW_SENT,
                                .peer = i == 3 ? PV_VIEW_NO_PEER : 0,
                                .type = i == 2 ? PV_TYPE_SEAL : 16,
                                .link = i == 3 ? 0 : (uint64_t)i + 1,
                                .size = i == 0   ? 32
                                        : i == 2 ? PV_SEAL_BYTES
                                                 : 5,
                                .kept = i == 0};
    payload[0] = b->data + HEADER + 112;
    payload[1] = payload[3] = (const uint8_t *)"hello";
    payload[2] = b->data + THIRD + 112;
    for (int i = 0; i < 4; i++) CHECK_OK(pv_hash_of(&r[i].payload, payload[i], (size_t)r[i].size));
}

static void test_written(void **state)
{
    (void)state;
    char path[64];
    pv_bytes b = golden_bytes(), file;
    pv_view_header h;
    pv_view_peer peer;
    pv_message_type type;
    pv_view_record r[4];
    const uint8_t *payload[4];
    pv_view_writer *w;
    snprintf(path, sizeof path, "/tmp/view-format-%ld", (long)getpid());
    golden_header(&h, &peer, &type, &b);
    golden_records(r, &b, payload);
    CHECK_OK(pv_view_create(&w, path, &h));
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pv_view_append(w, &r[i], payload[i]));
        assert_int_equal(r[i].number, i + 1);
        assert_int_equal(r[i].kept, i % 2 == 0); /* a seal always is */
    }
    pv_view_position at = pv_view_writer_position(w);
    assert_true(at.bytes == b.size && at.records == 4);
    CHECK_OK(pv_view_sync(w));
    CHECK_OK(pv_file_read(&file, path, 1 << 20));
    assert_int_equal(file.size, b.size);
    assert_memory_equal(file.data, b.data, b.size);
    pv_view_writer_free(w);
    pv_bytes_clear(&file);
    pv_bytes_clear(&b);
    unlink(path);
}

static void test_read(void **state)
{
    (void)state;
    pv_bytes b = golden_bytes();
    pv_view_header h;
    pv_view_peer peer;
    pv_message_type type;
    pv_view_record r[4];
    const uint8_t *payload[4];
    pv_view *v;
    pv_view_payload p;
    pv_view_check check;
    golden_header(&h, &peer, &type, &b);
    golden_records(r, &b, payload);
    CHECK_OK(pv_view_parse(&v, "golden", b.data, b.size));
    const pv_view_header *is = pv_view_header_of(v);
    assert_string_equal(pv_view_path(v), "golden");
    assert_string_equal(is->party, "a");
    assert_string_equal(is->role, "client");
    assert_string_equal(is->scheme, "federated");
    assert_memory_equal(is->key, h.key, 32);
    assert_true(pv_hash_equal(&is->scenario, &h.scenario));
    assert_true(is->peers == 1 && is->types == 1);
    assert_memory_equal(&is->peer[0], &peer, sizeof peer);
    assert_int_equal(is->type[0].id, 16);
    assert_string_equal(is->type[0].name, "update");
    assert_string_equal(is->type[0].layout, "weights f32");
    assert_int_equal(is->type[0].max, 1000);
    assert_true(is->type[0].retention.kind == PV_RETAIN_EVERY && is->type[0].retention.every == 2);
    assert_int_equal(pv_view_count(v), 4);
    assert_int_equal(pv_view_torn(v), 0);
    assert_int_equal(pv_view_end(v).bytes, b.size);
    for (int i = 0; i < 4; i++) {
        const pv_view_record *x = pv_view_at(v, (uint64_t)i);
        assert_int_equal(x->number, i + 1);
        assert_true(x->step == r[i].step && x->time == r[i].time && x->kind == r[i].kind &&
                    x->peer == r[i].peer && x->type == r[i].type && x->link == r[i].link &&
                    x->size == r[i].size && x->kept == (i % 2 == 0));
        assert_true(pv_hash_equal(&x->payload, &r[i].payload));
    }
    assert_int_equal(pv_view_peer_index(v, "server"), 0);
    assert_int_equal(pv_view_peer_index(v, "a"), -1);
    assert_int_equal(pv_view_type_id(v, "update"), 16);
    assert_int_equal(pv_view_type_id(v, "seal"), PV_TYPE_SEAL);
    assert_int_equal(pv_view_type_id(v, "model"), -1);
    assert_string_equal(pv_view_type_name(v, 16), "update");
    assert_string_equal(pv_view_type_name(v, PV_TYPE_SEAL), "seal");
    assert_string_equal(pv_view_type_name(v, 99), "?");
    assert_string_equal(pv_view_kind_name(PV_VIEW_DERIVED), "derived");
    assert_string_equal(pv_view_kind_name((pv_view_kind)0), "?");

    CHECK_OK(pv_view_load(&p, v, 0));
    assert_int_equal(p.parts.count, 2);
    assert_memory_equal(pv_parts_find(&p.parts, "ab")->data, "\7\10\11", 3);
    pv_view_payload_clear(&p);
    pv_view_payload_clear(&p);
    CHECK_FAILS(pv_view_load(&p, v, 1), PV_ERR_NOT_FOUND,
                "golden: record 2 (update sent to server, step 3): only its hash and size were "
                "kept (retention every:2)");
    CHECK_OK(pv_view_load(&p, v, 2));
    assert_int_equal(p.bytes.size, PV_SEAL_BYTES);
    assert_int_equal(p.parts.count, 0);
    pv_view_payload_clear(&p);
    CHECK_OK(pv_view_verify(&check, v));
    assert_true(check.records == 4 && check.payloads == 2 && check.seals == 1);
    assert_int_equal(check.last_sealed_step, 0); /* the server sealed nothing */
    pv_view_free(v);
    pv_view_free(NULL);
    pv_bytes_clear(&b);
}

/* Every bit of the file is under a hash: no change to a byte passes both opening and verifying. */
static void test_tampered(void **state)
{
    (void)state;
    pv_bytes b = golden_bytes();
    for (size_t i = 0; i < b.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            pv_view *v;
            pv_view_check check;
            b.data[i] ^= (uint8_t)(1 << bit);
            pv_status s = pv_view_parse(&v, "golden", b.data, b.size);
            if (s == PV_OK) {
                int in_payload =
                    (i >= HEADER + 112 && i < SECOND) || (i >= THIRD + 112 && i < FOURTH);
                assert_true(in_payload); /* opening has not read those */
                s = pv_view_verify(&check, v);
                assert_int_equal(check.records, 0);
            } else {
                assert_null(v);
            }
            if (i < 6) assert_int_equal(s, PV_ERR_FORMAT);
            if (i >= 12) assert_int_equal(s, PV_ERR_MISMATCH);
            assert_true(s != PV_OK);
            pv_view_free(v);
            b.data[i] ^= (uint8_t)(1 << bit);
        }
    pv_bytes_clear(&b);
}

/* A file that ends anywhere holds the records that are whole. */
static void test_torn(void **state)
{
    (void)state;
    static const size_t ends[] = {HEADER, SECOND, THIRD, FOURTH, sizeof golden / 2};
    pv_bytes b = golden_bytes();
    for (size_t n = 0; n <= b.size; n++) {
        pv_view *v;
        pv_view_check check;
        uint8_t *exact = malloc(n + 1); /* so that a sanitizer sees the end */
        memcpy(exact, b.data, n);
        pv_status s = pv_view_parse(&v, "golden", exact, n);
        if (n < HEADER) {
            assert_int_equal(s, PV_ERR_TRUNCATED);
        } else {
            size_t whole = 0;
            CHECK_OK(s);
            while (whole < 4 && ends[whole + 1] <= n) whole++;
            assert_int_equal(pv_view_count(v), whole);
            assert_int_equal(pv_view_torn(v), n - ends[whole]);
            assert_int_equal(pv_view_end(v).bytes, ends[whole]);
            CHECK_OK(pv_view_verify(&check, v));
        }
        pv_view_free(v);
        free(exact);
    }
    pv_bytes_clear(&b);
}

/* ---- what is refused although its hashes are right */

/* Makes the hashes of the header and of all records fit again. */
static void mend(pv_bytes *b)
{
    static const size_t at[] = {HEADER, SECOND, THIRD, FOURTH};
    uint8_t bytes[112];
    pv_hash h;
    CHECK_OK(pv_hash_of(&h, b->data, HEADER - 32));
    memcpy(b->data + HEADER - 32, h.byte, 32);
    for (int i = 0; i < 4; i++) {
        memcpy(bytes, h.byte, 32);
        memcpy(bytes + 32, b->data + at[i], 80);
        CHECK_OK(pv_hash_of(&h, bytes, 112));
        memcpy(b->data + at[i] + 80, h.byte, 32);
    }
}

static pv_status spoil(size_t at, const char *bytes, size_t n)
{
    pv_bytes b = golden_bytes();
    pv_view *v;
    memcpy(b.data + at, bytes, n);
    mend(&b);
    pv_status s = pv_view_parse(&v, "golden", b.data, b.size);
    assert_true((s == PV_OK) == (v != NULL));
    pv_view_free(v);
    pv_bytes_clear(&b);
    return s;
}

static void test_refused_headers(void **state)
{
    (void)state;
    CHECK_OK(spoil(0, "PVVIEW", 6));
    CHECK_FAILS(spoil(0, "PVVIEX", 6), PV_ERR_FORMAT, "PVVIEW");
    CHECK_FAILS(spoil(6, "\2\0", 2), PV_ERR_VERSION, "version 2, this program reads version 1");
    CHECK_FAILS(spoil(6, "\0\0", 2), PV_ERR_FORMAT, "version 0");
    CHECK_FAILS(spoil(8, "\0\0\0\0", 4), PV_ERR_FORMAT, "no header has 0 bytes");
    CHECK_FAILS(spoil(8, "\377\377\377\377", 4), PV_ERR_LIMIT, "4294967295");
    CHECK_FAILS(spoil(8, "\377\377\0\0", 4), PV_ERR_TRUNCATED, "header takes 65535 bytes");
    CHECK_FAILS(spoil(8, "\353", 1), PV_ERR_MISMATCH, "the header does not fit its hash");
    CHECK_FAILS(spoil(16, "A", 1), PV_ERR_FORMAT, "\"A\" can't be the name of a party");
    CHECK_FAILS(spoil(12, "\100", 1), PV_ERR_LIMIT, "the party's name is 64");
    CHECK_FAILS(spoil(21, "\33", 1), PV_ERR_FORMAT, "name of a role");
    CHECK_FAILS(spoil(31, "F", 1), PV_ERR_FORMAT, "name of a scheme");
    CHECK_FAILS(spoil(104, "\377\377", 2), PV_ERR_LIMIT, "number of peers is 65535");
    CHECK_FAILS(spoil(104, "\2\0", 2), PV_ERR_LIMIT, "name of a peer");
    CHECK_FAILS(spoil(110, "_", 1), PV_ERR_FORMAT, "name of a peer");
    CHECK_FAILS(spoil(158, "\1\4", 2), PV_ERR_LIMIT, "number of message types is 1025");
    CHECK_FAILS(spoil(158, "\0\0", 2), PV_ERR_FORMAT, "more than expected");
    CHECK_FAILS(spoil(160, "\17", 1), PV_ERR_FORMAT, "message type 15 is not among");
    CHECK_FAILS(spoil(161, "\200", 1), PV_ERR_FORMAT, "is not among");
    CHECK_FAILS(spoil(166, "\33", 1), PV_ERR_FORMAT, "1 to 63 bytes of plain text");
    CHECK_FAILS(spoil(166, "\302\233", 2), PV_ERR_FORMAT, "plain text"); /* a C1 control */
    CHECK_FAILS(spoil(166, "\377", 1), PV_ERR_FORMAT, "no UTF-8 text");
    CHECK_FAILS(spoil(176, "\n", 1), PV_ERR_FORMAT, "the layout of message type 16");
    CHECK_FAILS(spoil(195, "\3", 1), PV_ERR_FORMAT, "3 is no retention");
    CHECK_FAILS(spoil(195, "\0", 1), PV_ERR_FORMAT, "contradicts itself");
    CHECK_FAILS(spoil(196, "\0", 1), PV_ERR_FORMAT, "contradicts itself");
}

static void test_refused_records(void **state)
{
    (void)state;
    const size_t first = HEADER, seal = THIRD, note = FOURTH;
    CHECK_FAILS(spoil(first, "\2", 1), PV_ERR_FORMAT, "record 1: its number, 2");
    CHECK_FAILS(spoil(first + 24, "\0", 1), PV_ERR_FORMAT, "0 is no kind");
    CHECK_FAILS(spoil(first + 24, "\5", 1), PV_ERR_FORMAT, "no kind");
    CHECK_FAILS(spoil(first + 24, "\3", 1), PV_ERR_FORMAT, "derived with peer 0");
    CHECK_FAILS(spoil(first + 25, "\2", 1), PV_ERR_FORMAT, "fixed value");
    CHECK_FAILS(spoil(first + 26, "\1", 1), PV_ERR_FORMAT, "peer 1, there are 1");
    CHECK_FAILS(spoil(first + 28, "\21", 1), PV_ERR_FORMAT, "no message type 17");
    CHECK_FAILS(spoil(first + 28, "\2", 1), PV_ERR_FORMAT, "no message type 2");
    CHECK_FAILS(spoil(first + 28, "\1", 1), PV_ERR_FORMAT, "a seal is");
    CHECK_FAILS(spoil(first + 30, "\1", 1), PV_ERR_FORMAT, "fixed value");
    CHECK_FAILS(spoil(first + 32, "\0", 1), PV_ERR_FORMAT, "with frame number 0");
    CHECK_FAILS(spoil(first + 47, "\200", 1), PV_ERR_FORMAT, "no payload has");
    CHECK_FAILS(spoil(seal + 25, "\0", 1), PV_ERR_FORMAT, "a seal is a frame");
    CHECK_FAILS(spoil(note + 26, "\0\0", 2), PV_ERR_FORMAT, "published with peer 0");
    CHECK_FAILS(spoil(note + 32, "\1", 1), PV_ERR_FORMAT, "published with frame number 1");
}

static void test_out_of_memory(void **state)
{
    (void)state;
    pv_bytes b = golden_bytes();
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_view *v = NULL;
        pv_view_payload p = {0};
        pv_view_check check;
        status = pv_view_parse(&v, "golden", b.data, b.size);
        if (status == PV_OK) status = pv_view_load(&p, v, 0);
        pv_view_payload_clear(&p);
        if (status == PV_OK) status = pv_view_verify(&check, v);
        pv_view_free(v);
    }
    pv_bytes_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),         cmocka_unit_test(test_read),
        cmocka_unit_test(test_tampered),        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_refused_headers), cmocka_unit_test(test_refused_records),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
