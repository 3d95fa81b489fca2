#include "base/ctx.h"

#include "base/trail.h"
#include <stdarg.h>
#include <stdio.h>

int pv_ctx_threads(const pv_ctx *ctx)
{
    return ctx != NULL && ctx->threads > 0 ? ctx->threads : 1;
}

void pv_ctx_log(const pv_ctx *ctx, pv_log_level level, const char *fmt, ...)
{
    char line[1024];
    if (ctx == NULL || ctx->log == NULL) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    ctx->log(ctx->user, level, line);
}

void pv_ctx_progress(const pv_ctx *ctx, const char *what, uint64_t done, uint64_t total)
{
    if (ctx != NULL && ctx->progress != NULL) ctx->progress(ctx->user, what, done, total);
}

pv_status pv_ctx_check(const pv_ctx *ctx)
{
    if (ctx != NULL && ctx->cancelled != NULL && ctx->cancelled(ctx->user))
        PV_FAIL(PV_ERR_CANCELLED, "stopped because the caller asked for it");
    return PV_OK;
}
