#include "report/audit.h"

#include "report/words.h"
#include <math.h>
#include <string.h>

enum { BAR = 130 };

static void fact(pv_html *h, const char *name, const char *value)
{
    if (pv_words_empty(value)) return;
    /* in print, where facts run on, one that ends with a stop gets no other */
    pv_html_rawf(h, "<dt>%s</dt><dd%s>", name,
                 value[strlen(value) - 1] == '.' ? " class=\"stop\"" : "");
    pv_html_text(h, value);
    pv_html_raw(h, "</dd>");
}

static void control_fact(pv_html *h, const pv_control *c, int positive)
{
    pv_html_rawf(h, "<dt>%s</dt><dd>", positive ? "Must succeed" : "Must fail");
    if (c->count.n < 1) {
        pv_html_raw(h, "did not run");
    } else {
        pv_words_of(h, &c->count);
        pv_html_raw(h, positive ? "; at least " : "; at most ");
        pv_words_share(h, c->bound);
        pv_html_raw(h, c->holds ? ": holds" : ": <b>failed</b>");
    }
    if (!pv_words_empty(c->what)) pv_html_textf(h, "; %s", c->what);
    pv_html_raw(h, "</dd>");
}

static void attack(pv_html *h, const pv_finding *f)
{
    pv_html_raw(h, "<dt>Attack</dt><dd>");
    pv_html_textf(h, "%s, version %d", pv_words_text(f->attack), f->attack_version);
    if (!pv_words_empty(f->options)) pv_html_textf(h, "; %s", f->options);
    pv_html_rawf(h, "; seed %llu; budget: ", (unsigned long long)f->seed);
    pv_html_text(h, pv_words_empty(f->budget) ? "none" : f->budget);
    pv_html_raw(h, "; ");
    pv_words_duration(h, f->seconds);
    if (isfinite(f->seconds_each) && f->count.n > 1) {
        pv_html_raw(h, ", ");
        pv_words_duration(h, f->seconds_each);
        pv_html_textf(h, " for each %s", pv_words_item(f, 1));
    }
    pv_html_raw(h, "</dd>");
}

static void method(const pv_audit *a, const pv_finding *f)
{
    pv_html *h = a->h;
    pv_level level = pv_finding_level(f);
    pv_html_raw(h, "<tr class=\"more\"><td colspan=\"7\"><details><summary>Method of ");
    pv_html_text(h, pv_words_text(f->id));
    pv_html_raw(h, "</summary><dl>");
    if (level == PV_LEVEL_INVALID) {
        pv_html_raw(h, "<dt>Why invalid</dt><dd>");
        pv_words_invalid(h, f);
        pv_html_raw(h, "</dd>");
    }
    pv_html_raw(h, "<dt>Counted</dt><dd>");
    pv_html_textf(h, "%s %s; %s", pv_words_item(f, 2), pv_words_verb(f),
                  pv_words_text(f->criterion));
    if (!pv_words_empty(f->metric)) pv_html_textf(h, " (metric for gates: %s)", f->metric);
    pv_html_raw(h, "</dd>");
    fact(h, "Chance is", f->chance_what);
    fact(h, "The scheme says", f->claim);
    fact(h, f->active ? "Adversary, active" : "Adversary", f->assumed);
    fact(h, "Knows", f->knows);
    attack(h, f);
    control_fact(h, &f->positive, 1);
    control_fact(h, &f->negative, 0);
    for (int i = 0; i < f->measures && level != PV_LEVEL_INVALID; i++) {
        pv_html_raw(h, "<dt>Also measured</dt><dd>");
        pv_words_measure(h, &f->measure[i]);
        pv_html_raw(h, "</dd>");
    }
    fact(h, "Note", f->note);
    pv_html_raw(h, "</dl></details></td></tr>\n");
}

static void control(pv_html *h, const pv_control *c, int positive)
{
    int failed = c->count.n > 0 && !c->holds;
    pv_html_raw(h, failed ? "<b class=\"nw\">" : "<span class=\"nw\">");
    pv_html_raw(h, positive ? "+ " : "− ");
    if (c->count.n < 1)
        pv_html_raw(h, "not run");
    else
        pv_words_fraction(h, &c->count);
    pv_html_raw(h, failed ? " failed</b>" : "</span>");
}

static void result(pv_html *h, const pv_finding *f)
{
    if (pv_finding_level(f) == PV_LEVEL_INVALID) {
        if (f->count.n > 0) {
            pv_html_raw(h, "<s>");
            pv_words_fraction(h, &f->count);
            pv_html_raw(h, "</s> ");
        }
        pv_html_raw(h, "<span class=\"soft\">not a result</span>");
        return;
    }
    pv_html_raw(h, "<b>");
    pv_words_fraction(h, &f->count);
    pv_html_raw(h, "</b> <span class=\"nw soft\">");
    pv_words_range(h, f->interval.low, f->interval.high);
    pv_html_raw(h, "</span>");
    pv_audit_bar(h, f, BAR);
}

static void finding(const pv_audit *a, int index)
{
    pv_html *h = a->h;
    const pv_finding *f = &a->f->finding[index];
    pv_level level = pv_finding_level(f);
    pv_html_rawf(h, "<tbody class=\"finding %s\" id=\"%sf%d\">\n<tr><th scope=\"rowgroup\">",
                 pv_audit_class(f), a->prefix, index + 1);
    pv_html_text(h, pv_words_text(f->id));
    pv_html_rawf(h, " <span class=\"tag\">%s</span></th><td>",
                 level == PV_LEVEL_INVALID ? "INVALID"
                 : level == PV_LEVEL_NONE  ? "none found"
                                           : pv_level_name(level));
    pv_words_capital(h, pv_words_text(f->secret));
    if (!pv_words_empty(f->metric) && strcmp(f->metric, pv_words_text(f->secret)) != 0) {
        pv_html_raw(h, "<small class=\"soft how\">");
        pv_html_text(h, f->metric);
        pv_html_raw(h, "</small>");
    }
    pv_html_raw(h, "</td><td>");
    pv_words_who(h, a->f, pv_words_text(f->adversary), PV_WORDS_SHORT);
    if (!pv_words_empty(f->about)) {
        pv_html_raw(h, ", about ");
        pv_words_about(h, a->f, f->about, PV_WORDS_INSIDE);
    }
    pv_html_raw(h, "</td><td><span class=\"l\">Attack: </span>");
    pv_html_text(h, pv_words_text(f->attack));
    pv_html_raw(h, "</td><td>");
    result(h, f);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">Chance: </span>");
    pv_words_chance(h, f, 1);
    pv_html_raw(h, "</td><td><span class=\"l\">Controls: </span>");
    control(h, &f->positive, 1);
    pv_html_raw(h, ", ");
    control(h, &f->negative, 0);
    pv_html_raw(h, "</td></tr>\n");
    method(a, f);
    pv_html_raw(h, "</tbody>\n");
}

void pv_audit_findings(const pv_audit *a)
{
    pv_html *h = a->h;
    pv_html_rawf(h,
                 "<section class=\"part long\" id=\"%sfindings\" aria-labelledby=\"%sh-find\">"
                 "<h2 id=\"%sh-find\">Findings, worst first</h2>\n<p class=\"lead\">One row is one "
                 "attack by one adversary on one secret.%s</p>\n",
                 a->prefix, a->prefix, a->prefix,
                 pv_words_empty(a->f->guess_hash)
                     ? ""
                     : " Guesses were committed before the truth was read.");
    if (a->f->findings == 0) {
        pv_html_raw(h, "<p>There is none: nothing was attacked.</p></section>\n");
        return;
    }
    pv_html_raw(h, "<div class=\"tw\"><table class=\"fd stack\"><caption>Bars run from 0 to "
                   "100\u202f%: the shade is the 95\u202f% interval (Clopper–Pearson), the thick "
                   "mark the measurement, the dashed mark chance. Controls: + must succeed, − must "
                   "stay at chance.</caption>\n<thead><tr><th scope=\"col\">Finding</th>"
                   "<th scope=\"col\">Secret</th><th scope=\"col\">Adversary</th>"
                   "<th scope=\"col\">Attack</th><th scope=\"col\" class=\"w\">Recovered</th>"
                   "<th scope=\"col\" class=\"n\">Chance</th><th scope=\"col\">Controls</th></tr>"
                   "</thead>\n");
    for (int i = 0; i < a->f->findings; i++) finding(a, a->order[i]);
    pv_html_raw(h, "</table></div></section>\n");
}
