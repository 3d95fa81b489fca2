#include "check.h"

#include "crypto/identity/merkle.h"
#include <sodium.h>
#include <stdlib.h>

/* The same tree by its definition and by another library: recursively, split at the largest power
 * of two below the number of rows (RFC 6962, section 2.1). */
typedef struct rows {
    uint8_t salt[32];
    size_t count, size[40];
    uint8_t row[40][64];
} rows;

static void leaf(uint8_t out[32], const rows *r, size_t i)
{
    uint8_t index[8] = {(uint8_t)i}, buffer[1 + 32 + 64] = {0};
    crypto_auth_hmacsha256(buffer + 1, index, sizeof index, r->salt);
    memcpy(buffer + 33, r->row[i], r->size[i]);
    crypto_hash_sha256(out, buffer, 33 + r->size[i]);
}

static void node(uint8_t out[32], const uint8_t left[32], const uint8_t right[32])
{
    uint8_t buffer[65] = {1};
    memcpy(buffer + 1, left, 32);
    memcpy(buffer + 33, right, 32);
    crypto_hash_sha256(out, buffer, sizeof buffer);
}

static void top(uint8_t out[32], const rows *r, size_t from, size_t count)
{
    uint8_t left[32], right[32];
    size_t k = 1;
    if (count == 0) {
        crypto_hash_sha256(out, NULL, 0);
    } else if (count == 1) {
        leaf(out, r, from);
    } else {
        while (2 * k < count) k *= 2;
        top(left, r, from, k);
        top(right, r, from + k, count - k);
        node(out, left, right);
    }
}

static pv_hash root_of(const rows *r)
{
    uint8_t buffer[1 + 8 + 32] = {2, (uint8_t)r->count};
    pv_hash h;
    top(buffer + 9, r, 0, r->count);
    crypto_hash_sha256(h.byte, buffer, sizeof buffer);
    return h;
}

static rows make_rows(size_t count)
{
    rows r = {.count = count};
    for (size_t i = 0; i < sizeof r.salt; i++) r.salt[i] = (uint8_t)(3 * i + 1);
    for (size_t i = 0; i < count; i++) {
        r.size[i] = i % 5 * 13; /* also rows of no bytes */
        for (size_t k = 0; k < r.size[i]; k++) r.row[i][k] = (uint8_t)(i * 31 + k);
    }
    return r;
}

static pv_merkle *tree_of(const rows *r)
{
    pv_merkle *m = NULL;
    CHECK_OK(pv_merkle_new(&m, r->salt));
    for (size_t i = 0; i < r->count; i++) CHECK_OK(pv_merkle_add(m, r->row[i], r->size[i]));
    return m;
}

/* Figures from Python's hashlib and hmac: salt of 32 zeros, rows "", "a", "bc". */
static void test_known(void **state)
{
    (void)state;
    static const char *const known[] = {
        "f0c1e0b4cd1983b9c92909f8145cc102993e4c797489c0ba98639fd93056b82f",
        "6608a195dad04c11158a152857b236e591b541ce5508d880ada1b0a129ff0a40",
        "6eb5e9c8b57d58be8174602b04645d93b817c02889a9f8215c7ed468ce91e4f7",
        "f888d28030cbfcc116763dbc7c5c16f18090b7a451a19c399a7c3d0af86dfa4a",
    };
    static const char *const data[] = {"", "a", "bc"};
    static const uint8_t salt[PV_SALT_BYTES] = {0};
    pv_merkle *m = NULL;
    char text[PV_HASH_TEXT];
    pv_hash root;
    CHECK_OK(pv_merkle_new(&m, salt));
    for (int i = 0; i < 4; i++) { /* the root after each row, of one growing tree */
        CHECK_OK(pv_merkle_root(m, &root));
        assert_string_equal(pv_hash_text(&root, text), known[i]);
        if (i < 3) CHECK_OK(pv_merkle_add(m, data[i], strlen(data[i])));
    }
    pv_merkle_free(m);
    pv_merkle_free(NULL);
}

static void test_proofs(void **state)
{
    (void)state;
    for (size_t count = 0; count <= 33; count++) {
        rows r = make_rows(count);
        pv_merkle *m = tree_of(&r);
        pv_hash root, expected = root_of(&r);
        pv_merkle_proof p;
        CHECK_OK(pv_merkle_root(m, &root));
        assert_true(pv_hash_equal(&root, &expected));
        for (size_t i = 0; i < count; i++) {
            CHECK_OK(pv_merkle_prove(m, i, &p));
            assert_true(p.row == i && p.rows == count);
            CHECK_OK(pv_merkle_check(&p, &root, r.row[i], r.size[i]));
        }
        CHECK_FAILS(pv_merkle_prove(m, count, &p), PV_ERR_RANGE, "were committed to");
        pv_merkle_free(m);
    }
}

static void refused(const pv_merkle_proof *p, const pv_hash *root, const void *row, size_t size)
{
    CHECK_FAILS(pv_merkle_check(p, root, row, size), PV_ERR_MISMATCH, "not what was committed to");
}

static void test_tampered(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 17; count++) {
        rows r = make_rows(count);
        pv_merkle *m = tree_of(&r);
        pv_hash root;
        CHECK_OK(pv_merkle_root(m, &root));
        for (size_t i = 0; i < count; i++) {
            pv_merkle_proof p, q;
            CHECK_OK(pv_merkle_prove(m, i, &p));
            uint8_t row[65];
            memcpy(row, r.row[i], 64);
            row[64] = 0;
            refused(&p, &root, row, r.size[i] + 1);
            if (r.size[i] > 0) {
                refused(&p, &root, row, r.size[i] - 1);
                row[r.size[i] / 2] ^= 4;
                refused(&p, &root, row, r.size[i]);
            }
            for (uint64_t other = 0; other <= count + 1; other++) {
                q = p;
                q.row = other;
                if (other != i) refused(&q, &root, r.row[i], r.size[i]);
                q = p;
                q.rows = other;
                if (other != count) refused(&q, &root, r.row[i], r.size[i]);
            }
            q = p;
            q.salt[i % 32] ^= 1;
            refused(&q, &root, r.row[i], r.size[i]);
            for (int k = 0; k < p.siblings; k++) {
                q = p;
                q.sibling[k].byte[k] ^= 1;
                refused(&q, &root, r.row[i], r.size[i]);
            }
            static const int wrong[] = {-1, 64, 65, INT32_MAX, INT32_MIN};
            for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
                q = p;
                q.siblings = wrong[k];
                refused(&q, &root, r.row[i], r.size[i]);
            }
            q = p;
            q.siblings++;
            refused(&q, &root, r.row[i], r.size[i]);
            q = p;
            q.siblings--;
            refused(&q, &root, r.row[i], r.size[i]);
            q = p;
            q.rows = UINT64_MAX;
            refused(&q, &root, r.row[i], r.size[i]);
            pv_hash other = root;
            other.byte[31] ^= 128;
            refused(&p, &other, r.row[i], r.size[i]);
        }
        pv_merkle_free(m);
    }
}

/* The same rows under another salt: another root, and equal rows have unequal leaves. */
static void test_hiding(void **state)
{
    (void)state;
    uint8_t salt[PV_SALT_BYTES] = {1};
    pv_merkle *a = NULL, *b = NULL;
    pv_hash ra, rb;
    pv_merkle_proof p;
    CHECK_OK(pv_merkle_new(&a, salt));
    salt[0] = 2;
    CHECK_OK(pv_merkle_new(&b, salt));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(pv_merkle_add(a, "row", 3));
        CHECK_OK(pv_merkle_add(b, "row", 3));
    }
    CHECK_OK(pv_merkle_root(a, &ra));
    CHECK_OK(pv_merkle_root(b, &rb));
    assert_false(pv_hash_equal(&ra, &rb));
    CHECK_OK(pv_merkle_prove(a, 0, &p));
    pv_hash second = p.sibling[0];
    CHECK_OK(pv_merkle_prove(a, 1, &p));
    assert_false(pv_hash_equal(&second, &p.sibling[0]));
    pv_merkle_free(a);
    pv_merkle_free(b);
}

static void test_memory(void **state)
{
    (void)state;
    rows r = make_rows(5);
    pv_merkle_proof p;
    pv_hash root;
    pv_status s;
    CHECK_OUT_OF_MEMORY(s)
    {
        pv_merkle *m = NULL;
        s = pv_merkle_new(&m, r.salt);
        for (size_t i = 0; s == PV_OK && i < r.count; i++)
            s = pv_merkle_add(m, r.row[i], r.size[i]);
        if (s == PV_OK) s = pv_merkle_root(m, &root);
        if (s == PV_OK) s = pv_merkle_prove(m, 4, &p);
        if (s == PV_OK) s = pv_merkle_check(&p, &root, r.row[4], r.size[4]);
        pv_merkle_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),    cmocka_unit_test(test_proofs),
        cmocka_unit_test(test_tampered), cmocka_unit_test(test_hiding),
        cmocka_unit_test(test_memory),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
