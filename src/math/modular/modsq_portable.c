/* The portable code: one lane of 64-bit digits. */
#include "math/modular/modsq_i.h"

#include "base/secret.h"

#include <string.h>

enum { MAX = PV_MODSQ_LIMBS_MAX + 1 };
typedef unsigned __int128 wide;

/* t[0..n) += x·y; what is carried out */
static uint64_t row(uint64_t *t, const uint64_t *x, uint64_t y, size_t n)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        wide w = (wide)x[i] * y + t[i] + carry;
        t[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
    }
    return carry;
}

static uint64_t add(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t n, uint64_t carry)
{
    for (size_t i = 0; i < n; i++) {
        wide w = (wide)x[i] + y[i] + carry;
        out[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
    }
    return carry;
}

static uint64_t subtract(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t n)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < n; i++) {
        wide w = (wide)x[i] - y[i] - borrow;
        out[i] = (uint64_t)w;
        borrow = (uint64_t)(w >> 64) & 1;
    }
    return borrow;
}

static void product(uint64_t *t, const uint64_t *x, const uint64_t *y, size_t n)
{
    memset(t, 0, 2 * n * sizeof *t);
    for (size_t i = 0; i < n; i++) t[i + n] = row(t + i, x, y[i], n);
}

/* x·x: the products of different digits once, doubled, and the squares. */
static void square_of(uint64_t *t, const uint64_t *x, size_t n)
{
    uint64_t carry = 0, top = 0;
    memset(t, 0, 2 * n * sizeof *t);
    for (size_t i = 0; i + 1 < n; i++) t[i + n] = row(t + 2 * i + 1, x + i + 1, x[i], n - i - 1);
    for (size_t i = 0; i < n; i++) {
        wide s = (wide)x[i] * x[i];
        uint64_t low = t[2 * i], high = t[2 * i + 1];
        wide w = (wide)(low << 1 | top) + (uint64_t)s + carry;
        t[2 * i] = (uint64_t)w;
        w = (wide)(high << 1 | low >> 63) + (uint64_t)(s >> 64) + (uint64_t)(w >> 64);
        t[2 * i + 1] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
        top = high >> 63;
    }
}

/* t is 2n limbs and is used up. q may be NULL. */
static void reduce(const pv_modsq *r, uint64_t *u, uint64_t *q, uint64_t *t)
{
    size_t n = r->digits;
    uint64_t over = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t k = t[i] * r->ninv;
        wide w = (wide)row(t + i, r->m, k, n) + t[i + n] + over;
        t[i + n] = (uint64_t)w;
        over = (uint64_t)(w >> 64);
        if (q != NULL) q[i] = k;
    }
    memcpy(u, t + n, n * sizeof *u);
}

/* (c - q)/R; c is 2n limbs and is used up */
static void reduce_less(const pv_modsq *r, uint64_t *u, uint64_t *c, const uint64_t *q)
{
    size_t n = r->digits;
    uint64_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        wide w = (wide)c[i] + ~q[i] + carry;
        c[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
    }
    carry += add(c, c, r->minus, n, 0);
    for (size_t i = n; i < 2 * n; i++) {
        wide w = (wide)c[i] + carry;
        c[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
    }
    reduce(r, u, NULL, c);
}

static void half(const pv_modsq *r, uint64_t *u, uint64_t *q, const uint64_t *x, const uint64_t *y)
{
    uint64_t t[2 * MAX];
    product(t, x, y, r->digits);
    reduce(r, u, q, t);
}

static void half_two(const pv_modsq *r, uint64_t *u, uint64_t *q, const uint64_t *x,
                     const uint64_t *y, uint64_t *u2, const uint64_t *x2, const uint64_t *y2)
{
    half(r, u, q, x, y);
    half(r, u2, NULL, x2, y2);
}

static void half_square(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *twice)
{
    uint64_t t[2 * MAX], mask = pv_secret_mask(twice[0]), top = 0;
    square_of(t, x, r->digits);
    reduce(r, out, NULL, t);
    for (size_t i = 0; i < r->digits; i++) {
        uint64_t w = out[i];
        out[i] = w + (w & mask) + top;
        top = w >> 63 & mask;
    }
}

static void sum(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y)
{
    add(out, x, y, r->digits, 0);
}

static void combine(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y,
                    const uint64_t *z)
{
    size_t n = r->digits;
    uint64_t s[MAX], d[MAX];
    add(s, x, y, n, 0);
    add(s, s, r->times[1], n, 0);
    subtract(s, s, z, n);
    for (int k = 0; k < 4; k++) {
        uint64_t keep = subtract(d, s, r->times[k], n);
        for (size_t i = 0; i < n; i++) s[i] = pv_secret_select(keep, s[i], d[i]);
    }
    memcpy(out, s, n * sizeof *s);
}

static void mul(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y)
{
    size_t n = r->digits;
    uint64_t t[2 * MAX], c[2 * MAX], q[MAX];
    product(c, x, y + n, n);
    product(t, x + n, y, n);
    add(c, c, t, 2 * n, 0);
    product(t, x, y, n);
    reduce(r, out, q, t);
    reduce_less(r, out + n, c, q);
}

static void mul_half(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y)
{
    size_t n = r->digits;
    uint64_t t[2 * MAX], c[2 * MAX], q[MAX];
    product(c, x, y + n, n);
    product(t, x, y, n);
    reduce(r, out, q, t);
    reduce_less(r, out + n, c, q);
}

static void divide(const pv_modsq *r, uint64_t *out, const uint64_t *x)
{
    size_t n = r->digits;
    uint64_t t[2 * MAX] = {0}, c[2 * MAX] = {0}, q[MAX];
    memcpy(t, x, n * sizeof *t);
    memcpy(c, x + n, n * sizeof *c);
    reduce(r, out, q, t);
    reduce_less(r, out + n, c, q);
}

static void square(const pv_modsq *r, uint64_t *out, const uint64_t *x)
{
    size_t n = r->digits;
    uint64_t t[2 * MAX], c[2 * MAX], q[MAX];
    product(c, x, x + n, n);
    add(c, c, c, 2 * n, 0);
    square_of(t, x, n);
    reduce(r, out, q, t);
    reduce_less(r, out + n, c, q);
}

static uint64_t same(uint64_t x, uint64_t y)
{
    uint64_t d = x ^ y;
    return 1 ^ (d | (0 - d)) >> 63;
}

static void pick(const pv_modsq *r, uint64_t *out, const uint64_t *table, size_t entries,
                 const uint64_t *digit)
{
    size_t n = 2 * r->digits;
    memset(out, 0, n * sizeof *out);
    for (size_t k = 0; k < entries; k++) {
        uint64_t mask = pv_secret_mask(same(k, digit[0]));
        for (size_t i = 0; i < n; i++) out[i] |= mask & table[k * n + i];
    }
}

static void row_mul(const pv_modsq *r, uint64_t *acc, size_t groups, const uint64_t *table,
                    int window, const uint64_t *digit)
{
    size_t n = r->digits, entries = (size_t)1 << window;
    size_t stride = entries < PV_MODSQ_ROW_MIN ? PV_MODSQ_ROW_MIN : entries;
    uint64_t t[2 * MAX], q[MAX], e[2 * MAX], mask[1 << PV_MODSQ_WINDOW_MAX];
    for (size_t g = 0; g < groups; g++, acc += 3 * n) {
        for (size_t k = 0; k < entries; k++) mask[k] = pv_secret_mask(same(k, digit[g]));
        for (size_t i = 0; i < 2 * n; i++) {
            e[i] = 0;
            for (size_t k = 0; k < entries; k++) e[i] |= mask[k] & table[i * stride + k];
        }
        product(t, acc, e, n);
        reduce(r, acc, q, t);
        product(t, acc + n, e, n);
        reduce_less(r, acc + n, t, q);
        add(acc + 2 * n, acc + 2 * n, e + n, n, 0);
    }
}

const pv_modsq_ops pv_modsq_portable = {
    .name = "portable",
    .lanes = 1,
    .radix = 64,
    .step = 1,
    .half = half,
    .half_two = half_two,
    .half_square = half_square,
    .sum = sum,
    .combine = combine,
    .mul = mul,
    .mul_half = mul_half,
    .divide = divide,
    .square = square,
    .pick = pick,
    .row_mul = row_mul,
};
