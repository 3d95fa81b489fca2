#include "base/trail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A trail is plain text in fixed thread-local storage, so that reporting that memory ran out needs
 * none. */
enum { TEXT_MAX = 2048, DEBUG_MAX = 2048 };

static _Thread_local char text[TEXT_MAX];
static _Thread_local char debug[DEBUG_MAX];

static void append(char *buffer, size_t size, const char *fmt, va_list ap)
{
    size_t used = strlen(buffer);
    if (used + 1 < size) vsnprintf(buffer + used, size - used, fmt, ap);
}

static void appendf(char *buffer, size_t size, const char *fmt, ...) PV_PRINTF(3, 4);

static void appendf(char *buffer, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    append(buffer, size, fmt, ap);
    va_end(ap);
}

static void add_frame(pv_status s, const char *file, int line, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    append(text, sizeof text, fmt, ap);
    appendf(debug, sizeof debug, "%s:%d: %s: ", file, line, pv_status_name(s));
    append(debug, sizeof debug, fmt, again);
    appendf(debug, sizeof debug, "\n");
    va_end(again);
}

pv_status pv_trail_fail(pv_status s, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    pv_trail_clear();
    va_start(ap, fmt);
    add_frame(s, file, line, fmt, ap);
    va_end(ap);
    return s;
}

pv_status pv_trail_context(pv_status s, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    if (text[0] != '\0') appendf(text, sizeof text, "; ");
    va_start(ap, fmt);
    add_frame(s, file, line, fmt, ap);
    va_end(ap);
    return s;
}

const char *pv_trail_text(void)
{
    return text;
}

const char *pv_trail_debug(void)
{
    return debug;
}

void pv_trail_clear(void)
{
    text[0] = '\0';
    debug[0] = '\0';
}
