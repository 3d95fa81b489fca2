/* What audits of notes count by: scores worked out by hand, and the runs that controls are. */
#include "noted.h"

/* ---- scores worked out by hand */

static void areas_by_hand(void **state)
{
    (void)state;
    /* class 1 is said of rows 0 and 2; by how sure it is the order for class 1 is 0, 2, 3, 1 */
    int32_t said[4] = {1, 0, 1, 0}, true_label[4] = {1, 0, 0, 1};
    double sure[4] = {0.9, 0.8, 0.3, 0.2};
    pv_guess_item item = {.batch = 4, .label = said, .confidence = sure, .finished = 1};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    pv_score s = {0};
    double right;
    CHECK_OK(pv_answers_init(&a, 1));
    CHECK_OK(pv_answer_set(&a, 0, 4, 0));
    memcpy(a.item[0].label, true_label, sizeof true_label);
    CHECK_OK(pv_labels_leak(&s, &g, &a, NULL, 2, 0));
    assert_true(fabs(s.class[1].auc.auc - 0.75) < 1e-12); /* (1 + 1/2) / 2 */
    assert_int_equal(s.class[1].rows, 2);
    assert_int_equal(s.class[1].right, 1);
    pv_score_clear(&s);
    /* a score of class 1: 0.9 and 0.2 against 0.8 and 0.3: half of the pairs */
    CHECK_OK(pv_labels_leak(&s, &g, &a, NULL, 2, 1));
    assert_true(fabs(s.class[1].auc.auc - 0.5) < 1e-12);
    pv_score_clear(&s);
    /* the wrong way round is as good */
    sure[0] = 0.1;
    CHECK_OK(pv_labels_leak(&s, &g, &a, NULL, 2, 1));
    assert_true(s.class[1].auc.auc == 1);
    assert_true(s.leak_auc == 1);
    pv_score_clear(&s);
    a.item[0].known[3] = 1; /* rows that were known do not count */
    CHECK_OK(pv_labels_chance(&right, &g, &a, 0, 2, 1));
    assert_true(right == 2); /* of three: all said to be of class 0 */
    CHECK_OK(pv_labels_leak(&s, &g, &a, NULL, 2, 0));
    assert_int_equal(s.class[1].rows, 1);
    pv_score_clear(&s);
    pv_answers_clear(&a);
}

static void luck_of_naming_is_chance(void **state)
{
    (void)state;
    /* every row a group of its own and a class of its own: any naming is as right as can be */
    int32_t said[3] = {0, 1, 2};
    pv_guess_item item = {.batch = 3, .label = said, .finished = 1};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    double right;
    CHECK_OK(pv_answers_init(&a, 1));
    CHECK_OK(pv_answer_set(&a, 0, 3, 0));
    for (int i = 0; i < 3; i++) a.item[0].label[i] = i;
    CHECK_OK(pv_labels_chance(&right, &g, &a, 0, 3, 1));
    assert_true(right == 1);
    CHECK_OK(pv_labels_chance(&right, &g, &a, 1, 3, 1));
    assert_true(right == 3);
    pv_answers_clear(&a);
}

/* ---- controls */

static void controls_of_a_rare_class(void **state)
{
    (void)state;
    noted n = {.rows = 64, .batch = 32, .width = 8, .epochs = 1, .classes = 2};
    noted_begin(&n, 1, 0);
    char path[160];
    pv_control_view v;
    pv_notes_plan plan = {.path = noted_file(path, &n, "rare"),
                          .contents = "rare-label-gradient",
                          .model = n.work.model,
                          .batch = 32,
                          .width = 8,
                          .rows = 3000,
                          .known = 2,
                          .positive = 1,
                          .seed = 3};
    CHECK_OK(pv_control_notes_make(&v, &plan));
    int64_t rare = 0, longer = 0;
    assert_int_equal(v.answers.count, 94);
    assert_int_equal(v.known.count, 4);
    for (size_t t = 0; t < v.answers.count; t++) {
        pv_view_payload p;
        CHECK_OK(pv_view_load(&p, v.view, t));
        const float *g = pv_parts_find(&p.parts, "gradient")->data;
        for (int64_t k = 0; k < 32; k++) {
            double square = 0;
            for (int d = 0; d < 8; d++) square += (double)g[k * 8 + d] * g[k * 8 + d];
            rare += v.answers.item[t].label[k];
            longer += v.answers.item[t].label[k] && sqrt(square) * 32 > 0.15;
        }
        pv_view_payload_clear(&p);
    }
    assert_in_range(rare, 150, 600); /* about a tenth of 3,008, as the layer has it */
    assert_true(longer > 9 * rare / 10);
    pv_control_view_clear(&v);
    assert_int_equal(access(plan.path, F_OK), -1);
    noted_end(&n);
}

static int nearest_corner(const pv_control_view *v, int64_t row, int classes)
{
    float x[8];
    int most = 0;
    pv_data_raw(v->known.own_data, row, x);
    for (int k = 1; k < classes; k++)
        if (x[k] > x[most]) most = k;
    return most;
}

static void nothing_of_drawn_labels_is_in_a_negative_control(void **state)
{
    (void)state;
    noted n = {.rows = 64, .batch = 32, .width = 8, .epochs = 1, .classes = 4};
    noted_begin(&n, 1, 0);
    char path[160];
    pv_control_view yes, no;
    pv_notes_plan plan = {.path = noted_file(path, &n, "yes"),
                          .contents = "label-gradient",
                          .model = n.work.model,
                          .batch = 32,
                          .width = 8,
                          .rows = 640,
                          .known = 1,
                          .with_data = 1,
                          .positive = 1,
                          .seed = 3};
    CHECK_OK(pv_control_notes_make(&yes, &plan));
    char other[160];
    plan.path = noted_file(other, &n, "no");
    plan.positive = 0;
    CHECK_OK(pv_control_notes_make(&no, &plan));
    int64_t same = 0, near[2] = {0}, count[2][4] = {{0}};
    for (size_t t = 0; t < 20; t++)
        for (int64_t k = 0; k < 32; k++) {
            int32_t a = yes.answers.item[t].label[k], b = no.answers.item[t].label[k];
            same += a == b;
            count[0][a]++;
            count[1][b]++;
            near[0] += nearest_corner(&yes, (int64_t)t * 32 + k, 4) == a;
            near[1] += nearest_corner(&no, (int64_t)t * 32 + k, 4) == b;
        }
    for (int k = 0; k < 4; k++) assert_int_equal(count[0][k], count[1][k]);
    assert_in_range(same, 110, 210); /* a quarter of 640 */
    assert_int_equal(pv_data_count(yes.known.own_data), 640);
    assert_int_equal(near[0], 640); /* its own samples tell, and tell nothing */
    assert_in_range(near[1], 110, 210);
    pv_control_view_clear(&yes);
    pv_control_view_clear(&no);
    noted_end(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_by_hand),
        cmocka_unit_test(luck_of_naming_is_chance),
        cmocka_unit_test(controls_of_a_rare_class),
        cmocka_unit_test(nothing_of_drawn_labels_is_in_a_negative_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
