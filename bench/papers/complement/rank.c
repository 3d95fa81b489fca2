/* bench_complement_rank: what linear algebra says about the paper's equations 9 and 10
 *
 *     bench_complement_rank [--conv1]
 *
 * (Sun, Wu, Hwang 2019, section 7.3.) The paper calls a convolution safe when the pixels around one
 * patch are more than the equations that touch it, N > M. Here are convolutions that pass, over a
 * window of p x p positions: A is the matrix that gives all their outputs from all pixels of the
 * window. Elimination with row pivoting finds its rank, and where that is the number of pixels, the
 * picture itself from the outputs: a handwritten digit, scaled to the window, from outputs as
 * doubles and from outputs rounded to float32, as they cross. Kernels are drawn from N(0, 1), with
 * seed 1.
 *
 * --conv1 adds AlexNet's first layer with 64 kernels, which the paper takes because N > M: a system
 * of 9,216 and one of 12,544 equations, 2.5 GB and minutes.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "data/glyph.h"
#include "privet/metric.h"
#include "privet/rng.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIGHT = 2 }; /* right-hand sides: exact, rounded */

typedef struct layer {
    int64_t n, s, l, k, p;
} layer;

typedef struct systems {
    int64_t rows, columns, width; /* width: columns and right-hand sides */
    double *a;                    /* [rows, width] */
    int64_t *last;                /* behind the last column of a row that is not 0 */
    int64_t *pivot;               /* [columns] row of a column's pivot; -1: free */
    int64_t rank;
} systems;

/* Columns are pixels in the order of rows, so that equations reach over a narrow band. */
static void fill(systems *m, const layer *v, const double *kernel, const double *x)
{
    int64_t side = v->n + (v->p - 1) * v->s, row = 0;
    for (int64_t i = 0; i < v->p; i++)
        for (int64_t j = 0; j < v->p; j++)
            for (int64_t k = 0; k < v->k; k++, row++) {
                double *a = m->a + row * m->width, sum = 0;
                const double *w = kernel + k * v->n * v->n * v->l;
                for (int64_t r = 0; r < v->n; r++)
                    for (int64_t c = 0; c < v->n * v->l; c++) {
                        int64_t at = ((i * v->s + r) * side + j * v->s) * v->l + c;
                        a[at] = w[r * v->n * v->l + c];
                        sum += a[at] * x[at];
                        m->last[row] = at + 1;
                    }
                a[m->columns] = sum;
                a[m->columns + 1] = (float)sum;
            }
}

static void exchange(systems *m, int64_t a, int64_t b)
{
    if (a == b) return;
    for (int64_t c = 0; c < m->width; c++) {
        double keep = m->a[a * m->width + c];
        m->a[a * m->width + c] = m->a[b * m->width + c];
        m->a[b * m->width + c] = keep;
    }
    int64_t keep = m->last[a];
    m->last[a] = m->last[b];
    m->last[b] = keep;
}

/* To echelon form. Numbers below `tolerance` of the largest of A count as 0. */
static void eliminate(systems *m, double tolerance)
{
    double largest = 0;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t c = 0; c < m->columns; c++)
            largest = fmax(largest, fabs(m->a[i * m->width + c]));
    m->rank = 0;
    for (int64_t c = 0; c < m->columns; c++) {
        int64_t best = -1;
        m->pivot[c] = -1;
        for (int64_t i = m->rank; i < m->rows; i++)
            if (best < 0 || fabs(m->a[i * m->width + c]) > fabs(m->a[best * m->width + c]))
                best = i;
        if (best < 0 || fabs(m->a[best * m->width + c]) <= tolerance * largest) continue;
        exchange(m, m->rank, best);
        const double *top = m->a + m->rank * m->width;
        int64_t end = m->last[m->rank];
        for (int64_t i = m->rank + 1; i < m->rows; i++) {
            double *row = m->a + i * m->width, factor = row[c] / top[c];
            if (row[c] == 0) continue;
            for (int64_t k = c; k < end; k++) row[k] -= factor * top[k];
            row[c] = 0;
            for (int64_t k = m->columns; k < m->width; k++) row[k] -= factor * top[k];
            if (m->last[i] < end) m->last[i] = end;
        }
        m->pivot[c] = m->rank++;
    }
}

/* Of right-hand side `which`; only for a rank of all columns. */
static void solve(float *x, const systems *m, int which)
{
    double *full = calloc((size_t)m->columns, sizeof *full);
    for (int64_t c = m->columns - 1; full != NULL && c >= 0; c--) {
        const double *row = m->a + m->pivot[c] * m->width;
        double sum = row[m->columns + which];
        for (int64_t k = c + 1; k < m->last[m->pivot[c]]; k++) sum -= row[k] * full[k];
        full[c] = sum / row[c];
        x[c] = (float)full[c];
    }
    free(full);
}

/* A digit over the window, the same in every channel. */
static void picture(double *x, int64_t side, int64_t l)
{
    uint8_t pixel[PV_GLYPH_PIXELS];
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
    pv_glyph_draw(pixel, 5, &r);
    for (int64_t i = 0; i < side; i++)
        for (int64_t j = 0; j < side; j++)
            for (int64_t c = 0; c < l; c++)
                x[(i * side + j) * l + c] =
                    pixel[i * PV_GLYPH_SIDE / side * PV_GLYPH_SIDE + j * PV_GLYPH_SIDE / side] /
                    255.0;
}

static void report(const systems *m, const double *x, int64_t side, int64_t l)
{
    if (m->rank < m->columns) {
        printf("no: %lld pixels or sums of them stay free\n", (long long)(m->columns - m->rank));
        return;
    }
    float *truth = calloc((size_t)m->columns, sizeof *truth),
          *found = calloc((size_t)m->columns, sizeof *found);
    for (int64_t c = 0; truth != NULL && c < m->columns; c++) truth[c] = (float)x[c];
    for (int which = 0; truth != NULL && found != NULL && which < RIGHT; which++) {
        double worst = 0, ssim = 0;
        solve(found, m, which);
        for (int64_t c = 0; c < m->columns; c++)
            worst = fmax(worst, fabs((double)found[c] - truth[c]));
        if (pv_ssim(&ssim, truth, found, (int)side, (int)side, (int)l, 1) != PV_OK) ssim = NAN;
        printf("%s largest error %.1e, SSIM %.4f", which == 0 ? "yes:" : "; from float32", worst,
               ssim);
    }
    printf("\n");
    free(truth);
    free(found);
}

static int run(const layer *v)
{
    int64_t side = v->n + (v->p - 1) * v->s, weights = v->k * v->n * v->n * v->l;
    int64_t p = (2 * v->n - 1) / v->s, window = v->n + (p - 1) * v->s;
    systems m = {.rows = v->p * v->p * v->k, .columns = side * side * v->l};
    m.width = m.columns + RIGHT;
    m.a = calloc((size_t)(m.rows * m.width), sizeof *m.a);
    m.last = calloc((size_t)m.rows, sizeof *m.last);
    m.pivot = calloc((size_t)m.columns, sizeof *m.pivot);
    double *kernel = calloc((size_t)weights, sizeof *kernel),
           *x = calloc((size_t)m.columns, sizeof *x), start = pv_clock_seconds();
    int bad = m.a == NULL || m.last == NULL || m.pivot == NULL || kernel == NULL || x == NULL;
    if (!bad) {
        pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
        for (int64_t i = 0; i < weights; i++) kernel[i] = pv_rng_normal(&r);
        picture(x, side, v->l);
        fill(&m, v, kernel, x);
        eliminate(&m, 1e-9);
        printf("n=%-2lld s=%lld l=%lld k=%-2lld  N=%-5lld M=%-5lld k/(s^2 l)=%.2f  p=%-2lld  %5lld "
               "equations, %5lld pixels, rank %5lld  %.1f s  inverted: ",
               (long long)v->n, (long long)v->s, (long long)v->l, (long long)v->k,
               (long long)(window * window * v->l), (long long)(p * p * v->k),
               (double)v->k / (double)(v->s * v->s * v->l), (long long)v->p, (long long)m.rows,
               (long long)m.columns, (long long)m.rank, pv_clock_seconds() - start);
        report(&m, x, side, v->l);
        fflush(stdout);
    }
    free(m.a);
    free(m.last);
    free(m.pivot);
    free(kernel);
    free(x);
    return bad;
}

int main(int argc, char **argv)
{
    static const layer layers[] = {
        {6, 2, 1, 4, 14},   {6, 2, 1, 6, 5},   {6, 2, 1, 6, 9},    {6, 2, 1, 6, 14},
        {11, 4, 1, 15, 15}, {11, 4, 1, 20, 9}, {11, 4, 1, 20, 15},
    };
    static const layer conv1[] = {{11, 4, 3, 47, 12}, {11, 4, 3, 64, 12}, {11, 4, 3, 64, 14}};
    int all = argc == 2 && strcmp(argv[1], "--conv1") == 0, bad = 0;
    if (argc > 2 || (argc == 2 && !all)) {
        fprintf(stderr, "usage: bench_complement_rank [--conv1]\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) bad |= run(&layers[i]);
    for (size_t i = 0; all && i < sizeof conv1 / sizeof *conv1; i++) bad |= run(&conv1[i]);
    if (bad) fprintf(stderr, "bench_complement_rank: out of memory\n");
    return bad;
}
