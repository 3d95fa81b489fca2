/* math/modular/modsq.h - arithmetic modulo the square of an odd number, many residues at a time
 *
 * Paillier's cryptosystem computes modulo n², and its owner modulo p² and q². All of it is batched
 * (thousands of exponentiations that do not depend on each other), so the unit here is an array of
 * residues, and the fast code puts eight of them side by side into the lanes of a vector register.
 *
 * Split representation. A residue x mod m² is kept as x = a + m·b with a, b < m. A product
 *     x1·x2 = a1·a2 + m·(a1·b2 + a2·b1)   (mod m²)
 * needs three half-size products and two half-size reductions instead of one full product and one
 * full reduction: reducing a1·a2 by Montgomery's method keeps the quotient q (a1·a2 = a·R - q·m or
 * its mirror), and the other half is redc(a1·b2 + a2·b1 - q). Five half-size units instead of
 * eight.
 *
 * Which code runs is decided when the object is made:
 *     PORTABLE  64-bit digits, any machine
 *     LANES     the vector code over its plain C twin of a vector register: slow, for tests, and
 *               for valgrind, which does not run AVX-512
 *     IFMA      AVX-512 IFMA, eight lanes of 52-bit digits
 * All give the same residues.
 *
 * Residues at this door are canonical: pv_modsq_limbs() 64-bit limbs, little-endian, below m²; an
 * array of `count` of them is contiguous. in and out may be the same array. Exponents are
 * little-endian limbs, and secret: the sequence of operations and of addresses depends on their
 * declared number of bits only, never on their value (no zero is skipped; tables are read whole).
 * The modulus may be secret as well (p), but for its number of bits: pv_modsq_free wipes. Where
 * it says so, modulus and bases are public.
 *
 * threads: as many OpenMP threads share the batch; results do not depend on it. An object may be
 * used by several threads at a time once it is made.
 */
#ifndef PV_MATH_MODSQ_H
#define PV_MATH_MODSQ_H

#include "math/wide.h"

typedef enum pv_modsq_code {
    PV_MODSQ_BEST = 0, /* the fastest that this machine has */
    PV_MODSQ_PORTABLE,
    PV_MODSQ_LANES,
    PV_MODSQ_IFMA, /* PV_ERR_UNSUPPORTED where the machine has none */
} pv_modsq_code;

enum { PV_MODSQ_MAX_BITS = 4096 }; /* of m */

typedef struct pv_modsq pv_modsq;

/* m: `limbs` limbs, odd, its top bit anywhere, at least 256 and at most PV_MODSQ_MAX_BITS bits. */
pv_status pv_modsq_new(pv_modsq **out, const uint64_t *m, size_t limbs,
                       pv_modsq_code code) PV_MUST_USE;
void pv_modsq_free(pv_modsq *r);                   /* wipes; accepts NULL */
size_t pv_modsq_limbs(const pv_modsq *r);          /* of a residue modulo m²: 2·limbs */
const char *pv_modsq_code_name(const pv_modsq *r); /* "portable", "lanes", "ifma" */

/* out[i] = a[i]·b[i] */
pv_status pv_modsq_mul(const pv_modsq *r, uint64_t *out, const uint64_t *a, const uint64_t *b,
                       size_t count, int threads) PV_MUST_USE;
/* out[i] = a[i]·(1 + x[i]·m), the cheap half of Paillier's encryption; x: [count][limbs], below m
 */
pv_status pv_modsq_mul_plain(const pv_modsq *r, uint64_t *out, const uint64_t *a, const uint64_t *x,
                             size_t count, int threads) PV_MUST_USE;
/* out[i] = base[i]^e, one exponent for all: e < 2^bits. */
pv_status pv_modsq_pow(const pv_modsq *r, uint64_t *out, const uint64_t *base, const uint64_t *e,
                       size_t bits, size_t count, int threads) PV_MUST_USE;
/* out[i] = base[i]^e[i]; e: [count][(bits+63)/64] */
pv_status pv_modsq_pow_each(const pv_modsq *r, uint64_t *out, const uint64_t *base,
                            const uint64_t *e, size_t bits, size_t count, int threads) PV_MUST_USE;
/* (base^e mod m² - 1)/m mod m, the L function of decryption: out [count][limbs]. A residue that is
 * no multiple of m above 1 after the power gives PV_ERR_NUMERIC: only a base that shares a factor
 * with m, or a fault of the machine, does that. */
pv_status pv_modsq_log(const pv_modsq *r, uint64_t *out, const uint64_t *base, const uint64_t *e,
                       size_t bits, size_t count, int threads) PV_MUST_USE;
/* 1 when a public residue has an inverse, 0 when it shares a factor with m. */
int pv_modsq_invertible(const pv_modsq *r, const uint64_t *a);
/* out[i] = a[i]^-1, of public values and public m (not constant time; one inversion, by
 * Montgomery's trick). PV_ERR_RANGE naming the first that has no inverse. */
pv_status pv_modsq_inverse(const pv_modsq *r, uint64_t *out, const uint64_t *a,
                           size_t count) PV_MUST_USE;

/* ---- one base, many exponents: powers of the base are worked out once */
typedef struct pv_modsq_table pv_modsq_table;
/* For exponents below 2^bits. PV_ERR_RANGE when base has no inverse modulo m. window: bits a table
 * row stands for, at most 8; 0: the best for the code. The object is borrowed and must outlive the
 * table. */
pv_status pv_modsq_table_new(pv_modsq_table **out, const pv_modsq *r, const uint64_t *base,
                             size_t bits, int window, int threads) PV_MUST_USE;
void pv_modsq_table_free(pv_modsq_table *t); /* wipes; accepts NULL */
size_t pv_modsq_table_bytes(const pv_modsq_table *t);
/* out[i] = base^e[i]; e: [count][(bits+63)/64]. */
pv_status pv_modsq_table_pow(const pv_modsq_table *t, uint64_t *out, const uint64_t *e,
                             size_t count, int threads) PV_MUST_USE;

/* ---- many bases, many signed exponents: the products of a homomorphic matrix product
 *
 *     out[k][i] = prod over j of base[i][j]^e[k][j]      k < rows, i < columns, j < terms
 *
 * e: [rows][terms], in [-2^(bits-1), 2^(bits-1)), secret; base: [columns][terms], public residues
 * with an inverse, and m is public; out: [rows][columns]. The window tables of a base serve all
 * rows. Negative exponents by an offset: e + 2^(bits-1) is never negative, and prod
 * base^(2^(bits-1)) is divided out, once a column. bits <= 256. */
pv_status pv_modsq_products(const pv_modsq *r, uint64_t *out, const uint64_t *base,
                            const pv_wide *e, size_t bits, size_t rows, size_t columns,
                            size_t terms, int threads) PV_MUST_USE;

/* Multiply-adds of 52-bit lanes that one core does a second, measured for about `seconds`: what
 * rates of this room are to be seen against. 0 without IFMA. */
double pv_modsq_ifma_rate(double seconds);

#endif
