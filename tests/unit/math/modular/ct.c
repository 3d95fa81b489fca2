/* Arithmetic modulo squares under valgrind: no branch and no address depends on an exponent, on a
 * base that is raised, or on the modulus; the bases of products and their modulus are public.
 * valgrind runs the portable code and the vector code's plain C twin. The controls do what must not
 * be done.
 *
 * The files that publish something of what they computed (that there is an inverse or a logarithm)
 * are compiled here once more, so that their marks count (base/ct.h). */
#include "base/ct.h"

#include "math/modular/modsq_pow.c"
#include "math/modular/modsq_row.c"

#include <assert.h>
#include <gmp.h>
#include <stdio.h>
#include <string.h>

enum { LIMBS = 4, COUNT = 3, BITS = 70 };

static uint64_t sink;

static int work(const char *what, pv_modsq_code code)
{
    uint64_t m[LIMBS] = {0xfffffffffffffff1, 5, 7, 0x8000000000000001};
    uint64_t x[COUNT * 2 * LIMBS] = {0}, out[COUNT * COUNT * 2 * LIMBS], e[COUNT * 2];
    pv_wide wide[COUNT * COUNT];
    pv_modsq *r = NULL;
    pv_modsq_table *t = NULL;
    for (size_t i = 0; i < COUNT; i++) x[i * 2 * LIMBS] = i + 2;
    memset(e, 0x35, sizeof e);
    for (size_t i = 0; i < COUNT; i++) e[2 * i + 1] &= 63;
    for (size_t i = 0; i < COUNT * COUNT; i++) wide[i] = pv_wide_from((int64_t)i - 4);
    if (strcmp(what, "products") != 0) PV_CT_SECRET(m, sizeof m);
    m[0] |= 1; /* so much is known of it, bit by bit */
    m[LIMBS - 1] |= (uint64_t)1 << 63;
    pv_status status = pv_modsq_new(&r, m, LIMBS, code);
    if (strcmp(what, "mul") == 0 || strcmp(what, "pow") == 0) PV_CT_SECRET(x, sizeof x);
    if (strcmp(what, "log") == 0) /* 1 + m·e: what has a logarithm */
        for (size_t i = 0; i < COUNT; i++) {
            memset(x + i * 2 * LIMBS, 0, 2 * LIMBS * sizeof *x);
            memcpy(x + i * 2 * LIMBS, m, sizeof m);
            x[i * 2 * LIMBS]++;
        }
    PV_CT_SECRET(e, sizeof e);
    PV_CT_SECRET(wide, sizeof wide);
    if (status == PV_OK && strcmp(what, "table") == 0)
        status = pv_modsq_table_new(&t, r, x, BITS, 5, 1);
    if (t != NULL) status = pv_modsq_table_pow(t, out, e, COUNT, 1);
    if (status == PV_OK && strcmp(what, "mul") == 0) status = pv_modsq_mul(r, out, x, x, COUNT, 1);
    if (status == PV_OK && strcmp(what, "mul") == 0)
        status = pv_modsq_mul_plain(r, out, x, out, COUNT, 1);
    if (status == PV_OK && strcmp(what, "log") == 0)
        status = pv_modsq_log(r, out, x, e, BITS, COUNT, 1);
    if (status == PV_OK && strcmp(what, "products") == 0)
        status = pv_modsq_products(r, out, x, wide, 9, COUNT, 1, COUNT, 1);
    if (status == PV_OK && strcmp(what, "pow") == 0)
        status = pv_modsq_pow_each(r, out, x, e, BITS, COUNT, 1);
    PV_CT_PUBLIC(out, sizeof out);
    sink += out[0];
    pv_modsq_table_free(t);
    pv_modsq_free(r);
    return status == PV_OK ? 0 : 1;
}

/* Square and multiply, where the exponent has a 1; windows that are left out where they are 0. */
static int control(int window)
{
    uint64_t e = 0x3500, x = 3;
    PV_CT_SECRET(&e, sizeof e);
    for (int i = 0; i < 16; i += window) {
        x *= x;
        if ((e >> i & ((1u << window) - 1)) != 0) x *= 3, sink++;
    }
    sink += x;
    return 0;
}

/* GMP's division for secrets, by a secret */
static int division(void)
{
    mp_limb_t x[4] = {1, 2, 3, 4}, by[2] = {7, (mp_limb_t)1 << 63}, scratch[64];
    assert((size_t)mpn_sec_div_r_itch(4, 2) <= sizeof scratch / sizeof *scratch);
    PV_CT_SECRET(by, sizeof by);
    mpn_sec_div_r(x, 4, by, 2, scratch);
    PV_CT_PUBLIC(x, sizeof x);
    sink += x[0];
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "", *split = strchr(what, '_');
    if (strcmp(what, "bits") == 0) return control(1);
    if (strcmp(what, "windows") == 0) return control(4);
    if (strcmp(what, "division") == 0) return division();
    if (split != NULL && strncmp(what, "lanes", 5) == 0) return work(split + 1, PV_MODSQ_LANES);
    if (split != NULL && strncmp(what, "portable", 8) == 0)
        return work(split + 1, PV_MODSQ_PORTABLE);
    fprintf(stderr,
            "usage: ct lanes_mul|lanes_pow|lanes_log|lanes_table|lanes_products|portable_...|"
            "bits|windows|division\n");
    return 2;
}
