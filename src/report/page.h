/* report/page.h - the results of a run as one HTML page
 *
 * Self-contained: styles, charts and pictures are inside, nothing is loaded, no script runs, and a
 * content security policy in the page says so to the browser. Readable on a phone, in the dark and
 * printed on A4.
 */
#ifndef PV_REPORT_PAGE_H
#define PV_REPORT_PAGE_H

#include "report/html.h"
#include "report/results.h"

/* Appends the page. Errors: PV_ERR_MEMORY, PV_ERR_FORMAT (a picture that is not base64). */
pv_status pv_page_write(pv_str *out, const pv_results *r) PV_MUST_USE;

/* What every page begins and ends with: up to the text of <title>; from behind it into <body>, with
 * rules that this page adds to the style sheet; from </main> to the end. */
void pv_page_head_open(pv_html *h);
void pv_page_head_close(pv_html *h, const char *style);
void pv_page_foot(pv_html *h);

#endif
