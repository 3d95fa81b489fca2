#include "crypto/psi/psi.h"

#include "base/secret.h"
#include "crypto/psi/hash.h"
#include "crypto/psi/tags.h"
#include <sodium.h>
#include <string.h>

enum { SCALAR = crypto_core_ristretto255_SCALARBYTES, CHUNK = 4096, NONE = PV_PSI_MOST };

static const char DOMAIN[] = "privet/1 psi ristretto255_XMD:SHA-512_R255MAP_RO_";
static const pv_psi_domain domain = {DOMAIN, sizeof DOMAIN - 1};

struct pv_psi {
    uint8_t scalar[SCALAR];
    uint8_t session[crypto_hash_sha512_BYTES];
};

static pv_status ready(void)
{
    if (sodium_init() < 0) PV_FAIL(PV_ERR_RUN, "libsodium can't be made ready");
    return PV_OK;
}

static void draw_scalar(uint8_t scalar[SCALAR], pv_csprng *r)
{
    uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];
    pv_csprng_bytes(r, wide, sizeof wide);
    crypto_core_ristretto255_scalar_reduce(scalar, wide);
    scalar[0] |= (uint8_t)sodium_is_zero(scalar, SCALAR); /* once in 2^252, without a branch */
    pv_secret_wipe(wide, sizeof wide);
}

pv_status pv_psi_new(pv_psi **out, const void *session, size_t session_bytes, pv_csprng *r)
{
    *out = NULL;
    PV_TRY(ready());
    pv_psi *p = pv_secret_alloc(sizeof *p);
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    draw_scalar(p->scalar, r);
    crypto_hash_sha512(p->session, session, session_bytes);
    *out = p;
    return PV_OK;
}

void pv_psi_free(pv_psi *p)
{
    pv_secret_free(p);
}

static pv_status check_count(size_t count, const char *what)
{
    if (count > PV_PSI_MOST)
        PV_FAIL(PV_ERR_LIMIT, "%zu %s, at most %d are compared in one run", count, what,
                PV_PSI_MOST);
    return PV_OK;
}

/* 1 for the identity, which a hash is once in 2^252. */
static int hide(uint8_t *point, const pv_psi *p, const pv_psi_id *id)
{
    const pv_psi_message m = {p->session, id->data, sizeof p->session, id->size};
    uint8_t base[PV_PSI_POINT];
    pv_psi_hash_point(base, &m, &domain);
    int failed = crypto_scalarmult_ristretto255(point, p->scalar, base) != 0;
    pv_secret_wipe(base, sizeof base);
    return failed;
}

pv_status pv_psi_hide(uint8_t *point, const pv_psi *p, const pv_psi_id *id, size_t count,
                      const pv_ctx *ctx)
{
    int threads = pv_ctx_threads(ctx), failed = 0;
    PV_TRY(check_count(count, "identifiers"));
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t n = count - first < CHUNK ? count - first : CHUNK;
        PV_TRY(pv_ctx_check(ctx));
#pragma omp parallel for num_threads(threads) if (threads > 1) reduction(| : failed)
        for (size_t i = first; i < first + n; i++)
            failed |= hide(point + i * PV_PSI_POINT, p, &id[i]);
        if (failed) PV_FAIL(PV_ERR_RUN, "an identifier hashes to the identity; start the run anew");
        pv_ctx_progress(ctx, "hiding identifiers", first + n, count);
    }
    return PV_OK;
}

/* point NULL: only look whether it is one. libsodium 1.0.18 overlooks bit 255, which RFC 9496 wants
 * to be 0: every point would have two encodings, the identity among them. */
static int refused(uint8_t *point, const uint8_t *scalar, const uint8_t *in)
{
    if (in[PV_PSI_POINT - 1] >> 7 || sodium_is_zero(in, PV_PSI_POINT)) return 1;
    return point == NULL ? crypto_core_ristretto255_is_valid_point(in) == 0
                         : crypto_scalarmult_ristretto255(point, scalar, in) != 0;
}

static pv_status go_over(uint8_t *point, const uint8_t *scalar, const uint8_t *in, size_t count,
                         const char *what, const pv_ctx *ctx)
{
    int threads = pv_ctx_threads(ctx);
    PV_TRY(ready());
    PV_TRY(check_count(count, "points"));
    PV_TRY(pv_psi_tags_differ(in, count, what));
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t n = count - first < CHUNK ? count - first : CHUNK, bad = NONE;
        PV_TRY(pv_ctx_check(ctx));
#pragma omp parallel for num_threads(threads) if (threads > 1) reduction(min : bad)
        for (size_t i = first; i < first + n; i++)
            if (refused(point == NULL ? NULL : point + i * PV_PSI_POINT, scalar,
                        in + i * PV_PSI_POINT) &&
                i < bad)
                bad = i;
        if (bad < NONE)
            PV_FAIL(PV_ERR_PEER, "%s: number %zu is %s; a point of ristretto255 was expected", what,
                    bad,
                    sodium_is_zero(in + bad * PV_PSI_POINT, PV_PSI_POINT) ? "the identity"
                                                                          : "no valid encoding");
        pv_ctx_progress(ctx, point == NULL ? "looking at points" : "hiding points again", first + n,
                        count);
    }
    return PV_OK;
}

pv_status pv_psi_again(uint8_t *point, const pv_psi *p, const uint8_t *in, size_t count,
                       const char *what, const pv_ctx *ctx)
{
    return go_over(point, p->scalar, in, count, what, ctx);
}

pv_status pv_psi_check(const uint8_t *in, size_t count, const char *what, const pv_ctx *ctx)
{
    return go_over(NULL, NULL, in, count, what, ctx);
}
