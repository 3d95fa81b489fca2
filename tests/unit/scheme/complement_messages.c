/* What crosses between provider and customer: what comes back, and what is refused. */
#include "wire.h"

#include "scheme/complement/answers.h"
#include "scheme/complement/secrets.h"
#include <math.h>
#include <stdlib.h>

static pv_status join(pv_query_join *taken, const pv_query_join *sent, size_t parts)
{
    pv_part part[PV_QUERY_JOIN_PARTS + 1];
    wire w;
    pv_query_join_parts(part, sent);
    part[PV_QUERY_JOIN_PARTS] = (pv_part){.name = "more", .dtype = PV_U8, .shape = PV_SHAPE(0)};
    wire_send(&w, part, parts);
    pv_status status = pv_query_join_take(taken, &w.parts, "join 1 from bank");
    wire_drop(&w);
    return status;
}

static void joining(void **state)
{
    (void)state;
    pv_query_join j = {.rows = 100, .truth = {{1}}, .binding = {{2}}}, taken;
    CHECK_OK(join(&taken, &j, PV_QUERY_JOIN_PARTS));
    assert_memory_equal(&taken, &j, sizeof j);
    for (int i = 0; i < 2; i++) {
        j.rows = i == 0 ? 0 : (INT64_C(1) << 40) + 1;
        CHECK_FAILS(join(&taken, &j, PV_QUERY_JOIN_PARTS), PV_ERR_PEER,
                    "join 1 from bank: rows is");
    }
    j.rows = 1;
    CHECK_FAILS(join(&taken, &j, PV_QUERY_JOIN_PARTS + 1), PV_ERR_PEER, "4 tensors, 3 were");
    CHECK_FAILS(join(&taken, &j, PV_QUERY_JOIN_PARTS - 1), PV_ERR_PEER, "binding");
}

static void terms(void **state)
{
    (void)state;
    static const uint8_t form[5] = {1, 2, 3, 4, 5};
    pv_query_terms t = {.binding = {{7}}, .form = form, .form_size = 5, .follows = 1}, taken;
    pv_part part[PV_QUERY_TERMS_PARTS];
    wire w;
    pv_query_terms_parts(part, &t);
    wire_send(&w, part, PV_QUERY_TERMS_PARTS);
    CHECK_OK(pv_query_terms_take(&taken, &w.parts, "terms"));
    assert_int_equal(taken.form_size, 5);
    assert_memory_equal(taken.form, form, 5);
    assert_int_equal(taken.follows, 1);
    assert_int_equal(taken.binding.byte[0], 7);
    wire_drop(&w);
    t.follows = 2;
    wire_send(&w, part, PV_QUERY_TERMS_PARTS);
    CHECK_FAILS(pv_query_terms_take(&taken, &w.parts, "terms"), PV_ERR_PEER, "follows is 2");
    wire_drop(&w);
    t.follows = 0;
    t.form_size = 0;
    pv_query_terms_parts(part, &t);
    wire_send(&w, part, PV_QUERY_TERMS_PARTS);
    CHECK_FAILS(pv_query_terms_take(&taken, &w.parts, "terms"), PV_ERR_PEER, "0 bytes of form");
    wire_drop(&w);
    t.form_size = 5;
    pv_query_terms_parts(part, &t);
    wire_send(&w, part, 2);
    CHECK_FAILS(pv_query_terms_take(&taken, &w.parts, "terms"), PV_ERR_PEER, "follows");
    wire_drop(&w);
}

static void activations(void **state)
{
    (void)state;
    uint8_t z[12] = {9, 8, 7};
    const uint8_t *taken;
    wire w;
    pv_part part = pv_query_activation_part(z, 3, 4);
    wire_send(&w, &part, 1);
    CHECK_OK(pv_query_activation_take(&taken, &w.parts, "activation 2 from bank", 3, 4));
    assert_memory_equal(taken, z, sizeof z);
    CHECK_FAILS(pv_query_activation_take(&taken, &w.parts, "activation 2 from bank", 4, 3),
                PV_ERR_PEER, "activation 2 from bank");
    CHECK_FAILS(pv_query_activation_take(&taken, &w.parts, "activation 2 from bank", 3, 5),
                PV_ERR_PEER, "z");
    wire_drop(&w);
    part.dtype = PV_F32;
    part.shape = PV_SHAPE(3, 1);
    wire_send(&w, &part, 1);
    CHECK_FAILS(pv_query_activation_take(&taken, &w.parts, "activation", 3, 4), PV_ERR_PEER, "z");
    wire_drop(&w);
    const pv_bytes file = {.data = z, .size = 12};
    part = pv_query_half_part(&file);
    wire_send(&w, &part, 1);
    size_t size;
    CHECK_OK(pv_query_half_take(&taken, &size, &w.parts, "half"));
    assert_int_equal(size, 12);
    wire_drop(&w);
    part.shape = PV_SHAPE(0);
    wire_send(&w, &part, 1);
    CHECK_FAILS(pv_query_half_take(&taken, &size, &w.parts, "half"), PV_ERR_PEER,
                "0 bytes of file");
    wire_drop(&w);
}

static pv_status answer(const pv_query_answer *sent, int answers, int64_t rows, int64_t classes)
{
    const pv_part part = pv_query_answer_part(sent);
    pv_query_answer a = {.answers = answers, .rows = rows, .classes = classes};
    wire w;
    wire_send(&w, &part, 1);
    pv_status status = pv_query_answer_take(&a, &w.parts, "answer 2 from lab");
    if (status == PV_OK) {
        assert_int_equal(a.label != NULL, answers == PV_QUERY_LABEL);
        assert_int_equal(a.score != NULL, answers != PV_QUERY_LABEL);
    }
    wire_drop(&w);
    return status;
}

static void answers(void **state)
{
    (void)state;
    float score[6] = {0.25f, 0.75f, 0, 1, 0.5f, 0.5f};
    int32_t label[3] = {0, 1, 1};
    const pv_query_answer logits = {PV_QUERY_LOGITS, 3, 2, score, NULL};
    const pv_query_answer rounded = {PV_QUERY_ROUNDED, 3, 2, score, NULL};
    const pv_query_answer labels = {PV_QUERY_LABEL, 3, 2, NULL, label};
    CHECK_OK(answer(&logits, PV_QUERY_LOGITS, 3, 2));
    CHECK_OK(answer(&rounded, PV_QUERY_ROUNDED, 3, 2));
    CHECK_OK(answer(&labels, PV_QUERY_LABEL, 3, 2));
    /* one form where another was agreed on, another batch, other classes */
    CHECK_FAILS(answer(&logits, PV_QUERY_LABEL, 3, 2), PV_ERR_PEER, "label");
    CHECK_FAILS(answer(&logits, PV_QUERY_ROUNDED, 3, 2), PV_ERR_PEER, "probability");
    CHECK_FAILS(answer(&logits, PV_QUERY_LOGITS, 2, 3), PV_ERR_PEER, "logits");
    CHECK_FAILS(answer(&labels, PV_QUERY_LABEL, 2, 2), PV_ERR_PEER, "label");
    label[2] = 2;
    CHECK_FAILS(answer(&labels, PV_QUERY_LABEL, 3, 2), PV_ERR_PEER,
                "row 2 has the label 2; from 0 to 1");
    label[2] = -1;
    CHECK_FAILS(answer(&labels, PV_QUERY_LABEL, 3, 2), PV_ERR_PEER, "the label -1");
    score[3] = 1.5f;
    CHECK_OK(answer(&logits, PV_QUERY_LOGITS, 3, 2));
    CHECK_FAILS(answer(&rounded, PV_QUERY_ROUNDED, 3, 2), PV_ERR_PEER,
                "row 1 has a probability of 1.5");
    score[3] = NAN;
    CHECK_FAILS(answer(&logits, PV_QUERY_LOGITS, 3, 2), PV_ERR_PEER, "row 1 has a logit of nan");
}

static pv_status refusal(char out[PV_REFUSAL_TEXT], const char *reason, size_t size)
{
    const pv_part part = {
        .name = "reason", .dtype = PV_U8, .shape = PV_SHAPE((int64_t)size), .data = reason};
    wire w;
    wire_send(&w, &part, 1);
    pv_status status = pv_query_refusal_take(out, &w.parts, "refusal 1 from lab");
    wire_drop(&w);
    return status;
}

static void refusals(void **state)
{
    (void)state;
    char text[PV_REFUSAL_TEXT], out[PV_REFUSAL_TEXT], big[2 * PV_REFUSAL_TEXT];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    pv_query_refusal_text(text, "over budget\nand \x1b[31mred");
    assert_string_equal(text, "over budget?and ?[31mred");
    CHECK_OK(refusal(out, text, strlen(text)));
    assert_string_equal(out, text);
    pv_query_refusal_text(text, "");
    assert_string_equal(text, "?");
    pv_query_refusal_text(text, big);
    assert_int_equal(strlen(text), PV_REFUSAL_TEXT - 1);
    CHECK_OK(refusal(out, text, strlen(text)));
    CHECK_FAILS(refusal(out, big, PV_REFUSAL_TEXT), PV_ERR_PEER,
                "1024 bytes of reason; from 1 to 1023");
    CHECK_FAILS(refusal(out, "a\nb", 3), PV_ERR_PEER, "is no text");
    CHECK_FAILS(refusal(out, "", 0), PV_ERR_PEER, "0 bytes of reason");
}

/* secrets.csv, by kind; what is no such file is refused with its line. */
static pv_status parse(pv_secret_value **s, int64_t *rows, int kind, const char *text)
{
    static const pv_secret_plan plan[] = {
        {.kind = PV_SECRET_COMPLEMENT, .form = PV_SECRET_PLANE, .classes = 2, .alpha = 1},
        {.kind = PV_SECRET_OFFSET, .form = PV_SECRET_PLANE, .classes = 10, .alpha = 1},
        {.kind = PV_SECRET_PERMUTATION, .form = PV_SECRET_PLANE, .classes = 3, .alpha = 1}};
    return pv_complement_secrets_parse(s, rows, "secrets.csv", text, strlen(text), &plan[kind]);
}

static void secrets(void **state)
{
    (void)state;
    static const struct {
        int kind;
        const char *text, *says;
    } bad[] = {{0, "", "secrets.csv:1: \"row,secret\" was expected"},
               {0, "row,label\n0,1\n", "secrets.csv:1: "},
               {0, "row,secret\n0,2\n", "secrets.csv:2: row 0 and its complement over 2 classes"},
               {1, "row,secret\n0,3\n2,3\n", "secrets.csv:3: row 1 and its offset over 10"},
               {1, "row,secret\n0,3\n1,-1\n", "secrets.csv:3: "},
               {1, "row,secret\n0,03\n", "secrets.csv:2: "},
               {1, "row,secret\n0,3", "secrets.csv:2: "},
               {1, "row,secret\n0,3\n\n", "secrets.csv:3: "},
               {1, "row,secret\n0,3 4\n", "secrets.csv:2: "},
               {1, "row,secret\n0,18446744073709551619\n", "secrets.csv:2: "},
               {2, "row,secret\n0,0 1 1\n", "secrets.csv:2: row 0 and its permutation over 3"},
               {2, "row,secret\n0,0 1\n", "secrets.csv:2: "}};
    pv_secret_value *s;
    int64_t rows;
    pv_status status;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS(parse(&s, &rows, bad[i].kind, bad[i].text), PV_ERR_FORMAT, bad[i].says);
        assert_null(s);
    }
    CHECK_OK(parse(&s, &rows, 1, "row,secret\n0,3\n1,0\n"));
    assert_int_equal(rows, 2);
    assert_int_equal(pv_secret_hide(&s[0], 9), 2);
    assert_int_equal(pv_secret_hide(&s[1], 9), 9);
    pv_free(s);
    CHECK_OK(parse(&s, &rows, 2, "row,secret\n0,2 0 1\n"));
    assert_int_equal(rows, 1);
    assert_int_equal(pv_secret_hide(&s[0], 0), 2);
    pv_free(s);
    CHECK_OK(parse(&s, &rows, 0, "row,secret\n"));
    assert_int_equal(rows, 0);
    pv_free(s);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = parse(&s, &rows, 0, "row,secret\n0,1\n1,0\n");
        if (status == PV_OK) pv_free(s);
    }
}

/* Made of logits, turned back by an offset of 1 and by none. */
static void made_and_opened(void **state)
{
    (void)state;
    const pv_secret_plan plan = {
        .kind = PV_SECRET_OFFSET, .form = PV_SECRET_PLANE, .classes = 3, .alpha = 1};
    /* softmax: 1/4, 1/2, 1/4 and 0.001, 0.499.., 0.499.. */
    const float logits[6] = {0, logf(2), 0, -6.2146f, 0, 0};
    static const float rounded[6] = {0.25f, 0.5f, 0.25f, 0, 0.5f, 0.5f};
    static const int32_t answered[2] = {1, 1}, truth[2] = {0, 1};
    pv_secret_value secret[2];
    float score[6], probability[2];
    int32_t label[2], opened[2];
    CHECK_OK(pv_secret_of(&secret[0], &plan, 1));
    CHECK_OK(pv_secret_of(&secret[1], &plan, 0));
    for (int answers = PV_QUERY_LOGITS; answers <= PV_QUERY_LABEL; answers++) {
        pv_query_answer a = {.answers = answers, .rows = 2, .classes = 3};
        pv_query_answer_make(&a, logits, score, label);
        if (answers == PV_QUERY_ROUNDED) assert_memory_equal(a.score, rounded, sizeof rounded);
        if (answers == PV_QUERY_LABEL) assert_memory_equal(a.label, answered, sizeof answered);
        assert_int_equal((a.score == logits), answers == PV_QUERY_LOGITS);
        pv_query_answer_open(opened, probability, &a, &plan, secret);
        assert_memory_equal(opened, truth, sizeof truth);
        for (int i = 0; i < 2; i++)
            if (answers == PV_QUERY_LABEL)
                assert_true(isnan(probability[i]));
            else
                assert_true(fabs((double)probability[i] - 0.5) < 0.001);
    }
}

/* Of equal scores the first label's is taken, wherever they came: what an offset of each value
 * makes of them, and of zeros with either sign. */
static void ties(void **state)
{
    (void)state;
    const pv_secret_plan plan = {
        .kind = PV_SECRET_OFFSET, .form = PV_SECRET_PLANE, .classes = 4, .alpha = 1};
    static const float true_order[3][4] = {{1, 3, 2, 3}, {-1, -0.0f, 0, -2}, {5, 5, 5, 5}};
    static const int32_t first[3] = {1, 1, 0};
    for (int64_t by = 0; by < 4; by++)
        for (int c = 0; c < 3; c++) {
            pv_secret_value secret;
            float score[4], probability;
            int32_t label;
            CHECK_OK(pv_secret_of(&secret, &plan, by));
            for (int l = 0; l < 4; l++) score[pv_secret_hide(&secret, l)] = true_order[c][l];
            const pv_query_answer a = {PV_QUERY_LOGITS, 1, 4, score, NULL};
            pv_query_answer_open(&label, &probability, &a, &plan, &secret);
            assert_int_equal(label, first[c]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(joining),         cmocka_unit_test(terms),
                                       cmocka_unit_test(activations),     cmocka_unit_test(answers),
                                       cmocka_unit_test(refusals),        cmocka_unit_test(secrets),
                                       cmocka_unit_test(made_and_opened), cmocka_unit_test(ties)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
