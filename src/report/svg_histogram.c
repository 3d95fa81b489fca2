#include "report/findings.h"
#include "report/svg_axis.h"

#include <math.h>

enum { LEFT = 52, RIGHT = 24, TOP = 12, BOTTOM = 42, GAP = 3 };

static int64_t highest(const pv_svg_histogram_of *p)
{
    int64_t most = 1;
    for (int i = 0; i < p->bins; i++)
        if (p->bin[i].count.n > most) most = p->bin[i].count.n;
    return most;
}

static void counts(pv_html *h, const pv_svg_axis *y, double to)
{
    for (int k = 0; y->low + k * y->step <= y->high + y->step * 0.01; k++) {
        double v = y->low + k * y->step, at = pv_svg_place(y, v);
        if (v != floor(v)) continue;
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%d %.1fH%.1f\"/><text class=\"sf\" x=\"%d\" "
                     "y=\"%.1f\" text-anchor=\"end\">",
                     LEFT, at, to, LEFT - 8, at + 4);
        pv_html_count(h, (int64_t)v);
        pv_html_raw(h, "</text>");
    }
}

static void bar(pv_html *h, const char *class, double from, double to, const pv_svg_axis *y,
                int64_t low, int64_t high)
{
    if (high <= low) return;
    double top = pv_svg_place(y, (double)high), bottom = pv_svg_place(y, (double)low);
    pv_html_rawf(h, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                 class, from, top, to - from, fmax(bottom - top, 0.8));
}

void pv_svg_histogram(pv_html *h, const pv_svg_histogram_of *p)
{
    if (p->bins < 1) return;
    double right = p->width - RIGHT, bottom = p->height - BOTTOM;
    double low = p->bin[0].from, high = p->bin[p->bins - 1].to;
    pv_svg_axis x = {low, high, 1, LEFT, right};
    pv_svg_axis y = pv_svg_axis_make(0, (double)highest(p), 3, bottom, TOP);
    pv_svg_open(h, p->id, p->title, p->width, p->height);
    counts(h, &y, right);
    pv_html_rawf(h, "<g class=\"%s\">", p->class);
    for (int i = 0; i < p->bins; i++) {
        const pv_count *c = &p->bin[i].count;
        double from = pv_svg_place(&x, p->bin[i].from) + GAP / 2.0;
        double to = pv_svg_place(&x, p->bin[i].to) - GAP / 2.0;
        bar(h, "hr", from, to, &y, 0, c->k);
        bar(h, "hw", from, to, &y, c->k, c->n);
    }
    pv_html_raw(h, "</g>");
    for (int i = 0; i <= p->bins; i++) {
        double v = i < p->bins ? p->bin[i].from : high;
        if (i % 2 == 1 && i < p->bins) continue;
        pv_html_rawf(h, "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                     pv_svg_place(&x, v), bottom + 17);
        pv_html_percent(h, v, 0);
        pv_html_raw(h, "</text>");
    }
    pv_html_rawf(h, "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                 (LEFT + right) / 2, p->height - 6);
    pv_html_text(h, p->x_label);
    pv_html_raw(h, "</text></svg>");
}
