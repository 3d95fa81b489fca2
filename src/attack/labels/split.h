/* attack/labels/split.h - a score becomes two classes */
#ifndef PV_ATTACK_LABELS_SPLIT_H
#define PV_ATTACK_LABELS_SPLIT_H

#include "attack/labels/releases.h"

/* label[i] = 1 for the high scores: the `share` of them when that is above 0, otherwise those that
 * are nearer to the upper of two means (the split of least squares, exactly). */
pv_status pv_split_labels(int32_t *label, const double *score, int64_t n, double share) PV_MUST_USE;

/* When rows of both labels are known, the sides are named by them (label and score turn around
 * where most of them say so); otherwise the fewer rows are class 1. */
void pv_split_name(int32_t *label, double *score, const pv_releases *r, const pv_public *known);

#endif
