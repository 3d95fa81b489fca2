/* Rows as they are stored, out of a data set and into another. */
#include "check.h"

#include "data/rows.h"
#include <math.h>
#include <stdlib.h>

enum { N = 40, EACH = 28 * 28 };

static void there_and_back(void **state)
{
    (void)state;
    pv_data *a, *few, *b;
    const int64_t index[3] = {5, 5, 0};
    static uint8_t x[3 * EACH];
    int32_t label[3];
    const char *name[10];
    CHECK_OK(pv_data_open(&a, "glyphs?limit=40", NULL));
    CHECK_OK(pv_data_subset(&few, a, index, 3));
    assert_int_equal(pv_data_dtype(few), PV_U8);
    pv_data_rows(few, 0, 1, x, label);
    pv_data_rows(few, 1, 2, x + EACH, label + 1); /* in pieces */
    for (int i = 0; i < 10; i++) name[i] = pv_data_class_name(a, i);
    const pv_rows rows = {.kind = PV_DATA_IMAGE,
                          .dtype = PV_U8,
                          .sample = PV_SHAPE(28, 28, 1),
                          .n = 3,
                          .x = x,
                          .label = label,
                          .class_name = name,
                          .classes = 10};
    CHECK_OK(pv_data_from_rows(&b, &rows));
    assert_int_equal(pv_data_count(b), 3);
    for (int i = 0; i < 3; i++) {
        static float p[EACH], q[EACH];
        pv_data_raw(a, index[i], p);
        pv_data_raw(b, i, q);
        assert_memory_equal(p, q, sizeof p);
        assert_int_equal(pv_data_label(b, i), pv_data_label(a, index[i]));
    }
    assert_string_equal(pv_data_class_name(b, 9), name[9]);
    pv_data_free(b);
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_data_from_rows(&b, &rows);
        pv_data_free(b);
    }
    pv_data_free(few);
    pv_data_free(a);
}

static void refusals(void **state)
{
    (void)state;
    pv_data *d;
    float x[4] = {0, 1, 2, 3};
    int32_t label[2] = {0, 1};
    const char *const name[2] = {"no", "yes"};
    pv_rows r = {.kind = PV_DATA_TABLE,
                 .dtype = PV_F32,
                 .sample = PV_SHAPE(2),
                 .n = 2,
                 .x = x,
                 .label = label,
                 .class_name = name,
                 .classes = 2};
    CHECK_OK(pv_data_from_rows(&d, &r));
    assert_string_equal(pv_data_feature_name(d, 1), "1");
    pv_data_free(d);
    r.n = 0;
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_RANGE, "at least one");
    r.n = 2;
    label[1] = 2;
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_RANGE, "row 1 has label 2; from 0 to 1");
    label[1] = -1;
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_RANGE, "label -1");
    label[1] = 1;
    x[3] = NAN;
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_RANGE, "row 1 holds nan");
    x[3] = 3;
    r.dtype = PV_I32;
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_UNSUPPORTED, "i32");
    r.dtype = PV_F32;
    r.kind = PV_DATA_IMAGE;
    r.sample = PV_SHAPE(1, 2, 1);
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_RANGE, "a pixel from 0 to 1");
    r.kind = PV_DATA_TEXT;
    CHECK_FAILS(pv_data_from_rows(&d, &r), PV_ERR_UNSUPPORTED, "rows of f32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
