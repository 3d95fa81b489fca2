/* fed/save.h - numbers in a role's saved state
 *
 * The journal is read by the machine that wrote it: floats go in as they lie in memory.
 */
#ifndef PV_FED_SAVE_H
#define PV_FED_SAVE_H

#include "privet/optim.h"
#include "wire/reader.h"
#include "wire/writer.h"

void pv_fed_save_floats(pv_writer *w, const float *v, int64_t n);
/* v keeps its values when the reader fails: PV_ERR_MISMATCH unless there are n of them. */
void pv_fed_load_floats(pv_reader *r, float *v, int64_t n, const char *field);

/* The optimiser's own parameters in a plan. */
pv_status pv_fed_save_optim(pv_writer *w, const pv_optim *o, const pv_graph *g,
                            const pv_plan *plan) PV_MUST_USE;
pv_status pv_fed_load_optim(pv_reader *r, const pv_optim *o, const pv_graph *g,
                            pv_plan *plan) PV_MUST_USE;

#endif
