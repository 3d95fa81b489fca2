/* A customer's copy of the provider's half: agrees with it on queries it did not learn from, better
 * with more of them; from logits, probabilities and labels; not at all when answers are another
 * network's. */
#include "../cut.h"

#include "attack/extraction/student.h"

static const pv_budget budget = {.seed = 1};

static int answered(const cut *c, int64_t i)
{
    const float *v = c->logits + i * c->known.classes;
    int best = 0;
    for (int k = 1; k < c->known.classes; k++)
        if (v[k] > v[best]) best = k;
    return best;
}

enum { LESSONS = 400, TESTS = 200, WIDTH = 12, CLASSES = 3, BOTH = LESSONS + TESTS };

/* A provider's half that can be seen through: |a|, b, -b of three sums. */
static void draw(float *z, float *score, int32_t *label, pv_answer_kind kind)
{
    pv_rng rng = pv_rng_make(9, PV_STREAM_TEST);
    for (int i = 0; i < BOTH; i++) {
        double a = 0, b = 0, sum = 0, v[CLASSES];
        for (int k = 0; k < WIDTH; k++) {
            z[i * WIDTH + k] = (float)pv_rng_normal(&rng);
            if (k < 4) a += z[i * WIDTH + k];
            if (k >= 4 && k < 8) b += z[i * WIDTH + k];
        }
        v[0] = fabs(a) - 1, v[1] = b, v[2] = -b;
        for (int k = 0; k < CLASSES; k++) sum += exp(v[k]);
        label[i] = 0;
        for (int k = 0; k < CLASSES; k++) {
            if (v[k] > v[label[i]]) label[i] = k;
            score[i * CLASSES + k] =
                (float)(kind == PV_ANSWER_LOGITS ? v[k] : round(100 * exp(v[k]) / sum) / 100);
        }
    }
}

static double agreement(int64_t lessons, pv_answer_kind kind, int mixed)
{
    static float z[BOTH * WIDTH], score[BOTH * CLASSES];
    static int32_t label[BOTH], said[TESTS];
    pv_student s;
    pv_student_options o;
    int right = 0;
    pv_student_defaults(&o);
    o.steps = 600;
    o.hidden = 48;
    draw(z, score, label, kind);
    pv_lessons l = {.n = lessons,
                    .width = WIDTH,
                    .classes = CLASSES,
                    .z = mixed ? z + 7 * WIDTH : z, /* answers to other queries */
                    .kind = kind,
                    .score = score,
                    .label = label};
    CHECK_OK(pv_student_learn(&s, &l, &o, NULL));
    CHECK_OK(pv_student_answer(said, NULL, &s, z + LESSONS * WIDTH, TESTS));
    for (int i = 0; i < TESTS; i++) right += said[i] == label[LESSONS + i];
    pv_student_clear(&s);
    return (double)right / TESTS;
}

static void more_answers_make_a_better_copy(void **state)
{
    (void)state;
    for (int kind = PV_ANSWER_LOGITS; kind <= PV_ANSWER_LABELS; kind++) {
        double few = agreement(40, (pv_answer_kind)kind, 0),
               many = agreement(LESSONS, (pv_answer_kind)kind, 0),
               none = agreement(LESSONS, (pv_answer_kind)kind, 1);
        print_message("kind %d: 40 queries %.3f, %d queries %.3f; others' answers %.3f\n", kind,
                      few, LESSONS, many, none);
        assert_true(many > 0.85 && many > few && none < 0.55);
    }
}

static void a_customer_copies_its_provider(void **state)
{
    (void)state;
    cut c;
    pv_guess g, again;
    const pv_attack_option quick[] = {{"steps", "600"}, {"hidden", "64"}};
    int right = 0;
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 4, 8);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "alice", 1);
    CHECK_OK(cut_attack(&g, &pv_attack_student, &c, view, "server", 4, quick, 2, &budget));
    assert_int_equal(g.item->batch, cut_rows(4));
    for (int64_t i = 0; i < g.item->batch; i++)
        right += g.item->label[i] == answered(&c, 2 * CUT_BATCH + i);
    print_message("%d of %d after 48 queries\n", right, (int)g.item->batch);
    assert_true(right >= 13 && g.item->finished && g.item->x == NULL); /* of 16 */
    CHECK_OK(cut_attack(&again, &pv_attack_student, &c, view, "server", 4, quick, 2, &budget));
    assert_memory_equal(g.item->confidence, again.item->confidence,
                        (size_t)g.item->batch * sizeof *g.item->confidence);
    pv_guess_clear(&again);
    const pv_budget hurry = {.seed = 1, .seconds = 1e-9}; /* nor a curve */
    CHECK_OK(cut_attack(&again, &pv_attack_student, &c, view, "server", 4, quick, 2, &hurry));
    assert_true(!again.item->finished && again.tries == 0);
    pv_guess_clear(&again);
    pv_guess_clear(&g);
    recorded_free(&c.view);
    cut_end(&c);
}

static const pv_view *told(cut *c, const pv_part *answer, int both)
{
    int64_t bytes = (int64_t)pv_activation_bytes(&c->form);
    uint8_t *z = pv_calloc(2, (size_t)bytes);
    assert_non_null(z);
    const pv_part q = {"z", PV_U8, PV_SHAPE(2, bytes), z};
    recorded_begin(&c->view, "alice");
    for (uint64_t step = 2; step <= 3; step++) {
        recorded_add(&c->view, PV_VIEW_SENT, 0, RECORDED_ACTIVATION, step, &q, 1, 1);
        if (step == 2 || both)
            recorded_add(&c->view, PV_VIEW_RECEIVED, 0, RECORDED_ANSWER, step, answer, 1, 1);
    }
    pv_free(z);
    return recorded_open(&c->view);
}

static void what_is_missing_or_broken(void **state)
{
    (void)state;
    cut c;
    pv_guess g;
    const pv_attack *a = &pv_attack_student;
    const pv_attack_option quick[] = {{"steps", "5"}, {"queries", "10"}};
    const float logits[6] = {1, 2, NAN, 0, 1, 2};
    const int32_t label[2] = {1, 2};
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 0, 8);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "alice", 0);
    CHECK_OK(cut_attack(&g, a, &c, view, "server", 2, quick, 2, &budget)); /* step 4 is left */
    pv_guess_clear(&g);
    CHECK_FAILS(cut_attack(&g, a, &c, view, "server", 3, quick, 2, &budget), PV_ERR_NOT_FOUND,
                "the retention");
    CHECK_FAILS(cut_attack(&g, a, &c, view, "bob", 2, quick, 2, &budget), PV_ERR_NOT_FOUND,
                "no query to bob");
    recorded_free(&c.view);
    view =
        cut_record(&c, "server", 1); /* what the provider received is not the customer's to ask */
    CHECK_FAILS(cut_attack(&g, a, &c, view, "alice", 2, quick, 2, &budget), PV_ERR_NOT_FOUND,
                "no query to alice");
    recorded_free(&c.view);
    const pv_part nan = {"logits", PV_F32, PV_SHAPE(2, 2), logits},
                  narrow = {"logits", PV_F32, PV_SHAPE(1, 2), logits},
                  beyond = {"label", PV_I32, PV_SHAPE(2), label},
                  none = {"score", PV_F32, PV_SHAPE(2, 2), logits};
    const struct {
        const pv_part *part;
        pv_status status;
        const char *text;
    } bad[] = {{&nan, PV_ERR_RANGE, "not finite"},
               {&narrow, PV_ERR_PEER, "the answer of step 2"},
               {&beyond, PV_ERR_RANGE, "label 2 of 2 classes"},
               {&none, PV_ERR_PEER, "label"}};
    for (int i = 0; i < 4; i++) {
        view = told(&c, bad[i].part, 1);
        CHECK_FAILS(cut_attack(&g, a, &c, view, "server", 3, quick, 2, &budget), bad[i].status,
                    bad[i].text);
        recorded_free(&c.view);
    }
    view = told(&c, &beyond, 0); /* the other query was never answered */
    CHECK_FAILS(cut_attack(&g, a, &c, view, "server", 2, quick, 2, &budget), PV_ERR_NOT_FOUND,
                "with its answer");
    recorded_free(&c.view);
    cut_end(&c);
}

static void memory_runs_out(void **state)
{
    (void)state;
    cut c;
    pv_status status;
    const pv_attack_option quick[] = {{"steps", "1"}, {"hidden", "2"}};
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 2, 0, 4);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "alice", 1);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_guess g;
        status = cut_attack(&g, &pv_attack_student, &c, view, "server", 4, quick, 2, &budget);
        if (status == PV_OK) pv_guess_clear(&g);
    }
    recorded_free(&c.view);
    cut_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_answers_make_a_better_copy),
        cmocka_unit_test(a_customer_copies_its_provider),
        cmocka_unit_test(what_is_missing_or_broken),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
