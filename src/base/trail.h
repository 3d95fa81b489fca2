/* base/trail.h - how the library reports a failure; see privet/status.h
 *
 *     if (n > limit)
 *         PV_FAIL(PV_ERR_LIMIT, "%s: %zu rows, at most %zu are read; pass limit=N", path, n,
 * limit); PV_TRY(pv_file_read(path, max, &bytes));
 *
 * Functions that own resources have one `done:` label and use the GOTO forms, which need a local
 * `pv_status status = PV_OK`. A message is one sentence: what failed, on what (file, line, offset),
 * what was expected, what to do; no newline, no final stop.
 */
#ifndef PV_BASE_TRAIL_H
#define PV_BASE_TRAIL_H

#include "privet/status.h"

/* Starts a trail (the first failure) and returns s. */
pv_status pv_trail_fail(pv_status s, const char *file, int line, const char *fmt, ...)
    PV_PRINTF(4, 5);

/* Adds a caller's context to the trail of a failure that is travelling up, and returns s. */
pv_status pv_trail_context(pv_status s, const char *file, int line, const char *fmt, ...)
    PV_PRINTF(4, 5);

#define PV_FAIL(s, ...) return pv_trail_fail((s), __FILE__, __LINE__, __VA_ARGS__)

#define PV_FAIL_GOTO(s, ...)                                                                       \
    do {                                                                                           \
        status = pv_trail_fail((s), __FILE__, __LINE__, __VA_ARGS__);                              \
        goto done;                                                                                 \
    } while (0)

#define PV_TRY_GOTO(expr)                                                                          \
    do {                                                                                           \
        status = (expr);                                                                           \
        if (status != PV_OK) goto done;                                                            \
    } while (0)

/* As PV_TRY, adding "while ..." context. */
#define PV_TRY_CONTEXT(expr, ...)                                                                  \
    do {                                                                                           \
        pv_status pv_try_status_ = (expr);                                                         \
        if (pv_try_status_ != PV_OK)                                                               \
            return pv_trail_context(pv_try_status_, __FILE__, __LINE__, __VA_ARGS__);              \
    } while (0)

#endif
