#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <math.h>
#include <stdio.h>

/* What an attack tried before it guessed, and how sure it was of its guesses. */

enum { BAR = 160, MOST_POINTS = 64, ID = 64 };

static int is_curve(const pv_finding *f)
{
    for (int i = 0; i < f->trials; i++) {
        const pv_trial *t = &f->trial[i];
        if (!isfinite(t->at) || t->count.n < 1 || (i > 0 && !(t->at > t[-1].at))) return 0;
    }
    return f->trials > 1 && f->trials <= MOST_POINTS;
}

static void row(const pv_audit *a, const pv_finding *f, const pv_trial *t)
{
    pv_html *h = a->h;
    double share = t->count.n > 0 ? (double)t->count.k / (double)t->count.n : NAN;
    pv_html_raw(h, "<tr><th scope=\"row\">");
    pv_html_text(h, pv_words_text(t->name));
    if (t->kept) pv_html_raw(h, " <span class=\"soft\">kept</span>");
    pv_html_raw(h, "</th><td class=\"n\"><span class=\"l\">right: </span>");
    pv_words_fraction(h, &t->count);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">share: </span>");
    pv_words_share(h, share);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">chance: </span>");
    pv_words_share(h, t->chance);
    pv_html_raw(h, "</td><td class=\"w\">");
    if (t->count.n > 0) {
        pv_interval i = pv_clopper_pearson(t->count.k, t->count.n, 0.95);
        pv_svg_bar(h, &(pv_svg_bar_of){.class = pv_audit_class(f),
                                       .width = BAR,
                                       .low = i.low,
                                       .share = share,
                                       .high = i.high,
                                       .mark = t->chance});
    }
    pv_html_raw(h, "</td></tr>\n");
}

static void table(const pv_audit *a, const pv_finding *f)
{
    pv_html *h = a->h;
    pv_html_raw(h,
                "<div class=\"tw\"><table class=\"stack\"><caption>On samples of the adversary’s "
                "own, which it held out.</caption><thead><tr><th scope=\"col\">Tried</th><th "
                "scope=\"col\" class=\"n\">Right</th><th scope=\"col\" class=\"n\">Share</th>"
                "<th scope=\"col\" class=\"n\">Chance</th><th scope=\"col\" class=\"w\">0 to "
                "100\u202f%</th></tr></thead><tbody>\n");
    for (int i = 0; i < f->trials; i++) row(a, f, &f->trial[i]);
    pv_html_raw(h, "</tbody></table></div>\n");
}

static void curve(const pv_audit *a, int index)
{
    const pv_finding *f = &a->f->finding[index];
    double x[MOST_POINTS], y[MOST_POINTS], chance[MOST_POINTS];
    char id[ID];
    for (int i = 0; i < f->trials; i++) {
        const pv_trial *t = &f->trial[i];
        x[i] = t->at;
        y[i] = (double)t->count.k / (double)t->count.n;
        chance[i] = t->chance;
    }
    const pv_svg_series series[] = {{"right", y, 0}, {"chance", chance, 1}};
    snprintf(id, sizeof id, "%strials-f%d", a->prefix, index + 1);
    pv_html_raw(a->h, "<div class=\"row\"><div class=\"c7\">");
    pv_svg_lines(a->h,
                 &(pv_svg_chart){.id = id,
                                 .title = "Share right on what was held out, against how much "
                                          "it had learnt from",
                                 .x_label = "learnt from",
                                 .x = x,
                                 .points = f->trials,
                                 .series = series,
                                 .count = 2,
                                 .percent = 1,
                                 .width = 600,
                                 .height = 220});
    pv_html_raw(a->h, "</div></div>\n");
}

static void confidence(const pv_audit *a, int index)
{
    const pv_finding *f = &a->f->finding[index];
    char id[ID];
    snprintf(id, sizeof id, "%ssure-f%d", a->prefix, index + 1);
    pv_html_raw(a->h, "<p class=\"s soft\">How sure it was of each guess. Solid: it was right; "
                      "outlined: it was wrong.</p>\n<div class=\"row\"><div "
                      "class=\"c7\">");
    pv_svg_histogram(a->h, &(pv_svg_histogram_of){.id = id,
                                                  .title = "Guesses by how sure the attack was of "
                                                           "them",
                                                  .x_label = "how sure",
                                                  .class = pv_audit_class(f),
                                                  .bin = f->sure,
                                                  .bins = f->sures,
                                                  .width = 600,
                                                  .height = 170});
    pv_html_raw(a->h, "</div></div>\n");
}

static void heading(const pv_audit *a, int index)
{
    const pv_finding *f = &a->f->finding[index];
    pv_html_raw(a->h, "<h3>");
    pv_audit_link(a, index);
    pv_html_textf(a->h, " %s, by ", pv_words_text(f->attack));
    pv_words_who(a->h, a->f, pv_words_text(f->adversary), PV_WORDS_INSIDE);
    pv_html_textf(a->h, ": %s", pv_words_text(f->secret));
    pv_html_raw(a->h, "</h3>\n");
}

void pv_audit_trials(const pv_audit *a)
{
    pv_html *h = a->h;
    int shown = 0;
    for (int i = 0; i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[a->order[i]];
        if ((f->trials == 0 && f->sures == 0) || pv_finding_level(f) == PV_LEVEL_INVALID) continue;
        if (shown++ == 0)
            pv_html_rawf(h,
                         "<section class=\"part long\" id=\"%strials\" "
                         "aria-labelledby=\"%sh-trials\"><h2 id=\"%sh-trials\">What was tried, and "
                         "how sure it was</h2>\n",
                         a->prefix, a->prefix, a->prefix);
        heading(a, a->order[i]);
        if (is_curve(f)) curve(a, a->order[i]);
        if (f->trials > 0) table(a, f);
        if (f->sures > 0) confidence(a, a->order[i]);
    }
    if (shown > 0) pv_html_raw(h, "</section>\n");
}
