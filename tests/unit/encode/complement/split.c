/* Halves: together they are the model, alone they say what they are, and no other half fits. */
#include "halves.h"

#include "base/file.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 70, PIXELS = 28 * 28 };
static const pv_cut_at cut1 = {1, 0}, cut2 = {2, 0}, cut2_before = {2, 1};

typedef struct fixture {
    pv_data *data;
    pv_hidden h;
    char folder[32];
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    snprintf(f->folder, sizeof f->folder, "/tmp/halves-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    CHECK_OK(pv_data_open(&f->data, "glyphs?limit=200", NULL));
    hidden_make(&f->h, "lenet5", f->data, 1, PV_SECRET_OFFSET);
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    pv_model_free(f->h.model);
    pv_data_free(f->data);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void make(const fixture *f, pv_split_half *front, pv_split_half *back, const pv_cut_at *cut)
{
    CHECK_OK(pv_split_make(front, back, &f->h, cut, f->data, 7));
}

/* Front, then back, is the whole network, for every number of samples and whatever plan serves it.
 */
static void test_together(void **state)
{
    const fixture *f = *state;
    static float x[ROWS * PIXELS], whole[ROWS * 10], logits[ROWS * 10], z[ROWS * 2304];
    static const pv_cut_at *const cut[] = {&cut2, &cut2_before};
    static const int64_t count[] = {1, 2, 5, 9, 31, 40, 64, 70};
    pv_secret_value secret[ROWS];
    pv_rng rng = pv_rng_make(11, PV_STREAM_TEST);
    rows_of(x, f->h.model, f->data, 20, ROWS);
    for (int i = 0; i < ROWS; i++) pv_secret_draw(&secret[i], &f->h.plan, &rng);
    whole_logits(whole, &f->h, x, secret, ROWS);
    for (int k = 0; k < 2; k++) {
        pv_split_half front, back;
        pv_split_runner *customer, *provider;
        make(f, &front, &back, cut[k]);
        assert_int_equal(pv_shape_count(&front.activation), k == 0 ? 256 : 8 * 8 * 16);
        assert_int_equal(front.channels, k == 0 ? 256 : 16);
        CHECK_OK(pv_split_runner_new(&customer, &front, 64, NULL));
        CHECK_OK(pv_split_runner_new(&provider, &back, 64, NULL));
        for (size_t c = 0; c < sizeof count / sizeof *count; c++) {
            memset(logits, 0, sizeof logits);
            pv_mem_fail_after(0); /* a run allocates nothing */
            pv_status one = pv_front_run(customer, z, x, secret, NULL, count[c]);
            pv_status two = pv_back_run(provider, logits, z, count[c]);
            pv_mem_fail_after(SIZE_MAX);
            CHECK_OK(one);
            CHECK_OK(two);
            for (int64_t i = 0; i < count[c] * 10; i++)
                assert_true(fabsf(logits[i] - whole[i]) < 1e-4f * (1 + fabsf(whole[i])));
            for (int64_t i = count[c] * 10; i < ROWS * 10; i++) assert_true(logits[i] == 0);
        }
        pv_split_runner_free(customer);
        pv_split_runner_free(provider);
        pv_split_half_clear(&front);
        pv_split_half_clear(&back);
    }
}

/* How many places of this process's memory have ten numbers in a row that are all a or -a: planes
 * of a secret, or rows of activations that they were joined to. */
static int planes_in_memory(float a)
{
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        int alike = 0;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " rw-p", &from, &to) != 2 ||
            strstr(line, " rw-p ") == NULL || to - from > (1u << 28))
            continue;
        for (const float *v = (const float *)from; v < (const float *)to; v++) {
            alike = fabsf(*v) == a ? alike + 1 : 0;
            found += alike == 10;
        }
    }
    fclose(maps);
    return found;
}

/* A front's run leaves its secrets nowhere, neither in its buffers nor in a compiled network. */
static void test_forgets(void **state)
{
#ifdef __SANITIZE_ADDRESS__
    (void)state;
    skip(); /* its memory is laid out otherwise, and most of it must not be looked at */
#else
    const fixture *f = *state;
    static float x[ROWS * PIXELS], z[ROWS * 2304];
    static volatile float own[10];
    pv_hidden h = f->h;
    pv_split_half front, back;
    pv_split_runner *customer;
    pv_secret_value secret[ROWS];
    pv_rng rng = pv_rng_make(12, PV_STREAM_TEST);
    h.plan.alpha = 0.8126953125; /* nobody else's */
    rows_of(x, h.model, f->data, 0, ROWS);
    for (int i = 0; i < ROWS; i++) pv_secret_draw(&secret[i], &h.plan, &rng);
    CHECK_OK(pv_split_make(&front, &back, &h, &cut2, f->data, 7));
    CHECK_OK(pv_split_runner_new(&customer, &front, 64, NULL));
    for (int64_t n = 1; n <= ROWS; n += 23) {
        CHECK_OK(pv_front_run(customer, z, x, secret, NULL, n));
        assert_int_equal(planes_in_memory((float)h.plan.alpha), 0);
    }
    for (int i = 0; i < 10; i++) own[i] = (float)(i % 2 ? h.plan.alpha : -h.plan.alpha);
    assert_int_equal(planes_in_memory((float)h.plan.alpha), 1); /* it is able to see one */
    (void)own[0];
    pv_split_runner_free(customer);
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
#endif
}

/* What each half knows, and what it must not. */
static void test_halves(void **state)
{
    const fixture *f = *state;
    pv_split_half front, back, other_front, other_back;
    make(f, &front, &back, &cut2);
    assert_false(front.provider);
    assert_true(back.provider);
    assert_int_equal(pv_model_params(front.model), 4); /* two convolutions */
    assert_int_equal(pv_model_params(back.model), 6);  /* three dense layers */
    assert_null(strstr(pv_model_text(front.model), "dense"));
    assert_null(strstr(pv_model_text(back.model), "conv"));
    assert_null(strstr(pv_model_text(back.model), "secret"));
    assert_int_equal(pv_model_what(front.model).classes, 0);
    assert_int_equal(pv_model_what(back.model).classes, 10);
    assert_int_equal(pv_model_norm(back.model)->n, 0);
    assert_true(pv_hash_equal(&front.own, &back.other) && pv_hash_equal(&back.own, &front.other));
    assert_true(pv_hash_equal(&front.binding, &back.binding));
    assert_int_equal(back.rank, 120);
    assert_int_equal(front.rank, 0);
    for (int64_t c = 0; c < front.channels; c++)
        assert_true(front.low[c] == back.low[c] && front.low[c] <= front.high[c]);

    /* The same again is the same; one weight of the other half changed is another binding. */
    make(f, &other_front, &other_back, &cut2);
    assert_true(pv_hash_equal(&front.binding, &other_front.binding));
    pv_split_half_clear(&other_front);
    pv_split_half_clear(&other_back);
    float *w = pv_model_param(f->h.model, 9)->data;
    const float kept = w[0];
    w[0] = kept + 1;
    make(f, &other_front, &other_back, &cut2);
    w[0] = kept;
    assert_true(pv_hash_equal(&front.own, &other_front.own));
    assert_false(pv_hash_equal(&back.own, &other_back.own));
    assert_false(pv_hash_equal(&front.binding, &other_front.binding));
    pv_split_half_clear(&other_front);
    pv_split_half_clear(&other_back);
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
}

static void check_same(const pv_split_half *a, const pv_split_half *b)
{
    assert_int_equal(a->provider, b->provider);
    assert_string_equal(pv_model_text(a->model), pv_model_text(b->model));
    assert_int_equal(a->cut.stage, b->cut.stage);
    assert_int_equal(a->cut.before_pool, b->cut.before_pool);
    assert_int_equal(a->plan.kind, b->plan.kind);
    assert_true(a->plan.alpha == b->plan.alpha);
    assert_true(pv_shape_equal(&a->plan.input, &b->plan.input));
    assert_true(pv_shape_equal(&a->activation, &b->activation));
    assert_int_equal(a->rank, b->rank);
    assert_memory_equal(a->low, b->low, (size_t)a->channels * sizeof *a->low);
    assert_memory_equal(a->high, b->high, (size_t)a->channels * sizeof *a->high);
    if (a->rank > 0)
        assert_memory_equal(a->basis, b->basis,
                            (size_t)(a->rank * pv_shape_count(&a->activation)) * sizeof *a->basis);
    assert_true(pv_hash_equal(&a->own, &b->own) && pv_hash_equal(&a->other, &b->other));
    assert_true(pv_hash_equal(&a->binding, &b->binding));
}

/* Saved, loaded, sent as bytes: the same half; the file and the bytes are the same. */
static void test_files(void **state)
{
    const fixture *f = *state;
    static const pv_cut_at *const cut[] = {&cut2, &cut2_before};
    for (int k = 0; k < 2; k++) {
        pv_split_half half[2], again;
        make(f, &half[0], &half[1], cut[k]);
        for (int provider = 0; provider < 2; provider++) {
            char path[64];
            struct stat info;
            pv_bytes bytes, file;
            pv_model *m;
            snprintf(path, sizeof path, "%s/half.safetensors", f->folder);
            CHECK_OK(pv_split_half_save(&half[provider], path));
            assert_int_equal(stat(path, &info), 0);
            assert_int_equal(info.st_mode & 0777, provider ? 0600 : 0644);
            CHECK_OK(pv_split_half_load(&again, path, provider));
            check_same(&half[provider], &again);
            pv_split_half_clear(&again);
            CHECK_OK(pv_split_half_bytes(&bytes, &half[provider]));
            CHECK_OK(pv_file_read(&file, path, 1 << 24));
            assert_int_equal(bytes.size, file.size);
            assert_memory_equal(bytes.data, file.data, file.size);
            CHECK_OK(pv_split_half_parse(&again, "front", bytes.data, bytes.size, provider));
            check_same(&half[provider], &again);
            pv_split_half_clear(&again);
            CHECK_FAILS(pv_split_half_load(&again, path, !provider), PV_ERR_INPUT,
                        provider ? "another half, of the party provider"
                                 : "the provider's half, as privet partition writes it");
            assert_null(again.model);
            CHECK_FAILS(pv_model_load(&m, path), PV_ERR_INPUT,
                        provider ? "it is the provider's half of a model with a secret"
                                 : "it is the customer's half of a model with a secret");
            pv_bytes_clear(&bytes);
            pv_bytes_clear(&file);
            unlink(path);
            pv_split_half_clear(&half[provider]);
        }
    }
}

/* One thing of a good half changed, the hash as it was, or computed anew. */
static void expect(pv_split_half *h, pv_status status, const char *message)
{
    pv_split_half again;
    pv_bytes bytes;
    CHECK_OK(pv_split_half_bytes(&bytes, h));
    CHECK_FAILS(pv_split_half_parse(&again, "front", bytes.data, bytes.size, h->provider), status,
                message);
    assert_null(again.model);
    assert_null(again.low);
    pv_bytes_clear(&bytes);
}

/* ---- noise */
static void make_noised(const fixture *f, pv_split_half *front, pv_split_half *back, double sigma)
{
    pv_hidden h = f->h;
    h.noise = sigma;
    CHECK_OK(pv_split_make(front, back, &h, &cut2, f->data, 7));
}

/* What is sent is what the front gives, and sigma·spread·n; spread is the calibration's own. */
static void test_noise(void **state)
{
    const fixture *f = *state;
    static float x[ROWS * PIXELS], plain[ROWS * 256], z[ROWS * 256], n[ROWS * 256];
    pv_secret_value secret[ROWS];
    pv_rng rng = pv_rng_make(11, PV_STREAM_TEST);
    pv_split_half front, back, quiet, quiet_back;
    pv_split_runner *r, *without;
    make(f, &quiet, &quiet_back, &cut2);
    make_noised(f, &front, &back, 2);
    assert_true(quiet.noise == 0 && quiet.spread == 0);
    assert_true(front.noise == 2 && back.noise == 2 && front.spread == back.spread);
    CHECK_OK(pv_split_runner_new(&r, &front, 64, NULL));
    CHECK_OK(pv_split_runner_new(&without, &quiet, 64, NULL));
    rows_of(x, f->h.model, f->data, 20, ROWS);
    for (int i = 0; i < ROWS; i++) pv_secret_draw(&secret[i], &f->h.plan, &rng);
    pv_front_noise_draw(n, ROWS * 256, &rng);
    CHECK_OK(pv_front_run(without, plain, x, secret, NULL, ROWS));
    CHECK_OK(pv_front_run(without, z, x, secret, n, ROWS));
    assert_memory_equal(z, plain, sizeof z); /* it has none to put on */
    CHECK_FAILS(pv_front_run(r, z, x, secret, NULL, ROWS), PV_ERR_USAGE, "none was drawn");
    CHECK_OK(pv_front_run(r, z, x, secret, n, ROWS));
    double sum = 0, squares = 0;
    for (int i = 0; i < ROWS * 256; i++) {
        assert_true(fabs(z[i] - (plain[i] + 2 * front.spread * n[i])) < 1e-5 * (1 + fabs(z[i])));
        sum += plain[i];
        squares += (double)plain[i] * plain[i];
    }
    /* other rows under other secrets than those of the calibration: about its spread */
    double spread = pv_front_noise_spread(sum, squares, ROWS * 256);
    assert_true(fabs(front.spread / spread - 1) < 0.1);
    int wider = 0;
    for (int64_t c = 0; c < front.channels; c++)
        wider += front.high[c] - front.low[c] > quiet.high[c] - quiet.low[c] + 4 * front.spread;
    assert_int_equal(wider, front.channels);
    pv_split_runner_free(r);
    pv_split_runner_free(without);
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
    pv_split_half_clear(&quiet);
    pv_split_half_clear(&quiet_back);
}

/* Noise is part of what a half is, in file and bytes; without it neither says anything of it. */
static void test_noise_is_bound(void **state)
{
    const fixture *f = *state;
    static const double sigma[] = {0, 0.5, 1};
    pv_split_half front[3], back[3], again;
    pv_hidden h = f->h;
    for (int k = 0; k < 3; k++) make_noised(f, &front[k], &back[k], sigma[k]);
    for (int k = 0; k < 3; k++) {
        for (int o = 0; o < k; o++) {
            assert_false(pv_hash_equal(&front[k].own, &front[o].own));
            assert_false(pv_hash_equal(&back[k].own, &back[o].own));
            assert_false(pv_hash_equal(&front[k].binding, &front[o].binding));
        }
        for (int provider = 0; provider < 2; provider++) {
            pv_bytes bytes;
            const pv_split_half *half = provider ? &back[k] : &front[k];
            CHECK_OK(pv_split_half_bytes(&bytes, half));
            const int says = memmem(bytes.data, bytes.size, "\"noise\"", 7) != NULL;
            assert_int_equal(says, k > 0);
            CHECK_OK(pv_split_half_parse(&again, "half", bytes.data, bytes.size, provider));
            check_same(half, &again);
            assert_true(again.noise == sigma[k] && again.spread == half->spread);
            pv_split_half_clear(&again);
            pv_bytes_clear(&bytes);
        }
    }
    /* the spread alone is bound as well, and noise that cannot be is refused */
    front[2].spread *= 2;
    expect(&front[2], PV_ERR_FORMAT, "the file was changed");
    front[2].spread /= 2;
    front[2].noise = 1.5;
    expect(&front[2], PV_ERR_FORMAT, "the file was changed");
    front[2].noise = 100.5;
    expect(&front[2], PV_ERR_RANGE, "noise of 100.5 times");
    front[2].noise = 1e300;
    expect(&front[2], PV_ERR_RANGE, "above 0 and up to 100 times");
    front[2].noise = 1;
    front[2].spread = -1;
    expect(&front[2], PV_ERR_RANGE, "noise of 1 times -1");
    front[2].spread = 1e31;
    expect(&front[2], PV_ERR_RANGE, "a spread above 0");
    front[2].spread = NAN; /* null, in JSON */
    expect(&front[2], PV_ERR_FORMAT, "spread");
    static const double bad[] = {-1, NAN, 101, INFINITY};
    for (int i = 0; i < 4; i++) {
        h.noise = bad[i];
        CHECK_FAILS(pv_split_make(&again, &(pv_split_half){0}, &h, &cut2, f->data, 7),
                    PV_ERR_OPTION, "0 to 100 can be put on it");
    }
    for (int k = 0; k < 3; k++) {
        pv_split_half_clear(&front[k]);
        pv_split_half_clear(&back[k]);
    }
}

static void test_refused_cuts(void **state)
{
    const fixture *f = *state;
    pv_split_half front, back;
    pv_hidden none = f->h;
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &cut1, f->data, 7), PV_ERR_OPTION,
                "before it would cross to the provider in the clear; cut at stage 2 or later");
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &(pv_cut_at){1, 1}, f->data, 7), PV_ERR_OPTION,
                "a cut at 1:before-pool");
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &(pv_cut_at){5, 0}, f->data, 7), PV_ERR_OPTION,
                "'5' is no cut");
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &(pv_cut_at){0, 0}, f->data, 7), PV_ERR_OPTION,
                "'0' is no cut");
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &(pv_cut_at){3, 1}, f->data, 7), PV_ERR_OPTION,
                "'3:before-pool' is no cut");
    CHECK_OK(pv_model_new(&none.model, "lenet5", f->data, 1));
    CHECK_FAILS(pv_split_make(&front, &back, &none, &cut2, f->data, 7), PV_ERR_INPUT,
                "has no secret; train one into it with privet retrain");
    pv_model_free(none.model);
    pv_data *iris;
    CHECK_OK(pv_data_open(&iris, "glyphs?classes=3,5&limit=20", NULL));
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &cut2, iris, 7), PV_ERR_MISMATCH, "classes");
    pv_data_free(iris);
    float *w = pv_model_param(f->h.model, 3)->data; /* the second convolution's bias */
    const float kept = w[0];
    w[0] = INFINITY;
    CHECK_FAILS(pv_split_make(&front, &back, &f->h, &cut2, f->data, 7), PV_ERR_NUMERIC,
                "row 0 of the calibration data");
    w[0] = kept;
    assert_null(front.model);
    assert_null(back.low);
}

static void test_malformed(void **state)
{
    const fixture *f = *state;
    pv_split_half front, back;
    make(f, &front, &back, &cut2);
    float *w = pv_model_param(front.model, 1)->data;
    const float kept = w[0];
    w[0] += 1;
    expect(&front, PV_ERR_FORMAT, "the file was changed");
    w[0] = kept;
    const float low = front.low[3];
    front.low[3] = front.high[3] + 1;
    expect(&front, PV_ERR_FORMAT, "cut.low and cut.high of channel 3 are no range");
    front.low[3] = NAN;
    expect(&front, PV_ERR_FORMAT, "cut.low has numbers that are not finite");
    front.low[3] = -3e38f;
    const float high = front.high[3];
    front.high[3] = 3e38f;
    expect(&front, PV_ERR_FORMAT, "are no range");
    front.high[3] = high;
    front.low[3] = low;
    front.plan.classes = 9; /* then the secret has nine planes */
    expect(&front, PV_ERR_FORMAT, "its network takes a secret of [1,12,12,10], the one it names");
    front.plan.classes = 1;
    expect(&front, PV_ERR_RANGE, "classes");
    front.plan.classes = 10;
    front.plan.alpha = -1;
    expect(&front, PV_ERR_RANGE, "the alpha of its secret is -1");
    front.plan.alpha = 0.75;
    front.plan.kind = PV_SECRET_PERMUTATION, front.plan.classes = 17;
    expect(&front, PV_ERR_FORMAT, "its secret");
    front.plan.kind = PV_SECRET_OFFSET, front.plan.classes = 10;
    front.plan.input.dim[0] = 11;
    expect(&front, PV_ERR_FORMAT, "the one it names is [1,11,12,10]");
    front.plan.input.dim[0] = 12;
    front.cut.stage = 0;
    expect(&front, PV_ERR_FORMAT, "its cut is '0'");
    front.cut.stage = 3;
    expect(&front, PV_ERR_FORMAT, "the file was changed");
    front.cut.stage = 1;
    expect(&front, PV_ERR_FORMAT, "its cut is '1', before its secret, which enters at stage 2");
    front.cut.stage = 2;
    pv_model *good = front.model;
    front.model = back.model;
    expect(&front, PV_ERR_FORMAT, "a customer's half that takes no secret");
    front.model = good;
    good = back.model;
    back.model = f->h.model;
    expect(&back, PV_ERR_FORMAT, "takes the secret in the clear");
    back.model = good;
    back.plan.classes = 9;
    expect(&back, PV_ERR_FORMAT, "its network has 10 classes, its secret 9");
    back.plan.classes = 10;
    back.basis_low[0] = back.basis_high[0] + 1;
    expect(&back, PV_ERR_FORMAT, "cut.basis_low and cut.basis_high of channel 0 are no range");
    back.basis_low[0] = back.basis_high[0];
    expect(&back, PV_ERR_FORMAT, "the file was changed");
    front.rank = back.rank; /* a front that has the basis */
    front.basis = back.basis, front.basis_low = back.basis_low, front.basis_high = back.basis_high;
    expect(&front, PV_ERR_FORMAT, "cut.basis is no basis of a part");
    front.rank = 0;
    front.basis = front.basis_low = front.basis_high = NULL;

    pv_split_half none;
    pv_bytes bytes;
    CHECK_OK(pv_model_bytes(&bytes, f->h.model, "whole", NULL, 0, NULL, 0));
    CHECK_FAILS(pv_split_half_parse(&none, "whole", bytes.data, bytes.size, 0), PV_ERR_INPUT,
                "it is no half of a model; the customer's half");
    pv_bytes_clear(&bytes);
    CHECK_OK(pv_split_half_bytes(&bytes, &front));
    for (size_t size = 0; size < bytes.size; size += 1 + size / 3) {
        assert_int_not_equal(pv_split_half_parse(&none, "front", bytes.data, size, 0), PV_OK);
        assert_null(none.model);
    }
    pv_bytes_clear(&bytes);
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
}

static void test_out_of_memory(void **state)
{
    const fixture *f = *state;
    pv_data *few;
    pv_hidden small;
    pv_status status = PV_OK;
    pv_split_half front = {0}, back = {0}, again = {0};
    pv_bytes bytes = {0};
    CHECK_OK(pv_data_open(&few, "glyphs?limit=4", NULL));
    hidden_make(&small, "conv1", few, 1, PV_SECRET_OFFSET);
    small.noise = 1;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_split_make(&front, &back, &small, &cut2, few, 1);
        if (status == PV_OK) status = pv_split_half_bytes(&bytes, &back);
        if (status == PV_OK)
            status = pv_split_half_parse(&again, "back", bytes.data, bytes.size, 1);
        pv_bytes_clear(&bytes);
        pv_split_half_clear(&again);
        pv_split_half_clear(&front);
        pv_split_half_clear(&back);
    }
    make(f, &front, &back, &cut2);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_split_runner *r;
        status = pv_split_runner_new(&r, &front, 2, NULL);
        assert_true(status == PV_OK || r == NULL);
        pv_split_runner_free(r);
    }
    CHECK_FAILS(pv_split_runner_new(&(pv_split_runner *){NULL}, &front, 0, NULL), PV_ERR_USAGE,
                "at least 1");
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
    pv_model_free(small.model);
    pv_data_free(few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise),         cmocka_unit_test(test_noise_is_bound),
        cmocka_unit_test(test_together),      cmocka_unit_test(test_forgets),
        cmocka_unit_test(test_halves),        cmocka_unit_test(test_files),
        cmocka_unit_test(test_refused_cuts),  cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
