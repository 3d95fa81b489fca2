#include "report/audit.h"

#include "report/words.h"
#include <math.h>
#include <string.h>

enum { PARTS = 5, SHARES = 252 };
static const char *const part_name[PARTS] = {"compute", "channel", "journal", "view", "waiting"};

static void parts_of(const pv_findings_party *p, double out[PARTS])
{
    const double part[PARTS] = {p->compute, p->channel, p->journal, p->view, p->waiting};
    for (int i = 0; i < PARTS; i++) out[i] = part[i];
}

static void shares(pv_html *h, const double part[PARTS])
{
    static const double opacity[PARTS] = {1, 0.72, 0.5, 0.3, 0.12};
    double sum = 0, at = 0;
    for (int i = 0; i < PARTS; i++)
        if (part[i] > 0) sum += part[i];
    if (!(sum > 0)) return;
    pv_html_rawf(h,
                 "<svg class=\"sh\" viewBox=\"0 0 %d 12\" width=\"%d\" height=\"12\" "
                 "aria-hidden=\"true\">",
                 SHARES, SHARES);
    for (int i = 0; i < PARTS; i++) {
        if (!(part[i] > 0)) continue;
        double width = part[i] / sum * SHARES;
        pv_html_rawf(h, "<rect x=\"%.1f\" width=\"%.1f\" height=\"12\" opacity=\"%g\"/>", at,
                     fmax(width - 1, 0.5), opacity[i]);
        at += width;
    }
    pv_html_raw(h, "</svg>");
}

static void party(const pv_audit *a, const pv_findings_party *p)
{
    pv_html *h = a->h;
    double part[PARTS];
    parts_of(p, part);
    pv_html_raw(h, "<tr><th scope=\"row\">");
    pv_words_about(h, a->f, pv_words_text(p->name), PV_WORDS_SHORT);
    if (p->dropped_step >= 0) {
        pv_html_raw(h, " <small class=\"soft\">dropped out at step ");
        pv_html_count(h, p->dropped_step);
        pv_html_raw(h, "</small>");
    }
    pv_html_raw(h, "</th>");
    for (int i = 0; i < PARTS; i++) {
        pv_html_rawf(h, "<td class=\"n\"><span class=\"l\">%s: </span>", part_name[i]);
        pv_words_duration(h, part[i]);
        pv_html_raw(h, "</td>");
    }
    pv_html_raw(h, "<td>");
    shares(h, part);
    pv_html_raw(h, "</td></tr>\n");
}

static void times(const pv_audit *a)
{
    pv_html *h = a->h;
    if (a->f->parties == 0) {
        pv_html_raw(h, "<p>No party kept times.</p>\n");
        return;
    }
    pv_html_raw(h,
                "<div class=\"tw\"><table class=\"stack\"><caption>Time by party; the run took ");
    pv_words_duration(h, a->f->seconds);
    pv_html_raw(h, ". Bar: the columns from left to right, dark to light.</caption>\n<thead><tr>"
                   "<th scope=\"col\">Party</th>");
    for (int i = 0; i < PARTS; i++)
        pv_html_rawf(h, "<th scope=\"col\" class=\"n\">%s</th>", part_name[i]);
    pv_html_raw(h, "<th scope=\"col\" class=\"w\">share</th></tr></thead><tbody>\n");
    for (int i = 0; i < a->f->parties; i++) party(a, &a->f->party[i]);
    pv_html_raw(h, "</tbody></table></div>\n");
}

/* ---- bytes: links between the same roles that carry the same message are one row */

static const char *role_of(const pv_findings *f, const char *name)
{
    const pv_findings_party *p = pv_words_party(f, name, strlen(name));
    return p == NULL ? "" : pv_words_text(p->role);
}

static int alike(const pv_findings *f, const pv_findings_traffic *a, const pv_findings_traffic *b)
{
    const char *from = role_of(f, pv_words_text(a->from)), *to = role_of(f, pv_words_text(a->to));
    if (strcmp(pv_words_text(a->message), pv_words_text(b->message)) != 0) return 0;
    if (from[0] == '\0' || to[0] == '\0')
        return strcmp(pv_words_text(a->from), pv_words_text(b->from)) == 0 &&
               strcmp(pv_words_text(a->to), pv_words_text(b->to)) == 0;
    return strcmp(from, role_of(f, pv_words_text(b->from))) == 0 &&
           strcmp(to, role_of(f, pv_words_text(b->to))) == 0;
}

static int parties_of(const pv_findings *f, const char *role)
{
    int n = 0;
    for (int i = 0; i < f->parties; i++) n += strcmp(pv_words_text(f->party[i].role), role) == 0;
    return n;
}

/* "Each client" where several of them do the same, else the name. */
static void end_of(const pv_audit *a, const char *name, int several, int first)
{
    const char *role = role_of(a->f, name);
    if (several && parties_of(a->f, role) > 1)
        pv_html_textf(a->h, first ? "Each %s" : "each %s", role);
    else if (!first && strcmp(name, role) == 0)
        pv_html_text(a->h, name);
    else
        pv_words_about(a->h, a->f, name, PV_WORDS_SHORT);
}

typedef struct group {
    int links;
    int64_t count, low, high, bytes; /* in all; messages a link, fewest and most; in all */
} group;

static void traffic_row(const pv_audit *a, const pv_findings_traffic *t, const group *g)
{
    pv_html *h = a->h;
    pv_html_raw(h, "<tr><th scope=\"row\">");
    end_of(a, pv_words_text(t->from), g->links > 1, 1);
    pv_html_raw(h, " → ");
    end_of(a, pv_words_text(t->to), g->links > 1, 0);
    pv_html_raw(h, "</th><td>");
    pv_html_text(h, pv_words_text(t->message));
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">links: </span>");
    pv_html_count(h, g->links);
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">messages a link: </span>");
    pv_html_count(h, g->low);
    if (g->high != g->low) {
        pv_html_raw(h, "–");
        pv_html_count(h, g->high);
    }
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">bytes each: </span>");
    if (g->count > 0)
        pv_html_count(h, (g->bytes + g->count / 2) / g->count);
    else
        pv_html_raw(h, "–");
    pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">in all: </span>");
    pv_words_bytes(h, (double)g->bytes);
    pv_html_raw(h, "</td></tr>\n");
}

static void traffic(const pv_audit *a)
{
    const pv_findings *f = a->f;
    pv_html *h = a->h;
    pv_html_raw(h, "<h3>Bytes by link and message type</h3>\n");
    if (f->traffics == 0) {
        pv_html_raw(h, "<p>Nothing crossed a link.</p>\n");
        return;
    }
    pv_html_raw(h, "<div class=\"tw\"><table class=\"stack\"><caption>Frame headers included; what "
                   "TLS adds is not.</caption><thead><tr><th scope=\"col\">Link</th>"
                   "<th scope=\"col\">Message</th><th scope=\"col\" class=\"n\">Links</th>"
                   "<th scope=\"col\" class=\"n\">Messages a link</th><th scope=\"col\" "
                   "class=\"n\">Bytes each</th><th scope=\"col\" class=\"n\">In all</th></tr>"
                   "</thead><tbody>\n");
    for (int i = 0; i < f->traffics; i++) {
        const pv_findings_traffic *t = &f->traffic[i];
        group g = {.low = INT64_MAX};
        int first = 1;
        for (int k = 0; k < f->traffics; k++) {
            const pv_findings_traffic *o = &f->traffic[k];
            if (!alike(f, t, o)) continue;
            first &= k >= i;
            g.links++;
            g.count += o->count;
            g.bytes += o->bytes;
            if (o->count < g.low) g.low = o->count;
            if (o->count > g.high) g.high = o->count;
        }
        if (first) traffic_row(a, t, &g);
    }
    pv_html_raw(h, "</tbody></table></div>\n");
}

void pv_audit_cost(const pv_audit *a)
{
    pv_html_rawf(a->h,
                 "<section class=\"part long\" id=\"%scost\" aria-labelledby=\"%sh-cost\"><h2 "
                 "id=\"%sh-cost\">Where time and bytes went</h2>\n",
                 a->prefix, a->prefix, a->prefix);
    times(a);
    traffic(a);
    pv_html_raw(a->h, "</section>\n");
}
