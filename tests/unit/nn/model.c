#include "check.h"

#include "base/file.h"
#include "codec/safetensors.h"
#include "privet/model.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/privet-model-XXXXXX";
static char path[64], text_path[64];

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/m.safetensors", folder);
    snprintf(text_path, sizeof text_path, "%s/net.model", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(text_path);
    return rmdir(folder);
}

static pv_data *glyphs(int n)
{
    char spec[64];
    pv_data *d;
    snprintf(spec, sizeof spec, "glyphs?limit=%d", n);
    CHECK_OK(pv_data_open(&d, spec, NULL));
    return d;
}

static void drawn_as_asked(void **state)
{
    (void)state;
    static const char text[] = "dense 100\n"
                               "dense 100 init=he\n"
                               "dense 100 init=uniform:0.5\n"
                               "dense 100 init=normal:2\n"
                               "batchnorm\n"
                               "dense classes\n";
    /* by hand: standard deviation of weight and bias; uniform +-b has b / sqrt 3 */
    static const struct {
        const char *name;
        double mean, sd;
    } want[] = {
        {"dense1.weight", 0, 0.1 / 1.7320508},
        {"dense1.bias", 0, 0.1 / 1.7320508},
        {"dense2.weight", 0, 0.1414214},
        {"dense2.bias", 0, 0},
        {"dense3.weight", 0, 0.5 / 1.7320508},
        {"dense3.bias", 0, 0.5 / 1.7320508},
        {"dense4.weight", 0, 2},
        {"dense4.bias", 0, 0},
        {"batchnorm1.weight", 1, 0},
        {"batchnorm1.bias", 0, 0},
        {"batchnorm1.running_mean", 0, 0},
        {"batchnorm1.running_var", 1, 0},
    };
    const pv_model_domain wide = {sizeof wide, PV_DATA_TABLE, {1, {100}}, 2, 0};
    pv_model *m, *same, *other;
    CHECK_OK(pv_model_parse(&m, text, strlen(text), "net.model", &wide, 7));
    CHECK_OK(pv_model_parse(&same, text, strlen(text), "net.model", &wide, 7));
    CHECK_OK(pv_model_parse(&other, text, strlen(text), "net.model", &wide, 8));
    for (int i = 0; i < (int)(sizeof want / sizeof *want); i++) {
        pv_tensor *t = pv_model_param(m, i);
        int64_t n = pv_tensor_count(t);
        double sum = 0, squares = 0;
        assert_string_equal(pv_model_param_name(m, i), want[i].name);
        assert_int_equal(pv_model_param_is_state(m, i), strstr(want[i].name, "running") != NULL);
        for (int64_t k = 0; k < n; k++) sum += pv_tensor_get(t, k);
        for (int64_t k = 0; k < n; k++) squares += pow(pv_tensor_get(t, k) - sum / (double)n, 2);
        double sd = sqrt(squares / (double)n), tolerance = n > 1000 ? 0.03 : 0.3;
        if (!(fabs(sd - want[i].sd) <= tolerance * want[i].sd + 1e-9))
            print_error("seed 7: %s has a standard deviation of %g, not %g\n", want[i].name, sd,
                        want[i].sd);
        assert_true(fabs(sd - want[i].sd) <= tolerance * want[i].sd + 1e-9);
        assert_true(fabs(sum / (double)n - want[i].mean) <= 0.3 * want[i].sd + 1e-9);
        assert_memory_equal(t->data, pv_model_param(same, i)->data, pv_tensor_bytes(t));
        if (want[i].sd > 0)
            assert_true(memcmp(t->data, pv_model_param(other, i)->data, pv_tensor_bytes(t)) != 0);
    }
    pv_model_free(m);
    pv_model_free(same);
    pv_model_free(other);
}

static void saved_is_loaded(void **state)
{
    (void)state;
    pv_data *d = glyphs(100);
    pv_model *m, *back;
    CHECK_OK(pv_model_new(&m, "resnet9:width=2", d, 3));
    ((float *)pv_model_param(m, 3)->data)[0] = 0.125f;
    CHECK_OK(pv_model_save(m, path));
    CHECK_OK(pv_model_load(&back, path));
    assert_string_equal(pv_model_name(back), "resnet9:width=2");
    assert_string_equal(pv_model_text(back), pv_model_text(m));
    assert_non_null(strstr(pv_model_text(back), "option width=2\n"));
    assert_int_equal(pv_model_params(back), pv_model_params(m));
    for (int i = 0; i < pv_model_params(m); i++)
        assert_memory_equal(pv_model_param(back, i)->data, pv_model_param(m, i)->data,
                            pv_tensor_bytes(pv_model_param(m, i)));
    const pv_norm *a = pv_model_norm(m), *b = pv_model_norm(back);
    assert_true(a->n == 1 && b->n == 1 && a->mean[0] == b->mean[0] &&
                a->inverse_std[0] == b->inverse_std[0]);
    const pv_model_domain domain = pv_model_what(back);
    assert_int_equal(domain.kind, PV_DATA_IMAGE);
    assert_int_equal(domain.classes, 10);
    for (int i = 0; i < 10; i++)
        assert_string_equal(pv_model_class_name(back, i), pv_data_class_name(d, i));
    assert_string_equal(pv_model_class_name(back, 10), "");
    CHECK_OK(pv_model_check_data(back, d));
    pv_model_free(back);
    pv_model_free(m);
    pv_data_free(d);
}

static void text_files_and_their_options(void **state)
{
    (void)state;
    static const char text[] = "option hidden=5\nflatten\ndense hidden\ndense classes\n";
    pv_data *d = glyphs(20);
    pv_model *m;
    char name[80];
    CHECK_OK(pv_file_write(text_path, text, strlen(text), 0644));
    CHECK_OK(pv_model_new(&m, text_path, d, 1));
    assert_int_equal(pv_model_param(m, 0)->shape.dim[0], 5);
    pv_model_free(m);
    snprintf(name, sizeof name, "%s:hidden=7", text_path);
    CHECK_OK(pv_model_new(&m, name, d, 1));
    assert_int_equal(pv_model_param(m, 0)->shape.dim[0], 7);
    pv_model_free(m);
    snprintf(name, sizeof name, "%s:hiden=7", text_path);
    CHECK_FAILS(pv_model_new(&m, name, d, 1), PV_ERR_OPTION, "no option 'hiden'; it has: hidden");
    pv_data_free(d);
}

static void other_data_is_refused(void **state)
{
    (void)state;
    static const struct {
        pv_model_domain domain;
        const char *says;
    } cases[] = {
        {{sizeof(pv_model_domain), PV_DATA_TABLE, {1, {4}}, 10, 0}, "is for data of kind table"},
        {{sizeof(pv_model_domain), PV_DATA_IMAGE, {3, {32, 32, 3}}, 10, 0},
         "takes samples of [32,32,3]"},
        {{sizeof(pv_model_domain), PV_DATA_IMAGE, {3, {28, 28, 1}}, 3, 0},
         "tells 3 classes apart, the data has 10"},
    };
    pv_data *d = glyphs(20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_model *m;
        CHECK_OK(pv_model_new_domain(&m, "mlr", &cases[i].domain, 1));
        CHECK_FAILS(pv_model_check_data(m, d), PV_ERR_MISMATCH, cases[i].says);
        pv_model_free(m);
    }
    pv_data_free(d);
}

static void domains_that_make_no_sense(void **state)
{
    (void)state;
    static const pv_model_domain bad[] = {
        {sizeof(pv_model_domain), PV_DATA_IMAGE, {1, {4}}, 10, 0},
        {sizeof(pv_model_domain), PV_DATA_TABLE, {1, {0}}, 10, 0},
        {sizeof(pv_model_domain), (pv_data_kind)0, {1, {4}}, 10, 0},
        {sizeof(pv_model_domain), PV_DATA_TABLE, {1, {4}}, 1, 0},
        {sizeof(pv_model_domain), PV_DATA_TABLE, {1, {4}}, 2, 50},
        {sizeof(pv_model_domain), PV_DATA_TEXT, {1, {4}}, 2, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pv_model *m;
        pv_status s = pv_model_parse(&m, "dense classes", 13, "net.model", &bad[i], 1);
        assert_true(s == PV_ERR_MISMATCH || s == PV_ERR_RANGE);
        assert_null(m);
    }
}

/* A model file with one metadata value changed (NULL: left out), and one tensor swapped. */
static void write_changed(const char *key, const char *value, int64_t rows)
{
    const char *pairs[10][2] = {
        {"format", "privet-model"},
        {"format_version", "1"},
        {"privet", "0"},
        {"model", "net"},
        {"text", "dense classes bias=no"},
        {"kind", "table"},
        {"sample", "4"},
        {"classes", "[\"a\",\"b\"]"},
        {"vocabulary", "0"},
        {"vocabulary_digest", "0"},
    };
    pv_metadata metadata[10];
    int n = 0;
    for (int i = 0; i < 10; i++) {
        const char *v = strcmp(pairs[i][0], key) == 0 ? value : pairs[i][1];
        if (v != NULL) metadata[n++] = (pv_metadata){pairs[i][0], v};
    }
    pv_tensor t;
    CHECK_OK(pv_tensor_init(&t, PV_F32, PV_SHAPE(rows, 4)));
    CHECK_OK(
        pv_safetensors_save(path, &(pv_named_tensor){"dense1.weight", &t}, 1, metadata, n, 0644));
    pv_tensor_clear(&t);
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        pv_status status;
        const char *says;
    } cases[] = {
        {"format", NULL, PV_ERR_FORMAT, "the metadata has no 'format'"},
        {"format", "gguf", PV_ERR_FORMAT, "its format is 'gguf'"},
        {"format_version", "2", PV_ERR_VERSION, "format version 2"},
        {"text", NULL, PV_ERR_FORMAT, "no 'text'"},
        {"text", "dense classes", PV_ERR_INPUT, "dense1.bias"},
        {"text", "dense 3 bias=no", PV_ERR_MISMATCH, "the last layer gives"},
        {"text", "conv", PV_ERR_FORMAT, "channels is missing"},
        {"kind", "video", PV_ERR_MISMATCH, "no shape of a sample"},
        {"sample", "", PV_ERR_FORMAT, "'sample' is no shape"},
        {"sample", "4 x", PV_ERR_FORMAT, "'sample' is no shape"},
        {"sample", "1 2 3 4 5 6 7", PV_ERR_FORMAT, "'sample' is no shape"},
        {"sample", "-4", PV_ERR_MISMATCH, "no shape of a sample"},
        {"sample", "5", PV_ERR_MISMATCH,
         "dense1.weight is f32 [2,4], the model's text asks for f32 [2,5]"},
        {"classes", "{}", PV_ERR_FORMAT, "not a JSON array"},
        {"classes", "[1,2]", PV_ERR_FORMAT, "not a JSON array"},
        {"classes", "[\"a\",", PV_ERR_FORMAT, "class"},
        {"classes", "[\"a\"]", PV_ERR_RANGE, "1 classes"},
        {"vocabulary", "many", PV_ERR_FORMAT, "'vocabulary' is 'many'"},
        {"vocabulary", "-1", PV_ERR_FORMAT, "'vocabulary' is '-1'"},
    };
    pv_model *m;
    write_changed("none", NULL, 2);
    CHECK_OK(pv_model_load(&m, path));
    pv_model_free(m);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_changed(cases[i].key, cases[i].value, 2);
        CHECK_FAILS(pv_model_load(&m, path), cases[i].status, cases[i].says);
        assert_null(m);
    }
    write_changed("none", NULL, 3);
    CHECK_FAILS(pv_model_load(&m, path), PV_ERR_MISMATCH, "dense1.weight is f32 [3,4]");
    CHECK_OK(pv_file_write(path, "short", 5, 0644));
    assert_true(pv_model_load(&m, path) != PV_OK);
    CHECK_FAILS(pv_model_load(&m, "nowhere.safetensors"), PV_ERR_NOT_FOUND, "nowhere.safetensors");
}

static void two_builds_share_their_weights(void **state)
{
    (void)state;
    const pv_model_domain two = {sizeof two, PV_DATA_TABLE, {1, {2}}, 2, 0};
    pv_model *m;
    pv_graph *g;
    pv_model_nodes a, b;
    CHECK_OK(pv_model_new_domain(&m, "mlp", &two, 1));
    CHECK_OK(pv_graph_new(&g));
    pv_node x = pv_input(g, "dummy", PV_SHAPE(3, 2));
    CHECK_OK(pv_model_build(m, g, 3, 1, x, &a));
    CHECK_OK(pv_model_build(m, g, 3, 0, x, &b));
    assert_int_equal(a.input, x);
    for (int i = 0; i < a.params; i++) assert_int_equal(a.param[i], b.param[i]);
    assert_true(pv_graph_find(g, "dense1") != PV_NONE && pv_graph_find(g, "relu1") != PV_NONE);
    pv_model_nodes c;
    CHECK_FAILS(pv_model_build(m, g, 4, 0, x, &c), PV_ERR_SHAPE, "the model takes [4,2]");
    CHECK_FAILS(pv_model_build(m, g, 0, 0, PV_NONE, &c), PV_ERR_USAGE, "a batch of 0");
    pv_model_nodes_clear(&a);
    pv_model_nodes_clear(&b);
    pv_graph_free(g);
    pv_model_free(m);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_data *d = glyphs(20);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_model *m, *back;
        status = pv_model_new(&m, "mlp:hidden=3", d, 1);
        if (status == PV_OK) {
            status = pv_model_save(m, path);
            pv_model_free(m);
            if (status == PV_OK) status = pv_model_load(&back, path);
            if (status == PV_OK) pv_model_free(back);
        }
    }
    pv_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_as_asked),
        cmocka_unit_test(saved_is_loaded),
        cmocka_unit_test(text_files_and_their_options),
        cmocka_unit_test(other_data_is_refused),
        cmocka_unit_test(domains_that_make_no_sense),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(two_builds_share_their_weights),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
