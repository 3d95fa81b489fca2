/* scheme/align/side.h - what both roles do: the scheme is the same from either side */
#ifndef PV_SCHEME_ALIGN_SIDE_H
#define PV_SCHEME_ALIGN_SIDE_H

#include "scheme/align/align.h"

/* other: the role of the peer. */
pv_status pv_align_side_open(void **self, pv_party *p, const char *other) PV_MUST_USE;
pv_status pv_align_side_step(void *self, pv_party *p, uint64_t step, int *done) PV_MUST_USE;
pv_status pv_align_side_save(void *self, pv_writer *w) PV_MUST_USE;
pv_status pv_align_side_load(void *self, pv_reader *r) PV_MUST_USE;
pv_status pv_align_side_finish(void *self, pv_party *p) PV_MUST_USE;
void pv_align_side_close(void *self);

/* For `privet check`: what the table holds, in one line. */
pv_status pv_align_side_look(pv_str *about, pv_scenario *s, const pv_local *l,
                             const char *who) PV_MUST_USE;

#endif
