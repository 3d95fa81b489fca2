#include "attack/labels/layer.h"

#include "base/mem.h"
#include "math/lu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 8, FEW = 40 /* releases a class that a window should have */ };
enum { FIRST_ROUNDS = 20, ROUNDS = 4, SWEEPS = 2 };
static const double pull = 0.05, ridge = 1e-7, tiny = 1e-12;

typedef struct work {
    const pv_releases *r;
    const int32_t *held;
    int classes, width;
    double *w;       /* [classes, width] the layer, of norm 1, rows summing to zero */
    double *inverse; /* [classes, classes] of w·wᵀ, regularised */
    double *left;    /* [classes, classes] Σ GᵀG */
    double *right;   /* [classes, width] Σ Gᵀg */
    double *scratch; /* [classes, classes] */
    int32_t *pivot;
    double *unit, *g, *miss; /* [width], [classes], [classes]: of one release */
    double *sum;             /* [rows, classes] violations */
    int64_t *seen;           /* [rows] releases that were not zero */
    double *least;           /* [count] */
    int64_t leasts;
} work;

static void clear(work *k)
{
    pv_free(k->w);
    pv_free(k->inverse);
    pv_free(k->left);
    pv_free(k->right);
    pv_free(k->scratch);
    pv_free(k->pivot);
    pv_free(k->unit);
    pv_free(k->g);
    pv_free(k->miss);
    pv_free(k->sum);
    pv_free(k->seen);
    pv_free(k->least);
}

static pv_status init(work *k, const pv_releases *r, int classes, const int32_t *held)
{
    size_t c = (size_t)classes, w = (size_t)r->width;
    *k = (work){.r = r,
                .held = held,
                .classes = classes,
                .width = r->width,
                .w = pv_calloc(c * w, sizeof(double)),
                .inverse = pv_calloc(c * c, sizeof(double)),
                .left = pv_calloc(c * c, sizeof(double)),
                .right = pv_calloc(c * w, sizeof(double)),
                .scratch = pv_calloc(c * c, sizeof(double)),
                .pivot = pv_calloc(c, sizeof(int32_t)),
                .unit = pv_calloc(w, sizeof(double)),
                .g = pv_calloc(c, sizeof(double)),
                .miss = pv_calloc(c, sizeof(double)),
                .sum = pv_calloc((size_t)r->rows * c, sizeof(double)),
                .seen = pv_calloc((size_t)r->rows, sizeof(int64_t)),
                .least = pv_calloc((size_t)r->count, sizeof(double))};
    if (k->w == NULL || k->inverse == NULL || k->left == NULL || k->right == NULL ||
        k->scratch == NULL || k->pivot == NULL || k->unit == NULL || k->g == NULL ||
        k->miss == NULL || k->sum == NULL || k->seen == NULL || k->least == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the layer behind %lld gradients",
                (long long)r->count);
    return PV_OK;
}

/* The release as a unit vector; 0: it is zero. */
static int unit_of(work *k, int64_t release)
{
    const float *x = k->r->x + release * k->width;
    double square = 0;
    for (int j = 0; j < k->width; j++) square += (double)x[j] * x[j];
    if (!(square > 0)) return 0;
    double scale = 1 / sqrt(square);
    for (int j = 0; j < k->width; j++) k->unit[j] = x[j] * scale;
    return 1;
}

/* (w·wᵀ + a little)^-1: the rows of w sum to zero, so w·wᵀ is singular, and what G has along that
 * direction stays zero. */
static void invert(work *k)
{
    int c = k->classes;
    double trace = 0;
    for (int a = 0; a < c; a++)
        for (int b = 0; b < c; b++) {
            double dot = 0;
            for (int j = 0; j < k->width; j++)
                dot += k->w[a * k->width + j] * k->w[b * k->width + j];
            k->scratch[a * c + b] = dot;
            if (a == b) trace += dot;
        }
    for (int a = 0; a < c; a++) k->scratch[a * c + a] += ridge * trace / c + 1e-300;
    pv_lu_factor(k->scratch, k->pivot, c);
    pv_lu_inverse(k->scratch, k->pivot, c, k->inverse);
}

/* k->g = unit·wᵀ·(w·wᵀ)^-1; k->miss[y]: what has to be cut away for class y, relative. Returns the
 * class of the least. */
static int read_one(work *k, int64_t release)
{
    int c = k->classes, best = 0;
    double *dot = k->miss, negative = 0, square = 0;
    for (int a = 0; a < c; a++) {
        dot[a] = 0;
        for (int j = 0; j < k->width; j++) dot[a] += k->unit[j] * k->w[a * k->width + j];
    }
    for (int a = 0; a < c; a++) {
        k->g[a] = 0;
        for (int b = 0; b < c; b++) k->g[a] += k->inverse[a * c + b] * dot[b];
        square += k->g[a] * k->g[a];
        if (k->g[a] < 0) negative += k->g[a] * k->g[a];
    }
    for (int a = 0; a < c; a++) {
        double own = k->g[a] * k->g[a];
        k->miss[a] = (k->g[a] < 0 ? negative - own : negative + own) / (square + 1e-300);
        if (k->miss[a] < k->miss[best]) best = a;
    }
    int32_t known = k->held != NULL ? k->held[k->r->row[release]] : -1;
    return known >= 0 ? known : best;
}

/* The row of G that is nearest to k->g with its one negative entry at y. */
static void make_row(work *k, int y)
{
    double sum = 0;
    for (int a = 0; a < k->classes; a++) {
        if (a == y || k->g[a] < 0) k->g[a] = 0;
        sum += k->g[a];
    }
    k->g[y] = -sum;
}

static void add(work *k)
{
    int c = k->classes;
    for (int a = 0; a < c; a++) {
        if (k->g[a] == 0) continue;
        for (int b = 0; b < c; b++) k->left[a * c + b] += k->g[a] * k->g[b];
        for (int j = 0; j < k->width; j++) k->right[a * k->width + j] += k->g[a] * k->unit[j];
    }
}

/* w by least squares, pulled to what it was; then its common row and its scale are taken away. */
static void solve(work *k, double strength)
{
    int c = k->classes, n = c * k->width;
    double trace = 0, square = 0;
    for (int a = 0; a < c; a++) trace += k->left[a * c + a];
    double weight = strength * trace / c;
    for (int i = 0; i < n; i++) k->right[i] += weight * k->w[i];
    for (int a = 0; a < c; a++) k->left[a * c + a] += weight + 1e-9 * trace / c + 1e-300;
    pv_lu_factor(k->left, k->pivot, c);
    pv_lu_solve(k->left, k->pivot, c, k->right, k->width);
    for (int j = 0; j < k->width; j++) {
        double mean = 0;
        for (int a = 0; a < c; a++) mean += k->right[a * k->width + j] / c;
        for (int a = 0; a < c; a++) k->right[a * k->width + j] -= mean;
    }
    for (int i = 0; i < n; i++) square += k->right[i] * k->right[i];
    for (int i = 0; i < n && square > 0; i++) k->w[i] = k->right[i] / sqrt(square);
    memset(k->left, 0, (size_t)c * (size_t)c * sizeof *k->left);
    memset(k->right, 0, (size_t)n * sizeof *k->right);
    invert(k);
}

/* In the first steps the network knows nothing: G is 1/c - e_y for all. */
static void begin(work *k, int64_t end, const int32_t *label)
{
    for (int64_t i = 0; i < end; i++) {
        if (!unit_of(k, i)) continue;
        for (int a = 0; a < k->classes; a++) k->g[a] = 1.0 / k->classes;
        k->g[label[k->r->row[i]]] -= 1;
        add(k);
    }
    solve(k, 0);
}

static void window(work *k, int64_t from, int64_t to, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        for (int64_t i = from; i < to; i++) {
            if (!unit_of(k, i)) continue;
            make_row(k, read_one(k, i));
            add(k);
        }
        solve(k, pull);
    }
}

static void count(work *k, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        if (!unit_of(k, i)) continue;
        int y = read_one(k, i);
        double *sum = k->sum + (int64_t)k->r->row[i] * k->classes;
        for (int a = 0; a < k->classes; a++) sum[a] += k->miss[a];
        k->least[k->leasts++] = k->miss[y];
        k->seen[k->r->row[i]]++;
    }
}

static int64_t window_steps(const pv_releases *r, int classes)
{
    int64_t each = r->count / r->steps > 0 ? r->count / r->steps : 1;
    int64_t steps = (FEW * (int64_t)classes + each - 1) / each;
    if (steps < STEPS) steps = STEPS;
    return steps < r->steps ? steps : r->steps;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void name(pv_layer *l, work *k)
{
    for (int64_t row = 0; row < k->r->rows; row++) {
        const double *sum = k->sum + row * k->classes;
        int best = 0;
        double next = HUGE_VAL;
        for (int a = 1; a < k->classes; a++)
            if (sum[a] < sum[best]) best = a;
        for (int a = 0; a < k->classes; a++)
            if (a != best && sum[a] < next) next = sum[a];
        int32_t known = k->held != NULL ? k->held[row] : -1;
        l->label[row] = known >= 0 ? known : k->seen[row] > 0 ? best : -1;
        l->margin[row] = k->seen[row] > 0 ? log((next + tiny) / (sum[best] + tiny)) : 0;
        l->blank += l->label[row] < 0;
    }
    qsort(k->least, (size_t)k->leasts, sizeof *k->least, ascending);
    l->violation = k->leasts > 0 ? k->least[k->leasts / 2] : 1;
}

pv_status pv_layer_read(pv_layer *l, const pv_releases *r, int classes, const int32_t *label,
                        const int32_t *held)
{
    pv_status status = PV_OK;
    work k = {0};
    double *first = pv_alloc((size_t)classes, (size_t)r->width * sizeof *first);
    *l = (pv_layer){.label = pv_alloc((size_t)r->rows, sizeof *l->label),
                    .margin = pv_alloc((size_t)r->rows, sizeof *l->margin)};
    PV_TRY_GOTO(init(&k, r, classes, held));
    if (l->label == NULL || l->margin == NULL || first == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the labels of %lld rows",
                     (long long)r->rows);
    int64_t steps = window_steps(r, classes);
    begin(&k, r->first[steps], label);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        if (sweep > 0) memcpy(k.w, first, sizeof *first * (size_t)classes * (size_t)r->width);
        for (int64_t s = 0; s < r->steps; s += steps) {
            int64_t from = r->first[s], to = r->first[s + steps < r->steps ? s + steps : r->steps];
            window(&k, from, to, s == 0 ? FIRST_ROUNDS : ROUNDS);
            if (s == 0) memcpy(first, k.w, sizeof *first * (size_t)classes * (size_t)r->width);
            if (sweep == SWEEPS - 1) count(&k, from, to);
        }
    }
    name(l, &k);
done:
    pv_free(first);
    clear(&k);
    if (status != PV_OK) pv_layer_clear(l);
    return status;
}

void pv_layer_clear(pv_layer *l)
{
    pv_free(l->label);
    pv_free(l->margin);
    *l = (pv_layer){0};
}
