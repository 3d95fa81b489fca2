/* kernel/fused/fused.h - chains of elementwise operations in one pass over memory, float32
 *
 * After differentiation most nodes of a graph are elementwise: activations, their derivatives,
 * normalisation, losses, optimiser steps. Run one by one they read and write main memory each time.
 * A fused program runs all of them on one block of a few hundred elements, which stays in the
 * first-level cache, then goes on to the next block. It is a tiny vector machine: an instruction is
 * a loop over the block, compiled for several instruction sets and chosen at run time.
 *
 * The values are seen as a matrix of `rows` x `columns`, row-major (count = rows * columns). An
 * input is
 *
 *     FULL    count values         ROW     one value a column, the same for every row (bias, gamma)
 *     SCALAR  one value            COLUMN  one value a row (mean of a layer norm)
 *
 * An output stores a value in FULL, or sums it: ROW leaves one sum a column, COLUMN one a row,
 * SCALAR one in all. Sums are accumulated per block position and folded in float64 in a fixed
 * order: same threads, same bits.
 *
 * Values are numbered: first the inputs, then the results of the instructions in order.
 */
#ifndef PV_KERNEL_FUSED_FUSED_H
#define PV_KERNEL_FUSED_FUSED_H

#include "base/mem.h"
#include "kernel/op.h"

enum { PV_FUSED_MAX = 320 }; /* inputs, instructions and outputs, each */

typedef enum pv_fused_kind {
    PV_FUSED_FULL,
    PV_FUSED_ROW,
    PV_FUSED_COLUMN,
    PV_FUSED_SCALAR
} pv_fused_kind;

typedef struct pv_fused_instruction {
    pv_op op;           /* elementwise, or CONST */
    int16_t arg[3];     /* value numbers */
    float scale, shift; /* AFFINE; shift is the value of CONST and the exponent of POW */
} pv_fused_instruction;

typedef struct pv_fused_spec {
    int64_t rows, columns;
    int inputs, instructions, outputs;
    pv_fused_kind input[PV_FUSED_MAX];
    pv_fused_instruction instruction[PV_FUSED_MAX];
    pv_fused_kind output[PV_FUSED_MAX]; /* FULL: store; else the kind of sum */
    int16_t result[PV_FUSED_MAX];       /* the value that output k stores or sums */
    int threads;
} pv_fused_spec;

typedef struct pv_fused pv_fused;

/* *scratch_bytes: what run needs. Errors: PV_ERR_MEMORY. */
pv_status pv_fused_new(pv_fused **f, const pv_fused_spec *spec, size_t *scratch_bytes) PV_MUST_USE;
void pv_fused_free(pv_fused *f);

/* input[k] and output[k] as the spec has them. An output may share memory with a FULL input if
 * pv_fused_in_place says so. */
void pv_fused_run(const pv_fused *f, const float *const *input, float *const *output,
                  void *scratch);

/* May output k be written over FULL input i? (No instruction reads i after the one that makes k's
 * value.) */
int pv_fused_in_place(const pv_fused_spec *spec, int output, int input);

const char *pv_fused_isa(void); /* "avx512", "avx2" or "baseline": what was chosen */

#endif
