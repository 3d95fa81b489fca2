/* run/bench_engine.h - how long the steps take that the engine is made for
 *
 *     lenet5-b64-train        LeNet-5, 64 images of 28x28: forward, backward, SGD with momentum
 *     mlp-b64-train           784-128-10, the same
 *     lenet5-b1-second-order  one step of gradient inversion on LeNet-5 with sigmoids: the
 * gradient, to a dummy image and its label logits, of the squared distance between the gradient
 * they cause and a given one (Zhu, Liu, Han 2019, "Deep Leakage from Gradients", equation 3)
 *     resnet18-b32-train      ResNet-18 with a 3x3 stem, 32 images of 32x32x3
 *
 * A step writes its inputs into the plan, as training does, and runs it. Cases take turns, round by
 * round, so that whatever else the machine does falls on all of them; a case's figure is the median
 * of its rounds, each the mean of the steps that fitted in.
 */
#ifndef PV_RUN_BENCH_ENGINE_H
#define PV_RUN_BENCH_ENGINE_H

#include "privet/context.h"
#include <stddef.h>
#include <stdio.h>

enum { PV_BENCH_ENGINE_CASES = 4 };

typedef struct pv_bench_engine_figure {
    const char *name;
    double ms;         /* a step */
    double gflops;     /* of the plan's own count of operations */
    size_t plan_bytes; /* of the slab */
    int steps;         /* measured, all rounds together */
} pv_bench_engine_figure;

const char *pv_bench_engine_name(int i); /* NULL past the last */

/* only: NULL for all cases. figure[0..*count) are filled. seconds: of one case in one round.
 * profile: NULL, or where the time of every call is written; the steps are then a little slower,
 * for being watched. */
pv_status pv_bench_engine(pv_bench_engine_figure figure[PV_BENCH_ENGINE_CASES], int *count,
                          const char *only, int rounds, double seconds, FILE *profile,
                          const pv_ctx *ctx) PV_MUST_USE;

#endif
