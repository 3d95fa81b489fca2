#include "report/svg_axis.h"

#include <math.h>
#include <string.h>

enum { LEFT = 62, RIGHT = 20, TOP = 30, BOTTOM = 50, GAP = 15, CHARACTER = 7 };

/* Where one point's name stands, and how wide it is at most. */
typedef struct name {
    double x, y, width;
    int at_end; /* of the text, instead of its beginning */
} name;

static void widen(double *low, double *high, double v)
{
    if (!isfinite(v)) return;
    *low = fmin(*low, v);
    *high = fmax(*high, v);
}

static pv_svg_axis axis_of(const pv_svg_scatter_of *p, int vertical)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < p->points; i++) {
        const pv_svg_point *q = &p->point[i];
        widen(&low, &high, vertical ? q->y : q->x);
        widen(&low, &high, vertical ? q->y_low : q->x_low);
        widen(&low, &high, vertical ? q->y_high : q->x_high);
    }
    if (!vertical) widen(&low, &high, p->mark);
    pv_svg_axis a = vertical ? pv_svg_axis_make(low, high, 4, p->height - BOTTOM, TOP)
                             : pv_svg_axis_make(low, high, 6, LEFT, p->width - RIGHT);
    a.low = fmax(a.low, 0);
    a.high = fmin(a.high, 1);
    return a;
}

static void grid(pv_html *h, const pv_svg_scatter_of *p, const pv_svg_axis *x, const pv_svg_axis *y)
{
    for (int k = 0; y->low + k * y->step <= y->high + y->step * 0.01; k++) {
        double v = y->low + k * y->step, at = pv_svg_place(y, v);
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%.1f %.1fH%.1f\"/><text class=\"sf\" x=\"%.1f\" "
                     "y=\"%.1f\" text-anchor=\"end\">",
                     x->from, at, x->to, x->from - 8, at + 4);
        pv_svg_tick(h, y, v, 1);
        pv_html_raw(h, "</text>");
    }
    for (int k = 0; x->low + k * x->step <= x->high + x->step * 0.01; k++) {
        double v = x->low + k * x->step, at = pv_svg_place(x, v);
        pv_html_rawf(h,
                     "<path class=\"ax\" d=\"M%.1f %.1fV%.1f\"/><text class=\"sf\" x=\"%.1f\" "
                     "y=\"%.1f\" text-anchor=\"middle\">",
                     at, y->from, y->to, at, y->from + 18);
        pv_svg_tick(h, x, v, p->percent);
        pv_html_raw(h, "</text>");
    }
    pv_html_rawf(h, "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", x->to,
                 y->from + 38);
    pv_html_text(h, p->x_label);
    pv_html_rawf(h, "</text><text class=\"sf\" x=\"0\" y=\"%.1f\">", y->to - 14);
    pv_html_text(h, p->y_label);
    pv_html_raw(h, "</text>");
}

static void mark(pv_html *h, const pv_svg_scatter_of *p, const pv_svg_axis *x, const pv_svg_axis *y)
{
    double at = pv_svg_place(x, p->mark);
    if (!isfinite(p->mark)) return;
    pv_html_rawf(h,
                 "<path class=\"chn\" d=\"M%.1f %.1fV%.1f\"/><text class=\"sf\" x=\"%.1f\" "
                 "y=\"%.1f\">",
                 at, y->from, y->to, at + 5, y->from - 5);
    pv_html_text(h, p->mark_label);
    pv_html_raw(h, "</text>");
}

typedef struct box {
    double left, right, top, bottom;
} box;

static int overlap(const box *a, const box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static box box_of_name(const name *n)
{
    double left = n->at_end ? n->x - n->width : n->x;
    return (box){left, left + n->width, n->y - GAP + 4, n->y + 3};
}

/* A point and its interval upwards and downwards. */
static box box_of_point(const pv_svg_point *q, const pv_svg_axis *x, const pv_svg_axis *y)
{
    double cx = pv_svg_place(x, q->x), cy = pv_svg_place(y, q->y);
    double top = isfinite(q->y_high) ? pv_svg_place(y, q->y_high) : cy,
           bottom = isfinite(q->y_low) ? pv_svg_place(y, q->y_low) : cy;
    return (box){cx - 5, cx + 5, fmin(top, cy - 5), fmax(bottom, cy + 5)};
}

static int is_free(const pv_svg_scatter_of *p, const pv_svg_axis *x, const pv_svg_axis *y,
                   const name *before, int n, const name *at)
{
    box own = box_of_name(at);
    if (own.left < x->from || own.right > p->width || own.top < y->to || own.bottom > y->from)
        return 0;
    for (int i = 0; i < n; i++) {
        box other = box_of_name(&before[i]);
        if (overlap(&own, &other)) return 0;
    }
    for (int i = 0; i < p->points; i++) {
        box other = box_of_point(&p->point[i], x, y);
        if (overlap(&own, &other)) return 0;
    }
    return 1;
}

/* Beside its point, or as near above or below that as there is room. */
static name name_of(const pv_svg_scatter_of *p, const pv_svg_axis *x, const pv_svg_axis *y,
                    const name *before, int n, const pv_svg_point *q)
{
    double cx = pv_svg_place(x, q->x), cy = pv_svg_place(y, q->y);
    double right = isfinite(q->x_high) ? pv_svg_place(x, q->x_high) : cx,
           left = isfinite(q->x_low) ? pv_svg_place(x, q->x_low) : cx;
    right = fmax(right + 6, cx + 9);
    left = fmin(left - 6, cx - 9);
    name first = {.x = right, .y = cy + 4, .width = CHARACTER * (double)strlen(q->label)};
    for (int step = 0; step < 20; step++)
        for (int side = 0; side < 4; side++) {
            name at = first;
            at.at_end = side % 2;
            if (at.at_end) at.x = left;
            at.y += (side < 2 ? -1 : 1) * step * GAP / 2.0;
            if (is_free(p, x, y, before, n, &at)) return at;
        }
    first.at_end = first.x + first.width > p->width;
    if (first.at_end) first.x = left;
    return first;
}

static void point(pv_html *h, const pv_svg_point *q, const pv_svg_axis *x, const pv_svg_axis *y)
{
    double cx = pv_svg_place(x, q->x), cy = pv_svg_place(y, q->y);
    if (isfinite(q->x_low) && isfinite(q->x_high))
        pv_html_rawf(h, "<path class=\"iv\" d=\"M%.1f %.1fH%.1f\"/>", pv_svg_place(x, q->x_low), cy,
                     pv_svg_place(x, q->x_high));
    if (isfinite(q->y_low) && isfinite(q->y_high))
        pv_html_rawf(h, "<path class=\"iv\" d=\"M%.1f %.1fV%.1f\"/>", cx, pv_svg_place(y, q->y_low),
                     pv_svg_place(y, q->y_high));
    pv_html_rawf(h, "<circle class=\"dot k0\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>", cx, cy);
}

void pv_svg_scatter(pv_html *h, const pv_svg_scatter_of *p)
{
    enum { MOST = 200 }; /* names that are kept apart */
    name placed[MOST];
    if (p->points < 1) return;
    pv_svg_axis x = axis_of(p, 0), y = axis_of(p, 1);
    pv_svg_open(h, p->id, p->title, p->width, p->height);
    grid(h, p, &x, &y);
    mark(h, p, &x, &y);
    for (int i = 0; i < p->points; i++) point(h, &p->point[i], &x, &y);
    for (int i = 0, n = 0; i < p->points; i++) {
        const pv_svg_point *q = &p->point[i];
        name at = name_of(p, &x, &y, placed, n, q);
        pv_html_rawf(h, "<text x=\"%.1f\" y=\"%.1f\"%s>", at.x, at.y,
                     at.at_end ? " text-anchor=\"end\"" : "");
        pv_html_text(h, q->label);
        pv_html_raw(h, "</text>");
        if (n < MOST) placed[n++] = at;
    }
    pv_html_raw(h, "</svg>");
}
