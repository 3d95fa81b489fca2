/* base/ctx.h - using a pv_ctx; every function accepts a NULL context */
#ifndef PV_BASE_CTX_H
#define PV_BASE_CTX_H

#include "privet/context.h"

int pv_ctx_threads(const pv_ctx *ctx); /* at least 1 */
void pv_ctx_log(const pv_ctx *ctx, pv_log_level level, const char *fmt, ...) PV_PRINTF(3, 4);
void pv_ctx_progress(const pv_ctx *ctx, const char *what, uint64_t done, uint64_t total);
pv_status pv_ctx_check(const pv_ctx *ctx) PV_MUST_USE; /* PV_ERR_CANCELLED when asked to stop */

#endif
