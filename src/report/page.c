#include "report/page.h"

#include "report/style.h"
#include "report/svg.h"
#include <math.h>

enum { MATRIX_MAX = 30 }; /* a larger confusion matrix is no picture any more */

void pv_page_head_open(pv_html *h)
{
    pv_html_raw(h, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"robots\" content=\"noindex\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                   "style-src 'unsafe-inline';img-src data:\">\n<title>privet: ");
}

void pv_page_head_close(pv_html *h, const char *style)
{
    pv_html_raw(h, "</title>\n<style>\n");
    pv_html_raw(h, pv_style);
    pv_html_raw(h, style);
    pv_html_raw(h, "</style>\n</head>\n<body>\n");
}

void pv_page_foot(pv_html *h)
{
    pv_html_raw(h, "</main>\n<footer>Written by privet " PV_VERSION
                   ". No script runs here and nothing is loaded from elsewhere.</footer>\n"
                   "</body>\n</html>\n");
}

static void heading(pv_html *h, const pv_results *r)
{
    const pv_results_model *m = &r->model[0];
    pv_html_raw(h, "<header>\n<p class=\"brand\">privet</p>\n<h1>");
    pv_html_text(h, r->title);
    pv_html_raw(h, ": ");
    pv_html_count(h, m->correct);
    pv_html_raw(h, " of ");
    pv_html_count(h, m->count);
    pv_html_raw(h, " test samples right</h1>\n<p class=\"facts\">trained in the plain, on ");
    pv_html_count(h, r->train);
    pv_html_rawf(h, " samples · %d epoch%s · seed %llu · ", m->epochs, m->epochs == 1 ? "" : "s",
                 (unsigned long long)r->seed);
    pv_html_text(h, r->created);
    pv_html_raw(h, "</p>\n</header>\n<main>\n");
}

static void interval(pv_html *h, const pv_results_class *c, int digits)
{
    pv_html_rawf(h, "<span class=\"nw\">95\u202f%% interval %.*f–", digits, 100 * c->low);
    pv_html_percent(h, c->high, digits);
    pv_html_raw(h, "</span>");
}

static void duration(pv_html *h, double seconds)
{
    int whole = (int)(seconds + 0.5);
    if (whole < 60)
        pv_html_rawf(h, "%.*f\u202fs", seconds < 9.95 ? 1 : 0, seconds);
    else
        pv_html_rawf(h, "%d\u202fmin %02d\u202fs", whole / 60, whole % 60);
}

static void figure_open(pv_html *h, const char *name, const char *class)
{
    pv_html_rawf(h, "<div><dt>%s</dt><dd class=\"big%s\">", name, class);
}

static void figures(pv_html *h, const pv_results *r)
{
    const pv_results_model *m = &r->model[0];
    pv_results_class all = pv_results_of_all(m);
    pv_html_raw(h, "<dl class=\"figs\">\n");
    figure_open(h, "Test accuracy", " lead");
    pv_html_percent(h, all.accuracy, 2);
    pv_html_raw(h, "</dd><dd class=\"s soft\">");
    interval(h, &all, 2);
    pv_html_raw(h, "</dd></div>\n");
    for (int i = 1; i < r->models && i < 2; i++) {
        pv_results_class other = pv_results_of_all(&r->model[i]);
        pv_html_raw(h, "<div><dt>Beside it: ");
        pv_html_text(h, r->model[i].name);
        pv_html_raw(h, "</dt><dd class=\"big\">");
        pv_html_percent(h, other.accuracy, 2);
        pv_html_raw(h, "</dd><dd class=\"s soft\">");
        interval(h, &other, 2);
        pv_html_raw(h, "</dd></div>\n");
    }
    figure_open(h, "Training time", "");
    duration(h, m->seconds);
    pv_html_raw(h, "</dd><dd class=\"s soft\">");
    pv_html_count(h, (int64_t)(m->samples_per_second + 0.5));
    pv_html_rawf(h, " samples a second on %d thread%s</dd></div>\n", r->threads,
                 r->threads == 1 ? "" : "s");
    figure_open(h, "Parameters", "");
    pv_html_count(h, m->params);
    pv_html_rawf(h, "</dd><dd class=\"s soft\">peak memory %.0f\u202fMB</dd></div>\n</dl>\n",
                 (double)r->peak_rss_bytes / 1e6);
}

/* One chart of the curves: column a and b of every epoch. */
static void curve(pv_html *h, const pv_results_model *m, const char *id, const char *title,
                  int percent)
{
    size_t n = (size_t)(m->epochs > 0 ? m->epochs : 1);
    double *memory = pv_calloc(3 * n, sizeof *memory);
    if (memory == NULL) {
        if (h->status == PV_OK) h->status = PV_ERR_MEMORY;
        return;
    }
    double *x = memory, *train = memory + n, *validation = memory + 2 * n;
    for (int i = 0; i < m->epochs; i++) {
        const pv_results_epoch *e = &m->epoch[i];
        x[i] = i + 1;
        train[i] = percent ? e->train_accuracy : e->train_loss;
        validation[i] = percent ? e->validation_accuracy : e->validation_loss;
    }
    pv_svg_series series[] = {{"validation", validation, 0}, {"training", train, 1}};
    pv_svg_lines(h, &(pv_svg_chart){.id = id,
                                    .title = title,
                                    .x_label = "epoch",
                                    .x = x,
                                    .points = m->epochs,
                                    .series = series,
                                    .count = 2,
                                    .percent = percent,
                                    .width = 520,
                                    .height = 250});
    pv_free(memory);
}

static void curves(pv_html *h, const pv_results *r)
{
    pv_html_raw(h, "<div class=\"row\">\n<section class=\"c6\"><h2>Accuracy by epoch</h2>\n");
    curve(h, &r->model[0], "acc",
          "Share of right answers on training and validation data, by epoch", 1);
    pv_html_raw(h, "</section>\n<section class=\"c6\"><h2>Loss by epoch</h2>\n");
    curve(h, &r->model[0], "loss", "Mean cross entropy on training and validation data, by epoch",
          0);
    pv_html_raw(h, "</section>\n</div>\n<p class=\"s soft\">Loss: mean cross entropy in nats. "
                   "Training values are averages over the epoch, while the model changes; "
                   "validation is measured at its end, on ");
    pv_html_count(h, r->validation);
    pv_html_raw(h,
                " samples that training never saw. The test set was used once, at the end.</p>\n");
}

static void matrix_cell(pv_html *h, int64_t n, int64_t row, int hit)
{
    if (n == 0) {
        pv_html_raw(h, "<td class=\"z\">·</td>");
        return;
    }
    if (hit) {
        pv_html_raw(h, "<td class=\"hit\">");
    } else { /* a third of a class confused is as bad as the eye needs to see */
        double share = fmin(1, 3.0 * (double)n / (double)row);
        pv_html_rawf(h, "<td class=\"err\" style=\"--v:%.0f\">", 12 + 58 * sqrt(share));
    }
    pv_html_count(h, n);
    pv_html_raw(h, "</td>");
}

static void matrix(pv_html *h, const pv_results *r)
{
    const pv_results_model *m = &r->model[0];
    pv_html_raw(h, "<section class=\"c7\"><h2>What was taken for what</h2>\n");
    if (r->classes > MATRIX_MAX) {
        pv_html_rawf(h,
                     "<p class=\"soft\">%d classes are too many to draw; the counts are in the "
                     "results file.</p></section>\n",
                     r->classes);
        return;
    }
    pv_html_raw(h, "<div class=\"tw\"><table class=\"cm\"><caption>Rows: what it is. Columns: what "
                   "the model answered. The stronger the red, the more of its row.</caption>"
                   "<thead><tr><td></td>");
    for (int k = 0; k < r->classes; k++) {
        pv_html_raw(h, "<th scope=\"col\">");
        pv_html_text(h, r->class_name[k]);
        pv_html_raw(h, "</th>");
    }
    pv_html_raw(h, "</tr></thead><tbody>\n");
    for (int i = 0; i < r->classes; i++) {
        pv_results_class c = pv_results_of_class(r, m, i);
        pv_html_raw(h, "<tr><th scope=\"row\">");
        pv_html_text(h, r->class_name[i]);
        pv_html_raw(h, "</th>");
        for (int k = 0; k < r->classes; k++)
            matrix_cell(h, m->confusion[(int64_t)i * r->classes + k], c.count, i == k);
        pv_html_raw(h, "</tr>\n");
    }
    pv_html_raw(h, "</tbody></table></div></section>\n");
}

static void classes(pv_html *h, const pv_results *r)
{
    const pv_results_model *m = &r->model[0];
    int rows = r->classes < MATRIX_MAX ? r->classes : MATRIX_MAX;
    pv_svg_row row[MATRIX_MAX + 1];
    pv_results_class all = pv_results_of_all(m);
    int n = 0;
    row[n++] = (pv_svg_row){"all", all.accuracy, all.low, all.high, 1};
    for (int i = 0; i < rows; i++) {
        pv_results_class c = pv_results_of_class(r, m, i);
        if (c.count > 0) row[n++] = (pv_svg_row){r->class_name[i], c.accuracy, c.low, c.high, 0};
    }
    pv_html_raw(h, "<section class=\"c5\"><h2>Accuracy by class</h2>\n");
    pv_svg_intervals(h, &(pv_svg_dots){.id = "cls",
                                       .title = "Share of each class that was recognised, with its "
                                                "95 % interval",
                                       .row = row,
                                       .rows = n,
                                       .digits = 1,
                                       .width = 430,
                                       .label_width = 70});
    pv_html_raw(h, "<p class=\"s soft\">Dot: measured. Bar: 95\u202f% interval "
                   "(Clopper–Pearson).</p></section>\n");
}

static void picture(pv_html *h, const pv_results *r, const pv_results_sample *s)
{
    int wrong = s->label != s->answer;
    if (!pv_html_is_base64(s->png)) {
        if (h->status == PV_OK)
            h->status =
                pv_trail_fail(PV_ERR_FORMAT, __FILE__, __LINE__,
                              "test sample %lld: its picture is not base64", (long long)s->index);
        return;
    }
    pv_html_rawf(h, "<li%s><figure><img src=\"data:image/png;base64,%s\" alt=\"",
                 wrong ? " class=\"wrong\"" : "", s->png);
    pv_html_textf(h, "Test sample %lld: a %s, answered %s", (long long)s->index,
                  r->class_name[s->label], r->class_name[s->answer]);
    pv_html_raw(h, "\"><figcaption><b>");
    pv_html_text(h, r->class_name[s->answer]);
    pv_html_rawf(h, "</b> at %.0f\u202f%%", 100 * s->probability);
    if (wrong) {
        pv_html_raw(h, " <span class=\"tag\">is ");
        pv_html_text(h, r->class_name[s->label]);
        pv_html_raw(h, "</span>");
    }
    pv_html_raw(h, "</figcaption></figure></li>\n");
}

static void gallery(pv_html *h, const pv_results *r)
{
    const pv_results_model *m = &r->model[0];
    int64_t wrong = m->count - m->correct;
    int shown = 0;
    if (r->worst_count == 0 && r->unchosen_count == 0) return;
    for (int i = 0; i < r->worst_count; i++) shown += r->worst[i].label != r->worst[i].answer;
    pv_html_raw(h, "<div class=\"row\">\n<section class=\"c12 gallery\"><h2>Worst answers "
                   "first</h2>\n<p class=\"s soft\">The test samples whose true class the model "
                   "gave the least probability: ");
    pv_html_rawf(h, "%d of its ", shown);
    pv_html_count(h, wrong);
    pv_html_raw(h, " errors are among them, marked. Under each picture: the answer, how sure the "
                   "model was, and, where it was wrong, what it is.</p>\n<ul class=\"gal\">\n");
    for (int i = 0; i < r->worst_count; i++) picture(h, r, &r->worst[i]);
    pv_html_rawf(h,
                 "</ul></section>\n<section class=\"c12 gallery\"><h2>And some nobody chose</h2>\n"
                 "<p class=\"s soft\">The first %d samples of the test set, as they come.</p>\n"
                 "<ul class=\"gal\">\n",
                 r->unchosen_count);
    for (int i = 0; i < r->unchosen_count; i++) picture(h, r, &r->unchosen[i]);
    pv_html_raw(h, "</ul></section>\n</div>\n");
}

static void fact(pv_html *h, const char *name, const char *value)
{
    pv_html_rawf(h, "<dt>%s</dt><dd>", name);
    pv_html_text(h, value);
    pv_html_raw(h, "</dd>");
}

static void limits(pv_html *h, const pv_results *r)
{
    pv_html_raw(h, "<div class=\"row\">\n<section class=\"c6\"><h2>Not measured</h2>\n"
                   "<ul class=\"tight\">\n");
    for (int i = 0; i < r->not_measured_count; i++) {
        pv_html_raw(h, "<li>");
        pv_html_text(h, r->not_measured[i]);
        pv_html_raw(h, "</li>\n");
    }
    pv_html_raw(h,
                "</ul></section>\n<section class=\"c6\"><h2>To make this page again</h2>\n<pre>");
    pv_html_text(h, r->command);
    pv_html_raw(h, "</pre>\n<dl class=\"facts2\">");
    fact(h, "Data", r->data);
    pv_html_raw(h, "<dt>Samples</dt><dd>");
    pv_html_count(h, r->train);
    pv_html_raw(h, " training, ");
    pv_html_count(h, r->validation);
    pv_html_raw(h, " validation, ");
    pv_html_count(h, r->model[0].count);
    pv_html_raw(h, " test</dd>");
    fact(h, "Machine", r->machine);
    fact(h, "Program", "privet " PV_VERSION);
    pv_html_raw(h, "</dl></section>\n</div>\n");
}

pv_status pv_page_write(pv_str *out, const pv_results *r)
{
    pv_html h = {0};
    pv_page_head_open(&h);
    pv_html_text(&h, r->title);
    pv_page_head_close(&h, "");
    heading(&h, r);
    figures(&h, r);
    curves(&h, r);
    pv_html_raw(&h, "<div class=\"row\">\n");
    matrix(&h, r);
    classes(&h, r);
    pv_html_raw(&h, "</div>\n");
    gallery(&h, r);
    limits(&h, r);
    pv_page_foot(&h);
    pv_status status = h.status;
    if (status == PV_OK) status = pv_str_append(out, pv_str_text(&h.out));
    pv_html_clear(&h);
    return status;
}
