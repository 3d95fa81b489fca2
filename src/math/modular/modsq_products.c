/* Products of powers. The unit of work is a pair (row, window): its product over all terms of one
 * digit's powers needs no squarings, and all units of a column share the tables of its bases, so
 * that they fill the lanes. What squares comes last, once for each result: the windows' products
 * are put together by Horner's rule, starting from the inverse of all bases' product, which is what
 * the exponents' offset is divided out by.
 *
 * A chunk is some columns with all their terms, or one column with some of its terms: as many
 * tables as the second-level and third-level caches like.
 */
#include "math/modular/modsq_i.h"

#include "base/secret.h"

#include <omp.h>
#include <string.h>

enum { CHUNK = 256, BLOCK = 32 };

typedef struct job {
    const pv_modsq *r;
    const uint64_t *base;
    const pv_wide *e; /* with the offset */
    size_t bits, rows, columns, terms;
    int window;
    size_t windows, units, groups; /* of one column */
    size_t c0, nc, t0, nt;         /* the chunk */
    size_t row_words, base_groups;
    int threads;
    uint64_t *tables;   /* [nc][nt] rows */
    uint64_t *acc;      /* [nc][groups] accumulators */
    uint64_t *bases;    /* [nc][base_groups] elements: a column's bases, in lanes */
    uint64_t *inverses; /* [nc·base_groups] halves, and the same again + 2 for the inversion */
    uint64_t *product;  /* [nc] elements: products of bases */
    uint64_t *open;     /* [nc] residues at the door */
    uint64_t *scratch;
    size_t scratch_halves;
} job;

static size_t up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Half products of all units' multiplications and of the tables. */
static int window_for(const job *j)
{
    double best = 0;
    int window = 1;
    for (int w = 1; w <= PV_MODSQ_WINDOW_MAX && (size_t)w <= j->bits; w++) {
        size_t units = j->rows * up(j->bits, (size_t)w);
        double cost = (double)pv_modsq_groups(j->r, units) * (double)j->terms * 8 +
                      (double)pv_modsq_groups(j->r, j->terms) * 12 * (double)(1 << w);
        if (w > 1 && cost >= best) continue;
        best = cost;
        window = w;
    }
    return window;
}

static void copy_lane(const pv_modsq *r, uint64_t *to, size_t to_lane, const uint64_t *from,
                      size_t from_lane)
{
    size_t lanes = (size_t)r->ops->lanes;
    for (size_t d = 0; d < 2 * r->digits; d++)
        to[d * lanes + to_lane] = from[d * lanes + from_lane];
}

static void in_place_of_none(const pv_modsq *r, uint64_t *element, size_t count)
{
    for (size_t lane = count; lane < (size_t)r->ops->lanes; lane++)
        copy_lane(r, element, lane, r->one, lane);
}

/* j->product *= a column's bases of this chunk; every lane has the same. scratch: 4 halves */
static void multiply_bases(const job *j, size_t c, uint64_t *scratch)
{
    const pv_modsq *r = j->r;
    size_t h = r->half, lanes = (size_t)r->ops->lanes;
    uint64_t *all = j->product + c * 2 * h, *p = scratch, *other = scratch + 2 * h;
    memcpy(p, r->one, 2 * h * sizeof *p);
    for (size_t g = 0; g < j->base_groups; g++)
        r->ops->mul(r, p, p, j->bases + (c * j->base_groups + g) * 2 * h);
    for (size_t step = lanes / 2; step > 0; step /= 2) {
        for (size_t lane = 0; lane < lanes; lane++)
            copy_lane(r, other, lane, p, (lane + step) % lanes);
        r->ops->mul(r, p, p, other);
    }
    r->ops->mul(r, all, all, p);
}

static uint64_t *scratch_of(const job *j)
{
    return j->scratch + (size_t)omp_get_thread_num() * j->scratch_halves * j->r->half;
}

static pv_status bad_base(const job *j)
{
    const pv_modsq *r = j->r;
    size_t n = pv_modsq_limbs(r);
    for (size_t c = j->c0; c < j->c0 + j->nc; c++)
        for (size_t t = j->t0; t < j->t0 + j->nt; t++)
            if (!pv_modsq_invertible(r, j->base + (c * j->terms + t) * n))
                PV_FAIL(PV_ERR_RANGE, "base %zu of column %zu has no inverse modulo the square", t,
                        c);
    return PV_ERR_RANGE;
}

static pv_status make_tables(job *j)
{
    const pv_modsq *r = j->r;
    size_t h = r->half, n = pv_modsq_limbs(r), lanes = (size_t)r->ops->lanes;
    size_t groups = j->nc * j->base_groups;
#pragma omp parallel for num_threads(j->threads) if (j->threads > 1)
    for (size_t g = 0; g < groups; g++) {
        size_t c = g / j->base_groups, first = g % j->base_groups * lanes;
        size_t k = j->nt - first < lanes ? j->nt - first : lanes;
        uint64_t *x = j->bases + g * 2 * h;
        pv_modsq_enter(r, x, j->base + ((j->c0 + c) * j->terms + j->t0 + first) * n, k);
        in_place_of_none(r, x, k);
        memcpy(j->inverses + g * h, x, h * sizeof *x);
    }
    pv_status status = pv_modsq_invert_halves(r, j->inverses, groups, 1, j->inverses + groups * h);
    if (status == PV_ERR_RANGE) return bad_base(j);
    PV_TRY(status);
#pragma omp parallel for num_threads(j->threads) if (j->threads > 1)
    for (size_t g = 0; g < groups; g++) {
        size_t c = g / j->base_groups, first = g % j->base_groups * lanes;
        uint64_t *rows[PV_MODSQ_LANES_MAX];
        for (size_t lane = 0; lane < lanes; lane++)
            rows[lane] =
                first + lane < j->nt ? j->tables + (c * j->nt + first + lane) * j->row_words : NULL;
        pv_modsq_row_make(r, rows, j->window, j->bases + g * 2 * h, j->inverses + g * h,
                          scratch_of(j));
    }
    return PV_OK;
}

/* Digits of the units first.. of one term: unit = row·windows + window. */
static void digits(const job *j, uint64_t *digit, size_t first, size_t count, size_t term)
{
    for (size_t k = 0; k < count; k++) {
        size_t unit = first + k, row = unit / j->windows, w = unit % j->windows;
        digit[k] = pv_modsq_digit(j->e[row * j->terms + term].limb, PV_WIDE_LIMBS,
                                  w * (size_t)j->window, j->window);
    }
}

static void multiply_units(job *j)
{
    const pv_modsq *r = j->r;
    size_t h = r->half, lanes = (size_t)r->ops->lanes;
    size_t blocks = up(j->groups, BLOCK), size = up(j->groups, blocks);
    if (j->nc * blocks < (size_t)j->threads) {
        blocks = j->groups < (size_t)j->threads ? j->groups : (size_t)j->threads;
        size = up(j->groups, blocks);
    }
    blocks = up(j->groups, size);
#pragma omp parallel for num_threads(j->threads) if (j->threads > 1)
    for (size_t job_at = 0; job_at < j->nc * blocks; job_at++) {
        size_t c = job_at / blocks, g0 = job_at % blocks * size;
        size_t groups = j->groups - g0 < size ? j->groups - g0 : size, first = g0 * lanes;
        size_t count = j->units - first < groups * lanes ? j->units - first : groups * lanes;
        uint64_t *acc = j->acc + (c * j->groups + g0) * 3 * h;
        uint64_t digit[BLOCK * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
        memset(digit, 0, sizeof digit);
        for (size_t t = 0; t < j->nt; t++) {
            digits(j, digit, first, count, j->t0 + t);
            r->ops->row_mul(r, acc, groups, j->tables + (c * j->nt + t) * j->row_words, j->window,
                            digit);
            if ((j->t0 + t) % PV_MODSQ_SUMS == PV_MODSQ_SUMS - 1)
                for (size_t g = 0; g < groups; g++) pv_modsq_acc_settle(r, acc + 3 * g * h);
        }
        pv_secret_wipe(digit, sizeof digit);
    }
}

/* The chunk's columns are done but for the squarings. */
static pv_status put_together(job *j, uint64_t *out)
{
    const pv_modsq *r = j->r;
    const pv_modsq_ops *ops = r->ops;
    size_t h = r->half, n = pv_modsq_limbs(r), lanes = (size_t)ops->lanes, w = (size_t)j->window;
    size_t results = j->nc * j->rows, top = (j->windows - 1) * w;
#pragma omp parallel for num_threads(j->threads) if (j->threads > 1)
    for (size_t g = 0; g < j->nc * j->groups; g++)
        pv_modsq_acc_element(r, j->acc + 3 * g * h, j->acc + 3 * g * h);
    for (size_t c = 0; c < j->nc; c++)
        pv_modsq_leave(r, j->open + c * n, j->product + c * 2 * h, 1);
    PV_TRY(pv_modsq_inverse(r, j->open, j->open, j->nc));
    for (size_t c = 0; c < j->nc; c++) {
        pv_modsq_enter(r, j->product + c * 2 * h, j->open + c * n, 1);
    }
#pragma omp parallel for num_threads(j->threads) if (j->threads > 1)
    for (size_t g = 0; g < up(results, lanes); g++) {
        uint64_t *x = scratch_of(j), *y = x + 2 * h;
        size_t count = results - g * lanes < lanes ? results - g * lanes : lanes;
        memset(y, 0, 2 * h * sizeof *y);
        memset(x, 0, 2 * h * sizeof *x);
        for (size_t lane = 0; lane < count; lane++)
            copy_lane(r, x, lane, j->product + (g * lanes + lane) / j->rows * 2 * h, 0);
        for (size_t k = top; k + 1 < j->bits; k++) ops->square(r, x, x);
        for (size_t v = j->windows; v-- > 0;) {
            for (size_t k = 0; k < w && v + 1 < j->windows; k++) ops->square(r, x, x);
            for (size_t lane = 0; lane < count; lane++) {
                size_t result = g * lanes + lane;
                size_t unit = result % j->rows * j->windows + v;
                copy_lane(r, y, lane,
                          j->acc + (result / j->rows * j->groups + unit / lanes) * 3 * h,
                          unit % lanes);
            }
            ops->mul(r, x, x, y);
        }
        uint64_t door[PV_MODSQ_LANES_MAX * 2 * PV_MODSQ_LIMBS_MAX];
        pv_modsq_leave(r, door, x, count);
        for (size_t lane = 0; lane < count; lane++) {
            size_t result = g * lanes + lane, c = j->c0 + result / j->rows, k = result % j->rows;
            memcpy(out + (k * j->columns + c) * n, door + lane * n, n * sizeof *out);
        }
    }
    return PV_OK;
}

static void chunk_begin(job *j)
{
    const pv_modsq *r = j->r;
    for (size_t g = 0; g < j->nc * j->groups; g++) pv_modsq_acc_one(r, j->acc + 3 * g * r->half);
    for (size_t c = 0; c < j->nc; c++)
        memcpy(j->product + c * 2 * r->half, r->one, 2 * r->half * sizeof *r->one);
}

static size_t columns_of_chunk(const job *j)
{
    size_t n = j->terms > 0 ? CHUNK / j->terms : j->columns;
    return n < 1 ? 1 : n > j->columns ? j->columns : n;
}

static pv_status run(job *j, uint64_t *out)
{
    size_t columns = columns_of_chunk(j);
    for (j->c0 = 0; j->c0 < j->columns; j->c0 += columns) {
        j->nc = j->columns - j->c0 < columns ? j->columns - j->c0 : columns;
        chunk_begin(j);
        for (j->t0 = 0; j->t0 < j->terms; j->t0 += j->nt) {
            j->nt = j->terms - j->t0 < (size_t)CHUNK ? j->terms - j->t0 : (size_t)CHUNK;
            j->base_groups = pv_modsq_groups(j->r, j->nt);
            PV_TRY(make_tables(j));
#pragma omp parallel for num_threads(j->threads) if (j->threads > 1 && j->nc > 1)
            for (size_t c = 0; c < j->nc; c++) multiply_bases(j, c, scratch_of(j));
            multiply_units(j);
        }
        PV_TRY(put_together(j, out));
    }
    return PV_OK;
}

static pv_status no_memory(size_t words)
{
    PV_FAIL_MEMORY(words * sizeof(uint64_t));
}

/* e + 2^(bits-1) */
static pv_wide *with_offset(const job *j, const pv_wide *e)
{
    size_t n = j->rows * j->terms;
    pv_wide *sums = pv_alloc(n, sizeof *sums);
    pv_wide offset = pv_wide_shl(pv_wide_from(1), (unsigned)(j->bits - 1));
    for (size_t i = 0; sums != NULL && i < n; i++) sums[i] = pv_wide_add(e[i], offset);
    return sums;
}

pv_status pv_modsq_products(const pv_modsq *r, uint64_t *out, const uint64_t *base,
                            const pv_wide *e, size_t bits, size_t rows, size_t columns,
                            size_t terms, int threads)
{
    if (bits < 1 || bits > PV_WIDE_BITS)
        PV_FAIL(PV_ERR_RANGE, "exponents of %zu bits: 1 to %d are expected", bits,
                (int)PV_WIDE_BITS);
    if (rows == 0 || columns == 0) return PV_OK;
    job j = {.r = r,
             .base = base,
             .bits = bits,
             .rows = rows,
             .columns = columns,
             .terms = terms,
             .threads = threads < 1 ? 1 : threads};
    size_t h = r->half, n = pv_modsq_limbs(r);
    j.window = window_for(&j);
    j.windows = up(bits, (size_t)j.window);
    j.units = rows * j.windows;
    j.groups = pv_modsq_groups(r, j.units);
    j.row_words = pv_modsq_row_words(r, j.window);
    size_t most = terms < (size_t)CHUNK ? terms : (size_t)CHUNK;
    size_t nc = columns_of_chunk(&j);
    size_t base_groups = nc * pv_modsq_groups(r, most);
    j.scratch_halves = pv_modsq_row_scratch(r) / h;
    uint64_t *parts[6] = {NULL};
    size_t words[6] = {nc * most * j.row_words,
                       nc * j.groups * 3 * h,
                       base_groups * 2 * h,
                       (2 * base_groups + 2) * h,
                       nc * 2 * h,
                       (size_t)j.threads * j.scratch_halves * h};
    pv_status status = PV_OK;
    for (size_t i = 0; i < 6 && status == PV_OK; i++) {
        parts[i] = pv_alloc_table(words[i], sizeof *parts[i]);
        if (parts[i] == NULL) status = no_memory(words[i]);
    }
    pv_wide *sums = with_offset(&j, e);
    j.open = pv_alloc(nc * n, sizeof *j.open);
    if (status == PV_OK && (sums == NULL || j.open == NULL))
        status = no_memory(rows * terms * PV_WIDE_LIMBS);
    j.e = sums;
    j.tables = parts[0], j.acc = parts[1], j.bases = parts[2], j.inverses = parts[3];
    j.product = parts[4], j.scratch = parts[5];
    if (status == PV_OK) status = run(&j, out);
    for (size_t i = 0; i < 6; i++) {
        if (parts[i] != NULL && i != 0 && i != 2 && i != 3) /* those hold public bases */
            pv_secret_wipe(parts[i], words[i] * sizeof *parts[i]);
        pv_free(parts[i]);
    }
    pv_modsq_wipe_stacks(j.threads);
    if (sums != NULL) pv_secret_wipe(sums, rows * terms * sizeof *sums);
    pv_free(sums);
    pv_free(j.open);
    return status;
}
