#include "report/svg.h"

#include <math.h>

double pv_svg_step(double low, double high, int n)
{
    double raw = (high - low) / (n > 0 ? n : 1);
    if (!(raw > 0) || !isfinite(raw)) return 1;
    double power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

typedef struct axis {
    double low, high, step;
    double from, to; /* pixels */
} axis;

static double place(const axis *a, double v)
{
    return a->from + (v - a->low) / (a->high - a->low) * (a->to - a->from);
}

/* Widen [low, high] to round ticks. */
static axis make_axis(double low, double high, int ticks, double from, double to)
{
    if (!(high > low)) {
        double margin = low == 0 ? 1 : fabs(low) * 0.1;
        low -= margin;
        high += margin;
    }
    double step = pv_svg_step(low, high, ticks);
    return (axis){floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step, from, to};
}

static int decimals(double step)
{
    int d = (int)ceil(-log10(step) - 1e-9);
    return d < 0 ? 0 : d > 6 ? 6 : d;
}

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

static void tick_label(pv_html *h, const axis *a, double v, int percent)
{
    if (fabs(v) < a->step * 1e-6) v = 0;
    if (percent)
        pv_html_percent(h, v, decimals(a->step * 100));
    else
        pv_html_rawf(h, "%.*f", decimals(a->step), v);
}

static void grid(pv_html *h, const pv_svg_chart *c, const axis *x, const axis *y)
{
    for (int k = 0; y->low + k * y->step <= y->high + y->step * 0.01; k++) {
        double v = y->low + k * y->step, at = place(y, v);
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%.1f %.1fH%.1f\"/><text class=\"sf\" x=\"%.1f\" "
                     "y=\"%.1f\" text-anchor=\"end\">",
                     x->from, at, x->to, x->from - 8, at + 4);
        tick_label(h, y, v, c->percent);
        pv_html_raw(h, "</text>");
    }
    double step = fmax(1, pv_svg_step(x->low, x->high, 8));
    for (double v = ceil(x->low / step) * step; v <= x->high + 1e-9; v += step)
        pv_html_rawf(h,
                     "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>",
                     place(x, v), y->from + 18, v);
    pv_html_rawf(h, "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", x->to,
                 y->from + 36);
    pv_html_text(h, c->x_label);
    pv_html_raw(h, "</text>");
}

static void line(pv_html *h, const pv_svg_chart *c, int s, const axis *x, const axis *y)
{
    const pv_svg_series *series = &c->series[s];
    int pen_down = 0;
    pv_html_rawf(h, "<path class=\"ln k%d%s\" d=\"", s, series->dashed ? " da" : "");
    for (int i = 0; i < c->points; i++) {
        if (isfinite(series->y[i]))
            pv_html_rawf(h, "%s%.1f %.1f", pen_down ? "L" : "M", place(x, c->x[i]),
                         place(y, series->y[i]));
        pen_down = isfinite(series->y[i]);
    }
    pv_html_raw(h, "\"/>");
    if (c->points > 40) return; /* dots would run into each other */
    for (int i = 0; i < c->points; i++)
        if (isfinite(series->y[i]))
            pv_html_rawf(h, "<circle class=\"dot k%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>", s,
                         place(x, c->x[i]), place(y, series->y[i]));
}

/* Names at the line ends, moved apart so that none covers another. */
static void names(pv_html *h, const pv_svg_chart *c, const axis *x, const axis *y)
{
    enum { MAX = 4, GAP = 15 };
    double at[MAX];
    int order[MAX], n = 0;
    for (int s = 0; s < c->count && s < MAX; s++) {
        int last = c->points - 1;
        while (last >= 0 && !isfinite(c->series[s].y[last])) last--;
        if (last < 0) continue;
        at[s] = place(y, c->series[s].y[last]);
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
    axis x = {c->x[0], c->x[c->points - 1], 1, 52, right};
    if (!(x.high > x.low)) {
        x.low -= 0.5;
        x.high += 0.5;
    }
    axis y = make_axis(c->percent ? low : fmin(low, 0), high, 4, bottom, 10);
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
    axis x = make_axis(low, high, d->width > 480 ? 5 : 3, d->label_width, d->width - 76);
    x.low = fmax(x.low, 0);
    x.high = fmin(x.high, 1);
    pv_svg_open(h, d->id, d->title, d->width, height);
    for (int k = 0; x.low + k * x.step <= x.high + x.step * 0.01; k++) {
        double v = x.low + k * x.step, at = place(&x, v);
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%.1f %dV%d\"/><text class=\"sf\" x=\"%.1f\" "
                     "y=\"%.1f\" text-anchor=\"middle\">",
                     at, TOP, TOP + ROW * d->rows, at, height - 6);
        tick_label(h, &x, v, 1);
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
                     place(&x, r->low), y, place(&x, r->high), r->strong ? " k0" : " ho",
                     place(&x, r->share), y, r->strong ? " class=\"st\"" : "", d->width, y + 4);
        pv_html_percent(h, r->share, d->digits);
        pv_html_raw(h, "</text>");
    }
    pv_html_raw(h, "</svg>");
}

void pv_svg_bar(pv_html *h, const pv_svg_bar_of *b)
{
    double from = 2, to = b->width - 2.0;
    axis x = {0, 1, 1, from, to};
    pv_html_rawf(h,
                 "<svg class=\"bar %s\" viewBox=\"0 0 %d 16\" width=\"%d\" height=\"16\" "
                 "aria-hidden=\"true\"><path class=\"trk\" d=\"M%.1f 8H%.1f\"/><rect class=\"ivl\" "
                 "x=\"%.1f\" y=\"4\" width=\"%.1f\" height=\"8\"/>",
                 b->class, b->width, b->width, from, to, place(&x, b->low),
                 fmax(place(&x, b->high) - place(&x, b->low), 1));
    if (isfinite(b->mark))
        pv_html_rawf(h, "<path class=\"chn\" d=\"M%.1f 0V16\"/>", place(&x, b->mark));
    pv_html_rawf(h, "<path class=\"pt\" d=\"M%.1f 2V14\"/></svg>", place(&x, b->share));
}
