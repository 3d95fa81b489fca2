/* run/demo.h - privet's main job on the built-in data, small: parties, views, an audit, a page
 *
 * Two runs, each with every party as a process of its own, and one audit each:
 *
 *     averaging     four clinics train LeNet-5 on drawn digits by federated averaging: what joining
 * brings over training alone, what it costs, what the server could read from their updates
 *     single-image  the same parties send the gradient of one digit a step: what the server
 * reconstructs
 *
 * The folder then holds averaging.ini, single-image.ini (the scenarios, to be run by hand), runs/
 * (their folders) and report.html (both audits).
 */
#ifndef PV_RUN_DEMO_H
#define PV_RUN_DEMO_H

#include "base/json.h"
#include "privet/context.h"

typedef struct pv_demo_options {
    const char *out; /* folder; made when missing. Runs of an earlier demo in it are replaced */
    int64_t samples; /* digits, shared by four clinics; two thirds of the number more test */
    int rounds;
    int images; /* of the second run, reconstructed one by one */
    uint64_t seed;
} pv_demo_options;

typedef struct pv_demo_outcome {
    double joint, alone, plain; /* shares of test digits that are read right: the joint model, the
                                   mean of the clinics alone, all digits pooled */
    int64_t recovered, images;
    double seconds; /* all of it */
} pv_demo_outcome;

pv_status pv_demo(pv_demo_outcome *outcome, const pv_demo_options *o,
                  const pv_ctx *ctx) PV_MUST_USE;

#endif
