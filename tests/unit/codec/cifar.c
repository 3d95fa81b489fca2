#include "corpus.h"

#include "codec/cifar.h"

enum { RECORD = 3073 };

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_tensor images, labels;
    pv_status s = pv_cifar_parse(&images, &labels, "F", p, n);
    if (s != PV_OK) assert_true(images.data == NULL && labels.data == NULL);
    pv_tensor_clear(&images);
    pv_tensor_clear(&labels);
    return s;
}

static void test_known_answer(void **state)
{
    (void)state;
    static uint8_t file[2 * RECORD];
    pv_tensor images, labels;
    file[0] = 9;
    file[1] = 10;             /* red of pixel (0,0) */
    file[1 + 1024 + 33] = 20; /* green of pixel (1,1) */
    file[RECORD] = 3;
    file[RECORD + 1 + 2048 + 1023] = 30; /* blue of pixel (31,31) */
    CHECK_OK(pv_cifar_parse(&images, &labels, "F", file, sizeof file));
    check_shape(&images, "[2,32,32,3]");
    check_shape(&labels, "[2]");
    assert_int_equal(labels.dtype, PV_I32);
    assert_true(pv_tensor_get(&labels, 0) == 9 && pv_tensor_get(&labels, 1) == 3);
    assert_true(pv_tensor_get(&images, 0) == 10);
    assert_true(pv_tensor_get(&images, (1 * 32 + 1) * 3 + 1) == 20);
    assert_true(pv_tensor_get(&images, 2 * 3072 - 1) == 30);
    pv_tensor_clear(&images);
    pv_tensor_clear(&labels);
    CHECK_OK(pv_cifar_load(&images, &labels, "fuzz/corpus/cifar/two"));
    assert_true(pv_tensor_get(&labels, 1) == 7);
    pv_tensor_clear(&images);
    pv_tensor_clear(&labels);
    CHECK_FAILS(pv_cifar_load(&images, &labels, "fuzz/corpus/cifar"), PV_ERR_NOT_FOUND, "a folder");
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"empty", PV_ERR_FORMAT, "is empty"},
        {"one-byte", PV_ERR_TRUNCATED, "at byte 0: the last record has 1 of its 3073 bytes"},
        {"short", PV_ERR_TRUNCATED, "3072 of its 3073"},
        {"long", PV_ERR_TRUNCATED, "at byte 3073"},
        {"cifar100", PV_ERR_TRUNCATED, "the binary version of CIFAR-10?"},
        {"label10", PV_ERR_RANGE, "at byte 0: the label of record 0 is 10, 0 to 9 are the classes"},
        {"second-bad", PV_ERR_RANGE, "at byte 3073: the label of record 1 is 77"},
    };
    check_refusals("cifar", refusals, COUNT(refusals), parse);
    check_out_of_memory("cifar", "two", parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
