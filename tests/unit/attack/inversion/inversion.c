/* Features read off logits: logistic regression between two parties. */
#include "../split.h"

#include "attack/inversion/gram.h"
#include "attack/inversion/inversion.h"

static const split_plan small = {.rows = 24,
                                 .batch = 8,
                                 .width = 6,
                                 .epochs = 30,
                                 .classes = 3,
                                 .weights = 0.3,
                                 .features = 1,
                                 .lr = 0.1,
                                 .seed = 5};

/* Scores in double, as they were before they were noted. */
static void precise_scores(pv_scores *out, const split *s, const double *z)
{
    int64_t m = s->plan.batch;
    CHECK_OK(pv_scores_room(out, s->steps * m, s->steps, s->plan.classes));
    for (int64_t i = 0; i < s->steps * m; i++) out->index[i] = s->order[i];
    for (int64_t t = 0; t < s->steps; t++) {
        out->first[t + 1] = (t + 1) * m;
        out->number[t] = (uint64_t)t + 1;
        out->lr[t] = s->plan.lr;
    }
    memcpy(out->z, z, (size_t)(s->steps * m * s->plan.classes) * sizeof *z);
    CHECK_OK(pv_scores_name(out));
}

static double inner(const split *s, int64_t i, int64_t k)
{
    double sum = 0;
    for (int64_t p = 0; p < s->plan.width; p++)
        sum += (double)s->a[i * s->plan.width + p] * s->a[k * s->plan.width + p];
    return sum;
}

static double gram_error(split_plan plan)
{
    split s;
    double *z, worst = 0, largest = 0, loss;
    pv_scores scores;
    split_train(&s, &plan, NULL, NULL, &z);
    precise_scores(&scores, &s, z);
    const pv_gram_settings set = {.batch = (double)plan.batch,
                                  .momentum = plan.momentum,
                                  .decay = plan.decay,
                                  .tolerance = 1e-14};
    double *gram = pv_alloc((size_t)(plan.rows * plan.rows), sizeof *gram);
    assert_non_null(gram);
    CHECK_OK(pv_gram_solve(gram, &loss, &scores, s.label, &set, NULL));
    for (int64_t i = 0; i < plan.rows; i++)
        for (int64_t k = 0; k < plan.rows; k++) {
            worst = fmax(worst, fabs(gram[i * plan.rows + k] - inner(&s, i, k)));
            largest = fmax(largest, fabs(inner(&s, i, k)));
        }
    print_message("gram of %d rows, %d epochs, momentum %g, decay %g: off by %.2g of %.3g, loss "
                  "%.2g\n",
                  (int)plan.rows, (int)plan.epochs, plan.momentum, plan.decay, worst, largest,
                  loss);
    pv_free(gram);
    pv_free(z);
    pv_scores_clear(&scores);
    split_clear(&s);
    return worst / largest;
}

static void inner_products(void **state)
{
    (void)state;
    split_plan plan = small;
    assert_true(gram_error(plan) < 1e-9);
    plan.momentum = 0.9;
    plan.decay = 0.001;
    assert_true(gram_error(plan) < 1e-9);
}

typedef struct outcome {
    double error, of_mean, loss; /* mean square over unknown rows; of guessing the known mean */
} outcome;

static void attack(outcome *out, const pv_attack *a, const split *s, const pv_view *view,
                   int64_t known, const pv_attack_option *option, int options)
{
    int64_t d = s->plan.width, *row = pv_alloc((size_t)known, sizeof *row);
    float *x = pv_alloc((size_t)known, (size_t)d * sizeof *x);
    double *mean = pv_calloc((size_t)d, sizeof *mean), n = 0;
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = PV_DATA_TABLE,
                              .sample = PV_SHAPE(d),
                              .classes = s->plan.classes};
    pv_model *m;
    pv_guess g;
    CHECK_OK(pv_model_parse(&m, "dense classes\n", 14, "net.model", &domain, 1));
    for (int64_t i = 0; i < known; i++) {
        row[i] = i;
        memcpy(x + i * d, s->a + i * d, (size_t)d * sizeof *x);
        for (int64_t k = 0; k < d; k++) mean[k] += x[i * d + k] / (double)known;
    }
    const pv_public public = {.model = m,
                              .classes = s->plan.classes,
                              .known_row = row,
                              .known_x = x,
                              .known = known,
                              .own_label = s->label,
                              .own = s->plan.rows,
                              .lr = s->plan.lr,
                              .momentum = s->plan.momentum,
                              .decay = s->plan.decay,
                              .batch = s->plan.batch};
    int64_t each = s->plan.rows / s->plan.batch;
    pv_attack_target *target = pv_calloc((size_t)each, sizeof *target);
    for (int64_t i = 0; i < each; i++)
        target[i] = (pv_attack_target){.victim = "alice", .step = (uint64_t)i + 1};
    CHECK_OK(pv_guess_init(&g, (size_t)each));
    CHECK_OK(a->run(&g, &view, 1, &public, target, (size_t)each, option, options,
                    &(pv_budget){.seed = 1}, NULL));
    *out = (outcome){.loss = g.item[0].loss};
    for (int64_t i = 0; i < each * s->plan.batch; i++) {
        int64_t r = s->order[i];
        if (r < known) continue;
        for (int64_t k = 0; k < d; k++) {
            double e = g.item[i / s->plan.batch].x[i % s->plan.batch * d + k] - s->a[r * d + k];
            double b = mean[k] - s->a[r * d + k];
            out->error += e * e;
            out->of_mean += b * b;
            n++;
        }
    }
    out->error /= n;
    out->of_mean /= n;
    pv_guess_clear(&g);
    pv_model_free(m);
    pv_free(row);
    pv_free(x);
    pv_free(mean);
    pv_free(target);
}

static outcome measure(const pv_attack *a, const split_plan *plan, int64_t known)
{
    recorded r;
    split s;
    outcome out;
    recorded_begin(&r, "bob");
    split_train(&s, plan, NULL, &r, NULL);
    attack(&out, a, &s, recorded_open(&r), known, NULL, 0);
    split_clear(&s);
    recorded_free(&r);
    print_message("%s, %d of %d rows known: mean square %.3g, of their mean %.3g; loss %.3g\n",
                  a->name, (int)known, (int)plan->rows, out.error, out.of_mean, out.loss);
    return out;
}

/* The rows' logits stay as they were, but belong to others: nothing to be found. */
static double of_others(const pv_attack *a, split_plan plan, int64_t known)
{
    recorded r;
    split s;
    outcome out;
    pv_rng rng = pv_rng_make(9, PV_STREAM_TEST);
    recorded_begin(&r, "bob");
    split_train(&s, &plan, NULL, &r, NULL);
    for (int64_t i = 0; i < plan.rows * plan.width; i++) /* the known are wrong, and so the rest */
        s.a[i] = (float)fabs(pv_rng_normal(&rng));
    attack(&out, a, &s, recorded_open(&r), known, NULL, 0);
    split_clear(&s);
    recorded_free(&r);
    return out.error / out.of_mean;
}

static void controls(void **state)
{
    (void)state;
    split_plan plan = small;
    double gram = of_others(&pv_attack_gram, plan, 8), regression;
    plan.rows = 200;
    plan.batch = 20;
    regression = of_others(&pv_attack_regression, plan, 60);
    print_message("without anything to find: gram %.3g, regression %.3g times the mean's error\n",
                  gram, regression);
    assert_true(gram > 0.7 && regression > 0.7);
}

static void features_from_inner_products(void **state)
{
    (void)state;
    split_plan plan = small;
    plan.lr = 1;
    outcome o = measure(&pv_attack_gram, &plan, 8);
    assert_true(o.error < 0.01 * o.of_mean);
    plan.epochs = 100;
    measure(&pv_attack_gram, &plan, 8);
    plan.momentum = 0.9;
    measure(&pv_attack_gram, &plan, 8);
    plan.rows = 120;
    plan.batch = 20;
    measure(&pv_attack_gram, &plan, 8);
}

static void by_regression(void **state)
{
    (void)state;
    split_plan plan = small;
    plan.rows = 200;
    plan.batch = 20;
    plan.momentum = 0.9;
    outcome o = measure(&pv_attack_regression, &plan, 60);
    assert_true(o.error < 0.5 * o.of_mean);
    measure(&pv_attack_regression, &plan, 10);
}

/* ---- what does not fit, and memory */

static pv_status run_on(const pv_attack *a, const pv_view *view, const pv_public *known,
                        uint64_t step)
{
    pv_guess g;
    const pv_attack_target t = {.victim = "alice", .step = step};
    pv_status status = pv_guess_init(&g, 1);
    if (status == PV_OK)
        status = a->run(&g, &view, 1, known, &t, 1, NULL, 0, &(pv_budget){.seed = 1}, NULL);
    pv_guess_clear(&g);
    return status;
}

static pv_model *table_of(int64_t width)
{
    pv_model *m;
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(width), .classes = 2};
    CHECK_OK(pv_model_parse(&m, "dense classes\n", 14, "net.model", &domain, 1));
    return m;
}

static void what_does_not_fit(void **state)
{
    (void)state;
    static const int64_t index[2] = {0, 1}, far[1] = {99};
    static const float z[4] = {1, 2, 3, 4}, wild[4] = {1, NAN, 3, 4}, x[2] = {1, 2};
    static const int32_t label[2] = {0, 1}, strange[2] = {0, 2};
    static const double lr = 0.1, none = 0, negative = -1;
    pv_model *m = table_of(2);
    pv_public known = {.model = m,
                       .classes = 2,
                       .known_row = index,
                       .known_x = x,
                       .known = 1,
                       .own_label = label,
                       .own = 2,
                       .batch = 2};
    for (int kind = 0; kind < 6; kind++) {
        recorded r;
        const pv_part part[3] = {
            {"index", PV_I64, PV_SHAPE(2), index},
            {"logits", PV_F32, kind == 1 ? PV_SHAPE(4) : PV_SHAPE(2, 2), kind == 2 ? wild : z},
            {"lr", PV_F64, PV_SHAPE(1),
             kind == 3   ? &none
             : kind == 4 ? &negative
                         : &lr}};
        recorded_begin(&r, "bob");
        recorded_add(&r, PV_VIEW_DERIVED, PV_VIEW_NO_PEER, RECORDED_LOGITS, 1, part, 3, kind != 5);
        const pv_view *view = recorded_open(&r);
        const pv_attack *a = &pv_attack_gram;
        static const char *const message[] = {"",
                                              "logits noted at step 1",
                                              "value 1 is not finite",
                                              "not of training steps",
                                              "a learning rate of -1",
                                              "must be \"full\""};
        if (kind == 0) {
            CHECK_OK(run_on(a, view, &known, 1));
            CHECK_FAILS(run_on(a, view, &known, 2), PV_ERR_NOT_FOUND, "training step 2");
            pv_public other = known;
            other.known_x = NULL;
            CHECK_FAILS(run_on(a, view, &other, 1), PV_ERR_USAGE, "there are none");
            CHECK_FAILS(run_on(&pv_attack_regression, view, &other, 1), PV_ERR_USAGE,
                        "there are none");
            other = known;
            other.known_row = far;
            CHECK_FAILS(run_on(a, view, &other, 1), PV_ERR_USAGE, "none of the 1 known rows");
            other = known;
            other.own_label = strange;
            CHECK_FAILS(run_on(a, view, &other, 1), PV_ERR_RANGE, "row 1 has no label");
            other.own_label = NULL;
            CHECK_FAILS(run_on(a, view, &other, 1), PV_ERR_USAGE, "own labels");
        } else
            CHECK_FAILS(run_on(a, view, &known, 1),
                        kind == 1                ? PV_ERR_PEER
                        : kind == 2 || kind == 4 ? PV_ERR_RANGE
                                                 : PV_ERR_NOT_FOUND,
                        message[kind]);
        recorded_free(&r);
    }
    recorded r;
    recorded_begin(&r, "bob");
    CHECK_FAILS(run_on(&pv_attack_regression, recorded_open(&r), &known, 1), PV_ERR_NOT_FOUND,
                "what bob saw holds no logits");
    recorded_free(&r);
    pv_model_free(m);
}

static void out_of_memory(void **state)
{
    (void)state;
    static const pv_attack *const each[] = {&pv_attack_gram, &pv_attack_regression};
    static const int64_t row[3] = {0, 1, 2};
    split_plan plan = {.rows = 8,
                       .batch = 4,
                       .width = 2,
                       .epochs = 3,
                       .classes = 2,
                       .weights = 0.3,
                       .features = 0.5,
                       .lr = 0.1,
                       .seed = 4};
    recorded r;
    split s;
    pv_model *m = table_of(2);
    recorded_begin(&r, "bob");
    split_train(&s, &plan, NULL, &r, NULL);
    const pv_public known = {.model = m,
                             .classes = 2,
                             .known_row = row,
                             .known_x = s.a,
                             .known = 3,
                             .own_label = s.label,
                             .own = 8,
                             .batch = 4};
    const pv_view *view = recorded_open(&r);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        pv_status status = PV_OK;
        CHECK_OUT_OF_MEMORY(status)
        {
            status = run_on(each[i], view, &known, 1);
        }
    }
    pv_model_free(m);
    split_clear(&s);
    recorded_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner_products),    cmocka_unit_test(features_from_inner_products),
        cmocka_unit_test(by_regression),     cmocka_unit_test(controls),
        cmocka_unit_test(what_does_not_fit), cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
