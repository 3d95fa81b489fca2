/* Audits of the layer that nobody has whole, by the answers that one party got: targets, what the
 * party has itself, controls, scores. */
#include "attack/extraction/extraction.h"
#include "noted.h"

enum {
    ROWS = 90,
    BATCH = 40,
    D = 3,
    CLASSES = 4,
    CELLS = CLASSES * (D + 1),
    ANSWER = PV_TYPE_FIRST
};
enum { ALL, LABELS };

/* ---- a scheme: its network is the layer alone */
static double layer[CELLS], told[CELLS]; /* the true one, the one that answered */
static pv_status layer_status;
static int64_t layer_inputs;
static const pv_data *rows;

static pv_status own_model(pv_model **out, int64_t *head, pv_scenario *s, const char *party,
                           const char *folder)
{
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(D), .classes = CLASSES};
    (void)s;
    (void)folder;
    assert_string_equal(party, "active");
    *head = 1;
    return pv_model_new_domain(out, "mlr", &domain, 3);
}

static pv_status weights(double **out, int64_t *outputs, int64_t *inputs, pv_scenario *s,
                         const char *const *folder)
{
    (void)s;
    assert_non_null(strstr(folder[0], "parties/active"));
    assert_non_null(strstr(folder[1], "parties/passive"));
    if (layer_status != PV_OK) PV_FAIL(layer_status, "no halves");
    *out = pv_alloc(CELLS, sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY(sizeof layer);
    memcpy(*out, layer, sizeof layer);
    *outputs = CLASSES;
    *inputs = layer_inputs;
    return PV_OK;
}

static pv_status measured(pv_data **out, pv_scenario *s, const char *party, const char *folder,
                          const pv_ctx *ctx)
{
    int64_t all[ROWS];
    (void)s;
    (void)party;
    (void)folder;
    (void)ctx;
    for (int64_t i = 0; i < ROWS; i++) all[i] = i;
    return pv_data_subset(out, rows, all, ROWS);
}

static const pv_scheme scheme = {.name = "answering",
                                 .own_model = own_model,
                                 .weights = weights,
                                 .measured = measured,
                                 .split = 1};

/* ---- a run of it */
static void write_answers(pv_view_writer *w, const pv_data *data, int kind, int kept)
{
    uint64_t step = 2;
    for (int64_t first = 0; first < ROWS; first += BATCH, step++) {
        int64_t n = ROWS - first < BATCH ? ROWS - first : BATCH;
        float p[BATCH * CLASSES];
        int32_t label[BATCH];
        for (int64_t i = 0; i < n; i++) {
            float x[D];
            double z[CLASSES], sum = 0;
            pv_data_raw(data, first + i, x);
            label[i] = 0;
            for (int k = 0; k < CLASSES; k++) {
                z[k] = told[k * (D + 1) + D];
                for (int j = 0; j < D; j++) z[k] += told[k * (D + 1) + j] * x[j];
                if (z[k] > z[label[i]]) label[i] = k;
                sum += exp(z[k]);
            }
            for (int k = 0; k < CLASSES; k++) p[i * CLASSES + k] = (float)(exp(z[k]) / sum);
        }
        const pv_part all = {"probability", PV_F32, PV_SHAPE(n, CLASSES), p};
        const pv_part some = {"label", PV_I32, PV_SHAPE(n), label};
        const pv_part *part = kind == ALL ? &all : &some;
        pv_view_record r = {.step = step,
                            .kind = PV_VIEW_RECEIVED,
                            .peer = 0,
                            .link = step,
                            .type = ANSWER,
                            .kept = kept};
        CHECK_OK(pv_view_append_parts(w, &r, part, 1));
    }
}

static void begin(noted *n, int kind, int kept)
{
    static const pv_message_type type[1] = {
        {ANSWER, "answer", "label, probability", 1 << 24, {PV_RETAIN_FULL, 0}}};
    pv_view_peer peer = {.name = "passive", .role = "passive"};
    pv_view_header header = {.party = "active",
                             .role = "active",
                             .scheme = "answering",
                             .peer = &peer,
                             .peers = 1,
                             .type = type,
                             .types = 1};
    static const char *const name[2] = {"active", "passive"};
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(D), .classes = CLASSES};
    pv_view_writer *w;
    pv_rng r = pv_rng_make(4, PV_STREAM_TEST);
    *n = (noted){0};
    for (int i = 0; i < CELLS; i++) told[i] = layer[i] = pv_rng_normal(&r);
    layer_status = PV_OK;
    layer_inputs = D;
    snprintf(n->folder, sizeof n->folder, "/tmp/weights-XXXXXX");
    assert_non_null(mkdtemp(n->folder));
    snprintf(n->audit, sizeof n->audit, "%s/audit", n->folder);
    CHECK_OK(pv_folder_make(n->audit));
    snprintf(n->path, sizeof n->path, "%s/view.pvv", n->folder);
    for (int i = 0; i < 2; i++)
        n->party[i] = (pv_audit_party){.name = name[i], .role = name[i], .opened = 1};
    n->party[0].data = noted_data(CLASSES, ROWS, 5);
    rows = n->party[0].data;
    n->options = (pv_audit_options){.run = n->folder, .command = ""};
    n->work = (pv_audit_work){
        .o = &n->options, .scheme = &scheme, .party = n->party, .parties = 2, .seed = 1};
    CHECK_OK(pv_model_new_domain(&n->work.model, "mlr", &domain, 1));
    CHECK_OK(pv_view_create(&w, n->path, &header));
    write_answers(w, rows, kind, kept);
    CHECK_OK(pv_view_sync(w));
    pv_view_writer_free(w);
    CHECK_OK(pv_view_open(&n->view, n->path));
    n->party[0].view = n->view;
}

static const char *const attacks[] = {"solve", NULL};
static const pv_claim claim = {.secret = "weights of the shared layer",
                               .adversary = "active",
                               .victim = "passive",
                               .text = "",
                               .attacks = attacks};

static pv_status make_case(pv_audit_case *c, noted *n, const char *adversary)
{
    *c =
        (pv_audit_case){.claim = &claim, .attack = &pv_attack_solve, .views = 1, .view = {n->view}};
    c->adversary = pv_strdup(adversary);
    if (c->adversary == NULL) return PV_ERR_MEMORY;
    PV_TRY(pv_audit_reads_of(&c->reads, c->attack));
    return c->reads->targets(&n->work, c);
}

static void audit(pv_findings *f, noted *n, const char *adversary, const char *owner)
{
    pv_audit_case c;
    CHECK_OK(make_case(&c, n, adversary));
    if (owner != NULL) {
        pv_audit_case_clear(&c);
        c = (pv_audit_case){.claim = &claim,
                            .attack = &pv_attack_solve,
                            .views = 1,
                            .view = {n->view},
                            .owner = owner,
                            .adversary = pv_strdup(adversary)};
        CHECK_OK(pv_audit_reads_of(&c.reads, c.attack));
        CHECK_OK(c.reads->targets(&n->work, &c));
    }
    CHECK_OK(pv_audit_guess(&n->work, &c));
    *f = (pv_findings){0};
    CHECK_OK(pv_audit_score(f, &n->work, &c));
    assert_int_equal(f->findings, 1);
    assert_string_equal(f->finding[0].metric, "weights");
    pv_audit_case_clear(&c);
}

static void probabilities_tell_all(void **state)
{
    (void)state;
    noted n;
    pv_findings f;
    begin(&n, ALL, 1);
    audit(&f, &n, "active", NULL);
    const pv_finding *one = &f.finding[0];
    assert_int_equal(one->count.k, CELLS);
    assert_int_equal(one->count.n, CELLS);
    assert_true(one->positive.holds && one->negative.holds && one->finished);
    assert_int_equal(pv_finding_level(one), PV_LEVEL_MOST);
    assert_int_equal(one->measures, 2);
    assert_true(one->measure[0].value < 1e-4 && one->measure[1].value > 0.99);
    assert_true(one->measure[1].baseline < 0.9);
    pv_findings_clear(&f);
    noted_end(&n);
}

/* Answers by one layer are held against another. */
static void another_layer(void **state)
{
    (void)state;
    noted n;
    pv_findings f;
    begin(&n, ALL, 1);
    pv_rng r = pv_rng_make(99, PV_STREAM_TEST);
    for (int i = 0; i < CELLS; i++) layer[i] = pv_rng_normal(&r);
    audit(&f, &n, "active", NULL);
    assert_true(f.finding[0].count.k < CELLS / 3);
    assert_true(f.finding[0].measure[0].value > 0.5);
    assert_true(pv_finding_level(&f.finding[0]) != PV_LEVEL_MOST);
    pv_findings_clear(&f);
    noted_end(&n);
}

/* What is added to all classes changes no answer, and is no error. */
static void common_part(void **state)
{
    (void)state;
    noted n;
    pv_findings f;
    begin(&n, ALL, 1);
    for (int i = 0; i < CELLS; i++) layer[i] += 5 + i % (D + 1);
    audit(&f, &n, "active", NULL);
    assert_int_equal(f.finding[0].count.k, CELLS);
    pv_findings_clear(&f);
    noted_end(&n);
}

/* No weight is near, and still the layer labels as the true one does: the reader is told. */
static void labels_tell_the_classifier(void **state)
{
    (void)state;
    noted n;
    pv_findings f;
    begin(&n, LABELS, 1);
    audit(&f, &n, "active", NULL);
    assert_int_equal(pv_finding_level(&f.finding[0]), PV_LEVEL_NONE);
    assert_true(f.finding[0].measure[1].value > 0.95);
    assert_non_null(strstr(f.finding[0].note, "as a classifier it may serve as well"));
    pv_findings_clear(&f);
    noted_end(&n);
}

static void what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        int kept;
        const char *adversary, *owner, *text;
    } bad[] = {
        {0, "active", NULL, "of 3 answers the view kept hashes only"},
        {1, "active+somebody", NULL, "rows and layers that one party has alone"},
        {1, "active", "passive", "only active knows what went into the layer"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        noted n;
        pv_findings f;
        begin(&n, ALL, bad[i].kept);
        audit(&f, &n, bad[i].adversary, bad[i].owner);
        assert_int_equal(pv_finding_level(&f.finding[0]), PV_LEVEL_INVALID);
        assert_non_null(strstr(f.finding[0].unfinished, bad[i].text));
        pv_findings_clear(&f);
        noted_end(&n);
    }
    noted n;
    pv_audit_case c;
    pv_findings f = {0};
    begin(&n, ALL, 1);
    CHECK_OK(make_case(&c, &n, "active"));
    CHECK_OK(pv_audit_guess(&n.work, &c));
    layer_inputs = D + 1;
    CHECK_FAILS(pv_audit_score(&f, &n.work, &c), PV_ERR_MISMATCH, "4 outputs and 4 inputs");
    layer_status = PV_ERR_NOT_FOUND;
    CHECK_FAILS(pv_audit_score(&f, &n.work, &c), PV_ERR_NOT_FOUND, "no halves");
    pv_findings_clear(&f);
    pv_audit_case_clear(&c);
    noted_end(&n);
}

static void out_of_memory(void **state)
{
    (void)state;
    noted n;
    pv_audit_case c;
    pv_status status = PV_OK;
    begin(&n, ALL, 1);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = make_case(&c, &n, "active");
        if (status == PV_OK) status = c.reads->known(&n.work, &c);
        pv_audit_case_clear(&c);
    }
    CHECK_OK(make_case(&c, &n, "active"));
    CHECK_OK(c.reads->known(&n.work, &c));
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_control_view v;
        status = pv_audit_weight_control(&v, &n.work, &c, 1);
        pv_control_view_clear(&v);
    }
    pv_audit_case_clear(&c);
    CHECK_OK(make_case(&c, &n, "active"));
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
        cmocka_unit_test(probabilities_tell_all),
        cmocka_unit_test(another_layer),
        cmocka_unit_test(common_part),
        cmocka_unit_test(labels_tell_the_classifier),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
