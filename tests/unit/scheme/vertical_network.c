/* The two halves of a cut model, with the shared layer computed here in double precision, train as
 * the whole model does: for every kind of layer that may stand on either side. */
#include "check.h"

#include "nn/model_i.h"
#include "privet/train.h"
#include "scheme/vertical/network.h"
#include <math.h>
#include <stdlib.h>

enum { SEED = 5, STEPS = 12 };

static const pv_optim_options sgd = {
    .size = sizeof sgd, .kind = PV_SGD, .momentum = 0.9, .weight_decay = 1e-3};
static const pv_optim_options adam = {.size = sizeof adam, .kind = PV_ADAM};
static const double shared_momentum = 0.9, shared_decay = 1e-3, lr = 0.05;

typedef struct shared {
    int64_t d, c;
    double *w, *v;
} shared;

static void shared_init(shared *s, const pv_vertical_cut *cut, pv_model *m)
{
    const float *w = pv_model_param(m, cut->weight)->data;
    *s = (shared){.d = cut->width, .c = cut->outputs};
    s->w = calloc((size_t)(s->d * s->c), sizeof *s->w);
    s->v = calloc((size_t)(s->d * s->c), sizeof *s->v);
    for (int64_t i = 0; i < s->d * s->c; i++) s->w[i] = (double)w[i];
}

/* z = A·Wᵀ */
static void scores(float *z, const shared *s, const float *a, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < s->c; k++) {
            double sum = 0;
            for (int64_t j = 0; j < s->d; j++) sum += (double)a[i * s->d + j] * s->w[k * s->d + j];
            z[i * s->c + k] = (float)sum;
        }
}

/* dA = G·W, then W moves */
static void learn(float *da, shared *s, const float *a, const float *g, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < s->d; j++) {
            double sum = 0;
            for (int64_t k = 0; k < s->c; k++) sum += (double)g[i * s->c + k] * s->w[k * s->d + j];
            da[i * s->d + j] = (float)sum;
        }
    for (int64_t k = 0; k < s->c; k++)
        for (int64_t j = 0; j < s->d; j++) {
            double *w = &s->w[k * s->d + j], *v = &s->v[k * s->d + j], sum = 0;
            for (int64_t i = 0; i < rows; i++)
                sum += (double)g[i * s->c + k] * (double)a[i * s->d + j];
            *v = shared_momentum * *v + sum + shared_decay * *w;
            *w -= lr * *v;
        }
}

typedef struct halves {
    pv_model *m, *n; /* of the bottom, of the top */
    pv_vertical_cut cut;
    pv_bottom bottom;
    pv_top top;
    shared s;
    float *a, *da, *z, *g;
} halves;

static void halves_init(halves *h, const pv_model *m, int64_t head, int64_t batch,
                        const pv_optim_options *optim)
{
    *h = (halves){0};
    CHECK_OK(pv_model_copy(&h->m, m));
    CHECK_OK(pv_model_copy(&h->n, m));
    CHECK_OK(pv_vertical_cut_find(&h->cut, h->m, head));
    const pv_half_options o = {.batch = batch,
                               .optim = *optim,
                               .training = 1,
                               .plan = {.size = sizeof o.plan, .threads = 1, .seed = SEED}};
    CHECK_OK(pv_bottom_init(&h->bottom, h->m, &h->cut, &o));
    CHECK_OK(pv_top_init(&h->top, h->n, &h->cut, &o));
    shared_init(&h->s, &h->cut, h->m);
    size_t b = (size_t)batch, d = (size_t)h->s.d, c = (size_t)h->s.c;
    h->a = calloc(b * d, sizeof *h->a);
    h->da = calloc(b * d, sizeof *h->da);
    h->z = calloc(b * c, sizeof *h->z);
    h->g = calloc(b * c, sizeof *h->g);
}

static void halves_clear(halves *h)
{
    pv_bottom_clear(&h->bottom);
    pv_top_clear(&h->top);
    pv_model_free(h->m);
    pv_model_free(h->n);
    free(h->s.w);
    free(h->s.v);
    free(h->a);
    free(h->da);
    free(h->z);
    free(h->g);
}

static void one_step(halves *h, const pv_data *data, const int64_t *index, int64_t step,
                     double *loss)
{
    int64_t correct;
    pv_batch_fill(&h->bottom.batch, h->m, data, index, NULL, SEED, (uint64_t)step);
    CHECK_OK(pv_bottom_forward(&h->bottom, step, h->a));
    scores(h->z, &h->s, h->a, h->bottom.batch.size);
    CHECK_OK(pv_top_step(&h->top, step, lr, h->z, h->bottom.batch.label, h->g, loss, &correct));
    learn(h->da, &h->s, h->a, h->g, h->bottom.batch.size);
    CHECK_OK(pv_bottom_backward(&h->bottom, step, lr, h->da));
}

/* The largest difference of any parameter. */
static double difference(halves *h, pv_model *whole)
{
    double most = 0;
    CHECK_OK(pv_bottom_store(&h->bottom));
    CHECK_OK(pv_top_store(&h->top));
    for (int i = 0; i < pv_model_params(whole); i++) {
        int side = pv_vertical_side(&h->cut, whole, i);
        const float *x = pv_model_param(whole, i)->data;
        const float *y = side == 0 ? pv_model_param(h->m, i)->data : pv_model_param(h->n, i)->data;
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(whole, i)); k++)
            most = fmax(most, fabs((double)x[k] - (side == 1 ? h->s.w[k] : (double)y[k])));
    }
    return most;
}

static const char with_norms[] = "conv 4 kernel=5 stride=2\nbatchnorm\nrelu\nflatten\ndense 24\n"
                                 "dropout 0.25\nrelu\ndense 12\ntanh\ndropout 0.25\n"
                                 "dense classes bias=no\nscale 0.5\n";

static pv_model *open_model(const char *name, const char *text, const pv_data *data)
{
    pv_model *m;
    if (text == NULL) {
        CHECK_OK(pv_model_new(&m, name, data, SEED));
        return m;
    }
    const pv_model_domain d = {.size = sizeof d,
                               .kind = pv_data_what(data),
                               .sample = pv_data_sample_shape(data),
                               .classes = pv_data_classes(data)};
    CHECK_OK(pv_model_parse(&m, text, strlen(text), "test.model", &d, SEED));
    return m;
}

static void train_as_one(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        int64_t head, batch;
        const pv_optim_options *optim; /* NULL: sgd throughout */
        double within;
    } cases[] = {
        {"mlr", NULL, 1, 16, NULL, 1e-5},          {"mlp:hidden=32", NULL, 1, 16, NULL, 1e-5},
        {"mlp:hidden=32", NULL, 2, 7, NULL, 1e-5}, {"lenet5", NULL, 1, 8, NULL, 1e-5},
        {"lenet5", NULL, 2, 8, NULL, 1e-5},        {"lenet5", NULL, 3, 8, NULL, 1e-5},
        {"norms", with_norms, 1, 16, NULL, 1e-4},  {"norms", with_norms, 2, 16, NULL, 1e-4},
    };
    pv_data *data;
    CHECK_OK(pv_data_open(&data, "glyphs?limit=64", NULL));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        pv_model *m = open_model(cases[k].name, cases[k].text, data);
        halves h;
        pv_train_step whole;
        const pv_plan_options plan = {.size = sizeof plan, .threads = 1, .seed = SEED};
        halves_init(&h, m, cases[k].head, cases[k].batch, &sgd);
        CHECK_OK(pv_train_step_init(&whole, m, cases[k].batch, &sgd, &(pv_loss_options){0}, &plan));
        for (int64_t step = 0; step < STEPS; step++) {
            int64_t index[16], correct;
            double a, b;
            for (int64_t i = 0; i < cases[k].batch; i++)
                index[i] = (step * cases[k].batch + i * 3) % 64;
            pv_batch_fill(&whole.batch, m, data, index, NULL, SEED, (uint64_t)step);
            CHECK_OK(pv_train_step_run(&whole, step, lr, &a, &correct));
            one_step(&h, data, index, step, &b);
            assert_true(fabs(a - b) < 1e-3);
        }
        CHECK_OK(pv_model_from_plan(m, &whole.nodes, whole.plan));
        double d = difference(&h, m);
        print_message("%s, head %d: largest difference of a parameter %.2g\n", cases[k].name,
                      (int)cases[k].head, d);
        assert_true(d < cases[k].within);
        pv_train_step_clear(&whole);
        halves_clear(&h);
        pv_model_free(m);
    }
    pv_data_free(data);
}

/* In evaluation mode both halves give what the whole gives. */
static void evaluate_as_one(void **state)
{
    (void)state;
    enum { BATCH = 8 };
    pv_data *data;
    pv_forward f;
    int64_t n;
    CHECK_OK(pv_data_open(&data, "glyphs?limit=8", NULL));
    pv_model *m = open_model("norms", with_norms, data);
    for (int64_t head = 1; head <= 2; head++) {
        halves h;
        float out[BATCH * 10];
        double loss;
        int64_t index[BATCH] = {0, 1, 2, 3, 4, 5, 6, 7};
        halves_init(&h, m, head, BATCH, &adam);
        one_step(&h, data, index, 0, &loss);
        CHECK_OK(pv_bottom_store(&h.bottom));
        CHECK_OK(pv_top_store(&h.top));
        pv_model *whole;
        CHECK_OK(pv_model_copy(&whole, h.n));
        for (int i = 0; i < pv_model_params(whole); i++) {
            pv_tensor *to = pv_model_param(whole, i);
            int side = pv_vertical_side(&h.cut, whole, i);
            if (side == 0) memcpy(to->data, pv_model_param(h.m, i)->data, pv_tensor_bytes(to));
            for (int64_t k = 0; side == 1 && k < pv_tensor_count(to); k++)
                ((float *)to->data)[k] = (float)h.s.w[k];
        }
        CHECK_OK(pv_forward_init(&f, whole, BATCH, NULL));
        CHECK_OK(pv_forward_run(&f, whole, data, 0, &n));
        pv_batch_fill(&h.bottom.batch, h.m, data, index, NULL, 0, 0);
        CHECK_OK(pv_bottom_forward(&h.bottom, -1, h.a));
        scores(h.z, &h.s, h.a, BATCH);
        CHECK_OK(pv_top_evaluate(&h.top, h.z, out));
        for (int i = 0; i < BATCH * 10; i++)
            assert_true(fabsf(out[i] - f.log_probabilities[i]) < 1e-5f);
        pv_forward_clear(&f);
        pv_model_free(whole);
        halves_clear(&h);
    }
    pv_model_free(m);
    pv_data_free(data);
}

/* Saved in the middle and loaded into new halves: the same bits from there on. */
static void saved_and_loaded(void **state)
{
    (void)state;
    pv_data *data;
    const pv_optim_options *const optim[] = {&sgd, &adam};
    CHECK_OK(pv_data_open(&data, "glyphs?limit=32", NULL));
    pv_model *m = open_model("norms", with_norms, data);
    for (int k = 0; k < 2; k++) {
        halves one, two;
        double loss, again;
        pv_bytes bytes[2];
        int64_t index[16];
        for (int i = 0; i < 16; i++) index[i] = i * 2;
        halves_init(&one, m, 1 + k, 16, optim[k]);
        halves_init(&two, m, 1 + k, 16, optim[k]);
        for (int64_t step = 0; step < 3; step++) one_step(&one, data, index, step, &loss);
        for (int i = 0; i < 2; i++) {
            pv_writer w = pv_writer_make("state", 1 << 24);
            CHECK_OK(i == 0 ? pv_bottom_save(&one.bottom, &w) : pv_top_save(&one.top, &w));
            CHECK_OK(pv_writer_take(&w, &bytes[i]));
            pv_reader r = pv_reader_make("state", bytes[i].data, bytes[i].size);
            CHECK_OK(i == 0 ? pv_bottom_load(&two.bottom, &r) : pv_top_load(&two.top, &r));
            pv_reader_end(&r);
            CHECK_OK(pv_reader_status(&r));
            if (bytes[i].size > 0) {
                r = pv_reader_make("state", bytes[i].data, bytes[i].size - 1);
                CHECK_FAILS(i == 0 ? pv_bottom_load(&two.bottom, &r) : pv_top_load(&two.top, &r),
                            PV_ERR_TRUNCATED, "state");
                r = pv_reader_make("state", bytes[i].data, bytes[i].size);
                CHECK_OK(i == 0 ? pv_bottom_load(&two.bottom, &r) : pv_top_load(&two.top, &r));
            }
            pv_bytes_clear(&bytes[i]);
        }
        size_t n = (size_t)(one.s.c * one.s.d) * sizeof *one.s.w;
        memcpy(two.s.w, one.s.w, n);
        memcpy(two.s.v, one.s.v, n);
        for (int64_t step = 3; step < 6; step++) {
            one_step(&one, data, index, step, &loss);
            one_step(&two, data, index, step, &again);
            assert_true(loss == again);
        }
        assert_memory_equal(one.s.w, two.s.w, n);
        halves_clear(&one);
        halves_clear(&two);
    }
    pv_model_free(m);
    pv_data_free(data);
}

static void what_cannot_be_cut(void **state)
{
    (void)state;
    pv_data *data;
    pv_vertical_cut c;
    static const struct {
        const char *text;
        int64_t head;
        const char *says;
    } refused[] = {
        {"flatten\ndense classes\n", 2,
         "1 dense layer with nothing but elementwise layers between "
         "them after flatten1; head = 2"},
        {"flatten\ndense 8\nbatchnorm\ndense classes\n", 2, "after batchnorm1"},
        {"conv 10 kernel=28\nglobal-avgpool\n", 1, "0 dense layers"},
        {"flatten\ndense 10\nreshape 10\n", 1, "after reshape1"},
        {"residual {\n conv 1 kernel=3 pad=1\n}\nflatten\ndense 20\nrelu\ndense classes\n", 3,
         "after flatten1"},
    };
    CHECK_OK(pv_data_open(&data, "glyphs?limit=8", NULL));
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        pv_model *m = open_model("test", refused[k].text, data);
        CHECK_FAILS(pv_vertical_cut_find(&c, m, refused[k].head), PV_ERR_MISMATCH, refused[k].says);
        pv_model_free(m);
    }
    pv_model *m = open_model("norms", with_norms, data);
    CHECK_OK(pv_vertical_cut_find(&c, m, 2));
    assert_string_equal(c.name, "dense2");
    assert_int_equal(c.width, 24);
    assert_int_equal(c.outputs, 12);
    assert_string_equal(pv_model_param_name(m, c.weight), "dense2.weight");
    assert_string_equal(pv_model_param_name(m, c.bias), "dense2.bias");
    CHECK_OK(pv_vertical_cut_find(&c, m, 1));
    assert_int_equal(c.bias, -1);
    CHECK_OK(pv_vertical_cut_find(&c, m, 3));
    assert_int_equal(c.width, 4 * 12 * 12);
    CHECK_FAILS(pv_vertical_cut_find(&c, m, 4), PV_ERR_MISMATCH, "3 dense layers");
    pv_model_free(m);
    pv_data_free(data);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_data *data;
    pv_status status = PV_OK;
    CHECK_OK(pv_data_open(&data, "glyphs?limit=8", NULL));
    pv_model *m = open_model("mlp:hidden=4", NULL, data);
    const pv_half_options o = {
        .batch = 4, .optim = sgd, .training = 1, .plan = {.size = sizeof o.plan, .threads = 1}};
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_vertical_cut c;
        pv_bottom b = {0};
        status = pv_vertical_cut_find(&c, m, 1);
        if (status == PV_OK) status = pv_bottom_init(&b, m, &c, &o);
        pv_bottom_clear(&b);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_vertical_cut c;
        pv_top t = {0};
        status = pv_vertical_cut_find(&c, m, 2);
        if (status == PV_OK) status = pv_top_init(&t, m, &c, &o);
        pv_top_clear(&t);
    }
    pv_model_free(m);
    pv_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(train_as_one),     cmocka_unit_test(evaluate_as_one),
        cmocka_unit_test(saved_and_loaded), cmocka_unit_test(what_cannot_be_cut),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
