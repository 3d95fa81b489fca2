#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <math.h>
#include <string.h>

enum { SHORT_LIST = 4 };

/* ---- the picture that leaked most */

static void error_of(pv_html *h, double error)
{
    pv_html_raw(h, "error ");
    pv_words_error(h, error);
}

static void place(const pv_audit *a, const pv_exhibit *e)
{
    pv_html *h = a->h;
    const char *party = pv_words_text(e->party);
    pv_words_about(h, a->f, party, PV_WORDS_SHORT);
    if (e->step >= 0) {
        pv_html_raw(h, party[0] == '\0' ? "step " : ", step ");
        pv_html_count(h, e->step);
    }
}

static void trio(const pv_audit *a, const pv_finding *f, const pv_exhibit *e)
{
    pv_html *h = a->h;
    pv_html_raw(h, "<div class=\"trio\">\n<figure>");
    pv_audit_picture(a, e->original, "Original", e);
    pv_html_raw(h, "<figcaption><b>Original</b><br>");
    place(a, e);
    pv_html_raw(h, "</figcaption></figure>\n<figure>");
    pv_audit_picture(a, e->guess, "Reconstruction", e);
    pv_html_raw(h, "<figcaption><b>From ");
    if (pv_words_parties(pv_words_text(f->adversary)) == 1) {
        pv_html_raw(h, "the view of ");
        pv_words_who(h, a->f, pv_words_text(f->adversary), PV_WORDS_INSIDE);
    } else {
        pv_html_raw(h, "their views");
    }
    pv_html_raw(h, "</b><br>");
    error_of(h, e->error);
    pv_html_raw(h, "</figcaption></figure>\n");
    if (e->baseline != NULL) {
        pv_html_raw(h, "<figure>");
        pv_audit_picture(a, e->baseline, "Guess without a view", e);
        pv_html_raw(h, "<figcaption><b>Guess without a view</b><br>");
        error_of(h, e->baseline_error);
        pv_html_raw(h, "</figcaption></figure>\n");
    }
    pv_html_raw(h, "</div>");
}

/* What can be told of the best reconstruction without a picture. */
static void numbers(const pv_audit *a, const pv_finding *f, double error, double baseline)
{
    pv_html *h = a->h;
    pv_html_raw(h, "<dl><dt>From the view of ");
    pv_words_who(h, a->f, pv_words_text(f->adversary), PV_WORDS_INSIDE);
    pv_html_raw(h, "</dt><dd><b>");
    error_of(h, error);
    pv_html_raw(h, "</b></dd><dt>Guess without a view</dt><dd>");
    error_of(h, baseline);
    pv_html_raw(h, "</dd></dl>\n");
}

static int best_target(const pv_finding *f)
{
    int best = 0;
    for (int i = 1; i < f->targets; i++)
        if (f->target[i].error < f->target[best].error) best = i;
    return best;
}

/* The worst finding with something to show, or NULL. */
static const pv_finding *shown(const pv_audit *a)
{
    for (int i = 0; i < a->f->findings; i++) {
        const pv_finding *f = &a->f->finding[a->order[i]];
        if (pv_finding_level(f) != PV_LEVEL_INVALID && (f->exhibits > 0 || f->targets > 0))
            return f;
    }
    return NULL;
}

void pv_audit_worst(const pv_audit *a)
{
    pv_html *h = a->h;
    const pv_finding *f = shown(a);
    pv_html_rawf(
        h, "<section class=\"c%d brk\" aria-labelledby=\"%sh-worst\"><h2 id=\"%sh-worst\">The ",
        a->wide ? 6 : 5, a->prefix, a->prefix);
    pv_html_text(h, f == NULL ? "item" : pv_words_item(f, 1));
    pv_html_raw(h, f != NULL && f->count.k == 0 ? " that came closest</h2>\n"
                                                : " that leaked most</h2>\n");
    if (f == NULL) {
        pv_html_raw(h, "<p class=\"m\">No attack kept what it made of single items.");
    } else {
        const pv_exhibit *e = f->exhibits > 0 ? &f->exhibit[0] : NULL;
        if (e != NULL && pv_audit_pictured(a, e)) {
            trio(a, f, e);
        } else {
            const pv_target *t = f->targets > 0 ? &f->target[best_target(f)] : NULL;
            numbers(a, f, e != NULL ? e->error : t->error,
                    e != NULL ? e->baseline_error : t->baseline);
            if (t != NULL) pv_audit_plot(a, f, "few", 440, 190);
        }
        pv_html_raw(h, "<p class=\"s soft\">Counts as ");
        pv_html_textf(h, "%s: %s. ", pv_words_verb(f), pv_words_text(f->criterion));
        pv_html_rawf(h, "<a href=\"#%spictures\">All ", a->prefix);
        pv_html_count(h, f->count.n);
        pv_html_raw(h, ", best reconstructed first</a>.");
    }
    if (!a->f->with_originals)
        pv_html_raw(h, " Pictures of people’s data are shown only with "
                       "<code>--with-originals</code>.");
    pv_html_raw(h, "</p></section>\n");
}

/* ---- accuracy */

static void add(pv_svg_row *row, int *n, const char *label, double share, const pv_count *c,
                int strong)
{
    pv_interval i = {share, share};
    if (!isfinite(share)) return;
    if (c->n > 0) i = pv_clopper_pearson(c->k, c->n, 0.95);
    row[(*n)++] = (pv_svg_row){label, share, i.low, i.high, strong};
}

static void accuracy_chart(const pv_audit *a)
{
    enum { MAX = 12, LABEL = 13 }; /* rows; characters of a name */
    const pv_findings *f = a->f;
    pv_svg_row row[MAX];
    pv_html label[MAX] = {0}, id = {.plain = 1};
    int n = 0;
    add(row, &n, "this scheme", f->accuracy, &f->accuracy_count, 1);
    add(row, &n, "plain, pooled", f->plain_accuracy, &f->plain_count, 0);
    for (int i = 0; i < f->parties && n < MAX; i++) {
        const pv_findings_party *p = &f->party[i];
        if (!isfinite(p->alone_accuracy)) continue;
        pv_html *text = &label[n];
        *text = (pv_html){.plain = 1};
        pv_words_cut(text, pv_words_text(pv_words_empty(p->title) ? p->name : p->title), LABEL);
        pv_html_raw(text, " alone");
        if (a->h->status == PV_OK) a->h->status = text->status;
        add(row, &n, pv_str_text(&text->out), p->alone_accuracy, &p->alone_count, 0);
    }
    pv_html_rawf(&id, "%sacc", a->prefix);
    if (a->h->status == PV_OK) a->h->status = id.status;
    if (n == 0)
        pv_html_raw(a->h, "<p class=\"m\">Not measured.</p>");
    else
        pv_svg_intervals(a->h, &(pv_svg_dots){.id = pv_str_text(&id.out),
                                              .title = "Test accuracy with 95 % intervals: this "
                                                       "scheme, plain training, every party alone",
                                              .row = row,
                                              .rows = n,
                                              .digits = 2,
                                              .width = 420,
                                              .label_width = 118});
    for (int i = 0; i < MAX; i++) pv_html_clear(&label[i]);
    pv_html_clear(&id);
}

static void accuracy(const pv_audit *a)
{
    pv_html *h = a->h;
    pv_html_rawf(h, "<section class=\"c%d brk\"><h2>Accuracy on ", a->wide ? 6 : 5);
    if (a->f->accuracy_count.n > 0) {
        pv_html_count(h, a->f->accuracy_count.n);
        pv_html_raw(h, " ");
    }
    pv_html_raw(h, "test samples</h2>\n");
    accuracy_chart(a);
    pv_html_raw(h, "</section>\n");
}

/* ---- time and bytes */

static int links(const pv_findings *f)
{
    int n = 0;
    for (int i = 0; i < f->traffics; i++) {
        const pv_findings_traffic *t = &f->traffic[i];
        int seen = 0;
        for (int k = 0; k < i; k++) {
            const pv_findings_traffic *o = &f->traffic[k];
            const char *from = pv_words_text(o->from), *to = pv_words_text(o->to);
            seen |= (strcmp(from, pv_words_text(t->from)) == 0 &&
                     strcmp(to, pv_words_text(t->to)) == 0) ||
                    (strcmp(from, pv_words_text(t->to)) == 0 &&
                     strcmp(to, pv_words_text(t->from)) == 0);
        }
        n += !seen;
    }
    return n;
}

/* What parties of the role that most of them have send and receive, each at most. */
static void each(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    int64_t up = 0, down = 0;
    const char *role = NULL;
    for (int i = 0; i < f->parties; i++) {
        int n = 0;
        for (int k = 0; k < f->parties; k++)
            n += strcmp(pv_words_text(f->party[k].role), pv_words_text(f->party[i].role)) == 0;
        if (n > 1 && 2 * n > f->parties) role = pv_words_text(f->party[i].role);
    }
    if (role == NULL || f->traffics == 0) return;
    for (int i = 0; i < f->parties; i++) {
        const char *name = pv_words_text(f->party[i].name);
        int64_t sent = 0, received = 0;
        if (strcmp(pv_words_text(f->party[i].role), role) != 0) continue;
        for (int k = 0; k < f->traffics; k++) {
            if (strcmp(pv_words_text(f->traffic[k].from), name) == 0) sent += f->traffic[k].bytes;
            if (strcmp(pv_words_text(f->traffic[k].to), name) == 0) received += f->traffic[k].bytes;
        }
        if (sent > up) up = sent;
        if (received > down) down = received;
    }
    pv_html_raw(h, "<dt>Per ");
    pv_html_text(h, role);
    pv_html_raw(h, "</dt><dd>");
    pv_words_bytes(h, (double)up);
    pv_html_raw(h, " up, ");
    pv_words_bytes(h, (double)down);
    pv_html_raw(h, " down</dd>");
}

static void cost(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    double bytes = 0, kept = 0;
    int n = links(f), views = 0;
    for (int i = 0; i < f->traffics; i++) bytes += (double)f->traffic[i].bytes;
    for (int i = 0; i < f->parties; i++)
        if (f->party[i].view_bytes >= 0) {
            kept += (double)f->party[i].view_bytes;
            views++;
        }
    pv_html_rawf(h, "<section class=\"c%d brk\"><h2>Time and bytes</h2>\n<dl><dt>Time</dt><dd><b>",
                 a->wide ? 6 : 4);
    pv_words_duration(h, f->seconds);
    pv_html_raw(h, "</b>");
    if (isfinite(f->plain_seconds)) {
        pv_html_raw(h, "; plain: ");
        pv_words_duration(h, f->plain_seconds);
    }
    pv_html_raw(h, "</dd><dt>Sent</dt><dd><b>");
    pv_words_bytes(h, bytes);
    pv_html_raw(h, "</b> over ");
    pv_words_many(h, n, "link", "links");
    if (f->pooled_bytes >= 0) {
        pv_html_raw(h, "; pooling: ");
        pv_words_bytes(h, (double)f->pooled_bytes);
    }
    pv_html_raw(h, "</dd>");
    each(a);
    if (views > 0) {
        pv_html_raw(h, "<dt>Kept</dt><dd>views, ");
        pv_words_bytes(h, kept);
        pv_html_raw(h, "</dd>");
    }
    pv_html_raw(h, "</dl>\n<p class=\"s soft\">");
    pv_html_text(h, pv_words_text(f->machine));
    pv_html_rawf(h, "%s<a href=\"#%scost\">By party and message</a>.</p></section>\n",
                 pv_words_empty(f->machine) ? "" : ". ", a->prefix);
}

static void guarantee(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    pv_html_rawf(h, "<section class=\"c%d brk\"><h2>Proven guarantee</h2>\n<p><b>",
                 a->wide ? 6 : 3);
    pv_words_capital(h, pv_words_empty(f->guarantee) ? "none" : f->guarantee);
    pv_html_raw(h, ".</b></p>");
    if (!pv_words_empty(f->guarantee_why)) {
        pv_html_raw(h, "<p class=\"s\">");
        pv_words_sentence(h, f->guarantee_why);
        pv_html_raw(h, "</p>");
    }
    pv_html_raw(h, "</section>\n");
}

void pv_audit_figures(const pv_audit *a)
{
    accuracy(a);
    cost(a);
    guarantee(a);
}

/* ---- not tested, in short, and the command */

void pv_audit_limits(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    pv_html_raw(h, "<section class=\"c6 brk\"><h2>Not tested</h2>\n");
    if (f->opens == 0)
        pv_html_raw(h, "<p class=\"s\">The audit names nothing; that is no answer in anyone’s "
                       "favour.</p>");
    else
        pv_html_raw(h, "<ul class=\"tight s\">");
    for (int i = 0; i < f->opens && i < SHORT_LIST; i++) {
        pv_html_raw(h, "<li><b>");
        pv_words_capital(h, pv_words_text(f->open[i].what));
        pv_html_raw(h, pv_words_empty(f->open[i].why) ? "</b>" : ":</b> ");
        pv_html_text(h, pv_words_text(f->open[i].why));
        pv_html_raw(h, "</li>");
    }
    if (f->opens > 0) pv_html_raw(h, "</ul>\n");
    if (f->opens > SHORT_LIST) {
        pv_html_rawf(h, "<p class=\"s\"><a href=\"#%snot-tested\">All ", a->prefix);
        pv_words_many(h, f->opens, "untested question", "untested questions");
        pv_html_raw(h, "</a></p>");
    }
    pv_html_raw(h, "</section>\n<section class=\"c6 brk\"><h2>To reproduce this page</h2>\n<pre>");
    pv_html_text(h, pv_words_empty(f->command) ? "not recorded" : f->command);
    pv_html_raw(h, "</pre></section>\n");
}
