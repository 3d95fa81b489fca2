#include "report/audit.h"

#include "report/svg.h"
#include "report/words.h"
#include <math.h>
#include <string.h>

/* Accuracy against labels read, over runs: what protecting labels costs. */

enum { LABEL = 34 };

/* The finding about labels that an adversary gained most from, of those that are valid. */
static const pv_finding *labels_of(const pv_findings *f)
{
    const pv_finding *best = NULL;
    for (int i = 0; i < f->findings; i++) {
        const pv_finding *one = &f->finding[i];
        if (strcmp(pv_words_text(one->metric), "labels") != 0) continue;
        if (pv_finding_level(one) == PV_LEVEL_INVALID) continue;
        if (best == NULL || (double)one->count.k * (double)best->count.n >
                                (double)best->count.k * (double)one->count.n)
            best = one;
    }
    return best;
}

static const pv_measure *area_of(const pv_findings *f)
{
    const pv_measure *best = NULL;
    for (int i = 0; i < f->findings; i++) {
        const pv_finding *one = &f->finding[i];
        if (pv_finding_level(one) == PV_LEVEL_INVALID) continue;
        for (int k = 0; k < one->measures; k++)
            if (strcmp(pv_words_text(one->measure[k].name), "leak AUC") == 0 &&
                (best == NULL || one->measure[k].value > best->value))
                best = &one->measure[k];
    }
    return best;
}

/* Can this run be one point? */
static int is_point(const pv_findings *f)
{
    return labels_of(f) != NULL && isfinite(f->accuracy);
}

/* Where most rows are of one class, the share of labels says little: the area does. */
static int by_area(const pv_audit *run, int runs)
{
    int rare = 0;
    for (int i = 0; i < runs; i++) {
        if (!is_point(run[i].f)) continue;
        if (area_of(run[i].f) == NULL) return 0;
        rare |= labels_of(run[i].f)->chance > 0.6;
    }
    return rare;
}

/* Is this piece of one run's setting in all others', too? */
static int is_common(const char *piece, size_t size, const pv_audit *run, int runs)
{
    for (int i = 0; i < runs; i++) {
        int found = 0;
        if (!is_point(run[i].f)) continue;
        for (const char *s = pv_words_text(run[i].f->setting); *s != '\0';) {
            size_t n = strcspn(s, ",");
            found |= n == size && memcmp(s, piece, n) == 0;
            s += n + (s[n] == ',');
            s += strspn(s, " ");
        }
        if (!found) return 0;
    }
    return 1;
}

/* What of its setting is not the same in all runs. */
static void own_setting(pv_html *h, const pv_findings *f, const pv_audit *run, int runs)
{
    int n = 0;
    for (const char *s = pv_words_text(f->setting); *s != '\0';) {
        size_t size = strcspn(s, ",");
        if (!is_common(s, size, run, runs))
            pv_html_textf(h, "%s%.*s", n++ > 0 ? ", " : "", (int)size, s);
        s += size + (s[size] == ',');
        s += strspn(s, " ");
    }
}

/* The same where it is short enough to stand beside a point, or the run's name. */
static void label_of(pv_html *h, const pv_findings *f, const pv_audit *run, int runs)
{
    pv_html own = {.plain = 1};
    own_setting(&own, f, run, runs);
    if (own.out.size == 0 || own.out.size > LABEL)
        pv_words_cut(h, pv_words_text(f->run), LABEL);
    else
        pv_html_text(h, pv_str_text(&own.out));
    if (h->status == PV_OK) h->status = own.status;
    pv_html_clear(&own);
}

static pv_svg_point point_of(const pv_findings *f, int area)
{
    const pv_finding *l = labels_of(f);
    const pv_measure *m = area_of(f);
    pv_svg_point p = {.y = f->accuracy, .y_low = NAN, .y_high = NAN};
    if (f->accuracy_count.n > 0) {
        pv_interval i = pv_clopper_pearson(f->accuracy_count.k, f->accuracy_count.n, 0.95);
        p.y_low = i.low;
        p.y_high = i.high;
    }
    p.x = area ? m->value : (double)l->count.k / (double)l->count.n;
    p.x_low = area ? m->low : l->interval.low;
    p.x_high = area ? m->high : l->interval.high;
    return p;
}

static void table(pv_html *h, const pv_audit *run, int runs)
{
    pv_html_raw(h, "<div class=\"tw\"><table class=\"stack\"><thead><tr><th scope=\"col\">Run</th>"
                   "<th scope=\"col\">What is its own</th><th scope=\"col\" class=\"n\">Accuracy"
                   "</th><th scope=\"col\" class=\"n\">Labels read</th><th scope=\"col\" "
                   "class=\"n\">Interval</th><th scope=\"col\" class=\"n\">Chance</th><th "
                   "scope=\"col\" class=\"n\">Leak AUC</th><th scope=\"col\">Attack</th></tr>"
                   "</thead><tbody>\n");
    for (int i = 0; i < runs; i++) {
        const pv_findings *f = run[i].f;
        const pv_finding *l = labels_of(f);
        const pv_measure *m = area_of(f);
        if (!is_point(f)) continue;
        pv_html_rawf(h, "<tr><th scope=\"row\"><a href=\"#%stop\">", run[i].prefix);
        pv_html_text(h, pv_words_text(f->run));
        pv_html_raw(h, "</a></th><td>");
        own_setting(h, f, run, runs);
        pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">accuracy: </span>");
        pv_html_percent(h, f->accuracy, 2);
        pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">labels read: </span>");
        pv_words_fraction(h, &l->count);
        pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">interval: </span>");
        pv_words_range(h, l->interval.low, l->interval.high);
        pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">chance: </span>");
        pv_words_share(h, l->chance);
        pv_html_raw(h, "</td><td class=\"n\"><span class=\"l\">leak AUC: </span>");
        if (m != NULL)
            pv_html_rawf(h, "%.3f", m->value);
        else
            pv_html_raw(h, "–");
        pv_html_raw(h, "</td><td><span class=\"l\">attack: </span>");
        pv_html_text(h, pv_words_text(l->attack));
        pv_html_raw(h, "</td></tr>\n");
    }
    pv_html_raw(h, "</tbody></table></div>\n");
}

static void chart(pv_html *h, const pv_audit *run, int runs, const pv_html *label,
                  pv_svg_point *point)
{
    int n = 0, area = by_area(run, runs);
    double chance = area ? 0.5 : 0, least = 1; /* one line, where all runs' lie close together */
    for (int i = 0; i < runs; i++) {
        if (!is_point(run[i].f)) continue;
        point[n] = point_of(run[i].f, area);
        point[n].label = pv_str_text(&label[n].out);
        if (!area) {
            chance = fmax(chance, labels_of(run[i].f)->chance);
            least = fmin(least, labels_of(run[i].f)->chance);
        }
        n++;
    }
    pv_html_raw(h, "<div class=\"wide\">");
    pv_svg_scatter(
        h, &(pv_svg_scatter_of){
               .id = "curve",
               .title = area ? "Test accuracy against the area under the curve of labels read, a "
                               "point for each run"
                             : "Test accuracy against the share of labels read, a point for each "
                               "run",
               .x_label = area ? "leak AUC" : "labels read",
               .y_label = "test accuracy",
               .mark_label = "chance",
               .point = point,
               .points = n,
               .percent = !area,
               .mark = !area && chance - least > 0.05 ? NAN : chance,
               .width = 860,
               .height = 360});
    pv_html_raw(h, "</div>\n");
}

void pv_audit_curve(pv_html *h, const pv_audit *run, int runs)
{
    int points = 0, n = 0;
    for (int i = 0; i < runs; i++) points += is_point(run[i].f);
    if (points < 2) return;
    pv_html *label = pv_calloc((size_t)points, sizeof *label);
    pv_svg_point *point = pv_calloc((size_t)points, sizeof *point);
    if (label == NULL || point == NULL) {
        if (h->status == PV_OK) h->status = PV_ERR_MEMORY;
        goto done;
    }
    for (int i = 0; i < runs; i++) {
        if (!is_point(run[i].f)) continue;
        label[n].plain = 1;
        label_of(&label[n], run[i].f, run, runs);
        if (h->status == PV_OK) h->status = label[n].status;
        n++;
    }
    pv_html_raw(h,
                "<section class=\"part\" id=\"curve-labels\" aria-labelledby=\"h-curve\"><h2 "
                "id=\"h-curve\">Accuracy against labels read</h2>\n<p class=\"lead\">Each run "
                "by what it learned and by what the best valid attack read of its labels. Up "
                "and left is better; at chance (dashed, where it is alike in all runs) an attack "
                "read no more than a guess.</p>\n");
    chart(h, run, runs, label, point);
    table(h, run, runs);
    if (points < runs)
        pv_html_rawf(h,
                     "<p class=\"s soft\">%d of %d runs have no valid finding about labels, or no "
                     "test accuracy, and no point.</p>",
                     runs - points, runs);
    pv_html_raw(h, "</section>\n");
done:
    for (int i = 0; label != NULL && i < points; i++) pv_html_clear(&label[i]);
    pv_free(label);
    pv_free(point);
}
