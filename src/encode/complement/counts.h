/* encode/complement/counts.h - the paper's equation counts, corrected, and what they leave out
 *
 * (Sun, Wu, Hwang 2019, equations 9 and 10; complement.md 1.1.) For a convolution of k kernels n·n
 * over l channels with stride s, p = ceil(2n/s - 1) positions an axis overlap one patch, and
 *
 *     equations M = p^2·k      unknowns N = ((n - s) + p·s)^2·l      (printed without the square)
 *
 * The paper asks for N > M. It looks at one patch; over a growing window the ratio tends to
 * k/(s^2·l), so a whole image is determined as soon as k >= s^2·l: for conv1 with 64 kernels from
 * 12 positions on.
 */
#ifndef PV_ENCODE_COMPLEMENT_COUNTS_H
#define PV_ENCODE_COMPLEMENT_COUNTS_H

#include <stdint.h>

typedef struct pv_conv_count {
    int64_t positions, window;   /* p, side of what they cover */
    int64_t equations, unknowns; /* M, N */
    int64_t most_kernels;        /* the largest k with N > M */
    double ratio;                /* k/(s^2·l) */
    int64_t overdetermined;      /* least positions an axis with p^2·k >= (n+(p-1)s)^2·l; 0: never
                                    within the image */
    int64_t image_equations, image_unknowns; /* all positions of an image of this side */
} pv_conv_count;

pv_conv_count pv_conv_count_of(int64_t kernel, int64_t channels, int64_t stride, int64_t kernels,
                               int64_t image_side, int64_t pad);

#endif
