#include "party/journal_i.h"

#include "base/secret.h"
#include "wire/reader.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void pv_journal_picture_clear(pv_journal_picture *p)
{
    if (p->arena != NULL) pv_secret_wipe(p->arena, p->arena_size);
    pv_free(p->arena);
    pv_free(p->frame);
    *p = (pv_journal_picture){0};
}

void pv_journal_keys_derive(pv_journal_keys *keys, const uint8_t key[32], const pv_hash *scenario)
{
    static const uint8_t seal[16] = "journal seal 1", header[16] = "journal header1";
    crypto_generichash_blake2b_salt_personal(keys->seal, sizeof keys->seal, scenario->byte,
                                             PV_HASH_BYTES, key, 32, NULL, seal);
    crypto_generichash_blake2b_salt_personal(keys->header, sizeof keys->header, scenario->byte,
                                             PV_HASH_BYTES, key, 32, NULL, header);
}

uint64_t pv_journal_segment_size(uint64_t plain)
{
    uint64_t chunks = (plain + PV_JOURNAL_CHUNK - 1) / PV_JOURNAL_CHUNK;
    return PV_JOURNAL_SEGMENT + plain + PV_JOURNAL_SEAL * chunks;
}

pv_status pv_journal_pread(size_t *got, int fd, const char *path, void *out, size_t size,
                           uint64_t offset)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = pread(fd, (uint8_t *)out + *got, size - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            PV_FAIL(PV_ERR_IO, "%s: reading failed at byte %llu: %s", path,
                    (unsigned long long)(offset + *got), strerror(errno));
        if (n == 0) break;
        *got += (size_t)n;
    }
    return PV_OK;
}

/* ---- the plain bytes of a segment */

static const uint8_t *padded(pv_reader *r, uint64_t size, const char *field)
{
    if (size > pv_reader_left(r)) {
        pv_reader_fail(r, PV_ERR_TRUNCATED, "the %s is longer than the record", field);
        return NULL;
    }
    const uint8_t *p = pv_reader_bytes(r, (size_t)size, field);
    pv_reader_expect(r, "\0\0\0\0\0\0\0", (size_t)(-size & 7), "padding");
    return p;
}

static void decode_frames(pv_journal_picture *p, pv_reader *r, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        pv_hub_frame *f = &p->frame[p->frames + i];
        f->peer = pv_reader_u16le(r, "peer");
        f->type = pv_reader_u16le(r, "type");
        pv_reader_expect(r, "\0\0\0", 4, "zero");
        f->step = pv_reader_u64le(r, "step");
        f->number = pv_reader_u64le(r, "number");
        uint64_t size = pv_reader_u64le(r, "size of a frame");
        pv_reader_require_max(r, size, r->size, "size of a frame");
        f->size = (size_t)size;
    }
}

static void decode(pv_journal_picture *p, pv_reader *r, uint64_t number, size_t *frames)
{
    uint32_t kind = pv_reader_u32le(r, "kind"), count = pv_reader_u32le(r, "number of frames");
    uint64_t step = pv_reader_u64le(r, "step"), attempt = pv_reader_u64le(r, "attempt");
    uint64_t restarts = pv_reader_u64le(r, "restarts");
    uint64_t state = pv_reader_u64le(r, "state size"), hub = pv_reader_u64le(r, "hub size");
    if ((number == 0) != (kind == PV_JOURNAL_PICTURE) || kind < 1 || kind > PV_JOURNAL_RESTART)
        pv_reader_fail(r, PV_ERR_FORMAT, "record %llu is of kind %u", (unsigned long long)number,
                       kind);
    if (kind != PV_JOURNAL_PICTURE && (step != p->step || state != 0 || hub != 0))
        pv_reader_fail(r, PV_ERR_FORMAT, "a record of another step or with a state of its own");
    if (kind == PV_JOURNAL_FRAMES && (attempt != p->attempt || restarts != p->restarts))
        pv_reader_fail(r, PV_ERR_FORMAT, "frames of another attempt");
    if (kind == PV_JOURNAL_RESTART &&
        (count != 0 || restarts != p->restarts + 1 || attempt - p->attempt > 1))
        pv_reader_fail(r, PV_ERR_FORMAT, "a restart that does not follow what was before it");
    pv_reader_require_max(r, count, pv_reader_left(r) / PV_JOURNAL_ENTRY, "number of frames");
    if (pv_reader_status(r) != PV_OK) return;
    r->status = pv_grow((void **)&p->frame, &p->capacity, p->frames + count, sizeof *p->frame);
    if (r->status != PV_OK) return;
    decode_frames(p, r, count);
    p->step = step;
    p->attempt = attempt;
    p->restarts = restarts;
    if (kind == PV_JOURNAL_PICTURE) {
        p->state = padded(r, state, "state");
        p->hub = padded(r, hub, "hub's part");
        p->state_size = (size_t)state;
        p->hub_size = (size_t)hub;
        if (state == 0) p->state = NULL;
        if (hub == 0) p->hub = NULL;
    }
    for (size_t i = 0; i < count && pv_reader_status(r) == PV_OK; i++)
        p->frame[p->frames + i].payload = padded(r, p->frame[p->frames + i].size, "frame");
    pv_reader_end(r);
    *frames = count;
}

pv_status pv_journal_decode(pv_journal_picture *picture, const char *path, uint64_t number,
                            const uint8_t *data, size_t size)
{
    size_t frames = 0;
    pv_reader r = pv_reader_make(path, data, size);
    decode(picture, &r, number, &frames);
    PV_TRY(pv_reader_status(&r));
    picture->frames += frames;
    return PV_OK;
}

/* ---- segments in a file */

typedef struct source {
    int fd;
    const char *path;
    const pv_journal_keys *keys;
    uint64_t size;
    uint8_t *sealed; /* one chunk */
} source;

typedef struct segment {
    uint8_t head[PV_JOURNAL_SEGMENT];
    uint64_t generation, number, plain;
    int there; /* it may be one, as far as its head tells */
} segment;

static pv_status read_head(segment *g, const source *s, uint64_t at)
{
    size_t got = 0;
    *g = (segment){0};
    if (at > s->size || s->size - at <= PV_JOURNAL_SEGMENT) return PV_OK;
    PV_TRY(pv_journal_pread(&got, s->fd, s->path, g->head, sizeof g->head, at));
    pv_reader r = pv_reader_make(s->path, g->head, got);
    g->generation = pv_reader_u64le(&r, "generation");
    g->number = pv_reader_u64le(&r, "number");
    g->plain = pv_reader_u64le(&r, "size");
    g->there = got == sizeof g->head && g->plain > 0 && g->plain < s->size &&
               pv_journal_segment_size(g->plain) <= s->size - at;
    return PV_OK;
}

/* An upper bound of what has to be kept of the file: heads that follow each other. */
static pv_status measure(size_t *out, const source *s)
{
    segment g;
    uint64_t at = PV_JOURNAL_HEADER, first = 0, sum = 0;
    for (uint64_t number = 0;; number++) {
        PV_TRY(read_head(&g, s, at));
        if (number == 0) first = g.generation;
        if (!g.there || g.number != number || g.generation != first) break;
        sum += (g.plain + 7) & ~UINT64_C(7);
        at += pv_journal_segment_size(g.plain);
    }
    *out = (size_t)sum;
    return PV_OK;
}

/* *whole: every chunk was sealed by the key, in this place. */
static pv_status open_segment(uint8_t *out, int *whole, const source *s, const segment *g,
                              uint64_t at)
{
    crypto_secretstream_xchacha20poly1305_state stream;
    pv_status status = PV_OK;
    *whole = 0;
    at += PV_JOURNAL_SEGMENT;
    crypto_secretstream_xchacha20poly1305_init_pull(&stream, g->head + PV_JOURNAL_AD,
                                                    s->keys->seal);
    for (uint64_t done = 0; done < g->plain;) {
        uint64_t left = g->plain - done;
        size_t n = left < PV_JOURNAL_CHUNK ? (size_t)left : PV_JOURNAL_CHUNK, got;
        uint8_t tag = 0, last = n == left ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
        PV_TRY_GOTO(pv_journal_pread(&got, s->fd, s->path, s->sealed, n + PV_JOURNAL_SEAL, at));
        if (got != n + PV_JOURNAL_SEAL ||
            crypto_secretstream_xchacha20poly1305_pull(&stream, out + done, NULL, &tag, s->sealed,
                                                       got, g->head, PV_JOURNAL_AD) != 0 ||
            tag != last)
            goto done;
        done += n;
        at += got;
    }
    *whole = 1;
done:
    pv_secret_wipe(&stream, sizeof stream);
    return status;
}

static pv_status read_all(pv_journal_picture *p, pv_journal_extent *e, const source *s)
{
    segment g;
    size_t used = 0;
    uint64_t at = PV_JOURNAL_HEADER;
    for (uint64_t number = 0;; number++) {
        int whole;
        PV_TRY(read_head(&g, s, at));
        if (!g.there || g.number != number || g.generation == 0 ||
            (number > 0 && g.generation != e->generation) || g.plain > p->arena_size - used)
            return PV_OK;
        PV_TRY(open_segment(p->arena + used, &whole, s, &g, at));
        if (!whole) return PV_OK;
        PV_TRY(pv_journal_decode(p, s->path, number, p->arena + used, (size_t)g.plain));
        used += (size_t)((g.plain + 7) & ~UINT64_C(7));
        at += pv_journal_segment_size(g.plain);
        *e = (pv_journal_extent){g.generation, number + 1, at};
    }
}

pv_status pv_journal_read(pv_journal_picture *picture, pv_journal_extent *extent, int fd,
                          const char *path, const pv_journal_keys *keys)
{
    pv_status status = PV_OK;
    struct stat st;
    source s = {.fd = fd, .path = path, .keys = keys};
    *picture = (pv_journal_picture){0};
    *extent = (pv_journal_extent){0};
    if (fstat(fd, &st) != 0) PV_FAIL(PV_ERR_IO, "%s: %s", path, strerror(errno));
    s.size = (uint64_t)st.st_size;
    PV_TRY(measure(&picture->arena_size, &s));
    if (picture->arena_size == 0) return PV_OK;
    s.sealed = pv_alloc(PV_JOURNAL_CHUNK + PV_JOURNAL_SEAL, 1);
    picture->arena = pv_alloc(picture->arena_size, 1);
    if (s.sealed == NULL || picture->arena == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for its %zu bytes", path,
                     picture->arena_size);
    PV_TRY_GOTO(read_all(picture, extent, &s));
done:
    pv_free(s.sealed);
    if (status != PV_OK) *extent = (pv_journal_extent){0};
    if (extent->generation == 0) pv_journal_picture_clear(picture);
    return status;
}
