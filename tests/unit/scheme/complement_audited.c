/* What a run's folders have for an audit: labels out of predictions.csv, and what is not there. */
#include "base/file.h"
#include "check.h"
#include "scheme/complement/audited.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char three[] = "3", quoted[] = "a,\"b\"", five[] = "5";
static char *name[] = {three, quoted, five};
static const pv_schema schema = {.classes = 3, .class_name = name};

static pv_status parse(int32_t **out, int64_t *count, const char *text)
{
    return pv_complement_labels_parse(out, count, &schema, "p.csv", (const uint8_t *)text,
                                      strlen(text));
}

static void labels_row_by_row(void **state)
{
    (void)state;
    int32_t *label;
    int64_t count;
    CHECK_OK(parse(&label, &count,
                   "row,label,probability\n0,5,0.9\n1,\"a,\"\"b\"\"\",1\n2,3,\n3,5,0.1\n"));
    static const int32_t wanted[4] = {2, 1, 0, 2};
    assert_int_equal(count, 4);
    assert_memory_equal(label, wanted, sizeof wanted);
    pv_free(label);
    CHECK_OK(parse(&label, &count, "row,label,probability\n"));
    assert_int_equal(count, 0);
    pv_free(label);
}

static void what_is_no_prediction(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
        pv_status status;
    } bad[] = {
        {"row,probability\n0,1\n", "p.csv: its columns should be row and label", PV_ERR_FORMAT},
        {"row,label\n0,3\n2,3\n", "p.csv:3: row \"2\" where 1 was expected", PV_ERR_FORMAT},
        {"row,label\n00,3\n", "p.csv:2: row \"00\" where 0", PV_ERR_FORMAT},
        {"row,label\n0,3\n1,7\n", "p.csv:3: there is no class \"7\"", PV_ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t *label;
        int64_t count;
        CHECK_FAILS(parse(&label, &count, bad[i].text), bad[i].status, bad[i].why);
        assert_null(label);
        assert_int_equal(count, 0);
    }
}

static void folders_without(void **state)
{
    (void)state;
    char folder[] = "/tmp/audited-XXXXXX", path[64];
    pv_split_half half = {0};
    pv_activation_form form = {0};
    pv_secret_value *secret;
    int32_t *label;
    int64_t count;
    pv_scenario s = {.schema = schema};
    assert_non_null(mkdtemp(folder));
    CHECK_FAILS(pv_complement_cut.front(&half, &form, &s, folder), PV_ERR_NOT_FOUND,
                "no published half");
    CHECK_FAILS(pv_complement_cut.back(&half, &s, folder), PV_ERR_NOT_FOUND,
                "provider.safetensors");
    CHECK_FAILS(pv_complement_cut.secrets(&secret, &count, &half, &s, folder), PV_ERR_NOT_FOUND,
                "secrets.csv");
    CHECK_FAILS(pv_complement_cut.opened(&label, &count, &s, folder), PV_ERR_NOT_FOUND,
                "predictions.csv");
    snprintf(path, sizeof path, "%s/predictions.csv", folder);
    CHECK_OK(pv_file_write(path, "row,label\n0,5\n", 14, 0600));
    CHECK_OK(pv_complement_cut.opened(&label, &count, &s, folder));
    assert_int_equal(label[0], 2);
    pv_free(label);
    unlink(path);
    rmdir(folder);
}

static void memory_runs_out(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        int32_t *label;
        int64_t count;
        status = parse(&label, &count, "row,label,probability\n0,5,0.9\n1,3,1\n");
        pv_free(label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_row_by_row),
        cmocka_unit_test(what_is_no_prediction),
        cmocka_unit_test(folders_without),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
