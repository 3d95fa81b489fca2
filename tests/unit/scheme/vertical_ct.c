/* What the boundary computes on secrets by itself, under valgrind: no branch and no address depends
 * on a share, an activation, a gradient or what was drawn. The controls do what must not be done;
 * the run with them must end in complaints. (Ciphertexts and residues: tests/unit/crypto/paillier.)
 */
#include "base/ct.h"
#include "scheme/vertical/boundary_i.h"

#include "base/csprng_test.h"
#include <stdio.h>
#include <string.h>

enum { D = 5, C = 3, COUNT = D * C };

static pv_boundary bound(void)
{
    pv_boundary b;
    const pv_boundary_settings s = {.batch = 4,
                                    .width = D,
                                    .outputs = C,
                                    .steps = 100,
                                    .lr = 0.1,
                                    .momentum = 0.9,
                                    .decay = 1e-3,
                                    .clamp = 4,
                                    .initial = 2,
                                    .bits = 2048};
    if (pv_boundary_init(&b, &s) != PV_OK) memset(&b, 0, sizeof b);
    return b;
}

static void draw(pv_wide *x, size_t count, unsigned bits, uint64_t seed)
{
    pv_csprng r;
    pv_csprng_test(&r, seed);
    for (size_t i = 0; i < count; i++) x[i] = pv_wide_random(&r, bits);
    PV_CT_SECRET(x, count * sizeof *x);
}

static int fixed(void)
{
    const pv_boundary b = bound();
    double x[] = {0, 1.5, -1.5, 3.9999999, 4, -4, 4.5, -1e300, 1e300, 0x1p-17, -0x1p-17, 1e-300};
    const int64_t expected[] = {0,      98304,   -98304, 262144, 262144, -262144,
                                262144, -262144, 262144, 1,      0,      0};
    uint64_t beyond = 0, wrong = 0;
    int64_t out[12];
    PV_CT_SECRET(x, sizeof x);
    for (int i = 0; i < 12; i++)
        out[i] = pv_boundary_fixed(x[i], b.set.fa, b.activation_most, &beyond, &wrong);
    PV_CT_PUBLIC(out, sizeof out);
    PV_CT_PUBLIC(&beyond, sizeof beyond);
    PV_CT_PUBLIC(&wrong, sizeof wrong);
    return memcmp(out, expected, sizeof out) == 0 && beyond == 3 && wrong == 0;
}

static int dot(void)
{
    pv_wide w[COUNT], sum = pv_wide_from(0);
    int64_t x[D] = {-3, 0, 1 << 20, -(1 << 20), 7};
    draw(w, COUNT, 98, 1);
    PV_CT_SECRET(x, sizeof x);
    pv_wide out = pv_boundary_dot(x, w, D, C);
    for (int i = 0; i < D; i++) sum = pv_wide_add(sum, pv_wide_mul(w[i * C], x[i]));
    PV_CT_PUBLIC(&out, sizeof out);
    PV_CT_PUBLIC(&sum, sizeof sum);
    return memcmp(&out, &sum, sizeof out) == 0;
}

/* A step on both sides; that V' = V~' - E_V' and W' = W~' - E' follow is the business of
 * vertical_boundary.c. */
static int step(void)
{
    const pv_boundary b = bound();
    pv_wide share[4][COUNT], velocity[4][COUNT], n[COUNT], s[COUNT], working[COUNT];
    for (uint64_t i = 0; i < 4; i++) {
        draw(share[i], COUNT, b.share_bits, 2 * i);
        draw(velocity[i], COUNT, b.share_velocity_bits, 2 * i + 1);
    }
    pv_boundary_working(working, share[0], &b);
    pv_boundary_step_active(n, s, &b, (pv_boundary_shares){share[0], velocity[0]},
                            (pv_boundary_shares){share[1], velocity[1]}, 6553);
    uint64_t fits =
        pv_boundary_step_passive((pv_boundary_shares){share[3], velocity[3]}, &b,
                                 (pv_boundary_shares){share[2], velocity[2]}, n, s, 6553);
    PV_CT_PUBLIC(&fits, sizeof fits);
    return fits <= 1;
}

/* The sharing after training: W is the same. S is sent, but only once it is known to be one. */
static int settle(void)
{
    const pv_boundary b = bound();
    pv_wide share[2][COUNT], next[2][COUNT], s[COUNT];
    pv_csprng r;
    int same = 1;
    pv_csprng_test(&r, 11);
    PV_CT_SECRET(r.key, sizeof r.key);
    draw(share[0], COUNT, b.share_bits, 12);
    for (int i = 0; i < COUNT; i++) share[1][i] = pv_wide_add(share[0][i], pv_wide_from(i));
    pv_boundary_settle_active(next[0], s, &b, share[0], &r);
    uint64_t fits = pv_boundary_settle_passive(next[1], &b, share[1], s);
    PV_CT_PUBLIC(&fits, sizeof fits);
    for (int i = 0; i < COUNT; i++) {
        pv_wide w = pv_wide_sub(next[1][i], next[0][i]), expected = pv_wide_from(i);
        PV_CT_PUBLIC(&w, sizeof w);
        same &= memcmp(&w, &expected, sizeof w) == 0;
    }
    return fits == 1 && same;
}

static int initial(void)
{
    const pv_boundary b = bound();
    pv_wide w[COUNT];
    pv_csprng r;
    pv_csprng_test(&r, 9);
    PV_CT_SECRET(r.key, sizeof r.key);
    memset(w, 0, sizeof w);
    if (pv_boundary_initial(w, &b, 0.3, &r) != PV_OK) return 0;
    uint64_t fits = pv_wide_fits(w[0], (unsigned)b.scale + 1);
    PV_CT_PUBLIC(&fits, sizeof fits);
    return fits == 1;
}

/* ---- controls */

/* Zeros of a gradient skipped. */
static int branch(void)
{
    int64_t g[D] = {0, 1, 2, 0, 3};
    volatile int64_t sum = 0;
    PV_CT_SECRET(g, sizeof g);
    for (int i = 0; i < D; i++)
        if (pv_secret_barrier((uint64_t)g[i]) != 0) sum = sum + 1;
    return sum == 3;
}

/* A share made a number, as is done with results only. */
static int convert(void)
{
    pv_wide w[1];
    draw(w, 1, 98, 1);
    volatile double x = pv_wide_double(w[0], -98);
    return x < 1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {{"fixed", fixed},   {"dot", dot},       {"step", step},      {"initial", initial},
                 {"settle", settle}, {"branch", branch}, {"convert", convert}};
    for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(argv[1], cases[i].name) == 0) return cases[i].run() ? 0 : 1;
    fprintf(stderr, "usage: %s CASE\n", argv[0]);
    return 2;
}
