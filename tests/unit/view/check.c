#include "link.h"

static pv_view *open_end(const link_run *l, int who)
{
    pv_view *v;
    CHECK_OK(pv_view_open(&v, l->end[who].path));
    return v;
}

static void test_verified(void **state)
{
    (void)state;
    link_run l;
    pv_view_check check;
    pv_view_payload p;
    pv_view_line *line;
    size_t lines;
    const pv_part *part;
    link_init(&l, NULL);
    link_steps(&l);
    link_seal(&l, A, 4); /* the peer is ahead by one */
    link_close(&l);
    pv_view *a = open_end(&l, A), *server = open_end(&l, SERVER);
    CHECK_OK(pv_view_verify(&check, a));
    assert_true(check.records == 13 && check.payloads == 13 && check.seals == 7);
    assert_int_equal(check.last_sealed_step, 3);
    CHECK_OK(pv_view_verify(&check, server));
    assert_true(check.records == 17 && check.payloads == 15 && check.seals == 7);
    assert_int_equal(check.last_sealed_step, 4);

    CHECK_OK(pv_view_load(&p, server, 6)); /* the client's second update */
    assert_string_equal(pv_view_type_name(server, pv_view_at(server, 6)->type), "update");
    CHECK_OK(pv_parts_get(&part, &p.parts, "update", "weights", PV_F32, PV_SHAPE(5)));
    assert_true(((const float *)part->data)[4] == 2.0f);
    pv_view_payload_clear(&p);
    CHECK_FAILS(pv_view_load(&p, server, 2), PV_ERR_NOT_FOUND,
                "record 3 (model derived, step 1): only its hash and size were kept (retention "
                "every:2); steps divisible by that are there");

    CHECK_OK(pv_view_summary(&line, &lines, server));
    assert_int_equal(lines, 6);
    assert_true(line[0].kind == PV_VIEW_SENT && line[0].type == PV_TYPE_SEAL && line[0].count == 3);
    assert_true(line[1].kind == PV_VIEW_SENT && line[1].type == UPDATE && line[1].count == 3 &&
                line[1].first == 1 && line[1].last == 3);
    assert_true(line[2].kind == PV_VIEW_RECEIVED && line[2].type == PV_TYPE_SEAL &&
                line[2].count == 4 && line[2].bytes == 4 * PV_SEAL_BYTES);
    assert_true(line[4].kind == PV_VIEW_DERIVED && line[4].count == 3 && line[4].kept == 1 &&
                line[4].kept_bytes == line[4].bytes / 3);
    assert_true(line[5].kind == PV_VIEW_PUBLISHED && line[5].peer == PV_VIEW_NO_PEER);
    pv_free(line);
    pv_view_free(a);
    pv_view_free(server);
    link_free(&l);
}

static void test_empty(void **state)
{
    (void)state;
    link_run l;
    pv_view_check check;
    pv_view_line *line;
    size_t lines;
    pv_view_cross_result cross;
    link_init(&l, NULL);
    link_close(&l);
    pv_view *a = open_end(&l, A), *server = open_end(&l, SERVER);
    CHECK_OK(pv_view_verify(&check, a));
    assert_true(check.records == 0 && check.last_sealed_step == 0);
    CHECK_OK(pv_view_summary(&line, &lines, a));
    assert_null(line);
    CHECK_OK(pv_view_cross(&cross, a, server));
    assert_true(cross.frames == 0 && cross.a_only == 0 && cross.b_only == 0);
    pv_view_free(a);
    pv_view_free(server);
    link_free(&l);
}

/* What a writer that lies puts into its own view: the chain is whole, the seals are not. */
static void verify_fails(link_run *l, int who, pv_status status, const char *text)
{
    pv_view_check check;
    link_close(l);
    pv_view *v = open_end(l, who);
    CHECK_FAILS(pv_view_verify(&check, v), status, text);
    pv_view_free(v);
    link_free(l);
}

static void append(link_end *e, pv_view_record r, const void *payload)
{
    CHECK_OK(pv_hash_of(&r.payload, payload, (size_t)r.size));
    CHECK_OK(pv_view_append(e->writer, &r, payload));
}

static pv_view_record frame(pv_view_kind kind, uint64_t link, uint16_t type, uint64_t size)
{
    return (pv_view_record){
        .step = 1, .kind = kind, .type = type, .link = link, .size = size, .kept = 1};
}

static void test_gaps(void **state)
{
    (void)state;
    link_run l;
    link_init(&l, NULL);
    append(&l.end[A], frame(PV_VIEW_SENT, 2, UPDATE, 1), "x");
    verify_fails(&l, A, PV_ERR_MISMATCH,
                 "record 1 (update sent to server, step 1) is frame 2 of its direction and frame 1 "
                 "was expected");
    link_init(&l, NULL);
    append(&l.end[A], frame(PV_VIEW_RECEIVED, 1, UPDATE, 1), "x");
    append(&l.end[A], frame(PV_VIEW_RECEIVED, 1, UPDATE, 1), "x");
    verify_fails(&l, A, PV_ERR_MISMATCH, "is frame 1 of its direction and frame 2");
}

static void test_false_hash(void **state)
{
    (void)state;
    link_run l;
    link_init(&l, NULL);
    pv_view_record r = frame(PV_VIEW_SENT, 1, UPDATE, 1);
    CHECK_OK(pv_view_append(l.end[A].writer, &r, "x")); /* its hash: zeros */
    verify_fails(&l, A, PV_ERR_MISMATCH, "record 1 (update sent to server, step 1): its bytes do");
}

/* A seal over other transcripts than those in the view. */
static void seal_over(link_run *l, int signer, int record_as_received, pv_seal s)
{
    uint8_t bytes[PV_SEAL_BYTES];
    link_end *e = &l->end[record_as_received ? 1 - signer : signer];
    pv_transcript *t = record_as_received ? &e->received : &e->sent;
    CHECK_OK(pv_seal_sign(&s, l->end[signer].identity, &l->scenario, l->end[signer].peer[0].name));
    pv_seal_encode(bytes, &s);
    append(e,
           frame(record_as_received ? PV_VIEW_RECEIVED : PV_VIEW_SENT, t->count + 1, PV_TYPE_SEAL,
                 PV_SEAL_BYTES),
           bytes);
}

static void test_disagreeing_seals(void **state)
{
    (void)state;
    link_run l;
    for (int received = 0; received < 2; received++)
        for (int what = 0; what < 6; what++) {
            static const char *const text[] = {"says it sent, 2 frames, is not what the view has",
                                               "says it sent, 1 frames, is not",
                                               "says it received, 2 frames, is not",
                                               "says it received, 1 frames, is not",
                                               "speaks of step 2",
                                               "does not hold"};
            int signer = received ? SERVER : A;
            link_init(&l, NULL);
            link_update(&l, A, 1, 3, 0);
            link_update(&l, SERVER, 1, 3, 0);
            pv_seal s = {.step = 1, .sent = l.end[signer].sent, .received = l.end[signer].received};
            if (what == 0) s.sent.count++;
            if (what == 1) s.sent.hash.byte[5] ^= 1;
            if (what == 2) s.received.count++;
            if (what == 3) s.received.hash.byte[5] ^= 1;
            if (what == 4) s.step++;
            if (what == 5) l.scenario.byte[0] ^= 1; /* signed for another run */
            seal_over(&l, signer, received, s);
            verify_fails(&l, A, what == 5 ? PV_ERR_AUTH : PV_ERR_MISMATCH, text[what]);
        }
}

/* The server's seal, signed by somebody else. */
static void test_foreign_seal(void **state)
{
    (void)state;
    link_run l;
    uint8_t bytes[PV_SEAL_BYTES];
    link_init(&l, NULL);
    pv_seal s = {.step = 1, .sent = l.end[SERVER].sent, .received = l.end[SERVER].received};
    CHECK_OK(pv_seal_sign(&s, l.end[A].identity, &l.scenario, "server"));
    pv_seal_encode(bytes, &s);
    append(&l.end[A], frame(PV_VIEW_RECEIVED, 1, PV_TYPE_SEAL, PV_SEAL_BYTES), bytes);
    verify_fails(&l, A, PV_ERR_AUTH, "the signature of server over seal does not hold");
}

/* ---- two views */

static pv_status cross(pv_view_cross_result *out, link_run *l)
{
    link_close(l);
    pv_view *a = open_end(l, A), *server = open_end(l, SERVER);
    pv_status s = pv_view_cross(out, a, server);
    pv_view_free(a);
    pv_view_free(server);
    return s;
}

static void test_crossed(void **state)
{
    (void)state;
    link_run l;
    pv_view_cross_result c;
    link_init(&l, NULL);
    link_steps(&l);
    link_record(&l.end[A], 1, 4, UPDATE, "xy", 2, 0);       /* not arrived */
    link_record(&l.end[SERVER], 1, 4, UPDATE, "xyz", 3, 0); /* neither of two */
    link_record(&l.end[SERVER], 1, 4, UPDATE, "xyz", 3, 0);
    CHECK_OK(cross(&c, &l));
    assert_true(c.frames == 12 && c.a_only == 1 && c.b_only == 2);
    link_free(&l);
}

static void test_disagreements(void **state)
{
    (void)state;
    link_run l;
    pv_view_cross_result c;
    for (int what = 0; what < 5; what++) {
        link_init(&l, NULL);
        link_update(&l, SERVER, 1, 3, 1);
        link_update(&l, A, 1, 3, 1);
        pv_view_record r = frame(PV_VIEW_SENT, 2, UPDATE, 1);
        append(&l.end[A], r, "x");
        r.kind = PV_VIEW_RECEIVED;
        r.kept = 0; /* that makes no difference */
        if (what == 0) r.step = 9;
        if (what == 1) r.type = NOTE;
        if (what == 2) r.size = 2;
        if (what == 4) r.link = 3;
        append(&l.end[SERVER], r, what == 3 ? "y" : "xx");
        CHECK_FAILS(cross(&c, &l), PV_ERR_MISMATCH,
                    "from a to server, frame 2 is the first on which the views disagree");
        static const char *const text[] = {"server.view has frame 2, step 9, update, 1 bytes",
                                           "step 1, model, 1 bytes", "step 1, update, 2 bytes",
                                           "bytes, hash a1fce4363854 (record 3)",
                                           "server.view has frame 3"};
        assert_non_null(strstr(pv_trail_text(), text[what]));
        assert_int_equal(c.frames, 0);
        link_free(&l);
    }
    link_init(&l, NULL);
    link_record(&l.end[SERVER], 1, 1, UPDATE, "p", 1, 1);
    link_record(&l.end[A], 0, 1, UPDATE, "q", 1, 1);
    CHECK_FAILS(cross(&c, &l), PV_ERR_MISMATCH, "from server to a, frame 1 is the first");
    link_free(&l);
}

/* A view that was cut back behind its owner's signature. */
static void test_cut_short(void **state)
{
    (void)state;
    link_run l;
    pv_view_cross_result c;
    link_init(&l, NULL);
    link_update(&l, A, 1, 3, 1);
    pv_view_position at = pv_view_writer_position(l.end[A].writer);
    link_update(&l, A, 2, 3, 2);
    link_seal(&l, A, 2);
    CHECK_OK(cross(&c, &l));
    assert_true(c.frames == 3 && c.a_only == 0 && c.b_only == 0);
    CHECK_OK(pv_view_resume(&l.end[A].writer, l.end[A].path, &l.end[A].header, &at));
    CHECK_FAILS(cross(&c, &l), PV_ERR_MISMATCH,
                "a signed at step 2 that it had sent 2 and received 0 frames");
    assert_non_null(strstr(pv_trail_text(), "a.view has only 1 and 0: it was cut short"));
    link_free(&l);

    /* nothing is made of a seal that nobody signed */
    link_init(&l, NULL);
    uint8_t bytes[PV_SEAL_BYTES] = {0};
    link_record(&l.end[SERVER], 0, 0, PV_TYPE_SEAL, bytes, sizeof bytes, 1);
    CHECK_FAILS(cross(&c, &l), PV_ERR_AUTH, "the signature of a over seal does not hold");
    link_free(&l);
}

static void test_no_link(void **state)
{
    (void)state;
    link_run l;
    pv_view *v[5];
    char path[5][256];
    pv_view_cross_result c;
    link_init(&l, NULL);
    for (int i = 0; i < 5; i++) {
        char name[] = "0.view";
        pv_view_writer *w;
        pv_view_header h = l.end[i == 0 ? SERVER : A].header;
        pv_view_peer peer[2] = {h.peer[0], h.peer[1]};
        h.peer = peer;
        if (i == 2) h.scenario.byte[3] ^= 1;
        if (i == 3) snprintf(h.party, sizeof h.party, "c");
        if (i == 4) peer[0].key[0] ^= 1;
        name[0] = (char)('0' + i);
        link_name(&l, path[i], name);
        CHECK_OK(pv_view_create(&w, path[i], &h));
        pv_view_writer_free(w);
        CHECK_OK(pv_view_open(&v[i], path[i]));
    }
    CHECK_OK(pv_view_cross(&c, v[0], v[1]));
    CHECK_OK(pv_view_cross(&c, v[1], v[0]));
    CHECK_FAILS(pv_view_cross(&c, v[1], v[1]), PV_ERR_MISMATCH, "both views of a");
    CHECK_FAILS(pv_view_cross(&c, v[0], v[2]), PV_ERR_MISMATCH, "different scenarios");
    CHECK_FAILS(pv_view_cross(&c, v[0], v[3]), PV_ERR_MISMATCH, "no link between server and c");
    CHECK_FAILS(pv_view_cross(&c, v[0], v[4]), PV_ERR_MISMATCH, "same public keys");
    CHECK_FAILS(pv_view_cross(&c, v[4], v[0]), PV_ERR_MISMATCH, "same public keys");
    for (int i = 0; i < 5; i++) pv_view_free(v[i]);
    link_free(&l);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    link_run l;
    pv_status status = PV_OK;
    link_init(&l, NULL);
    link_steps(&l);
    link_close(&l);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_view *a = NULL, *b = NULL;
        pv_view_check check;
        pv_view_cross_result c;
        pv_view_line *line = NULL;
        size_t lines;
        status = pv_view_open(&a, l.end[A].path);
        if (status == PV_OK) status = pv_view_open(&b, l.end[SERVER].path);
        if (status == PV_OK) status = pv_view_verify(&check, b);
        if (status == PV_OK) status = pv_view_cross(&c, a, b);
        if (status == PV_OK) status = pv_view_summary(&line, &lines, b);
        pv_free(line);
        pv_view_free(a);
        pv_view_free(b);
    }
    link_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verified),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_false_hash),
        cmocka_unit_test(test_disagreeing_seals),
        cmocka_unit_test(test_foreign_seal),
        cmocka_unit_test(test_crossed),
        cmocka_unit_test(test_disagreements),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_no_link),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
