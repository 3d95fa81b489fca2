#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <math.h>

enum { VALUES = 16, LABEL = 32, ID = 64 };

static double each(double all, int64_t rows)
{
    return rows > 0 ? all / (double)rows : NAN;
}

static void row(const pv_audit *a, const pv_findings_customer *c)
{
    pv_html *h = a->h;
    pv_count answered = {c->answered, c->rows};
    pv_html_raw(h, "<tr><th scope=\"row\">");
    pv_words_about(h, a->f, pv_words_text(c->name), PV_WORDS_SHORT);
    pv_html_raw(h, "</th><td class=\"n\"><span class=\"l\">rows answered: </span>");
    pv_words_fraction(h, &answered);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">bytes of an activation: </span>");
    pv_words_bytes(h, each((double)c->sent, c->answered));
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">bytes of an answer: </span>");
    pv_words_bytes(h, each((double)c->received, c->answered));
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">time of a row: </span>");
    pv_words_duration(h, each(c->seconds, c->answered));
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">answers right: </span>");
    if (c->right.n > 0) {
        pv_html_percent(h, (double)c->right.k / (double)c->right.n, 1);
        pv_html_raw(h, " <span class=\"soft nw\">");
        pv_interval i = pv_clopper_pearson(c->right.k, c->right.n, 0.95);
        pv_words_range(h, i.low, i.high);
        pv_html_raw(h, "</span>");
    } else {
        pv_html_raw(h, "–");
    }
    pv_html_raw(h, "</td></tr>\n");
}

static void values(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    pv_svg_row r[VALUES];
    char label[VALUES][LABEL], id[ID];
    int n = 0;
    for (int i = 0; i < f->values && n < VALUES; i++) {
        const pv_count *c = &f->value[i].right;
        if (c->n < 1) continue;
        pv_interval v = pv_clopper_pearson(c->k, c->n, 0.95);
        snprintf(label[n], LABEL, "secret %.20s", pv_words_text(f->value[i].name));
        r[n] = (pv_svg_row){label[n], (double)c->k / (double)c->n, v.low, v.high, 0};
        n++;
    }
    if (n == 0) return;
    snprintf(id, sizeof id, "%sby-secret", a->prefix);
    pv_html_raw(h, "<h3>How right answers were under each secret</h3>\n<div class=\"row\"><div "
                   "class=\"c7\">");
    pv_svg_intervals(h,
                     &(pv_svg_dots){.id = id,
                                    .title = "Share of answers that were right, turned back, for "
                                             "each value of the secret, with 95 % intervals",
                                    .row = r,
                                    .rows = n,
                                    .digits = 1,
                                    .width = 560,
                                    .label_width = 90});
    pv_html_raw(h, "</div></div>\n");
}

static void refusals(const pv_audit *a)
{
    pv_html *h = a->h;
    int said = 0;
    for (int i = 0; i < a->f->customers; i++) {
        const pv_findings_customer *c = &a->f->customer[i];
        if (c->refused == NULL) continue;
        if (said++ == 0) pv_html_raw(h, "<ul class=\"tight\">");
        pv_html_raw(h, "<li>");
        pv_words_about(h, a->f, pv_words_text(c->name), PV_WORDS_START);
        pv_html_raw(h, " was refused further answers: ");
        pv_html_text(h, c->refused);
        pv_html_raw(h, "</li>\n");
    }
    if (said > 0) pv_html_raw(h, "</ul>\n");
}

void pv_audit_customers(const pv_audit *a)
{
    pv_html *h = a->h;
    if (a->f->customers == 0) return;
    pv_html_rawf(h,
                 "<section class=\"part\" id=\"%scustomers\" aria-labelledby=\"%sh-customers\"><h2 "
                 "id=\"%sh-customers\">What a query cost, and how right its answer was</h2>\n",
                 a->prefix, a->prefix, a->prefix);
    pv_html_raw(h,
                "<div class=\"tw\"><table class=\"stack\"><caption>A row: from when the batch it "
                "is in begins to when that is answered, over the batch’s rows. Bytes with their "
                "share of the frames.</caption><thead><tr><th scope=\"col\">Customer</th><th "
                "scope=\"col\" class=\"n\">Rows answered</th><th scope=\"col\" class=\"n\">Sent, a "
                "row</th><th scope=\"col\" class=\"n\">Received, a row</th><th scope=\"col\" "
                "class=\"n\">Time, a row</th><th scope=\"col\" class=\"n\">Answers right</th>"
                "</tr></thead><tbody>\n");
    for (int i = 0; i < a->f->customers; i++) row(a, &a->f->customer[i]);
    pv_html_raw(h, "</tbody></table></div>\n");
    refusals(a);
    values(a);
    pv_html_raw(h, "</section>\n");
}
