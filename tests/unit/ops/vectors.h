/* tests/unit/ops/vectors.h - golden vectors: arrays computed by PyTorch in float64
 *
 * tests/vectors/README.md says what is in the files. Their images are NCHW and their convolution
 * weights OIHW; here both become channels-last as they are read, by the same permutation.
 */
#ifndef PV_TESTS_VECTORS_H
#define PV_TESTS_VECTORS_H

#include "check.h"
#include "codec/npz.h"
#include "graph/graph_i.h"
#include "privet/plan.h"

/* What a backend is asked to reach: relative errors of values and first gradients, and of gradients
 * of gradients. */
typedef struct bound {
    pv_backend_kind kind;
    const char *name;
    double first, second;
} bound;

extern const bound bound_ref, bound_fast;

pv_npz *vectors_open(const char *file); /* of tests/vectors */

/* Real arrays become PV_F64, integers PV_I32; four dimensions become channels-last. */
pv_tensor vectors_take(const pv_npz *z, const char *name);

/* A dense layer's weights [out, c*h*w] that follow flattened images: their columns from CHW to
 * HWC order. */
pv_tensor vectors_take_flattened(const pv_npz *z, const char *name, int64_t c, int64_t h,
                                 int64_t w);

void vectors_write(pv_plan *plan, pv_node x, const pv_tensor *value);

/* max|got - want| / max|want|, where got is what the plan has for x; absolute when want is zero. */
double vectors_error(const pv_plan *plan, pv_node x, const pv_tensor *want);

#endif
