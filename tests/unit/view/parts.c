#include "check.h"

#include "view/parts.h"
#include <math.h>
#include <stdio.h>

/* One byte tensor "ab" and one scalar f64, by hand. */
static const _Alignas(8) uint8_t known[] = {
    2, 0,                                                   /* count */
    2, 'a', 'b',    PV_U8, 1, 3, 0,    0,    0, 0, 0, 0, 0, /* name, dtype, [3] */
    0,                                                      /* up to 16 */
    7, 8,   9,                                              /* its data */
    1, 's', PV_F64, 0,                                      /* name, dtype, scalar */
    0,                                                      /* up to 24 */
    0, 0,   0,      0,     0, 0, 0xF8, 0xBF,                /* -1.5 */
};

static void test_known_bytes(void **state)
{
    (void)state;
    static const uint8_t abc[] = {7, 8, 9};
    static const double s = -1.5;
    const pv_part part[] = {{"ab", PV_U8, PV_SHAPE(3), abc}, {"s", PV_F64, {0}, &s}};
    uint8_t out[sizeof known];
    pv_parts p;
    assert_int_equal(pv_parts_size(part, 2), sizeof known);
    CHECK_OK(pv_parts_encode(out, part, 2));
    assert_memory_equal(out, known, sizeof known);
    CHECK_OK(pv_parts_parse(&p, "message", known, sizeof known));
    assert_int_equal(p.count, 2);
    assert_string_equal(p.part[0].name, "ab");
    assert_memory_equal(p.part[0].data, abc, 3);
    assert_true(pv_shape_equal(&p.part[0].shape, &part[0].shape));
    assert_true(*(const double *)p.part[1].data == -1.5);
    assert_ptr_equal(pv_parts_find(&p, "s"), &p.part[1]);
    assert_null(pv_parts_find(&p, "t"));
    pv_parts_clear(&p);
    pv_parts_clear(&p);
}

static void test_every_kind(void **state)
{
    (void)state;
    static const pv_dtype types[] = {PV_U8, PV_I32, PV_I64, PV_F32, PV_F64};
    _Alignas(8) uint8_t data[2 * 3 * 8], out[4096];
    char name[5][256];
    pv_part part[5], none = {"none", PV_F64, PV_SHAPE(4, 0, 2), NULL};
    pv_parts p;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(3 * i);
    for (int i = 0; i < 5; i++) { /* names of every length modulo 8, up to the longest */
        memset(name[i], 'a' + i, 255);
        name[i][i == 4 ? 255 : i + 1] = '\0';
        part[i] = (pv_part){name[i], types[i], PV_SHAPE(2, 1, 3), data};
    }
    size_t n = pv_parts_size(part, 5);
    assert_true(n < sizeof out);
    memset(out, 0xEE, sizeof out);
    CHECK_OK(pv_parts_encode(out, part, 5));
    assert_int_equal(out[n], 0xEE);
    CHECK_OK(pv_parts_parse(&p, "message", out, n));
    for (int i = 0; i < 5; i++) {
        assert_string_equal(p.part[i].name, name[i]);
        assert_int_equal(p.part[i].dtype, types[i]);
        assert_int_equal((uintptr_t)p.part[i].data % 8, 0);
        assert_memory_equal(p.part[i].data, data, 6 * pv_dtype_size(types[i]));
    }
    pv_parts_clear(&p);
    for (size_t cut = 0; cut < n; cut++) { /* every prefix is too short */
        assert_int_equal(pv_parts_parse(&p, "message", out, cut), PV_ERR_TRUNCATED);
        assert_null(p.part);
    }
    CHECK_FAILS(pv_parts_parse(&p, "message", out, n + 1), PV_ERR_FORMAT, "1 bytes more");
    n = pv_parts_size(&none, 1);
    CHECK_OK(pv_parts_encode(out, &none, 1));
    CHECK_OK(pv_parts_parse(&p, "message", out, n));
    assert_int_equal(pv_shape_count(&p.part[0].shape), 0);
    pv_parts_clear(&p);
    CHECK_OK(pv_parts_encode(out, NULL, 0));
    CHECK_OK(pv_parts_parse(&p, "message", out, pv_parts_size(NULL, 0)));
    assert_int_equal(p.count, 0);
    pv_parts_clear(&p);
}

static void test_refused_writing(void **state)
{
    (void)state;
    char name[257];
    double x = 0;
    uint8_t out[64];
    memset(name, 'n', 256);
    name[256] = '\0';
    pv_part p[] = {{"a", PV_F64, {0}, &x}, {"a", PV_F64, {0}, &x}};
    CHECK_FAILS(pv_parts_encode(out, p, 2), PV_ERR_USAGE, "'a'");
    CHECK_FAILS(pv_parts_encode(out, p, PV_PARTS_MAX + 1), PV_ERR_USAGE, "4097 tensors");
    p[0].name = name;
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "1 to 255 bytes");
    p[0].name = "";
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "1 to 255 bytes");
    p[0].name = "\xff";
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "UTF-8");
    p[0].name = "b";
    p[0].dtype = (pv_dtype)9;
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "9 is no dtype");
    p[0].dtype = PV_F64;
    p[0].shape = PV_SHAPE(2, -1);
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "[2,-1]");
    p[0].shape = PV_SHAPE((int64_t)1 << 40, (int64_t)1 << 40);
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "shape");
    assert_true(pv_parts_size(p, 1) == SIZE_MAX);
    p[0].shape = PV_SHAPE((int64_t)1 << 61); /* elements fit 63 bits, bytes do not */
    assert_true(pv_parts_size(p, 1) == SIZE_MAX);
    p[0].shape = p[1].shape = PV_SHAPE((int64_t)1 << 59); /* each fits, both do not */
    p[1].name = "c";
    assert_true(pv_parts_size(p, 1) < SIZE_MAX);
    assert_true(pv_parts_size(p, 2) == SIZE_MAX);
    p[0].shape.ndim = 7;
    CHECK_FAILS(pv_parts_encode(out, p, 1), PV_ERR_USAGE, "shape");
}

/* known with some bytes replaced */
static pv_status spoil(size_t at, const char *bytes, size_t n)
{
    _Alignas(8) uint8_t data[sizeof known];
    pv_parts p = {0};
    memcpy(data, known, sizeof known);
    memcpy(data + at, bytes, n);
    pv_status s = pv_parts_parse(&p, "message", data, sizeof data);
    if (s != PV_OK) assert_true(p.part == NULL && p.names == NULL && p.count == 0);
    pv_parts_clear(&p);
    return s;
}

static void test_refused_reading(void **state)
{
    (void)state;
    CHECK_OK(spoil(0, "\2", 1));
    CHECK_FAILS(spoil(0, "\1\20", 2), PV_ERR_LIMIT, "number of tensors is 4097");
    CHECK_FAILS(spoil(0, "\0\20", 2), PV_ERR_TRUNCATED, "message");
    CHECK_FAILS(spoil(0, "\1", 1), PV_ERR_FORMAT, "more than expected");
    CHECK_FAILS(spoil(2, "\0", 1), PV_ERR_FORMAT, "no UTF-8 text");
    CHECK_FAILS(spoil(2, "\377", 1), PV_ERR_TRUNCATED, "a name takes 255");
    CHECK_FAILS(spoil(3, "\0", 1), PV_ERR_FORMAT, "no UTF-8 text");
    CHECK_FAILS(spoil(4, "\300", 1), PV_ERR_FORMAT, "no UTF-8 text");
    CHECK_FAILS(spoil(5, "\0", 1), PV_ERR_FORMAT, "0 is no dtype");
    CHECK_FAILS(spoil(5, "\6", 1), PV_ERR_FORMAT, "6 is no dtype");
    CHECK_FAILS(spoil(6, "\7", 1), PV_ERR_LIMIT, "number of dimensions is 7");
    CHECK_FAILS(spoil(14, "\200", 1), PV_ERR_LIMIT, "a dimension is");
    CHECK_FAILS(spoil(14, "\177", 1), PV_ERR_TRUNCATED, "data of a tensor");
    CHECK_FAILS(spoil(5, "\5\1\0\0\0\0\0\0\0\20", 10), PV_ERR_LIMIT, "no tensor can have");
    CHECK_FAILS(spoil(15, "\1", 1), PV_ERR_FORMAT, "must be zero");
    CHECK_FAILS(spoil(23, "\1", 1), PV_ERR_FORMAT, "must be zero");
}

static void test_overflowing_dimensions(void **state)
{
    (void)state;
    _Alignas(8) uint8_t data[64] = {1, 0, 1, 'x', PV_F64, 6};
    pv_parts p;
    for (int d = 0; d < 6; d++) data[6 + 8 * d + 3] = 0x40; /* each 2^30 */
    CHECK_FAILS(pv_parts_parse(&p, "message", data, sizeof data), PV_ERR_LIMIT,
                "[1073741824,1073741824,");
    data[5] = 2; /* 2^60 elements fit 63 bits, their bytes do not */
    CHECK_FAILS(pv_parts_parse(&p, "message", data, 24), PV_ERR_LIMIT, "no tensor can have");
}

static void test_twins(void **state)
{
    (void)state;
    _Alignas(8) uint8_t out[PV_PARTS_MAX * 16 + 16];
    static char name[PV_PARTS_MAX][6];
    static pv_part part[PV_PARTS_MAX];
    pv_parts p;
    uint8_t x = 1;
    for (int i = 0; i < PV_PARTS_MAX; i++) {
        snprintf(name[i], sizeof name[i], "%05d", i * 7919 % PV_PARTS_MAX);
        part[i] = (pv_part){name[i], PV_U8, {0}, &x};
    }
    size_t n = pv_parts_size(part, PV_PARTS_MAX);
    assert_true(n <= sizeof out);
    CHECK_OK(pv_parts_encode(out, part, PV_PARTS_MAX));
    CHECK_OK(pv_parts_parse(&p, "message", out, n));
    assert_string_equal(p.part[PV_PARTS_MAX - 1].name, name[PV_PARTS_MAX - 1]);
    pv_parts_clear(&p);
    for (size_t i = 0; i < n - 5; i++) /* the last of them gets the name of another */
        if (memcmp(out + i, name[4000], 5) == 0) memcpy(out + i, name[17], 5);
    CHECK_FAILS(pv_parts_parse(&p, "message", out, n), PV_ERR_FORMAT, name[17]);
}

static void test_get(void **state)
{
    (void)state;
    pv_parts p;
    const pv_part *part;
    CHECK_OK(pv_parts_parse(&p, "message", known, sizeof known));
    CHECK_OK(pv_parts_get(&part, &p, "update from a", "ab", PV_U8, PV_SHAPE(3)));
    assert_ptr_equal(part, &p.part[0]);
    CHECK_OK(pv_parts_get(&part, &p, "update from a", "ab", PV_U8, PV_SHAPE(-1)));
    CHECK_OK(pv_parts_get(&part, &p, "update from a", "s", PV_F64, (pv_shape){0}));
    CHECK_FAILS(pv_parts_get(&part, &p, "update from a", "c", PV_U8, PV_SHAPE(3)), PV_ERR_PEER,
                "update from a: there is no tensor 'c'");
    assert_null(part);
    CHECK_FAILS(pv_parts_get(&part, &p, "update from a", "ab", PV_I32, PV_SHAPE(3)), PV_ERR_PEER,
                "'ab' is u8[3], i32[3] was expected");
    CHECK_FAILS(pv_parts_get(&part, &p, "update from a", "ab", PV_U8, PV_SHAPE(4)), PV_ERR_PEER,
                "u8[4] was expected");
    CHECK_FAILS(pv_parts_get(&part, &p, "update from a", "ab", PV_U8, PV_SHAPE(3, 1)), PV_ERR_PEER,
                "u8[3,1] was expected");
    pv_parts_clear(&p);
}

static void test_range(void **state)
{
    (void)state;
    static const float x[] = {NAN, 3, -1, INFINITY, 4, -INFINITY};
    static const int64_t y[] = {-5, 7};
    pv_part_range r = pv_part_range_of(&(pv_part){"x", PV_F32, PV_SHAPE(2, 3), x});
    assert_true(r.min == -1 && r.mean == 2 && r.max == 4 && r.finite == 3);
    r = pv_part_range_of(&(pv_part){"y", PV_I64, PV_SHAPE(2), y});
    assert_true(r.min == -5 && r.mean == 1 && r.max == 7 && r.finite == 2);
    r = pv_part_range_of(&(pv_part){"x", PV_F32, PV_SHAPE(1), x});
    assert_true(isnan(r.min) && isnan(r.mean) && isnan(r.max) && r.finite == 0);
    r = pv_part_range_of(&(pv_part){"none", PV_F32, PV_SHAPE(0, 3), NULL});
    assert_true(isnan(r.mean) && r.finite == 0);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static const double s = -1.5;
    const pv_part part[] = {{"a", PV_F64, {0}, &s}, {"b", PV_F64, {0}, &s}};
    _Alignas(8) uint8_t out[128];
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_parts p = {0};
        status = pv_parts_encode(out, part, 2);
        if (status == PV_OK) status = pv_parts_parse(&p, "m", out, pv_parts_size(part, 2));
        pv_parts_clear(&p);
    }
}

/* What messages are mostly made of, taken and refused. */
static void the_commonest(void **state)
{
    (void)state;
    const int64_t rows = 7;
    const uint8_t hash[4] = {1, 2, 3, 4};
    const pv_part part[] = {pv_part_number("rows", &rows), pv_part_bytes("hash", hash, 4),
                            pv_part_bytes("text", hash, 0)};
    _Alignas(8) uint8_t bytes[256];
    uint8_t got[5];
    const uint8_t *some;
    size_t size;
    int64_t n;
    pv_parts p;
    CHECK_OK(pv_parts_encode(bytes, part, 3));
    CHECK_OK(pv_parts_parse(&p, "join", bytes, pv_parts_size(part, 3)));
    CHECK_OK(pv_parts_get_number(&n, &p, "join", "rows", 7, 7));
    assert_int_equal(n, 7);
    CHECK_FAILS(pv_parts_get_number(&n, &p, "join 1 from a", "rows", 8, 10), PV_ERR_PEER,
                "join 1 from a: rows is 7; from 8 to 10 was expected");
    CHECK_FAILS(pv_parts_get_number(&n, &p, "join", "rows", -1, 6), PV_ERR_PEER, "from -1 to 6");
    CHECK_FAILS(pv_parts_get_number(&n, &p, "join", "hash", 0, 9), PV_ERR_PEER, "'hash' is u8[4]");
    CHECK_OK(pv_parts_get_bytes(got, 4, &p, "join", "hash"));
    assert_memory_equal(got, hash, 4);
    CHECK_FAILS(pv_parts_get_bytes(got, 5, &p, "join", "hash"), PV_ERR_PEER, "u8[5] was expected");
    CHECK_OK(pv_parts_get_some(&some, &size, &p, "join", "hash", 4));
    assert_true(size == 4 && memcmp(some, hash, 4) == 0);
    CHECK_FAILS(pv_parts_get_some(&some, &size, &p, "join", "hash", 3), PV_ERR_PEER,
                "join: 4 bytes of hash; from 1 to 3 were expected");
    CHECK_FAILS(pv_parts_get_some(&some, &size, &p, "join", "text", 3), PV_ERR_PEER,
                "0 bytes of text");
    CHECK_OK(pv_parts_get_count(&p, "join", 3));
    CHECK_FAILS(pv_parts_get_count(&p, "join", 2), PV_ERR_PEER, "join: 3 tensors, 2 were expected");
    pv_parts_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes),
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_refused_writing),
        cmocka_unit_test(test_refused_reading),
        cmocka_unit_test(test_overflowing_dimensions),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_range),
        cmocka_unit_test(the_commonest),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
