#include "codec/gzip.h"

#include <inttypes.h>
#include <zlib.h>

enum { GZIP_ONLY = 16 + MAX_WBITS, FEED = 1 << 30, FIRST = 1 << 16 };

struct pv_gzip {
    const char *name;
    const uint8_t *next; /* input not yet given to zlib, whose counters have 32 bits */
    size_t left, size;
    uint64_t unpacked; /* bytes, over all members */
    int ended;
    z_stream z;
};

static void *take(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return pv_alloc(count, size);
}

static void give(void *opaque, void *p)
{
    (void)opaque;
    pv_free(p);
}

int pv_gzip_is(const uint8_t *p, size_t n)
{
    return n >= 2 && p[0] == 0x1F && p[1] == 0x8B;
}

pv_status pv_gzip_open(pv_gzip **g, const char *name, const uint8_t *p, size_t n)
{
    pv_gzip *new = pv_calloc(1, sizeof *new);
    *g = NULL;
    if (new == NULL) PV_FAIL_MEMORY(sizeof *new);
    *new = (pv_gzip){.name = name, .next = p, .left = n, .size = n};
    new->z.zalloc = take;
    new->z.zfree = give;
    if (inflateInit2(&new->z, GZIP_ONLY) != Z_OK) {
        pv_free(new);
        PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for unpacking", name);
    }
    *g = new;
    return PV_OK;
}

void pv_gzip_free(pv_gzip *g)
{
    if (g == NULL) return;
    inflateEnd(&g->z);
    pv_free(g);
}

/* Up to n bytes; fewer only where the data end. */
static pv_status some(pv_gzip *g, uint8_t *out, size_t n, size_t *got)
{
    *got = 0;
    while (*got < n && !g->ended) {
        if (g->z.avail_in == 0) {
            g->z.next_in = (Bytef *)g->next; /* zlib only reads it */
            g->z.avail_in = (uInt)(g->left < FEED ? g->left : FEED);
            g->next += g->z.avail_in;
            g->left -= g->z.avail_in;
        }
        uInt room = (uInt)(n - *got < FEED ? n - *got : FEED);
        g->z.next_out = out + *got;
        g->z.avail_out = room;
        int z = inflate(&g->z, Z_NO_FLUSH);
        size_t at = g->size - g->left - g->z.avail_in;
        *got += room - g->z.avail_out;
        g->unpacked += room - g->z.avail_out;
        if (z == Z_STREAM_END) {
            g->ended = g->z.avail_in == 0 && g->left == 0;
            z = inflateReset(&g->z); /* or another member follows */
        }
        if (z == Z_BUF_ERROR && g->left > 0) continue;
        if (z == Z_BUF_ERROR)
            PV_FAIL(PV_ERR_TRUNCATED,
                    "%s: at byte %zu: the compressed data end too early; is the file complete?",
                    g->name, at);
        if (z == Z_MEM_ERROR) PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for unpacking", g->name);
        if (z != Z_OK)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s: at byte %zu: the gzip data are damaged (%s); get the file again", g->name,
                    at, g->z.msg != NULL ? g->z.msg : "no reason given");
    }
    return PV_OK;
}

pv_status pv_gzip_read(pv_gzip *g, void *out, size_t n, const char *field)
{
    size_t got;
    PV_TRY(some(g, out, n, &got));
    if (got < n)
        PV_FAIL(PV_ERR_TRUNCATED,
                "%s: %s takes %zu bytes and the unpacked data end after %zu; is the file complete?",
                g->name, field, n, got);
    return PV_OK;
}

pv_status pv_gzip_end(pv_gzip *g)
{
    uint8_t byte;
    size_t got;
    PV_TRY(some(g, &byte, 1, &got));
    if (got > 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: after %" PRIu64 " unpacked bytes there are more than expected",
                g->name, g->unpacked - 1);
    return PV_OK;
}

pv_status pv_gzip_inflate(pv_bytes *out, const char *name, const uint8_t *p, size_t n, size_t max)
{
    pv_status status = PV_OK;
    pv_gzip *g = NULL;
    size_t cap = 0, got = 0;
    *out = (pv_bytes){0};
    PV_TRY_GOTO(pv_gzip_open(&g, name, p, n));
    while (!g->ended) {
        size_t want = out->size + FIRST < max ? FIRST : max - out->size;
        if (want == 0) {
            PV_TRY_GOTO(some(g, &(uint8_t){0}, 1, &got));
            if (got > 0)
                PV_FAIL_GOTO(PV_ERR_LIMIT, "%s: unpacks to more than the %zu bytes allowed", name,
                             max);
            break;
        }
        PV_TRY_GOTO(pv_grow((void **)&out->data, &cap, out->size + want + 1, 1));
        PV_TRY_GOTO(some(g, out->data + out->size, want, &got));
        out->size += got;
    }
    PV_TRY_GOTO(pv_grow((void **)&out->data, &cap, out->size + 1, 1));
    out->data[out->size] = 0;
done:
    pv_gzip_free(g);
    if (status != PV_OK) pv_bytes_clear(out);
    return status;
}
