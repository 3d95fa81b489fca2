#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <math.h>

/* Labels class by class: an attack that finds the one class that matters has found enough. */

enum { BAR = 160 };

static void row(const pv_audit *a, const pv_finding *f, const pv_class_result *c)
{
    pv_html *h = a->h;
    pv_html_raw(h, "<tr><th scope=\"row\">");
    pv_html_text(h, pv_words_text(c->name));
    pv_html_raw(h, "</th><td class=\"n\"><span class=\"l\">right: </span>");
    pv_words_fraction(h, &c->count);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">share: </span>");
    pv_words_share(h, c->count.n > 0 ? (double)c->count.k / (double)c->count.n : NAN);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">leak AUC: </span>");
    if (isfinite(c->auc))
        pv_html_rawf(h, "%.3f", c->auc);
    else
        pv_html_raw(h, "–");
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">interval: </span>");
    if (isfinite(c->low) && isfinite(c->high))
        pv_html_rawf(h, "%.3f–%.3f", c->low, c->high);
    else
        pv_html_raw(h, "–");
    pv_html_raw(h, "</td><td class=\"w\">");
    if (isfinite(c->auc) && isfinite(c->low) && isfinite(c->high))
        pv_svg_bar(h, &(pv_svg_bar_of){.class = pv_audit_class(f),
                                       .width = BAR,
                                       .low = c->low,
                                       .share = c->auc,
                                       .high = c->high,
                                       .mark = 0.5});
    pv_html_raw(h, "</td></tr>\n");
}

static void table(const pv_audit *a, const pv_finding *f)
{
    pv_html *h = a->h;
    pv_html_raw(h,
                "<div class=\"tw\"><table class=\"stack\"><thead><tr><th scope=\"col\">Class</th>"
                "<th scope=\"col\" class=\"n\">Rows read right</th><th scope=\"col\" "
                "class=\"n\">Share</th><th scope=\"col\" class=\"n\">Leak AUC</th><th "
                "scope=\"col\" class=\"n\">Interval</th><th scope=\"col\" class=\"w\">0 to 1"
                "</th></tr></thead><tbody>\n");
    for (int i = 0; i < f->classes; i++) row(a, f, &f->class[i]);
    pv_html_raw(h, "</tbody></table></div>\n");
}

static void heading(const pv_audit *a, int index)
{
    const pv_finding *f = &a->f->finding[index];
    pv_html_text(a->h, pv_words_text(f->attack));
    pv_html_raw(a->h, ", by ");
    pv_words_who(a->h, a->f, pv_words_text(f->adversary), PV_WORDS_INSIDE);
    pv_html_raw(a->h, " (");
    pv_audit_link(a, index);
    pv_html_raw(a->h, ")");
}

void pv_audit_classes(const pv_audit *a)
{
    pv_html *h = a->h;
    int shown = 0;
    for (int i = 0; i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[a->order[i]];
        if (f->classes == 0 || pv_finding_level(f) == PV_LEVEL_INVALID) continue;
        if (shown == 0)
            pv_html_rawf(h,
                         "<section class=\"part long\" id=\"%sclasses\" "
                         "aria-labelledby=\"%sh-classes\"><h2 id=\"%sh-classes\">Labels, class by "
                         "class</h2>\n<p class=\"lead\">Leak AUC: the chance that a row of the "
                         "class is ranked apart from a row of another, by what the attack thought "
                         "of both; 0.5 (dashed) is guessing.</p>\n",
                         a->prefix, a->prefix, a->prefix);
        pv_html_raw(h, shown == 0 ? "<h3>" : "<details><summary>");
        heading(a, a->order[i]);
        pv_html_raw(h, shown == 0 ? "</h3>\n" : "</summary>\n");
        table(a, f);
        if (shown++ > 0) pv_html_raw(h, "</details>\n");
    }
    if (shown > 0) pv_html_raw(h, "</section>\n");
}
