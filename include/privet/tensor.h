/* privet/tensor.h - dense host arrays: dtype, shape, buffer
 *
 * Row-major, last dimension fastest. Images are NHWC. A pv_tensor owns its 64-byte aligned data.
 */
#ifndef PRIVET_TENSOR_H
#define PRIVET_TENSOR_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pv_dtype { PV_U8 = 1, PV_I32, PV_I64, PV_F32, PV_F64 } pv_dtype;

enum { PV_MAX_DIMS = 6 };

/* ndim 0 is a scalar of one element. Dimensions are >= 0 here and >= 1 in graphs. */
typedef struct pv_shape {
    int32_t ndim;
    int64_t dim[PV_MAX_DIMS];
} pv_shape;

#define PV_SHAPE(...)                                                                              \
    pv_shape_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

PV_API pv_shape pv_shape_of(int ndim, const int64_t *dim); /* trailing entries are zeroed */
PV_API int64_t pv_shape_count(const pv_shape *s);          /* number of elements; -1 on overflow */
PV_API int pv_shape_equal(const pv_shape *a, const pv_shape *b);

/* "[64,28,28,1]"; returns buffer. */
enum { PV_SHAPE_TEXT = 128 };
PV_API const char *pv_shape_text(const pv_shape *s, char buffer[PV_SHAPE_TEXT]);

PV_API size_t pv_dtype_size(pv_dtype t);      /* bytes of one element; 0 for no dtype */
PV_API const char *pv_dtype_name(pv_dtype t); /* "u8" "i32" "i64" "f32" "f64" */

typedef struct pv_tensor {
    pv_dtype dtype;
    pv_shape shape;
    void *data; /* pv_shape_count * pv_dtype_size bytes */
} pv_tensor;

/* Zero-filled. On failure *t is cleared. Errors: PV_ERR_SHAPE, PV_ERR_MEMORY. */
PV_API pv_status pv_tensor_init(pv_tensor *t, pv_dtype dtype, pv_shape shape) PV_MUST_USE;
PV_API void pv_tensor_clear(pv_tensor *t); /* idempotent */
PV_API int64_t pv_tensor_count(const pv_tensor *t);
PV_API size_t pv_tensor_bytes(const pv_tensor *t);

/* out (not yet initialised) gets the same shape with values converted to dtype: integers lose the
 * fraction and stop at the ends of their range, NaN becomes 0 there. */
PV_API pv_status pv_tensor_convert(pv_tensor *out, pv_dtype dtype, const pv_tensor *in) PV_MUST_USE;

/* Element i of any dtype as a double. */
PV_API double pv_tensor_get(const pv_tensor *t, int64_t i);

#ifdef __cplusplus
}
#endif
#endif
