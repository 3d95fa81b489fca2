#include "report/audit.h"

#include "report/words.h"
#include <string.h>

static int fits(const char *a, const char *b)
{
    return strcmp(pv_words_text(a), b) == 0;
}

static int told(const pv_audit *a, const pv_audit_row *row, const char *secret)
{
    for (int i = 0; i < a->f->tolds; i++)
        if (fits(a->f->told[i].secret, secret) && fits(a->f->told[i].to, row->adversary) &&
            row->about[0] == '\0')
            return 1;
    return 0;
}

/* The worst finding of a cell, by its index, or -1; *more gets how many others there are. */
static int worst(const pv_audit *a, const pv_audit_row *row, const char *secret, int *more)
{
    int found = -1;
    *more = 0;
    for (int i = 0; i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[a->order[i]];
        if (!fits(f->secret, secret) || !fits(f->adversary, row->adversary) ||
            !fits(f->about, row->about))
            continue;
        if (found < 0)
            found = a->order[i];
        else
            ++*more;
    }
    return found;
}

static void label(pv_html *h, const char *secret)
{
    pv_html_raw(h, "<span class=\"l\">");
    pv_words_capital(h, secret);
    pv_html_raw(h, "</span>");
}

static void measured(const pv_audit *a, int index, int more, const char *secret)
{
    pv_html *h = a->h;
    const pv_finding *f = &a->f->finding[index];
    pv_level level = pv_finding_level(f);
    pv_html_rawf(h, "<td class=\"%s\" role=\"cell\">", pv_audit_class(f));
    label(h, secret);
    pv_html_rawf(h, "<a href=\"#%sf%d\"><b%s>", a->prefix, index + 1,
                 f->count.n >= 1000 && level != PV_LEVEL_INVALID ? " class=\"long\"" : "");
    if (level == PV_LEVEL_INVALID)
        pv_html_raw(h, "INVALID");
    else
        pv_words_fraction(h, &f->count);
    pv_html_raw(h, "</b></a><small>");
    if (level == PV_LEVEL_INVALID) {
        pv_html_raw(h, f->finished ? "a control failed" : "did not finish");
    } else if (level == PV_LEVEL_NONE) {
        pv_html_raw(h, "none found; up to ");
        pv_words_share(h, f->interval.high);
        pv_html_raw(h, " not excluded");
    } else {
        pv_words_range(h, f->interval.low, f->interval.high);
    }
    if (more > 0) pv_html_rawf(h, "; %d more", more);
    pv_html_raw(h, "</small></td>");
}

static void cell(const pv_audit *a, const pv_audit_row *row, const char *secret)
{
    int more, index = worst(a, row, secret, &more);
    if (index >= 0) {
        measured(a, index, more, secret);
        return;
    }
    int is_told = told(a, row, secret);
    pv_html_rawf(a->h, "<td class=\"%s\" role=\"cell\">", is_told ? "told" : "untested");
    label(a->h, secret);
    pv_html_rawf(a->h, "%s</td>", is_told ? "told by the scheme" : "not tested");
}

static void key(pv_html *h)
{
    pv_html_raw(h, "<ul class=\"key\">"
                   "<li class=\"most\"><i></i>most: lower end of the interval past halfway from "
                   "chance to all</li><li class=\"some\"><i></i>some: above chance</li>"
                   "<li class=\"none\"><i></i>none found: not above chance</li>"
                   "<li class=\"u\"><i></i>not tested: unknown</li></ul>");
}

void pv_audit_matrix(const pv_audit *a)
{
    pv_html *h = a->h;
    pv_html_rawf(h,
                 "<section class=\"c%d brk\" aria-labelledby=\"%sh-matrix\"><h2 id=\"%sh-matrix\">"
                 "Party by secret</h2>\n",
                 a->wide ? 12 : 7, a->prefix, a->prefix);
    if (a->rows == 0) {
        pv_html_raw(h, "<p class=\"soft\">Nothing was attacked.</p></section>\n");
        return;
    }
    pv_html_rawf(h,
                 "<div class=\"tw\"><table class=\"mx\" role=\"table\" aria-labelledby=\"%s"
                 "h-matrix\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" "
                 "role=\"columnheader\">Who looks</th>",
                 a->prefix);
    for (int i = 0; i < a->secrets; i++) {
        pv_html_raw(h, "<th scope=\"col\" role=\"columnheader\">");
        pv_words_capital(h, a->secret[i]);
        pv_html_raw(h, "</th>");
    }
    pv_html_raw(h, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for (int i = 0; i < a->rows; i++) {
        const pv_audit_row *row = &a->row[i];
        pv_html_raw(h, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">");
        pv_words_who(h, a->f, row->adversary, PV_WORDS_SHORT);
        if (row->about[0] != '\0') {
            pv_html_raw(h, " <small>about ");
            pv_words_about(h, a->f, row->about, PV_WORDS_INSIDE);
            pv_html_raw(h, "</small>");
        }
        pv_html_raw(h, "</th>");
        for (int k = 0; k < a->secrets; k++) cell(a, row, a->secret[k]);
        pv_html_raw(h, "</tr>\n");
    }
    pv_html_raw(h, "</tbody></table></div>\n");
    key(h);
    pv_html_raw(h, "</section>\n");
}
