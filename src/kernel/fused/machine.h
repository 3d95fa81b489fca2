/* kernel/fused/machine.h - the loops of the fused machine, compiled once for each instruction set
 */
#ifndef PV_KERNEL_FUSED_MACHINE_H
#define PV_KERNEL_FUSED_MACHINE_H

#include "kernel/op.h"

typedef struct pv_machine_step {
    pv_op op;
    int16_t to, from[3]; /* slots */
    float scale, shift;
} pv_machine_step;

typedef struct pv_machine {
    const char *isa;
    /* run the steps on n elements; slot[k] is where slot k's elements of this block are */
    void (*run)(const pv_machine_step *step, int steps, float *const *slot, int n);
    void (*fill)(float *to, float value, int n);
    void (*accumulate)(float *sum, const float *x, int n); /* sum[i] += x[i] */
    float (*total)(const float *x, int n);
} pv_machine;

extern const pv_machine pv_machine_baseline, pv_machine_avx2, pv_machine_avx512;

#endif
