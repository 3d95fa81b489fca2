#include "scheme/vertical/vertical.h"

pv_vertical_step pv_vertical_step_of(const pv_vertical_options *o, int64_t batches,
                                     int64_t measured, uint64_t step)
{
    pv_vertical_step s = {.kind = PV_STEP_JOIN};
    int64_t at = (int64_t)step - 2;
    if (at < 0) return s;
    if (o->task == PV_VERTICAL_MERGE) {
        s.kind = PV_STEP_DISCLOSE;
        s.last = 1;
        return s;
    }
    if (o->task != PV_VERTICAL_TRAIN) {
        s.kind = PV_STEP_EVALUATE;
        s.number = at;
        s.last = s.last_batch = at + 1 == measured;
        return s;
    }
    for (s.epoch = 0; s.epoch < o->epochs; s.epoch++) {
        int64_t done = s.epoch + 1;
        int measures =
            done == o->epochs || (o->evaluate_every > 0 && done % o->evaluate_every == 0);
        int64_t pass = measures ? measured : 0;
        if (at < batches) {
            s.kind = PV_STEP_TRAIN;
            s.number = s.epoch * batches + at;
            s.last = done == o->epochs && pass == 0 && at + 1 == batches;
            return s;
        }
        at -= batches;
        if (at < pass) {
            s.kind = PV_STEP_EVALUATE;
            s.number = at;
            s.last_batch = at + 1 == pass;
            s.last = s.last_batch && done == o->epochs;
            s.epoch = done;
            return s;
        }
        at -= pass;
    }
    return s;
}

double pv_vertical_shared_lr(const pv_vertical_options *o, const pv_schedule *s, int64_t step)
{
    pv_schedule shared = *s;
    shared.lr = o->shared_lr;
    return pv_schedule_lr(&shared, step);
}
