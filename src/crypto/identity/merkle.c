#include "crypto/identity/merkle.h"

#include "base/mem.h"
#include "base/secret.h"
#include "crypto/identity/hmac.h"
#include <inttypes.h>
#include <string.h>

struct pv_merkle {
    uint8_t salt[PV_SALT_BYTES];
    pv_hash *leaf;
    size_t count, capacity;
    pv_hash *inner; /* the levels above the leaves, lowest first, of the first `built` rows */
    size_t built;
};

enum { LEAF = 0, NODE = 1, ROOT = 2 }; /* so that none is ever taken for another */

static void store64(uint8_t out[8], uint64_t x)
{
    for (int i = 0; i < 8; i++) out[i] = (uint8_t)(x >> 8 * i);
}

/* SHA-256 of a kind and two pieces. */
static pv_status hash_two(pv_hash *out, uint8_t kind, const void *a, size_t n, const void *b,
                          size_t m)
{
    pv_hasher s;
    PV_TRY(pv_hasher_init(&s));
    pv_hasher_add(&s, &kind, 1);
    pv_hasher_add(&s, a, n);
    pv_hasher_add(&s, b, m);
    return pv_hasher_end(&s, out);
}

static pv_status hash_leaf(pv_hash *out, const uint8_t salt[PV_SALT_BYTES], const void *row,
                           size_t size)
{
    return hash_two(out, LEAF, salt, PV_SALT_BYTES, row, size);
}

static pv_status hash_node(pv_hash *out, const pv_hash *left, const pv_hash *right)
{
    return hash_two(out, NODE, left->byte, PV_HASH_BYTES, right->byte, PV_HASH_BYTES);
}

static pv_status hash_root(pv_hash *out, uint64_t rows, const pv_hash *top)
{
    uint8_t count[8];
    store64(count, rows);
    return hash_two(out, ROOT, count, sizeof count, top->byte, PV_HASH_BYTES);
}

static pv_status salt_of(uint8_t out[PV_SALT_BYTES], const pv_merkle *m, uint64_t row)
{
    pv_hash h;
    uint8_t index[8];
    store64(index, row);
    PV_TRY(pv_hmac(&h, m->salt, index, sizeof index));
    memcpy(out, h.byte, PV_SALT_BYTES);
    pv_secret_wipe(&h, sizeof h);
    return PV_OK;
}

pv_status pv_merkle_new(pv_merkle **m, const uint8_t salt[PV_SALT_BYTES])
{
    *m = pv_calloc(1, sizeof **m);
    if (*m == NULL) PV_FAIL_MEMORY(sizeof **m);
    memcpy((*m)->salt, salt, PV_SALT_BYTES);
    return PV_OK;
}

void pv_merkle_free(pv_merkle *m)
{
    if (m == NULL) return;
    pv_secret_wipe(m->salt, sizeof m->salt);
    pv_free(m->leaf);
    pv_free(m->inner);
    pv_free(m);
}

pv_status pv_merkle_add(pv_merkle *m, const void *row, size_t size)
{
    uint8_t salt[PV_SALT_BYTES];
    PV_TRY(pv_grow((void **)&m->leaf, &m->capacity, m->count + 1, sizeof *m->leaf));
    PV_TRY(salt_of(salt, m, m->count));
    pv_status s = hash_leaf(&m->leaf[m->count], salt, row, size);
    pv_secret_wipe(salt, sizeof salt);
    if (s == PV_OK) m->count++;
    return s;
}

/* Nodes of the level above one of n. */
static size_t above(size_t n)
{
    return n / 2 + n % 2;
}

/* All levels, unless they are there for the rows there are. */
static pv_status build(pv_merkle *m)
{
    size_t total = 0;
    if (m->built == m->count) return PV_OK;
    for (size_t n = m->count; n > 1; n = above(n)) total += above(n);
    m->built = 0;
    pv_free(m->inner);
    m->inner = pv_alloc(total, sizeof *m->inner);
    if (m->inner == NULL) PV_FAIL_MEMORY(total * sizeof *m->inner);
    const pv_hash *from = m->leaf;
    pv_hash *to = m->inner;
    for (size_t n = m->count; n > 1; n = above(n)) {
        for (size_t i = 0; i < n / 2; i++)
            PV_TRY(hash_node(&to[i], &from[2 * i], &from[2 * i + 1]));
        if (n % 2 == 1) to[n / 2] = from[n - 1];
        from = to;
        to += above(n);
    }
    m->built = m->count;
    return PV_OK;
}

pv_status pv_merkle_root(pv_merkle *m, pv_hash *root)
{
    pv_hash top;
    PV_TRY(build(m));
    if (m->count == 0) {
        PV_TRY(pv_hash_of(&top, NULL, 0));
    } else {
        const pv_hash *level = m->leaf, *next = m->inner;
        for (size_t n = m->count; n > 1; n = above(n)) {
            level = next;
            next += above(n);
        }
        top = *level;
    }
    return hash_root(root, m->count, &top);
}

pv_status pv_merkle_prove(pv_merkle *m, uint64_t row, pv_merkle_proof *out)
{
    pv_merkle_proof p = {.row = row, .rows = m->count};
    if (row >= m->count)
        PV_FAIL(PV_ERR_RANGE, "there is no row %" PRIu64 " to open: %zu were committed to", row,
                m->count);
    PV_TRY(build(m));
    PV_TRY(salt_of(p.salt, m, row));
    const pv_hash *level = m->leaf, *next = m->inner;
    size_t i = (size_t)row;
    for (size_t n = m->count; n > 1; n = above(n), i /= 2) {
        if ((i ^ 1) < n) p.sibling[p.siblings++] = level[i ^ 1];
        level = next;
        next += above(n);
    }
    *out = p;
    return PV_OK;
}

pv_status pv_merkle_check(const pv_merkle_proof *p, const pv_hash *root, const void *row,
                          size_t size)
{
    pv_hash h, made;
    int used = 0;
    PV_TRY(hash_leaf(&h, p->salt, row, size));
    int fits = p->row < p->rows && p->siblings >= 0 && p->siblings <= 64;
    uint64_t i = p->row;
    for (uint64_t n = p->rows; fits && n > 1; n = n / 2 + n % 2, i /= 2) {
        if ((i ^ 1) >= n) continue; /* the last of an odd level goes up as it is */
        fits = used < p->siblings;
        if (!fits) break;
        const pv_hash *sibling = &p->sibling[used++];
        PV_TRY(i % 2 == 0 ? hash_node(&made, &h, sibling) : hash_node(&made, sibling, &h));
        h = made;
    }
    PV_TRY(hash_root(&made, p->rows, &h));
    if (!fits || used != p->siblings || !pv_hash_equal(&made, root))
        PV_FAIL(PV_ERR_MISMATCH,
                "row %" PRIu64 " of %" PRIu64 " is not what was committed to: its proof leads to "
                "another root",
                p->row, p->rows);
    return PV_OK;
}
