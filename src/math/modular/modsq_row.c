/* Rows of fixed tables and the accumulators that take their entries, see modsq_i.h. */
#include "math/modular/modsq_i.h"

#include "base/ct.h"
#include "base/secret.h"

#include <gmp.h>
#include <string.h>

enum { L = PV_MODSQ_LIMBS_MAX, BATCH = 8 };

static size_t row_stride(int window)
{
    size_t entries = (size_t)1 << window;
    return entries < PV_MODSQ_ROW_MIN ? PV_MODSQ_ROW_MIN : entries;
}

size_t pv_modsq_row_words(const pv_modsq *r, int window)
{
    return 2 * r->digits * row_stride(window);
}

size_t pv_modsq_row_scratch(const pv_modsq *r)
{
    return (4 * BATCH + 1) * r->half;
}

/* Entries first.. of every lane's row: row[digit·stride + k], a's digits, then t's. They go in
 * together, since neighbours share a cache line of the row. */
static void put(const pv_modsq *r, uint64_t *const *rows, size_t stride, size_t first, size_t count,
                const uint64_t *a, const uint64_t *t)
{
    size_t lanes = (size_t)r->ops->lanes, digits = r->digits, h = r->half;
    for (size_t i = 0; i < 2 * digits; i++) {
        const uint64_t *from = i < digits ? a + i * lanes : t + (i - digits) * lanes;
        for (size_t lane = 0; lane < lanes; lane++) {
            if (rows[lane] == NULL) continue;
            uint64_t *to = rows[lane] + i * stride + first;
            for (size_t k = 0; k < count; k++) to[k] = from[k * h + lane];
        }
    }
}

/* With u for an entry's a and v = R/u: u' = (u·u1 + q·m)/R, and t' = t + t1 - q·v'/R, all t
 * multiplied by R. */
void pv_modsq_row_make(const pv_modsq *r, uint64_t *const *rows, int window, const uint64_t *base,
                       const uint64_t *inverse, uint64_t *scratch)
{
    const pv_modsq_ops *ops = r->ops;
    size_t h = r->half, size = h * sizeof *scratch, entries = (size_t)1 << window;
    uint64_t *u = scratch, *v = u + BATCH * h, *q = v + BATCH * h, *t = q + BATCH * h;
    uint64_t *t1 = t + BATCH * h;
    ops->half(r, t1, NULL, base + h, inverse);
    for (size_t first = 0; first < entries; first += BATCH) {
        size_t count = entries - first < BATCH ? entries - first : BATCH;
        size_t begin = 0, last = BATCH - 1;
        if (first == 0) { /* 1 and the base itself; R/u is 1 for the former */
            memcpy(u, r->one, size);
            memcpy(t, r->one + h, size);
            memcpy(u + h, base, size);
            memcpy(t + h, t1, size);
            ops->half(r, v + h, NULL, inverse, r->plain);
            begin = 2, last = 1;
        }
        for (size_t k = begin, from = last; k < count; from = k++)
            ops->half_two(r, u + k * h, q + k * h, u + from * h, base, v + k * h, v + from * h,
                          inverse);
        for (size_t k = begin; k < count; k += 2) /* counts are even */
            ops->half_two(r, q + k * h, NULL, q + k * h, v + k * h, q + (k + 1) * h,
                          q + (k + 1) * h, v + (k + 1) * h);
        for (size_t k = begin, from = last; k < count; from = k++)
            ops->combine(r, t + k * h, t + from * h, t1, q + k * h);
        put(r, rows, row_stride(window), first, count, u, t);
    }
}

void pv_modsq_acc_one(const pv_modsq *r, uint64_t *acc)
{
    memcpy(acc, r->one, 2 * r->half * sizeof *acc);
    memset(acc + 2 * r->half, 0, r->half * sizeof *acc);
}

/* u·(1 + m·t) + m·s = u + m·(s + u·t). The half product leaves the digits of t below the radix
 * first: they are sums. */
void pv_modsq_acc_element(const pv_modsq *r, uint64_t *element, const uint64_t *acc)
{
    size_t h = r->half;
    uint64_t t[PV_MODSQ_DIGITS_MAX * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    r->ops->sum(r, t, acc + 2 * h, r->zero);
    r->ops->half(r, t, NULL, t, acc);
    r->ops->sum(r, element + h, acc + h, t);
    memmove(element, acc, h * sizeof *element);
    pv_secret_wipe(t, h * sizeof *t);
}

void pv_modsq_acc_settle(const pv_modsq *r, uint64_t *acc)
{
    pv_modsq_acc_element(r, acc, acc);
    memset(acc + 2 * r->half, 0, r->half * sizeof *acc);
}

/* x: limbs + 1 limbs, below 2m; replaced by its inverse. 0: there is none. */
static int invert(const pv_modsq *r, uint64_t *x, int open, mp_limb_t *scratch)
{
    size_t n = r->limbs;
    mp_limb_t *limbs = (mp_limb_t *)(void *)x;
    const mp_limb_t *m = (const mp_limb_t *)(const void *)r->m64;
    if (open) {
        mpz_t a, b, inverse;
        mpz_roinit_n(a, limbs, (mp_size_t)(n + 1));
        mpz_roinit_n(b, m, (mp_size_t)n);
        mpz_init(inverse);
        int ok = mpz_invert(inverse, a, b);
        memset(x, 0, (n + 1) * sizeof *x);
        if (ok) mpz_export(x, NULL, -1, sizeof *x, 0, 0, inverse);
        mpz_clear(inverse);
        return ok;
    }
    mp_limb_t in[L + 1];
    memcpy(in, limbs, (n + 1) * sizeof *in);
    /* a division would look up m's top limb in a table */
    mp_limb_t less[L + 1];
    for (int k = 0; k < 2; k++) {
        mp_limb_t borrow = mpn_sub_n(less, in, m, (mp_size_t)n);
        less[n] = in[n] - borrow;
        uint64_t keep = less[n] >> 63;
        for (size_t i = 0; i <= n; i++) in[i] = pv_secret_select(keep, in[i], less[i]);
    }
    pv_secret_wipe(less, sizeof less);
    int ok = mpn_sec_invert(limbs, in, m, (mp_size_t)n, (mp_bitcnt_t)(2 * 64 * n), scratch);
    x[n] = 0;
    pv_secret_wipe(in, sizeof in);
    PV_CT_PUBLIC(&ok, sizeof ok); /* that there is an inverse is no secret */
    return ok;
}

/* Lane i of out: lane i + by of x, around. */
static void turn(const pv_modsq *r, uint64_t *out, const uint64_t *x, size_t by)
{
    size_t lanes = (size_t)r->ops->lanes;
    for (size_t d = 0; d < r->digits; d++)
        for (size_t i = 0; i < lanes; i++) out[d * lanes + i] = x[d * lanes + (i + by) % lanes];
}

/* x = the product of all lanes, in each of them; others: of all lanes but this one. */
static void fold(const pv_modsq *r, uint64_t *x, uint64_t *others)
{
    uint64_t turned[PV_MODSQ_DIGITS_MAX * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    for (size_t by = 1; by < (size_t)r->ops->lanes; by *= 2) { /* x: lanes i to i + by - 1 */
        turn(r, turned, x, by);
        if (by == 1)
            memcpy(others, turned, r->half * sizeof *others);
        else
            r->ops->half(r, others, NULL, others, turned);
        r->ops->half(r, x, NULL, x, turned);
    }
    pv_secret_wipe(turned, r->half * sizeof *turned);
}

/* Montgomery's trick, of groups and then of lanes: one inversion of the product of all. */
pv_status pv_modsq_invert_halves(const pv_modsq *r, uint64_t *halves, size_t groups, int open,
                                 uint64_t *scratch)
{
    const pv_modsq_ops *ops = r->ops;
    size_t h = r->half, n = r->limbs;
    uint64_t *inverse = scratch + groups * h, *others = inverse + h, x[L + 1];
    mp_size_t need = mpn_sec_invert_itch((mp_size_t)n);
    if (groups == 0) return PV_OK;
    mp_limb_t *gmp = pv_alloc((size_t)need, sizeof *gmp);
    if (gmp == NULL) PV_FAIL_MEMORY((size_t)need * sizeof *gmp);
    memcpy(scratch, halves, h * sizeof *halves);
    for (size_t g = 1; g < groups; g++)
        ops->half(r, scratch + g * h, NULL, scratch + (g - 1) * h, halves + g * h);
    memcpy(inverse, scratch + (groups - 1) * h, h * sizeof *inverse);
    fold(r, inverse, others);
    ops->half(r, inverse, NULL, inverse, r->plain);
    ops->half(r, inverse, NULL, inverse, r->r2); /* below 2m, which a single half need not be */
    pv_modsq_unpack(r, x, n + 1, inverse, 0);
    int ok = invert(r, x, open, gmp);
    if (ok) {
        for (int lane = 0; lane < ops->lanes; lane++) pv_modsq_pack(r, inverse, lane, x, n + 1);
        ops->half(r, inverse, NULL, inverse, r->r2); /* 1/(x·R) into R/x */
        ops->half(r, inverse, NULL, inverse, r->r2);
        if (ops->lanes > 1) ops->half(r, inverse, NULL, inverse, others);
        for (size_t g = groups - 1; g > 0; g--) {
            ops->half(r, scratch + g * h, NULL, inverse, scratch + (g - 1) * h);
            ops->half(r, inverse, NULL, inverse, halves + g * h);
            memcpy(halves + g * h, scratch + g * h, h * sizeof *halves);
        }
        memcpy(halves, inverse, h * sizeof *halves);
    }
    pv_secret_wipe(gmp, (size_t)need * sizeof *gmp);
    pv_secret_wipe(x, sizeof x);
    pv_free(gmp);
    if (ok) return PV_OK;
    PV_FAIL(PV_ERR_RANGE, "a base shares a factor with the modulus: no table of it is made");
}
