/* tests/unit/kernel_fast/pair.h - one call, run by a fast kernel and by the reference */
#ifndef PV_TESTS_KERNEL_FAST_PAIR_H
#define PV_TESTS_KERNEL_FAST_PAIR_H

#include "kernel/dnnl/dnnl.h"
#include "privet/rng.h"

/* Two calls of one operation on the same numbers. */
typedef struct pair {
    pv_call fast, ref;
    uint64_t seed[2];
} pair;

/* Operands as in op.h: shapes of inputs and result; index inputs are marked by indices > 0, their
 * numbers drawn from [-1, indices]. Real inputs are normal numbers. */
typedef struct pair_spec {
    pv_op op;
    pv_shape in[PV_MAX_INPUTS], out;
    int nin;
    int64_t indices[PV_MAX_INPUTS];
    pv_attr attr;
    int has_bias, relu; /* the bias is the last input; the reference gets neither */
    int threads;
} pair_spec;

void pair_make(pair *p, const pair_spec *spec, pv_rng *rng);

/* Prepare, run into fresh memory filled with NaN, release. Returns the implementation's name (valid
 * until the next call). */
const char *pair_run(pair *p);

/* Normalised squared error sum (fast-ref)^2 / sum ref^2, infinite when anything is NaN; for index
 * results the share of differing elements. */
double pair_error(const pair *p);

void pair_free(pair *p);

#endif
