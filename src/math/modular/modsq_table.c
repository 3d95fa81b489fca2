/* One base, many exponents: row i of the table holds the powers of base^(2^(window·i)), so that a
 * power is a product of one entry a row. Exponents go through the rows in blocks of groups: a row
 * is read from far away once a block. */
#include "math/modular/modsq_i.h"

#include "base/secret.h"

#include <omp.h>
#include <string.h>

enum { BLOCK = 32 };

struct pv_modsq_table {
    const pv_modsq *r;
    size_t bits, rows, words, row_words;
    int window;
    uint64_t *entries;
};

static int window_for(const pv_modsq *r, size_t bits)
{
    int best = r->ops->lanes > 1 ? 7 : 5;
    while (best > 1 && (size_t)best > bits) best--;
    return best;
}

static pv_status no_memory(size_t words)
{
    PV_FAIL_MEMORY(words * sizeof(uint64_t));
}

/* The rows' bases, then a group's rows at a time. */
static pv_status fill(pv_modsq_table *t, const uint64_t *base, int threads)
{
    const pv_modsq *r = t->r;
    size_t h = r->half, lanes = (size_t)r->ops->lanes, groups = pv_modsq_groups(r, t->rows);
    size_t words = (2 + 3 * groups + groups + 2) * h;
    uint64_t *x = pv_alloc_aligned(words, sizeof *x), *all = NULL;
    if (x == NULL) PV_FAIL_MEMORY(words * sizeof *x);
    uint64_t *bases = x + 2 * h, *inverses = bases + 2 * groups * h, *s = inverses + groups * h;
    pv_modsq_enter(r, x, base, 1);
    for (size_t g = 0; g < groups; g++) memcpy(bases + 2 * g * h, r->one, 2 * h * sizeof *bases);
    for (size_t i = 0; i < t->rows; i++) {
        uint64_t *to = bases + i / lanes * 2 * h + i % lanes;
        for (size_t d = 0; d < 2 * r->digits; d++) to[d * lanes] = x[d * lanes];
        for (int k = 0; k < t->window && i + 1 < t->rows; k++) r->ops->square(r, x, x);
    }
    for (size_t g = 0; g < groups; g++)
        memcpy(inverses + g * h, bases + 2 * g * h, h * sizeof *bases);
    pv_status status = pv_modsq_invert_halves(r, inverses, groups, 0, s);
    int workers = threads;
    size_t scratch = pv_modsq_row_scratch(r) / h;
    if (status == PV_OK) status = pv_modsq_scratch(&all, r, &workers, groups, scratch);
    if (status == PV_OK) {
#pragma omp parallel for num_threads(workers) if (workers > 1)
        for (size_t g = 0; g < groups; g++) {
            uint64_t *rows[PV_MODSQ_LANES_MAX];
            for (size_t lane = 0; lane < lanes; lane++) {
                size_t i = g * lanes + lane;
                rows[lane] = i < t->rows ? t->entries + i * t->row_words : NULL;
            }
            pv_modsq_row_make(r, rows, t->window, bases + 2 * g * h, inverses + g * h,
                              all + (size_t)omp_get_thread_num() * scratch * h);
        }
        pv_modsq_scratch_free(all, r, workers, scratch);
    }
    pv_secret_wipe(x, words * sizeof *x);
    pv_free(x);
    return status;
}

pv_status pv_modsq_table_new(pv_modsq_table **out, const pv_modsq *r, const uint64_t *base,
                             size_t bits, int window, int threads)
{
    *out = NULL;
    if (bits == 0 || window < 0 || window > PV_MODSQ_WINDOW_MAX)
        PV_FAIL(PV_ERR_RANGE,
                "table for exponents of %zu bits by windows of %d: at least 1 "
                "bit and at most %d bits a window",
                bits, window, (int)PV_MODSQ_WINDOW_MAX);
    if (window == 0) window = window_for(r, bits);
    pv_modsq_table *t = pv_calloc(1, sizeof *t);
    if (t == NULL) PV_FAIL_MEMORY(sizeof *t);
    *t = (pv_modsq_table){.r = r, .bits = bits, .window = window};
    t->rows = (bits + (size_t)window - 1) / (size_t)window;
    t->row_words = pv_modsq_row_words(r, window);
    t->words = t->rows * t->row_words;
    t->entries = pv_alloc_table(t->words, sizeof *t->entries);
    pv_status status = t->entries == NULL ? no_memory(t->words) : fill(t, base, threads);
    if (status != PV_OK)
        pv_modsq_table_free(t);
    else
        *out = t;
    return status;
}

void pv_modsq_table_free(pv_modsq_table *t)
{
    if (t == NULL) return;
    if (t->entries != NULL) pv_secret_wipe(t->entries, t->words * sizeof *t->entries);
    pv_free(t->entries);
    pv_free(t);
}

size_t pv_modsq_table_bytes(const pv_modsq_table *t)
{
    return sizeof *t + t->words * sizeof *t->entries;
}

/* acc: 3 halves a group */
static void block(const pv_modsq_table *t, uint64_t *acc, uint64_t *out, const uint64_t *e,
                  size_t groups, size_t count)
{
    const pv_modsq *r = t->r;
    size_t h = r->half, lanes = (size_t)r->ops->lanes, limbs = (t->bits + 63) / 64;
    uint64_t digit[BLOCK * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    memset(digit, 0, sizeof digit);
    for (size_t g = 0; g < groups; g++) pv_modsq_acc_one(r, acc + 3 * g * h);
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t k = 0; k < count; k++)
            digit[k] = pv_modsq_digit(e + k * limbs, limbs, i * (size_t)t->window, t->window);
        r->ops->row_mul(r, acc, groups, t->entries + i * t->row_words, t->window, digit);
        if (i % PV_MODSQ_SUMS == PV_MODSQ_SUMS - 1)
            for (size_t g = 0; g < groups; g++) pv_modsq_acc_settle(r, acc + 3 * g * h);
    }
    for (size_t g = 0; g < groups; g++) {
        pv_modsq_acc_element(r, acc + 3 * g * h, acc + 3 * g * h);
        pv_modsq_leave(r, out + g * lanes * 2 * r->limbs, acc + 3 * g * h,
                       pv_modsq_in_group(r, count, g));
    }
    pv_secret_wipe(digit, sizeof digit);
}

pv_status pv_modsq_table_pow(const pv_modsq_table *t, uint64_t *out, const uint64_t *e,
                             size_t count, int threads)
{
    const pv_modsq *r = t->r;
    size_t groups = pv_modsq_groups(r, count), lanes = (size_t)r->ops->lanes;
    size_t workers = threads > 1 ? (size_t)threads : 1, size = (groups + workers - 1) / workers;
    if (size > BLOCK) size = BLOCK;
    size_t blocks = size > 0 ? (groups + size - 1) / size : 0, limbs = (t->bits + 63) / 64;
    uint64_t *all;
    PV_TRY(pv_modsq_scratch(&all, r, &threads, blocks, 3 * size));
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t b = 0; b < blocks; b++) {
        size_t first = b * size * lanes, left = count - first;
        size_t n = left < size * lanes ? left : size * lanes;
        block(t, all + (size_t)omp_get_thread_num() * 3 * size * r->half,
              out + first * 2 * r->limbs, e + first * limbs, pv_modsq_groups(r, n), n);
    }
    pv_modsq_scratch_free(all, r, threads, 3 * size);
    return PV_OK;
}
