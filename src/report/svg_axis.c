#include "report/svg_axis.h"

#include <math.h>

double pv_svg_step(double low, double high, int n)
{
    double raw = (high - low) / (n > 0 ? n : 1);
    if (!(raw > 0) || !isfinite(raw)) return 1;
    double power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

double pv_svg_place(const pv_svg_axis *a, double v)
{
    return a->from + (v - a->low) / (a->high - a->low) * (a->to - a->from);
}

pv_svg_axis pv_svg_axis_make(double low, double high, int ticks, double from, double to)
{
    if (!(high > low)) {
        double margin = low == 0 ? 1 : fabs(low) * 0.1;
        low -= margin;
        high += margin;
    }
    double step = pv_svg_step(low, high, ticks);
    return (pv_svg_axis){floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step,
                         from, to};
}

static int decimals(double step)
{
    int d = (int)ceil(-log10(step) - 1e-9);
    return d < 0 ? 0 : d > 6 ? 6 : d;
}

void pv_svg_tick(pv_html *h, const pv_svg_axis *a, double v, int percent)
{
    if (fabs(v) < a->step * 1e-6) v = 0;
    if (percent)
        pv_html_percent(h, v, decimals(a->step * 100));
    else
        pv_html_rawf(h, "%.*f", decimals(a->step), v);
}
