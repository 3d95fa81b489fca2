/* Labels read off gradients at the cut. Features and noise as in a public experiment: relu of a
 * class mean plus noise, one known label a class; noise ratios are of the longest gradient. */
#include "../split.h"

#include "attack/labels/labels.h"
#include "privet/metric.h"

static const split_plan published = {.rows = 600,
                                     .batch = 600,
                                     .width = 84,
                                     .epochs = 1,
                                     .classes = 10,
                                     .weights = 0.063, /* uniform in ±1/sqrt(84) */
                                     .features = 0.5,
                                     .seed = 1};

/* One row of each class, the first. */
typedef struct some {
    int64_t row[SPLIT_CLASSES];
    int32_t label[SPLIT_CLASSES];
    int64_t count;
} some;

static some one_each(const split *s)
{
    some k = {0};
    for (int c = 0; c < s->plan.classes; c++)
        for (int64_t i = 0; i < s->plan.rows; i++) {
            if (s->label[i] != c) continue;
            k.row[k.count] = i;
            k.label[k.count++] = c;
            break;
        }
    return k;
}

typedef struct result {
    double right, area; /* share of labels; of two classes, the area under the curve */
    int32_t *label;     /* by row, -1 where it is in no target */
    double *confidence;
} result;

static void attack(result *out, const pv_attack *a, const split *s, const pv_view *view, int known,
                   const pv_attack_option *option, int options)
{
    some few = one_each(s);
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = PV_DATA_TABLE,
                              .sample = PV_SHAPE(4),
                              .classes = s->plan.classes};
    pv_model *m;
    CHECK_OK(pv_model_parse(&m, "dense classes\n", 14, "net.model", &domain, 1));
    pv_public public = {.model = m, .classes = s->plan.classes};
    if (known) {
        public.known_row = few.row;
        public.known_label = few.label;
        public.known = few.count;
    }
    pv_guess g;
    pv_attack_target *target = pv_calloc((size_t)s->steps, sizeof *target);
    int64_t n = 0, right = 0, rows = s->plan.rows;
    size_t targets = 0;
    for (int64_t i = 0; i < s->steps; i++)
        if (i >= s->plan.from * (rows / s->plan.batch))
            target[targets++] = (pv_attack_target){
                .victim = "bob", .step = (uint64_t)i + 1, .batch = s->plan.batch};
    CHECK_OK(pv_guess_init(&g, targets));
    CHECK_OK(a->run(&g, &view, 1, &public, target, targets, option, options,
                    &(pv_budget){.seed = 1}, NULL));
    out->label = pv_alloc((size_t)rows, sizeof *out->label);
    out->confidence = pv_calloc((size_t)rows, sizeof *out->confidence);
    for (int64_t i = 0; i < rows; i++) out->label[i] = -1;
    for (size_t t = 0; t < targets; t++) {
        assert_int_equal(g.item[t].batch, s->plan.batch);
        for (int64_t k = 0; k < s->plan.batch; k++) {
            int64_t row = s->order[(int64_t)(target[t].step - 1) * s->plan.batch + k];
            out->label[row] = g.item[t].label[k];
            out->confidence[row] = g.item[t].confidence[k];
        }
    }
    for (int64_t i = 0; i < rows; i++) n += out->label[i] >= 0;
    if (a->renames) {
        int c = s->plan.classes;
        double cost[SPLIT_CLASSES * SPLIT_CLASSES] = {0}, total;
        int32_t column[SPLIT_CLASSES];
        for (int64_t i = 0; i < rows; i++)
            if (out->label[i] >= 0) cost[s->label[i] * c + out->label[i]]--;
        CHECK_OK(pv_assignment_solve(column, &total, cost, c, c));
        right = (int64_t)-total;
    } else
        for (int64_t i = 0; i < rows; i++) right += out->label[i] == s->label[i];
    out->right = (double)right / (double)n;
    if (s->plan.classes == 2) {
        pv_auc_score auc;
        uint8_t *positive = pv_alloc((size_t)rows, 1);
        double *score = pv_alloc((size_t)rows, sizeof *score);
        for (int64_t i = 0; i < rows; i++) {
            positive[i] = s->label[i] == 1;
            score[i] = a->ranks || out->label[i] == 1 ? out->confidence[i] : -out->confidence[i];
        }
        CHECK_OK(pv_auc(&auc, score, positive, rows, 0.95));
        out->area = auc.auc > 0.5 ? auc.auc : 1 - auc.auc;
        pv_free(positive);
        pv_free(score);
    }
    pv_free(out->label);
    pv_free(out->confidence);
    pv_free(target);
    pv_guess_clear(&g);
    pv_model_free(m);
}

static result measure(const pv_attack *a, const split_plan *plan, int known,
                      const pv_attack_option *option, int options)
{
    recorded r;
    split s;
    result out;
    recorded_begin(&r, "alice");
    split_train(&s, plan, &r, NULL, NULL);
    attack(&out, a, &s, recorded_open(&r), known, option, options);
    split_clear(&s);
    recorded_free(&r);
    return out;
}

static const pv_attack_option plain[] = {{"refine", "no"}};

static double direction(split_plan plan, int refine)
{
    return measure(&pv_attack_direction, &plan, 1, plain, refine ? 0 : 1).right;
}

static void one_release(void **state)
{
    (void)state;
    split_plan large = published;
    large.weights = 0.252;
    large.features = 1;
    double first = direction(published, 1), second = direction(large, 1);
    print_message("direction, one release of 600 rows: %.4f at first, %.4f with large logits; "
                  "without refinement %.4f, %.4f\n",
                  first, second, direction(published, 0), direction(large, 0));
    assert_true(first >= 0.99);
    assert_true(second >= 0.99);
}

static void noise(void **state)
{
    (void)state;
    static const double ratio[] = {1, 2, 4, 8}, least[] = {0.997, 0.59, 0.21, 0.09};
    for (int i = 0; i < 4; i++) {
        split_plan plan = published;
        plan.ratio = ratio[i];
        double once = direction(plan, 1), nearest = direction(plan, 0);
        plan.epochs = 10;
        plan.batch = 60;
        plan.lr = 0.1;
        double ten = direction(plan, 1), ten_nearest = direction(plan, 0);
        print_message("direction, noise on dL/dA of ratio %g: %.3f (nearest %.3f), ten epochs "
                      "%.3f (nearest %.3f)\n",
                      ratio[i], once, nearest, ten, ten_nearest);
        assert_true(once >= least[i]);
        assert_true(ten >= once);
    }
}

static const split_plan trained = {.rows = 2000,
                                   .batch = 50,
                                   .width = 84,
                                   .epochs = 5,
                                   .classes = 10,
                                   .weights = 0.063,
                                   .features = 0.5,
                                   .lr = 0.1,
                                   .momentum = 0.9,
                                   .seed = 2};

/* Noise on the rows of G, which a party that protects its labels adds: fresh for every release. */
static void protection(void **state)
{
    (void)state;
    static const double iso[] = {0, 0.5, 1000};
    double right[3];
    for (int i = 0; i < 3; i++) {
        split_plan plan = trained;
        plan.iso = iso[i];
        right[i] = direction(plan, 1);
        print_message("direction, iso %g on G, five epochs: %.3f\n", iso[i], right[i]);
    }
    assert_true(right[0] >= 0.99);
    assert_true(right[1] >= 0.4);
    assert_true(right[2] < 0.2); /* nothing but noise: chance is 0.1 */
}

/* One pass over rows that the network soon is sure of: the way their small gradients point then
 * says less about the class (more about the runner-up), the layer itself still reads it. Where it
 * moves too fast to be followed, nothing is lost. */
static void layer(void **state)
{
    (void)state;
    static const pv_attack_option off[] = {{"layer", "no"}};
    split_plan plan = {.rows = 12000,
                       .batch = 50,
                       .width = 40,
                       .epochs = 1,
                       .classes = 10,
                       .weights = 0.1,
                       .features = 1,
                       .lr = 0.05,
                       .momentum = 0.9,
                       .seed = 5};
    for (int fast = 0; fast < 2; fast++) {
        if (fast) plan.lr = 0.1, plan.rows = 6000;
        double with = measure(&pv_attack_direction, &plan, 1, NULL, 0).right,
               without = measure(&pv_attack_direction, &plan, 1, off, 1).right;
        print_message("direction, one pass%s: %.4f by the layer, %.4f by direction alone\n",
                      fast ? " of a fast layer" : "", with, without);
        assert_true(with >= (fast ? without : without + 0.003));
    }
}

static void groups(void **state)
{
    (void)state;
    double once = measure(&pv_attack_clustering, &published, 0, NULL, 0).right,
           five = measure(&pv_attack_clustering, &trained, 0, NULL, 0).right;
    split_plan noise_only = trained;
    noise_only.iso = 1000;
    static const pv_attack_option two[] = {{"restarts", "2"}};
    double none = measure(&pv_attack_clustering, &noise_only, 0, two, 1).right;
    print_message("clustering: %.4f of 600 rows once, %.4f over five epochs, %.3f of noise\n", once,
                  five, none);
    assert_true(once >= 0.95);
    assert_true(five >= 0.95);
    assert_true(none < 0.2);
}

static void rare_class(void **state)
{
    (void)state;
    split_plan plan = {.rows = 8000,
                       .batch = 100,
                       .width = 20,
                       .epochs = 3,
                       .classes = 2,
                       .weights = 0.13,
                       .features = 0.5,
                       .rare = 0.005,
                       .lr = 0.05,
                       .momentum = 0.9,
                       .seed = 3};
    result norm = measure(&pv_attack_norm, &plan, 0, NULL, 0),
           spectral = measure(&pv_attack_spectral, &plan, 0, NULL, 0),
           direction = measure(&pv_attack_direction, &plan, 1, NULL, 0),
           clustering = measure(&pv_attack_clustering, &plan, 0, NULL, 0);
    print_message("0.5 %% positives, three epochs: norm auc %.4f right %.4f, spectral %.4f %.4f, "
                  "direction %.4f %.4f, clustering %.4f %.4f\n",
                  norm.area, norm.right, spectral.area, spectral.right, direction.area,
                  direction.right, clustering.area, clustering.right);
    assert_true(norm.area >= 0.95);
    assert_true(spectral.area >= 0.95);
    assert_true(direction.area >= 0.99 && direction.right >= 0.99);
    assert_true(clustering.right >= 0.99);
    plan.iso = 1000;
    norm = measure(&pv_attack_norm, &plan, 0, NULL, 0);
    spectral = measure(&pv_attack_spectral, &plan, 0, NULL, 0);
    direction = measure(&pv_attack_direction, &plan, 1, NULL, 0);
    print_message("of noise: %.3f, %.3f, %.3f\n", norm.area, spectral.area, direction.area);
    assert_true(norm.area < 0.65 && spectral.area < 0.65 && direction.area < 0.65);
}

/* ---- what does not fit, and memory */

static pv_status run_on(const pv_attack *a, const pv_view *view, const pv_public *known,
                        const pv_attack_target *t, const pv_attack_option *option, int options)
{
    pv_guess g;
    pv_status status = pv_guess_init(&g, 1);
    if (status == PV_OK)
        status = a->run(&g, &view, 1, known, t, 1, option, options, &(pv_budget){.seed = 1}, NULL);
    pv_guess_clear(&g);
    return status;
}

static const pv_attack_target first_step = {.victim = "bob", .step = 1};

static void what_does_not_fit(void **state)
{
    (void)state;
    static const int64_t row[1] = {0}, far[1] = {99}, index[2] = {0, 1}, below[2] = {0, -1};
    static const int32_t label[1] = {1}, none[1] = {7};
    static const float g[4] = {1, 2, 3, 4}, wild[4] = {1, 2, 3, INFINITY};
    const pv_public nobody = {.classes = 2},
                    one = {.classes = 2, .known_row = row, .known_label = label, .known = 1},
                    other = {.classes = 2, .known_row = row, .known_label = none, .known = 1},
                    elsewhere = {.classes = 2, .known_row = far, .known_label = label, .known = 1},
                    three = {.classes = 3, .known_row = row, .known_label = label, .known = 1};
    for (int kind = 0; kind < 5; kind++) {
        recorded r;
        const pv_part part[2] = {
            {"index", PV_I64, PV_SHAPE(2), kind == 2 ? below : index},
            {"gradient", PV_F32, kind == 1 ? PV_SHAPE(4) : PV_SHAPE(2, 2), kind == 3 ? wild : g}};
        recorded_begin(&r, "alice");
        recorded_add(&r, PV_VIEW_DERIVED, PV_VIEW_NO_PEER, RECORDED_CUT_GRADIENT, 1, part, 2,
                     kind != 4);
        const pv_view *view = recorded_open(&r);
        const pv_attack *a = &pv_attack_direction;
        if (kind == 0) {
            const pv_attack_target later = {.victim = "bob", .step = 2};
            CHECK_OK(run_on(a, view, &one, &first_step, NULL, 0));
            CHECK_FAILS(run_on(a, view, &nobody, &first_step, NULL, 0), PV_ERR_USAGE,
                        "needs the labels");
            CHECK_FAILS(run_on(a, view, &other, &first_step, NULL, 0), PV_ERR_RANGE,
                        "known label 7 of row 0");
            CHECK_FAILS(run_on(a, view, &elsewhere, &first_step, NULL, 0), PV_ERR_USAGE,
                        "none of the 1 rows");
            CHECK_FAILS(run_on(a, view, &one, &later, NULL, 0), PV_ERR_NOT_FOUND, "step 2");
            CHECK_FAILS(run_on(a, view, &one, &first_step, &(pv_attack_option){"x", "1"}, 1),
                        PV_ERR_OPTION, "restarts, rounds, refine");
            CHECK_FAILS(run_on(&pv_attack_norm, view, &three, &first_step, NULL, 0),
                        PV_ERR_UNSUPPORTED, "there are 3");
            CHECK_FAILS(run_on(&pv_attack_spectral, view, &three, &first_step, NULL, 0),
                        PV_ERR_UNSUPPORTED, "there are 3");
        } else if (kind == 4)
            CHECK_FAILS(run_on(a, view, &one, &first_step, NULL, 0), PV_ERR_NOT_FOUND,
                        "must be \"full\"");
        else
            CHECK_FAILS(run_on(a, view, &one, &first_step, NULL, 0),
                        kind == 1 ? PV_ERR_PEER : PV_ERR_RANGE,
                        kind == 1   ? "activation-gradient noted at step 1"
                        : kind == 2 ? "row number -1"
                                    : "value 3 is not finite");
        recorded_free(&r);
    }
    recorded r;
    recorded_begin(&r, "alice");
    CHECK_FAILS(run_on(&pv_attack_clustering, recorded_open(&r), &one, &first_step, NULL, 0),
                PV_ERR_NOT_FOUND, "what alice saw holds no activation-gradient");
    recorded_free(&r);
}

static void out_of_memory(void **state)
{
    (void)state;
    static const pv_attack *const each[] = {&pv_attack_direction, &pv_attack_clustering,
                                            &pv_attack_norm, &pv_attack_spectral};
    split_plan plan = {.rows = 40,
                       .batch = 20,
                       .width = 8,
                       .epochs = 1,
                       .classes = 2,
                       .weights = 0.3,
                       .features = 0.5,
                       .seed = 4};
    recorded r;
    split s;
    recorded_begin(&r, "alice");
    split_train(&s, &plan, &r, NULL, NULL);
    some few = one_each(&s);
    const pv_public known = {
        .classes = 2, .known_row = few.row, .known_label = few.label, .known = few.count};
    const pv_view *view = recorded_open(&r);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        pv_status status = PV_OK;
        CHECK_OUT_OF_MEMORY(status)
        {
            status = run_on(each[i], view, &known, &first_step, NULL, 0);
        }
    }
    split_clear(&s);
    recorded_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_release),
        cmocka_unit_test(noise),
        cmocka_unit_test(protection),
        cmocka_unit_test(layer),
        cmocka_unit_test(groups),
        cmocka_unit_test(rare_class),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
