#include "base/csprng.h"

#include "base/secret.h"
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/random.h>

static pv_status start(pv_csprng *r)
{
    memset(r, 0, sizeof *r);
    if (sodium_init() < 0) PV_FAIL(PV_ERR_RUN, "libsodium could not be initialised");
    return PV_OK;
}

pv_status pv_csprng_init(pv_csprng *r)
{
    PV_TRY(start(r));
    if (getentropy(r->key, sizeof r->key) != 0)
        PV_FAIL(PV_ERR_RUN, "the operating system gave no randomness: %s", strerror(errno));
    return PV_OK;
}

static void store64(uint8_t out[8], uint64_t x)
{
    for (int i = 0; i < 8; i++) out[i] = (uint8_t)(x >> 8 * i);
}

pv_status pv_csprng_derive(pv_csprng *r, const uint8_t run_key[PV_RUN_KEY_BYTES],
                           const char *purpose, uint64_t step, uint64_t attempt)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "privet csprng 1";
    crypto_generichash_blake2b_state hash;
    uint8_t numbers[16];
    PV_TRY(start(r));
    store64(numbers, step);
    store64(numbers + 8, attempt);
    /* The numbers have a fixed size and come first, so no two inputs give the same bytes. */
    crypto_generichash_blake2b_init_salt_personal(&hash, run_key, PV_RUN_KEY_BYTES, sizeof r->key,
                                                  NULL, personal);
    crypto_generichash_blake2b_update(&hash, numbers, sizeof numbers);
    crypto_generichash_blake2b_update(&hash, (const uint8_t *)purpose, strlen(purpose));
    crypto_generichash_blake2b_final(&hash, r->key, sizeof r->key);
    pv_secret_wipe(&hash, sizeof hash);
    return PV_OK;
}

void pv_csprng_clear(pv_csprng *r)
{
    pv_secret_wipe(r, sizeof *r);
}

static void refill(pv_csprng *r)
{
    /* A key is used for one refill only, so the nonce may be constant. */
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0};
    uint8_t stream[sizeof r->key + sizeof r->buffer];
    crypto_stream_chacha20(stream, sizeof stream, nonce, r->key);
    memcpy(r->key, stream, sizeof r->key);
    memcpy(r->buffer, stream + sizeof r->key, sizeof r->buffer);
    r->left = sizeof r->buffer;
    pv_secret_wipe(stream, sizeof stream);
}

void pv_csprng_bytes(pv_csprng *r, void *out, size_t size)
{
    uint8_t *p = out;
    while (size > 0) {
        if (r->left == 0) refill(r);
        size_t n = r->left < size ? r->left : size;
        uint8_t *from = r->buffer + sizeof r->buffer - r->left;
        memcpy(p, from, n);
        pv_secret_wipe(from, n);
        r->left -= n;
        p += n;
        size -= n;
    }
}

uint64_t pv_csprng_u64(pv_csprng *r)
{
    uint8_t b[8];
    uint64_t x = 0;
    pv_csprng_bytes(r, b, sizeof b);
    for (int i = 0; i < 8; i++) x |= (uint64_t)b[i] << 8 * i;
    pv_secret_wipe(b, sizeof b);
    return x;
}

uint64_t pv_csprng_below(pv_csprng *r, uint64_t n)
{
    /* The low half of x*n is uniform enough to be accepted unless it is below 2^64 mod n (Lemire
     * 2019): then the high half is exactly uniform, and no secret number is divided. */
    uint64_t reject = (0 - n) % n;
    unsigned __int128 product;
    do product = (unsigned __int128)pv_csprng_u64(r) * n;
    while ((uint64_t)product < reject);
    return (uint64_t)(product >> 64);
}
