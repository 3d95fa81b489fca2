/* run/training_page.h - a training run told on one page
 *
 * Leaves in a folder report.html (report/page.h) and results.json (docs/json.md): learning curves,
 * accuracy with its interval, answers by class, and of images the test samples that were least
 * understood.
 */
#ifndef PV_RUN_TRAINING_PAGE_H
#define PV_RUN_TRAINING_PAGE_H

#include "run/training.h"

/* t: after pv_training_run, with test data (PV_ERR_OPTION without). command: how to make it again.
 */
pv_status pv_training_page(const char *folder, const pv_training *t, const char *command,
                           const pv_ctx *ctx) PV_MUST_USE;

#endif
