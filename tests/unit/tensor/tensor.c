#include "check.h"

#include "privet/tensor.h"

static void shapes(void **state)
{
    (void)state;
    char text[PV_SHAPE_TEXT];
    pv_shape s = PV_SHAPE(64, 28, 28, 1), same = PV_SHAPE(64, 28, 28, 1), other = PV_SHAPE(64, 28);
    pv_shape scalar = pv_shape_of(0, NULL), empty = PV_SHAPE(3, 0);
    assert_int_equal(pv_shape_count(&s), 64 * 28 * 28);
    assert_int_equal(pv_shape_count(&scalar), 1);
    assert_int_equal(pv_shape_count(&empty), 0);
    assert_true(pv_shape_equal(&s, &same));
    assert_false(pv_shape_equal(&s, &other));
    same.dim[2] = 27;
    assert_false(pv_shape_equal(&s, &same));
    assert_string_equal(pv_shape_text(&s, text), "[64,28,28,1]");
    assert_string_equal(pv_shape_text(&scalar, text), "[]");
    for (int i = other.ndim; i < PV_MAX_DIMS; i++) assert_int_equal(other.dim[i], 0);
}

static void huge_shapes(void **state)
{
    (void)state;
    char text[PV_SHAPE_TEXT];
    pv_shape s = PV_SHAPE(INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN);
    assert_int_equal(pv_shape_count(&s), -1);
    assert_in_range(strlen(pv_shape_text(&s, text)), 120, PV_SHAPE_TEXT - 1);
    pv_shape t = PV_SHAPE(INT64_C(1) << 40, INT64_C(1) << 40);
    assert_int_equal(pv_shape_count(&t), -1);
}

static void dtypes(void **state)
{
    (void)state;
    static const struct {
        pv_dtype t;
        size_t size;
        const char *name;
    } cases[] = {
        {PV_U8, 1, "u8"},   {PV_I32, 4, "i32"}, {PV_I64, 8, "i64"},
        {PV_F32, 4, "f32"}, {PV_F64, 8, "f64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(pv_dtype_size(cases[i].t), cases[i].size);
        assert_string_equal(pv_dtype_name(cases[i].t), cases[i].name);
    }
    assert_int_equal(pv_dtype_size((pv_dtype)0), 0);
    assert_string_equal(pv_dtype_name((pv_dtype)99), "?");
}

static void tensors_begin_as_zeros(void **state)
{
    (void)state;
    pv_tensor t;
    CHECK_OK(pv_tensor_init(&t, PV_F32, PV_SHAPE(5, 7)));
    assert_int_equal((uintptr_t)t.data % 64, 0);
    assert_int_equal(pv_tensor_count(&t), 35);
    assert_int_equal(pv_tensor_bytes(&t), 140);
    for (int i = 0; i < 35; i++) assert_true(pv_tensor_get(&t, i) == 0.0);
    pv_tensor_clear(&t);
    assert_null(t.data);
    pv_tensor_clear(&t);
    CHECK_OK(pv_tensor_init(&t, PV_U8, PV_SHAPE(0, 4)));
    assert_int_equal(pv_tensor_bytes(&t), 0);
    pv_tensor_clear(&t);
}

static void impossible_tensors_are_refused(void **state)
{
    (void)state;
    pv_tensor t = {.data = &t};
    pv_shape many = {.ndim = PV_MAX_DIMS + 1}, less = {.ndim = -1};
    CHECK_FAILS(pv_tensor_init(&t, PV_F32, many), PV_ERR_SHAPE, "at most 6");
    assert_null(t.data);
    CHECK_FAILS(pv_tensor_init(&t, PV_F32, less), PV_ERR_SHAPE, "shape");
    CHECK_FAILS(pv_tensor_init(&t, PV_F32, PV_SHAPE(2, -3)), PV_ERR_SHAPE, "[2,-3]");
    CHECK_FAILS(pv_tensor_init(&t, PV_F32, PV_SHAPE(-2, -3)), PV_ERR_SHAPE, "negative");
    CHECK_FAILS(pv_tensor_init(&t, PV_F32, PV_SHAPE(INT64_MAX, 2)), PV_ERR_SHAPE, "shape");
    CHECK_FAILS(pv_tensor_init(&t, PV_F64, PV_SHAPE(INT64_MAX)), PV_ERR_MEMORY, "f64");
    pv_mem_fail_after(0);
    CHECK_FAILS(pv_tensor_init(&t, PV_F64, PV_SHAPE(2, 3)), PV_ERR_MEMORY, "[2,3]");
    pv_mem_fail_after(SIZE_MAX);
    assert_null(t.data);
}

static void every_dtype_converts(void **state)
{
    (void)state;
    static const pv_dtype all[] = {PV_U8, PV_I32, PV_I64, PV_F32, PV_F64};
    for (int from = 0; from < 5; from++) {
        for (int to = 0; to < 5; to++) {
            pv_tensor bytes, a, b;
            CHECK_OK(pv_tensor_init(&bytes, PV_U8, PV_SHAPE(2, 2)));
            memcpy(bytes.data, (uint8_t[]){0, 1, 100, 255}, 4);
            CHECK_OK(pv_tensor_convert(&a, all[from], &bytes));
            CHECK_OK(pv_tensor_convert(&b, all[to], &a));
            assert_int_equal(b.dtype, all[to]);
            assert_true(pv_shape_equal(&b.shape, &bytes.shape));
            for (int i = 0; i < 4; i++)
                assert_true(pv_tensor_get(&b, i) == ((uint8_t *)bytes.data)[i]);
            pv_tensor_clear(&bytes);
            pv_tensor_clear(&a);
            pv_tensor_clear(&b);
        }
    }
}

/* Converting to integers keeps what fits, cuts fractions off and stops at the ends; NaN becomes 0.
 */
static void integers_saturate(void **state)
{
    (void)state;
    pv_tensor x, y;
    CHECK_OK(pv_tensor_init(&x, PV_F64, PV_SHAPE(6)));
    memcpy(x.data, (double[]){-1e30, -3.7, 2.9, 300.0, 1e30, __builtin_nan("")}, 48);
    CHECK_OK(pv_tensor_convert(&y, PV_U8, &x));
    assert_memory_equal(y.data, ((uint8_t[]){0, 0, 2, 255, 255, 0}), 6);
    pv_tensor_clear(&y);
    CHECK_OK(pv_tensor_convert(&y, PV_I32, &x));
    assert_memory_equal(y.data, ((int32_t[]){INT32_MIN, -3, 2, 300, INT32_MAX, 0}), 24);
    pv_tensor_clear(&y);
    CHECK_OK(pv_tensor_convert(&y, PV_I64, &x));
    assert_memory_equal(y.data, ((int64_t[]){INT64_MIN, -3, 2, 300, INT64_MAX, 0}), 48);
    pv_tensor_clear(&y);
    pv_tensor_clear(&x);
}

static void large_integers_stay_exact(void **state)
{
    (void)state;
    pv_tensor x, y;
    CHECK_OK(pv_tensor_init(&x, PV_I64, PV_SHAPE(1)));
    ((int64_t *)x.data)[0] = INT64_MAX - 1;
    CHECK_OK(pv_tensor_convert(&y, PV_I64, &x));
    assert_true(((int64_t *)y.data)[0] == INT64_MAX - 1);
    pv_tensor_clear(&y);
    pv_mem_fail_after(0);
    CHECK_FAILS(pv_tensor_convert(&y, PV_F32, &x), PV_ERR_MEMORY, "memory");
    pv_mem_fail_after(SIZE_MAX);
    pv_tensor_clear(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(huge_shapes),
        cmocka_unit_test(dtypes),
        cmocka_unit_test(tensors_begin_as_zeros),
        cmocka_unit_test(impossible_tensors_are_refused),
        cmocka_unit_test(every_dtype_converts),
        cmocka_unit_test(integers_saturate),
        cmocka_unit_test(large_integers_stay_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
