#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <math.h>
#include <stdlib.h>

static int by_error(const void *a, const void *b)
{
    const pv_target *x = a, *y = b;
    if (isnan(x->error) || isnan(y->error)) return isnan(x->error) - isnan(y->error);
    return (x->error > y->error) - (x->error < y->error);
}

static void title_of(pv_html *title, const pv_finding *f)
{
    int64_t below = 0;
    for (int i = 0; i < f->targets; i++) below += f->target[i].recovered;
    pv_html_raw(title, "Error of all ");
    pv_words_many(title, f->targets, "reconstruction", "reconstructions");
    pv_html_raw(title, ", sorted: ");
    pv_html_count(title, below);
    pv_html_raw(title, below == 1 ? " was recovered, " : " were recovered, ");
    pv_html_count(title, f->targets - below);
    pv_html_raw(title, " not; open dots: the guess without a view, on the same items");
}

/* The targets' errors and those of the baseline behind them, sorted by error, in one array. */
static double *sort(const pv_finding *f, int *recovered)
{
    size_t n = (size_t)f->targets;
    pv_target *sorted = pv_calloc(n, sizeof *sorted);
    double *value = pv_calloc(2 * n, sizeof *value);
    if (sorted == NULL || value == NULL) {
        pv_free(sorted);
        pv_free(value);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) sorted[i] = f->target[i];
    qsort(sorted, n, sizeof *sorted, by_error);
    for (size_t i = 0; i < n; i++) {
        value[i] = sorted[i].error;
        value[n + i] = sorted[i].baseline;
        recovered[i] = sorted[i].recovered;
    }
    pv_free(sorted);
    return value;
}

void pv_audit_plot(const pv_audit *a, const pv_finding *f, const char *name, int width, int height)
{
    pv_html *h = a->h;
    pv_html title = {.plain = 1};
    char id[64];
    int *recovered = pv_calloc((size_t)f->targets, sizeof *recovered);
    double *value = recovered == NULL ? NULL : sort(f, recovered);
    if (value == NULL) {
        if (h->status == PV_OK) h->status = PV_ERR_MEMORY;
    } else {
        title_of(&title, f);
        if (h->status == PV_OK) h->status = title.status;
        snprintf(id, sizeof id, "%s%s%d", a->prefix, name, (int)(f - a->f->finding) + 1);
        pv_svg_errors(h, &(pv_svg_errors_of){.id = id,
                                             .title = pv_str_text(&title.out),
                                             .class = pv_audit_class(f),
                                             .error = value,
                                             .baseline = value + f->targets,
                                             .recovered = recovered,
                                             .count = f->targets,
                                             .limit = f->limit,
                                             .width = width,
                                             .height = height});
    }
    pv_html_clear(&title);
    pv_free(value);
    pv_free(recovered);
}

static void plot(const pv_audit *a, const pv_finding *f)
{
    pv_html_raw(a->h, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Plot of "
                      "all errors, scrolls sideways on narrow screens\">");
    pv_audit_plot(a, f, "errors", 1000, 230);
    pv_html_raw(a->h, "</div>\n<p class=\"s soft\">Filled: the reconstruction of an item; squares "
                      "were not ");
    pv_html_text(a->h, pv_words_verb(f));
    pv_html_raw(a->h, ". Open: the guess without a view.");
    if (isfinite(f->limit))
        pv_html_raw(a->h, " Dashed: the limit below which an item counts as recovered.");
    pv_html_raw(a->h, "</p>\n");
}

static int64_t rank(const pv_finding *f, const pv_exhibit *e)
{
    int64_t smaller = 0;
    if (f->targets == 0) return 0;
    for (int i = 0; i < f->targets; i++) smaller += f->target[i].error < e->error;
    return smaller + 1;
}

static void pair(const pv_audit *a, const pv_finding *f, const pv_exhibit *e)
{
    pv_html *h = a->h;
    int64_t at = rank(f, e);
    pv_html_rawf(h, "<li%s><figure><div class=\"pair\">", e->recovered ? "" : " class=\"miss\"");
    pv_audit_picture(a, e->original, "Original", e);
    pv_audit_picture(a, e->guess, e->recovered ? "Reconstruction" : "Failed reconstruction", e);
    pv_html_raw(h, "</div><figcaption>");
    if (at > 0) {
        pv_html_raw(h, "<b>");
        pv_html_count(h, at);
        pv_html_raw(h, "</b> of ");
        pv_html_count(h, f->count.n);
    }
    if (!pv_words_empty(e->party)) {
        pv_html_raw(h, at > 0 ? ", " : "");
        pv_words_about(h, a->f, e->party, PV_WORDS_SHORT);
    }
    if (!e->recovered) {
        pv_html_raw(h, ": <b>not ");
        pv_html_text(h, pv_words_verb(f));
        pv_html_raw(h, "</b>, error ");
    } else {
        pv_html_raw(h, ": error ");
    }
    pv_words_error(h, e->error);
    if (isfinite(e->psnr)) pv_html_rawf(h, ", <span class=\"nw\">%.1f\u202fdB</span>", e->psnr);
    pv_html_raw(h, "</figcaption></figure></li>\n");
}

static int pictured(const pv_audit *a, const pv_finding *f)
{
    int n = 0;
    for (int i = 0; i < f->exhibits; i++) n += pv_audit_pictured(a, &f->exhibit[i]);
    return n;
}

static void one(const pv_audit *a, int index)
{
    pv_html *h = a->h;
    const pv_finding *f = &a->f->finding[index];
    int shown = pictured(a, f);
    pv_html_raw(h, "<h3>");
    pv_audit_link(a, index);
    pv_html_raw(h, " ");
    pv_words_who(h, a->f, pv_words_text(f->adversary), PV_WORDS_START);
    pv_html_textf(h, ", %s: ", pv_words_text(f->secret));
    if (pv_finding_level(f) == PV_LEVEL_INVALID)
        pv_html_raw(h, "INVALID");
    else
        pv_words_of(h, &f->count);
    pv_html_raw(h, "</h3>\n");
    if (f->targets > 0) plot(a, f);
    if (shown == 0) return;
    pv_html_raw(h, "<p class=\"s soft\">Left the original, right the reconstruction; ");
    pv_html_count(h, shown);
    pv_html_raw(h, " of ");
    pv_html_count(h, f->count.n);
    pv_html_raw(h, shown == 1 ? " is shown, best first.</p>\n<ul class=\"gal\">\n"
                              : " are shown, best first.</p>\n<ul class=\"gal\">\n");
    for (int i = 0; i < f->exhibits; i++)
        if (pv_audit_pictured(a, &f->exhibit[i])) pair(a, f, &f->exhibit[i]);
    pv_html_raw(h, "</ul>\n");
}

void pv_audit_pictures(const pv_audit *a)
{
    pv_html *h = a->h;
    int any = 0;
    pv_html_rawf(h,
                 "<section class=\"part long pics\" id=\"%spictures\" aria-labelledby=\"%sh-pic\">"
                 "<h2 id=\"%sh-pic\">Pictures</h2>\n",
                 a->prefix, a->prefix, a->prefix);
    for (int i = 0; i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[a->order[i]];
        if (f->targets == 0 && pictured(a, f) == 0) continue;
        if (any++ == 0)
            pv_html_raw(h, "<p class=\"lead\">Every item that was attacked is counted; none was "
                           "chosen by hand.</p>\n");
        one(a, a->order[i]);
    }
    if (any == 0) pv_html_raw(h, "<p>No attack kept what it made of single items.</p>\n");
    if (!a->f->with_originals)
        pv_html_raw(h, "<p>Pictures of people’s data are shown only with "
                       "<code>--with-originals</code>, for an audit that ran with it too.</p>\n");
    pv_html_raw(h, "</section>\n");
}
