/* Which epoch's weights a retraining leaves, what its pressure does while the task fails, and the
 * head at the cut. */
#include "check.h"

#include "encode/complement/retrain_guard.h"
#include "encode/complement/split.h"
#include "nn/step.h"
#include <math.h>
#include <stdlib.h>

enum { SEED = 7, EPOCHS = 8, MOST = 1 << 12 };

static pv_data *data;
static pv_model *net;

static int set_up(void **state)
{
    (void)state;
    static const char text[] = "flatten\ndense 32\nrelu\ndense 32\nrelu\ndense 16\nrelu\n"
                               "dense classes\n";
    if (pv_data_open(&data, "glyphs?classes=3,5&limit=8000", NULL) != PV_OK) return -1;
    const pv_model_domain domain = {.size = sizeof domain,
                                    .kind = PV_DATA_IMAGE,
                                    .sample = pv_data_sample_shape(data),
                                    .classes = 2};
    if (pv_model_parse(&net, text, strlen(text), "net.model", &domain, SEED) != PV_OK) return -1;
    for (int i = 0; i < 2; i++)
        if (pv_model_set_class(net, i, pv_data_class_name(data, i)) != PV_OK) return -1;
    return pv_norm_fit(&net->norm, data) == PV_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pv_model_free(net);
    pv_data_free(data);
    return 0;
}

/* Says what it was told to, and remembers the last layer's weights of every epoch. */
typedef struct scripted {
    double read[EPOCHS], answered[EPOCHS];
    float weight[EPOCHS][MOST];
    int calls;
    pv_status fails;
} scripted;

static const pv_tensor *last_weights(const pv_hidden *h)
{
    return pv_model_param(h->model, pv_model_params(h->model) - 2);
}

static pv_status say(pv_retrain_verdict *out, void *user, const pv_hidden *h)
{
    scripted *s = user;
    const pv_tensor *w = last_weights(h);
    assert_true(s->calls < EPOCHS && pv_tensor_bytes(w) <= sizeof s->weight[0]);
    memcpy(s->weight[s->calls], w->data, pv_tensor_bytes(w));
    *out = (pv_retrain_verdict){s->read[s->calls], s->answered[s->calls]};
    s->calls++;
    return s->fails;
}

static pv_status retrain(pv_hidden *h, pv_retrain_result *r, const pv_guard_options *guard,
                         scripted *s, double floor)
{
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_APPEND, 1, SEED};
    pv_retrain_options o;
    pv_retrain_defaults(&o, "net", data);
    o.train.epochs = EPOCHS;
    o.train.seed = SEED;
    o.train.batch = 16;
    o.train.lr = 3e-3;
    o.train.augment = (pv_augment){0};
    o.guard = *guard;
    if (s != NULL) o.judge = (pv_retrain_judge){.judge = say, .user = s, .floor = floor};
    CHECK_OK(pv_hidden_make(h, net, data, &make));
    return pv_retrain(h, &o, NULL, r);
}

static const pv_guard_options light = {
    .cut = {.stage = 3}, .secret = 0.01, .warmup_epochs = 1, .ramp_epochs = 2, .decoder_steps = 1};

/* Epochs from the end of the ramp on are judged. Of those above the floor the one
 * that is read least is left. */
static void keeps_the_best_epoch(void **state)
{
    (void)state;
    static scripted s = {.read = {0.5, 0.1, 0.2, 0.1, 0.3, 0.3},
                         .answered = {1, 0.5, 0.99, 0.2, 1, 1}};
    pv_hidden h;
    pv_retrain_result r;
    CHECK_OK(retrain(&h, &r, &light, &s, 0.9));
    print_message("%d of %d epochs judged, number %d kept\n", s.calls, r.epochs, r.kept);
    int first = -1;
    for (int e = 0; e < r.epochs && first < 0; e++)
        if (!isnan(r.epoch[e].verdict.read)) first = e;
    assert_int_equal(r.epochs, EPOCHS);
    assert_true(first == 2 && s.calls == 6);
    assert_true(r.picked && !r.collapsed);
    int best = 0; /* by the script, in the order of calls */
    for (int k = 1; k < s.calls; k++)
        if (s.answered[k] >= 0.9 && s.read[k] < s.read[best]) best = k;
    assert_int_equal(best, 2);
    assert_true(r.epoch[r.kept - 1].verdict.read == 0.2);
    assert_memory_equal(last_weights(&h)->data, s.weight[best], pv_tensor_bytes(last_weights(&h)));
    assert_memory_not_equal(s.weight[best], s.weight[s.calls - 1],
                            pv_tensor_bytes(last_weights(&h)));
    pv_retrain_result_clear(&r);
    pv_hidden_clear(&h);
}

static void nobody_reaches_the_floor(void **state)
{
    (void)state;
    static scripted s = {.answered = {0.8, 0.8, NAN, 0.8, 0}};
    pv_hidden h;
    pv_retrain_result r;
    CHECK_OK(retrain(&h, &r, &light, &s, 0.9));
    assert_true(!r.picked && r.kept == r.epochs);
    assert_memory_equal(last_weights(&h)->data, s.weight[s.calls - 1],
                        pv_tensor_bytes(last_weights(&h)));
    pv_retrain_result_clear(&r);
    pv_hidden_clear(&h);
    s = (scripted){.fails = PV_ERR_NUMERIC};
    pv_status status = retrain(&h, &r, &light, &s, 0.9);
    assert_int_equal(status, PV_ERR_NUMERIC);
    assert_true(r.epochs == 0 && r.epoch == NULL);
    pv_hidden_clear(&h);
}

/* With weight on it the activation is explained by the answer to a larger part, and the run repeats
 * itself bit for bit. */
static double unexplained(const pv_hidden *h)
{
    enum { ROWS = 200 };
    pv_split_half front, back;
    pv_split_runner *run;
    pv_batch b;
    pv_secret_value secret[ROWS];
    int64_t index[ROWS];
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    CHECK_OK(pv_split_make(&front, &back, h, &(pv_cut_at){.stage = 3}, data, SEED));
    CHECK_OK(pv_split_runner_new(&run, &front, ROWS, NULL));
    CHECK_OK(pv_batch_init(&b, front.model, ROWS));
    int64_t width = pv_shape_count(&front.activation);
    float *z = pv_alloc((size_t)(ROWS * width), sizeof *z);
    assert_non_null(z);
    for (int i = 0; i < ROWS; i++) {
        index[i] = i;
        pv_secret_draw(&secret[i], &front.plan, &rng);
    }
    pv_batch_fill(&b, front.model, data, index, NULL, 0, 0);
    CHECK_OK(pv_front_run(run, z, b.x, secret, NULL, ROWS));
    double share = 0;
    int alive = 0;
    for (int64_t k = 0; k < width; k++) {
        double n[2] = {0}, sum[2] = {0}, square = 0;
        for (int i = 0; i < ROWS; i++) {
            int t = pv_secret_hide(&secret[i], b.label[i]);
            double v = z[i * width + k];
            n[t]++;
            sum[t] += v;
            square += v * v;
        }
        double all = square - pow(sum[0] + sum[1], 2) / ROWS,
               within = square - pow(sum[0], 2) / n[0] - pow(sum[1], 2) / n[1];
        if (all < 1e-6) continue;
        share += within / all;
        alive++;
    }
    pv_free(z);
    pv_batch_clear(&b);
    pv_split_runner_free(run);
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
    return alive > 0 ? share / alive : 0;
}

static void draws_one_answer_together(void **state)
{
    (void)state;
    pv_hidden h[3];
    pv_retrain_result r;
    double share[3];
    for (int k = 0; k < 3; k++) {
        const pv_guard_options guard = {
            .cut = {.stage = 3}, .cluster = k > 0 ? 3 : 0, .decoder_steps = 1};
        CHECK_OK(retrain(&h[k], &r, &guard, NULL, 0));
        share[k] = unexplained(&h[k]);
        pv_retrain_result_clear(&r);
    }
    print_message("unexplained: %.3f, with weight %.3f\n", share[0], share[1]);
    assert_true(share[1] < 0.9 * share[0]);
    assert_memory_equal(last_weights(&h[1])->data, last_weights(&h[2])->data,
                        pv_tensor_bytes(last_weights(&h[1])));
    for (int k = 0; k < 3; k++) pv_hidden_clear(&h[k]);
}

static void memory_runs_out(void **state)
{
    (void)state;
    pv_status status;
    const pv_guard_options guard = {.cut = {.stage = 1}, .cluster = 1, .decoder_steps = 1};
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 0, SEED};
    pv_model *small;
    pv_data *few, *rest;
    pv_retrain_options o;
    CHECK_OK(pv_data_holdout(&rest, &few, data, 0.05, SEED));
    CHECK_OK(pv_model_new(&small, "mlp:hidden=4", few, SEED));
    pv_retrain_defaults(&o, "net", few);
    o.train.epochs = 1;
    o.train.batch = 8;
    o.guard = guard;
    CHECK_OUT_OF_MEMORY(status)
    {
        static scripted s;
        pv_hidden h;
        pv_retrain_result r;
        s = (scripted){.answered = {1}};
        o.judge = (pv_retrain_judge){.judge = say, .user = &s};
        status = pv_hidden_make(&h, small, few, &make);
        if (status == PV_OK) status = pv_retrain(&h, &o, NULL, &r);
        if (status == PV_OK) {
            assert_true(r.picked);
            pv_retrain_result_clear(&r);
        }
        pv_hidden_clear(&h);
    }
    pv_model_free(small);
    pv_data_free(few);
    pv_data_free(rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_best_epoch),
        cmocka_unit_test(nobody_reaches_the_floor),
        cmocka_unit_test(draws_one_answer_together),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
