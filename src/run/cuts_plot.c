#include "run/cuts.h"

#include "report/svg.h"
#include "run/bandwidth.h"
#include <math.h>
#include <stdio.h>

enum { WIDTH = 760, HEIGHT = 300, PANEL = HEIGHT + 36 };
static const char x_label[] = "stage that the cut lies behind; halves: before its pool; 0: no cut";

static void latencies(pv_html *h, const pv_cuts *c, const double *x, double *y)
{
    pv_svg_series series[PV_CUTS_FORMS + 1];
    static const char *const label[] = {"32 bits", "8 bits", "4 bits"};
    for (int f = 0; f < PV_CUTS_FORMS; f++) {
        double *now = y + (size_t)f * c->rows;
        for (size_t i = 0; i < c->rows; i++) now[i] = c->row[i].latency_ms[f];
        series[f] = (pv_svg_series){label[f], now, 0};
    }
    double *sample = y + PV_CUTS_FORMS * c->rows;
    for (size_t i = 0; i < c->rows; i++) sample[i] = c->row[0].latency_ms[1];
    series[PV_CUTS_FORMS] = (pv_svg_series){"sample itself", sample, 1};
    pv_svg_lines(h, &(pv_svg_chart){.id = "latency",
                                    .title = "Milliseconds to an answer at each cut, by bits a "
                                             "number, beside sending the sample "
                                             "itself with 8",
                                    .x_label = x_label,
                                    .x = x,
                                    .points = (int)c->rows,
                                    .series = series,
                                    .count = PV_CUTS_FORMS + 1,
                                    .width = WIDTH,
                                    .height = HEIGHT});
}

static void inversions(pv_html *h, const pv_cuts *c, const double *x, double *y)
{
    for (size_t i = 0; i < c->rows; i++) y[i] = c->row[i].ssim;
    pv_svg_series series = {"SSIM", y, 0};
    pv_svg_lines(h, &(pv_svg_chart){.id = "inversion",
                                    .title = "Structural similarity of what came back to the "
                                             "samples, at each cut; 1 is equal",
                                    .x_label = x_label,
                                    .x = x,
                                    .points = (int)c->rows,
                                    .series = &series,
                                    .count = 1,
                                    .width = WIDTH,
                                    .height = HEIGHT});
}

static void readings(pv_html *h, const pv_cuts *c, const double *x, double *y)
{
    double *label = y + c->rows, *prior = label + c->rows;
    for (size_t i = 0; i < c->rows; i++) {
        y[i] = c->row[i].secret.share;
        label[i] = c->row[i].label.share;
        prior[i] = c->row[i].prior;
    }
    const pv_svg_series series[] = {{"secret", y, 0}, {"label", label, 0}, {"prior", prior, 1}};
    pv_svg_lines(h, &(pv_svg_chart){.id = "probes",
                                    .title = "Share of secrets and of true labels that fresh "
                                             "probes read at each cut, beside the share of the "
                                             "most frequent label",
                                    .x_label = x_label,
                                    .x = x,
                                    .points = (int)c->rows,
                                    .series = series,
                                    .count = 3,
                                    .percent = 1,
                                    .width = WIDTH,
                                    .height = HEIGHT});
}

typedef void draw(pv_html *h, const pv_cuts *c, const double *x, double *y);

static void panel(pv_html *h, int number, const char *heading, draw *one, const pv_cuts *c,
                  double *x)
{
    pv_svg_file_panel(h, heading, number * PANEL + 4);
    one(h, c, x, x + c->rows);
    pv_svg_file_panel_end(h);
}

pv_status pv_cuts_svg(pv_str *out, const pv_cuts *c, const pv_cuts_options *o)
{
    pv_status status = PV_OK;
    pv_html h = {0};
    char heading[128], rate[PV_BANDWIDTH_TEXT];
    int inverted = 0, panels = 1;
    for (size_t i = 0; i < c->rows; i++) inverted += isfinite(c->row[i].ssim);
    double *x = pv_calloc(c->rows * (PV_CUTS_FORMS + 2), sizeof *x);
    if (x == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a plot of %zu cuts", c->rows);
    for (size_t i = 0; i < c->rows; i++)
        x[i] = (double)c->row[i].cut.stage - (c->row[i].cut.before_pool ? 0.5 : 0);
    pv_svg_file_open(&h, o->model, WIDTH, (1 + (inverted > 0) + (c->probed > 0)) * PANEL);
    snprintf(heading, sizeof heading,
             "ms to an answer at %s, by bits a number; dashed: the sample itself, 8 bits a number",
             pv_bandwidth_text(o->bandwidth, rate));
    panel(&h, 0, heading, latencies, c, x);
    if (inverted > 0)
        panel(&h, panels++, "SSIM of samples brought back from what crosses", inversions, c, x);
    if (c->probed)
        panel(&h, panels, "share of secrets and of labels that fresh probes read off it", readings,
              c, x);
    pv_svg_file_close(&h);
    PV_TRY_GOTO(h.status);
    PV_TRY_GOTO(pv_str_append(out, pv_str_text(&h.out)));
done:
    pv_html_clear(&h);
    pv_free(x);
    return status;
}
