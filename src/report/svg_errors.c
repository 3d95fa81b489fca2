#include "report/svg.h"

#include <math.h>

enum { LEFT = 46, RIGHT = 15, TOP = 8, BOTTOM = 36, MOST = 2000 };

typedef struct scale {
    int low, high; /* powers of ten */
    double top, bottom, left, right;
    int count;
} scale;

static double y_of(const scale *s, double v)
{
    double power = v > 0 ? log10(v) : s->low; /* an error of zero lies on the lowest line */
    power = fmin(fmax(power, s->low), s->high);
    return s->top + (s->high - power) / (s->high - s->low) * (s->bottom - s->top);
}

static double x_of(const scale *s, int i)
{
    return s->left + 6 + (s->count > 1 ? i * (s->right - s->left - 12) / (s->count - 1) : 0);
}

static void widen(double v, double *low, double *high)
{
    if (!(v > 0) || !isfinite(v)) return;
    *low = fmin(*low, v);
    *high = fmax(*high, v);
}

static scale scale_of(const pv_svg_errors_of *p)
{
    double low = INFINITY, high = 0;
    for (int i = 0; i < p->count; i++) {
        widen(p->error[i], &low, &high);
        widen(p->baseline[i], &low, &high);
    }
    widen(p->limit, &low, &high);
    if (!(high > 0)) low = high = 1;
    scale s = {.low = (int)fmax(floor(log10(low)), -30),
               .high = (int)fmin(ceil(log10(high)), 30),
               .top = TOP,
               .bottom = p->height - BOTTOM,
               .left = LEFT,
               .right = p->width - RIGHT,
               .count = p->count};
    if (s.high <= s.low) s.high = s.low + 1;
    if (s.low < s.high - 12) s.low = s.high - 12; /* what is smaller lies on the lowest line */
    return s;
}

static void power_label(pv_html *h, double y, int power)
{
    pv_html_rawf(h, "<text class=\"sf\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 6, y + 4);
    if (power == 0)
        pv_html_raw(h, "1");
    else if (power == 1)
        pv_html_raw(h, "10");
    else
        pv_html_rawf(h, "10<tspan dy=\"-5\" font-size=\"9\">%s%d</tspan>", power < 0 ? "−" : "",
                     power < 0 ? -power : power);
    pv_html_raw(h, "</text>");
}

static void grid(pv_html *h, const scale *s)
{
    int step = s->high - s->low > 4 ? 2 : 1;
    for (int power = s->high; power >= s->low; power -= step) {
        double y = s->top + (double)(s->high - power) / (s->high - s->low) * (s->bottom - s->top);
        pv_html_rawf(h, "<path class=\"ax\" d=\"M%d %.1fH%.1f\"/>", LEFT, y, s->right);
        power_label(h, y, power);
    }
}

/* The dots of one kind as one path: a line of no length has round ends. */
static void dots(pv_html *h, const pv_svg_errors_of *p, const scale *s, const char *class,
                 const double *value, int hits_only, int stride)
{
    pv_html_rawf(h, "<path class=\"%s\" d=\"", class);
    for (int i = 0; i < p->count; i += stride)
        if (isfinite(value[i]) && (!hits_only || p->recovered[i]))
            pv_html_rawf(h, "M%.1f %.1fh0", x_of(s, i), y_of(s, value[i]));
    pv_html_raw(h, "\"/>");
}

/* Every miss is drawn, as a square (which a printer leaves out when it is a line of no length). */
static void misses(pv_html *h, const pv_svg_errors_of *p, const scale *s)
{
    pv_html_raw(h, "<path class=\"miss\" d=\"");
    for (int i = 0; i < p->count; i++)
        if (!p->recovered[i] && isfinite(p->error[i]))
            pv_html_rawf(h, "M%.1f %.1fh6v6h-6z", x_of(s, i) - 3, y_of(s, p->error[i]) - 3);
    pv_html_raw(h, "\"/>");
}

static void label(pv_html *h, const scale *s, double share, double y, const char *text)
{
    pv_html_rawf(h, "<text class=\"hl\" x=\"%.1f\" y=\"%.1f\">", s->left + 4 + share * 400, y);
    pv_html_text(h, text);
    pv_html_raw(h, "</text>");
}

void pv_svg_errors(pv_html *h, const pv_svg_errors_of *p)
{
    if (p->count < 1) return;
    scale s = scale_of(p);
    int stride = 1 + (p->count - 1) / MOST, missed = 0, with_baseline = 0;
    int sparse = stride * (p->count > 60 ? 2 : 1); /* of the baseline: a band, no curve */
    for (int i = 0; i < p->count; i++) {
        missed += !p->recovered[i];
        with_baseline |= isfinite(p->baseline[i]);
    }
    pv_svg_open(h, p->id, p->title, p->width, p->height);
    grid(h, &s);
    pv_html_rawf(h, "<g class=\"%s\">", p->class);
    if (with_baseline) {
        dots(h, p, &s, "bo", p->baseline, 0, sparse);
        dots(h, p, &s, "bi", p->baseline, 0, sparse);
    }
    dots(h, p, &s, "hit", p->error, 1, stride);
    if (missed > 0) misses(h, p, &s);
    if (isfinite(p->limit)) {
        double y = y_of(&s, p->limit);
        pv_html_rawf(h, "<path class=\"chn\" d=\"M%d %.1fH%.1f\"/>", LEFT, y, s.right);
        label(h, &s, 0, y - 5, "limit");
    }
    pv_html_rawf(h,
                 "</g><text class=\"sf\" x=\"%.1f\" y=\"%.1f\">1: best reconstructed</text>"
                 "<text class=\"sf\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
                 s.left, s.bottom + 26, s.right, s.bottom + 26);
    pv_html_count(h, p->count);
    pv_html_raw(h, ": worst reconstructed</text></svg>");
}
