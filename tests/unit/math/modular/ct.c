/* Powers and products of powers under valgrind: no branch and no address depends on an exponent,
 * nor on a base that is raised. valgrind runs the portable code and the vector code's plain C twin.
 * The controls do what must not be done. */
#include "base/ct.h"
#include "math/modular/modsq.h"

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
    pv_status status = pv_modsq_new(&r, m, LIMBS, code);
    if (status == PV_OK) status = pv_modsq_table_new(&t, r, x, BITS, 5, 1);
    PV_CT_SECRET(e, sizeof e);
    PV_CT_SECRET(wide, sizeof wide);
    if (status == PV_OK && strcmp(what, "table") == 0)
        status = pv_modsq_table_pow(t, out, e, COUNT, 1);
    if (status == PV_OK && strcmp(what, "products") == 0)
        status = pv_modsq_products(r, out, x, wide, 9, COUNT, 1, COUNT, 1);
    if (strcmp(what, "pow") == 0) PV_CT_SECRET(x, sizeof x);
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

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "", *split = strchr(what, '_');
    if (strcmp(what, "bits") == 0) return control(1);
    if (strcmp(what, "windows") == 0) return control(4);
    if (split != NULL && strncmp(what, "lanes", 5) == 0) return work(split + 1, PV_MODSQ_LANES);
    if (split != NULL && strncmp(what, "portable", 8) == 0)
        return work(split + 1, PV_MODSQ_PORTABLE);
    fprintf(stderr, "usage: ct lanes_pow|lanes_table|lanes_products|portable_...|bits|windows\n");
    return 2;
}
