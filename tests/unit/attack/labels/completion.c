/* Labels by the feature party's own trained layers, and by what they give: nothing of what crossed
 * is used but the numbers of rows. */
#include "../recorded.h"

#include "attack/labels/labels.h"
#include "nn/model_i.h"
#include "nn/step.h"
#include "privet/metric.h"

#include <math.h>

enum { ROWS = 1200, FEATURES = 20, CLASSES = 4, BATCH = 50, EPOCHS = 8, EACH = 2 };

static const char net[] = "dense 64\nrelu\ndense 16\nrelu\ndense classes\n";

/* Points whose class is a sum of products: not to be seen in the features themselves. */
static pv_data *draw(const char *folder, int classes)
{
    char path[128], spec[160];
    pv_data *data;
    pv_rng rng = pv_rng_make(1, PV_STREAM_TEST);
    snprintf(path, sizeof path, "%s/points.csv", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int k = 0; k < FEATURES; k++) fprintf(f, "x%d,", k);
    fprintf(f, "label\n");
    for (int i = 0; i < ROWS; i++) {
        double x[FEATURES];
        for (int k = 0; k < FEATURES; k++) x[k] = pv_rng_normal(&rng);
        int y = (x[0] * x[1] > 0) + 2 * (x[2] + x[3] > 0);
        for (int k = 0; k < FEATURES; k++)
            fprintf(f, "%.5f,", x[k] + (k < 2 ? (x[k] > 0 ? 0.7 : -0.7) : 0));
        fprintf(f, "c%d\n", classes == 2 ? y >= 2 : y);
    }
    fclose(f);
    snprintf(spec, sizeof spec, "csv:%s?label=label", path);
    CHECK_OK(pv_data_open(&data, spec, NULL));
    unlink(path);
    return data;
}

static void train(pv_model *m, const pv_data *data)
{
    pv_train_step s;
    pv_rng rng = pv_rng_make(2, PV_STREAM_TEST);
    uint32_t order[ROWS];
    const pv_optim_options adam = {.size = sizeof adam, .kind = PV_ADAM};
    CHECK_OK(pv_train_step_init(&s, m, BATCH, &adam, &(pv_loss_options){0}, NULL));
    for (uint32_t i = 0; i < ROWS; i++) order[i] = i;
    for (int64_t e = 0, step = 0; e < EPOCHS * 4; e++) {
        pv_rng_shuffle(&rng, order, ROWS);
        for (int b = 0; b < ROWS / BATCH; b++) {
            int64_t index[BATCH], correct;
            double loss;
            for (int k = 0; k < BATCH; k++) index[k] = order[b * BATCH + k];
            pv_batch_fill(&s.batch, m, data, index, NULL, 0, 0);
            CHECK_OK(pv_train_step_run(&s, step++, 0.005, &loss, &correct));
        }
    }
    CHECK_OK(pv_model_from_plan(m, &s.nodes, s.plan));
    pv_train_step_clear(&s);
}

/* One note: all rows, gradients that say nothing. */
static const pv_view *note_rows(recorded *r)
{
    int64_t index[ROWS];
    float zero[2 * ROWS] = {0};
    for (int i = 0; i < ROWS; i++) index[i] = i;
    const pv_part part[2] = {{"index", PV_I64, PV_SHAPE(ROWS), index},
                             {"gradient", PV_F32, PV_SHAPE(ROWS, 2), zero}};
    recorded_begin(r, "alice");
    recorded_add(r, PV_VIEW_DERIVED, PV_VIEW_NO_PEER, RECORDED_CUT_GRADIENT, 1, part, 2, 1);
    return recorded_open(r);
}

typedef struct setting {
    char folder[64];
    recorded r;
    const pv_view *view;
    pv_data *data;
    pv_model *m;
    pv_public known;
    int64_t row[CLASSES * EACH];
    int32_t label[CLASSES * EACH];
} setting;

static void begin(setting *s, int classes, int trained)
{
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = PV_DATA_TABLE,
                              .sample = PV_SHAPE(FEATURES),
                              .classes = classes};
    int have[CLASSES] = {0};
    memset(s, 0, sizeof *s);
    snprintf(s->folder, sizeof s->folder, "/tmp/completion-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    s->data = draw(s->folder, classes);
    CHECK_OK(pv_model_parse(&s->m, net, strlen(net), "net.model", &domain, 1));
    if (trained) train(s->m, s->data);
    s->view = note_rows(&s->r);
    s->known = (pv_public){.model = s->m,
                           .classes = classes,
                           .known_row = s->row,
                           .known_label = s->label,
                           .own_data = s->data,
                           .own_model = s->m,
                           .own_head = 1};
    for (int64_t i = 0; i < ROWS; i++) {
        int y = pv_data_label(s->data, i);
        if (have[y]++ >= EACH) continue;
        s->row[s->known.known] = i;
        s->label[s->known.known++] = y;
    }
}

static void end(setting *s)
{
    recorded_free(&s->r);
    pv_model_free(s->m);
    pv_data_free(s->data);
    rmdir(s->folder);
}

static pv_status run_on(pv_guess *g, const pv_attack *a, const setting *s, const pv_public *known,
                        const pv_attack_option *option, int options)
{
    const pv_attack_target t = {.victim = "bob", .step = 1};
    pv_status status = pv_guess_init(g, 1);
    if (status != PV_OK) return status;
    return a->run(g, &s->view, 1, known, &t, 1, option, options, &(pv_budget){.seed = 1}, NULL);
}

static double right(const setting *s, const pv_attack_option *option, int options)
{
    pv_guess g;
    int64_t hits = 0;
    CHECK_OK(run_on(&g, &pv_attack_completion, s, &s->known, option, options));
    for (int64_t i = 0; i < ROWS; i++) hits += g.item[0].label[i] == pv_data_label(s->data, i);
    pv_guess_clear(&g);
    return (double)hits / ROWS;
}

static const pv_attack_option fresh[] = {{"bottom", "fresh"}};

static void trained_layers_know_more(void **state)
{
    (void)state;
    setting s;
    begin(&s, CLASSES, 1);
    double trained = right(&s, NULL, 0), scratch = right(&s, fresh, 1);
    print_message("completion, %d known labels of %d classes: %.3f with trained layers, %.3f with "
                  "fresh ones\n",
                  (int)s.known.known, CLASSES, trained, scratch);
    assert_true(trained >= 0.8);
    assert_true(trained > scratch + 0.2);
    end(&s);
}

static void spectrum_of_activations(void **state)
{
    (void)state;
    static const pv_attack_option own[] = {{"of", "activation"}};
    double area[2];
    for (int trained = 0; trained < 2; trained++) {
        setting s;
        pv_guess g;
        pv_auc_score auc;
        uint8_t positive[ROWS];
        begin(&s, 2, trained);
        CHECK_OK(run_on(&g, &pv_attack_spectral, &s, &s.known, own, 1));
        for (int64_t i = 0; i < ROWS; i++) positive[i] = pv_data_label(s.data, i) == 1;
        CHECK_OK(pv_auc(&auc, g.item[0].confidence, positive, ROWS, 0.95));
        area[trained] = auc.auc;
        pv_guess_clear(&g);
        end(&s);
    }
    print_message("spectral of activations: auc %.3f trained, %.3f not\n", area[1], area[0]);
    assert_true(area[1] >= 0.95);
    assert_true(area[1] > area[0] + 0.1);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    setting s;
    pv_guess g;
    begin(&s, CLASSES, 0);
    pv_public known = s.known;
    known.own_data = NULL;
    CHECK_FAILS(run_on(&g, &pv_attack_completion, &s, &known, NULL, 0), PV_ERR_USAGE,
                "own data and layers");
    pv_guess_clear(&g);
    known = s.known;
    known.own_head = 4;
    CHECK_FAILS(run_on(&g, &pv_attack_completion, &s, &known, NULL, 0), PV_ERR_MISMATCH,
                "it has 3 dense layers; 4 of them");
    pv_guess_clear(&g);
    int64_t some[20];
    for (int i = 0; i < 20; i++) some[i] = i;
    CHECK_OK(pv_data_subset((pv_data **)&known.own_data, s.data, some, 20));
    known.own_head = 1;
    CHECK_FAILS(run_on(&g, &pv_attack_completion, &s, &known, NULL, 0), PV_ERR_MISMATCH,
                "there are only 20 samples");
    pv_guess_clear(&g);
    pv_data_free((pv_data *)known.own_data);
    end(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    static const pv_attack_option quick[] = {
        {"bottom", "fresh"}, {"restarts", "1"}, {"rounds", "1"}};
    setting s;
    pv_status status = PV_OK;
    begin(&s, CLASSES, 0);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_guess g;
        status = run_on(&g, &pv_attack_completion, &s, &s.known, quick, 3);
        pv_guess_clear(&g);
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trained_layers_know_more),
        cmocka_unit_test(spectrum_of_activations),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
