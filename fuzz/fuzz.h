/* fuzz/fuzz.h - what a fuzz target promises besides not crashing
 *
 * A reader that fails has said why and left nothing behind; a reader that succeeds has made
 * something whole. Each target checks that with these; a broken promise is a crash.
 */
#ifndef PV_FUZZ_H
#define PV_FUZZ_H

#include "privet/tensor.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PV_FUZZ_CHECK(x)                                                                           \
    do {                                                                                           \
        if (!(x)) abort();                                                                         \
    } while (0)

/* How a call went: 1 when it succeeded; a failure must be the input's fault and have a message. */
static inline int pv_fuzz_ok(pv_status s)
{
    if (s == PV_OK) return 1;
    PV_FUZZ_CHECK(pv_status_exit(s) == 3 || s == PV_ERR_UNSUPPORTED || s == PV_ERR_VERSION ||
                  s == PV_ERR_MEMORY);
    PV_FUZZ_CHECK(pv_trail_text()[0] != '\0');
    pv_trail_clear();
    return 0;
}

/* A tensor that a reader made (all its bytes are there: the sanitizer sees them read), or cleared.
 */
static inline void pv_fuzz_tensor(int ok, const pv_tensor *t)
{
    uint8_t sum = 0;
    if (!ok) {
        PV_FUZZ_CHECK(t->data == NULL && t->shape.ndim == 0);
        return;
    }
    PV_FUZZ_CHECK(t->data != NULL && pv_tensor_count(t) >= 0 && pv_dtype_size(t->dtype) > 0);
    for (size_t i = 0; i < pv_tensor_bytes(t); i++) sum ^= ((const uint8_t *)t->data)[i];
    volatile uint8_t kept = sum; /* so that the compiler keeps the reads */
    (void)kept;
}

#endif
