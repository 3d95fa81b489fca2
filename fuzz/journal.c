/* The first byte says what the rest is: 0: the plain bytes of a picture; 1: of a picture and a
 * record after it, with the length of the first before them; 2: a file as it lies on disk; else:
 * the plain bytes of several records, sealed here by the right key, so that what is behind the seal
 * is reached. */
#include "fuzz.h"
#include "party/journal_i.h"
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint8_t KEY[32] = {1};
static const pv_hash SCENARIO = {{2}};

static void look_at(const pv_journal_picture *p)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < p->state_size; i++) sum ^= p->state[i];
    for (size_t i = 0; i < p->hub_size; i++) sum ^= p->hub[i];
    for (size_t k = 0; k < p->frames; k++) {
        PV_FUZZ_CHECK((uintptr_t)p->frame[k].payload % 8 == 0);
        for (size_t i = 0; i < p->frame[k].size; i++) sum ^= p->frame[k].payload[i];
    }
    volatile uint8_t kept = sum; /* so that the compiler keeps the reads */
    (void)kept;
}

/* A copy that is aligned, as what was read from a file is. */
static int decode(pv_journal_picture *p, uint64_t number, const uint8_t *data, size_t size,
                  uint8_t *copy)
{
    memcpy(copy, data, size);
    return pv_fuzz_ok(pv_journal_decode(p, "input", number, copy, size));
}

static void plain(const uint8_t *data, size_t size, int two)
{
    pv_journal_picture p = {0};
    size_t first = size;
    if (two) {
        if (size < 2) return;
        first = data[0] | data[1] << 8;
        data += 2;
        size -= 2;
        if (first > size) first = size;
    }
    uint8_t *copy[2] = {malloc(first + 1), malloc(size - first + 1)};
    PV_FUZZ_CHECK(copy[0] != NULL && copy[1] != NULL);
    if (decode(&p, 0, data, first, copy[0])) {
        size_t frames = p.frames;
        if (two && !decode(&p, 1, data + first, size - first, copy[1]))
            PV_FUZZ_CHECK(p.frames == frames);
        look_at(&p);
    }
    pv_journal_picture_clear(&p);
    free(copy[0]);
    free(copy[1]);
}

static void put(int fd, const void *data, size_t size)
{
    PV_FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
}

static void put_u64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++) p[i] = (uint8_t)(v >> 8 * i);
}

/* One segment of at most one chunk. */
static void put_sealed(int fd, const pv_journal_keys *keys, uint64_t number, const uint8_t *data,
                       size_t size)
{
    crypto_secretstream_xchacha20poly1305_state s;
    uint8_t head[PV_JOURNAL_SEGMENT], out[1024 + PV_JOURNAL_SEAL];
    put_u64(head, 1);
    put_u64(head + 8, number);
    put_u64(head + 16, size);
    crypto_secretstream_xchacha20poly1305_init_push(&s, head + PV_JOURNAL_AD, keys->seal);
    crypto_secretstream_xchacha20poly1305_push(&s, out, NULL, data, size, head, PV_JOURNAL_AD,
                                               crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    put(fd, head, sizeof head);
    put(fd, out, size + PV_JOURNAL_SEAL);
}

static void file(const uint8_t *data, size_t size, int sealed)
{
    static const uint8_t header[PV_JOURNAL_HEADER] = {0};
    pv_journal_keys keys;
    pv_journal_picture p;
    pv_journal_extent e;
    int fd = memfd_create("journal", MFD_CLOEXEC);
    PV_FUZZ_CHECK(fd >= 0);
    pv_journal_keys_derive(&keys, KEY, &SCENARIO);
    if (!sealed) put(fd, data, size);
    if (sealed) put(fd, header, sizeof header);
    for (uint64_t number = 0; sealed && size > 2; number++) {
        size_t n = (data[0] | data[1] << 8) & 1023;
        data += 2;
        size -= 2;
        if (n > size) n = size;
        if (n == 0) break;
        put_sealed(fd, &keys, number, data, n);
        data += n;
        size -= n;
    }
    if (pv_fuzz_ok(pv_journal_read(&p, &e, fd, "input", &keys))) {
        PV_FUZZ_CHECK((e.generation == 0) == (e.segments == 0));
        PV_FUZZ_CHECK(e.generation != 0 || (p.arena == NULL && p.frames == 0));
        look_at(&p);
    } else {
        PV_FUZZ_CHECK(p.arena == NULL && p.frames == 0 && e.generation == 0);
    }
    pv_journal_picture_clear(&p);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || sodium_init() < 0) return 0;
    if (data[0] < 2)
        plain(data + 1, size - 1, data[0]);
    else
        file(data + 1, size - 1, data[0] > 2);
    return 0;
}
