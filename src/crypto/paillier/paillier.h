/* crypto/paillier/paillier.h - Paillier's additively homomorphic encryption, in batches
 *
 * Paillier 1999 with generator 1 + n. A plaintext m is a residue modulo n, a ciphertext
 *     Enc(m; r) = (1 + m·n)·ρ mod n²,  ρ = r^n an n-th residue
 * a residue modulo n². Products of ciphertexts are sums of plaintexts, powers are multiples. Who
 * has p and q decrypts by the Chinese remainder theorem: L((c mod p²)^(p-1) mod p²)·h_p mod p,
 * likewise q (paper, section 7).
 *
 * What it rests on: without p and q, n-th residues modulo n² cannot be told from other residues
 * (decisional composite residuosity). Nothing here keeps the *owner of the key* from learning how a
 * ciphertext came about: whoever sends the owner a result of homomorphic arithmetic re-randomises
 * it first (pv_paillier_blind), and how well that hides is said there. Ciphertexts can be changed
 * by anybody, on purpose: who decrypts for others is an oracle, so decrypt by schedule only.
 *
 * Primes are safe primes (math/modular/prime.h). For the owner this makes encryption exact: the
 * group modulo p² has a generator of known order, ρ = g^x with x uniform below p-1 has the
 * distribution of r^n, and a table of g's powers makes it cheap. For others it
 * makes DJN's h = -y² generate all it should. Keys whose (p-1)/2 is composite can be loaded
 * (`safe` is 0 then): their owner encrypts by r^p modulo p², and blinding them is textbook.
 *
 * Everything is by batches of `count`: a plaintext has pv_paillier_limbs() limbs of 64 bits
 * (little- endian, below n), a ciphertext twice as many. Threads: those of the context. Secrets of
 * keys live in base/secret.h memory; exponents, plaintexts and randomness take part in no branch or
 * address.
 *
 * Bytes: a ciphertext crosses as 2·bits/8 bytes, little-endian (pv_paillier_cipher_bytes); what
 * comes in is checked: below n², not zero, no factor shared with n.
 *
 * Key files are PEM files (wire/pem.h) of u32 version (1), u32 bits, and numbers, little-endian:
 *     PRIVET PAILLIER PRIVATE KEY    p, q of bits/16 bytes each; mode 0600
 *     PRIVET PAILLIER PUBLIC KEY     n of bits/8 bytes, the proof that n is well-formed
 * The proof of a file has the context PV_PAILLIER_FILE_CONTEXT.
 */
#ifndef PV_CRYPTO_PAILLIER_PAILLIER_H
#define PV_CRYPTO_PAILLIER_PAILLIER_H

#include "base/csprng.h"
#include "base/ctx.h"
#include "math/modular/modsq.h"

enum {
    PV_PAILLIER_LEAST_BITS = 2048,
    PV_PAILLIER_BITS = 3072, /* the default: about 128 bits of strength (NIST SP 800-57) */
    PV_PAILLIER_MOST_BITS = 4096,
};

typedef struct pv_paillier_pk pv_paillier_pk;
typedef struct pv_paillier_sk pv_paillier_sk;

/* ---- keys (key.c). A key may be used by several threads at a time. */
/* bits: 2048, 3072 or 4096. Takes seconds to minutes; progress and cancellation by ctx. */
pv_status pv_paillier_generate(pv_paillier_sk **out, int bits, pv_csprng *r,
                               const pv_ctx *ctx) PV_MUST_USE;
/* From primes p != q of bits/2 bits each, little-endian: tests, import. PV_ERR_RANGE when they are
 * no primes or of the wrong size, or when n shares a factor with (p-1)(q-1). */
pv_status pv_paillier_from_primes(pv_paillier_sk **out, const uint64_t *p, const uint64_t *q,
                                  int bits) PV_MUST_USE;
void pv_paillier_sk_free(pv_paillier_sk *sk);                       /* wipes; accepts NULL */
const pv_paillier_pk *pv_paillier_public(const pv_paillier_sk *sk); /* lives as long as sk */
int pv_paillier_safe(const pv_paillier_sk *sk);                     /* are both primes safe? */

/* n: bits/8 bytes, little-endian. PV_ERR_RANGE: not of 2048, 3072 or 4096 bits exactly, even,
 * prime, a perfect power, a factor below 2^16. */
pv_status pv_paillier_pk_new(pv_paillier_pk **out, const uint8_t *n, size_t bytes) PV_MUST_USE;
void pv_paillier_pk_free(pv_paillier_pk *pk); /* accepts NULL */
int pv_paillier_bits(const pv_paillier_pk *pk);
size_t pv_paillier_limbs(const pv_paillier_pk *pk); /* of a plaintext: bits/64 */
const uint64_t *pv_paillier_n(const pv_paillier_pk *pk);
void pv_paillier_pk_bytes(uint8_t *n, const pv_paillier_pk *pk); /* bits/8 bytes */
const char *pv_paillier_code(const pv_paillier_pk *pk);          /* pv_modsq_code_name */
/* Of the owner's tables; 0 before its first encryption, and without safe primes. */
size_t pv_paillier_table_bytes(const pv_paillier_sk *sk);
/* SHA-256 of "privet/1 paillier\0" and n, for people: the first bytes in hex. */
void pv_paillier_fingerprint(uint8_t out[32], const pv_paillier_pk *pk);

/* ---- key files (key_file.c). Saving never overwrites (PV_ERR_USAGE); loading a private key
 * refuses files that others may read (PV_ERR_AUTH). */
#define PV_PAILLIER_PEM_PRIVATE  "PRIVET PAILLIER PRIVATE KEY"
#define PV_PAILLIER_PEM_PUBLIC   "PRIVET PAILLIER PUBLIC KEY"
#define PV_PAILLIER_FILE_CONTEXT "paillier key file"
pv_status pv_paillier_sk_save(const pv_paillier_sk *sk, const char *path) PV_MUST_USE;
pv_status pv_paillier_sk_load(pv_paillier_sk **out, const char *path) PV_MUST_USE;
pv_status pv_paillier_sk_parse(pv_paillier_sk **out, const char *name, const void *text,
                               size_t size) PV_MUST_USE;
pv_status pv_paillier_pk_save(const pv_paillier_pk *pk, const uint8_t *proof, size_t proof_bytes,
                              const char *path) PV_MUST_USE;
/* Verifies the proof. */
pv_status pv_paillier_pk_load(pv_paillier_pk **out, const char *path) PV_MUST_USE;
pv_status pv_paillier_pk_parse(pv_paillier_pk **out, const char *name, const void *text,
                               size_t size) PV_MUST_USE;

/* ---- proof that gcd(n, φ(n)) = 1 (proof.c): n-th roots of residues that a hash chooses (Goldberg,
 * Reyzin, Sagga, Baldimtsi 2019, "Efficient noninteractive certification of RSA moduli and beyond",
 * section 3.2: with no prime factor below 2^16, 8 of them give 2^-128). context: what the proof is
 * for (scenario, role, session), hashed in. */
enum { PV_PAILLIER_ROOTS = 8 };
size_t pv_paillier_proof_bytes(int bits); /* PV_PAILLIER_ROOTS · bits/8 */
pv_status pv_paillier_prove(uint8_t *proof, const pv_paillier_sk *sk, const void *context,
                            size_t context_bytes) PV_MUST_USE;
/* PV_ERR_AUTH when it does not hold. */
pv_status pv_paillier_verify(const pv_paillier_pk *pk, const uint8_t *proof, size_t bytes,
                             const void *context, size_t context_bytes) PV_MUST_USE;

/* ---- encryption */
/* By the owner (encrypt_owner.c): exact distribution. */
pv_status pv_paillier_encrypt_owner(uint64_t *c, const pv_paillier_sk *sk, const uint64_t *m,
                                    size_t count, pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;
/* By anybody (encrypt.c): textbook, ρ = r^n. */
pv_status pv_paillier_encrypt(uint64_t *c, const pv_paillier_pk *pk, const uint64_t *m,
                              size_t count, pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;

/* ---- n-th residues by somebody who has no p and q (blind.c): for encryption and re-randomisation
 *
 *   TEXTBOOK  r^n. Exactly uniform among n-th residues: no assumption.
 *   HALF      Damgård, Jurik, Nielsen 2010: h = -y² with y drawn by this party, ρ = (h^n)^x with x
 *             of |n|/2 bits, by a table. Hides from outsiders; *not from the key's owner*.
 *   FULL      h likewise, x of |n|+40 bits, times (y'^n)^b with Jacobi symbol J(y') = -1 and b a
 *             random bit: hides from the owner as well if its primes are safe, up to 2^-40
 *             (docs/paillier.md says why less does not).
 *
 * The caller has the owner's word for safe primes: if that is a lie, sums of exponents modulo small
 * numbers may show. No proof of it is asked for.
 */
typedef enum pv_paillier_blinding {
    PV_BLIND_TEXTBOOK = 0,
    PV_BLIND_HALF,
    PV_BLIND_FULL
} pv_paillier_blinding;
typedef struct pv_paillier_blind pv_paillier_blind;
pv_status pv_paillier_blind_new(pv_paillier_blind **out, const pv_paillier_pk *pk,
                                pv_paillier_blinding how, pv_csprng *r,
                                const pv_ctx *ctx) PV_MUST_USE;
void pv_paillier_blind_free(pv_paillier_blind *b); /* wipes; accepts NULL */
/* rho[i]: fresh n-th residues. */
pv_status pv_paillier_blind_draw(uint64_t *rho, const pv_paillier_blind *b, size_t count,
                                 pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;
/* c[i] = (1 + m[i]·n)·ρ_i: an encryption by somebody else than the owner, the fast way. */
pv_status pv_paillier_encrypt_blind(uint64_t *c, const pv_paillier_blind *b, const uint64_t *m,
                                    size_t count, pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;
/* out[i] = c[i]·(1 + m[i]·n)·ρ_i: adds m (NULL: zero) and re-randomises. */
pv_status pv_paillier_rerandomize(uint64_t *out, const pv_paillier_blind *b, const uint64_t *c,
                                  const uint64_t *m, size_t count, pv_csprng *r,
                                  const pv_ctx *ctx) PV_MUST_USE;

/* ---- a pool of n-th residues made in advance (pool.c): each is used once and then wiped. For who
 * answers single requests and has idle time between them. Used by one thread at a time. */
typedef struct pv_paillier_pool pv_paillier_pool;
pv_status pv_paillier_pool_new(pv_paillier_pool **out, const pv_paillier_blind *b,
                               size_t capacity) PV_MUST_USE;
void pv_paillier_pool_free(pv_paillier_pool *p);
size_t pv_paillier_pool_left(const pv_paillier_pool *p);
pv_status pv_paillier_pool_fill(pv_paillier_pool *p, size_t count, pv_csprng *r,
                                const pv_ctx *ctx) PV_MUST_USE; /* at most to its capacity */
/* As pv_paillier_rerandomize; what the pool lacks is drawn. */
pv_status pv_paillier_pool_rerandomize(uint64_t *out, pv_paillier_pool *p, const uint64_t *c,
                                       const uint64_t *m, size_t count, pv_csprng *r,
                                       const pv_ctx *ctx) PV_MUST_USE;

/* ---- decryption (decrypt.c). A fault of the machine in one half of the key gives a result from
 * which whoever knows the right one factors n. So every batch (pieces of 512) brings one more
 * ciphertext, the product of all and of 1 + n, which must decrypt to 1 and the sum of all: else
 * PV_ERR_NUMERIC, and m is zeroed. Small batches are the dearer for it: decrypt many at a time. */
pv_status pv_paillier_decrypt(uint64_t *m, const pv_paillier_sk *sk, const uint64_t *c,
                              size_t count, const pv_ctx *ctx) PV_MUST_USE;

/* ---- arithmetic (arithmetic.c). Results are not re-randomised. */
pv_status pv_paillier_add(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *a,
                          const uint64_t *b, size_t count, const pv_ctx *ctx) PV_MUST_USE;
/* out[i] = Enc(m_i·e_i), e signed, |e| < 2^(bits-1) */
pv_status pv_paillier_mul(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *c,
                          const pv_wide *e, size_t bits, size_t count,
                          const pv_ctx *ctx) PV_MUST_USE;
/* out[k][i] = Enc(sum_j e[k][j]·m[i][j]): pv_modsq_products. */
pv_status pv_paillier_products(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *c,
                               const pv_wide *e, size_t bits, size_t rows, size_t columns,
                               size_t terms, const pv_ctx *ctx) PV_MUST_USE;

/* ---- plaintexts (residue.c, slots.c): all constant time in the values */
void pv_residue_random(uint64_t *m, const pv_paillier_pk *pk, size_t count,
                       pv_csprng *r); /* uniform below n */
/* One residue each; out may be an argument. */
void pv_residue_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_paillier_pk *pk);
void pv_residue_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_paillier_pk *pk);

/* Signed slots: m = sum over i of v[i]·2^(i·slot), as a residue modulo n. |v[i]| < 2^(slot-1) for
 * the values that are unpacked at the end; what is only added to a mask may be wider (the sum is
 * over the integers, carries run into the next slot and come out again). slots·slot <= bits of n
 * - 2. */
int pv_slots_fit(const pv_paillier_pk *pk, unsigned slot); /* slots in a plaintext */
void pv_slots_pack(uint64_t *m, const pv_wide *v, size_t slots, unsigned slot,
                   const pv_paillier_pk *pk);
/* The other way; *over gets 1 or'ed in when what remains above the last slot is not zero, which
 * says that a bound was broken. */
void pv_slots_unpack(pv_wide *v, const uint64_t *m, size_t slots, unsigned slot,
                     const pv_paillier_pk *pk, uint64_t *over);

/* ---- bytes (cipher.c) */
size_t pv_paillier_cipher_bytes(const pv_paillier_pk *pk);
void pv_paillier_cipher_store(uint8_t *out, const uint64_t *c, size_t count,
                              const pv_paillier_pk *pk);
/* Checks all of them; what: "enc-logits 12 from bank", for errors: PV_ERR_PEER naming which one is
 * zero, at or above n², or shares a factor with n (that says no more than this). */
pv_status pv_paillier_cipher_load(uint64_t *c, const uint8_t *in, size_t count,
                                  const pv_paillier_pk *pk, const char *what) PV_MUST_USE;
size_t pv_residue_bytes(const pv_paillier_pk *pk); /* bits/8 */
void pv_residue_store(uint8_t *out, const uint64_t *m, size_t count, const pv_paillier_pk *pk);
pv_status pv_residue_load(uint64_t *m, const uint8_t *in, size_t count, const pv_paillier_pk *pk,
                          const char *what) PV_MUST_USE; /* below n */

#endif
