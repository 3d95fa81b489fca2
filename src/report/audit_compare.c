#include "report/audit.h"

#include "report/words.h"
#include <math.h>
#include <string.h>

enum { BAR = 150 };

static const pv_finding *worst(const pv_audit *a)
{
    return a->f->findings > 0 ? &a->f->finding[a->order[0]] : NULL;
}

/* Of all attacks on the secret of the worst finding, counted alike, the one that got furthest. */
static const pv_finding *furthest(const pv_audit *a)
{
    const pv_finding *w = worst(a);
    for (int i = 0; w != NULL && i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[i];
        if (pv_finding_level(f) == pv_finding_level(w) && pv_finding_level(f) != PV_LEVEL_INVALID &&
            strcmp(pv_words_text(f->secret), pv_words_text(w->secret)) == 0 &&
            strcmp(pv_words_text(f->metric), pv_words_text(w->metric)) == 0 &&
            pv_finding_beyond(f) > pv_finding_beyond(w))
            w = f;
    }
    return w;
}

static void strongest(const pv_audit *a)
{
    pv_html *h = a->h;
    const pv_finding *f = furthest(a);
    if (f == NULL) {
        pv_html_raw(h, "not tested");
        return;
    }
    pv_html_text(h, pv_words_text(f->secret));
    if (pv_finding_level(f) == PV_LEVEL_INVALID) {
        pv_html_raw(h, " <b>INVALID</b>");
        return;
    }
    pv_html_raw(h, " <b>");
    pv_words_fraction(h, &f->count);
    pv_html_raw(h, "</b> <span class=\"soft\"><span class=\"nw\">");
    pv_words_range(h, f->interval.low, f->interval.high);
    pv_html_raw(h, "</span>; chance ");
    pv_words_chance(h, f, 1);
    pv_html_raw(h, "</span>");
    pv_audit_bar(h, f, BAR);
}

static void cell_open(pv_html *h, const char *label)
{
    pv_html_rawf(h, "<td class=\"n\"><span class=\"l\">%s: </span>", label);
}

static void row(const pv_audit *a)
{
    pv_html *h = a->h;
    const pv_findings *f = a->f;
    const pv_finding *w = worst(a);
    double lost = f->plain_accuracy - f->accuracy, bytes = 0;
    int invalid = 0;
    for (int i = 0; i < f->traffics; i++) bytes += (double)f->traffic[i].bytes;
    for (int i = 0; i < f->findings; i++)
        invalid += pv_finding_level(&f->finding[i]) == PV_LEVEL_INVALID;
    pv_html_rawf(h, "<tr class=\"%s\"><th scope=\"row\"><a href=\"#%stop\">",
                 w == NULL ? "untested" : pv_audit_class(w), a->prefix);
    pv_html_text(h, pv_words_text(f->run));
    pv_html_raw(h, "</a> <small>");
    pv_html_text(h, pv_words_text(f->scheme));
    if (!pv_words_empty(f->setting)) pv_html_textf(h, ", %s", f->setting);
    for (int i = 0; i < f->weaks; i++)
        pv_html_textf(h, "%s%s", i == 0 ? "; weakened: " : ", ", pv_words_text(f->weak[i].setting));
    pv_html_raw(h, "</small></th>");
    cell_open(h, "accuracy");
    pv_html_percent(h, f->accuracy, 2);
    pv_html_raw(h, "</td>");
    cell_open(h, "lost");
    if (isfinite(lost))
        pv_html_rawf(h, "%s%.2f", lost < 0 ? "−" : "", 100 * fabs(lost));
    else
        pv_html_raw(h, "–");
    pv_html_raw(h, "</td>");
    cell_open(h, "time");
    pv_words_duration(h, f->seconds);
    pv_html_raw(h, "</td>");
    cell_open(h, "sent");
    pv_words_bytes(h, bytes);
    pv_html_raw(h, "</td><td class=\"at\">");
    strongest(a);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">valid: </span>");
    pv_html_count(h, f->findings - invalid);
    pv_html_raw(h, " of ");
    pv_html_count(h, f->findings);
    pv_html_raw(h, "</td><td class=\"s\"><span class=\"l\">guarantee: </span>");
    pv_html_text(h, pv_words_empty(f->guarantee) ? "none" : f->guarantee);
    pv_html_raw(h, "</td></tr>\n");
}

void pv_audit_compare(pv_html *h, const pv_audit *run, int runs)
{
    pv_html_raw(
        h, "<section class=\"part first\" id=\"compare\" aria-labelledby=\"h-compare\"><h2 "
           "id=\"h-compare\">Side by side</h2>\n<div class=\"tw\"><table class=\"cmp stack\">"
           "<caption>Accuracy on test data; lost: points against plain training. Attack: "
           "the worst finding, as k/n, interval and chance. Runs of different data or "
           "models do not compare.</caption>\n<thead><tr><th scope=\"col\">Run</th>"
           "<th scope=\"col\" class=\"n\">Accuracy</th><th scope=\"col\" class=\"n\">Lost"
           "</th><th scope=\"col\" class=\"n\">Time</th><th scope=\"col\" class=\"n\">Sent"
           "</th><th scope=\"col\">Strongest attack</th><th scope=\"col\" class=\"n\">Valid</th>"
           "<th scope=\"col\">Proven guarantee</th></tr></thead><tbody>\n");
    for (int i = 0; i < runs; i++) row(&run[i]);
    pv_html_raw(h, "</tbody></table></div></section>\n");
}
