/* report/svg.h - charts as inline SVG
 *
 * Colours come from the page's custom properties (--c0, --c1, ... for series, --line, --soft,
 * --ink), so charts follow the light, dark and print schemes of the page. Every chart has a title
 * that says in words what it shows. Text is escaped here.
 */
#ifndef PV_REPORT_SVG_H
#define PV_REPORT_SVG_H

#include "report/html.h"

/* One line of a chart; a value that is not finite leaves a gap. */
typedef struct pv_svg_series {
    const char *label;
    const double *y;
    int dashed;
} pv_svg_series;

typedef struct pv_svg_chart {
    const char *id;    /* unique on the page: ids of the elements begin with it */
    const char *title; /* what is to be seen, in words */
    const char *x_label;
    const double *x; /* `points` values, increasing */
    int points;
    const pv_svg_series *series; /* at most 4 */
    int count;
    int percent; /* y are shares, shown as percentages */
    double width, height;
} pv_svg_chart;

/* Axes with round ticks, lines, a dot a point, and each line's name at its end. */
void pv_svg_lines(pv_html *h, const pv_svg_chart *chart);

/* A measured share with its interval, one row each: a dot on a bar, the figure at the right. */
typedef struct pv_svg_row {
    const char *label;
    double share, low, high;
    int strong; /* the row the page is about */
} pv_svg_row;

typedef struct pv_svg_dots {
    const char *id, *title;
    const pv_svg_row *row;
    int rows;
    int digits; /* of the percentages */
    double width, label_width;
} pv_svg_dots;

void pv_svg_intervals(pv_html *h, const pv_svg_dots *dots);

/* One share on a line from 0 to 100 %: interval, measured value, and a dashed mark (chance). Drawn
 * beside the same figures in words, so readers without sight are not told twice. `class` picks the
 * colour. */
typedef struct pv_svg_bar_of {
    const char *class;
    int width;
    double low, share, high, mark;
} pv_svg_bar_of;

void pv_svg_bar(pv_html *h, const pv_svg_bar_of *bar);

/* Errors of many items on a logarithmic scale, sorted: filled dots that were recovered, squares
 * that were not, an open dot above or below for what the baseline achieves on the same item. */
typedef struct pv_svg_errors_of {
    const char *id, *title, *class;
    const double *error, *baseline; /* `count` of each, errors increasing; baseline NaN: none */
    const int *recovered;
    int count;
    double limit; /* below it an item counts as recovered; NaN: no line */
    double width, height;
} pv_svg_errors_of;

void pv_svg_errors(pv_html *h, const pv_svg_errors_of *plot); /* svg_errors.c */

/* Points with intervals both ways and a name each; a dashed upright line at `mark` (chance). */
typedef struct pv_svg_point {
    double x, x_low, x_high, y, y_low, y_high; /* shares; NaN for no interval */
    const char *label;
} pv_svg_point;

typedef struct pv_svg_scatter_of {
    const char *id, *title, *x_label, *y_label, *mark_label;
    const pv_svg_point *point;
    int points;
    int percent; /* x are shares, shown as percentages; y always */
    double mark; /* NaN for none */
    double width, height;
} pv_svg_scatter_of;

void pv_svg_scatter(pv_html *h, const pv_svg_scatter_of *plot); /* svg_scatter.c */

/* A whole SVG file, for a browser or an editor, with charts one below the other (svg_file.c): open,
 * for each chart pv_svg_file_panel, the chart and pv_svg_file_panel_end, then close. */
void pv_svg_file_open(pv_html *h, const char *title, double width, double height);
/* What follows stands below y, under a heading. */
void pv_svg_file_panel(pv_html *h, const char *heading, double y);
void pv_svg_file_panel_end(pv_html *h);
void pv_svg_file_close(pv_html *h);

/* <svg ...> with its title in words, up to where the drawing begins. */
void pv_svg_open(pv_html *h, const char *id, const char *title, double width, double height);

/* Round steps for an axis from low to high in about n steps: 1, 2 or 5 times a power of ten. */
double pv_svg_step(double low, double high, int n);

#endif
