#include "scheme/scheme.h"

void pv_batch_truth_clear(pv_batch_truth *t)
{
    pv_free(t->index);
    *t = (pv_batch_truth){0};
}
