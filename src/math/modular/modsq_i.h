/* math/modular/modsq_i.h - what the files of modsq share: the representation, and a table of
 * operations that each code (portable, lanes, ifma) fills
 *
 * Everything works on groups of `lanes` residues. A half is a number of `digits` digits of `radix`
 * bits a lane, half[digit·lanes + lane]; an element is two halves, a then b, and stands for
 * a + m·b modulo m². R = 2^(radix·digits) has at least PV_MODSQ_SPARE bits more than m. A half
 * need not be below m: operations take halves below 8m and give halves below 2m.
 *
 * Residues x are held as x·R mod m². Where T = x·y and q = -T/m mod R, Montgomery's reduction is
 * (T + q·m)/R = u, so that T = R·u - q·m exactly. Hence, modulo m² and with 1/R taken there,
 *     (a1 + m·b1)·(a2 + m·b2)/R = u + m·((a1·b2 + a2·b1 - q)/R mod m),
 * where u and q come from a1·a2. -q is had as the digits' complement plus 1 - R: the constant
 * (1 - R) mod m starts the sum.
 *
 * Fixed tables. An entry is kept relative, as a·(1 + m·t), and the accumulator as
 * u·(1 + m·t) + m·s. A product by an entry is then two half products, two reductions, and a sum:
 *     u·a = R·u' - q·m,   s' = (s·a - q)/R,   t' = t + t2,
 * one half-size unit less than the general product. t is kept multiplied by R, and is not reduced
 * while it grows: PV_MODSQ_SUMS entries at most between two calls of pv_modsq_acc_settle.
 */
#ifndef PV_MATH_MODSQ_I_H
#define PV_MATH_MODSQ_I_H

#include "math/modular/modsq.h"

enum {
    PV_MODSQ_SPARE = 14,
    PV_MODSQ_SUMS = 2048,
    PV_MODSQ_LANES_MAX = 8,
    PV_MODSQ_DIGITS_MAX = 80,
    PV_MODSQ_LIMBS_MAX = PV_MODSQ_MAX_BITS / 64,
    PV_MODSQ_ROW_MIN = 16, /* entries of a table's row, at least: what one permutation chooses of */
    PV_MODSQ_WINDOW_MAX = 8,
};

typedef struct pv_modsq_ops {
    const char *name;
    int lanes, radix, step; /* digits are a multiple of step */
    /* u = (x·y + q·m)/R; q may be NULL */
    void (*half)(const pv_modsq *r, uint64_t *u, uint64_t *q, const uint64_t *x, const uint64_t *y);
    /* the same, and u2 = x2·y2/R beside it: faster than one after the other */
    void (*half_two)(const pv_modsq *r, uint64_t *u, uint64_t *q, const uint64_t *x,
                     const uint64_t *y, uint64_t *u2, const uint64_t *x2, const uint64_t *y2);
    /* x²/R, doubled in the lanes where twice is 1; m and ninvs may differ between the lanes */
    void (*half_square)(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *twice);
    void (*sum)(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y);
    /* (x + y - z) mod m, below m; x, y, z below 4m */
    void (*combine)(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y,
                    const uint64_t *z);
    void (*mul)(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y);
    /* x·y/R of a half x, and x/R of an element: what conversions need of mul */
    void (*mul_half)(const pv_modsq *r, uint64_t *out, const uint64_t *x, const uint64_t *y);
    void (*divide)(const pv_modsq *r, uint64_t *out, const uint64_t *x);
    void (*square)(const pv_modsq *r, uint64_t *out, const uint64_t *x);
    /* every lane's own choice among `entries` elements that stand one after the other */
    void (*pick)(const pv_modsq *r, uint64_t *out, const uint64_t *table, size_t entries,
                 const uint64_t *digit);
    /* acc[g] *= row[digit[g·lanes + lane]], a row of pv_modsq_row_make; acc: three halves,
     * u s t */
    void (*row_mul)(const pv_modsq *r, uint64_t *acc, size_t groups, const uint64_t *row,
                    int window, const uint64_t *digit);
} pv_modsq_ops;

struct pv_modsq {
    const pv_modsq_ops *ops;
    size_t bits, limbs, digits, half; /* of m; of a half; words of a half */
    uint64_t ninv;                    /* -1/m mod 2^radix */
    uint64_t m64[PV_MODSQ_LIMBS_MAX], square64[2 * PV_MODSQ_LIMBS_MAX]; /* m, m² */
    uint64_t *words; /* what the following point into */
    size_t size;
    uint64_t *ninvs;         /* one word a lane */
    uint64_t *m, *times[4];  /* halves: m; 8m, 4m, 2m, m */
    uint64_t *zero, *plain;  /* halves: 0, 1 */
    uint64_t *minus;         /* half: (1 - R) mod m */
    uint64_t *one, *r2, *r3; /* elements: R, R², R³ mod m² */
};

extern const pv_modsq_ops pv_modsq_portable;
extern const pv_modsq_ops pv_modsq_lanes;
extern const pv_modsq_ops pv_modsq_ifma;
double pv_modsq_ifma_count(double seconds); /* pv_modsq_ifma_rate, where there is IFMA */

/* One lane of a half from limbs, and back (what does not fit is cut off). */
void pv_modsq_pack(const pv_modsq *r, uint64_t *half, int lane, const uint64_t *x, size_t limbs);
void pv_modsq_unpack(const pv_modsq *r, uint64_t *x, size_t limbs, const uint64_t *half, int lane);

/* Residues at the door into an element and back: count <= lanes; the other lanes are 0. */
void pv_modsq_enter(const pv_modsq *r, uint64_t *element, const uint64_t *x, size_t count);
void pv_modsq_leave(const pv_modsq *r, uint64_t *x, const uint64_t *element, size_t count);

/* The log of pv_modsq_log instead; not 0 where a lane had none. */
uint64_t pv_modsq_leave_log(const pv_modsq *r, uint64_t *x, const uint64_t *element, size_t count);

/* An array of `count` residues in groups of lanes, and how many are in a group. */
size_t pv_modsq_groups(const pv_modsq *r, size_t count);
size_t pv_modsq_in_group(const pv_modsq *r, size_t count, size_t group);
/* Kernels leave what they compute with on their stacks, since wiping them at every product would
 * cost more than the product. Whoever calls kernels calls this at the end: it wipes what lies below
 * the caller on the stack of each thread. */
void pv_modsq_wipe_stacks(int threads);
/* `halves` halves for each thread, no more threads than jobs. Freeing wipes the stacks as well. */
pv_status pv_modsq_scratch(uint64_t **all, const pv_modsq *r, int *threads, size_t jobs,
                           size_t halves) PV_MUST_USE;
void pv_modsq_scratch_free(uint64_t *all, const pv_modsq *r, int threads, size_t halves);

/* An exponent's `window` bits from bit `at` on; those beyond its limbs are 0. */
uint64_t pv_modsq_digit(const uint64_t *e, size_t limbs, size_t at, int window);

/* The fastest code of this machine. */
const pv_modsq_ops *pv_modsq_best(void);

/* Halves that hold x·R mod m in every lane are replaced by R/x mod m. PV_ERR_RANGE where one has no
 * inverse. open: m and the values are public, which is faster. scratch: groups + 2 halves. */
pv_status pv_modsq_invert_halves(const pv_modsq *r, uint64_t *halves, size_t groups, int open,
                                 uint64_t *scratch) PV_MUST_USE;

/* ---- rows of fixed tables: base^0 ... base^(2^window - 1) */
size_t pv_modsq_row_words(const pv_modsq *r, int window);
/* rows[lane]: where the row of that lane's base goes, NULL: nowhere. inverse: R over the lanes' a,
 * from pv_modsq_invert_halves. scratch: pv_modsq_row_scratch words. */
size_t pv_modsq_row_scratch(const pv_modsq *r);
void pv_modsq_row_make(const pv_modsq *r, uint64_t *const *rows, int window, const uint64_t *base,
                       const uint64_t *inverse, uint64_t *scratch);
void pv_modsq_acc_one(const pv_modsq *r, uint64_t *acc);
/* The accumulator as an element, and the same with its sum t begun again at 0. */
void pv_modsq_acc_element(const pv_modsq *r, uint64_t *element, const uint64_t *acc);
void pv_modsq_acc_settle(const pv_modsq *r, uint64_t *acc);

#endif
