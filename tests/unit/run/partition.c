/* Cutting a model from file to files: what is measured, and that no failure leaves anything. */
#include "run/partition.h"

#include "check.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], model[128], out[128];

static int set_up(void **state)
{
    (void)state;
    pv_data *data;
    pv_model *m;
    pv_hidden h;
    const pv_hidden_options o = {
        .kind = PV_SECRET_OFFSET, .form = PV_SECRET_PLANE, .kept = 1, .seed = 1};
    snprintf(folder, sizeof folder, "/tmp/partition-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(model, sizeof model, "%s/secret.safetensors", folder);
    snprintf(out, sizeof out, "%s/halves", folder);
    CHECK_OK(pv_data_open(&data, "glyphs?limit=50", NULL));
    CHECK_OK(pv_model_new(&m, "conv1", data, 1));
    CHECK_OK(pv_hidden_make(&h, m, data, &o));
    CHECK_OK(pv_hidden_save(&h, model));
    pv_hidden_clear(&h);
    pv_model_free(m);
    pv_data_free(data);
    return 0;
}

static void remove_halves(void)
{
    char path[192];
    snprintf(path, sizeof path, "%s/customer.safetensors", out);
    (void)unlink(path);
    snprintf(path, sizeof path, "%s/provider.safetensors", out);
    (void)unlink(path);
    (void)rmdir(out);
}

static int tear_down(void **state)
{
    (void)state;
    remove_halves();
    (void)unlink(model);
    return rmdir(folder);
}

static void test_measured(void **state)
{
    (void)state;
    pv_split_half front;
    pv_partition p = {.model = model, .cut = "2", .data = "glyphs?limit=30", .out = out, .seed = 5};
    CHECK_OK(pv_partition_run(&p, NULL));
    assert_int_equal(p.rows, 30);
    assert_string_equal(p.test, "glyphs?limit=30&split=test");
    assert_false(p.same_rows);
    /* 84 numbers before the last dense layer, which has ten outputs */
    assert_int_equal(p.forms, 6);
    assert_int_equal(p.back.rank, 10);
    assert_null(p.unprojected);
    static const size_t bytes[6] = {336, 84, 42, 40, 10, 5};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(p.form[i].bytes, bytes[i]);
        assert_true(p.form[i].accuracy >= 0 && p.form[i].accuracy <= 1);
        assert_true(p.form[i].clamped >= 0 && p.form[i].clamped < 0.2);
    }
    assert_true(p.form[0].accuracy == p.form[3].accuracy);
    CHECK_OK(pv_split_half_load(&front, p.path[0], 0));
    assert_true(pv_hash_equal(&front.binding, &p.back.binding));
    pv_split_half_clear(&front);
    for (int i = 0; i < 2; i++) {
        struct stat info;
        assert_int_equal(stat(p.path[i], &info), 0);
        assert_int_equal(info.st_size, p.file_bytes[i]);
    }
    pv_partition_clear(&p);
    pv_partition_clear(&p);
    remove_halves();
}

static void write_one(void *user, const char *what, uint64_t done, uint64_t total)
{
    const char *path = user;
    (void)what;
    (void)done;
    (void)total;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("somebody's", f);
    fclose(f);
}

/* A file that is there is refused before anything is read; one that comes while the cut is measured
 * is not overwritten, nor is anything written beside it. */
static void test_nothing_is_overwritten(void **state)
{
    (void)state;
    char path[192], other[192], text[32] = "";
    pv_partition p = {.model = "none.safetensors", .cut = "2", .data = "none", .out = out};
    const pv_ctx ctx = {.user = path, .progress = write_one};
    snprintf(path, sizeof path, "%s/provider.safetensors", out);
    snprintf(other, sizeof other, "%s/customer.safetensors", out);
    assert_int_equal(mkdir(out, 0755), 0);
    write_one(path, NULL, 0, 0);
    CHECK_FAILS(pv_partition_run(&p, NULL), PV_ERR_USAGE, "is there already");
    pv_partition_clear(&p);
    assert_int_equal(unlink(path), 0);
    p = (pv_partition){.model = model, .cut = "2", .data = "glyphs?limit=10", .out = out};
    CHECK_FAILS(pv_partition_run(&p, &ctx), PV_ERR_USAGE, "is there already");
    pv_partition_clear(&p);
    assert_int_equal(access(other, F_OK), -1);
    FILE *f = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "somebody's");
    remove_halves();
}

static void test_out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_partition p = {
            .model = model, .cut = "2", .data = "glyphs?limit=2", .out = out, .seed = 5};
        status = pv_partition_run(&p, NULL);
        pv_partition_clear(&p);
        remove_halves();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured),
        cmocka_unit_test(test_nothing_is_overwritten),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
