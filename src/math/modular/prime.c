#include "math/modular/prime.h"

#include "base/secret.h"
#include "math/modular/double.h"
#include "math/modular/modsq_i.h"

#include <gmp.h>
#include <omp.h>
#include <string.h>

enum {
    MIN_BITS = 64,
    MAX_BITS = PV_MODSQ_MAX_BITS,
    MAX_LIMBS = MAX_BITS / 64 + 1,
    SIEVE = 1 << 20,
    ROUND = 64, /* candidates tested between two looks at the results: not a matter of threads */
};

static void get(mpz_t x, const uint64_t *limbs, size_t n)
{
    mpz_import(x, n, -1, sizeof *limbs, 0, 0, limbs);
}

static void wipe(mpz_t x)
{
    size_t n = mpz_size(x);
    if (n > 0) pv_secret_wipe(mpz_limbs_modify(x, (mp_size_t)n), n * sizeof(mp_limb_t));
    mpz_set_ui(x, 0);
    mpz_clear(x);
}

uint32_t pv_prime_small_factor(const uint64_t *n, size_t limbs, uint32_t limit)
{
    if (limit > 1 << 16) limit = 1 << 16;
    for (uint32_t d = 2; d < limit; d++) {
        unsigned __int128 rest = 0;
        int prime = 1;
        for (uint32_t k = 2; k * k <= d && prime; k++) prime = d % k != 0;
        if (!prime) continue;
        for (size_t i = limbs; i-- > 0;) rest = (rest << 64 | n[i]) % d;
        if (rest == 0) return d;
    }
    return 0;
}

/* One round of Miller and Rabin's test of odd n with the base a, in a time that depends on n's
 * size and, where n is composite, on where that shows. */
static int passes(const mpz_t n, const mpz_t a)
{
    mpz_t d, x, less;
    mpz_init(d);
    mpz_init(x);
    mpz_init(less);
    mpz_sub_ui(less, n, 1);
    mp_bitcnt_t twos = mpz_scan1(less, 0);
    mpz_tdiv_q_2exp(d, less, twos);
    mpz_powm_sec(x, a, d, n);
    int ok = mpz_cmp_ui(x, 1) == 0 || mpz_cmp(x, less) == 0;
    for (mp_bitcnt_t i = 1; i < twos && !ok; i++) {
        mpz_mul(x, x, x);
        mpz_mod(x, x, n);
        ok = mpz_cmp(x, less) == 0;
    }
    wipe(d);
    wipe(x);
    wipe(less);
    return ok;
}

/* A composite passes a round with a random base with probability 1/4 at most (Rabin 1980). */
static int probable(const mpz_t n, int error_bits, pv_csprng *r)
{
    mpz_t a;
    size_t limbs = mpz_size(n);
    uint64_t drawn[2 * MAX_LIMBS];
    int ok = limbs < 2 * MAX_LIMBS;
    mpz_init(a);
    for (int i = 0; i < (error_bits + 1) / 2 && ok; i++) {
        do {
            pv_csprng_bytes(r, drawn, (limbs + 1) * sizeof *drawn);
            get(a, drawn, limbs + 1);
            mpz_mod(a, a, n);
        } while (mpz_cmp_ui(a, 1) <= 0);
        ok = passes(n, a);
    }
    wipe(a);
    pv_secret_wipe(drawn, sizeof drawn);
    return ok;
}

int pv_prime_probable(const uint64_t *p, size_t limbs, int error_bits, pv_csprng *r)
{
    mpz_t n;
    mpz_init(n);
    get(n, p, limbs);
    int ok =
        mpz_cmp_ui(n, 3) > 0 && mpz_odd_p(n) && probable(n, error_bits < 2 ? 2 : error_bits, r);
    if (mpz_cmp_ui(n, 2) == 0 || mpz_cmp_ui(n, 3) == 0) ok = 1;
    wipe(n);
    return ok;
}

/* ---- many candidates: start + 2·k */

typedef struct search {
    size_t bits, limbs, window; /* of the candidates p' */
    uint64_t start[MAX_LIMBS];
    uint32_t *primes;
    size_t prime_count;
    uint8_t *out; /* 1: start + 2·k or twice that and 1 has a small factor */
    const pv_modsq_ops *ops;
    size_t digits;
    int threads;
} search;

static void candidate(const search *s, uint64_t *n, size_t k, int twice)
{
    uint64_t carry = 2 * (uint64_t)k;
    for (size_t i = 0; i < s->limbs; i++) {
        unsigned __int128 w = (unsigned __int128)s->start[i] + carry;
        n[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
    }
    for (uint64_t i = 0, bit = 1; i < s->limbs && twice; i++) {
        uint64_t w = n[i];
        n[i] = w << 1 | bit;
        bit = w >> 63;
    }
}

static pv_status small_primes(search *s, uint32_t limit)
{
    uint8_t *composite = pv_calloc(limit, 1);
    if (composite == NULL) PV_FAIL_MEMORY(limit);
    for (uint32_t i = 3; i * i < limit; i += 2)
        for (uint32_t k = i * i; k < limit && !composite[i]; k += 2 * i) composite[k] = 1;
    for (uint32_t i = 3; i < limit; i += 2) s->prime_count += !composite[i];
    s->primes = pv_alloc(s->prime_count, sizeof *s->primes);
    size_t n = 0;
    for (uint32_t i = 3; i < limit && s->primes != NULL; i += 2)
        if (!composite[i]) s->primes[n++] = i;
    pv_free(composite);
    if (s->primes == NULL) PV_FAIL_MEMORY(s->prime_count * sizeof *s->primes);
    return PV_OK;
}

/* x + 2·k = 0 where k = -x/2, and 2·x + 4·k + 1 = 0 where k = -(2·x + 1)/4. The addresses tell the
 * start's residues to who watches this process's cache, as in every sieve. */
static void sieve(search *s)
{
    mp_limb_t x[MAX_LIMBS];
    memcpy(x, s->start, s->limbs * sizeof *x);
    memset(s->out, 0, s->window);
    for (size_t i = 0; i < s->prime_count; i++) {
        uint64_t q = s->primes[i], half = (q + 1) / 2, quarter = half * half % q;
        uint64_t rest = mpn_mod_1(x, (mp_size_t)s->limbs, q);
        for (size_t k = (q - rest) * half % q; k < s->window; k += q) s->out[k] = 1;
        for (size_t k = (q - (2 * rest + 1) % q) * quarter % q; k < s->window; k += q)
            s->out[k] = 1;
    }
    pv_secret_wipe(x, sizeof x);
}

/* Fermat's test with base 2, of as many numbers as there are lanes, each its own modulus; what a
 * lane without a number says means nothing. All have `bits` bits. scratch: 4 halves */
static void fermat(const search *s, uint8_t *ok, uint64_t (*n)[MAX_LIMBS], size_t count,
                   size_t bits, uint64_t *scratch)
{
    size_t lanes = (size_t)s->ops->lanes, radix = (size_t)s->ops->radix;
    pv_modsq r = {.ops = s->ops, .digits = s->digits, .half = s->digits * lanes};
    uint64_t ninvs[PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    uint64_t twice[PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    uint64_t *x = scratch + r.half, *plain = x + r.half, *one = plain + r.half;
    r.m = scratch;
    r.ninvs = ninvs;
    memset(plain, 0, r.half * sizeof *plain);
    for (size_t lane = 0; lane < lanes; lane++) {
        const uint64_t *m = n[lane < count ? lane : 0];
        uint64_t inverse = m[0], power[MAX_LIMBS] = {0};
        size_t used = (bits + 63) / 64;
        for (int i = 0; i < 5; i++) inverse *= 2 - m[0] * inverse;
        ninvs[lane] = (0 - inverse) & (radix == 64 ? ~(uint64_t)0 : ((uint64_t)1 << radix) - 1);
        power[(bits - 1) / 64] = (uint64_t)1 << (bits - 1) % 64;
        for (size_t i = bits - 1; i < s->digits * radix; i++) (void)pv_double_mod(power, m, used);
        pv_modsq_pack(&r, r.m, (int)lane, m, s->limbs);
        pv_modsq_pack(&r, x, (int)lane, power, used);
        plain[lane] = 1;
        pv_secret_wipe(power, sizeof power);
    }
    for (size_t bit = 64 * s->limbs; bit-- > 0;) { /* of n - 1, whose lowest bit is 0 */
        for (size_t lane = 0; lane < lanes; lane++)
            twice[lane] =
                bit > 0 ? pv_modsq_digit(n[lane < count ? lane : 0], s->limbs, bit, 1) : 0;
        s->ops->half_square(&r, x, x, twice);
    }
    s->ops->half(&r, one, NULL, x, plain);
    for (size_t lane = 0; lane < count; lane++) {
        uint64_t got[MAX_LIMBS], wrong = 0;
        pv_modsq_unpack(&r, got, s->limbs, one, (int)lane);
        for (size_t i = 0; i < s->limbs; i++) wrong |= got[i] ^ (i == 0);
        ok[lane] = wrong == 0;
    }
}

/* ok[i]: candidate k[i], or twice that and 1, passes Fermat's test. */
static pv_status test_all(const search *s, uint8_t *ok, const size_t *k, size_t count, int twice)
{
    size_t lanes = (size_t)s->ops->lanes, groups = (count + lanes - 1) / lanes;
    size_t half = s->digits * lanes, words = 4 * half;
    int threads = s->threads;
    if ((size_t)threads > groups) threads = groups > 0 ? (int)groups : 1;
    uint64_t *all = pv_alloc_aligned((size_t)threads * words, sizeof *all);
    if (all == NULL) PV_FAIL_MEMORY((size_t)threads * words * sizeof *all);
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t g = 0; g < groups; g++) {
        uint64_t n[PV_MODSQ_LANES_MAX][MAX_LIMBS];
        size_t some = count - g * lanes < lanes ? count - g * lanes : lanes;
        for (size_t lane = 0; lane < some; lane++)
            candidate(s, n[lane], k[g * lanes + lane], twice);
        fermat(s, ok + g * lanes, n, some, s->bits + (size_t)twice,
               all + (size_t)omp_get_thread_num() * words);
        pv_secret_wipe(n, sizeof n);
    }
    pv_secret_wipe(all, (size_t)threads * words * sizeof *all);
    pv_free(all);
    pv_modsq_wipe_stacks(threads);
    return PV_OK;
}

/* The first of these candidates that is one half of a safe prime; *found says whether there is. */
static pv_status first_of(const search *s, uint64_t *p, int *found, const size_t *k, size_t count,
                          int error_bits, pv_csprng *r)
{
    uint8_t ok[ROUND] = {0}, ok2[ROUND] = {0};
    size_t left[ROUND], n = 0;
    uint64_t half[MAX_LIMBS], whole[MAX_LIMBS];
    PV_TRY(test_all(s, ok, k, count, 0));
    for (size_t i = 0; i < count; i++)
        if (ok[i]) left[n++] = k[i];
    PV_TRY(test_all(s, ok2, left, n, 1));
    for (size_t i = 0; i < n && !*found; i++) {
        if (!ok2[i]) continue;
        candidate(s, half, left[i], 0);
        candidate(s, whole, left[i], 1);
        *found = pv_prime_probable(half, s->limbs, error_bits, r) &&
                 pv_prime_probable(whole, s->limbs, error_bits, r);
        if (*found) memcpy(p, whole, (s->bits + 64) / 64 * sizeof *p);
    }
    pv_secret_wipe(half, sizeof half);
    pv_secret_wipe(whole, sizeof whole);
    pv_secret_wipe(left, sizeof left);
    return PV_OK;
}

/* A start with its two highest bits set, odd; the window must not carry it over. */
static void draw(search *s, pv_csprng *r)
{
    uint64_t high = 3;
    do {
        pv_csprng_bytes(r, s->start, s->limbs * sizeof *s->start);
        for (size_t i = 0; i < s->limbs; i++) {
            size_t at = 64 * i;
            if (at >= s->bits)
                s->start[i] = 0;
            else if (s->bits - at < 64)
                s->start[i] &= ((uint64_t)1 << (s->bits - at)) - 1;
        }
        for (size_t b = s->bits - 2; b < s->bits; b++) s->start[b / 64] |= (uint64_t)1 << b % 64;
        s->start[0] |= 1;
        uint64_t last[MAX_LIMBS];
        candidate(s, last, s->window, 0);
        high = pv_modsq_digit(last, s->limbs, s->bits - 2, 3);
        pv_secret_wipe(last, sizeof last);
    } while (high != 3);
}

static pv_status no_memory(size_t bytes)
{
    PV_FAIL_MEMORY(bytes);
}

pv_status pv_prime_safe(uint64_t *p, size_t bits, int error_bits, pv_csprng *r, const pv_ctx *ctx)
{
    if (bits < MIN_BITS || bits > MAX_BITS)
        PV_FAIL(PV_ERR_RANGE, "a safe prime of %zu bits: %d to %d bits are expected", bits,
                (int)MIN_BITS, (int)MAX_BITS);
    search s = {.bits = bits - 1,
                .limbs = (bits + 63) / 64,
                .ops = pv_modsq_best(),
                .threads = pv_ctx_threads(ctx)};
    /* 1.32/(ln 2^bits)² of all integers, twice as many of the odd ones: Hardy and Littlewood */
    double logarithm = 0.693147 * (double)(bits - 1);
    double tries = logarithm * logarithm / 2.64, done = 0;
    s.window = (size_t)tries + 4096;
    size_t radix = (size_t)s.ops->radix, step = radix * (size_t)s.ops->step, k[ROUND], n = 0;
    s.digits = (bits + PV_MODSQ_SPARE + step - 1) / step * (size_t)s.ops->step;
    s.out = pv_alloc(s.window, 1);
    pv_status status = s.out == NULL ? PV_ERR_MEMORY : small_primes(&s, SIEVE);
    int found = 0;
    while (status == PV_OK && !found) {
        draw(&s, r);
        sieve(&s);
        for (size_t i = 0; i < s.window && status == PV_OK && !found; i++) {
            if (!s.out[i]) k[n++] = i;
            if (n < ROUND && i + 1 < s.window) continue;
            status = first_of(&s, p, &found, k, n, error_bits, r);
            if (status == PV_OK) status = pv_ctx_check(ctx);
            n = 0;
            pv_ctx_progress(ctx, "safe prime", (uint64_t)(done + (double)i), (uint64_t)tries);
        }
        done += (double)s.window;
    }
    pv_secret_wipe(s.start, sizeof s.start);
    pv_secret_wipe(k, sizeof k);
    if (s.out != NULL)
        pv_secret_wipe(s.out, s.window);
    else
        status = no_memory(s.window);
    pv_free(s.out);
    pv_free(s.primes);
    return status;
}
