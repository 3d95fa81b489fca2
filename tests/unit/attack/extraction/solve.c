/* The shared layer from what a scenario tells of its predictions: probabilities, rounded ones,
 * labels; answers that are not kept, broken, or of another layer. */
#include "../recorded.h"

#include "attack/activations.h"
#include "attack/extraction/extraction.h"
#include "data/rows.h"

#include <math.h>

enum { FEATURES = 30, WIDTH = 84, CLASSES = 10, BATCH = 32, MOST = 1500, CELLS = CLASSES * 85 };
enum { PROBABILITY, ROUNDED, LABEL };

static const char net[] = "dense 84\nrelu\ndense classes\n";

typedef struct setting {
    recorded r;
    const pv_view *view;
    pv_data *data;
    pv_model *m;
    pv_public known;
    pv_activations own;
    double truth[CELLS]; /* centred */
    int64_t rows;
} setting;

static pv_data *draw(int64_t n, pv_rng *rng)
{
    pv_data *data;
    static const char *const name[CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    float *x = pv_alloc((size_t)n * FEATURES, sizeof *x);
    int32_t *label = pv_calloc((size_t)n, sizeof *label); /* it has none; they are not read */
    assert_true(x != NULL && label != NULL);
    for (int64_t i = 0; i < n * FEATURES; i++) x[i] = (float)pv_rng_normal(rng);
    CHECK_OK(pv_data_from_rows(&data, &(pv_rows){.kind = PV_DATA_TABLE,
                                                 .dtype = PV_F32,
                                                 .sample = PV_SHAPE(FEATURES),
                                                 .n = n,
                                                 .x = x,
                                                 .label = label,
                                                 .class_name = name,
                                                 .classes = CLASSES}));
    pv_free(x);
    pv_free(label);
    return data;
}

static void draw_layer(double *w, double scale, pv_rng *rng)
{
    for (int j = 0; j < CELLS; j++) w[j] = scale * pv_rng_normal(rng);
}

static void centre(double *w)
{
    for (int j = 0; j <= WIDTH; j++) {
        double mean = 0;
        for (int k = 0; k < CLASSES; k++) mean += w[k * (WIDTH + 1) + j] / CLASSES;
        for (int k = 0; k < CLASSES; k++) w[k * (WIDTH + 1) + j] -= mean;
    }
}

static int probabilities(float *p, const double *w, const float *a)
{
    double z[CLASSES], most = -HUGE_VAL, sum = 0;
    int best = 0;
    for (int k = 0; k < CLASSES; k++) {
        z[k] = w[k * (WIDTH + 1) + WIDTH];
        for (int j = 0; j < WIDTH; j++) z[k] += w[k * (WIDTH + 1) + j] * a[j];
        if (z[k] > most) most = z[k], best = k;
    }
    for (int k = 0; k < CLASSES; k++) sum += exp(z[k] - most);
    for (int k = 0; k < CLASSES; k++) p[k] = (float)(exp(z[k] - most) / sum);
    return best;
}

/* The answers of layer w to all rows; keep: that of batch `keep` only, -1 all of them. */
static void answer(setting *s, const double *w, int kind, int64_t keep)
{
    recorded_begin(&s->r, "alice");
    for (int64_t first = 0; first < s->rows; first += BATCH) {
        float p[BATCH * CLASSES], sure[BATCH];
        int32_t label[BATCH];
        int64_t n = s->rows - first < BATCH ? s->rows - first : BATCH;
        for (int64_t i = 0; i < n; i++) {
            label[i] = probabilities(p + i * CLASSES, w, s->own.a + (first + i) * s->own.width);
            sure[i] = roundf(100 * p[i * CLASSES + label[i]]) / 100;
        }
        const pv_part all[] = {{"probability", PV_F32, PV_SHAPE(n, CLASSES), p}};
        const pv_part some[] = {{"label", PV_I32, PV_SHAPE(n), label},
                                {"probability", PV_F32, PV_SHAPE(n), sure}};
        recorded_add(&s->r, PV_VIEW_RECEIVED, 0, RECORDED_ANSWER, (uint64_t)(first / BATCH) + 2,
                     kind == PROBABILITY ? all : some, kind == ROUNDED ? 2 : 1,
                     keep < 0 || keep == first / BATCH);
    }
    s->view = recorded_open(&s->r);
}

static void begin(setting *s, int64_t rows, int kind, double scale, int64_t keep)
{
    pv_rng rng = pv_rng_make(7, PV_STREAM_TEST);
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = PV_DATA_TABLE,
                              .sample = PV_SHAPE(FEATURES),
                              .classes = CLASSES};
    memset(s, 0, sizeof *s);
    s->rows = rows;
    s->data = draw(rows, &rng);
    CHECK_OK(pv_model_parse(&s->m, net, strlen(net), "net.model", &domain, 1));
    CHECK_OK(pv_activations_init(&s->own, s->m, 1, s->data, NULL));
    assert_int_equal(s->own.width, WIDTH);
    draw_layer(s->truth, scale, &rng);
    answer(s, s->truth, kind, keep);
    centre(s->truth);
    s->known = (pv_public){
        .model = s->m, .classes = CLASSES, .own_data = s->data, .own_model = s->m, .own_head = 1};
}

static void end(setting *s)
{
    recorded_free(&s->r);
    pv_activations_clear(&s->own);
    pv_model_free(s->m);
    pv_data_free(s->data);
}

static pv_status run_on(pv_guess *g, const setting *s, const pv_budget *budget)
{
    const pv_attack_target t = {.victim = "bob", .batch = CLASSES};
    pv_status status = pv_guess_init(g, 1);
    if (status != PV_OK) return status;
    status = pv_attack_solve.run(g, &s->view, 1, &s->known, &t, 1, NULL, 0, budget, NULL);
    if (status != PV_OK) pv_guess_clear(g);
    return status;
}

/* |guess - truth| over |truth|, and the share of rows that both label alike. */
static double error_of(const setting *s, double *agree)
{
    pv_guess g;
    double off = 0, all = 0, guess[CELLS];
    int64_t same = 0;
    CHECK_OK(run_on(&g, s, &(pv_budget){.seed = 1}));
    assert_int_equal(g.item[0].batch, CLASSES);
    for (int j = 0; j < CELLS; j++) {
        guess[j] = g.item[0].x[j];
        off += (guess[j] - s->truth[j]) * (guess[j] - s->truth[j]);
        all += s->truth[j] * s->truth[j];
    }
    for (int64_t i = 0; i < s->rows; i++) {
        float p[CLASSES];
        const float *a = s->own.a + i * WIDTH;
        same += probabilities(p, guess, a) == probabilities(p, s->truth, a);
    }
    *agree = (double)same / (double)s->rows;
    print_message("%lld rows: error %.2g, %.3f labelled alike, loss %.2g, %.2f s, %lld "
                  "evaluations\n",
                  (long long)s->rows, sqrt(off / all), *agree, g.item[0].loss, g.item[0].seconds,
                  (long long)g.item[0].evaluations);
    pv_guess_clear(&g);
    return sqrt(off / all);
}

static void probabilities_solve(void **state)
{
    (void)state;
    static const int64_t rows[] = {84, 85, 120, 400};
    double error[4], agree;
    for (int i = 0; i < 4; i++) {
        setting s;
        begin(&s, rows[i], PROBABILITY, 0.3, -1);
        error[i] = error_of(&s, &agree);
        end(&s);
    }
    assert_true(error[0] > 1e-2); /* one row short of what is unknown */
    assert_true(error[1] < 1e-3 && error[2] < 1e-5 && error[3] < 1e-5);
}

/* Some probabilities are too small for float32: those rows are left out. */
static void large_logits(void **state)
{
    (void)state;
    double agree;
    setting s;
    begin(&s, 2000, PROBABILITY, 8, -1);
    assert_true(error_of(&s, &agree) < 1e-3);
    end(&s);
}

static void rounded_and_labels(void **state)
{
    (void)state;
    double error[2], agree[2];
    for (int kind = ROUNDED; kind <= LABEL; kind++) {
        setting s;
        begin(&s, MOST, kind, 0.3, -1);
        error[kind - 1] = error_of(&s, &agree[kind - 1]);
        end(&s);
    }
    assert_true(error[0] < 0.4 && agree[0] > 0.95);
    assert_true(agree[1] > 0.95); /* labels do not tell how large W is */
    assert_true(error[0] < error[1]);
}

static void another_layer(void **state)
{
    (void)state;
    double agree;
    setting s;
    pv_rng rng = pv_rng_make(8, PV_STREAM_TEST);
    begin(&s, 200, PROBABILITY, 0.3, -1);
    draw_layer(s.truth, 0.3, &rng);
    centre(s.truth);
    assert_true(error_of(&s, &agree) > 1);
    assert_true(agree < 0.5);
    end(&s);
}

/* The last batch alone, which is short: its rows are the last ones. */
static void gaps(void **state)
{
    (void)state;
    setting s;
    pv_guess g;
    begin(&s, 100, PROBABILITY, 0.3, 3);
    CHECK_OK(run_on(&g, &s, &(pv_budget){.seed = 1}));
    assert_true(g.item[0].loss < 1e-6); /* four rows are met, whatever the rest is */
    pv_guess_clear(&g);
    end(&s);
    begin(&s, 100, PROBABILITY, 0.3, 99);
    CHECK_FAILS(run_on(&g, &s, &(pv_budget){.seed = 1}), PV_ERR_NOT_FOUND,
                "retention of that type must be");
    end(&s);
}

static void refuses(void **state)
{
    (void)state;
    setting s;
    pv_guess g;
    const pv_budget budget = {.seed = 1};
    begin(&s, 100, PROBABILITY, 0.3, -1);
    s.known.own_head = 2;
    CHECK_FAILS(run_on(&g, &s, &budget), PV_ERR_UNSUPPORTED, "other layers lie behind it");
    s.known.own_head = 1;
    pv_rng rng = pv_rng_make(9, PV_STREAM_TEST);
    pv_data *fewer = draw(90, &rng);
    s.known.own_data = fewer;
    CHECK_FAILS(run_on(&g, &s, &budget), PV_ERR_MISMATCH, "answers about 100 rows, and 90 rows");
    s.known.own_data = NULL;
    CHECK_FAILS(run_on(&g, &s, &budget), PV_ERR_USAGE, "they are not there");
    pv_data_free(fewer);
    end(&s);

    static const struct {
        float p;
        int32_t label;
        int labels;
        pv_status status;
        const char *text;
    } bad[] = {
        {1.5f, 0, 0, PV_ERR_RANGE, "the answer of step 2: a probability is not between 0 and 1"},
        {NAN, 0, 0, PV_ERR_RANGE, "a probability is not between 0 and 1"},
        {0.5f, CLASSES, 1, PV_ERR_RANGE, "label 10 of 10 classes"},
        {0.5f, -1, 1, PV_ERR_RANGE, "label -1 of 10 classes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        float p[CLASSES] = {bad[i].p};
        begin(&s, 1, PROBABILITY, 0.3, -1);
        recorded_free(&s.r);
        recorded_begin(&s.r, "alice");
        const pv_part part[] = {bad[i].labels
                                    ? (pv_part){"label", PV_I32, PV_SHAPE(1), &bad[i].label}
                                    : (pv_part){"probability", PV_F32, PV_SHAPE(1, CLASSES), p}};
        recorded_add(&s.r, PV_VIEW_RECEIVED, 0, RECORDED_ANSWER, 2, part, 1, 1);
        s.view = recorded_open(&s.r);
        CHECK_FAILS(run_on(&g, &s, &budget), bad[i].status, bad[i].text);
        end(&s);
    }
}

static void stops_when_told(void **state)
{
    (void)state;
    setting s;
    pv_guess g;
    begin(&s, 300, LABEL, 0.3, -1);
    CHECK_OK(run_on(&g, &s, &(pv_budget){.seed = 1, .evaluations = 3}));
    assert_int_equal(g.item[0].finished, 0);
    assert_int_equal(g.item[0].evaluations, 3);
    pv_guess_clear(&g);
    end(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int kind = PROBABILITY; kind <= ROUNDED; kind++) {
        setting s;
        pv_status status;
        begin(&s, 40, kind, 0.3, -1);
        CHECK_OUT_OF_MEMORY(status)
        {
            pv_guess g;
            status = run_on(&g, &s, &(pv_budget){.seed = 1, .evaluations = 2});
            if (status == PV_OK) pv_guess_clear(&g);
        }
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_solve),
        cmocka_unit_test(large_logits),
        cmocka_unit_test(rounded_and_labels),
        cmocka_unit_test(another_layer),
        cmocka_unit_test(gaps),
        cmocka_unit_test(refuses),
        cmocka_unit_test(stops_when_told),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
