/* report/audit_page.h - what an audit found, as one HTML page
 *
 * For people who must say yes or no to a run: first, on what is one printed page, who recovered
 * what, whether the controls held, what was assumed, who sees which secret, the worst picture, what
 * it cost, what is proven, what was not tested and how to do it again; behind it the findings worst
 * first, with everything that would be needed to doubt them. Several runs: a table that compares
 * them, then each of them.
 *
 * Self-contained, as report/page.h has it. Pictures are there only where the findings say
 * with_originals; the page is then marked "internal: contains originals". Colours follow the level
 * of a finding, always beside a word; nothing is ever green, since nothing found is not a pass.
 */
#ifndef PV_REPORT_AUDIT_PAGE_H
#define PV_REPORT_AUDIT_PAGE_H

#include "report/findings.h"

/* Appends the page. Errors: PV_ERR_MEMORY, PV_ERR_FORMAT (a picture that is not base64),
 * PV_ERR_USAGE (no run). */
pv_status pv_audit_page_write(pv_str *out, const pv_findings *const *run, int runs) PV_MUST_USE;

#endif
