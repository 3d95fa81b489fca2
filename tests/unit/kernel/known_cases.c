#include "known.h"

#include <math.h>

#define V(...)                                                                                     \
    (const double[])                                                                               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define S(...)                                                                                     \
    {                                                                                              \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                                        \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SCALAR                                                                                     \
    {                                                                                              \
        0,                                                                                         \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define R(shape, ...)                                                                              \
    {                                                                                              \
        PV_F64, shape, V(__VA_ARGS__)                                                              \
    }
#define I(shape, ...)                                                                              \
    {                                                                                              \
        PV_I32, shape, V(__VA_ARGS__)                                                              \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .value = 0                                                                                 \
    }
#define WINDOW(k, s, p, g, h, w) .window = {{k, k}, {s, s}, {p, p}, {p, p}, g, {h, w}}

/* clang-format off */
const known known_cases[] = {
    {"", PV_OP_AFFINE, R(S(3), 1, 3, -3), {R(S(3), 0, 1, -2)}, {.scale = 2, .shift = 1}},
    {"", PV_OP_RECIP, R(S(2), 0.25, -2), {R(S(2), 4, -0.5)}, NONE},
    {"", PV_OP_EXP, R(S(3), 1, M_E, 0), {R(S(3), 0, 1, -2000)}, NONE},
    {"", PV_OP_LOG, R(S(3), 0, 1, M_LN2), {R(S(3), 1, M_E, 2)}, NONE},
    {"small", PV_OP_LOG1P, R(S(2), 1e-20, M_LN2), {R(S(2), 1e-20, 1)}, NONE},
    {"", PV_OP_SQRT, R(S(3), 0, 3, M_SQRT2), {R(S(3), 0, 9, 2)}, NONE},
    {"", PV_OP_RSQRT, R(S(2), 0.5, 4), {R(S(2), 4, 0.0625)}, NONE},
    {"", PV_OP_POW, R(S(2), 8, 0.125), {R(S(2), 4, 0.25)}, {.value = 1.5}},
    {"negative power", PV_OP_POW, R(S(2), 0.25, 4), {R(S(2), 2, -0.5)}, {.value = -2}},
    {"", PV_OP_RELU, R(S(3), 0, 0, 2.5), {R(S(3), -1, 0, 2.5)}, NONE},
    {"zero at zero", PV_OP_STEP, R(S(3), 0, 0, 1), {R(S(3), -1, 0, 2.5)}, NONE},
    {"", PV_OP_ABS, R(S(3), 1, 0, 2.5), {R(S(3), -1, 0, 2.5)}, NONE},
    {"", PV_OP_SIGN, R(S(3), -1, 0, 1), {R(S(3), -7, 0, 2.5)}, NONE},
    {"", PV_OP_TANH, R(S(3), 0, 0.76159415595576488812, -1), {R(S(3), 0, 1, -50)}, NONE},
    {"far out", PV_OP_SIGMOID, R(S(5), 0.5, 0.75, 0.25, 1, 0),
     {R(S(5), 0, 1.0986122886681098, -1.0986122886681098, 800, -800)}, NONE},
    {"far out", PV_OP_SOFTPLUS, R(S(4), M_LN2, 800, 0, 1.3862943611198906),
     {R(S(4), 0, 800, -800, 1.0986122886681098)}, NONE},
    {"", PV_OP_ERF, R(S(3), 0, 0.84270079294971486934, -0.84270079294971486934),
     {R(S(3), 0, 1, -1)}, NONE},
    {"", PV_OP_DETACH, R(S(2), 3, -4), {R(S(2), 3, -4)}, NONE},

    {"", PV_OP_ADD, R(S(2, 1), 4, 1), {R(S(2, 1), 1, 2), R(S(2, 1), 3, -1)}, NONE},
    {"", PV_OP_SUB, R(S(2), -2, 3), {R(S(2), 1, 2), R(S(2), 3, -1)}, NONE},
    {"", PV_OP_MUL, R(S(2), 3, -2), {R(S(2), 1, 2), R(S(2), 3, -1)}, NONE},
    {"", PV_OP_DIV, R(S(2), 0.25, -2), {R(S(2), 1, 2), R(S(2), 4, -1)}, NONE},
    {"", PV_OP_MAX, R(S(3), 3, 2, 5), {R(S(3), 1, 2, 5), R(S(3), 3, -1, 5)}, NONE},
    {"", PV_OP_MIN, R(S(3), 1, -1, 5), {R(S(3), 1, 2, 5), R(S(3), 3, -1, 5)}, NONE},
    {"", PV_OP_GREATER, R(S(3), 0, 1, 0), {R(S(3), 1, 2, 5), R(S(3), 3, -1, 5)}, NONE},
    {"", PV_OP_EQUAL, R(S(3), 0, 0, 1), {R(S(3), 1, 2, 5), R(S(3), 3, -1, 5)}, NONE},
    {"", PV_OP_SELECT, R(S(3), 10, 5, 30), {R(S(3), 1, 0, -2), R(S(3), 10, 20, 30), R(S(3), 4, 5, 6)}, NONE},

    {"", PV_OP_RESHAPE, R(S(3, 2), 1, 2, 3, 4, 5, 6), {R(S(2, 3), 1, 2, 3, 4, 5, 6)}, NONE},
    {"of an index", PV_OP_RESHAPE, I(S(2), 7, -1), {I(S(2, 1), 7, -1)}, NONE},
    {"transpose", PV_OP_PERMUTE, R(S(3, 2), 1, 4, 2, 5, 3, 6), {R(S(2, 3), 1, 2, 3, 4, 5, 6)},
     {.axis = {1, 0}}},
    {"rotate axes", PV_OP_PERMUTE, R(S(2, 2, 3), 1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12),
     {R(S(2, 3, 2), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)}, {.axis = {2, 0, 1}}},
    {"both axes", PV_OP_BROADCAST, R(S(2, 3), 5, 5, 5, 5, 5, 5), {R(S(1, 1), 5)}, NONE},
    {"rows", PV_OP_BROADCAST, R(S(2, 3), 1, 2, 3, 1, 2, 3), {R(S(1, 3), 1, 2, 3)}, NONE},
    {"columns", PV_OP_BROADCAST, R(S(2, 3), 1, 1, 1, 2, 2, 2), {R(S(2, 1), 1, 2)}, NONE},
    {"", PV_OP_SLICE, R(S(2, 2), 5, 6, 8, 9), {R(S(3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9)}, {.begin = {1, 1}}},
    {"", PV_OP_PAD, R(S(3, 4), 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4), {R(S(2, 2), 1, 2, 3, 4)},
     {.begin = {1, 2}}},
    {"columns", PV_OP_CONCAT, R(S(2, 3), 1, 2, 5, 3, 4, 6),
     {R(S(2, 2), 1, 2, 3, 4), R(S(2, 1), 5, 6)}, {.axis = {1}}},
    {"rows", PV_OP_CONCAT, R(S(3, 2), 1, 2, 3, 4, 5, 6),
     {R(S(1, 2), 1, 2), R(S(2, 2), 3, 4, 5, 6)}, {.axis = {0}}},

    {"all", PV_OP_SUM, R(S(1, 1), 21), {R(S(2, 3), 1, 2, 3, 4, 5, 6)}, {.axes = 3}},
    {"rows", PV_OP_SUM, R(S(1, 3), 5, 7, 9), {R(S(2, 3), 1, 2, 3, 4, 5, 6)}, {.axes = 1}},
    {"columns", PV_OP_SUM, R(S(2, 1), 6, 15), {R(S(2, 3), 1, 2, 3, 4, 5, 6)}, {.axes = 2}},
    {"outer two of three", PV_OP_SUM, R(S(1, 2, 1), 14, 22),
     {R(S(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8)}, {.axes = 5}},
    {"all negative", PV_OP_REDUCE_MAX, R(S(2, 1), -1, -4), {R(S(2, 3), -3, -1, -2, -4, -5, -6)}, {.axes = 2}},
    {"first of equals", PV_OP_ARGMAX, I(S(2, 1), 1, 0), {R(S(2, 3), 1, 3, 3, 2, 2, 1)}, NONE},
    {"large logits", PV_OP_SOFTMAX, R(S(2, 2), 0.25, 0.75, 0.5, 0.5),
     {R(S(2, 2), 0, 1.0986122886681098, 1000, 1000)}, NONE},
    {"large logits", PV_OP_LOG_SOFTMAX, R(S(2, 2), -1.3862943611198906, -0.28768207245178093, 0, -3000),
     {R(S(2, 2), 0, 1.0986122886681098, 1000, -2000)}, NONE},

    {"out of range", PV_OP_ONE_HOT, R(S(4, 2), 1, 0, 0, 1, 0, 0, 0, 0), {I(S(4), 0, 1, 2, -1)}, NONE},
    {"out of range", PV_OP_GATHER, R(S(2, 2, 2), 5, 6, 1, 2, 0, 0, 3, 4),
     {R(S(3, 2), 1, 2, 3, 4, 5, 6), I(S(2, 2), 2, 0, 3, 1)}, NONE},
    {"repeats add", PV_OP_SCATTER, R(S(3, 2), 1, 2, 0, 0, 8, 10),
     {R(S(4, 2), 3, 4, 1, 2, 5, 6, 7, 8), I(S(4), 2, 0, 2, 9)}, NONE},

    {"", PV_OP_MATMUL, R(S(2, 2), 58, 64, 139, 154),
     {R(S(2, 3), 1, 2, 3, 4, 5, 6), R(S(3, 2), 7, 8, 9, 10, 11, 12)}, NONE},
    {"a transposed", PV_OP_MATMUL, R(S(2, 2), 58, 64, 139, 154),
     {R(S(3, 2), 1, 4, 2, 5, 3, 6), R(S(3, 2), 7, 8, 9, 10, 11, 12)}, {.ta = 1}},
    {"b transposed", PV_OP_MATMUL, R(S(2, 2), 58, 64, 139, 154),
     {R(S(2, 3), 1, 2, 3, 4, 5, 6), R(S(2, 3), 7, 9, 11, 8, 10, 12)}, {.tb = 1}},
    {"both transposed", PV_OP_MATMUL, R(S(2, 2), 58, 64, 139, 154),
     {R(S(3, 2), 1, 4, 2, 5, 3, 6), R(S(2, 3), 7, 9, 11, 8, 10, 12)}, {.ta = 1, .tb = 1}},
    {"batch", PV_OP_MATMUL, R(S(2, 1, 1), 11, 67),
     {R(S(2, 1, 2), 1, 2, 3, 4), R(S(2, 2, 1), 3, 4, 9, 10)}, NONE},

    {"valid", PV_OP_CONV, R(S(1, 2, 2, 1), 37, 47, 67, 77),
     {R(S(1, 3, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9), R(S(1, 2, 2, 1), 1, 2, 3, 4)},
     {WINDOW(2, 1, 0, 1, 3, 3)}},
    {"stride 2, pad 1", PV_OP_CONV, R(S(1, 2, 2, 1), 12, 16, 24, 28),
     {R(S(1, 3, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9), R(S(1, 3, 3, 1), 1, 1, 1, 1, 1, 1, 1, 1, 1)},
     {WINDOW(3, 2, 1, 1, 3, 3)}},
    {"groups", PV_OP_CONV, R(S(1, 1, 1, 2), 50, 250),
     {R(S(1, 1, 1, 4), 1, 2, 3, 4), R(S(2, 1, 1, 2), 10, 20, 30, 40)}, {WINDOW(1, 1, 0, 2, 1, 1)}},
    {"channels of two images", PV_OP_CONV, R(S(2, 1, 1, 3), 5, 11, 17, 11, 25, 39),
     {R(S(2, 1, 1, 2), 1, 2, 3, 4), R(S(3, 1, 1, 2), 1, 2, 3, 4, 5, 6)}, {WINDOW(1, 1, 0, 1, 1, 1)}},
    {"valid", PV_OP_CONV_DATA, R(S(1, 3, 3, 1), 1, 2, 0, 3, 14, 20, 0, 30, 40),
     {R(S(1, 2, 2, 1), 1, 2, 3, 4), R(S(1, 2, 2, 1), 1, 0, 0, 10)}, {WINDOW(2, 1, 0, 1, 3, 3)}},
    {"stride 2, pad 1", PV_OP_CONV_DATA, R(S(1, 3, 3, 1), 1, 3, 2, 4, 10, 6, 3, 7, 4),
     {R(S(1, 3, 3, 1), 1, 1, 1, 1, 1, 1, 1, 1, 1), R(S(1, 2, 2, 1), 1, 2, 3, 4)},
     {WINDOW(3, 2, 1, 1, 3, 3)}},
    {"groups", PV_OP_CONV_DATA, R(S(1, 1, 1, 4), 10, 20, 60, 80),
     {R(S(2, 1, 1, 2), 10, 20, 30, 40), R(S(1, 1, 1, 2), 1, 2)}, {WINDOW(1, 1, 0, 2, 1, 1)}},
    {"valid", PV_OP_CONV_WEIGHTS, R(S(1, 2, 2, 1), 51, 62, 84, 95),
     {R(S(1, 3, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9), R(S(1, 2, 2, 1), 1, 0, 0, 10)},
     {WINDOW(2, 1, 0, 1, 3, 3)}},
    {"groups", PV_OP_CONV_WEIGHTS, R(S(2, 1, 1, 2), 1, 2, 6, 8),
     {R(S(1, 1, 1, 4), 1, 2, 3, 4), R(S(1, 1, 1, 2), 1, 2)}, {WINDOW(1, 1, 0, 2, 1, 1)}},

    {"two channels", PV_OP_AVGPOOL, R(S(1, 1, 1, 2), 2.5, 25),
     {R(S(1, 2, 2, 2), 1, 10, 2, 20, 3, 30, 4, 40)}, {WINDOW(2, 2, 0, 1, 2, 2)}},
    {"padding is zeros", PV_OP_AVGPOOL, R(S(1, 2, 2, 1), 1, 2, 3, 4),
     {R(S(1, 2, 2, 1), 4, 8, 12, 16)}, {WINDOW(2, 2, 1, 1, 2, 2)}},
    {"overlapping", PV_OP_AVGPOOL_T, R(S(1, 3, 3, 1), 1, 3, 2, 4, 10, 6, 3, 7, 4),
     {R(S(1, 2, 2, 1), 4, 8, 12, 16)}, {WINDOW(2, 1, 0, 1, 3, 3)}},
    {"first of equals", PV_OP_MAXPOOL_INDEX, I(S(1, 2, 2, 1), 1, 1, 6, 4),
     {R(S(1, 3, 3, 1), 1, 5, 5, 0, 5, 2, 7, 0, -1)}, {WINDOW(2, 1, 0, 1, 3, 3)}},
    {"padding never wins", PV_OP_MAXPOOL_INDEX, I(S(1, 2, 2, 1), 0, 1, 2, 3),
     {R(S(1, 2, 2, 1), -3, -2, -5, -4)}, {WINDOW(2, 2, 1, 1, 2, 2)}},
    {"two channels, two images", PV_OP_POOL_GATHER, R(S(2, 1, 1, 2), 3, 2, 5, 8),
     {R(S(2, 2, 1, 2), 1, 2, 3, 4, 5, 6, 7, 8), I(S(2, 1, 1, 2), 1, 0, 0, 1)}, {WINDOW(2, 2, 0, 1, 2, 1)}},
    {"repeats add", PV_OP_POOL_SCATTER, R(S(1, 3, 3, 1), 0, 3, 0, 0, 40, 0, 30, 0, 0),
     {R(S(1, 2, 2, 1), 1, 2, 30, 40), I(S(1, 2, 2, 1), 1, 1, 6, 4)}, {WINDOW(2, 1, 0, 1, 3, 3)}},

    {"needs pivoting", PV_OP_INVERSE, R(S(2, 2, 2), 0, 1, 0.5, 0, -2, 1, 1.5, -0.5),
     {R(S(2, 2, 2), 0, 2, 1, 0, 1, 2, 3, 4)}, NONE},
    {"negative determinant", PV_OP_LOGDET, R(S(2), M_LN2, 1.0986122886681098),
     {R(S(2, 2, 2), 0, 2, 1, 0, 1, 2, 2, 1)}, NONE},
    {"one matrix", PV_OP_LOGDET, R(SCALAR, M_LN2), {R(S(1, 1), -2)}, NONE},
};
/* clang-format on */

const int known_count = sizeof known_cases / sizeof known_cases[0];
