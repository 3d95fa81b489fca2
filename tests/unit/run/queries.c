/* Audits of queries to a network that is cut, on views made by hand: targets, what the adversary
 * has, truth, chance, scores, what a query cost. */
#include "queried.h"

static queried plain(void)
{
    return (queried){
        .rows = 60, .batch = 20, .own = 40, .classes = 2, .kind = PV_SECRET_COMPLEMENT};
}

static const pv_attack *const secret = &queried_attack[0], *const label = &queried_attack[1];

/* Guesses, scores; exactly one finding. */
static void audit(pv_findings *f, pv_audit_case *c, queried *q)
{
    *f = (pv_findings){0};
    CHECK_OK(pv_audit_guess(&q->work, c));
    CHECK_OK(pv_audit_score(f, &q->work, c));
    assert_int_equal(f->findings, 1);
}

/* The share of rows whose label is its customer's most frequent one. */
static double prior(const queried *q)
{
    int64_t sum = 0;
    for (int i = FIRST; i <= SECOND; i++) {
        int64_t count[10] = {0}, most = 0;
        for (int64_t k = 0; k < q->rows; k++) count[q->opened[i][k]]++;
        for (int k = 0; k < 10; k++) most = count[k] > most ? count[k] : most;
        sum += most;
    }
    return (double)sum / (double)(2 * q->rows);
}

static void secrets_are_read(void **state)
{
    (void)state;
    queried q = plain();
    pv_audit_case c;
    pv_findings f;
    queried_begin(&q);
    queried_case(&c, &q, secret, PROVIDER, NULL);
    assert_int_equal(c.targets, 6);
    assert_int_equal(c.target[0].batch, 20);
    assert_string_equal(c.target[0].victim, "clinic"); /* the list goes by customers */
    assert_string_equal(c.target[5].victim, "surgery");
    assert_int_equal(c.target[5].step, 4);
    audit(&f, &c, &q);
    const pv_finding *one = &f.finding[0];
    assert_string_equal(one->metric, "secrets");
    assert_string_equal(one->verb, "read");
    assert_string_equal(one->means, "the activations it received");
    assert_int_equal(one->count.n, 120);
    assert_int_equal(one->count.k, 120);
    assert_true(fabs(one->chance - prior(&q)) < 1e-12);
    assert_true(one->chance > 0.5); /* the classes are not equal, and 1/2 is not the floor */
    assert_true(one->positive.holds && one->negative.holds);
    assert_int_equal(one->positive.count.n, 200);
    assert_int_equal(pv_finding_level(one), PV_LEVEL_MOST);
    assert_int_equal(one->classes, 2);
    assert_string_equal(one->class[1].name, "secret 1");
    assert_int_equal(one->trials, 1);
    assert_true(one->trial[0].kept && isnan(one->trial[0].at));
    assert_int_equal(one->sures, 10);
    assert_int_equal(one->sure[7].count.n + one->sure[8].count.n, 120); /* all 0.9 sure */
    assert_non_null(strstr(one->knows, "the published half with its weights"));
    assert_non_null(strstr(one->knows, "40 samples of its own"));
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
    queried_end(&q);
}

static void true_labels_are_read(void **state)
{
    (void)state;
    queried q = plain();
    pv_audit_case c;
    pv_findings f;
    q.classes = 3;
    q.kind = PV_SECRET_OFFSET;
    queried_begin(&q);
    queried_case(&c, &q, label, PROVIDER, NULL);
    audit(&f, &c, &q);
    const pv_finding *one = &f.finding[0];
    assert_string_equal(one->metric, "labels");
    assert_int_equal(one->count.k, 120);
    assert_true(fabs(one->chance - prior(&q)) < 1e-12);
    assert_string_equal(one->class[2].name, pv_model_class_name(q.work.model, 2));
    assert_true(one->positive.holds && one->negative.holds);
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
    queried_end(&q);
}

/* Who has no labels of its own has those that it made of the answers. */
static void labels_are_what_was_opened(void **state)
{
    (void)state;
    queried q = plain();
    pv_audit_case c;
    pv_answers a;
    char path[160], spec[200];
    queried_begin(&q);
    for (int i = FIRST; i <= SECOND; i++) {
        snprintf(path, sizeof path, "%s/features.csv", q.folder);
        snprintf(spec, sizeof spec, "csv:%s?label=none", path);
        queried_csv(path, q.party[i].data, 0);
        pv_data_free(q.party[i].data);
        CHECK_OK(pv_data_open(&q.party[i].data, spec, NULL));
        for (int64_t k = 0; k < q.rows; k++) q.opened[i][k] = (int32_t)(k % 2);
    }
    queried_case(&c, &q, label, PROVIDER, NULL);
    CHECK_OK(pv_audit_answers(&a, &q.work, &c));
    for (size_t t = 0; t < a.count; t++)
        for (int64_t i = 0; i < a.item[t].batch; i++)
            assert_int_equal(a.item[t].label[i], a.item[t].row[i] % 2);
    pv_answers_clear(&a);
    pv_audit_case_clear(&c);
    queried_end(&q);
}

/* What it sent is what the other saw; rows that are not attacked stand for the provider's own. */
static void an_owner_alone(void **state)
{
    (void)state;
    queried q = plain();
    pv_audit_case c;
    pv_findings f;
    q.own = 0;
    queried_begin(&q);
    q.options.as_owner = "surgery";
    queried_case(&c, &q, secret, PROVIDER, "surgery");
    assert_int_equal(c.targets, 2); /* every second of three */
    assert_int_equal(c.target[1].step, 4);
    assert_string_equal(c.target[0].victim, "surgery");
    audit(&f, &c, &q);
    const pv_finding *one = &f.finding[0];
    assert_int_equal(pv_data_count(c.known.own_data), 20);
    assert_int_equal(one->count.n, 40);
    assert_int_equal(one->count.k, 40);
    assert_string_equal(one->about, "surgery");
    assert_string_equal(one->means, "the activations its owner sent");
    assert_non_null(strstr(one->knows, "20 rows of its owner's that were not attacked"));
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
    /* one query alone: half of its rows */
    q.options.targets = 1;
    queried_now->batch = 60;
    queried_case(&c, &q, secret, PROVIDER, "clinic");
    assert_int_equal(c.targets, 1);
    pv_audit_case_clear(&c);
    queried_end(&q);
}

static void expect_failure(queried *q, const pv_attack *attack, int adversary, const char *owner,
                           const char *why)
{
    pv_audit_case c;
    pv_findings f;
    queried_case(&c, q, attack, adversary, owner);
    audit(&f, &c, q);
    assert_int_equal(pv_finding_level(&f.finding[0]), PV_LEVEL_INVALID);
    if (strstr(f.finding[0].unfinished, why) == NULL)
        fail_msg("\"%s\" has no \"%s\"", f.finding[0].unfinished, why);
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
}

static void what_an_attack_lacks_is_said(void **state)
{
    (void)state;
    queried q = plain();
    q.own = 0;
    queried_begin(&q);
    expect_failure(&q, secret, PROVIDER, NULL, "its local file names no data");
    queried_end(&q);
    q = plain();
    q.every = 100;
    queried_begin(&q);
    expect_failure(&q, secret, PROVIDER, NULL, "of 6 queries the view kept hashes only");
    queried_end(&q);
    q = plain();
    q.kind = PV_SECRET_PERMUTATION;
    queried_begin(&q);
    q.options.attack = "nearest-secret"; /* by name: then it is no open question, but a failure */
    expect_failure(&q, secret, PROVIDER, NULL, "a permutation is no number");
    queried_end(&q);
}

static void some_records_were_kept(void **state)
{
    (void)state;
    queried q = plain();
    pv_audit_case c;
    q.every = 2; /* of steps 2, 3, 4 */
    queried_begin(&q);
    queried_case(&c, &q, secret, PROVIDER, NULL);
    assert_int_equal(c.targets, 4);
    assert_int_equal(c.steps, 6);
    assert_int_equal(c.unkept, 2);
    pv_audit_case_clear(&c);
    q.options.targets = 2;
    queried_case(&c, &q, secret, PROVIDER, NULL);
    assert_int_equal(c.targets, 2); /* one of each customer */
    assert_string_equal(c.target[0].victim, "clinic");
    assert_string_equal(c.target[1].victim, "surgery");
    pv_audit_case_clear(&c);
    q.options.targets = 0;
    json_object_set_new(json_object_get(q.party[SECOND].result, "result"), "answered",
                        json_integer(20)); /* and refused from there on */
    queried_case(&c, &q, secret, PROVIDER, NULL);
    assert_int_equal(c.targets, 3);
    pv_audit_case_clear(&c);
    json_decref(q.party[SECOND].result); /* lost: it left no secrets */
    q.party[SECOND].result = NULL;
    q.options.targets = 0;
    queried_case(&c, &q, secret, PROVIDER, NULL);
    assert_int_equal(c.targets, 2);
    assert_string_equal(c.target[1].victim, "clinic");
    pv_audit_case_clear(&c);
    queried_end(&q);
}

/* Images take seconds each: eight of a query, a few dozen in all. */
static void few_images(void **state)
{
    (void)state;
    static const pv_attack search = {.name = "search", .wants = "images", .needs = PV_NEEDS_FRONT};
    queried q = plain();
    pv_audit_case c;
    pv_answers a;
    q.image = 1;
    q.own = 0;
    queried_begin(&q);
    queried_case(&c, &q, &search, PROVIDER, NULL);
    assert_int_equal(c.targets, 6);
    for (size_t t = 0; t < c.targets; t++) assert_int_equal(c.target[t].batch, 8);
    CHECK_OK(pv_audit_answers(&a, &q.work, &c));
    assert_int_equal(a.samples, 48);
    float x[144];
    pv_data_raw(q.party[SECOND].data, 27, x);
    assert_memory_equal(a.item[4].x + 7 * 144, x, sizeof x); /* the eighth of step 3 */
    pv_answers_clear(&a);
    pv_audit_case_clear(&c);
    queried_end(&q);
}

/* Of answers the last quarter of the steps is held out; what is true of them is in the view. */
static void answers_are_held_out(void **state)
{
    (void)state;
    static const pv_attack student = {
        .name = "student", .wants = "answers", .reads = "answer", .needs = PV_NEEDS_FRONT};
    queried q = plain();
    pv_audit_case c;
    pv_answers a;
    q.batch = 5; /* twelve steps */
    queried_begin(&q);
    queried_case(&c, &q, &student, FIRST, NULL);
    assert_int_equal(c.targets, 3);
    assert_int_equal(c.target[0].step, 11);
    assert_string_equal(c.target[0].victim, "provider");
    CHECK_OK(pv_audit_know_cut(&q.work, &c));
    assert_int_equal(c.failure.size, 0);
    CHECK_OK(pv_audit_answers(&a, &q.work, &c));
    for (size_t t = 0; t < 3; t++)
        for (int64_t i = 0; i < 5; i++) {
            int64_t row = 45 + (int64_t)t * 5 + i;
            assert_int_equal(a.item[t].row[i], row);
            assert_int_equal(a.item[t].label[i],
                             pv_secret_hide(&q.secret[FIRST][row], q.opened[FIRST][row]));
        }
    pv_answers_clear(&a);
    pv_audit_case_clear(&c);
    expect_failure(&q, &student, FIRST, "provider", "not possible alone");
    queried_end(&q);
    q = plain();
    q.batch = 60; /* one */
    queried_begin(&q);
    expect_failure(&q, &student, FIRST, NULL, "cannot be learnt from and held out at once");
    queried_end(&q);
}

/* ---- the prior, by hand */
static void prior_of_each_customer(void **state)
{
    (void)state;
    pv_answers a;
    double right;
    static const int32_t one[4] = {0, 0, 0, 1}, other[4] = {2, 1, 1, 0};
    CHECK_OK(pv_answers_init(&a, 2));
    CHECK_OK(pv_answer_set(&a, 0, 4, 0));
    CHECK_OK(pv_answer_set(&a, 1, 4, 0));
    memcpy(a.item[0].label, one, sizeof one);
    memcpy(a.item[1].label, other, sizeof other);
    for (int i = 0; i < 4; i++) a.item[1].owner[i] = 1;
    CHECK_OK(pv_audit_prior(&right, &a, 3, 2));
    assert_true(right == 5); /* three of the first's, two of the second's */
    for (int i = 0; i < 4; i++) a.item[1].owner[i] = 0;
    CHECK_OK(pv_audit_prior(&right, &a, 3, 2));
    assert_true(right == 4);                          /* of one customer: four are 0 */
    a.item[0].opened = pv_calloc(4, sizeof(int32_t)); /* of secrets: what the answers were */
    assert_non_null(a.item[0].opened);
    CHECK_OK(pv_audit_prior(&right, &a, 3, 2));
    assert_true(right == 5);
    pv_answers_clear(&a);
}

/* ---- what a query cost, and how right its answers were */
static void what_customers_paid(void **state)
{
    (void)state;
    static const char lines[] = "{\"step\":1,\"rows\":0,\"seconds\":7.0}\n"
                                "{\"step\":2,\"rows\":20,\"seconds\":0.25}\nnot a line\n"
                                "{\"step\":3,\"rows\":20,\"seconds\":0.5}\n";
    queried q = plain();
    pv_audit_case c;
    pv_findings f = {0};
    char path[160];
    queried_begin(&q);
    snprintf(path, sizeof path, "%s/parties/clinic/metrics.jsonl", q.folder);
    CHECK_OK(pv_file_write(path, lines, sizeof lines - 1, 0644));
    for (int i = FIRST; i <= SECOND; i++) json_decref(q.party[i].result);
    q.party[FIRST].result =
        json_pack("{s:{s:i,s:i,s:i,s:s},s:{s:{s:{s:i},s:{s:i}}}}", "result", "rows", 60, "answered",
                  40, "correct", 39, "refusal", "over its budget", "traffic", "provider",
                  "activation", "sent_bytes", 6400, "answer", "received_bytes", 400);
    q.party[SECOND].result = NULL;
    queried_case(&c, &q, label, PROVIDER, NULL);
    CHECK_OK(pv_audit_know_cut(&q.work, &c));
    q.work.item = &c;
    q.work.cases = 1;
    CHECK_OK(pv_audit_facts_customers(&f, &q.work));
    assert_int_equal(f.customers, 1); /* the other was lost */
    assert_string_equal(f.customer[0].name, "clinic");
    assert_int_equal(f.customer[0].answered, 40);
    assert_int_equal(f.customer[0].sent, 6400);
    assert_int_equal(f.customer[0].received, 400);
    assert_true(fabs(f.customer[0].seconds - 0.75) < 1e-12); /* not of the step that trained */
    assert_int_equal(f.customer[0].right.k, 39);
    assert_string_equal(f.customer[0].refused, "over its budget");
    assert_int_equal(f.values, 2);
    assert_int_equal(f.value[0].right.n + f.value[1].right.n, 60);
    assert_int_equal(f.value[1].right.k, f.value[1].right.n);
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
    queried_end(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_read),
        cmocka_unit_test(true_labels_are_read),
        cmocka_unit_test(labels_are_what_was_opened),
        cmocka_unit_test(an_owner_alone),
        cmocka_unit_test(what_an_attack_lacks_is_said),
        cmocka_unit_test(some_records_were_kept),
        cmocka_unit_test(few_images),
        cmocka_unit_test(answers_are_held_out),
        cmocka_unit_test(prior_of_each_customer),
        cmocka_unit_test(what_customers_paid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
