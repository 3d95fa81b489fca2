/* Left: one of two that do the same; the nonce of left comes first in the session. */
#include "scheme/align/side.h"

static pv_status open(void **self, pv_party *p)
{
    return pv_align_side_open(self, p, "right");
}

const pv_role pv_align_left = {
    .name = "left",
    .summary = "has a table, and wants its rows in one order with those of right",
    .least = 1,
    .most = 1,
    .brings_data = PV_BRINGS_TABLE,
    .look = pv_align_side_look,
    .open = open,
    .step = pv_align_side_step,
    .save = pv_align_side_save,
    .load = pv_align_side_load,
    .finish = pv_align_side_finish,
    .close = pv_align_side_close,
};
