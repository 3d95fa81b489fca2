/* report/svg_axis.h - axes with round ticks, for the charts of this room */
#ifndef PV_REPORT_SVG_AXIS_H
#define PV_REPORT_SVG_AXIS_H

#include "report/svg.h"

typedef struct pv_svg_axis {
    double low, high, step;
    double from, to; /* pixels */
} pv_svg_axis;

/* [low, high] widened to round ticks, about so many of them. */
pv_svg_axis pv_svg_axis_make(double low, double high, int ticks, double from, double to);
double pv_svg_place(const pv_svg_axis *a, double v); /* in pixels */
/* The value at a tick, with as many digits as its steps need. */
void pv_svg_tick(pv_html *h, const pv_svg_axis *a, double v, int percent);

#endif
