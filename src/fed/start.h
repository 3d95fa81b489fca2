/* fed/start.h - what both ends of a run know after its setup */
#ifndef PV_FED_START_H
#define PV_FED_START_H

#include "fed/messages.h"
#include "fed/options.h"
#include "wire/reader.h"
#include "wire/writer.h"

typedef struct pv_fed_start {
    int64_t rounds;
    double *mean, *std; /* [columns]; NULL when columns is 0: no normalisation */
    int columns;
} pv_fed_start;

/* mean and std are zero. */
pv_status pv_fed_start_make(pv_fed_start *s, int64_t rounds, int columns) PV_MUST_USE;
void pv_fed_start_clear(pv_fed_start *s); /* idempotent */

/* m gets the normalisation. */
pv_status pv_fed_start_apply(const pv_fed_start *s, pv_model *m) PV_MUST_USE;

pv_fed_setup pv_fed_start_setup(const pv_fed_start *s); /* borrowed from s */

void pv_fed_start_save(const pv_fed_start *s, pv_writer *w);
/* s is zeroed or made before. */
pv_status pv_fed_start_load(pv_fed_start *s, pv_reader *r, int columns) PV_MUST_USE;

/* Channels or features that are normalised together; 0: none. */
int pv_fed_columns(const pv_fed_options *o, const pv_model *m);

/* Of the model's text with its options, so that two parties know they mean the same. */
pv_status pv_fed_model_hash(pv_hash *h, const pv_model *m) PV_MUST_USE;

#endif
