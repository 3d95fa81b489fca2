/* privet/context.h - what a caller gives to long-running calls: threads, log, progress, cancel
 *
 * A pv_ctx belongs to the caller, is filled once and passed as const; all-zero is valid and means:
 * one thread, silent, never cancelled. The callbacks are called from the thread that made the call.
 */
#ifndef PRIVET_CONTEXT_H
#define PRIVET_CONTEXT_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pv_log_level { PV_LOG_DEBUG, PV_LOG_INFO, PV_LOG_WARN } pv_log_level;

typedef struct pv_ctx {
    int threads;                                                   /* compute threads; 0 means 1 */
    void (*log)(void *user, pv_log_level level, const char *line); /* NULL: silent */
    /* done of total units; total 0 when unknown; what: "epoch 3/10", valid during the call */
    void (*progress)(void *user, const char *what, uint64_t done, uint64_t total);
    int (*cancelled)(void *user); /* non-zero: stop soon, with PV_ERR_CANCELLED */
    void *user;
} pv_ctx;

#ifdef __cplusplus
}
#endif
#endif
