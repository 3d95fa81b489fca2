/* report/audit.h - the sections of the audit page, for audit_page.c and for each other only
 *
 * Every section draws one pv_audit: the findings of a run, and what all sections need of them in
 * another order. Ids on the page begin with the run's prefix, so that several runs can stand on
 * one page.
 */
#ifndef PV_REPORT_AUDIT_H
#define PV_REPORT_AUDIT_H

#include "report/findings.h"
#include "report/html.h"

typedef struct pv_audit_row {
    const char *adversary, *about;
} pv_audit_row;

typedef struct pv_audit {
    pv_html *h;
    const pv_findings *f;
    const char *prefix;  /* "" or "r2-" */
    int *order;          /* of the findings, worst first */
    const char **secret; /* each once, as the findings and what the scheme tells name them */
    pv_audit_row *row;   /* who looks at whom, likewise */
    int secrets, rows;
    int several; /* the page has more runs than this one */
    int wide;    /* so many secrets that the matrix takes the whole width */
} pv_audit;

/* Errors: PV_ERR_MEMORY. After a failure it is cleared. */
pv_status pv_audit_open(pv_audit *a, pv_html *h, const pv_findings *f, const char *prefix,
                        int several) PV_MUST_USE;
void pv_audit_clear(pv_audit *a); /* idempotent */

/* The class of a level; findings of nothing known have "". */
const char *pv_audit_class(const pv_finding *f);

/* 1 when pictures may be shown and this exhibit has them. */
int pv_audit_pictured(const pv_audit *a, const pv_exhibit *e);

/* A link to finding i, with its id as the text. */
void pv_audit_link(const pv_audit *a, int i);

/* A picture, base64 of PNG, with its words for readers who cannot see it. */
void pv_audit_picture(const pv_audit *a, const char *png, const char *kind, const pv_exhibit *e);

/* One bar: 0 to 100 %, interval, measured, chance. */
void pv_audit_bar(pv_html *h, const pv_finding *f, int width);

/* All errors of a finding that has targets; `name` makes its id another one than the others'. */
void pv_audit_plot(const pv_audit *a, const pv_finding *f, const char *name, int width, int height);

void pv_audit_weak(const pv_audit *a);    /* settings that weaken the scheme; nothing when none */
void pv_audit_summary(const pv_audit *a); /* who recovered what; controls; adversary */
void pv_audit_matrix(const pv_audit *a);  /* party by secret */
void pv_audit_worst(const pv_audit *a);   /* the picture that leaked most */
void pv_audit_figures(const pv_audit *a); /* accuracy; time and bytes; guarantee */
void pv_audit_limits(const pv_audit *a);  /* not tested, in short; the command */
void pv_audit_findings(const pv_audit *a);
void pv_audit_classes(const pv_audit *a); /* of labels; nothing when none */
void pv_audit_trials(const pv_audit *a);  /* what attacks tried, how sure they were; or nothing */
void pv_audit_pictures(const pv_audit *a);
void pv_audit_customers(const pv_audit *a); /* of a network that is cut; or nothing */
void pv_audit_cost(const pv_audit *a);
void pv_audit_views(const pv_audit *a);
void pv_audit_open_questions(const pv_audit *a);
void pv_audit_checks(const pv_audit *a);
void pv_audit_words(pv_html *h); /* what the words mean */

/* Runs beside each other. */
void pv_audit_compare(pv_html *h, const pv_audit *run, int runs);
/* Accuracy against labels read, where two runs or more have both. */
void pv_audit_curve(pv_html *h, const pv_audit *run, int runs);

#endif
