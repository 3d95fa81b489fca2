/* Inverses of public residues: one inversion by GMP, three products for each. */
#include "math/modular/modsq_i.h"

#include "base/mem.h"

#include <gmp.h>

static void get(mpz_t x, const uint64_t *limbs, size_t n)
{
    mpz_import(x, n, -1, sizeof *limbs, 0, 0, limbs);
}

static void put(uint64_t *limbs, size_t n, const mpz_t x)
{
    size_t count = 0;
    mpz_export(limbs, &count, -1, sizeof *limbs, 0, 0, x);
    for (; count < n; count++) limbs[count] = 0;
}

int pv_modsq_invertible(const pv_modsq *r, const uint64_t *a)
{
    mpz_t x, m;
    mpz_init(x);
    mpz_init(m);
    get(x, a, pv_modsq_limbs(r));
    get(m, r->m64, r->limbs);
    mpz_gcd(x, x, m);
    int one = mpz_cmp_ui(x, 1) == 0;
    mpz_clear(x);
    mpz_clear(m);
    return one;
}

static pv_status no_inverse(size_t i, size_t count)
{
    PV_FAIL(PV_ERR_RANGE, "residue %zu of %zu has no inverse modulo the square", i, count);
}

pv_status pv_modsq_inverse(const pv_modsq *r, uint64_t *out, const uint64_t *a, size_t count)
{
    size_t n = pv_modsq_limbs(r);
    if (count == 0) return PV_OK;
    uint64_t *prefix = pv_alloc(count * n, sizeof *prefix);
    if (prefix == NULL) PV_FAIL_MEMORY(count * n * sizeof *prefix);
    mpz_t m, product, x, inverse;
    mpz_init(m);
    mpz_init_set_ui(product, 1);
    mpz_init(x);
    mpz_init(inverse);
    get(m, r->square64, n);
    for (size_t i = 0; i < count; i++) {
        put(prefix + i * n, n, product);
        get(x, a + i * n, n);
        mpz_mul(product, product, x);
        mpz_mod(product, product, m);
    }
    pv_status status = PV_OK;
    if (mpz_invert(inverse, product, m) == 0) {
        size_t bad = 0;
        while (bad + 1 < count && pv_modsq_invertible(r, a + bad * n)) bad++;
        status = no_inverse(bad, count);
    }
    for (size_t i = count; i-- > 0 && status == PV_OK;) {
        get(x, a + i * n, n);
        get(product, prefix + i * n, n);
        mpz_mul(product, product, inverse);
        mpz_mod(product, product, m);
        mpz_mul(inverse, inverse, x);
        mpz_mod(inverse, inverse, m);
        put(out + i * n, n, product);
    }
    mpz_clear(m);
    mpz_clear(product);
    mpz_clear(x);
    mpz_clear(inverse);
    pv_free(prefix);
    return status;
}
