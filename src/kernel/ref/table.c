#include "kernel/ref/ref.h"

const pv_backend pv_backend_ref = {
    .name = "ref",
    .real = PV_F64,
    .kernel =
        {
#define X(id) [PV_OP_##id] = &pv_ref_##id,
            PV_REF_OPS(X)
#undef X
        },
};
