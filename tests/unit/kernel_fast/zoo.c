/* No shape of the zoo may fall to oneDNN's plain reference code, which is a hundred times slower.
 */
#include "kernel/dnnl/dnnl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int64_t batches[] = {1, 8, 32, 64, 128};

static int check(pv_call *c)
{
    const pv_kernel *kernel = pv_backend_dnnl.kernel[c->op];
    char a[PV_SHAPE_TEXT], b[PV_SHAPE_TEXT];
    if (kernel->prepare(c) != PV_OK) fail_msg("%s", pv_trail_text());
    const char *name = pv_dnnl_implementation(c);
    int slow = strstr(name, "ref") != NULL;
    if (slow)
        print_error("%s of %s and %s runs %s\n", pv_op_name(c->op),
                    pv_shape_text(&c->in[0].shape, a), pv_shape_text(&c->in[1].shape, b), name);
    kernel->release(c);
    return slow;
}

static void convolutions_are_fast(void **state)
{
    /* size of the image, channels in, out, kernel, stride, padding */
    static const int64_t layers[][6] = {
        /* with the 2x2 mean pool after it folded in, 5x5 becomes 6x6 with stride 2 */
        {28, 1, 6, 6, 2, 0},     {12, 6, 16, 6, 2, 0},    {28, 1, 6, 5, 1, 0},
        {12, 6, 16, 5, 1, 0},    {28, 1, 5, 5, 2, 0},     {32, 3, 12, 5, 2, 2},
        {16, 12, 12, 5, 2, 2},   {8, 12, 12, 5, 1, 2},    {28, 1, 12, 5, 2, 2},
        {14, 12, 12, 5, 2, 2},   {7, 12, 12, 5, 1, 2},    {32, 3, 64, 3, 1, 1},
        {32, 64, 64, 3, 1, 1},   {32, 64, 128, 3, 2, 1},  {32, 64, 128, 1, 2, 0},
        {32, 64, 128, 3, 1, 1},  {16, 128, 128, 3, 1, 1}, {16, 128, 256, 3, 2, 1},
        {16, 128, 256, 1, 2, 0}, {16, 128, 256, 3, 1, 1}, {8, 256, 256, 3, 1, 1},
        {8, 256, 512, 3, 2, 1},  {8, 256, 512, 1, 2, 0},  {8, 256, 512, 3, 1, 1},
        {4, 512, 512, 3, 1, 1},
    };
    int slow = 0;
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            const int64_t *l = layers[i];
            int32_t k = (int32_t)l[3], stride = (int32_t)l[4], pad = (int32_t)l[5];
            int64_t size = (l[0] + 2 * pad - k) / stride + 1;
            pv_shape x = PV_SHAPE(batches[b], l[0], l[0], l[1]), w = PV_SHAPE(l[2], k, k, l[1]);
            pv_shape y = PV_SHAPE(batches[b], size, size, l[2]);
            for (pv_op op = PV_OP_CONV; op <= PV_OP_CONV_WEIGHTS; op++) {
                pv_call c = {.op = op, .nin = 2, .threads = 2};
                c.attr.window = (pv_window){.kernel = {k, k},
                                            .stride = {stride, stride},
                                            .pad = {pad, pad},
                                            .pad_end = {pad, pad},
                                            .groups = 1};
                c.in[0].shape = op == PV_OP_CONV_DATA ? w : x;
                c.in[1].shape = op == PV_OP_CONV ? w : y;
                c.out.shape = op == PV_OP_CONV ? y : op == PV_OP_CONV_DATA ? x : w;
                slow += check(&c);
            }
        }
    assert_int_equal(slow, 0);
}

static void products_are_fast(void **state)
{
    static const int64_t layers[][2] = {{784, 10}, {784, 128}, {128, 10}, {256, 120}, {120, 84},
                                        {84, 10},  {180, 84},  {768, 10}, {512, 10},  {64, 2}};
    int slow = 0;
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            int64_t n = batches[b], in = layers[i][0], out = layers[i][1];
            pv_shape x = PV_SHAPE(n, in), w = PV_SHAPE(out, in), y = PV_SHAPE(n, out);
            for (int k = 0; k < 3; k++) {
                pv_call c = {.op = PV_OP_MATMUL, .nin = 2, .threads = 2};
                c.attr.ta = k == 2, c.attr.tb = k == 0;
                c.in[0].shape = k == 0 ? x : y;
                c.in[1].shape = k == 2 ? x : w;
                c.out.shape = k == 0 ? y : k == 1 ? x : w;
                slow += check(&c);
            }
        }
    assert_int_equal(slow, 0);
}

int main(void)
{
    /* What oneDNN chooses on a machine without AVX-512 is not ours to promise. */
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f")) {
        printf("skipped: no AVX-512\n");
        return 77;
    }
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_are_fast),
        cmocka_unit_test(products_are_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
