/* privet/status.h - what a call says about how it went
 *
 * Every fallible function returns a pv_status, which must be used. PV_OK is 0; the other values
 * stand in ranges of a hundred, one range for each exit status of the program:
 *
 *     1xx  usage         the caller asked for something that makes no sense        exit 2
 *     2xx  input         a file or data is not what it should be                   exit 3
 *     3xx  peer          another party or the network failed                       exit 4
 *     4xx  running       the machine failed: memory, disk, an operation            exit 1
 *     5xx  unsupported   this build or this format version cannot do it            exit 1
 *
 * The status says which kind of thing failed. The *trail*, one per thread, says what, where, what
 * was expected and what to do about it, in one sentence a frame: the innermost first, then the
 * context that callers added while the status travelled up. A successful call leaves the trail
 * alone; the first failure after a pv_trail_clear() starts it anew.
 *
 *     pv_status s = pv_model_load(&m, "net.safetensors");
 *     if (s != PV_OK) fprintf(stderr, "%s\n", pv_trail_text());
 *
 * The library never prints, exits or aborts.
 */
#ifndef PRIVET_STATUS_H
#define PRIVET_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PV_API            __attribute__((visibility("default")))
#define PV_MUST_USE       __attribute__((warn_unused_result))
#define PV_PRINTF(fmt, i) __attribute__((format(printf, fmt, i)))
#else
#define PV_API
#define PV_MUST_USE
#define PV_PRINTF(fmt, i)
#endif

typedef enum pv_status {
    PV_OK = 0,

    PV_ERR_USAGE = 100, /* an argument makes no sense                        */
    PV_ERR_OPTION,      /* an option is unknown or its value is out of range */
    PV_ERR_SHAPE,       /* shapes do not fit each other                      */

    PV_ERR_INPUT = 200, /* data is not what it should be                     */
    PV_ERR_NOT_FOUND,   /* a file or folder is missing or may not be read    */
    PV_ERR_FORMAT,      /* a file breaks its format                          */
    PV_ERR_TRUNCATED,   /* a file ends before its format says                */
    PV_ERR_LIMIT,       /* a size or count is beyond what is allowed         */
    PV_ERR_RANGE,       /* a value is outside its range                      */
    PV_ERR_MISMATCH,    /* two things that must agree do not                 */

    PV_ERR_PEER = 300, /* a peer misbehaved                                 */
    PV_ERR_NETWORK,    /* a connection failed                               */
    PV_ERR_TIMEOUT,    /* a peer did not answer in time                     */
    PV_ERR_AUTH,       /* a peer is not who it should be                    */

    PV_ERR_RUN = 400, /* something failed while running                    */
    PV_ERR_MEMORY,    /* memory ran out                                    */
    PV_ERR_IO,        /* reading or writing failed (disk full, ...)        */
    PV_ERR_CANCELLED, /* the caller asked to stop                          */
    PV_ERR_NUMERIC,   /* a computation left the numbers (NaN, singular)    */

    PV_ERR_UNSUPPORTED = 500, /* valid, but not supported here                     */
    PV_ERR_VERSION,           /* written by a newer version                        */
} pv_status;

/* The name of a status, "PV_ERR_FORMAT"; "PV_ERR_?" for a value that is none. Never NULL. */
PV_API const char *pv_status_name(pv_status s);

/* The program's exit status for it: 0, 1, 2, 3 or 4 (see the table above). */
PV_API int pv_status_exit(pv_status s);

/* Return from the calling function what `expr` returned, unless it is PV_OK. */
#define PV_TRY(expr)                                                                               \
    do {                                                                                           \
        pv_status pv_try_status_ = (expr);                                                         \
        if (pv_try_status_ != PV_OK) return pv_try_status_;                                        \
    } while (0)

/* What failed, one sentence, then the contexts that callers added, joined by "; ". "" when nothing
 * did. Valid until this thread's next call into privet. */
PV_API const char *pv_trail_text(void);

/* The trail with the source position of every frame, one a line: for bug reports. */
PV_API const char *pv_trail_debug(void);

/* "0.1.0" */
PV_API const char *pv_version(void);

/* Forget the trail of this thread. */
PV_API void pv_trail_clear(void);

#ifdef __cplusplus
}
#endif
#endif
