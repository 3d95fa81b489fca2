#include "report/findings.h"

#include "report/words.h"
#include <math.h>
#include <string.h>

enum { CELLS = 7, INDENT = 4 };

typedef struct table {
    pv_html out;
    const pv_findings *f;
    int columns;
} table;

/* ---- characters, words, lines */

static size_t character(const char *text)
{
    size_t n = 1;
    while (((unsigned char)text[n] & 0xc0) == 0x80) n++;
    return n;
}

static int count_characters(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text += character(text)) n++;
    return n;
}

/* How many bytes of text make the next line of at most `width` characters: up to the last space
 * that fits, or as many as fit of a word that is longer. */
static size_t line_length(const char *text, int width)
{
    size_t at = 0, space = 0;
    for (int n = 0; text[at] != '\0' && text[at] != '\n'; n++) {
        if (text[at] == ' ') space = at;
        if (n == width) return space > 0 ? space : at;
        at += character(text + at);
    }
    return at;
}

static void pad(pv_html *h, int n)
{
    if (n > 0) pv_html_rawf(h, "%*s", n, "");
}

static void put_bytes(pv_html *h, const char *text, size_t size)
{
    if (h->status == PV_OK) h->status = pv_str_append_bytes(&h->out, text, size);
}

/* Cells side by side, each broken to its width. The last ones, from `right` on, stand at the right
 * of theirs. */
static void row(table *t, pv_html *cell, const int *width, int cells, int right)
{
    const char *rest[CELLS];
    for (int i = 0; i < cells; i++) {
        if (t->out.status == PV_OK) t->out.status = cell[i].status;
        rest[i] = pv_str_text(&cell[i].out);
    }
    for (int more = 1; more && t->out.status == PV_OK;) {
        int due = 0; /* spaces, written only when something follows */
        more = 0;
        for (int i = 0; i < cells; i++) {
            size_t n = line_length(rest[i], width[i]);
            pv_html part = {.plain = 1};
            put_bytes(&part, rest[i], n);
            int used = count_characters(pv_str_text(&part.out));
            if (i >= right) due += width[i] - used;
            if (used > 0) {
                pad(&t->out, due);
                put_bytes(&t->out, rest[i], n);
                due = 0;
            }
            due += (i >= right ? 0 : width[i] - used) + 1;
            if (t->out.status == PV_OK) t->out.status = part.status;
            pv_html_clear(&part);
            rest[i] += n;
            rest[i] += strspn(rest[i], " \n");
            more |= *rest[i] != '\0';
        }
        pv_html_raw(&t->out, "\n");
    }
    for (int i = 0; i < cells; i++) pv_html_clear(&cell[i]);
}

/* A text, its lines after the first indented by `hang` more. Takes the text over. */
static void paragraph(table *t, pv_html *text, int indent, int hang)
{
    const char *rest = pv_str_text(&text->out);
    if (t->out.status == PV_OK) t->out.status = text->status;
    for (int first = 1; t->out.status == PV_OK && (first || *rest != '\0'); first = 0) {
        int in = first ? indent : indent + hang;
        size_t n = line_length(rest, t->columns - in);
        pad(&t->out, in);
        put_bytes(&t->out, rest, n);
        pv_html_raw(&t->out, "\n");
        rest += n;
        rest += strspn(rest, " \n");
    }
    pv_html_clear(text);
}

static void headline(table *t, const char *text)
{
    pv_html_rawf(&t->out, "\n%s\n", text);
}

/* ---- what is said */

static void top(table *t)
{
    const pv_findings *f = t->f;
    pv_html text = {.plain = 1};
    pv_html_text(&text, pv_words_text(f->run));
    pv_html_raw(&text, ": what each party could reconstruct");
    paragraph(t, &text, 0, 2);
    pv_html_text(&text, pv_words_text(f->scheme));
    if (!pv_words_empty(f->setting)) pv_html_textf(&text, ", %s", f->setting);
    pv_html_raw(&text, "; ");
    pv_words_model(&text, f);
    if (f->parties > 0) pv_html_raw(&text, "; ");
    pv_words_roles(&text, f);
    if (f->steps > 0) {
        pv_html_raw(&text, "; ");
        pv_words_many(&text, f->steps, "step", "steps");
    }
    paragraph(t, &text, 0, 2);
}

static void control(pv_html *h, const pv_control *c, int positive)
{
    pv_html_raw(h, positive ? "+ " : "- ");
    if (c->count.n < 1)
        pv_html_raw(h, "not run");
    else
        pv_words_fraction(h, &c->count);
    if (!c->holds && c->count.n > 0) pv_html_raw(h, " failed");
}

static void finding(table *t, const pv_finding *f, const int *width)
{
    pv_html cell[CELLS];
    for (int i = 0; i < CELLS; i++) cell[i] = (pv_html){.plain = 1};
    pv_level level = pv_finding_level(f);
    pv_html_text(&cell[0], pv_words_text(f->id));
    pv_html_raw(&cell[1], level == PV_LEVEL_INVALID ? "INVALID" : pv_level_name(level));
    pv_words_who(&cell[2], t->f, pv_words_text(f->adversary), PV_WORDS_SHORT);
    if (!pv_words_empty(f->about)) {
        pv_html_raw(&cell[2], ", about ");
        pv_words_about(&cell[2], t->f, f->about, PV_WORDS_INSIDE);
    }
    pv_html_text(&cell[3], pv_words_text(f->secret));
    if (level == PV_LEVEL_INVALID) { /* a count that means nothing is not shown as one */
        pv_html_raw(&cell[4], "no result");
    } else {
        pv_words_fraction(&cell[4], &f->count);
        pv_words_range(&cell[5], f->interval.low, f->interval.high);
        pv_words_chance(&cell[6], f, 1);
    }
    row(t, cell, width, CELLS, 4);
    pv_html text = {.plain = 1};
    pv_html_text(&text, pv_words_text(f->attack));
    if (!pv_words_empty(f->metric) && strcmp(f->metric, pv_words_text(f->secret)) != 0)
        pv_html_textf(&text, ", %s", f->metric);
    pv_html_raw(&text, "; controls ");
    control(&text, &f->positive, 1);
    pv_html_raw(&text, ", ");
    control(&text, &f->negative, 0);
    pv_html_raw(&text, "; ");
    pv_words_duration(&text, f->seconds);
    for (int i = 0; i < f->measures && level != PV_LEVEL_INVALID; i++) {
        pv_html_raw(&text, "; ");
        pv_words_measure(&text, &f->measure[i]);
    }
    if (level == PV_LEVEL_INVALID) {
        pv_html_raw(&text, "; INVALID: ");
        pv_words_invalid(&text, f);
    }
    if (level == PV_LEVEL_NONE) {
        pv_html_raw(&text, "; none found, up to ");
        pv_words_share(&text, f->interval.high);
        pv_html_raw(&text, " is not excluded");
    }
    paragraph(t, &text, INDENT + 1, 2);
    if (pv_words_empty(f->note) || level == PV_LEVEL_INVALID) return;
    pv_words_sentence(&text, f->note);
    paragraph(t, &text, INDENT + 1, 2);
}

/* Counts of thousands need room; what they take is given by the names. */
static void widen(const table *t, int *width)
{
    for (int i = 0; i < t->f->findings; i++) {
        const pv_finding *f = &t->f->finding[i];
        pv_html cell[2] = {{.plain = 1}, {.plain = 1}};
        pv_words_fraction(&cell[0], &f->count);
        pv_words_chance(&cell[1], f, 1);
        for (int k = 0; k < 2; k++) {
            int *w = &width[k == 0 ? 4 : 6], n = count_characters(pv_str_text(&cell[k].out));
            if (n > *w) *w = n < 16 ? n : 16;
            pv_html_clear(&cell[k]);
        }
    }
}

static void findings(table *t)
{
    static const char *const title[CELLS] = {"",       "level",         "who looks", "secret",
                                             "k of n", "95 % interval", "chance"};
    int width[CELLS] = {INDENT, 7, 0, 0, 11, 13, 9};
    int *order = pv_calloc((size_t)t->f->findings + 1, sizeof *order);
    pv_html head[CELLS];
    if (order == NULL) {
        t->out.status = PV_ERR_MEMORY;
        return;
    }
    pv_findings_order(t->f, order);
    for (int i = 0; i < t->f->findings; i++) {
        int n = count_characters(pv_words_text(t->f->finding[i].id));
        if (n > width[0]) width[0] = n < 8 ? n : 8;
    }
    widen(t, width);
    int rest = t->columns - (CELLS - 1);
    for (int i = 0; i < CELLS; i++) rest -= width[i];
    width[2] = rest - rest / 2;
    width[3] = rest / 2;
    headline(t, "Findings, worst first");
    for (int i = 0; i < CELLS; i++) {
        head[i] = (pv_html){.plain = 1};
        pv_html_raw(&head[i], title[i]);
    }
    row(t, head, width, CELLS, 4);
    for (int i = 0; i < t->f->findings; i++) finding(t, &t->f->finding[order[i]], width);
    if (t->f->findings == 0) pv_html_raw(&t->out, "    none: nothing was attacked\n");
    pv_free(order);
}

static void valid(table *t)
{
    int invalid = 0, n = t->f->findings;
    pv_html text = {.plain = 1};
    for (int i = 0; i < n; i++) invalid += pv_finding_level(&t->f->finding[i]) == PV_LEVEL_INVALID;
    if (n == 0) return;
    headline(t, "Controls");
    pv_html_count(&text, n - invalid);
    pv_html_raw(&text, " of ");
    pv_words_many(&text, n, "finding", "findings");
    pv_html_raw(&text, n == 1 || n - invalid == 1 ? " is valid" : " are valid");
    if (invalid > 0) pv_html_raw(&text, "; INVALID is not a pass: nothing was shown");
    paragraph(t, &text, 2, 2);
}

static void weak(table *t)
{
    if (t->f->weaks > 0) headline(t, "Settings that weaken the scheme");
    for (int i = 0; i < t->f->weaks; i++) {
        const pv_findings_weak *w = &t->f->weak[i];
        pv_html text = {.plain = 1};
        pv_html_text(&text, pv_words_text(w->setting));
        if (!pv_words_empty(w->why)) pv_html_textf(&text, ": %s", w->why);
        paragraph(t, &text, 2, 2);
    }
}

static void told(table *t)
{
    if (t->f->tolds > 0) headline(t, "Told by the scheme itself");
    for (int i = 0; i < t->f->tolds; i++) {
        const pv_findings_told *d = &t->f->told[i];
        pv_html text = {.plain = 1};
        pv_html_textf(&text, "%s, to ", pv_words_text(d->secret));
        pv_words_who(&text, t->f, pv_words_text(d->to), PV_WORDS_INSIDE);
        if (!pv_words_empty(d->why)) pv_html_textf(&text, ": %s", d->why);
        paragraph(t, &text, 2, 2);
    }
}

static void accuracy(pv_html *text, const char *name, double share, const pv_count *c)
{
    if (!isfinite(share)) return;
    if (text->out.size > 0) pv_html_raw(text, "; ");
    pv_html_text(text, name);
    pv_html_rawf(text, " %.2f %%", 100 * share);
    if (c->n < 1) return;
    pv_interval i = pv_clopper_pearson(c->k, c->n, 0.95);
    pv_html_rawf(text, " (%.2f-%.2f)", 100 * i.low, 100 * i.high);
}

static void cost(table *t)
{
    const pv_findings *f = t->f;
    int64_t bytes = 0;
    pv_html text = {.plain = 1};
    accuracy(&text, "this scheme", f->accuracy, &f->accuracy_count);
    accuracy(&text, "plain, pooled", f->plain_accuracy, &f->plain_count);
    for (int i = 0; i < f->parties; i++) {
        pv_html name = {.plain = 1};
        pv_words_who(&name, f, pv_words_text(f->party[i].name), PV_WORDS_SHORT);
        pv_html_raw(&name, " alone");
        accuracy(&text, pv_str_text(&name.out), f->party[i].alone_accuracy,
                 &f->party[i].alone_count);
        if (text.status == PV_OK) text.status = name.status;
        pv_html_clear(&name);
    }
    if (text.out.size > 0) headline(t, "Accuracy on test data, with 95 % intervals");
    if (text.out.size > 0) paragraph(t, &text, 2, 2);
    headline(t, "Cost");
    for (int i = 0; i < f->traffics; i++) bytes += f->traffic[i].bytes;
    pv_words_duration(&text, f->seconds);
    if (isfinite(f->plain_seconds)) {
        pv_html_raw(&text, " (plain: ");
        pv_words_duration(&text, f->plain_seconds);
        pv_html_raw(&text, ")");
    }
    pv_html_raw(&text, "; ");
    pv_words_bytes(&text, (double)bytes);
    pv_html_raw(&text, " sent");
    if (f->pooled_bytes >= 0) {
        pv_html_raw(&text, " (pooling: ");
        pv_words_bytes(&text, (double)f->pooled_bytes);
        pv_html_raw(&text, ")");
    }
    paragraph(t, &text, 2, 2);
    headline(t, "Proven guarantee");
    pv_html_text(&text, pv_words_empty(f->guarantee) ? "none" : f->guarantee);
    paragraph(t, &text, 2, 2);
}

static void untested(table *t)
{
    headline(t, "Not tested");
    for (int i = 0; i < t->f->opens; i++) {
        const pv_findings_open *o = &t->f->open[i];
        pv_html text = {.plain = 1};
        pv_html_text(&text, pv_words_text(o->what));
        if (!pv_words_empty(o->why)) pv_html_textf(&text, ": %s", o->why);
        paragraph(t, &text, 2, 2);
    }
    if (t->f->opens == 0) {
        pv_html text = {.plain = 1};
        pv_html_raw(&text, "the audit names nothing; that is no answer in anyone's favour");
        paragraph(t, &text, 2, 2);
    }
}

pv_status pv_findings_table(pv_str *out, const pv_findings *f, int columns)
{
    table t = {.out = {.plain = 1}, .f = f, .columns = columns < 60 ? 60 : columns};
    top(&t);
    weak(&t);
    findings(&t);
    valid(&t);
    told(&t);
    cost(&t);
    untested(&t);
    pv_status status = t.out.status;
    if (status == PV_OK) status = pv_str_append(out, pv_str_text(&t.out.out));
    pv_html_clear(&t.out);
    return status;
}
