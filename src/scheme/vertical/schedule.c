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
        s.count = 1;
        s.last = s.last_batch = at + 1 == measured;
        return s;
    }
    for (;; s.epoch++) {
        int64_t done = s.epoch + 1;
        int in_between = done < o->epochs && o->evaluate_every > 0 && done % o->evaluate_every == 0;
        if (at < batches) {
            s.kind = PV_STEP_TRAIN;
            s.number = s.epoch * batches + at;
            s.last = done == o->epochs && measured == 0 && at + 1 == batches;
            return s;
        }
        at -= batches;
        if (done == o->epochs || (in_between && at == 0)) break;
        at -= in_between;
    }
    s.kind = PV_STEP_EVALUATE;
    s.epoch++;
    s.number = s.epoch == o->epochs ? at : 0;
    s.count = s.epoch == o->epochs ? 1 : measured;
    s.last_batch = s.epoch < o->epochs || at + 1 == measured;
    s.last = s.epoch == o->epochs && at + 1 >= measured;
    return s;
}

double pv_vertical_shared_lr(const pv_vertical_options *o, const pv_schedule *s, int64_t step)
{
    pv_schedule shared = *s;
    shared.lr = o->shared_lr;
    return pv_schedule_lr(&shared, step);
}
