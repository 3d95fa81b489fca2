/* report/html.h - HTML written into growing text, escaped where it must be
 *
 * A pv_html is zero-initialised and remembers the first failure (memory ran out): everything after
 * it does nothing, so that pages are written in a straight line and checked once, at the end.
 *
 *     pv_html h = {0};
 *     pv_html_raw(&h, "<p>");
 *     pv_html_textf(&h, "%s: %d of %d", name, k, n);     escaped
 *     pv_html_raw(&h, "</p>");
 *     PV_TRY_GOTO(h.status);
 *     ... pv_str_text(&h.out) ...
 *     done: pv_html_clear(&h);
 *
 * Plain text, for a terminal, is written by the same functions: dashes and narrow spaces become
 * ASCII, nothing is escaped, and control characters in what pv_html_text gets (a name from a file
 * could move the cursor or change colours) become '?'.
 *
 * Whatever did not stand in the source of this program goes through pv_html_text or pv_html_textf,
 * in attributes as well: they escape & < > " and '.
 */
#ifndef PV_REPORT_HTML_H
#define PV_REPORT_HTML_H

#include "base/str.h"

typedef struct pv_html {
    pv_str out;
    pv_status status;
    int plain; /* 1: not HTML but text for a terminal: see below */
} pv_html;

void pv_html_raw(pv_html *h, const char *markup);
void pv_html_rawf(pv_html *h, const char *fmt, ...) PV_PRINTF(2, 3);
void pv_html_text(pv_html *h, const char *text);
void pv_html_textf(pv_html *h, const char *fmt, ...) PV_PRINTF(2, 3);

/* 61706 as "61,706". */
void pv_html_count(pv_html *h, int64_t n);

/* 0.9865 as "98.65 %", with a narrow space that does not break; "–" for what is not a number. */
void pv_html_percent(pv_html *h, double share, int digits);

void pv_html_clear(pv_html *h);

/* Base64 as RFC 4648 has it, with padding; appends. */
pv_status pv_html_base64(pv_str *out, const void *data, size_t size) PV_MUST_USE;

/* 1 when text is base64 and nothing else. */
int pv_html_is_base64(const char *text);

#endif
