#include "report/svg_axis.h"

#include <math.h>

void pv_svg_open(pv_html *h, const char *id, const char *title, double width, double height)
{
    pv_html_rawf(h,
                 "<svg viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\" "
                 "aria-labelledby=\"%s-t\"><title id=\"%s-t\">",
                 width, height, width, height, id, id);
    pv_html_text(h, title);
    pv_html_raw(h, "</title>");
}

/* The range of all finite values; 0 when there is none. */
static int range(const pv_svg_chart *c, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (int s = 0; s < c->count; s++)
        for (int i = 0; i < c->points; i++) {
            double v = c->series[s].y[i];
            if (!isfinite(v)) continue;
            *low = fmin(*low, v);
            *high = fmax(*high, v);
        }
    return *high >= *low;
}

static void grid(pv_html *h, const pv_svg_chart *c, const pv_svg_axis *x, const pv_svg_axis *y)
{
    for (int k = 0; y->low + k * y->step <= y->high + y->step * 0.01; k++) {
        double v = y->low + k * y->step, at = pv_svg_place(y, v);
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%.1f %.1fH%.1f\"/><text class=\"sf\" x=\"%.1f\" "
                     "y=\"%.1f\" text-anchor=\"end\">",
                     x->from, at, x->to, x->from - 8, at + 4);
        pv_svg_tick(h, y, v, c->percent);
        pv_html_raw(h, "</text>");
    }
    double step = fmax(1, pv_svg_step(x->low, x->high, 8));
    for (double v = ceil(x->low / step) * step; v <= x->high + 1e-9; v += step)
        pv_html_rawf(h,
                     "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>",
                     pv_svg_place(x, v), y->from + 18, v);
    pv_html_rawf(h, "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", x->to,
                 y->from + 36);
    pv_html_text(h, c->x_label);
    pv_html_raw(h, "</text>");
}

static void line(pv_html *h, const pv_svg_chart *c, int s, const pv_svg_axis *x,
                 const pv_svg_axis *y)
{
    const pv_svg_series *series = &c->series[s];
    int pen_down = 0;
    pv_html_rawf(h, "<path class=\"ln k%d%s\" d=\"", s, series->dashed ? " da" : "");
    for (int i = 0; i < c->points; i++) {
        if (isfinite(series->y[i]))
            pv_html_rawf(h, "%s%.1f %.1f", pen_down ? "L" : "M", pv_svg_place(x, c->x[i]),
                         pv_svg_place(y, series->y[i]));
        pen_down = isfinite(series->y[i]);
    }
    pv_html_raw(h, "\"/>");
    if (c->points > 40) return; /* dots would run into each other */
    for (int i = 0; i < c->points; i++)
        if (isfinite(series->y[i]))
            pv_html_rawf(h, "<circle class=\"dot k%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>", s,
                         pv_svg_place(x, c->x[i]), pv_svg_place(y, series->y[i]));
}

/* Names at the line ends, moved apart so that none covers another. */
static void names(pv_html *h, const pv_svg_chart *c, const pv_svg_axis *x, const pv_svg_axis *y)
{
    enum { MAX = 4, GAP = 15 };
    double at[MAX];
    int order[MAX], n = 0;
    for (int s = 0; s < c->count && s < MAX; s++) {
        int last = c->points - 1;
        while (last >= 0 && !isfinite(c->series[s].y[last])) last--;
        if (last < 0) continue;
        at[s] = pv_svg_place(y, c->series[s].y[last]);
        int k = n++;
        for (; k > 0 && at[order[k - 1]] > at[s]; k--) order[k] = order[k - 1];
        order[k] = s;
    }
    for (int k = 1; k < n; k++)
        if (at[order[k]] - at[order[k - 1]] < GAP) at[order[k]] = at[order[k - 1]] + GAP;
    double over = n == 0 ? 0 : at[order[n - 1]] - (y->from - 2);
    for (int k = n - 1; over > 0 && k >= 0; k--) { /* back up when the last left the plot */
        at[order[k]] -= over;
        over = k > 0 ? at[order[k - 1]] + GAP - at[order[k]] : 0;
    }
    for (int k = 0; k < n; k++) {
        int s = order[k];
        pv_html_rawf(h, "<text class=\"nm k%d\" x=\"%.1f\" y=\"%.1f\">", s, x->to + 8, at[s] + 4);
        pv_html_text(h, c->series[s].label);
        pv_html_raw(h, "</text>");
    }
}

void pv_svg_lines(pv_html *h, const pv_svg_chart *c)
{
    double low, high;
    if (c->points < 1 || !range(c, &low, &high)) {
        pv_html_raw(h, "<p class=\"soft\">Nothing was recorded.</p>");
        return;
    }
    double right = c->width - 100, bottom = c->height - 42;
    pv_svg_axis x = {c->x[0], c->x[c->points - 1], 1, 52, right};
    if (!(x.high > x.low)) {
        x.low -= 0.5;
        x.high += 0.5;
    }
    pv_svg_axis y = pv_svg_axis_make(c->percent ? low : fmin(low, 0), high, 4, bottom, 10);
    if (c->percent && y.high > 1) y.high = 1; /* no share is above 100 % */
    pv_svg_open(h, c->id, c->title, c->width, c->height);
    grid(h, c, &x, &y);
    for (int s = 0; s < c->count; s++) line(h, c, s, &x, &y);
    names(h, c, &x, &y);
    pv_html_raw(h, "</svg>");
}

void pv_svg_intervals(pv_html *h, const pv_svg_dots *d)
{
    enum { ROW = 24, TOP = 8, BOTTOM = 26 };
    double low = 1, high = 0, height = TOP + ROW * d->rows + BOTTOM;
    for (int i = 0; i < d->rows; i++) {
        low = fmin(low, d->row[i].low);
        high = fmax(high, d->row[i].high);
    }
    pv_svg_axis x =
        pv_svg_axis_make(low, high, d->width > 480 ? 5 : 3, d->label_width, d->width - 76);
    x.low = fmax(x.low, 0);
    x.high = fmin(x.high, 1);
    pv_svg_open(h, d->id, d->title, d->width, height);
    for (int k = 0; x.low + k * x.step <= x.high + x.step * 0.01; k++) {
        double v = x.low + k * x.step, at = pv_svg_place(&x, v);
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%.1f %dV%d\"/><text class=\"sf\" x=\"%.1f\" "
                     "y=\"%.1f\" text-anchor=\"middle\">",
                     at, TOP, TOP + ROW * d->rows, at, height - 6);
        pv_svg_tick(h, &x, v, 1);
        pv_html_raw(h, "</text>");
    }
    for (int i = 0; i < d->rows; i++) {
        const pv_svg_row *r = &d->row[i];
        double y = TOP + ROW * i + ROW / 2.0;
        pv_html_rawf(h, "<text%s x=\"0\" y=\"%.1f\">", r->strong ? " class=\"st\"" : "", y + 4);
        pv_html_text(h, r->label);
        pv_html_rawf(h,
                     "</text><path class=\"iv\" d=\"M%.1f %.1fH%.1f\"/><circle class=\"dot%s\" "
                     "cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/><text%s x=\"%.1f\" y=\"%.1f\" "
                     "text-anchor=\"end\">",
                     pv_svg_place(&x, r->low), y, pv_svg_place(&x, r->high),
                     r->strong ? " k0" : " ho", pv_svg_place(&x, r->share), y,
                     r->strong ? " class=\"st\"" : "", d->width, y + 4);
        pv_html_percent(h, r->share, d->digits);
        pv_html_raw(h, "</text>");
    }
    pv_html_raw(h, "</svg>");
}

void pv_svg_bar(pv_html *h, const pv_svg_bar_of *b)
{
    double from = 2, to = b->width - 2.0;
    pv_svg_axis x = {0, 1, 1, from, to};
    pv_html_rawf(h,
                 "<svg class=\"bar %s\" viewBox=\"0 0 %d 16\" width=\"%d\" height=\"16\" "
                 "aria-hidden=\"true\"><path class=\"trk\" d=\"M%.1f 8H%.1f\"/><rect class=\"ivl\" "
                 "x=\"%.1f\" y=\"4\" width=\"%.1f\" height=\"8\"/>",
                 b->class, b->width, b->width, from, to, pv_svg_place(&x, b->low),
                 fmax(pv_svg_place(&x, b->high) - pv_svg_place(&x, b->low), 1));
    if (isfinite(b->mark))
        pv_html_rawf(h, "<path class=\"chn\" d=\"M%.1f 0V16\"/>", pv_svg_place(&x, b->mark));
    pv_html_rawf(h, "<path class=\"pt\" d=\"M%.1f 2V14\"/></svg>", pv_svg_place(&x, b->share));
}
