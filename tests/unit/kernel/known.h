/* tests/unit/kernel/known.h - hand-computed answers for every operation of kernel/op.h, as data */
#ifndef PV_TESTS_KERNEL_KNOWN_H
#define PV_TESTS_KERNEL_KNOWN_H

#include "kernel/kernel.h"

typedef struct known_tensor {
    pv_dtype dtype; /* PV_F64 stands for the backend's real type, PV_I32 for an index */
    pv_shape shape;
    const double *value;
} known_tensor;

typedef struct known {
    const char *name; /* what is special about the case */
    pv_op op;
    known_tensor out, in[PV_MAX_INPUTS];
    pv_attr attr;
} known;

extern const known known_cases[];
extern const int known_count;

#endif
