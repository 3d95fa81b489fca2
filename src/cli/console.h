/* cli/console.h - what people see: results on standard output, the rest on standard error
 *
 * On a terminal, progress is one line that redraws itself at most ten times a second, with the time
 * left; elsewhere it is a plain line every half minute. Log lines and results never mix with it.
 */
#ifndef PV_CLI_CONSOLE_H
#define PV_CLI_CONSOLE_H

#include "base/json.h"
#include "cli/command.h"

/* The context for every call into the library, with SIGINT and SIGTERM caught: the first asks the
 * work to stop where it can be resumed, the second ends the program at once. */
void pv_console_open(pv_cli *cli);

/* Take the progress line away, before anything else is written. */
void pv_console_clear(void);

/* A line (or part of one) of the result. */
void pv_console_print(const char *fmt, ...) PV_PRINTF(1, 2);

/* The one JSON object of --json; takes over the reference. */
pv_status pv_console_json(json_t *value) PV_MUST_USE;

/* What went wrong, from the trail: a sentence on standard error, with --json also an object. */
void pv_console_failure(const pv_cli *cli, pv_status s);

/* PV_ERR_IO when a result could not be written (standard output full or closed). */
pv_status pv_console_close(void) PV_MUST_USE;

/* "2 min 06 s", "1 h 04 min", "8.4 s"; "412.3 MB". Returns buffer. */
enum { PV_CONSOLE_TEXT = 32 };
const char *pv_console_duration(double seconds, char buffer[PV_CONSOLE_TEXT]);
const char *pv_console_bytes(double bytes, char buffer[PV_CONSOLE_TEXT]);

#endif
