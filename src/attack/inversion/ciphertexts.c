#include "attack/inversion/ciphertexts.h"

#include "base/mem.h"
#include "math/special.h"
#include <math.h>
#include <string.h>

enum { LIMBS = PV_PAILLIER_MOST_BITS / 64, CIPHER = 2 * LIMBS };

/* ---- numbers of `n` limbs, little-endian. Nothing here is secret to who tests. */

static int compare(const uint64_t *a, const uint64_t *b, size_t n)
{
    while (n-- > 0)
        if (a[n] != b[n]) return a[n] < b[n] ? -1 : 1;
    return 0;
}

static int is_zero(const uint64_t *a, size_t n)
{
    uint64_t any = 0;
    while (n-- > 0) any |= a[n];
    return any == 0;
}

static void subtract(uint64_t *a, const uint64_t *b, size_t n)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = a[i], y = b[i] + borrow;
        borrow = (y < borrow) | (x < y);
        a[i] = x - y;
    }
}

static void halve(uint64_t *a, size_t n)
{
    for (size_t i = 0; i < n; i++) a[i] = a[i] >> 1 | (i + 1 < n ? a[i + 1] << 63 : 0);
}

static size_t length(const uint64_t *a, size_t n)
{
    while (n > 0 && a[n - 1] == 0) n--;
    return n == 0 ? 0 : 64 * n - (size_t)__builtin_clzll(a[n - 1]);
}

/* The Jacobi symbol (a/n) by the binary algorithm (Cohen, A Course in Computational Algebraic
 * Number Theory, 1.4.12): n odd, a of `limbs` limbs, at least as many as n's. */
static int jacobi(const uint64_t *a, size_t limbs, const uint64_t *n, size_t n_limbs)
{
    uint64_t u[CIPHER], v[CIPHER] = {0}, *x = u, *y = v;
    int sign = 1;
    memcpy(u, a, limbs * sizeof *u);
    memcpy(v, n, n_limbs * sizeof *v);
    while (!is_zero(x, limbs)) {
        while ((x[0] & 1) == 0) {
            halve(x, limbs);
            if ((y[0] & 7) == 3 || (y[0] & 7) == 5) sign = -sign;
        }
        if (compare(x, y, limbs) < 0) {
            uint64_t *t = x;
            x = y;
            y = t;
            if ((x[0] & 3) == 3 && (y[0] & 3) == 3) sign = -sign;
        }
        subtract(x, y, limbs);
    }
    return length(y, limbs) == 1 ? sign : 0;
}

/* out [limbs] = a [2·limbs] modulo n */
static void reduce(uint64_t *out, const uint64_t *a, const uint64_t *n, size_t limbs)
{
    uint64_t rest[LIMBS + 1] = {0}, wide[LIMBS + 1] = {0};
    memcpy(wide, n, limbs * sizeof *wide);
    for (size_t bit = 128 * limbs; bit-- > 0;) {
        for (size_t i = limbs + 1; i-- > 0;)
            rest[i] = rest[i] << 1 | (i > 0 ? rest[i - 1] >> 63 : 0);
        rest[0] |= a[bit / 64] >> (bit % 64) & 1;
        if (compare(rest, wide, limbs + 1) >= 0) subtract(rest, wide, limbs + 1);
    }
    memcpy(out, rest, limbs * sizeof *out);
}

/* ---- blinding */

/* That of n fair coins at least as many or as few as k are heads, both sides. */
static double coins(size_t k, size_t n)
{
    size_t far = 2 * k > n ? k : n - k;
    if (2 * far == n) return 1;
    double one_side = pv_special_beta((double)far, (double)(n - far) + 1, 0.5);
    return 2 * one_side < 1 ? 2 * one_side : 1;
}

pv_status pv_ciphertexts_blinding(pv_blinding_found *out, const pv_paillier_pk *pk,
                                  const uint64_t *sent, size_t terms, const pv_wide *e, size_t bits,
                                  const uint64_t *got, size_t rows, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    size_t limbs = pv_paillier_limbs(pk);
    const uint64_t *n = pv_paillier_n(pk);
    uint64_t *product = pv_alloc(rows, 2 * limbs * sizeof *product), a[LIMBS], b[LIMBS];
    *out = (pv_blinding_found){.results = rows};
    if (product == NULL) PV_FAIL_MEMORY(rows * 2 * limbs * sizeof *product);
    PV_TRY_GOTO(pv_paillier_products(product, pk, sent, e, bits, rows, 1, terms, ctx));
    for (size_t k = 0; k < rows; k++) {
        const uint64_t *p = product + k * 2 * limbs, *y = got + k * 2 * limbs;
        reduce(a, p, n, limbs);
        reduce(b, y, n, limbs);
        out->product += compare(a, b, limbs) == 0;
        out->parity += jacobi(p, 2 * limbs, n, limbs) == jacobi(y, 2 * limbs, n, limbs);
    }
    out->chance = coins(out->parity, rows);
done:
    pv_free(product);
    return status;
}

/* ---- masks */

void pv_ciphertexts_masks(pv_masks_found *out, const pv_paillier_pk *pk, const uint64_t *residue,
                          size_t count, unsigned bits)
{
    size_t limbs = pv_paillier_limbs(pk);
    uint64_t d[LIMBS], minus[LIMBS];
    *out = (pv_masks_found){0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            pv_residue_sub(d, residue + i * limbs, residue + k * limbs, pk);
            pv_residue_sub(minus, residue + k * limbs, residue + i * limbs, pk);
            out->pairs++;
            out->reused += length(d, limbs) <= bits || length(minus, limbs) <= bits;
        }
    double one = exp2((double)bits + 2 - pv_paillier_bits(pk));
    out->chance = (double)out->pairs * one < 1 ? (double)out->pairs * one : 1;
}

void pv_ciphertexts_low_bits(pv_low_bits_found *out, const pv_paillier_pk *pk,
                             const uint64_t *residue, size_t count, int k)
{
    size_t limbs = pv_paillier_limbs(pk), cells = (size_t)1 << k;
    size_t seen[1 << PV_LOW_BITS] = {0};
    double expected = (double)count / (double)cells, chi = 0;
    for (size_t i = 0; i < count; i++) seen[residue[i * limbs] & (cells - 1)]++;
    for (size_t c = 0; c < cells; c++)
        chi += ((double)seen[c] - expected) * ((double)seen[c] - expected) / expected;
    double f = (double)(cells - 1), spread = 2 / (9 * f);
    double normal = (cbrt(chi / f) - (1 - spread)) / sqrt(spread);
    *out = (pv_low_bits_found){
        .chi = chi, .chance = pv_special_normal(-normal), .freedom = (int)cells - 1};
}
