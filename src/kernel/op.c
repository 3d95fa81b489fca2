#include "kernel/op.h"

static const struct {
    const char *name;
    int inputs;
} table[PV_OP_COUNT] = {
#define X(id, name, nin) [PV_OP_##id] = {name, nin},
    PV_OPS(X)
#undef X
};

const char *pv_op_name(pv_op op)
{
    return (unsigned)op < PV_OP_COUNT ? table[op].name : "?";
}

int pv_op_inputs(pv_op op)
{
    return (unsigned)op < PV_OP_COUNT ? table[op].inputs : 0;
}

int pv_op_is_elementwise(pv_op op)
{
    return op >= PV_OP_AFFINE && op <= PV_OP_SELECT;
}
