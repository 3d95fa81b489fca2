/* What crypto/paillier promises, under valgrind: no branch and no address depends on a key, an
 * exponent, a plaintext or the randomness. The controls do what must not be done; the run with them
 * must end in complaints.
 *
 * The files that publish something of what they computed (that a fault was found, that there is an
 * inverse) are compiled here once more, so that their marks count (base/ct.h). */
#include "base/ct.h"

#include "crypto/paillier/decrypt.c"
#include "math/modular/modsq_pow.c"
#include "math/modular/modsq_row.c"

#include "base/csprng_test.h"
#include "crypto/paillier/reference.h"
#include "paillier_key.h"

enum { LIMBS = TEST_PAILLIER_LIMBS, CIPHER = 2 * LIMBS, N = 2 };

static pv_csprng r;

static void hide_modulus(pv_crt_modulus *m)
{
    PV_CT_SECRET(m->m, sizeof m->m);
    PV_CT_SECRET(m->rr, sizeof m->rr);
    PV_CT_SECRET(&m->inverse, sizeof m->inverse);
}

/* All that is computed from p. Sizes and pointers are no secrets. */
static void hide_half(pv_paillier_half *h)
{
    pv_modsq *s = h->square;
    hide_modulus(&h->p);
    hide_modulus(&h->p2);
    PV_CT_SECRET(h->order, sizeof h->order);
    PV_CT_SECRET(h->inverse, sizeof h->inverse);
    PV_CT_SECRET(h->h, sizeof h->h);
    PV_CT_SECRET(s->m64, sizeof s->m64);
    PV_CT_SECRET(s->square64, sizeof s->square64);
    PV_CT_SECRET(&s->ninv, sizeof s->ninv);
    PV_CT_SECRET(s->words, s->size * sizeof *s->words);
}

static pv_paillier_sk *secret_key(int safe, pv_modsq_code code)
{
    uint64_t p[LIMBS / 2], q[LIMBS / 2];
    pv_paillier_sk *sk = NULL;
    test_paillier_number(p, LIMBS / 2, safe ? "safe" : "djn", "p");
    test_paillier_number(q, LIMBS / 2, safe ? "safe" : "djn", "q");
    CHECK_OK(pv_paillier_assemble(&sk, p, q, 2048, safe, code));
    for (int i = 0; i < 2; i++) hide_half(&sk->half[i]);
    PV_CT_SECRET(sk->inverse2, sizeof sk->inverse2);
    return sk;
}

static void random_secret(uint64_t *x, size_t limbs)
{
    pv_csprng_bytes(&r, x, limbs * sizeof *x);
    PV_CT_SECRET(x, limbs * sizeof *x);
}

/* Encryption by the owner, exponents given, and decryption: of plaintexts that are secret too. */
static int both(int safe)
{
    uint64_t x[N * LIMBS], m[N * LIMBS], out[N * LIMBS], c[N * CIPHER];
    pv_paillier_sk *sk = secret_key(safe, PV_MODSQ_PORTABLE);
    random_secret(x, N * LIMBS);
    random_secret(m, N * LIMBS);
    for (int i = 1; i <= N; i++) m[i * LIMBS - 1] >>= 1; /* below n */
    for (int i = 1; i <= 2 * N; i++) x[i * LIMBS / 2 - 1] >>= 1;
    CHECK_OK(pv_paillier_owner_residues(c, sk, x, N, 1));
    CHECK_OK(pv_modsq_mul_plain(sk->pk->square, c, c, m, N, 1));
    PV_CT_PUBLIC(c, sizeof c);
    CHECK_OK(pv_paillier_decrypt(out, sk, c, N, NULL));
    PV_CT_PUBLIC(out, sizeof out);
    PV_CT_PUBLIC(m, sizeof m);
    pv_paillier_sk_free(sk);
    return memcmp(out, m, sizeof m) == 0;
}

/* A group of lanes costs the same for one ciphertext: decryption alone. */
static int lanes(void)
{
    uint64_t c[CIPHER], m[LIMBS], out[LIMBS];
    pv_paillier_sk *sk = secret_key(0, PV_MODSQ_LANES);
    test_paillier_number(c, CIPHER, "djn", "c1");
    test_paillier_number(m, LIMBS, "djn", "m1");
    CHECK_OK(pv_paillier_decrypt(out, sk, c, 1, NULL));
    PV_CT_PUBLIC(out, sizeof out);
    pv_paillier_sk_free(sk);
    return memcmp(out, m, sizeof m) == 0;
}

static int crt(void)
{
    uint64_t p[LIMBS / 2], x[LIMBS], y[LIMBS / 2];
    pv_crt_modulus m;
    random_secret(p, LIMBS / 2);
    random_secret(x, LIMBS);
    p[0] |= 1;
    p[LIMBS / 2 - 1] |= (uint64_t)1 << 63;
    x[LIMBS - 1] >>= 1;
    pv_crt_init(&m, p, LIMBS / 2);
    pv_crt_reduce(y, x, &m);
    pv_crt_mul(y, y, x, &m);
    uint64_t below = pv_crt_below(y, p, LIMBS / 2);
    PV_CT_PUBLIC(&below, sizeof below);
    return below == 1;
}

static int blind(void)
{
    uint64_t x[N * (LIMBS / 2)], m[N * LIMBS], c[N * CIPHER], out[N * LIMBS];
    uint8_t odd[N];
    pv_paillier_sk *sk = test_paillier_key("safe");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    pv_paillier_blind *b = NULL;
    CHECK_OK(pv_paillier_blind_new(&b, pk, PV_BLIND_HALF, &r, NULL));
    random_secret(x, N * (LIMBS / 2));
    random_secret(m, N * LIMBS);
    for (int i = 1; i <= N; i++) m[i * LIMBS - 1] >>= 1;
    memset(odd, 1, sizeof odd);
    PV_CT_SECRET(odd, sizeof odd);
    CHECK_OK(pv_paillier_blind_powers(c, b, x, odd, N, 1));
    CHECK_OK(pv_modsq_mul_plain(pk->square, c, c, m, N, 1));
    PV_CT_PUBLIC(c, sizeof c);
    PV_CT_PUBLIC(m, sizeof m);
    CHECK_OK(pv_paillier_decrypt(out, sk, c, N, NULL));
    pv_paillier_blind_choose(c, b, odd, N); /* what FULL does beside */
    pv_paillier_blind_free(b);
    pv_paillier_sk_free(sk);
    return memcmp(out, m, sizeof m) == 0;
}

static int multiply(void)
{
    uint64_t m[N * LIMBS] = {7}, c[N * CIPHER], out[N * CIPHER];
    pv_wide e[N];
    pv_paillier_sk *sk = test_paillier_key("djn");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    m[LIMBS] = 5;
    CHECK_OK(pv_paillier_encrypt_owner(c, sk, m, N, &r, NULL));
    e[0] = pv_wide_from(-3);
    e[1] = pv_wide_from(4);
    PV_CT_SECRET(e, sizeof e);
    CHECK_OK(pv_paillier_mul(out, pk, c, e, 20, N, NULL));
    CHECK_OK(pv_paillier_products(out, pk, c, e, 20, 1, 1, N, NULL)); /* -3·7 + 4·5 = -1 */
    PV_CT_PUBLIC(out, sizeof out);
    CHECK_OK(pv_paillier_decrypt(m, sk, out, 1, NULL));
    pv_residue_sub(m, pv_paillier_n(pk), m, pk);
    pv_paillier_sk_free(sk);
    return m[0] == 1;
}

static int plain(void)
{
    enum { SLOTS = 30, SLOT = 61 };
    pv_wide v[SLOTS], out[SLOTS];
    uint64_t a[LIMBS], b[LIMBS], over = 0;
    pv_paillier_sk *sk = test_paillier_key("djn");
    const pv_paillier_pk *pk = pv_paillier_public(sk);
    for (int i = 0; i < SLOTS; i++) v[i] = pv_wide_random(&r, SLOT);
    PV_CT_SECRET(v, sizeof v);
    random_secret(b, LIMBS);
    b[LIMBS - 1] >>= 1;
    pv_slots_pack(a, v, SLOTS, SLOT, pk);
    pv_residue_add(a, a, b, pk);
    pv_residue_sub(a, a, b, pk);
    pv_slots_unpack(out, a, SLOTS, SLOT, pk, &over);
    PV_CT_PUBLIC(v, sizeof v);
    PV_CT_PUBLIC(out, sizeof out);
    PV_CT_PUBLIC(&over, sizeof over);
    pv_paillier_sk_free(sk);
    return over == 0 && memcmp(v, out, sizeof v) == 0;
}

/* Controls: exponents are thrown away by what they are; GMP's integers look at everything. */
static int rejection(void)
{
    uint64_t x[LIMBS / 2], end[LIMBS / 2];
    memset(end, 0x7F, sizeof end);
    PV_CT_SECRET(r.key, sizeof r.key);
    r.left = 0;
    pv_paillier_below(x, 1, end, LIMBS / 2, &r);
    return 1;
}

static int gmp(void)
{
    uint64_t p[LIMBS / 2], q[LIMBS / 2], c[CIPHER], m[LIMBS];
    pv_paillier_reference *k = NULL;
    test_paillier_number(p, LIMBS / 2, "safe", "p");
    test_paillier_number(q, LIMBS / 2, "safe", "q");
    test_paillier_number(c, CIPHER, "safe", "c4");
    PV_CT_SECRET(p, sizeof p);
    CHECK_OK(pv_paillier_reference_new(&k, p, q, 2048));
    pv_paillier_reference_decrypt(m, k, c);
    pv_paillier_reference_free(k);
    return 1;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    int good = 0;
    pv_csprng_test(&r, 1);
    if (strcmp(what, "crt") == 0) good = crt();
    if (strcmp(what, "safe") == 0) good = both(1);
    if (strcmp(what, "composite") == 0) good = both(0);
    if (strcmp(what, "lanes") == 0) good = lanes();
    if (strcmp(what, "blind") == 0) good = blind();
    if (strcmp(what, "multiply") == 0) good = multiply();
    if (strcmp(what, "plain") == 0) good = plain();
    if (strcmp(what, "rejection") == 0) good = rejection();
    if (strcmp(what, "gmp") == 0) good = gmp();
    pv_csprng_clear(&r);
    return good ? 0 : 1;
}
