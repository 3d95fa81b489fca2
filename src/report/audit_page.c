#include "report/audit_page.h"

#include "report/audit.h"
#include "report/page.h"
#include "report/words.h"

static void title_of(pv_html *h, const pv_findings *const *run, int runs)
{
    if (runs == 1) {
        pv_html_text(h, pv_words_text(run[0]->run));
        pv_html_raw(h, ": what each party could reconstruct");
    } else {
        pv_html_rawf(h, "%d runs: accuracy, cost, leak", runs);
    }
}

static void facts(pv_html *h, const pv_findings *f)
{
    pv_html_raw(h, "<p class=\"facts\">");
    pv_html_text(h, pv_words_text(f->scheme));
    if (!pv_words_empty(f->setting)) pv_html_textf(h, " (%s)", f->setting);
    pv_html_raw(h, " · ");
    pv_words_model(h, f);
    if (f->parties > 0) pv_html_raw(h, " · ");
    pv_words_roles(h, f);
    if (f->steps > 0) {
        pv_html_raw(h, " · ");
        pv_words_many(h, f->steps, "step", "steps");
    }
    if (!pv_words_empty(f->created)) {
        pv_html_raw(h, " · ");
        pv_words_date(h, f->created);
    }
    pv_html_raw(h, "</p>\n");
}

static int internal(const pv_findings *const *run, int runs)
{
    for (int i = 0; i < runs; i++)
        if (run[i]->with_originals) return 1;
    return 0;
}

static void head(pv_html *h, const pv_findings *const *run, int runs)
{
    pv_page_head_open(h);
    title_of(h, run, runs);
    pv_page_head_close(h, internal(run, runs)
                              ? "@page{@bottom-left{content:\"privet · internal: contains "
                                "originals\"}}\n"
                              : "");
    pv_html_raw(h, "<a class=\"skip\" href=\"#");
    pv_html_raw(h, runs == 1 ? "findings\">Skip to the findings" : "compare\">Skip to the table");
    pv_html_raw(h, "</a>\n<header>\n<p class=\"marks\"><span class=\"brand\">privet</span>");
    if (internal(run, runs))
        pv_html_raw(h, "<span class=\"internal\">internal: contains originals</span>");
    pv_html_raw(h, "</p>\n<h1>");
    title_of(h, run, runs);
    pv_html_raw(h, "</h1>\n");
    if (runs == 1) facts(h, run[0]);
    pv_html_raw(h, "</header>\n<main class=\"audit\">\n");
}

static void one(const pv_audit *a)
{
    pv_html *h = a->h;
    if (a->several) {
        pv_html_rawf(h, "<article id=\"%stop\">\n<div class=\"run\"><h2>", a->prefix);
        title_of(h, &a->f, 1);
        pv_html_raw(h, "</h2>\n");
        facts(h, a->f);
        pv_html_raw(h, "</div>\n");
    }
    pv_html_raw(h, "<div class=\"sum p1\">\n");
    pv_audit_weak(a);
    pv_audit_summary(a);
    pv_audit_matrix(a);
    pv_audit_worst(a);
    pv_audit_figures(a);
    pv_audit_limits(a);
    pv_html_raw(h, "</div>\n");
    pv_audit_findings(a);
    pv_audit_classes(a);
    pv_audit_pictures(a);
    pv_audit_cost(a);
    pv_audit_views(a);
    pv_audit_open_questions(a);
    pv_audit_checks(a);
    if (a->several) pv_html_raw(h, "</article>\n");
}

pv_status pv_audit_page_write(pv_str *out, const pv_findings *const *run, int runs)
{
    enum { PREFIX = 16 };
    pv_html h = {0};
    pv_audit *audit = NULL;
    char(*prefix)[PREFIX] = NULL;
    pv_status status = PV_OK;
    if (runs < 1) PV_FAIL(PV_ERR_USAGE, "a page about no run");
    audit = pv_calloc((size_t)runs, sizeof *audit);
    prefix = pv_calloc((size_t)runs, sizeof *prefix);
    if (audit == NULL || prefix == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a page of %d runs", runs);
    for (int i = 0; i < runs; i++) {
        if (runs > 1) snprintf(prefix[i], PREFIX, "r%d-", i + 1);
        PV_TRY_GOTO(pv_audit_open(&audit[i], &h, run[i], prefix[i], runs > 1));
    }
    head(&h, run, runs);
    if (runs > 1) pv_audit_compare(&h, audit, runs);
    if (runs > 1) pv_audit_curve(&h, audit, runs);
    for (int i = 0; i < runs; i++) one(&audit[i]);
    pv_audit_words(&h);
    pv_page_foot(&h);
    PV_TRY_GOTO(h.status);
    PV_TRY_GOTO(pv_str_append(out, pv_str_text(&h.out)));
done:
    for (int i = 0; audit != NULL && i < runs; i++) pv_audit_clear(&audit[i]);
    pv_free(audit);
    pv_free(prefix);
    pv_html_clear(&h);
    return status;
}
