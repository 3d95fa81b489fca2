/* run/demo.h - a small complete run on the built-in data, and the page that tells about it
 *
 * Trains LeNet-5 on drawn digits, and a linear model on the same samples for comparison; measures
 * both on digits that neither saw; leaves in a folder
 *
 *     report.html           the page (report/page.h)
 *     results.json          the same as data (docs/json.md)
 *     lenet5.safetensors    the trained model
 */
#ifndef PV_RUN_DEMO_H
#define PV_RUN_DEMO_H

#include "base/json.h"
#include "privet/context.h"

typedef struct pv_demo_options {
    const char *out; /* folder; made when missing */
    int64_t samples; /* drawn; a tenth of them validate, and a fifth of the number more test */
    int epochs;
    uint64_t seed;
} pv_demo_options;

typedef struct pv_demo_outcome {
    double accuracy, baseline; /* test shares of LeNet-5 and of the linear model */
    double seconds;            /* all of it */
} pv_demo_outcome;

pv_status pv_demo(pv_demo_outcome *outcome, const pv_demo_options *o,
                  const pv_ctx *ctx) PV_MUST_USE;

#endif
