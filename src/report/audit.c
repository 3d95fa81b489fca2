#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <string.h>

enum { NARROW = 5 }; /* columns of a matrix that stands beside the worst picture */

static void add_secret(pv_audit *a, const char *secret)
{
    for (int i = 0; i < a->secrets; i++)
        if (strcmp(a->secret[i], secret) == 0) return;
    a->secret[a->secrets++] = secret;
}

static void add_row(pv_audit *a, const char *adversary, const char *about)
{
    for (int i = 0; i < a->rows; i++)
        if (strcmp(a->row[i].adversary, adversary) == 0 && strcmp(a->row[i].about, about) == 0)
            return;
    a->row[a->rows++] = (pv_audit_row){adversary, about};
}

pv_status pv_audit_open(pv_audit *a, pv_html *h, const pv_findings *f, const char *prefix,
                        int several)
{
    size_t n = (size_t)f->findings + (size_t)f->tolds + 1;
    *a = (pv_audit){.h = h, .f = f, .prefix = prefix, .several = several};
    a->order = pv_calloc(n, sizeof *a->order);
    a->secret = pv_calloc(n, sizeof *a->secret);
    a->row = pv_calloc(n, sizeof *a->row);
    if (a->order == NULL || a->secret == NULL || a->row == NULL) {
        pv_audit_clear(a);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the order of %zu findings", n);
    }
    pv_findings_order(f, a->order);
    for (int i = 0; i < f->findings; i++) {
        const pv_finding *one = &f->finding[i];
        add_secret(a, pv_words_text(one->secret));
        add_row(a, pv_words_text(one->adversary), pv_words_text(one->about));
    }
    for (int i = 0; i < f->tolds; i++) {
        add_secret(a, pv_words_text(f->told[i].secret));
        add_row(a, pv_words_text(f->told[i].to), "");
    }
    a->wide = a->secrets > NARROW;
    return PV_OK;
}

void pv_audit_clear(pv_audit *a)
{
    pv_free(a->order);
    pv_free(a->secret);
    pv_free(a->row);
    *a = (pv_audit){0};
}

const char *pv_audit_class(const pv_finding *f)
{
    return pv_level_name(pv_finding_level(f));
}

int pv_audit_pictured(const pv_audit *a, const pv_exhibit *e)
{
    return a->f->with_originals && e->original != NULL && e->guess != NULL;
}

void pv_audit_link(const pv_audit *a, int i)
{
    pv_html_rawf(a->h, "<a href=\"#%sf%d\">", a->prefix, i + 1);
    pv_html_text(a->h, pv_words_text(a->f->finding[i].id));
    pv_html_raw(a->h, "</a>");
}

void pv_audit_picture(const pv_audit *a, const char *png, const char *kind, const pv_exhibit *e)
{
    pv_html *h = a->h;
    if (!pv_html_is_base64(png)) {
        if (h->status == PV_OK)
            h->status = pv_trail_fail(PV_ERR_FORMAT, __FILE__, __LINE__,
                                      "%s: a picture of item %lld is not base64",
                                      pv_words_text(a->f->run), (long long)e->item);
        return;
    }
    pv_html_rawf(h, "<img src=\"data:image/png;base64,%s\" alt=\"", png);
    pv_html_textf(h, "%s: %s", kind, pv_words_text(e->what));
    pv_html_raw(h, "\">");
}

void pv_audit_bar(pv_html *h, const pv_finding *f, int width)
{
    if (pv_finding_level(f) == PV_LEVEL_INVALID) return;
    pv_svg_bar(h, &(pv_svg_bar_of){.class = pv_audit_class(f),
                                   .width = width,
                                   .low = f->interval.low,
                                   .share = (double)f->count.k / (double)f->count.n,
                                   .high = f->interval.high,
                                   .mark = f->chance});
}
