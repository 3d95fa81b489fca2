/* run/bench_paillier.h - what Paillier's cryptosystem costs on one core, beside plain GMP
 *
 * The operations take turns in rounds; time is the thread's own processor time, and the best round
 * of each counts, since whatever else the machine does can only slow a round down. Everything is in
 * batches, as the protocols have it. The keys are built in and published: good for measuring and
 * for nothing else.
 *
 *     encrypt_owner   by who has p and q, exact distribution
 *     encrypt_public  by somebody else: DJN, exponents of half n's length, no pool
 *     decrypt         with its check against faults
 *     rerandomize     a result, so that the key's owner cannot see how it came about (FULL)
 *     add             two ciphertexts
 *     mul_plain       a ciphertext by a secret number of PV_BENCH_PAILLIER_FACTOR bits, with sign
 *     gmp_encrypt     (1 + m·n)·r^n mod n² by mpz_powm, one after the other
 *     gmp_decrypt     the same with the Chinese remainder theorem
 */
#ifndef PV_RUN_BENCH_PAILLIER_H
#define PV_RUN_BENCH_PAILLIER_H

#include "privet/context.h"

enum { PV_BENCH_PAILLIER_CASES = 8, PV_BENCH_PAILLIER_FACTOR = 64 };

typedef struct pv_bench_paillier_figures {
    double per_s[PV_BENCH_PAILLIER_CASES];
    double ifma_per_s;  /* 52-bit multiply-adds of all lanes; 0: the machine has none */
    const char *code;   /* "portable", "lanes", "ifma" */
    size_t table_bytes; /* of the owner's powers */
    double seconds;     /* that all took */
} pv_bench_paillier_figures;

const char *pv_bench_paillier_name(int i); /* "encrypt_owner", NULL past the last */

/* bits: 2048, 3072 or 4096; seconds: about how long all of it takes. One thread. */
pv_status pv_bench_paillier(pv_bench_paillier_figures *out, int bits, int rounds, double seconds,
                            const pv_ctx *ctx) PV_MUST_USE;

#endif
