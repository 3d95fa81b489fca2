/* run/cuts_i.h - the parts of pv_cuts_measure */
#ifndef PV_RUN_CUTS_I_H
#define PV_RUN_CUTS_I_H

#include "encode/complement/hidden.h"
#include "privet/data.h"
#include "run/cuts.h"

/* Of every layer, inside residuals too. */
pv_status pv_cuts_count_convs(pv_cuts *c, const pv_model *m, const pv_stages *s) PV_MUST_USE;

/* What probes learn from and what they read: rows that are not the same ones. */
typedef struct pv_cuts_prober {
    const pv_cuts_options *o;
    const pv_hidden *hidden; /* borrowed */
    const pv_ctx *ctx;
    const pv_data *read; /* borrowed, or rest */
    pv_data *learn, *rest;
} pv_cuts_prober;

/* data: the rows that cuts are measured on. own_test: they are the test split of o->data, so that
 * probes learn from what that has otherwise; if not, they learn from half of the rows and read the
 * others. Sets out->probed. PV_ERR_OPTION for a model without a secret. */
pv_status pv_cuts_prober_init(pv_cuts_prober *p, pv_cuts *out, const pv_hidden *hidden,
                              const pv_data *data, int own_test, const pv_cuts_options *o,
                              const pv_ctx *ctx) PV_MUST_USE;
void pv_cuts_prober_clear(pv_cuts_prober *p); /* idempotent */

/* What is read at the row's cut. */
pv_status pv_cuts_probe_row(pv_cuts_row *row, const pv_cuts_prober *p) PV_MUST_USE;

/* Activations of a front half, of samples to be brought back and of others. */
typedef struct pv_cuts_inversion {
    const pv_model *front;
    const pv_secret_plan *plan; /* of the secret it takes; NULL: none */
    pv_shape activation;
    const float *z, *truth; /* [images, ...]; truth as it is, not normalised */
    int64_t images;
    const float *shadow_z, *shadow_x; /* [shadow, ...]; normalised */
    int64_t shadow;
    double noise;  /* standard deviation of what is on every number of z and shadow_z; 0: none */
    int64_t steps; /* as in pv_cuts_options */
    uint64_t seed;
} pv_cuts_inversion;
/* images, shadow, ssim, psnr, residual of the row. */
pv_status pv_cuts_invert_row(pv_cuts_row *row, const pv_cuts_inversion *in,
                             const pv_ctx *ctx) PV_MUST_USE;

#endif
