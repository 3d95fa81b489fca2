#include "report/audit.h"

#include "report/words.h"
#include <string.h>

enum { OTHERS = 2, BAR = 160 };

static void about(const pv_audit *a, const pv_finding *f)
{
    if (pv_words_empty(f->about)) return;
    pv_html_raw(a->h, " of ");
    pv_words_about(a->h, a->f, f->about, PV_WORDS_INSIDE);
}

/* "From the gradients it received, the server recovered 97 of 100 images." */
static void sentence(const pv_audit *a, const pv_finding *f)
{
    pv_html *h = a->h;
    pv_level level = pv_finding_level(f);
    const char *who = pv_words_text(f->adversary);
    if (level == PV_LEVEL_INVALID) {
        pv_html_raw(h, "What ");
        pv_words_who(h, a->f, who, PV_WORDS_INSIDE);
        pv_html_raw(h, " could do is not known: the finding is <strong>INVALID</strong>.");
        return;
    }
    if (!pv_words_empty(f->means)) {
        pv_html_textf(h, "From %s, ", f->means);
        pv_words_who(h, a->f, who, PV_WORDS_INSIDE);
    } else {
        pv_words_who(h, a->f, who, PV_WORDS_START);
    }
    pv_html_textf(h, " %s ", pv_words_verb(f));
    pv_html_raw(h, "<strong>");
    pv_words_of(h, &f->count);
    pv_html_raw(h, "</strong> ");
    pv_html_text(h, pv_words_item(f, f->count.n));
    about(a, f);
    pv_html_raw(h, level == PV_LEVEL_NONE ? ": none found beyond guessing." : ".");
}

static void evidence(const pv_audit *a, const pv_finding *f)
{
    pv_html *h = a->h;
    pv_level level = pv_finding_level(f);
    if (level == PV_LEVEL_INVALID) {
        pv_html_raw(h, "In ");
        pv_audit_link(a, (int)(f - a->f->finding));
        pv_html_raw(h, " ");
        pv_words_invalid(h, f);
        pv_html_raw(h, ".");
        return;
    }
    pv_html_raw(h, "<span class=\"nw\">95\u202f% interval ");
    pv_words_range(h, f->interval.low, f->interval.high);
    pv_html_raw(h, "</span>; guessing without a view ");
    pv_words_chance(h, f, 0);
    pv_html_raw(h, ".");
    if (level == PV_LEVEL_NONE) {
        pv_html_raw(h, " Up to ");
        pv_words_share(h, f->interval.high);
        pv_html_raw(h, " is not excluded.");
    }
    for (int i = 0; i < f->measures && f->classes > 0; i++) { /* few of many classes count little */
        pv_html_raw(h, " Also ");
        pv_words_measure(h, &f->measure[i]);
        pv_html_raw(h, ".");
    }
}

/* "Hospitals A, B and C together: 24 of 25 of Hospital D." */
static void other(const pv_audit *a, const pv_finding *f, const pv_finding *worst)
{
    pv_html *h = a->h;
    pv_level level = pv_finding_level(f);
    pv_html_raw(h, " ");
    if (strcmp(pv_words_text(f->adversary), pv_words_text(worst->adversary)) != 0 ||
        strcmp(pv_words_text(f->about), pv_words_text(worst->about)) != 0)
        pv_words_who(h, a->f, pv_words_text(f->adversary), PV_WORDS_START);
    else if (strcmp(pv_words_text(f->attack), pv_words_text(worst->attack)) != 0)
        pv_html_textf(h, "By another attack, %s", pv_words_text(f->attack));
    else /* the same guesses, counted in another way */
        pv_words_capital(h, pv_words_empty(f->metric) ? pv_words_verb(f) : f->metric);
    pv_html_raw(h, ": ");
    if (level == PV_LEVEL_INVALID) {
        pv_html_raw(h, "<b>INVALID</b>.");
        return;
    }
    pv_words_of(h, &f->count);
    about(a, f);
    pv_html_raw(h, level == PV_LEVEL_NONE ? ", none found." : ".");
}

static const pv_findings_told *told_of(const pv_audit *a, const char *secret)
{
    for (int i = 0; i < a->f->tolds; i++)
        if (strcmp(pv_words_text(a->f->told[i].secret), secret) == 0) return &a->f->told[i];
    return NULL;
}

static void name_of(const pv_audit *a, const char *secret)
{
    pv_html_raw(a->h, "<b>");
    pv_words_capital(a->h, secret);
    pv_html_raw(a->h, ".</b> ");
}

static void told_sentence(const pv_audit *a, const pv_findings_told *t)
{
    pv_html *h = a->h;
    pv_html_raw(h, "<li class=\"told\"><p>");
    name_of(a, pv_words_text(t->secret));
    pv_html_raw(h, "Told to ");
    pv_words_who(h, a->f, pv_words_text(t->to), PV_WORDS_INSIDE);
    pv_html_raw(h, " by the scheme itself.<small>");
    pv_words_sentence(h, pv_words_text(t->why));
    pv_html_raw(h, " Nothing to measure.</small></p></li>\n");
}

static void secret(const pv_audit *a, const char *name)
{
    pv_html *h = a->h;
    const pv_finding *worst = NULL;
    const pv_findings_told *told = told_of(a, name);
    int others = 0;
    for (int i = 0; i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[a->order[i]];
        if (strcmp(pv_words_text(f->secret), name) != 0) continue;
        if (worst != NULL) {
            if (++others <= OTHERS) other(a, f, worst);
            continue;
        }
        worst = f;
        pv_html_rawf(h, "<li class=\"%s\"><p>", pv_audit_class(f));
        name_of(a, name);
        sentence(a, f);
        pv_html_raw(h, "<small>");
        evidence(a, f);
    }
    if (worst == NULL) {
        if (told != NULL) told_sentence(a, told);
        return;
    }
    if (others > OTHERS) {
        pv_html_raw(h, " And ");
        pv_words_many(h, others - OTHERS, "finding", "findings");
        pv_html_raw(h, " more.");
    }
    if (told != NULL) {
        pv_html_raw(h, " Told to ");
        pv_words_who(h, a->f, pv_words_text(told->to), PV_WORDS_INSIDE);
        pv_html_raw(h, " by the scheme itself.");
    }
    pv_html_raw(h, "</small></p>");
    pv_audit_bar(h, worst, BAR);
    pv_html_raw(h, "</li>\n");
}

static int has_bar(const pv_audit *a)
{
    for (int i = 0; i < a->f->findings; i++)
        if (pv_finding_level(&a->f->finding[i]) != PV_LEVEL_INVALID) return 1;
    return 0;
}

static void lede(const pv_audit *a)
{
    pv_html *h = a->h;
    pv_html_rawf(h,
                 "<section class=\"c8\" aria-labelledby=\"%sh-who\"><h2 id=\"%sh-who\">Who "
                 "recovered what</h2>\n<ol class=\"lede\">\n",
                 a->prefix, a->prefix);
    for (int i = 0; i < a->secrets; i++) secret(a, a->secret[i]);
    if (a->secrets == 0)
        pv_html_raw(h, "<li><p><b>Nothing was attacked.</b> That is no answer in anyone’s "
                       "favour.</p></li>\n");
    pv_html_raw(h, "</ol>");
    if (has_bar(a))
        pv_html_raw(h, "<p class=\"s soft\">Bars: 0 to 100\u202f%. Shade: interval; thick mark: "
                       "measured; dashed mark: chance.</p>");
    pv_html_raw(h, "</section>\n");
}

static void controls(const pv_audit *a)
{
    pv_html *h = a->h;
    int n = a->f->findings, invalid = 0, without = 0;
    for (int i = 0; i < n; i++) {
        const pv_finding *f = &a->f->finding[i];
        invalid += pv_finding_level(f) == PV_LEVEL_INVALID;
        without += f->positive.count.n < 1 || f->negative.count.n < 1;
    }
    pv_html_raw(h, "<h2>Controls</h2>\n<p class=\"m\"><b>");
    if (n == 0) {
        pv_html_raw(h, "There is no finding.</b></p>\n");
        return;
    }
    if (invalid == 0 && n == 1) {
        pv_html_raw(h, "The finding is valid.</b>");
    } else if (invalid == 0 && n == 2) {
        pv_html_raw(h, "Both findings are valid.</b>");
    } else if (invalid == 0) {
        pv_html_raw(h, "All ");
        pv_words_many(h, n, "finding", "findings");
        pv_html_raw(h, " are valid.</b>");
    } else {
        pv_html_count(h, n - invalid);
        pv_html_raw(h, " of ");
        pv_words_many(h, n, "finding", "findings");
        pv_html_raw(h, n == 1 || n - invalid == 1 ? " is valid, " : " are valid, ");
        pv_html_count(h, invalid);
        pv_html_raw(h, invalid == 1 ? " is not.</b>" : " are not.</b>");
    }
    pv_html_raw(h, without == 0 ? " Every attack also ran where it must succeed and where it must "
                                  "fail."
                                : " A control is the same attack where it must succeed, or where "
                                  "it must fail.");
    for (int i = 0; i < n; i++) {
        const pv_finding *f = &a->f->finding[i];
        if (pv_finding_level(f) != PV_LEVEL_INVALID) continue;
        pv_html_raw(h, " In ");
        pv_audit_link(a, i);
        pv_html_raw(h, " ");
        pv_words_invalid(h, f);
        pv_html_raw(h, ".");
    }
    if (invalid > 0)
        pv_html_raw(h, invalid == 1 ? " It counts for nothing, least of all as a pass."
                                    : " They count for nothing, least of all as a pass.");
    pv_html_raw(h, "</p>\n");
}

/* "passive: it followed ...": the word before the colon stands out. */
static void assumption(pv_html *h, const char *text)
{
    const char *rest = strstr(text, ": ");
    pv_html_raw(h, "<p class=\"m\">");
    if (rest != NULL) {
        pv_html word = {.plain = 1};
        pv_html_textf(&word, "%.*s", (int)(rest - text), text);
        pv_html_raw(h, "<b>");
        pv_words_capital(h, pv_str_text(&word.out));
        pv_html_raw(h, ".</b> ");
        if (h->status == PV_OK) h->status = word.status;
        pv_html_clear(&word);
        text = rest + 2;
    }
    pv_words_capital(h, text);
    pv_html_raw(h, ".</p>\n");
}

static void knowledge(const pv_audit *a, const char *knows)
{
    pv_html *h = a->h;
    int different = 0;
    pv_html_raw(h, "<p class=\"m\">It knew ");
    pv_html_text(h, knows);
    pv_html_raw(h, ".");
    for (int i = 0; i < a->f->findings; i++) {
        if (strcmp(pv_words_text(a->f->finding[i].knows), knows) == 0) continue;
        pv_html_raw(h, different++ == 0 ? " Otherwise in " : ", ");
        pv_audit_link(a, i);
    }
    pv_html_raw(h, different > 0 ? ".</p>\n" : "</p>\n");
}

static void adversary(const pv_audit *a)
{
    pv_html *h = a->h;
    pv_html_raw(h, "<h2 class=\"gap\">Adversary assumed</h2>\n");
    if (a->f->findings == 0) {
        pv_html_raw(h, "<p class=\"m\">None.</p>\n");
        return;
    }
    for (int i = 0; i < a->f->findings; i++) {
        const char *assumed = pv_words_text(a->f->finding[i].assumed);
        int seen = assumed[0] == '\0';
        for (int k = 0; k < i; k++)
            seen |= strcmp(pv_words_text(a->f->finding[k].assumed), assumed) == 0;
        if (!seen) assumption(h, assumed);
    }
    const char *knows = pv_words_text(a->f->finding[a->order[0]].knows);
    if (knows[0] != '\0') knowledge(a, knows);
}

void pv_audit_weak(const pv_audit *a)
{
    pv_html *h = a->h;
    if (a->f->weaks == 0) return;
    pv_html_rawf(h,
                 "<section class=\"c12 weak\" aria-labelledby=\"%sh-weak\"><h2 id=\"%sh-weak\">"
                 "Settings that weaken the scheme</h2>\n<ul class=\"tight\">",
                 a->prefix, a->prefix);
    for (int i = 0; i < a->f->weaks; i++) {
        const pv_findings_weak *w = &a->f->weak[i];
        pv_html_raw(h, "<li><b>");
        pv_html_text(h, pv_words_text(w->setting));
        pv_html_raw(h, pv_words_empty(w->why) ? "</b>" : ":</b> ");
        pv_html_text(h, pv_words_text(w->why));
        pv_html_raw(h, "</li>");
    }
    pv_html_raw(h, "</ul></section>\n");
}

void pv_audit_summary(const pv_audit *a)
{
    lede(a);
    pv_html_raw(a->h, "<section class=\"c4\">");
    controls(a);
    adversary(a);
    pv_html_raw(a->h, "</section>\n");
}
