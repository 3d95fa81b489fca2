#include "report/audit.h"

#include "report/words.h"

static void part(const pv_audit *a, const char *id, const char *title)
{
    pv_html_rawf(a->h,
                 "<section class=\"part\" id=\"%s%s\" aria-labelledby=\"%sh-%s\"><h2 "
                 "id=\"%sh-%s\">%s</h2>\n",
                 a->prefix, id, a->prefix, id, a->prefix, id, title);
}

static void cell(pv_html *h, const char *label, const char *text)
{
    pv_html_rawf(h, "<td><span class=\"l\">%s: </span>", label);
    pv_html_text(h, pv_words_empty(text) ? "–" : text);
    pv_html_raw(h, "</td>");
}

/* A hash is long; its beginning is enough to compare by eye, the rest is in the file. */
static void hash(pv_html *h, const char *text)
{
    pv_words_cut(h, pv_words_empty(text) ? "–" : text, 16);
}

void pv_audit_views(const pv_audit *a)
{
    pv_html *h = a->h;
    part(a, "views", "What each party saw");
    if (a->f->parties == 0) {
        pv_html_raw(h, "<p>No view is known.</p></section>\n");
        return;
    }
    pv_html_raw(h,
                "<div class=\"tw\"><table class=\"stack\"><caption>Views as each party’s own "
                "channel recorded them; both ends signed every link’s transcript at every step. "
                "A signature proves what crossed, not that an endpoint was honest.</caption>\n"
                "<thead><tr><th scope=\"col\">View</th><th scope=\"col\">Holds</th>"
                "<th scope=\"col\">Retention</th><th scope=\"col\" class=\"n\">Size</th>"
                "<th scope=\"col\">Hash</th><th scope=\"col\">Against its peers</th></tr></thead>"
                "<tbody>\n");
    for (int i = 0; i < a->f->parties; i++) {
        const pv_findings_party *p = &a->f->party[i];
        pv_html_raw(h, "<tr><th scope=\"row\">");
        pv_words_about(h, a->f, pv_words_text(p->name), PV_WORDS_SHORT);
        pv_html_raw(h, "</th>");
        cell(h, "holds", p->view_holds);
        cell(h, "retention", p->view_retention);
        pv_html_raw(h, "<td class=\"n\"><span class=\"l\">size: </span>");
        pv_words_bytes(h, (double)p->view_bytes);
        pv_html_raw(h, "</td><td class=\"hash\"><span class=\"l\">hash: </span>");
        hash(h, p->view_hash);
        pv_html_raw(h, "</td>");
        cell(h, "against its peers", p->view_check);
        pv_html_raw(h, "</tr>\n");
    }
    pv_html_raw(h, "</tbody></table></div></section>\n");
}

void pv_audit_open_questions(const pv_audit *a)
{
    pv_html *h = a->h;
    part(a, "not-tested", "Not tested");
    pv_html_raw(h, "<p class=\"lead\">A question without a finding is open. It is not an answer in "
                   "anyone’s favour.</p>\n");
    if (a->f->opens == 0) {
        pv_html_raw(h, "<p>The audit names nothing that it left open; that does not mean that it "
                       "tested everything.</p></section>\n");
        return;
    }
    pv_html_raw(h, "<ul class=\"tight two\">\n");
    for (int i = 0; i < a->f->opens; i++) {
        const pv_findings_open *o = &a->f->open[i];
        pv_html_raw(h, "<li><b>");
        pv_words_capital(h, pv_words_text(o->what));
        pv_html_raw(h, pv_words_empty(o->why) ? ".</b>" : ":</b> ");
        pv_html_text(h, pv_words_text(o->why));
        pv_html_raw(h, "</li>\n");
    }
    pv_html_raw(h, "</ul></section>\n");
}

static void fact(pv_html *h, const char *name, const char *value, const char *missing)
{
    pv_html_rawf(h, "<dt>%s</dt><dd%s>", name, pv_words_empty(value) ? "" : " class=\"hash\"");
    pv_html_text(h, pv_words_empty(value) ? missing : value);
    pv_html_raw(h, "</dd>");
}

/* The metric of the worst finding, for the example of a gate. */
static const char *a_metric(const pv_audit *a)
{
    const char *name = a->f->findings > 0 ? a->f->finding[a->order[0]].metric : NULL;
    return pv_words_empty(name) ? "METRIC" : name;
}

void pv_audit_checks(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    part(a, "verify", "To check this page");
    pv_html_raw(h, "<dl>");
    fact(h, "Scenario", f->scenario, "not recorded");
    fact(h, "Its hash", f->scenario_hash, "not recorded");
    fact(h, "Truth, committed before training", f->truth_root,
         "not committed: nothing shows that it was not changed later");
    fact(h, "Guesses, committed before scoring", f->guess_hash,
         "not committed: nothing shows that they were made without the truth");
    pv_html_rawf(h, "<dt>Findings</dt><dd>findings.json, schema %d, of ", PV_FINDINGS_SCHEMA);
    pv_html_text(h, pv_words_empty(f->created) ? "an unknown time" : f->created);
    pv_html_raw(h, "</dd><dt>Program and machine</dt><dd>privet ");
    pv_html_text(h, pv_words_text(f->version));
    pv_html_rawf(h, " · seed %llu · ", (unsigned long long)f->seed);
    pv_words_many(h, f->threads, "thread", "threads");
    if (!pv_words_empty(f->machine)) pv_html_textf(h, " · %s", f->machine);
    pv_html_raw(h,
                "</dd></dl>\n<pre>privet view --cross VIEW VIEW    # what two parties saw of each "
                "other\nprivet gate RUN --max ");
    pv_html_text(h, a_metric(a));
    pv_html_raw(h, "=0.05    # ends with status 5 above the limit, 6 when a control failed</pre>"
                   "</section>\n");
}

void pv_audit_words(pv_html *h)
{
    static const struct {
        const char *word, *meaning;
    } list[] = {
        {"View", "everything one party received, sent, worked out in its role, or published."},
        {"k of n", "k successes in n attempts, every attempt counted."},
        {"95\u202f% interval", "true rates that would not make the measured count surprising. "
                               "Outside it, nothing is claimed."},
        {"Chance", "what the best guess without any view achieves on the same items."},
        {"Control", "the same attack code where the answer is known: once where it must succeed, "
                    "once where it must fail."},
        {"Invalid", "a control failed or the attack did not finish: nothing was shown, in "
                    "either direction."},
        {"None found", "the interval is not above chance. Not a pass: up to its upper end is not "
                       "excluded, and a better attack may exist."},
    };
    pv_html_raw(h, "<section class=\"part\" id=\"words\" aria-labelledby=\"h-words\"><h2 "
                   "id=\"h-words\">Words</h2>\n<dl class=\"s\">");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        pv_html_rawf(h, "<dt>%s</dt><dd>%s</dd>", list[i].word, list[i].meaning);
    pv_html_raw(h, "</dl></section>\n");
}
