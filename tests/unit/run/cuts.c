#include "check.h"

#include "base/file.h"
#include "encode/complement/hidden.h"
#include "run/bandwidth.h"
#include "run/cuts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void bandwidths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double bits;
    } good[] = {
        {"1Mbit", 1e6},      {"1 Mbit/s", 1e6},   {"64kbit", 64e3},       {"2.5MB", 20e6},
        {"0.5 GB/s", 4e9},   {"10Gbit", 1e10},    {"1MiB", 8 * 1048576},  {"1e3bit", 1000},
        {"1Mibit", 1048576}, {".5kB/s", 4000},    {"1GiB/s", 8589934592}, {"100B", 800},
        {"1Kibit", 1024},    {"3 KiB", 3 * 8192}, {"1Gibit", 1073741824},
    };
    static const char *const no_number[] = {"",        "Mbit",    "-1Mbit", "0Mbit",
                                            "nanMbit", "infMbit", " 1Mbit"};
    static const char *const no_unit[] = {"1",       "1Mb", "1Mbps",     "1mbit",    "1MBit",
                                          "1Mbit/h", "1/s", "1 Mbit /s", "1Mbit/s/s"};
    double bits;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK_OK(pv_bandwidth_parse(&bits, good[i].text));
        assert_true(bits == good[i].bits);
    }
    for (size_t i = 0; i < sizeof no_number / sizeof *no_number; i++)
        CHECK_FAILS(pv_bandwidth_parse(&bits, no_number[i]), PV_ERR_OPTION, "is no bandwidth");
    for (size_t i = 0; i < sizeof no_unit / sizeof *no_unit; i++)
        CHECK_FAILS(pv_bandwidth_parse(&bits, no_unit[i]), PV_ERR_OPTION, "has no unit");
    CHECK_FAILS(pv_bandwidth_parse(&bits, "0.5bit"), PV_ERR_OPTION, "from 1bit");
    CHECK_FAILS(pv_bandwidth_parse(&bits, "1e30Gbit"), PV_ERR_OPTION, "from 1bit");
    char text[PV_BANDWIDTH_TEXT];
    assert_string_equal(pv_bandwidth_text(1e6, text), "1 Mbit/s");
    assert_string_equal(pv_bandwidth_text(8388608, text), "8.389 Mbit/s");
    assert_string_equal(pv_bandwidth_text(999, text), "999 bit/s");
    assert_string_equal(pv_bandwidth_text(4e13, text), "4e+04 Gbit/s");
}

static pv_cuts_options options(const char *model, const char *data)
{
    return (pv_cuts_options){
        .model = model, .data = data, .bandwidth = 1e6, .seconds = 0.001, .seed = 1};
}

/* LeNet-5 by hand. */
static void rows_of_lenet(void **state)
{
    (void)state;
    static const struct {
        const char *cut, *layer;
        int64_t params, numbers;
    } want[] = {
        {NULL, "", 0, 784},           {"1:before-pool", "conv1", 156, 3456},
        {"1", "relu1", 156, 864},     {"2:before-pool", "conv2", 2572, 1024},
        {"2", "flatten1", 2572, 256}, {"3", "relu3", 33412, 120},
        {"4", "relu4", 43576, 84},
    };
    pv_cuts c;
    pv_cuts_options o = options("lenet5", "glyphs?limit=40");
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    assert_int_equal(c.rows, sizeof want / sizeof *want);
    assert_int_equal(c.params, 44426);
    assert_true(c.untrained && !c.secret);
    for (size_t i = 0; i < c.rows; i++) {
        const pv_cuts_row *r = &c.row[i];
        char text[PV_CUT_TEXT];
        if (want[i].cut != NULL) assert_string_equal(pv_cut_text(&r->cut, text), want[i].cut);
        assert_string_equal(r->layer, want[i].layer);
        assert_int_equal(r->params, want[i].params);
        assert_int_equal(r->numbers, want[i].numbers);
        assert_int_equal(r->bytes[0], 4 * want[i].numbers);
        assert_int_equal(r->bytes[1], want[i].numbers);
        assert_int_equal(r->bytes[2], want[i].numbers / 2);
        assert_true(fabs(r->share - (double)want[i].numbers / 784) < 1e-12);
        assert_true((r->front_ms > 0) == (i > 0) && r->back_ms > 0);
        for (int f = 0; f < PV_CUTS_FORMS; f++) /* at 1 Mbit/s a byte takes 8 microseconds */
            assert_true(fabs(r->latency_ms[f] - r->front_ms - r->back_ms -
                             0.008 * (double)r->bytes[f]) < 1e-9);
        assert_true(r->images == 0 && isnan(r->ssim) && isnan(r->psnr));
    }
    assert_int_equal(c.convs, 2);
    assert_int_equal(c.conv[1].stage, 2);
    assert_int_equal(c.conv[1].channels, 6);
    assert_int_equal(c.conv[1].side, 12);
    assert_int_equal(c.conv[0].count.equations, 486);
    assert_int_equal(c.conv[0].count.unknowns, 169);
    pv_cuts_clear(&c);
    pv_cuts_clear(&c);
}

/* Layers inside residuals get what comes into them, and a group is a convolution of its own. */
static void convolutions_anywhere(void **state)
{
    (void)state;
    char folder[] = "/tmp/privet-cuts-XXXXXX", path[64];
    static const char text[] = "conv 8 kernel=3 stride=2 pad=1\n"
                               "residual {\n"
                               "    conv 12 kernel=3 stride=2 pad=1\n"
                               "    relu\n"
                               "    conv 12 kernel=3 pad=1 groups=4\n"
                               "} shortcut {\n"
                               "    conv 12 kernel=1 stride=2\n"
                               "}\n"
                               "conv 4 kernel=2\n"
                               "flatten\n"
                               "dense classes\n";
    static const struct {
        int64_t stage, kernel, channels, kernels, side;
    } want[] = {
        {1, 3, 1, 8, 28}, {2, 3, 8, 12, 14}, {2, 3, 3, 3, 7}, {2, 1, 8, 12, 14}, {3, 2, 12, 4, 7}};
    pv_cuts c;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/net.model", folder);
    CHECK_OK(pv_file_write(path, text, strlen(text), 0644));
    pv_cuts_options o = options(path, "glyphs?limit=40");
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    assert_int_equal(c.convs, sizeof want / sizeof *want);
    for (size_t i = 0; i < c.convs; i++) {
        assert_int_equal(c.conv[i].stage, want[i].stage);
        assert_int_equal(c.conv[i].kernel, want[i].kernel);
        assert_int_equal(c.conv[i].channels, want[i].channels);
        assert_int_equal(c.conv[i].kernels, want[i].kernels);
        assert_int_equal(c.conv[i].side, want[i].side);
    }
    pv_cuts_clear(&c);
    unlink(path);
    rmdir(folder);
}

/* A first convolution with more kernels than its stride squared times its channels gives the digit
 * away; the last layer before the answer does not. */
static void inversions_are_scored(void **state)
{
    (void)state;
    pv_cuts c;
    pv_cuts_options o = options("lenet5", "glyphs?limit=40");
    o.images = 2;
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    print_message("SSIM %.3f to %.3f\n", c.row[1].ssim, c.row[c.rows - 1].ssim);
    assert_true(c.row[1].images == 2 && c.row[1].ssim > 0.9 && c.row[1].psnr > 25);
    assert_true(c.row[c.rows - 1].ssim < 0.6 && c.row[1].residual < 0.1);
    pv_str svg = {0};
    CHECK_OK(pv_cuts_svg(&svg, &c, &o));
    assert_int_equal(strncmp(svg.text, "<svg xmlns=", 11), 0);
    assert_non_null(strstr(svg.text, "SSIM of samples brought back"));
    assert_null(strstr(svg.text, "nan"));
    pv_str_clear(&svg);
    json_t *j = json_object();
    CHECK_OK(pv_cuts_json(j, &c, &o));
    json_t *cut = json_array_get(json_object_get(j, "cuts"), 4);
    assert_string_equal(json_string_value(json_object_get(cut, "cut")), "2");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(cut, "bytes"), "8")), 256);
    json_decref(j);
    pv_cuts_clear(&c);
}

/* Behind two pools who has seen other digits does better than who has not. */
static void a_decoder_is_where_the_search_begins(void **state)
{
    (void)state;
    double ssim[2];
    for (int other = 0; other <= 1; other++) {
        pv_cuts c;
        pv_cuts_options o = options("lenet5", "glyphs?limit=200");
        o.cut = "2";
        o.images = 2;
        o.shadow = other ? 198 + 7 : 0; /* as many as there are */
        o.steps = 80;
        CHECK_OK(pv_cuts_measure(&c, &o, NULL));
        assert_int_equal(c.row[1].shadow, other ? 198 : 0);
        ssim[other] = c.row[1].ssim;
        pv_cuts_clear(&c);
    }
    print_message("SSIM %.3f, with a decoder %.3f\n", ssim[0], ssim[1]);
    assert_true(ssim[1] > ssim[0] + 0.1);
}

/* The secret enters stage 2: no cut lies before that. */
static void a_model_with_a_secret(void **state)
{
    (void)state;
    char folder[] = "/tmp/privet-cuts-XXXXXX", path[64];
    pv_data *data;
    pv_model *m;
    pv_hidden h;
    pv_cuts c;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/h.safetensors", folder);
    CHECK_OK(pv_data_open(&data, "glyphs?limit=40", NULL));
    CHECK_OK(pv_model_new(&m, "lenet5", data, 1));
    pv_hidden_options how = {
        .kind = PV_SECRET_OFFSET, .form = PV_SECRET_PLANE, .kept = 1, .seed = 1};
    CHECK_OK(pv_hidden_make(&h, m, data, &how));
    CHECK_OK(pv_hidden_save(&h, path));
    pv_cuts_options o = options(path, "glyphs?limit=40");
    o.images = 1;
    o.steps = 5;
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    assert_true(c.secret && !c.untrained);
    assert_int_equal(c.rows, 5);
    assert_true(c.row[1].cut.stage == 2 && c.row[1].cut.before_pool);
    assert_int_equal(c.row[1].params, 156 + 16 * 25 * 16 + 16);
    assert_true(c.row[1].images == 1);
    assert_int_equal(c.conv[1].channels, 6); /* the secret's ten are no unknowns */
    pv_cuts_clear(&c);
    pv_hidden_clear(&h);
    pv_model_free(m);
    pv_data_free(data);
    unlink(path);
    rmdir(folder);
}

static void refusals(void **state)
{
    (void)state;
    pv_cuts c;
    pv_cuts_options o = options("nowhere.safetensors", "glyphs?limit=40");
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_NOT_FOUND, "no model of the zoo");
    o = options("alexnet_v2", "glyphs?limit=40");
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_MISMATCH, "does not fit samples");
    o = options("lenet5", "glyphs?limit=40");
    o.images = 41;
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_OPTION, "41 images to invert");
    assert_null(c.row);
    o = options("lenet5", "glyphs?limit=4000000000");
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_OPTION, "limit");
}

static void memory_runs_out(void **state)
{
    (void)state;
    pv_status status;
    pv_cuts c;
    pv_cuts_options o = options("mlp:hidden=4", "glyphs?limit=20");
    o.images = o.shadow = o.steps = 1;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str svg = {0};
        status = pv_cuts_measure(&c, &o, NULL);
        if (status == PV_OK) status = pv_cuts_svg(&svg, &c, &o);
        pv_str_clear(&svg);
        pv_cuts_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bandwidths),
        cmocka_unit_test(rows_of_lenet),
        cmocka_unit_test(convolutions_anywhere),
        cmocka_unit_test(inversions_are_scored),
        cmocka_unit_test(a_decoder_is_where_the_search_begins),
        cmocka_unit_test(a_model_with_a_secret),
        cmocka_unit_test(refusals),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
