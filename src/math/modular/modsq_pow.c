/* Powers of bases that are used once: fixed windows, from the top. Each lane has its own table. */
#include "math/modular/modsq_i.h"

#include "base/ct.h"
#include "base/secret.h"

#include <omp.h>
#include <string.h>

typedef struct job {
    const pv_modsq *r;
    const uint64_t *e; /* one exponent, or one a residue */
    size_t e_limbs, stride, bits;
    int window;
} job;

/* Table and its multiplications against one multiplication a window. */
static int window_for(size_t bits)
{
    return bits > 1600 ? 5 : bits > 120 ? 4 : bits > 30 ? 3 : bits > 8 ? 2 : 1;
}

static size_t halves_for(const job *j)
{
    return 2 * (((size_t)1 << j->window) + 2);
}

static void digits(const job *j, uint64_t *digit, size_t first, size_t count, size_t at)
{
    size_t lanes = (size_t)j->r->ops->lanes;
    for (size_t lane = 0; lane < lanes; lane++)
        digit[lane] = lane < count ? pv_modsq_digit(j->e + (first + lane) * j->stride, j->e_limbs,
                                                    at, j->window)
                                   : 0;
}

/* The power of a group's elements, in scratch + 2 halves. */
static uint64_t *power(const job *j, uint64_t *scratch, const uint64_t *base, size_t first,
                       size_t count)
{
    const pv_modsq *r = j->r;
    const pv_modsq_ops *ops = r->ops;
    size_t element = 2 * r->half, entries = (size_t)1 << j->window, w = (size_t)j->window;
    uint64_t *chosen = scratch, *acc = scratch + element, *table = acc + element;
    uint64_t digit[PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    memcpy(table, r->one, element * sizeof *table);
    pv_modsq_enter(r, table + element, base + first * pv_modsq_limbs(r), count);
    for (size_t k = 2; k < entries; k++)
        if (k % 2 == 0)
            ops->square(r, table + k * element, table + k / 2 * element);
        else
            ops->mul(r, table + k * element, table + (k - 1) * element, table + element);
    size_t windows = (j->bits + w - 1) / w;
    memcpy(acc, r->one, element * sizeof *acc);
    for (size_t i = windows; i-- > 0;) {
        for (size_t k = 0; k < w && i + 1 < windows; k++) ops->square(r, acc, acc);
        digits(j, digit, first, count, i * w);
        ops->pick(r, chosen, table, entries, digit);
        ops->mul(r, acc, acc, chosen);
    }
    pv_secret_wipe(digit, sizeof digit);
    return acc;
}

/* log: (power - 1)/m instead of the power; *wrong says that there was none */
static pv_status powers(job *j, uint64_t *out, const uint64_t *base, size_t count, int threads,
                        int log, uint64_t *wrong)
{
    const pv_modsq *r = j->r;
    size_t groups = pv_modsq_groups(r, count), lanes = (size_t)r->ops->lanes;
    uint64_t *all, bad = 0;
    j->window = window_for(j->bits);
    j->e_limbs = (j->bits + 63) / 64;
    size_t halves = halves_for(j);
    PV_TRY(pv_modsq_scratch(&all, r, &threads, groups, halves));
#pragma omp parallel for num_threads(threads) if (threads > 1) reduction(| : bad)
    for (size_t g = 0; g < groups; g++) {
        uint64_t *scratch = all + (size_t)omp_get_thread_num() * halves * r->half;
        size_t first = g * lanes, k = pv_modsq_in_group(r, count, g);
        uint64_t *x = power(j, scratch, base, first, k);
        if (log)
            bad |= pv_modsq_leave_log(r, out + first * r->limbs, x, k);
        else
            pv_modsq_leave(r, out + first * 2 * r->limbs, x, k);
    }
    pv_modsq_scratch_free(all, r, threads, halves);
    PV_CT_PUBLIC(&bad, sizeof bad);
    *wrong = bad;
    return PV_OK;
}

pv_status pv_modsq_pow(const pv_modsq *r, uint64_t *out, const uint64_t *base, const uint64_t *e,
                       size_t bits, size_t count, int threads)
{
    uint64_t wrong;
    return powers(&(job){.r = r, .e = e, .bits = bits}, out, base, count, threads, 0, &wrong);
}

pv_status pv_modsq_pow_each(const pv_modsq *r, uint64_t *out, const uint64_t *base,
                            const uint64_t *e, size_t bits, size_t count, int threads)
{
    uint64_t wrong;
    return powers(&(job){.r = r, .e = e, .bits = bits, .stride = (bits + 63) / 64}, out, base,
                  count, threads, 0, &wrong);
}

pv_status pv_modsq_log(const pv_modsq *r, uint64_t *out, const uint64_t *base, const uint64_t *e,
                       size_t bits, size_t count, int threads)
{
    uint64_t wrong;
    PV_TRY(powers(&(job){.r = r, .e = e, .bits = bits}, out, base, count, threads, 1, &wrong));
    if (wrong != 0)
        PV_FAIL(PV_ERR_NUMERIC, "a power is no multiple of the modulus above 1: its base "
                                "shares a factor with the modulus, or this machine erred");
    return PV_OK;
}
