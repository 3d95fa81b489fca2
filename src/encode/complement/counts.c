#include "encode/complement/counts.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

pv_conv_count pv_conv_count_of(int64_t kernel, int64_t channels, int64_t stride, int64_t kernels,
                               int64_t image_side, int64_t pad)
{
    /* ceil(2n/s - 1) in whole numbers; a stride of twice the kernel and more has one position */
    int64_t p = (2 * kernel - 1) / stride, across = (image_side + 2 * pad - kernel) / stride + 1;
    if (p < 1) p = 1;
    int64_t window = kernel + (p - 1) * stride;
    pv_conv_count c = {
        .positions = p,
        .window = window,
        .equations = p * p * kernels,
        .unknowns = window * window * channels,
        .ratio = (double)kernels / (double)(stride * stride * channels),
        .image_equations = across * across * kernels,
        .image_unknowns = image_side * image_side * channels,
    };
    c.most_kernels = (c.unknowns - 1) / (p * p);
    for (int64_t q = 1; q <= across && c.overdetermined == 0; q++) {
        int64_t side = least(kernel + (q - 1) * stride, image_side); /* a border is known */
        if (q * q * kernels >= side * side * channels) c.overdetermined = q;
    }
    return c;
}
