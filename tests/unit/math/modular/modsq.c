/* Every code against GMP's integers, which know nothing of digits or halves. */
#include "math/modular/modsq.h"
#include "check.h"

#include "base/csprng_test.h"

#include <stdio.h>

#include <gmp.h>
#include <stdlib.h>

enum { LIMBS = PV_MODSQ_MAX_BITS / 64, COUNT = 11 };

static pv_csprng rng;

static void get(mpz_t x, const uint64_t *limbs, size_t n)
{
    mpz_import(x, n, -1, 8, 0, 0, limbs);
}

static void put(uint64_t *limbs, size_t n, const mpz_t x)
{
    size_t count = 0;
    mpz_export(limbs, &count, -1, 8, 0, 0, x);
    assert_true(count <= n);
    for (; count < n; count++) limbs[count] = 0;
}

static void draw(mpz_t x, const mpz_t below)
{
    uint64_t limbs[2 * LIMBS + 2];
    size_t n = mpz_size(below) + 1;
    pv_csprng_bytes(&rng, limbs, 8 * n);
    get(x, limbs, n);
    mpz_mod(x, x, below);
}

/* An odd modulus of exactly so many bits; dense: all its bits are 1 but two. */
static void modulus(uint64_t *m, size_t bits, int dense)
{
    size_t n = (bits + 63) / 64;
    pv_csprng_bytes(&rng, m, 8 * n);
    if (dense) memset(m, 0xff, 8 * n);
    if (bits % 64 != 0) m[n - 1] &= ((uint64_t)1 << bits % 64) - 1;
    m[n - 1] |= (uint64_t)1 << (bits - 1) % 64;
    if (dense) m[1] &= ~(uint64_t)12;
    m[0] |= 1;
}

typedef struct fixture {
    pv_modsq *r;
    size_t n, limbs; /* of a residue, of m */
    mpz_t m, square;
    uint64_t *a, *b, *out; /* COUNT residues */
} fixture;

static int begin(fixture *f, size_t bits, int dense, pv_modsq_code code)
{
    uint64_t m[LIMBS];
    f->limbs = (bits + 63) / 64;
    f->n = 2 * f->limbs;
    modulus(m, bits, dense);
    mpz_init(f->m);
    mpz_init(f->square);
    get(f->m, m, f->limbs);
    mpz_mul(f->square, f->m, f->m);
    pv_status status = pv_modsq_new(&f->r, m, f->limbs, code);
    f->a = calloc(COUNT * f->n, 8);
    f->b = calloc(COUNT * f->n, 8);
    f->out = calloc(COUNT * f->n, 8);
    if (status == PV_ERR_UNSUPPORTED) return 0;
    CHECK_OK(status);
    assert_int_equal(pv_modsq_limbs(f->r), f->n);
    return 1;
}

static void end(fixture *f)
{
    pv_modsq_free(f->r);
    mpz_clear(f->m);
    mpz_clear(f->square);
    free(f->a);
    free(f->b);
    free(f->out);
}

/* Edge values first, then drawn ones. */
static void residues(const fixture *f, uint64_t *out, int which)
{
    mpz_t x;
    mpz_init(x);
    for (int i = 0; i < COUNT; i++) {
        int edge = (i + which) % COUNT;
        draw(x, f->square);
        if (edge == 0) mpz_set_ui(x, 0);
        if (edge == 1) mpz_set_ui(x, 1);
        if (edge == 2) mpz_sub_ui(x, f->m, 1);
        if (edge == 3) mpz_set(x, f->m);
        if (edge == 4) mpz_sub_ui(x, f->square, 1);
        if (edge == 5) mpz_sub(x, f->square, f->m);
        if (edge == 6) mpz_add_ui(x, f->m, 1);
        put(out + (size_t)i * f->n, f->n, x);
    }
    mpz_clear(x);
}

static void is(const fixture *f, const uint64_t *limbs, const mpz_t want)
{
    mpz_t x;
    mpz_init(x);
    get(x, limbs, f->n);
    if (mpz_cmp(x, want) != 0) gmp_fprintf(stderr, "got  %Zx\nwant %Zx\nm %Zx\n", x, want, f->m);
    assert_int_equal(mpz_cmp(x, want), 0);
    mpz_clear(x);
}

static const size_t sizes[] = {256, 257, 512, 1000, 1024, 1536, 2048, 3072, 4096};
static const pv_modsq_code codes[] = {PV_MODSQ_PORTABLE, PV_MODSQ_LANES, PV_MODSQ_IFMA};

#define FOR_ALL(f)                                                                                 \
    for (size_t s_ = 0; s_ < sizeof sizes / sizeof *sizes; s_++)                                   \
        for (size_t c_ = 0; c_ < sizeof codes / sizeof *codes; c_++)                               \
            for (int dense_ = 0, on_; dense_ < 2; dense_++)                                        \
                for (on_ = begin(&(f), sizes[s_], dense_, codes[c_]); on_ >= 0;                    \
                     end(&(f)), on_ = -1)                                                          \
                    if (on_)

static void products_are_those_of_gmp(void **state)
{
    fixture f;
    mpz_t x, y;
    (void)state;
    mpz_init(x);
    mpz_init(y);
    FOR_ALL(f)
    {
        for (int k = 0; k < COUNT; k++) {
            residues(&f, f.a, 0);
            residues(&f, f.b, k);
            CHECK_OK(pv_modsq_mul(f.r, f.out, f.a, f.b, COUNT, 1 + k % 2));
            for (size_t i = 0; i < COUNT; i++) {
                get(x, f.a + i * f.n, f.n);
                get(y, f.b + i * f.n, f.n);
                mpz_mul(x, x, y);
                mpz_mod(x, x, f.square);
                is(&f, f.out + i * f.n, x);
            }
        }
    }
    mpz_clear(x);
    mpz_clear(y);
}

static void plain_products_are_those_of_gmp(void **state)
{
    fixture f;
    mpz_t x, y;
    (void)state;
    mpz_init(x);
    mpz_init(y);
    FOR_ALL(f)
    {
        residues(&f, f.a, 0);
        for (size_t i = 0; i < COUNT; i++) {
            draw(x, f.m);
            if (i == 1) mpz_sub_ui(x, f.m, 1);
            if (i == 2) mpz_set_ui(x, 0);
            put(f.b + i * f.limbs, f.limbs, x);
        }
        CHECK_OK(pv_modsq_mul_plain(f.r, f.out, f.a, f.b, COUNT, 2));
        for (size_t i = 0; i < COUNT; i++) {
            get(x, f.b + i * f.limbs, f.limbs);
            mpz_mul(x, x, f.m);
            mpz_add_ui(x, x, 1);
            get(y, f.a + i * f.n, f.n);
            mpz_mul(x, x, y);
            mpz_mod(x, x, f.square);
            is(&f, f.out + i * f.n, x);
        }
    }
    mpz_clear(x);
    mpz_clear(y);
}

/* Short exponents: what is long is done at the size that users have. */
static size_t some_bits(size_t s)
{
    static const size_t bits[] = {64, 1, 65, 2, 1024, 7, 100, 33, 40};
    return bits[s];
}

static void powers_are_those_of_gmp(void **state)
{
    fixture f;
    mpz_t x, e;
    (void)state;
    mpz_init(x);
    mpz_init(e);
    FOR_ALL(f)
    {
        size_t bits = some_bits(s_), limbs = (bits + 63) / 64;
        uint64_t exponents[COUNT * 16];
        residues(&f, f.a, 0);
        for (size_t i = 0; i < COUNT; i++) {
            pv_csprng_bytes(&rng, exponents + i * limbs, 8 * limbs);
            if (i == 1) memset(exponents + i * limbs, 0xff, 8 * limbs);
            if (i == 2) memset(exponents + i * limbs, 0, 8 * limbs);
            if (bits % 64 != 0) exponents[i * limbs + limbs - 1] &= ((uint64_t)1 << bits % 64) - 1;
        }
        CHECK_OK(pv_modsq_pow_each(f.r, f.out, f.a, exponents, bits, COUNT, 2));
        for (size_t i = 0; i < COUNT; i++) {
            get(x, f.a + i * f.n, f.n);
            get(e, exponents + i * limbs, limbs);
            mpz_powm(x, x, e, f.square);
            is(&f, f.out + i * f.n, x);
        }
        CHECK_OK(pv_modsq_pow(f.r, f.out, f.a, exponents, bits, COUNT, 1));
        for (size_t i = 0; i < COUNT; i++) {
            get(x, f.a + i * f.n, f.n);
            get(e, exponents, limbs);
            mpz_powm(x, x, e, f.square);
            is(&f, f.out + i * f.n, x);
        }
        CHECK_OK(pv_modsq_pow(f.r, f.out, f.a, exponents, 0, COUNT, 1));
        mpz_set_ui(x, 1);
        for (size_t i = 0; i < COUNT; i++) is(&f, f.out + i * f.n, x);
    }
    mpz_clear(x);
    mpz_clear(e);
}

static void tables_are_those_of_gmp(void **state)
{
    fixture f;
    mpz_t x, e, base;
    (void)state;
    mpz_inits(x, e, base, NULL);
    FOR_ALL(f)
    {
        size_t bits = some_bits(s_), limbs = (bits + 63) / 64;
        uint64_t exponents[COUNT * 16];
        do draw(base, f.square), mpz_gcd(x, base, f.m);
        while (mpz_cmp_ui(x, 1) != 0);
        if (dense_) mpz_sub_ui(base, f.square, 1); /* -1 */
        put(f.a, f.n, base);
        for (size_t i = 0; i < COUNT; i++) {
            pv_csprng_bytes(&rng, exponents + i * limbs, 8 * limbs);
            if (i == 1) memset(exponents + i * limbs, 0xff, 8 * limbs);
            if (i == 2) memset(exponents + i * limbs, 0, 8 * limbs);
            if (bits % 64 != 0) exponents[i * limbs + limbs - 1] &= ((uint64_t)1 << bits % 64) - 1;
        }
        for (int window = 0; window <= 8; window += 1 + (int)s_ % 3) {
            pv_modsq_table *t;
            if (codes[c_] == PV_MODSQ_LANES && window % 4 != 0) continue; /* slow */
            CHECK_OK(pv_modsq_table_new(&t, f.r, f.a, bits, window, 2));
            assert_true(pv_modsq_table_bytes(t) > 16 * 8 * f.limbs);
            CHECK_OK(pv_modsq_table_pow(t, f.out, exponents, COUNT, 1 + window % 3));
            for (size_t i = 0; i < COUNT; i++) {
                get(e, exponents + i * limbs, limbs);
                mpz_powm(x, base, e, f.square);
                is(&f, f.out + i * f.n, x);
            }
            CHECK_OK(pv_modsq_table_pow(t, f.out, exponents, 0, 2));
            pv_modsq_table_free(t);
        }
    }
    mpz_clears(x, e, base, NULL);
}

static void wide_of(mpz_t x, pv_wide w)
{
    pv_wide absolute = pv_wide_negative(w) ? pv_wide_neg(w) : w;
    get(x, absolute.limb, PV_WIDE_LIMBS);
    if (pv_wide_negative(w)) mpz_neg(x, x);
}

/* Every shape against single powers. */
static void matrix(const fixture *f, size_t bits, size_t rows, size_t columns, size_t terms,
                   int threads)
{
    size_t n = f->n;
    uint64_t *base = calloc(columns * terms + 1, 8 * n), *out = calloc(rows * columns, 8 * n);
    pv_wide *e = calloc(rows * terms + 1, sizeof *e);
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    for (size_t i = 0; i < columns * terms; i++) {
        do draw(x, f->square), mpz_gcd(y, x, f->m);
        while (mpz_cmp_ui(y, 1) != 0);
        if (i == 1) mpz_set_ui(x, 1);
        if (i == 2) mpz_sub_ui(x, f->square, 1);
        put(base + i * n, n, x);
    }
    for (size_t i = 0; i < rows * terms; i++) {
        e[i] = pv_wide_random(&rng, (unsigned)bits);
        pv_wide top = pv_wide_shl(pv_wide_from(1), (unsigned)bits - 1);
        if (i == 1) e[i] = pv_wide_shr(pv_wide_shl(pv_wide_neg(top), 0), 0); /* the least */
        if (i == 1 && bits < 256) e[i] = pv_wide_neg(top);
        if (i == 2) e[i] = pv_wide_from(0);
        if (i == 3) e[i] = pv_wide_sub(top, pv_wide_from(1)); /* the greatest */
        assert_int_equal(pv_wide_fits(e[i], (unsigned)bits), 1);
    }
    CHECK_OK(pv_modsq_products(f->r, out, base, e, bits, rows, columns, terms, threads));
    for (size_t k = 0; k < rows; k++)
        for (size_t c = 0; c < columns; c++) {
            mpz_set_ui(x, 1);
            for (size_t t = 0; t < terms; t++) {
                get(y, base + (c * terms + t) * n, n);
                wide_of(z, e[k * terms + t]);
                mpz_powm(y, y, z, f->square); /* GMP inverts where z < 0 */
                mpz_mul(x, x, y);
                mpz_mod(x, x, f->square);
            }
            is(f, out + (k * columns + c) * n, x);
        }
    mpz_clears(x, y, z, NULL);
    free(base);
    free(out);
    free(e);
}

static void matrix_products_are_those_of_gmp(void **state)
{
    fixture f;
    (void)state;
    FOR_ALL(f)
    {
        int slow = codes[c_] == PV_MODSQ_LANES || sizes[s_] > 2048;
        matrix(&f, 20, 2, 1, 5, 1);
        matrix(&f, 1, 3, 2, 4, 2);
        if (slow) continue;
        matrix(&f, 97, 10, 2, 9, 2);
        matrix(&f, 256, 2, 3, 3, 1);
        if (sizes[s_] > 512) continue;
        matrix(&f, 5, 2, 2, 300, 2); /* more terms than a chunk has */
        matrix(&f, 12, 2, 7, 60, 3); /* more columns than a chunk has */
        matrix(&f, 9, 100, 1, 3, 2);
        matrix(&f, 9, 2, 2, 0, 2);
    }
}

static void logarithms_are_those_of_gmp(void **state)
{
    fixture f;
    mpz_t x, e, y;
    (void)state;
    mpz_inits(x, e, y, NULL);
    FOR_ALL(f)
    {
        /* (1 + m·x)^e = 1 + m·x·e */
        uint64_t exponent[2];
        pv_csprng_bytes(&rng, exponent, sizeof exponent);
        get(e, exponent, 2);
        for (size_t i = 0; i < COUNT; i++) {
            draw(x, f.m);
            if (i == 1) mpz_set_ui(x, 0);
            mpz_mul(x, x, f.m);
            mpz_add_ui(x, x, 1);
            put(f.a + i * f.n, f.n, x);
        }
        CHECK_OK(pv_modsq_log(f.r, f.out, f.a, exponent, 128, COUNT, 2));
        for (size_t i = 0; i < COUNT; i++) {
            get(x, f.a + i * f.n, f.n);
            mpz_tdiv_q(x, x, f.m);
            mpz_mul(x, x, e);
            mpz_mod(x, x, f.m);
            get(y, f.out + i * f.limbs, f.limbs);
            assert_int_equal(mpz_cmp(x, y), 0);
        }
        memset(f.a + 3 * f.n, 0, 8 * f.n); /* 0 is a power of nothing but 0 */
        CHECK_FAILS(pv_modsq_log(f.r, f.out, f.a, exponent, 128, COUNT, 1), PV_ERR_NUMERIC,
                    "shares a factor");
    }
    mpz_clears(x, e, y, NULL);
}

static void inverses_undo(void **state)
{
    fixture f;
    mpz_t x, y;
    (void)state;
    mpz_inits(x, y, NULL);
    assert_true(begin(&f, 1024, 0, PV_MODSQ_PORTABLE));
    for (size_t i = 0; i < COUNT; i++) {
        do draw(x, f.square), mpz_gcd(y, x, f.m);
        while (mpz_cmp_ui(y, 1) != 0);
        put(f.a + i * f.n, f.n, x);
    }
    CHECK_OK(pv_modsq_inverse(f.r, f.b, f.a, COUNT));
    CHECK_OK(pv_modsq_mul(f.r, f.out, f.a, f.b, COUNT, 1));
    mpz_set_ui(x, 1);
    for (size_t i = 0; i < COUNT; i++) is(&f, f.out + i * f.n, x);
    put(f.a + 5 * f.n, f.n, f.m);
    CHECK_FAILS(pv_modsq_inverse(f.r, f.b, f.a, COUNT), PV_ERR_RANGE, "residue 5 of 11");
    pv_modsq_table *t;
    CHECK_FAILS(pv_modsq_table_new(&t, f.r, f.a + 5 * f.n, 64, 0, 1), PV_ERR_RANGE, "factor");
    assert_null(t);
    pv_wide e[6] = {{{1, 0, 0, 0}}};
    CHECK_FAILS(pv_modsq_products(f.r, f.out, f.a, e, 8, 1, 1, 6, 1), PV_ERR_RANGE,
                "base 5 of column 0");
    end(&f);
    mpz_clears(x, y, NULL);
}

static void moduli_are_refused(void **state)
{
    uint64_t m[LIMBS + 1] = {1};
    pv_modsq *r;
    (void)state;
    CHECK_FAILS(pv_modsq_new(&r, m, 0, PV_MODSQ_BEST), PV_ERR_RANGE, "0 limbs");
    CHECK_FAILS(pv_modsq_new(&r, m, 8, PV_MODSQ_BEST), PV_ERR_RANGE, "top limb");
    m[3] = 1;
    CHECK_FAILS(pv_modsq_new(&r, m, 4, PV_MODSQ_BEST), PV_ERR_RANGE, "193 bits");
    m[LIMBS] = 1;
    CHECK_FAILS(pv_modsq_new(&r, m, LIMBS + 1, PV_MODSQ_BEST), PV_ERR_RANGE, "65 limbs");
    m[LIMBS - 1] = 1, m[0] = 2;
    CHECK_FAILS(pv_modsq_new(&r, m, LIMBS, PV_MODSQ_BEST), PV_ERR_RANGE, "odd");
    assert_null(r);
    pv_modsq_free(NULL);
    pv_modsq_table_free(NULL);
    m[0] = 1;
    CHECK_OK(pv_modsq_new(&r, m, LIMBS, PV_MODSQ_PORTABLE));
    assert_string_equal(pv_modsq_code_name(r), "portable");
    pv_modsq_table *t;
    CHECK_FAILS(pv_modsq_table_new(&t, r, m, 0, 0, 1), PV_ERR_RANGE, "0 bits");
    CHECK_FAILS(pv_modsq_table_new(&t, r, m, 8, 9, 1), PV_ERR_RANGE, "windows of 9");
    CHECK_FAILS(pv_modsq_products(r, m, m, NULL, 257, 1, 1, 1, 1), PV_ERR_RANGE, "257 bits");
    pv_modsq_free(r);
}

static void memory_runs_out(void **state)
{
    uint64_t m[4], e[2] = {5, 6};
    uint64_t *x = calloc(4 * 8, 8);
    pv_wide wide[4] = {{{3}}, {{4}}, {{5}}, {{6}}};
    pv_status status;
    (void)state;
    modulus(m, 256, 0);
    for (int i = 0; i < 4; i++) x[8 * i] = (uint64_t)i + 2;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_modsq *r = NULL;
        pv_modsq_table *t = NULL;
        status = pv_modsq_new(&r, m, 4, PV_MODSQ_BEST);
        if (status == PV_OK) status = pv_modsq_mul(r, x, x, x, 2, 2);
        if (status == PV_OK) status = pv_modsq_mul_plain(r, x, x, m, 1, 1);
        if (status == PV_OK) status = pv_modsq_pow(r, x, x, e, 70, 2, 2);
        for (int i = 0; i < 4; i++) memset(x + 8 * i, 0, 64), x[8 * i] = (uint64_t)1 << i;
        if (status == PV_OK) status = pv_modsq_inverse(r, x, x, 2);
        if (status == PV_OK) status = pv_modsq_products(r, x, x, wide, 5, 2, 2, 2, 2);
        if (status == PV_OK) status = pv_modsq_table_new(&t, r, x, 70, 0, 2);
        if (status == PV_OK) status = pv_modsq_table_pow(t, x, e, 1, 1);
        pv_modsq_table_free(t);
        pv_modsq_free(r);
        if (status != PV_OK && status != PV_ERR_MEMORY) print_error("%s\n", pv_trail_text());
    }
    free(x);
}

/* tests/vectors/modsq.txt: what another program's integers say. */
static void vectors_are_met(void **state)
{
    FILE *file = fopen("tests/vectors/modsq.txt", "r");
    static char text[4][2 * LIMBS * 16 + 8];
    mpz_t v[4];
    size_t seen = 0;
    (void)state;
    assert_non_null(file);
    mpz_inits(v[0], v[1], v[2], v[3], NULL);
    assert_int_equal(fscanf(file, "#%*[^\n]\n"), 0);
    while (fscanf(file, "%2055s %2055s %2055s %2055s", text[0], text[1], text[2], text[3]) == 4) {
        for (int i = 0; i < 4; i++) assert_int_equal(mpz_set_str(v[i], text[i], 16), 0);
        size_t limbs = mpz_size(v[0]), bits = mpz_sizeinbase(v[2], 2);
        for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
            uint64_t m[LIMBS], x[2 * LIMBS], e[4], got[2 * LIMBS], want[2 * LIMBS];
            pv_modsq *r;
            put(m, limbs, v[0]);
            put(x, 2 * limbs, v[1]);
            put(e, (bits + 63) / 64, v[2]);
            put(want, 2 * limbs, v[3]);
            if (pv_modsq_new(&r, m, limbs, codes[c]) == PV_ERR_UNSUPPORTED) continue;
            CHECK_OK(pv_modsq_pow(r, got, x, e, bits, 1, 1));
            assert_memory_equal(got, want, 16 * limbs);
            pv_modsq_free(r);
        }
        seen++;
    }
    assert_int_equal(seen, 4);
    mpz_clears(v[0], v[1], v[2], v[3], NULL);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_met),
        cmocka_unit_test(products_are_those_of_gmp),
        cmocka_unit_test(plain_products_are_those_of_gmp),
        cmocka_unit_test(powers_are_those_of_gmp),
        cmocka_unit_test(tables_are_those_of_gmp),
        cmocka_unit_test(matrix_products_are_those_of_gmp),
        cmocka_unit_test(logarithms_are_those_of_gmp),
        cmocka_unit_test(inverses_undo),
        cmocka_unit_test(moduli_are_refused),
        cmocka_unit_test(memory_runs_out),
    };
    pv_csprng_test(&rng, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
