/* Activations as bytes: how far they may be off, what is refused, and what a projection leaves. */
#include "halves.h"

#include "wire/writer.h"
#include <math.h>
#include <stdlib.h>

enum { NUMBERS = 256, ROWS = 32 };

/* A half without a network: what a form needs. */
static void shape_half(pv_split_half *half, float *low, float *high, pv_shape activation)
{
    *half = (pv_split_half){.activation = activation,
                            .channels = activation.dim[activation.ndim - 1],
                            .low = low,
                            .high = high};
    for (int64_t c = 0; c < half->channels; c++) {
        low[c] = (float)-c;
        high[c] = (float)(2 * c + 1);
    }
}

/* By hand: ranges [0,1] and [-1,3], two pixels of two channels. */
static void test_known(void **state)
{
    (void)state;
    float low[2], high[2];
    pv_split_half half;
    pv_activation_form f;
    uint64_t clamped;
    uint8_t bytes[16];
    float z[4];
    shape_half(&half, low, high, PV_SHAPE(1, 2, 2));
    const float in[4] = {0.5f, 1, 2, -1}; /* 2 lies outside [0,1] */
    CHECK_OK(pv_activation_form_init(&f, &half, 8));
    assert_int_equal(pv_activation_bytes(&f), 4);
    CHECK_OK(pv_activation_encode(bytes, &f, in, 1, &clamped));
    assert_int_equal(clamped, 1);
    assert_memory_equal(bytes, ((uint8_t[]){128, 128, 255, 0}), 4);
    CHECK_OK(pv_activation_decode(z, &f, "query", bytes, 1));
    assert_true(fabsf(z[0] - 128 / 255.0f) < 1e-6f && z[2] == 1 && z[3] == -1);
    pv_activation_form_clear(&f);
    CHECK_OK(pv_activation_form_init(&f, &half, 4));
    assert_int_equal(pv_activation_bytes(&f), 2);
    CHECK_OK(pv_activation_encode(bytes, &f, in, 1, &clamped));
    assert_memory_equal(bytes, ((uint8_t[]){0x88, 0x0f}), 2); /* the first in the low half */
    pv_activation_form_clear(&f);
    CHECK_OK(pv_activation_form_init(&f, &half, 32));
    assert_int_equal(pv_activation_bytes(&f), 16);
    CHECK_OK(pv_activation_encode(bytes, &f, in, 1, &clamped));
    assert_int_equal(clamped, 0);
    assert_memory_equal(bytes, ((uint8_t[]){0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f}), 8);
    pv_activation_form_clear(&f);
    CHECK_FAILS(pv_activation_form_init(&f, &half, 16), PV_ERR_OPTION,
                "16 bits a number; an activation crosses in 32, 8 or 4");
}

/* Within its range a number comes back within half a step; outside, as the end of the range. */
static void test_error_bounds(void **state)
{
    (void)state;
    static float low[7], high[7], z[ROWS * 7 * 9], back[ROWS * 7 * 9];
    static uint8_t bytes[ROWS * 7 * 9 * 4];
    static const int bits[] = {8, 4};
    pv_split_half half;
    pv_rng rng = pv_rng_make(2, PV_STREAM_TEST);
    shape_half(&half, low, high, PV_SHAPE(3, 3, 7));
    for (int b = 0; b < 2; b++) {
        pv_activation_form f;
        uint64_t clamped, outside = 0;
        double worst = 0, levels = (1 << bits[b]) - 1;
        CHECK_OK(pv_activation_form_init(&f, &half, bits[b]));
        assert_int_equal(pv_activation_bytes(&f), bits[b] == 8 ? 63 : 32);
        for (int64_t i = 0; i < ROWS * 63; i++) {
            int64_t c = i % 7;
            double u = 1.2 * pv_rng_uniform(&rng) - 0.1;
            z[i] = (float)(low[c] + u * (high[c] - low[c]));
            outside += z[i] < low[c] || z[i] > high[c];
        }
        CHECK_OK(pv_activation_encode(bytes, &f, z, ROWS, &clamped));
        assert_int_equal(clamped, outside);
        assert_true(outside > ROWS * 63 / 10);
        CHECK_OK(pv_activation_decode(back, &f, "query", bytes, ROWS));
        for (int64_t i = 0; i < ROWS * 63; i++) {
            int64_t c = i % 7;
            double step = (high[c] - low[c]) / levels;
            double wanted = fmin(fmax(z[i], low[c]), high[c]), off = fabs(back[i] - wanted) / step;
            worst = fmax(worst, off);
        }
        assert_true(worst <= 0.5 + 1e-4);
        assert_true(worst > 0.48); /* and the bound is reached, or it would not be one */
        pv_activation_form_clear(&f);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    float low[3], high[3], z[3] = {0.5f, 1, 2}, out[3];
    uint8_t bytes[12];
    uint64_t clamped;
    pv_split_half half;
    pv_activation_form f;
    shape_half(&half, low, high, PV_SHAPE(3)); /* widths 1, 4, 7: 4 on average */
    static const int bits[] = {32, 8, 4};
    for (int b = 0; b < 3; b++) {
        static const float broken[] = {NAN, INFINITY, -INFINITY};
        CHECK_OK(pv_activation_form_init(&f, &half, bits[b]));
        for (int k = 0; k < 3; k++) {
            float two[6] = {0, 0, 0, 0, broken[k], 0};
            uint8_t room[24];
            CHECK_FAILS(pv_activation_encode(room, &f, two, 2, &clamped), PV_ERR_RANGE,
                        "row 1 of an activation has numbers that are not finite");
        }
        pv_activation_form_clear(&f);
    }
    /* the edge of a wide channel can overflow: what is infinite is still refused */
    float least = -3e38f, most = 0;
    pv_split_half vast = {.activation = PV_SHAPE(1), .channels = 1, .low = &least, .high = &most};
    CHECK_OK(pv_activation_form_init(&f, &vast, 32));
    memcpy(bytes, &(float){-INFINITY}, 4); /* little-endian, as test_known has it */
    CHECK_FAILS(pv_activation_decode(out, &f, "a row", bytes, 1), PV_ERR_RANGE, "row 0 has -inf");
    pv_activation_form_clear(&f);

    /* float32: as far as half a width outside, of narrow channels half of the mean; what is further
     * out is brought to that edge, and refused when it comes from elsewhere. */
    static const struct {
        int channel;
        float value;
        int fine;
    } edge[] = {{0, 3, 1},    {0, 3.01f, 0}, {0, -2, 1},    {0, -2.01f, 0},
                {2, 8.5f, 1}, {2, 8.6f, 0},  {2, -5.5f, 1}, {2, -5.6f, 0}};
    CHECK_OK(pv_activation_form_init(&f, &half, 32));
    for (size_t e = 0; e < sizeof edge / sizeof *edge; e++) {
        float now[3] = {z[0], z[1], z[2]};
        now[edge[e].channel] = edge[e].value;
        CHECK_OK(pv_activation_encode(bytes, &f, now, 1, &clamped));
        if (edge[e].fine) {
            CHECK_OK(pv_activation_decode(out, &f, "query 7 from clinic", bytes, 1));
            assert_memory_equal(out, now, sizeof now);
        } else {
            assert_int_equal(clamped, 1);
            CHECK_OK(pv_activation_decode(out, &f, "query 7 from clinic", bytes, 1));
            assert_true(out[edge[e].channel] == edge[e - 1].value);
            memcpy(bytes, now, sizeof now);
            CHECK_FAILS(pv_activation_decode(out, &f, "query 7 from clinic", bytes, 1),
                        PV_ERR_RANGE, "query 7 from clinic: row 0 has ");
        }
    }
    CHECK_OK(pv_activation_encode(bytes, &f, z, 1, &clamped));
    memcpy(bytes + 4, (uint8_t[]){0, 0, 0xc0, 0x7f}, 4); /* NaN */
    CHECK_FAILS(pv_activation_decode(out, &f, "query", bytes, 1), PV_ERR_RANGE, "nan in channel 1");
    pv_activation_form_clear(&f);
    /* 4 bits: three numbers leave half a byte. */
    CHECK_OK(pv_activation_form_init(&f, &half, 4));
    assert_int_equal(pv_activation_bytes(&f), 2);
    CHECK_OK(pv_activation_decode(out, &f, "query", (uint8_t[]){0xff, 0x0f}, 1));
    assert_true(out[0] == 1 && out[1] == 3 && out[2] == 5);
    CHECK_FAILS(pv_activation_decode(out, &f, "query", (uint8_t[]){0xff, 0x0f, 0xff, 0x1f}, 2),
                PV_ERR_FORMAT, "the last byte of row 1 holds one number");
    pv_activation_form_clear(&f);
    /* A channel that never moved: one level. */
    low[1] = high[1] = 2;
    CHECK_OK(pv_activation_form_init(&f, &half, 8));
    CHECK_OK(pv_activation_encode(bytes, &f, (float[]){0, 9, 0}, 1, &clamped));
    assert_int_equal(clamped, 1);
    CHECK_OK(pv_activation_decode(out, &f, "query", bytes, 1));
    assert_true(out[1] == 2);
    pv_activation_form_clear(&f);
}

/* ---- projection */

static void check_logits(const pv_hidden *h, const pv_data *data, const pv_cut_at *cut,
                         int64_t rank)
{
    static float x[ROWS * 784], z[ROWS * 1024], again[ROWS * 1024], plain[ROWS * 10],
        projected[ROWS * 10];
    static uint8_t bytes[ROWS * 1024 * 4];
    pv_split_half front, back;
    pv_split_runner *customer, *provider;
    pv_activation_form f, sent;
    pv_secret_value secret[ROWS];
    pv_rng rng = pv_rng_make(4, PV_STREAM_TEST);
    uint64_t clamped;
    pv_bytes form;
    CHECK_OK(pv_split_make(&front, &back, h, cut, data, 1));
    assert_int_equal(back.rank, rank);
    int64_t numbers = pv_shape_count(&front.activation);
    for (int64_t i = 0; i < rank; i++)
        for (int64_t k = 0; k <= i; k++) {
            double dot = 0;
            for (int64_t j = 0; j < numbers; j++)
                dot += (double)back.basis[i * numbers + j] * back.basis[k * numbers + j];
            assert_true(fabs(dot - (i == k)) < 1e-5);
        }
    CHECK_OK(pv_split_runner_new(&customer, &front, ROWS, NULL));
    CHECK_OK(pv_split_runner_new(&provider, &back, ROWS, NULL));
    rows_of(x, h->model, data, 0, ROWS);
    for (int i = 0; i < ROWS; i++) pv_secret_draw(&secret[i], &h->plan, &rng);
    CHECK_OK(pv_front_run(customer, z, x, secret, NULL, ROWS));
    CHECK_OK(pv_back_run(provider, plain, z, ROWS));

    /* The provider's form crosses to the customer, who encodes with it. */
    CHECK_OK(pv_activation_form_init(&f, &back, 32));
    CHECK_OK(pv_activation_project(&f, &back));
    assert_int_equal(pv_activation_bytes(&f), 4 * rank);
    CHECK_OK(pv_activation_form_bytes(&form, &f));
    CHECK_OK(pv_activation_form_parse(&sent, "form from provider", form.data, form.size, &front));
    CHECK_OK(pv_activation_encode(bytes, &sent, z, ROWS, &clamped));
    CHECK_OK(pv_activation_decode(again, &f, "query", bytes, ROWS));
    CHECK_OK(pv_back_run(provider, projected, again, ROWS));
    double moved = 0, worst = 0;
    for (int64_t i = 0; i < ROWS * numbers; i++) moved = fmax(moved, fabs(again[i] - z[i]));
    for (int64_t i = 0; i < ROWS * 10; i++)
        worst = fmax(worst, fabs(projected[i] - plain[i]) / (1 + fabs(plain[i])));
    print_message("rank %lld of %lld: the activation moves by up to %.2g, logits by %.2g\n",
                  (long long)rank, (long long)numbers, moved, worst);
    assert_true(moved > 1e-3); /* something was left out, and it did not matter */
    assert_true(worst < 2e-5);
    pv_bytes_clear(&form);
    pv_activation_form_clear(&f);
    pv_activation_form_clear(&sent);
    pv_split_runner_free(customer);
    pv_split_runner_free(provider);
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
}

/* Behind the cut a dense layer (through a flatten), and a convolution that gives less than it gets.
 */
static const char NETWORK[] = "conv 6 kernel=5\navgpool 2\nrelu\nconv 3 kernel=5 stride=2 pad=1\n"
                              "relu\nflatten\ndense 20\nrelu\ndense classes\n";

static void test_projection(void **state)
{
    (void)state;
    pv_data *data;
    pv_hidden h;
    pv_model *m;
    pv_model_domain d = {sizeof d, PV_DATA_IMAGE, PV_SHAPE(28, 28, 1), 10, 0};
    CHECK_OK(pv_data_open(&data, "glyphs?limit=64", NULL));
    hidden_make(&h, "lenet5", data, 1, PV_SECRET_OFFSET);
    check_logits(&h, data, &(pv_cut_at){2, 0}, 120);
    check_logits(&h, data, &(pv_cut_at){3, 0}, 84);
    pv_model_free(h.model);
    CHECK_OK(pv_model_parse(&m, NETWORK, sizeof NETWORK - 1, "test", &d, 1));
    h = (pv_hidden){.kept = 0,
                    .plan = {.kind = PV_SECRET_OFFSET,
                             .form = PV_SECRET_PLANE,
                             .classes = 10,
                             .alpha = 1,
                             .input = PV_SHAPE(28, 28, 1)}};
    CHECK_OK(pv_model_with_secret(&h.model, m, 0, 10, 2));
    /* 12x12x6 = 864 numbers; 5x5 positions of 3 kernels */
    check_logits(&h, data, &(pv_cut_at){1, 0}, 75);
    pv_model_free(h.model);
    pv_model_free(m);
    pv_data_free(data);
}

static void refuses(const char *text, pv_shape sample, const char *message)
{
    pv_model *m;
    pv_model_domain d = {sizeof d, sample.ndim == 3 ? PV_DATA_IMAGE : PV_DATA_TABLE, sample, 10, 0};
    pv_split_half back = {.activation = sample};
    pv_activation_form f = {.bits = 32};
    CHECK_OK(pv_model_parse(&m, text, strlen(text), "test", &d, 1));
    back.model = m;
    CHECK_FAILS(pv_activation_project(&f, &back), PV_ERR_UNSUPPORTED, message);
    pv_model_free(m);
}

static void test_no_projection(void **state)
{
    (void)state;
    refuses("maxpool 2\nflatten\ndense classes\n", PV_SHAPE(8, 8, 3),
            "maxpool1 comes first behind the cut");
    refuses("relu\nflatten\ndense classes\n", PV_SHAPE(8, 8, 3), "relu1 comes first");
    refuses("batchnorm\nflatten\ndense classes\n", PV_SHAPE(8, 8, 3), "batchnorm1 comes first");
    refuses("residual {\nconv 3 3 pad=1\n}\nflatten\ndense classes\n", PV_SHAPE(8, 8, 3),
            "residual1 comes first");
    refuses("dense classes\n", PV_SHAPE(5000),
            "the activation before dense1 has 5000 numbers, at most 4096");
    refuses("dropout 0.5\ndense 64\ndense classes\n", PV_SHAPE(20),
            "the rows of dense1 span all 20 numbers of the activation");
    refuses("conv 64 3 pad=1\nflatten\ndense classes\n", PV_SHAPE(4, 4, 2),
            "the rows of conv1 span all 32 numbers");
    refuses("conv 64 3 pad=1\nflatten\ndense classes\n", PV_SHAPE(36, 36, 3),
            "conv1 as a matrix has 82944 rows of 3888 numbers, whose span would take minutes");
    pv_split_half back = {.activation = PV_SHAPE(20)};
    pv_activation_form f = {.bits = 32};
    pv_model_domain d = {sizeof d, PV_DATA_TABLE, PV_SHAPE(20), 10, 0};
    CHECK_OK(pv_model_parse(&back.model, "dense classes", 13, "test", &d, 1));
    CHECK_FAILS(pv_activation_project(&f, &back), PV_ERR_UNSUPPORTED,
                "the provider's half has no basis");
    pv_tensor *w = pv_model_param(back.model, 0);
    memset(w->data, 0, pv_tensor_bytes(w));
    CHECK_FAILS(pv_activation_project(&f, &back), PV_ERR_UNSUPPORTED,
                "the weights of dense1 are all 0");
    pv_model_free(back.model);
}

/* ---- a form from somebody else */
static void form_bytes(pv_bytes *out, int bits, int projected, uint64_t numbers, uint64_t channels,
                       const float *v, int64_t n)
{
    pv_writer w = pv_writer_make("form", 1 << 20);
    pv_writer_u8(&w, (uint8_t)bits);
    pv_writer_u8(&w, (uint8_t)projected);
    pv_writer_u64le(&w, numbers);
    pv_writer_u64le(&w, channels);
    for (int64_t i = 0; i < n; i++) pv_writer_f32le(&w, v[i]);
    CHECK_OK(pv_writer_take(&w, out));
}

static void test_forms(void **state)
{
    (void)state;
    float low[3], high[3];
    pv_split_half half;
    shape_half(&half, low, high, PV_SHAPE(3));
    const float ranges[] = {-1, -2, -3, 1, 2, 3}, turned[] = {1, 2, 3, -1, 5, 6},
                nan[] = {0, 0, 0, 1, NAN, 1}, wide[] = {-3e38f, 0, 0, 3e38f, 0, 0},
                basis[] = {-1, 1, 0.6f, 0.8f, 0}, longer[] = {-1, 1, 0.6f, 0.9f, 0},
                inf[] = {-1, 1, INFINITY, 0, 0};
    const struct {
        int bits, projected;
        uint64_t numbers, channels;
        const float *v;
        int64_t n;
        pv_status status;
        const char *message;
    } c[] = {
        {8, 0, 3, 3, ranges, 6, PV_OK, ""},
        {4, 1, 3, 1, basis, 5, PV_OK, ""},
        {16, 0, 3, 3, ranges, 6, PV_ERR_FORMAT, "16 bits a number"},
        {8, 2, 3, 3, ranges, 6, PV_ERR_LIMIT, "projection"},
        {8, 0, 4, 3, ranges, 6, PV_ERR_MISMATCH, "activations of 4 numbers, those of this half"},
        {8, 0, UINT64_C(1) << 40, 3, ranges, 6, PV_ERR_LIMIT, "numbers"},
        {8, 0, 3, 2, ranges, 4, PV_ERR_MISMATCH, "2 channels do not go"},
        {8, 1, 3, 3, ranges, 6, PV_ERR_MISMATCH, "3 coordinates do not go"},
        {8, 1, 3, 0, ranges, 0, PV_ERR_MISMATCH, "0 coordinates do not go"},
        {8, 1, 3, 5000, ranges, 6, PV_ERR_LIMIT, "channels"},
        {8, 0, 3, 3, ranges, 5, PV_ERR_TRUNCATED, "20 bytes follow its head, 24 were expected"},
        {8, 0, 3, 3, ranges, 3, PV_ERR_TRUNCATED, "12 bytes follow"},
        {4, 1, 3, 1, basis, 4, PV_ERR_TRUNCATED, "16 bytes follow its head, 20"},
        {8, 0, 3, 3, turned, 6, PV_ERR_FORMAT, "channel 0 has no range"},
        {8, 0, 3, 3, nan, 6, PV_ERR_FORMAT, "not finite"},
        {8, 0, 3, 3, wide, 6, PV_ERR_FORMAT, "channel 0 has no range"},
        {4, 1, 3, 1, longer, 5, PV_ERR_FORMAT, "row 0 of the basis has length 1.08"},
        {4, 1, 3, 1, inf, 5, PV_ERR_FORMAT, "not finite"},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        pv_activation_form f;
        pv_bytes bytes;
        form_bytes(&bytes, c[i].bits, c[i].projected, c[i].numbers, c[i].channels, c[i].v, c[i].n);
        if (c[i].status == PV_OK) {
            pv_bytes again;
            CHECK_OK(pv_activation_form_parse(&f, "form", bytes.data, bytes.size, &half));
            CHECK_OK(pv_activation_form_bytes(&again, &f));
            assert_int_equal(again.size, bytes.size);
            assert_memory_equal(again.data, bytes.data, bytes.size);
            pv_bytes_clear(&again);
            pv_activation_form_clear(&f);
            pv_status status = PV_OK;
            CHECK_OUT_OF_MEMORY(status)
            {
                status = pv_activation_form_parse(&f, "form", bytes.data, bytes.size, &half);
                if (status == PV_OK) status = pv_activation_form_bytes(&again, &f);
                pv_bytes_clear(&again);
                pv_activation_form_clear(&f);
            }
        } else {
            CHECK_FAILS(pv_activation_form_parse(&f, "form", bytes.data, bytes.size, &half),
                        c[i].status, c[i].message);
            assert_null(f.low);
        }
        pv_bytes_clear(&bytes);
    }
    pv_activation_form f;
    CHECK_FAILS(pv_activation_form_parse(&f, "form", "\x08", 1, &half), PV_ERR_TRUNCATED,
                "projection");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),         cmocka_unit_test(test_error_bounds),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_projection),
        cmocka_unit_test(test_no_projection), cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
