/* scheme/complement/halves.h - where a provider's halves come from: its files, or a training */
#ifndef PV_SCHEME_COMPLEMENT_HALVES_H
#define PV_SCHEME_COMPLEMENT_HALVES_H

#include "scheme/complement/complement.h"

typedef struct pv_complement_halves {
    pv_split_half front, back;
    int published;        /* is there a front? */
    int given;            /* do they come from files? */
    double trained_noise; /* of a whole model from a file, that it was trained with */
} pv_complement_halves;

void pv_complement_halves_clear(pv_complement_halves *h); /* idempotent */

/* What the local file names: a model, cut on the spot with data for its ranges, or halves; with
 * neither *h stays empty. data may be NULL; PV_ERR_INPUT where it is needed. */
pv_status pv_complement_halves_open(pv_complement_halves *h, const pv_local *l,
                                    const pv_complement_options *o, const pv_scenario *s,
                                    const pv_data *data, const char *who) PV_MUST_USE;
/* Trained on data as [scheme] says, and cut. Results "training", and with test rows (NULL: none)
 * "test_accuracy", "test_correct", "test_count": the share of labels turned back, over all secrets.
 */
pv_status pv_complement_halves_train(pv_complement_halves *h, pv_party *p,
                                     const pv_complement_options *o, const pv_data *data,
                                     const pv_data *test) PV_MUST_USE;

/* Into the provider's folder, and out of it again. */
pv_status pv_complement_halves_keep(const pv_complement_halves *h, const char *folder) PV_MUST_USE;
pv_status pv_complement_halves_again(pv_complement_halves *h, const char *folder,
                                     int published) PV_MUST_USE;

#endif
