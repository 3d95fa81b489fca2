/* Audits of what a party noted itself: which steps, what is known beforehand, controls, scores. */
#include "attack/inversion/inversion.h"
#include "attack/labels/labels.h"
#include "noted.h"

/* ---- an attack simple enough to be right by construction: nearest direction among known rows */

static double cosine(const float *a, const float *b, int64_t n)
{
    double dot = 0, aa = 0, bb = 0;
    for (int64_t k = 0; k < n; k++) {
        dot += (double)a[k] * b[k];
        aa += (double)a[k] * a[k];
        bb += (double)b[k] * b[k];
    }
    return dot / sqrt(aa * bb);
}

enum { MOST = 4096 };
static int shift; /* added to each label that the attack says */

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int options, const pv_budget *budget, const pv_ctx *ctx)
{
    (void)views;
    (void)option;
    (void)options;
    (void)budget;
    (void)ctx;
    static float of[MOST][16];
    int64_t width = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint64_t i = 0; i < pv_view_count(view[0]); i++) {
            pv_view_payload p = {0};
            const pv_view_record *r = pv_view_at(view[0], i);
            if (!r->kept) continue;
            PV_TRY(pv_view_load(&p, view[0], i));
            const pv_part *index = pv_parts_find(&p.parts, "index"),
                          *g = pv_parts_find(&p.parts, "gradient");
            width = g->shape.dim[1];
            for (int64_t k = 0; k < g->shape.dim[0] && pass == 0; k++)
                memcpy(of[((const int64_t *)index->data)[k]], (const float *)g->data + k * width,
                       (size_t)width * sizeof(float));
            for (size_t t = 0; t < targets && pass == 1; t++) {
                if (target[t].step != r->step) continue;
                pv_status status = pv_guess_claim(guess, t, index->shape.dim[0], 0, 1, 1);
                if (status != PV_OK) pv_view_payload_clear(&p);
                PV_TRY(status);
                for (int64_t k = 0; k < index->shape.dim[0]; k++) {
                    double best = -2;
                    for (int64_t j = 0; j < known->known; j++) {
                        double c = cosine((const float *)g->data + k * width,
                                          of[known->known_row[j]], width);
                        if (c <= best) continue;
                        best = c;
                        guess->item[t].label[k] = (known->known_label[j] + shift) % known->classes;
                    }
                    guess->item[t].confidence[k] = best;
                }
                guess->item[t].finished = 1;
            }
            pv_view_payload_clear(&p);
        }
    return PV_OK;
}

static const pv_attack nearest = {.name = "nearest",
                                  .version = 1,
                                  .summary = "",
                                  .source = "",
                                  .wants = "labels",
                                  .reads = "activation-gradient",
                                  .control = "label-gradient",
                                  .known = 1,
                                  .run = run};

static noted a_run(void)
{
    return (noted){.rows = 640, .batch = 32, .width = 12, .epochs = 2, .classes = 4};
}

/* One attack on these notes from its targets to its findings. */
typedef struct audit {
    pv_audit_case c;
    pv_findings f;
} audit;

static const pv_finding *audit_as(audit *a, noted *n, const pv_attack *attack, const char *owner)
{
    *a = (audit){0};
    noted_case(&a->c, n, attack, owner);
    CHECK_OK(pv_audit_guess(&n->work, &a->c));
    CHECK_OK(pv_audit_score(&a->f, &n->work, &a->c));
    return &a->f.finding[0];
}

/* The same of all parties together, and nothing was in the way. */
static const pv_finding *audit_all(audit *a, noted *n, const pv_attack *attack)
{
    const pv_finding *one = audit_as(a, n, attack, NULL);
    assert_string_equal(pv_str_text(&a->c.failure), "");
    return one;
}

static void audit_clear(audit *a)
{
    pv_findings_clear(&a->f);
    pv_audit_case_clear(&a->c);
}

/* ---- targets */

static void each_row_is_scored_once(void **state)
{
    (void)state;
    noted n = a_run();
    pv_audit_case c;
    uint8_t seen[640] = {0};
    noted_begin(&n, 1, 0);
    noted_case(&c, &n, &nearest, NULL);
    assert_int_equal(c.targets, 20); /* two epochs of 20 steps, all of one */
    assert_int_equal(c.steps, 40);
    assert_int_equal(c.unkept, 0);
    assert_int_equal(c.width, 12);
    for (size_t t = 0; t < c.targets; t++) {
        assert_int_equal(c.target[t].batch, 32);
        for (int64_t k = 0; k < c.truth[t].count; k++)
            assert_int_equal(seen[c.truth[t].index[k]]++, 0);
    }
    pv_audit_case_clear(&c);
    n.options.targets = 5; /* spread over the epoch */
    noted_case(&c, &n, &nearest, NULL);
    assert_int_equal(c.targets, 5);
    assert_int_equal(c.target[1].step, 5);
    assert_int_equal(c.target[4].step, 17);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void without_a_number_about_6400_rows(void **state)
{
    (void)state;
    noted n = {.rows = 12800, .batch = 64, .width = 2, .epochs = 1, .classes = 2};
    pv_audit_case c;
    noted_begin(&n, 1, 0);
    noted_case(&c, &n, &nearest, NULL);
    assert_int_equal(c.targets, 100);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void what_was_not_kept_is_counted(void **state)
{
    (void)state;
    noted n = a_run();
    pv_audit_case c;
    noted_begin(&n, 7, 0); /* of 40: steps 7, 14, 21, 28, 35; 28 is of the rows of 8 */
    noted_case(&c, &n, &nearest, NULL);
    assert_int_equal(c.steps, 40);
    assert_int_equal(c.unkept, 35);
    assert_int_equal(c.targets, 5);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void check_invalid(noted *n, const char *owner, const char *why)
{
    audit a;
    const pv_finding *one = audit_as(&a, n, &nearest, owner);
    assert_int_equal(a.f.findings, 1);
    assert_int_equal(pv_finding_level(one), PV_LEVEL_INVALID);
    assert_string_equal(one->unfinished, why);
    audit_clear(&a);
}

static void a_note_about_other_rows_is_found_out(void **state)
{
    (void)state;
    noted n = a_run();
    noted_begin(&n, 1, 3);
    check_invalid(&n, NULL,
                  "the note activation-gradient of step 3 is about other rows than the scenario's "
                  "order has in that step");
    noted_end(&n);
}

static void an_owner_alone_is_told_why_not(void **state)
{
    (void)state;
    noted n = a_run();
    noted_begin(&n, 1, 0);
    check_invalid(&n, "passive", "not possible alone: only active decrypts these gradients");
    noted_end(&n);
}

/* ---- what is known */

static void known_rows_are_some_of_each_class(void **state)
{
    (void)state;
    noted n = a_run();
    pv_audit_case c;
    int got[4] = {0};
    noted_begin(&n, 1, 0);
    n.options.known_set = 1;
    n.options.known = 3;
    noted_case(&c, &n, &nearest, NULL);
    CHECK_OK(c.reads->known(&n.work, &c));
    assert_int_equal(c.known.count, 12);
    assert_int_equal(c.known.each, 3);
    for (int64_t i = 0; i < 12; i++) {
        assert_int_equal(c.known.label[i], pv_data_label(n.party[1].data, c.known.row[i]));
        got[c.known.label[i]]++;
        if (i > 0) assert_true(c.known.row[i] > c.known.row[i - 1]);
        assert_true(pv_known_has(&c.known, c.known.row[i]));
    }
    for (int k = 0; k < 4; k++) assert_int_equal(got[k], 3);
    int64_t row = c.known.row[5];
    pv_audit_case_clear(&c);
    n.options.targets = 1; /* the same rows, whichever steps are scored */
    noted_case(&c, &n, &nearest, NULL);
    CHECK_OK(c.reads->known(&n.work, &c));
    assert_int_equal(c.known.row[5], row);
    pv_audit_case_clear(&c);
    n.options.known = 0;
    noted_case(&c, &n, &nearest, NULL);
    CHECK_OK(c.reads->known(&n.work, &c));
    assert_int_equal(c.known.count, 0);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void guesses_about_known_rows_are_not_committed_to(void **state)
{
    (void)state;
    int64_t index[4] = {7, 3, 9, 5}, row[2] = {3, 5};
    int32_t label[4] = {1, 2, 3, 4};
    double sure[4] = {1, 1, 1, 1};
    float x[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    pv_guess_item item = {.batch = 4, .label = label, .confidence = sure, .x = x};
    pv_guess g = {.item = &item, .count = 1};
    pv_batch_truth t = {index, 4};
    pv_audit_case c = {.truth = &t, .truths = 1, .known = {.row = row, .count = 2}};
    pv_audit_forget_known(&g, &c, 2);
    assert_int_equal(label[0], 1);
    assert_int_equal(label[1], -1);
    assert_int_equal(label[2], 3);
    assert_int_equal(label[3], -1);
    assert_true(sure[1] == 0 && sure[0] == 1);
    assert_true(x[1] == 1 && x[2] == 0 && x[3] == 0 && x[4] == 1 && x[6] == 0);
}

/* ---- all of it */

static void check_labels(const pv_findings *f, int64_t n)
{
    const pv_finding *one = &f->finding[0];
    assert_int_equal(f->findings, 1);
    assert_int_equal(one->count.n, n);
    assert_int_equal(one->count.k, n);
    assert_int_equal(pv_finding_level(one), PV_LEVEL_MOST);
    assert_true(one->positive.holds && one->negative.holds);
    assert_true(one->positive.bound > 0.8 && one->negative.bound < 0.7);
    assert_string_equal(one->metric, "labels");
    assert_true(one->chance > 0.25 && one->chance < 0.35);
    assert_int_equal(one->measures, 1);
    assert_string_equal(one->measure[0].name, "leak AUC");
    assert_true(one->measure[0].value == 1);
    assert_int_equal(one->classes, 4);
    int64_t rows = 0;
    for (int k = 0; k < 4; k++) {
        rows += one->class[k].count.n;
        assert_int_equal(one->class[k].count.k, one->class[k].count.n);
        assert_true(one->class[k].auc == 1);
    }
    assert_int_equal(rows, n);
}

static void labels_are_read_from_notes(void **state)
{
    (void)state;
    noted n = a_run();
    audit a;
    json_t *j;
    noted_begin(&n, 1, 0);
    const pv_finding *one = audit_all(&a, &n, &nearest);
    check_labels(&a.f, 640 - 4);
    assert_string_equal(one->means, "the gradients it decrypted and one known label a class");
    assert_non_null(strstr(one->knows, "one known label a class (4, drawn by the audit's seed; "
                                       "they do not count)"));
    CHECK_OK(pv_findings_json(&j, &a.f)); /* and what is written is read back */
    pv_findings again;
    CHECK_OK(pv_findings_parse(&again, "f.json", j));
    check_labels(&again, 640 - 4);
    pv_findings_clear(&again);
    json_decref(j);
    audit_clear(&a);
    noted_end(&n);
}

static void groups_are_named_as_fits_best(void **state)
{
    (void)state;
    noted n = a_run();
    audit a;
    pv_attack groups = nearest;
    groups.renames = 1;
    noted_begin(&n, 1, 0);
    shift = 1; /* right but for the names of the classes */
    assert_int_equal(audit_all(&a, &n, &nearest)->count.k, 0);
    audit_clear(&a);
    (void)audit_all(&a, &n, &groups);
    check_labels(&a.f, 640 - 4);
    audit_clear(&a);
    shift = 0;
    noted_end(&n);
}

static void tell(const char *what, const noted *n, const pv_finding *f)
{
    print_message(
        "%s, %d classes, %s: %lld of %lld; + %lld of %lld (%.3f), - %lld of %lld (%.3f)\n", what,
        n->classes, f->metric, (long long)f->count.k, (long long)f->count.n,
        (long long)f->positive.count.k, (long long)f->positive.count.n, f->positive.bound,
        (long long)f->negative.count.k, (long long)f->negative.count.n, f->negative.bound);
}

/* The attacks that there are, on what they are for: their controls hold, and they read labels. */
static void check_attack(const pv_attack *attack, int classes, int64_t least)
{
    noted n = {.rows = 640, .batch = 32, .width = 16, .epochs = 2, .classes = classes};
    audit a;
    noted_begin(&n, 1, 0);
    const pv_finding *one = audit_all(&a, &n, attack);
    tell(attack->name, &n, one);
    assert_true(one->positive.holds && one->negative.holds);
    assert_true(one->count.k >= least);
    audit_clear(&a);
    noted_end(&n);
}

static void every_attack_on_labels_has_its_controls(void **state)
{
    (void)state;
    check_attack(&pv_attack_direction, 10, 630);
    check_attack(&pv_attack_direction, 2, 638);
    check_attack(&pv_attack_clustering, 4, 640);
    check_attack(&pv_attack_spectral, 2, 640);
    check_attack(&pv_attack_norm, 2, 0);
    check_attack(&pv_attack_completion, 4, 0); /* rows here tell nothing of their labels */
}

/* What layers the run left behind, if any, is no matter of the attack's: its controls hold for
 * every seed and width, even where the run's own layers say nothing at all. */
static void controls_of_completion_are_its_own(void **state)
{
    (void)state;
    noted_dead = 1;
    for (int64_t width = 2; width <= 32; width *= 4) {
        noted n = {.rows = 100, .batch = 20, .width = width, .epochs = 1, .classes = 10};
        double least = 1, most = 0;
        noted_begin(&n, 1, 0);
        for (uint64_t seed = 1; seed <= 20; seed++) {
            audit a;
            n.work.seed = n.options.budget.seed = seed;
            const pv_finding *one = audit_all(&a, &n, &pv_attack_completion);
            least = fmin(least, (double)one->positive.count.k / (double)one->positive.count.n);
            most = fmax(most, (double)one->negative.count.k / (double)one->negative.count.n);
            if (!one->positive.holds || !one->negative.holds) print_message("seed %d\n", (int)seed);
            assert_true(one->positive.holds && one->negative.holds);
            audit_clear(&a);
        }
        print_message("completion, width %d: + at least %.3f, - at most %.3f\n", (int)width, least,
                      most);
        noted_end(&n);
    }
    noted_dead = 0;
}

/* ---- rows, from logits */

static noted a_training(void)
{
    return (noted){.rows = 48, .batch = 8, .epochs = 60, .classes = 4};
}

static void rows_are_read_from_logits(void **state)
{
    (void)state;
    noted n = a_training();
    audit a;
    noted_train(&n);
    const pv_finding *one = audit_all(&a, &n, &pv_attack_gram), *two = one + 1;
    assert_int_equal(a.c.known.count, 5); /* three features and two */
    assert_int_equal(a.c.known.own, 48);
    assert_int_equal(a.f.findings, 2);
    tell("gram", &n, one);
    assert_string_equal(one->metric, "recovered");
    assert_int_equal(one->count.n, 43);
    assert_int_equal(one->count.k, 43);
    assert_true(one->positive.holds && one->negative.holds);
    assert_int_equal(pv_finding_level(one), PV_LEVEL_MOST);
    assert_string_equal(one->means, "the logits it opened and 5 known rows");
    assert_non_null(strstr(one->knows, "its own labels, 5 known rows (5, drawn"));
    assert_string_equal(two->metric, "identification");
    assert_int_equal(two->count.k, 43);
    assert_true(two->positive.holds && two->negative.holds);
    audit_clear(&a);
    noted_end(&n);
}

static void inner_products_without_a_known_row(void **state)
{
    (void)state;
    noted n = a_training();
    pv_audit_case c;
    pv_findings f = {0};
    noted_train(&n);
    n.options.known_set = 1;
    noted_case(&c, &n, &pv_attack_gram, NULL);
    CHECK_OK(pv_audit_guess(&n.work, &c));
    assert_string_equal(pv_str_text(&c.failure), "");
    for (size_t t = 0; t < c.targets; t++) /* this regression has no bias */
        for (int i = 0; i < 64; i++) c.guess.item[t].inner[i] += 1;
    CHECK_OK(pv_audit_score(&f, &n.work, &c));
    assert_int_equal(f.findings, 1);
    const pv_finding *one = &f.finding[0];
    tell("gram", &n, one);
    assert_string_equal(one->metric, "inner-products");
    assert_int_equal(one->count.n, 6 * 36);
    assert_int_equal(one->count.k, one->count.n);
    assert_true(one->measure[0].value < 1e-3 && one->measure[0].baseline > 0.1);
    assert_true(one->positive.holds && one->negative.holds);
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void layers_below_make_inner_products_moot(void **state)
{
    (void)state;
    noted n = a_training();
    pv_audit_case c;
    n.model = "mlp";
    noted_train(&n);
    n.options.known_set = 1;
    n.options.attack = "gram";
    noted_case(&c, &n, &pv_attack_gram, NULL);
    CHECK_OK(pv_audit_guess(&n.work, &c));
    assert_non_null(strstr(pv_str_text(&c.failure), "no constants where layers below"));
    assert_int_equal(c.unsuited, 0); /* it was asked for by name */
    pv_audit_case_clear(&c);
    n.options.attack = NULL;
    noted_case(&c, &n, &pv_attack_gram, NULL);
    CHECK_OK(pv_audit_guess(&n.work, &c));
    assert_int_equal(c.unsuited, 1);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void a_control_for_regression(void **state)
{
    (void)state;
    noted n = a_training();
    audit a;
    noted_train(&n);
    const pv_finding *one = audit_all(&a, &n, &pv_attack_regression);
    assert_int_equal(a.c.known.count, 24); /* no more than half */
    for (int i = 0; i < a.f.findings; i++) tell("regression", &n, one + i);
    assert_true(one->positive.holds && one->negative.holds);
    audit_clear(&a);
    noted_end(&n);
}

/* ---- refusals and memory */

static void an_attack_on_other_notes_is_refused(void **state)
{
    (void)state;
    pv_attack other = nearest;
    const pv_audit_reads *reads;
    other.reads = "diary";
    CHECK_FAILS(pv_audit_reads_of(&reads, &other), PV_ERR_UNSUPPORTED,
                "the attack nearest reads \"diary\"");
}

static void what_nobody_has_cannot_be_used(void **state)
{
    (void)state;
    noted n = a_run();
    pv_audit_case c;
    pv_scheme without = noted_scheme;
    without.own_model = NULL;
    noted_begin(&n, 1, 0);
    n.work.scheme = &without;
    noted_case(&c, &n, &pv_attack_completion, NULL);
    CHECK_OK(c.reads->known(&n.work, &c)); /* this scheme has no network of anybody's own */
    assert_non_null(strstr(pv_str_text(&c.failure), "nobody has one in the scheme noted"));
    pv_audit_case_clear(&c);
    noted_case(&c, &n, &pv_attack_completion, NULL);
    pv_free(c.adversary);
    c.adversary = pv_strdup("active+other");
    CHECK_OK(c.reads->known(&n.work, &c));
    assert_non_null(strstr(pv_str_text(&c.failure), "what one party has alone, not active+other"));
    pv_audit_case_clear(&c);
    noted_end(&n);
}

/* Piece by piece: every try with a control's view writes files. */
static void out_of_memory(void **state)
{
    (void)state;
    static const pv_claim claim = {
        .secret = "labels", .adversary = "active", .victim = "passive", .text = ""};
    noted n = {.rows = 64, .batch = 32, .width = 4, .epochs = 1, .classes = 2};
    char path[160];
    noted_begin(&n, 1, 0);
    noted_file(path, &n, "memory");
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_audit_case c = {
            .claim = &claim, .attack = &pv_attack_completion, .views = 1, .view = {n.view}};
        c.adversary = pv_strdup("active");
        status = c.adversary != NULL ? pv_audit_reads_of(&c.reads, c.attack) : PV_ERR_MEMORY;
        if (status == PV_OK) status = c.reads->targets(&n.work, &c);
        if (status == PV_OK) status = c.reads->known(&n.work, &c);
        pv_audit_case_clear(&c);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_control_view v;
        pv_notes_plan plan = {.path = path,
                              .contents = "label-gradient",
                              .model = n.work.model,
                              .batch = 4,
                              .width = 3,
                              .rows = 8,
                              .known = 1,
                              .with_data = 1,
                              .seed = 3};
        status = pv_control_notes_make(&v, &plan);
        if (status == PV_OK) pv_control_view_clear(&v);
    }
    unlink(path);
    noted_end(&n);
}

static void out_of_memory_in_scores(void **state)
{
    (void)state;
    noted n = {.rows = 64, .batch = 32, .width = 8, .epochs = 1, .classes = 2};
    pv_audit_case c;
    noted_begin(&n, 1, 0);
    noted_case(&c, &n, &pv_attack_clustering, NULL);
    CHECK_OK(pv_audit_guess(&n.work, &c));
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_findings f = {0};
        status = pv_audit_score(&f, &n.work, &c);
        pv_findings_clear(&f);
    }
    pv_audit_case_clear(&c);
    noted_end(&n);
    n = a_training();
    noted_train(&n);
    n.options.known_set = 1;
    noted_case(&c, &n, &pv_attack_gram, NULL);
    CHECK_OK(pv_audit_guess(&n.work, &c));
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_findings f = {0};
        status = pv_audit_score(&f, &n.work, &c);
        pv_findings_clear(&f);
    }
    pv_audit_case_clear(&c);
    noted_end(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_scored_once),
        cmocka_unit_test(without_a_number_about_6400_rows),
        cmocka_unit_test(what_was_not_kept_is_counted),
        cmocka_unit_test(a_note_about_other_rows_is_found_out),
        cmocka_unit_test(an_owner_alone_is_told_why_not),
        cmocka_unit_test(known_rows_are_some_of_each_class),
        cmocka_unit_test(guesses_about_known_rows_are_not_committed_to),
        cmocka_unit_test(labels_are_read_from_notes),
        cmocka_unit_test(groups_are_named_as_fits_best),
        cmocka_unit_test(every_attack_on_labels_has_its_controls),
        cmocka_unit_test(controls_of_completion_are_its_own),
        cmocka_unit_test(rows_are_read_from_logits),
        cmocka_unit_test(inner_products_without_a_known_row),
        cmocka_unit_test(layers_below_make_inner_products_moot),
        cmocka_unit_test(a_control_for_regression),
        cmocka_unit_test(an_attack_on_other_notes_is_refused),
        cmocka_unit_test(what_nobody_has_cannot_be_used),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(out_of_memory_in_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
