#include "crypto/identity/hash.h"

#include "base/mem.h"
#include "crypto/identity/openssl.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

/* Looking an algorithm up takes longer than hashing a short message: done once, by any thread, and
 * again when it failed. */
static const EVP_MD *sha256(void)
{
    static _Atomic(EVP_MD *) known;
    EVP_MD *found = atomic_load(&known), *first = NULL;
    if (found != NULL) return found;
    found = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (found == NULL || atomic_compare_exchange_strong(&known, &first, found)) return found;
    EVP_MD_free(found);
    return first;
}

pv_status pv_hasher_init(pv_hasher *s)
{
    s->state = NULL;
    pv_openssl_begin();
    const EVP_MD *how = sha256();
    if (how == NULL) return pv_openssl_fail(PV_ERR_RUN, "SHA-256 is not to be had");
    EVP_MD_CTX *state = pv_mem_refused(1, PV_HASH_BYTES) ? NULL : EVP_MD_CTX_new();
    if (state == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a hash");
    if (EVP_DigestInit_ex2(state, how, NULL) != 1) {
        EVP_MD_CTX_free(state);
        return pv_openssl_fail(PV_ERR_RUN, "a hash could not be begun");
    }
    s->state = state;
    return PV_OK;
}

void pv_hasher_add(pv_hasher *s, const void *data, size_t size)
{
    if (s->state == NULL || size == 0) return;
    /* A hash that missed something must not come out at all. */
    if (EVP_DigestUpdate(s->state, data, size) != 1) pv_hasher_clear(s);
}

pv_status pv_hasher_end(pv_hasher *s, pv_hash *out)
{
    pv_openssl_begin();
    int good = s->state != NULL && EVP_DigestFinal_ex(s->state, out->byte, NULL) == 1;
    pv_hasher_clear(s);
    if (!good) return pv_openssl_fail(PV_ERR_RUN, "a hash was not begun or could not be ended");
    return PV_OK;
}

void pv_hasher_clear(pv_hasher *s)
{
    EVP_MD_CTX_free(s->state);
    s->state = NULL;
}

pv_status pv_hash_of(pv_hash *out, const void *data, size_t size)
{
    pv_hasher s;
    PV_TRY(pv_hasher_init(&s));
    pv_hasher_add(&s, data, size);
    return pv_hasher_end(&s, out);
}

pv_status pv_hash_file(pv_hash *out, const char *path)
{
    pv_status status = PV_OK;
    pv_hasher s = {NULL};
    ssize_t n = 1;
    uint8_t *piece = pv_alloc(PIECE, 1);
    int fd = piece == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (piece == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for hashing it", path);
    if (fd < 0)
        PV_FAIL_GOTO(errno == ENOENT || errno == ENOTDIR || errno == EACCES ? PV_ERR_NOT_FOUND
                                                                            : PV_ERR_IO,
                     "%s: could not be opened: %s", path, strerror(errno));
    PV_TRY_GOTO(pv_hasher_init(&s));
    while (n != 0) {
        n = read(fd, piece, PIECE);
        if (n < 0 && errno == EISDIR)
            PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: is a folder, a file was expected", path);
        if (n < 0 && errno != EINTR)
            PV_FAIL_GOTO(PV_ERR_IO, "%s: reading failed: %s", path, strerror(errno));
        if (n > 0) pv_hasher_add(&s, piece, (size_t)n);
    }
    PV_TRY_GOTO(pv_hasher_end(&s, out));
done:
    pv_hasher_clear(&s);
    if (fd >= 0) close(fd);
    pv_free(piece);
    return status;
}

int pv_hash_equal(const pv_hash *a, const pv_hash *b)
{
    return memcmp(a->byte, b->byte, sizeof a->byte) == 0;
}

const char *pv_hash_text(const pv_hash *h, char buffer[PV_HASH_TEXT])
{
    static const char digit[] = "0123456789abcdef";
    for (int i = 0; i < PV_HASH_BYTES; i++) {
        buffer[2 * i] = digit[h->byte[i] >> 4];
        buffer[2 * i + 1] = digit[h->byte[i] & 15];
    }
    buffer[2 * PV_HASH_BYTES] = '\0';
    return buffer;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

pv_status pv_hash_parse(pv_hash *out, const char *text)
{
    pv_hash h;
    int good = strnlen(text, PV_HASH_TEXT) == 2 * PV_HASH_BYTES;
    for (int i = 0; good && i < PV_HASH_BYTES; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        h.byte[i] = (uint8_t)(16 * high + low);
    }
    if (!good)
        PV_FAIL(PV_ERR_FORMAT, "\"%.80s\" is no SHA-256 hash: 64 hexadecimal digits are expected",
                text);
    *out = h;
    return PV_OK;
}
