#include "math/modular/modsq_i.h"

#include "base/secret.h"
#include "math/modular/double.h"

#include <gmp.h>
#include <omp.h>
#include <string.h>

_Static_assert(sizeof(mp_limb_t) == 8 && GMP_NAIL_BITS == 0, "limbs are shared with GMP");

enum {
    L = PV_MODSQ_LIMBS_MAX,
    STACK = 12 << 10, /* words: more than a kernel and what calls it have on the stack */
};

/* GMP's limbs and ours are the same bits under two names of one type. */
static mp_limb_t *limbs_of(uint64_t *x)
{
    return (mp_limb_t *)(void *)x;
}

static const mp_limb_t *limbs_in(const uint64_t *x)
{
    return (const mp_limb_t *)(const void *)x;
}

static uint64_t low_bits(int n)
{
    return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

static uint64_t bits_at(const uint64_t *x, size_t limbs, size_t at, int n)
{
    size_t i = at / 64;
    unsigned shift = at % 64;
    uint64_t low = i < limbs ? x[i] >> shift : 0;
    uint64_t high = shift > 0 && i + 1 < limbs ? x[i + 1] << (64 - shift) : 0;
    return (low | high) & low_bits(n);
}

uint64_t pv_modsq_digit(const uint64_t *e, size_t limbs, size_t at, int window)
{
    return bits_at(e, limbs, at, window);
}

void pv_modsq_pack(const pv_modsq *r, uint64_t *half, int lane, const uint64_t *x, size_t limbs)
{
    size_t radix = (size_t)r->ops->radix, lanes = (size_t)r->ops->lanes;
    for (size_t i = 0; i < r->digits; i++)
        half[i * lanes + (size_t)lane] = bits_at(x, limbs, i * radix, (int)radix);
}

void pv_modsq_unpack(const pv_modsq *r, uint64_t *x, size_t limbs, const uint64_t *half, int lane)
{
    size_t radix = (size_t)r->ops->radix, lanes = (size_t)r->ops->lanes;
    memset(x, 0, limbs * sizeof *x);
    for (size_t i = 0; i < r->digits; i++) {
        uint64_t digit = half[i * lanes + (size_t)lane];
        size_t at = i * radix, k = at / 64;
        unsigned shift = at % 64;
        if (k < limbs) x[k] |= digit << shift;
        if (shift > 0 && k + 1 < limbs) x[k + 1] |= digit >> (64 - shift);
    }
}

static void pack_all(const pv_modsq *r, uint64_t *half, const uint64_t *x, size_t limbs)
{
    for (int lane = 0; lane < r->ops->lanes; lane++) pv_modsq_pack(r, half, lane, x, limbs);
}

/* ---- the object */

/* x = a + m·b, both below m, twice: what a leaves is carried into b. */
static void double_both(const pv_modsq *r, uint64_t *a, uint64_t *b)
{
    uint64_t carry = pv_double_mod(a, r->m64, r->limbs);
    (void)pv_double_mod(b, r->m64, r->limbs);
    /* b + 1 <= m, and m is 0 */
    uint64_t differs = 0;
    for (size_t i = 0; i < r->limbs; i++) {
        unsigned __int128 w = (unsigned __int128)b[i] + carry;
        b[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
        differs |= b[i] ^ r->m64[i];
    }
    uint64_t keep = pv_secret_mask((differs | (0 - differs)) >> 63);
    for (size_t i = 0; i < r->limbs; i++) b[i] &= keep;
}

/* The powers of R and what products start from. One comes from the highest power of two below m; R²
 * = (2^k)^(2^i)·R in Montgomery's form, where R = 2^(k·2^i). */
static void powers_of_radix(pv_modsq *r)
{
    size_t size = r->digits * (size_t)r->ops->radix, k = size;
    int squarings = 0;
    uint64_t a[L] = {0}, b[L] = {0};
    a[(r->bits - 1) / 64] = (uint64_t)1 << (r->bits - 1) % 64;
    for (size_t i = r->bits - 1; i < size; i++) double_both(r, a, b);
    pack_all(r, r->one, a, r->limbs);
    pack_all(r, r->one + r->half, b, r->limbs);
    r->ops->combine(r, r->minus, r->plain, r->zero, r->one); /* its first half is R mod m */
    for (; k % 2 == 0; k /= 2) squarings++;
    for (size_t i = 0; i < k; i++) double_both(r, a, b);
    pack_all(r, r->r2, a, r->limbs);
    pack_all(r, r->r2 + r->half, b, r->limbs);
    for (int i = 0; i < squarings; i++) r->ops->square(r, r->r2, r->r2);
    r->ops->mul(r, r->r3, r->r2, r->r2);
    pv_secret_wipe(a, sizeof a);
    pv_secret_wipe(b, sizeof b);
}

static pv_status constants(pv_modsq *r)
{
    size_t n = r->limbs, scratch_limbs = (size_t)mpn_sec_sqr_itch((mp_size_t)n);
    mp_limb_t *scratch = pv_alloc(scratch_limbs, sizeof *scratch);
    if (scratch == NULL) PV_FAIL_MEMORY(scratch_limbs * sizeof *scratch);
    mpn_sec_sqr(limbs_of(r->square64), limbs_in(r->m64), (mp_size_t)n, scratch);
    pv_secret_wipe(scratch, scratch_limbs * sizeof *scratch);
    pv_free(scratch);
    uint64_t inverse = r->m64[0]; /* right in 3 bits, and twice as many each time */
    for (int i = 0; i < 5; i++) inverse *= 2 - r->m64[0] * inverse;
    r->ninv = (0 - inverse) & low_bits(r->ops->radix);
    pack_all(r, r->m, r->m64, n);
    for (int k = 0; k < 4; k++) {
        uint64_t multiple[L + 1];
        multiple[n] = mpn_lshift(limbs_of(multiple), limbs_in(r->m64), (mp_size_t)n, 3);
        for (int shift = 0; shift < k; shift++)
            mpn_rshift(limbs_of(multiple), limbs_in(multiple), (mp_size_t)(n + 1), 1);
        pack_all(r, r->times[k], multiple, n + 1);
        pv_secret_wipe(multiple, sizeof multiple);
    }
    for (int lane = 0; lane < r->ops->lanes; lane++) {
        r->plain[lane] = 1;
        r->ninvs[lane] = r->ninv;
    }
    powers_of_radix(r);
    return PV_OK;
}

/* The compiler's run-time library asks the processor, and the operating system whether it saves the
 * wide registers. */
static int has_ifma(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw");
}

const pv_modsq_ops *pv_modsq_best(void)
{
    return has_ifma() ? &pv_modsq_ifma : &pv_modsq_portable;
}

static const pv_modsq_ops *choose(pv_modsq_code code)
{
    if (code == PV_MODSQ_BEST) return pv_modsq_best();
    if (code == PV_MODSQ_IFMA) return has_ifma() ? &pv_modsq_ifma : NULL;
    return code == PV_MODSQ_LANES ? &pv_modsq_lanes : &pv_modsq_portable;
}

pv_status pv_modsq_new(pv_modsq **out, const uint64_t *m, size_t limbs, pv_modsq_code code)
{
    const pv_modsq_ops *ops = choose(code);
    *out = NULL;
    if (limbs == 0 || limbs > L || (m[0] & 1) == 0 || m[limbs - 1] == 0)
        PV_FAIL(PV_ERR_RANGE,
                "modulus of %zu limbs: it must be odd, its top limb not 0, "
                "and of at most %d limbs",
                limbs, (int)L);
    size_t bits = 64 * limbs - (size_t)__builtin_clzll(m[limbs - 1]);
    if (bits < 256) PV_FAIL(PV_ERR_RANGE, "modulus of %zu bits: at least 256 are needed", bits);
    if (ops == NULL)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "arithmetic modulo squares: this processor has no AVX-512 IFMA; "
                "take the portable code");
    pv_modsq *r = pv_calloc(1, sizeof *r);
    if (r == NULL) PV_FAIL_MEMORY(sizeof *r);
    r->ops = ops;
    r->limbs = limbs;
    r->bits = bits;
    size_t radix = (size_t)ops->radix, step = radix * (size_t)ops->step;
    r->digits = (bits + PV_MODSQ_SPARE + step - 1) / step * (size_t)ops->step;
    r->half = r->digits * (size_t)ops->lanes;
    size_t halves_size =
        r->half + (size_t)(ops->step * ops->lanes); /* zeros follow, see lanes.inc */
    r->size = 9 * halves_size + 6 * r->half;
    r->words = pv_alloc_aligned(r->size, sizeof *r->words);
    if (r->words == NULL) {
        size_t size = r->size;
        pv_free(r);
        PV_FAIL_MEMORY(size * sizeof *r->words);
    }
    uint64_t *at = r->words,
             **halves[] = {&r->m,    &r->times[0], &r->times[1], &r->times[2], &r->times[3],
                           &r->zero, &r->plain,    &r->minus,    &r->ninvs};
    uint64_t **elements[] = {&r->one, &r->r2, &r->r3};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++, at += halves_size) *halves[i] = at;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++, at += 2 * r->half)
        *elements[i] = at;
    memcpy(r->m64, m, limbs * sizeof *m);
    pv_status status = constants(r);
    pv_modsq_wipe_stacks(1);
    if (status != PV_OK)
        pv_modsq_free(r);
    else
        *out = r;
    return status;
}

void pv_modsq_free(pv_modsq *r)
{
    if (r == NULL) return;
    pv_secret_wipe(r->words, r->size * sizeof *r->words);
    pv_free(r->words);
    pv_secret_wipe(r, sizeof *r);
    pv_free(r);
}

size_t pv_modsq_limbs(const pv_modsq *r)
{
    return 2 * r->limbs;
}

const char *pv_modsq_code_name(const pv_modsq *r)
{
    return r->ops->name;
}

/* ---- the door */

/* x = x0 + R·x1: x0·R² + x1·R³, each divided by R. */
void pv_modsq_enter(const pv_modsq *r, uint64_t *element, const uint64_t *x, size_t count)
{
    size_t n = 2 * r->limbs, h = r->half, lanes = (size_t)r->ops->lanes;
    size_t cut = r->digits * (size_t)r->ops->radix;
    uint64_t part[2 * PV_MODSQ_DIGITS_MAX * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    uint64_t high[2 * L];
    memset(part, 0, h * sizeof *part);
    memset(element, 0, h * sizeof *element);
    for (size_t lane = 0; lane < count && lane < lanes; lane++) {
        pv_modsq_pack(r, part, (int)lane, x + lane * n, n);
        for (size_t i = 0; i < n; i++) high[i] = bits_at(x + lane * n, n, cut + 64 * i, 64);
        pv_modsq_pack(r, element, (int)lane, high, n);
    }
    r->ops->mul_half(r, part, part, r->r2);
    r->ops->mul_half(r, element, element, r->r3);
    r->ops->sum(r, element, element, part);
    r->ops->sum(r, element + h, element + h, part + h);
    pv_secret_wipe(part, sizeof part);
    pv_secret_wipe(high, sizeof high);
}

/* x -= y where x >= y, in a time that does not tell; 1 where it was */
static uint64_t subtract_once(uint64_t *x, const uint64_t *y, size_t n)
{
    uint64_t d[2 * L + 2];
    uint64_t borrow = mpn_sub_n(limbs_of(d), limbs_in(x), limbs_in(y), (mp_size_t)n);
    for (size_t i = 0; i < n; i++) x[i] = pv_secret_select(borrow, x[i], d[i]);
    pv_secret_wipe(d, sizeof d);
    return borrow ^ 1;
}

/* Out of Montgomery's form an element has a <= m and b <= m + 1 in each lane: a + m·b < 2m². */
static void compose(const pv_modsq *r, uint64_t *x, const uint64_t *element, int lane)
{
    size_t n = r->limbs;
    uint64_t a[2 * L + 1] = {0}, b[L + 1], sum[2 * L + 1], square[2 * L + 1];
    mp_limb_t scratch[4 * L + 8];
    pv_modsq_unpack(r, a, n, element, lane);
    pv_modsq_unpack(r, b, n + 1, element + r->half, lane);
    mpn_sec_mul(limbs_of(sum), limbs_in(b), (mp_size_t)(n + 1), limbs_in(r->m64), (mp_size_t)n,
                scratch);
    mpn_add_n(limbs_of(sum), limbs_in(sum), limbs_in(a), (mp_size_t)(2 * n + 1));
    memcpy(square, r->square64, 2 * n * sizeof *square);
    square[2 * n] = 0;
    subtract_once(sum, square, 2 * n + 1);
    memcpy(x, sum, 2 * n * sizeof *x);
    pv_secret_wipe(a, sizeof a);
    pv_secret_wipe(b, sizeof b);
    pv_secret_wipe(sum, sizeof sum);
    pv_secret_wipe(scratch, sizeof scratch);
}

void pv_modsq_leave(const pv_modsq *r, uint64_t *x, const uint64_t *element, size_t count)
{
    uint64_t out[2 * PV_MODSQ_DIGITS_MAX * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    r->ops->divide(r, out, element);
    for (size_t lane = 0; lane < count; lane++) compose(r, x + lane * 2 * r->limbs, out, (int)lane);
    pv_secret_wipe(out, 2 * r->half * sizeof *out);
}

uint64_t pv_modsq_leave_log(const pv_modsq *r, uint64_t *x, const uint64_t *element, size_t count)
{
    size_t n = r->limbs;
    uint64_t out[2 * PV_MODSQ_DIGITS_MAX * PV_MODSQ_LANES_MAX] __attribute__((aligned(64)));
    uint64_t a[L], b[L + 1], m[L + 1], wrong = 0;
    memcpy(m, r->m64, n * sizeof *m);
    m[n] = 0;
    r->ops->divide(r, out, element);
    for (size_t lane = 0; lane < count; lane++) {
        pv_modsq_unpack(r, a, n, out, (int)lane);
        pv_modsq_unpack(r, b, n + 1, out + r->half, (int)lane);
        subtract_once(b, m, n + 1);
        for (size_t i = 0; i < n; i++) {
            x[lane * n + i] = b[i];
            wrong |= a[i] ^ (i == 0);
        }
    }
    pv_secret_wipe(out, 2 * r->half * sizeof *out);
    pv_secret_wipe(a, sizeof a);
    pv_secret_wipe(b, sizeof b);
    pv_secret_wipe(m, sizeof m);
    return wrong;
}

/* ---- products */

size_t pv_modsq_groups(const pv_modsq *r, size_t count)
{
    size_t lanes = (size_t)r->ops->lanes;
    return (count + lanes - 1) / lanes;
}

size_t pv_modsq_in_group(const pv_modsq *r, size_t count, size_t group)
{
    size_t lanes = (size_t)r->ops->lanes, left = count - group * lanes;
    return left < lanes ? left : lanes;
}

pv_status pv_modsq_scratch(uint64_t **all, const pv_modsq *r, int *threads, size_t jobs,
                           size_t halves)
{
    if (*threads < 1) *threads = 1;
    if ((size_t)*threads > jobs) *threads = jobs > 0 ? (int)jobs : 1;
    size_t words = halves * r->half;
    *all = pv_alloc_aligned((size_t)*threads, words * sizeof **all);
    if (*all == NULL) PV_FAIL_MEMORY((size_t)*threads * words * sizeof **all);
    return PV_OK;
}

static __attribute__((noinline)) void wipe_stack(void)
{
    uint64_t below[STACK];
    pv_secret_wipe(below, sizeof below);
    __asm__ volatile("" : : "r"(below) : "memory");
}

void pv_modsq_wipe_stacks(int threads)
{
#pragma omp parallel num_threads(threads) if (threads > 1)
    wipe_stack();
}

void pv_modsq_scratch_free(uint64_t *all, const pv_modsq *r, int threads, size_t halves)
{
    if (all != NULL) pv_secret_wipe(all, (size_t)threads * halves * r->half * sizeof *all);
    pv_free(all);
    pv_modsq_wipe_stacks(threads);
}

pv_status pv_modsq_mul(const pv_modsq *r, uint64_t *out, const uint64_t *a, const uint64_t *b,
                       size_t count, int threads)
{
    enum { HALVES = 4 };
    size_t groups = pv_modsq_groups(r, count), n = pv_modsq_limbs(r), lanes = (size_t)r->ops->lanes;
    uint64_t *all;
    PV_TRY(pv_modsq_scratch(&all, r, &threads, groups, HALVES));
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t g = 0; g < groups; g++) {
        uint64_t *x = all + (size_t)omp_get_thread_num() * HALVES * r->half, *y = x + 2 * r->half;
        size_t k = pv_modsq_in_group(r, count, g), at = g * lanes * n;
        pv_modsq_enter(r, x, a + at, k);
        pv_modsq_enter(r, y, b + at, k);
        r->ops->mul(r, x, x, y);
        pv_modsq_leave(r, out + at, x, k);
    }
    pv_modsq_scratch_free(all, r, threads, HALVES);
    return PV_OK;
}

/* (a + m·b)·(1 + m·x) = a + m·(b + a·x) */
pv_status pv_modsq_mul_plain(const pv_modsq *r, uint64_t *out, const uint64_t *a, const uint64_t *x,
                             size_t count, int threads)
{
    enum { HALVES = 3 };
    size_t groups = pv_modsq_groups(r, count), n = r->limbs, lanes = (size_t)r->ops->lanes;
    uint64_t *all;
    PV_TRY(pv_modsq_scratch(&all, r, &threads, groups, HALVES));
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t g = 0; g < groups; g++) {
        uint64_t *e = all + (size_t)omp_get_thread_num() * HALVES * r->half, *y = e + 2 * r->half;
        size_t k = pv_modsq_in_group(r, count, g), at = g * lanes * n;
        pv_modsq_enter(r, e, a + 2 * at, k);
        memset(y, 0, r->half * sizeof *y);
        for (size_t lane = 0; lane < k; lane++)
            pv_modsq_pack(r, y, (int)lane, x + at + lane * n, n);
        r->ops->half(r, y, NULL, y, r->r2);
        r->ops->half(r, y, NULL, y, e);
        r->ops->sum(r, e + r->half, e + r->half, y);
        pv_modsq_leave(r, out + 2 * at, e, k);
    }
    pv_modsq_scratch_free(all, r, threads, HALVES);
    return PV_OK;
}

double pv_modsq_ifma_rate(double seconds)
{
    return has_ifma() ? pv_modsq_ifma_count(seconds) : 0;
}
