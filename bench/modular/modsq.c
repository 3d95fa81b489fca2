/* bench/modular/modsq.c - arithmetic modulo squares: modsq [ROUNDS]
 *
 *     build/bench/bench_modsq
 *
 * Prints one line of JSON for each code and shape, processor time of one thread, the best of
 * ROUNDS (5): operations a second, and beside it the multiply-adds of 52-bit lanes a second that
 * this core does at that moment (0 without IFMA). `gmp` is mpz_powm modulo the full square.
 */
#include "math/modular/modsq.h"
#include "base/clock.h"
#include "base/csprng.h"
#include "base/mem.h"
#include "math/modular/prime.h"

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMBS = PV_MODSQ_MAX_BITS / 64 };

static int rounds = 5;
static pv_csprng rng;

static void must(pv_status status)
{
    if (status == PV_OK) return;
    fprintf(stderr, "%s\n", pv_trail_text());
    exit(1);
}

static void *need(void *p)
{
    if (p == NULL) must(PV_ERR_MEMORY);
    return p;
}

typedef struct subject {
    pv_modsq *r;
    size_t bits, limbs, n;
    uint64_t m[LIMBS];
    const char *name;
} subject;

static uint64_t *draw(size_t words)
{
    uint64_t *x = need(pv_alloc(words, sizeof *x));
    pv_csprng_bytes(&rng, x, words * sizeof *x);
    return x;
}

/* Residues below the square, by being a limb shorter. */
static uint64_t *residues(const subject *s, size_t count)
{
    uint64_t *x = draw(count * s->n);
    for (size_t i = 0; i < count; i++) x[i * s->n + s->n - 1] = 0;
    for (size_t i = 0; i < count; i++) x[i * s->n] |= 1;
    return x;
}

static void line(const subject *s, const char *what, double count, double seconds)
{
    printf("{\"bench\": \"modsq\", \"code\": \"%s\", \"modulus_bits\": %zu, \"what\": \"%s\", "
           "\"per_second\": %.1f, \"microseconds\": %.3f, \"ifma_per_second\": %.3g}\n",
           s->name, s->bits, what, count / seconds, 1e6 * seconds / count,
           pv_modsq_ifma_rate(0.02));
    fflush(stdout);
}

#define BEST(seconds, call)                                                                        \
    double seconds = 1e30;                                                                         \
    for (int round_ = 0; round_ < rounds; round_++) {                                              \
        double begun_ = pv_clock_thread_seconds();                                                 \
        must(call);                                                                                \
        double took_ = pv_clock_thread_seconds() - begun_;                                         \
        if (took_ < seconds) seconds = took_;                                                      \
    }

static void single(const subject *s, size_t e_bits, size_t count)
{
    char what[80];
    size_t e_limbs = (e_bits + 63) / 64;
    uint64_t *a = residues(s, count), *out = draw(count * s->n), *e = draw(count * e_limbs);
    pv_modsq_table *t;
    if (e_bits % 64 != 0)
        for (size_t i = 0; i < count; i++)
            e[i * e_limbs + e_limbs - 1] &= ((uint64_t)1 << e_bits % 64) - 1;
    BEST(mul, pv_modsq_mul(s->r, out, a, a, count, 1));
    line(s, "mul", (double)count, mul);
    BEST(pow, pv_modsq_pow(s->r, out, a, e, e_bits, count, 1));
    snprintf(what, sizeof what, "pow %zu bits", e_bits);
    line(s, what, (double)count, pow);
    if (count > 10) { /* few: what a single prediction waits for */
        BEST(few, pv_modsq_pow(s->r, out, a, e, e_bits, 10, 1));
        snprintf(what, sizeof what, "10 at once: pow %zu bits", e_bits);
        line(s, what, 10, few);
    }
    double begun = pv_clock_thread_seconds();
    must(pv_modsq_table_new(&t, s->r, a, e_bits, 0, 1));
    snprintf(what, sizeof what, "table of %zu bits, %.1f MB", e_bits,
             1e-6 * (double)pv_modsq_table_bytes(t));
    line(s, what, 1, pv_clock_thread_seconds() - begun);
    BEST(fixed, pv_modsq_table_pow(t, out, e, count, 1));
    snprintf(what, sizeof what, "fixed-base pow %zu bits", e_bits);
    line(s, what, (double)count, fixed);
    pv_modsq_table_free(t);
    pv_free(a);
    pv_free(out);
    pv_free(e);
}

static void matrix(const subject *s, size_t e_bits, size_t rows, size_t columns, size_t terms)
{
    char what[80];
    uint64_t *a = residues(s, columns * terms), *out = draw(rows * columns * s->n);
    pv_wide *e = need(pv_alloc(rows * terms, sizeof *e));
    for (size_t i = 0; i < rows * terms; i++) e[i] = pv_wide_random(&rng, (unsigned)e_bits);
    BEST(seconds, pv_modsq_products(s->r, out, a, e, e_bits, rows, columns, terms, 1));
    snprintf(what, sizeof what, "products %zu terms x %zu rows x %zu columns, %zu bits", terms,
             rows, columns, e_bits);
    line(s, what, 1, seconds);
    pv_free(a);
    pv_free(out);
    pv_free(e);
}

static void gmp(const subject *s, size_t e_bits)
{
    char what[80];
    uint64_t *a = residues(s, 1), *e = draw(e_bits / 64);
    mpz_t x, y, m, out;
    mpz_inits(x, y, m, out, NULL);
    mpz_import(x, s->n, -1, 8, 0, 0, a);
    mpz_import(y, e_bits / 64, -1, 8, 0, 0, e);
    mpz_import(m, s->limbs, -1, 8, 0, 0, s->m);
    mpz_mul(m, m, m);
    BEST(seconds, (mpz_powm(out, x, y, m), PV_OK));
    snprintf(what, sizeof what, "pow %zu bits", e_bits);
    line(s, what, 1, seconds);
    mpz_clears(x, y, m, out, NULL);
    pv_free(a);
    pv_free(e);
}

/* Bases shall have inverses: no small factors. */
static void modulus(subject *s)
{
    do {
        pv_csprng_bytes(&rng, s->m, 8 * s->limbs);
        s->m[0] |= 1;
        s->m[s->limbs - 1] |= (uint64_t)1 << 63;
    } while (pv_prime_small_factor(s->m, s->limbs, 1 << 16) != 0);
}

static void each_code(size_t bits, size_t e_bits, int matrices)
{
    static const pv_modsq_code codes[] = {PV_MODSQ_IFMA, PV_MODSQ_PORTABLE};
    subject s = {.bits = bits, .limbs = bits / 64, .n = bits / 32};
    modulus(&s);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        pv_status status = pv_modsq_new(&s.r, s.m, s.limbs, codes[i]);
        if (status == PV_ERR_UNSUPPORTED) continue;
        must(status);
        s.name = pv_modsq_code_name(s.r);
        single(&s, e_bits, codes[i] == PV_MODSQ_IFMA ? 256 : 16);
        if (matrices && (codes[i] == PV_MODSQ_IFMA || rounds > 1)) {
            matrix(&s, 97, 10, 2, 84);
            matrix(&s, 97, 10, 1, 84);
            matrix(&s, 20, 10, 6, 64);
            matrix(&s, 20, 64, 3, 10);
        }
        pv_modsq_free(s.r);
    }
    s.name = "gmp";
    gmp(&s, e_bits);
}

int main(int argc, char **argv)
{
    if (argc > 1) rounds = atoi(argv[1]);
    if (rounds < 1) rounds = 1;
    must(pv_csprng_init(&rng));
    each_code(1024, 1024, 0);
    each_code(1536, 1536, 0);
    each_code(2048, 1024, 1);
    each_code(3072, 1536, 0);
    each_code(4096, 2048, 0);
    return 0;
}
