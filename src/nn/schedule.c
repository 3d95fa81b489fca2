#include "privet/optim.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {[PV_SCHEDULE_CONSTANT] = "constant",
                                    [PV_SCHEDULE_STEP] = "step",
                                    [PV_SCHEDULE_POLY] = "poly",
                                    [PV_SCHEDULE_COSINE] = "cosine"};

int pv_schedule_by_name(const char *name)
{
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

const char *pv_schedule_name(pv_schedule_kind kind)
{
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

double pv_schedule_lr(const pv_schedule *s, int64_t step)
{
    if (step < s->warmup) return s->lr * (double)(step + 1) / (double)s->warmup;
    int64_t since = step - s->warmup, whole = s->steps - s->warmup;
    double t = whole <= 0 ? 1 : since >= whole ? 1 : (double)since / (double)whole, factor = 1;
    switch (s->kind) {
    case PV_SCHEDULE_CONSTANT:
        return s->lr;
    case PV_SCHEDULE_STEP:
        if (s->every <= 0) return s->lr;
        return s->lr * pow(s->gamma == 0 ? 0.1 : s->gamma, (double)(since / s->every));
    case PV_SCHEDULE_POLY:
        factor = pow(1 - t, s->power == 0 ? 1 : s->power);
        break;
    case PV_SCHEDULE_COSINE:
        factor = (1 + cos(3.14159265358979323846 * t)) / 2;
        break;
    }
    return s->lr * (s->floor + (1 - s->floor) * factor);
}
