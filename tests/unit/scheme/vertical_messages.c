/* What the two parties say beside the boundary's bytes, and the halves they keep: what comes back,
 * and what is refused. */
#include "wire.h"

#include "nn/model_i.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/messages.h"
#include "scheme/vertical/predictions.h"
#include "scheme/vertical/vertical.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEED = 3 };

static pv_vertical_join a_join(void)
{
    static const char boundary[] = "{\"batch\":64}";
    pv_vertical_join j = {.rows = 100, .measured = 20, .boundary = boundary};
    j.boundary_size = sizeof boundary - 1;
    memset(j.nonce, 1, sizeof j.nonce);
    memset(j.model.byte, 2, sizeof j.model.byte);
    return j;
}

static pv_status agree(const pv_vertical_join *peer)
{
    pv_part part[PV_JOIN_PARTS];
    wire w;
    pv_vertical_join own = a_join(), taken;
    memset(own.nonce, 9, sizeof own.nonce);
    wire_send(&w, part, pv_vertical_join_parts(part, peer));
    pv_status status = pv_vertical_join_take(&taken, &w.parts, "join 1 from bank");
    if (status == PV_OK) status = pv_vertical_join_agree(&own, &taken, "join 1 from bank");
    wire_drop(&w);
    return status;
}

static void joining(void **state)
{
    (void)state;
    pv_vertical_join j = a_join();
    CHECK_OK(agree(&j));
    j.rows = -1; /* not its to say */
    CHECK_OK(agree(&j));
    j.rows = 99;
    CHECK_FAILS(agree(&j), PV_ERR_MISMATCH,
                "join 1 from bank: it has 99 training rows, this party has 100");
    j = a_join();
    j.measured = 0;
    CHECK_FAILS(agree(&j), PV_ERR_MISMATCH, "it has 0 rows to measure, this party has 20");
    j = a_join();
    j.model.byte[0] = 0xab;
    CHECK_FAILS(agree(&j), PV_ERR_MISMATCH, "another text of the model (ab02");
    j = a_join();
    j.order.byte[0] = 0xcd;
    CHECK_FAILS(agree(&j), PV_ERR_MISMATCH, "ordered cd00000000000000, this party's by position");
    j = a_join();
    j.half[0] = 0xee;
    CHECK_FAILS(agree(&j), PV_ERR_MISMATCH, "of the training ee00000000000000, this party's of 00");
    j = a_join();
    j.boundary = "{\"batch\":32}";
    CHECK_FAILS(agree(&j), PV_ERR_MISMATCH,
                "its boundary is '{\"batch\":32}', this party's '{\"batch\":64}'");
    j = a_join();
    memset(j.nonce, 9, sizeof j.nonce);
    CHECK_FAILS(agree(&j), PV_ERR_PEER, "this party's own nonce");
    j = a_join();
    j.rows = -2;
    CHECK_FAILS(agree(&j), PV_ERR_PEER, "rows is -2");
    j = a_join();
    j.boundary = "a\nb";
    j.boundary_size = 3;
    CHECK_FAILS(agree(&j), PV_ERR_PEER, "boundary is no text");
    j.boundary_size = 0;
    CHECK_FAILS(agree(&j), PV_ERR_PEER, "0 bytes of boundary");
}

/* Sessions and proofs are bound to scenario and nonces: one bit, another session. */
static void sessions(void **state)
{
    (void)state;
    pv_hash scenario = {{1}};
    uint8_t a[PV_SESSION_BYTES] = {1}, b[PV_SESSION_BYTES] = {2};
    uint8_t one[PV_SESSION_BYTES], two[PV_SESSION_BYTES], context[2][PV_PROOF_CONTEXT];
    /* SHA-256 of "privet/1 vertical/session\0", 01 and 31 zeros, 01 and 15 zeros, 02 and 15 zeros
     */
    static const uint8_t known[8] = {0x21, 0xc7, 0xcd, 0x33, 0x5e, 0x8e, 0x90, 0x12};
    CHECK_OK(pv_vertical_session(one, &scenario, a, b));
    assert_memory_equal(one, known, sizeof known);
    CHECK_OK(pv_vertical_session(two, &scenario, b, a));
    assert_memory_not_equal(one, two, sizeof one);
    scenario.byte[31] = 1;
    CHECK_OK(pv_vertical_session(two, &scenario, a, b));
    assert_memory_not_equal(one, two, sizeof one);
    size_t n = pv_vertical_proof_context(context[0], &scenario, one);
    assert_true(n <= PV_PROOF_CONTEXT);
    assert_int_equal(pv_vertical_proof_context(context[1], &scenario, two), n);
    assert_memory_not_equal(context[0], context[1], n);
    assert_memory_equal(context[0], "privet/1 vertical/key", 21);
}

static void keys(void **state)
{
    (void)state;
    uint8_t n[256] = {1}, proof[16] = {2};
    pv_part part[PV_KEY_PARTS];
    wire w;
    pv_vertical_key k = {.n = n, .n_size = 256, .proof = proof, .proof_size = 16, .safe = 1}, got;
    wire_send(&w, part, pv_vertical_key_parts(part, &k));
    CHECK_OK(pv_vertical_key_take(&got, &w.parts, "key 2 from clinic", 2048));
    assert_true(got.safe == 1 && got.n_size == 256 && got.proof_size == 16 && got.n[0] == 1);
    CHECK_FAILS(pv_vertical_key_take(&got, &w.parts, "key 2 from clinic", 3072), PV_ERR_PEER,
                "a key of 2048 bits; the scenario asks for key_bits = 3072");
    wire_drop(&w);
    k.safe = 2;
    wire_send(&w, part, pv_vertical_key_parts(part, &k));
    CHECK_FAILS(pv_vertical_key_take(&got, &w.parts, "key", 2048), PV_ERR_PEER, "safe is 2");
    wire_drop(&w);
    const uint8_t *data;
    size_t size;
    const pv_part bytes = pv_vertical_bytes_part(proof, 16);
    wire_send(&w, &bytes, 1);
    CHECK_OK(pv_vertical_bytes_take(&data, &size, &w.parts, "enc-samples 5 from clinic"));
    assert_true(size == 16 && data[0] == 2);
    CHECK_FAILS(pv_vertical_key_take(&got, &w.parts, "key", 2048), PV_ERR_PEER, "n");
    wire_drop(&w);
}

static void answers(void **state)
{
    (void)state;
    static const int32_t label[3] = {0, 1, 1}, beyond[3] = {0, 1, 2};
    static const float probability[6] = {0.5f, 0.5f, 0, 1, 0.25f, 0.75f}, wrong[6] = {-0.5f};
    pv_part part[PV_ANSWER_PARTS];
    for (int kind = PV_ANSWER_LABEL; kind <= PV_ANSWER_PROBABILITY; kind++) {
        wire w;
        pv_vertical_answer a = {
            .kind = kind, .rows = 3, .classes = 2, .label = label, .probability = probability};
        pv_vertical_answer got = {.kind = kind, .rows = 3, .classes = 2};
        wire_send(&w, part, pv_vertical_answer_parts(part, &a));
        CHECK_OK(pv_vertical_answer_take(&got, &w.parts, "answer"));
        assert_int_equal(got.label != NULL, kind != PV_ANSWER_PROBABILITY);
        assert_int_equal(got.probability != NULL, kind != PV_ANSWER_LABEL);
        got.rows = 2;
        CHECK_FAILS(pv_vertical_answer_take(&got, &w.parts, "answer"), PV_ERR_PEER, "answer");
        wire_drop(&w);
        a.label = beyond;
        a.probability = wrong;
        got.rows = 3;
        wire_send(&w, part, pv_vertical_answer_parts(part, &a));
        CHECK_FAILS(pv_vertical_answer_take(&got, &w.parts, "answer"), PV_ERR_PEER,
                    kind == PV_ANSWER_PROBABILITY ? "not between 0 and 1" : "label 2 of row 2");
        wire_drop(&w);
    }
}

/* ---- halves */
static pv_model *a_model(void)
{
    static const char text[] = "dense 5\nbatchnorm\nrelu\ndense 4\ntanh\ndense classes\n";
    const pv_model_domain d = {
        .size = sizeof d, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(3), .classes = 2};
    pv_model *m;
    double mean[3] = {1, 2, 3}, std[3] = {1, 2, 4};
    pv_norm norm;
    CHECK_OK(pv_model_parse(&m, text, sizeof text - 1, "net.model", &d, SEED));
    CHECK_OK(pv_norm_make(&norm, mean, std, 3));
    pv_fed_set_norm(m, &norm);
    return m;
}

static void disclosing(void **state)
{
    (void)state;
    pv_model *m = a_model(), *n = a_model();
    pv_vertical_cut cut;
    pv_wide share[4 * 5], got[4 * 5];
    CHECK_OK(pv_vertical_cut_find(&cut, m, 2));
    for (int i = 0; i < 20; i++) share[i] = pv_wide_shl(pv_wide_from(i - 10), 100);
    for (int side = 0; side <= 2; side += 2) {
        pv_vertical_disclosed d;
        wire w;
        for (size_t i = 0; i < n->params; i++)
            memset(n->param[i].value.data, 0, pv_tensor_bytes(&n->param[i].value));
        pv_norm_clear(&n->norm);
        CHECK_OK(pv_vertical_disclosed_init(&d, m, &cut, side, share));
        wire_send(&w, d.part, d.parts);
        CHECK_OK(pv_vertical_disclosed_take(n, got, &cut, side, &w.parts, "disclosed"));
        assert_memory_equal(got, share, sizeof share);
        for (size_t i = 0; i < m->params; i++) {
            const pv_tensor *x = &m->param[i].value, *y = &n->param[i].value;
            int same = memcmp(x->data, y->data, pv_tensor_bytes(x)) == 0;
            if (pv_vertical_side(&cut, m, (int)i) == side) assert_true(same);
            if ((int)i == cut.weight) assert_false(same);
        }
        assert_int_equal(n->norm.n, side == 0 ? 3 : 0);
        CHECK_FAILS(pv_vertical_disclosed_take(n, got, &cut, 2 - side, &w.parts, "disclosed"),
                    PV_ERR_PEER, "disclosed");
        wire_drop(&w);
        pv_vertical_disclosed_clear(&d);
    }
    ((float *)m->param[0].value.data)[1] = NAN;
    pv_vertical_disclosed d;
    wire w;
    CHECK_OK(pv_vertical_disclosed_init(&d, m, &cut, 0, share));
    wire_send(&w, d.part, d.parts);
    CHECK_FAILS(pv_vertical_disclosed_take(n, got, &cut, 0, &w.parts, "disclosed"), PV_ERR_PEER,
                "'dense1.weight' holds a number that is not finite");
    wire_drop(&w);
    pv_vertical_disclosed_clear(&d);
    pv_model_free(m);
    pv_model_free(n);
}

static void halves(void **state)
{
    (void)state;
    char path[] = "/tmp/privet-half-XXXXXX";
    uint8_t share[40] = {5, 6, 7};
    pv_model *m = a_model(), *none;
    pv_vertical_cut cut;
    pv_half got;
    pv_half h = {
        .head = 2,
        .model = m,
        .set = {.batch = 7, .width = 5, .outputs = 4, .lr = 0.05, .clamp = 16, .bits = 2048},
        .session = {1, 2, 3},
        .share = {.data = share, .size = sizeof share}};
    close(mkstemp(path));
    CHECK_OK(pv_vertical_cut_find(&cut, m, 2));
    for (int active = 0; active < 2; active++) {
        h.active = active;
        h.key.byte[0] = 9;
        CHECK_OK(pv_half_save(&h, &cut, path));
        CHECK_OK(pv_half_load(&got, path, active));
        assert_true(got.head == 2 && memcmp(&got.set, &h.set, sizeof h.set) == 0);
        assert_memory_equal(got.session, h.session, sizeof h.session);
        assert_true(pv_hash_equal(&got.key, &h.key) && got.share.size == sizeof share);
        assert_memory_equal(got.share.data, share, sizeof share);
        for (size_t i = 0; i < m->params; i++) {
            const pv_tensor *x = &m->param[i].value, *y = &got.model->param[i].value;
            int own = pv_vertical_side(&cut, m, (int)i) == (active ? 0 : 2);
            for (int64_t k = 0; k < pv_tensor_count(x); k++)
                assert_true(pv_tensor_get(y, k) == (own ? pv_tensor_get(x, k) : 0));
        }
        pv_half_clear(&got);
        CHECK_FAILS(pv_half_load(&got, path, !active), PV_ERR_INPUT,
                    active ? "half of the other party, active"
                           : "half of the other party, passive");
        CHECK_FAILS(pv_model_load(&none, path), PV_ERR_INPUT, "party's half of a model");
    }
    CHECK_OK(pv_model_save(m, path));
    CHECK_FAILS(pv_half_load(&got, path, 1), PV_ERR_INPUT, "it is no half of a model");
    unlink(path);
    CHECK_FAILS(pv_half_load(&got, path, 1), PV_ERR_NOT_FOUND, "no such file");
    pv_model_free(m);
}

/* ---- predictions, kept from step to step */
static void predictions(void **state)
{
    (void)state;
    static const int32_t label[3] = {0, 1, 1};
    static const float probability[3] = {0.5f, 0.75f, 1};
    pv_predictions p = {0}, q = {0};
    pv_bytes bytes;
    const pv_vertical_answer a = {.kind = PV_ANSWER_ROUNDED,
                                  .rows = 3,
                                  .classes = 2,
                                  .label = label,
                                  .probability = probability};
    for (int i = 0; i < 50; i++) CHECK_OK(pv_predictions_add(&p, &a));
    pv_writer w = pv_writer_make("predictions", 1 << 20);
    pv_predictions_save(&p, &w);
    CHECK_OK(pv_writer_take(&w, &bytes));
    pv_reader r = pv_reader_make("predictions", bytes.data, bytes.size);
    CHECK_OK(pv_predictions_load(&q, &r));
    pv_reader_end(&r);
    CHECK_OK(pv_reader_status(&r));
    CHECK_OK(pv_predictions_add(&q, &a));
    assert_int_equal(q.rows, 153);
    for (int i = 0; i < 153; i++)
        assert_true(q.label[i] == label[i % 3] && q.probability[i] == probability[i % 3]);
    pv_predictions_clear(&q);
    r = pv_reader_make("predictions", bytes.data, bytes.size - 1);
    CHECK_FAILS(pv_predictions_load(&q, &r), PV_ERR_TRUNCATED, "probabilities");
    pv_bytes_clear(&bytes);
    pv_predictions_clear(&p);
    pv_predictions_clear(&q);
}

static void out_of_memory(void **state)
{
    (void)state;
    char path[] = "/tmp/privet-half-XXXXXX";
    uint8_t share[8] = {1};
    pv_model *m = a_model();
    pv_vertical_cut cut;
    pv_status status = PV_OK;
    pv_half h = {.head = 1,
                 .active = 1,
                 .model = m,
                 .set = {.batch = 7, .width = 4, .outputs = 2},
                 .share = {.data = share, .size = sizeof share}};
    close(mkstemp(path));
    CHECK_OK(pv_vertical_cut_find(&cut, m, 1));
    CHECK_OUT_OF_MEMORY(status) status = pv_half_save(&h, &cut, path);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_half got;
        status = pv_half_load(&got, path, 1);
        pv_half_clear(&got);
    }
    pv_wide w[4 * 2] = {{{0}}};
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_vertical_disclosed d;
        status = pv_vertical_disclosed_init(&d, m, &cut, 0, w);
        pv_vertical_disclosed_clear(&d);
    }
    unlink(path);
    pv_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joining),     cmocka_unit_test(sessions),      cmocka_unit_test(keys),
        cmocka_unit_test(answers),     cmocka_unit_test(disclosing),    cmocka_unit_test(halves),
        cmocka_unit_test(predictions), cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
