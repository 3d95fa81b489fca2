#include "check.h"

#include "base/file.h"
#include "base/tape.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/tape-%ld", (long)getpid());
    unlink(path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void check_file(const void *data, size_t size)
{
    pv_bytes b;
    CHECK_OK(pv_file_read(&b, path, 1 << 26));
    assert_int_equal(b.size, size);
    if (size > 0) assert_memory_equal(b.data, data, size);
    pv_bytes_clear(&b);
}

static void test_pieces(void **state)
{
    (void)state;
    pv_tape t;
    struct stat st;
    char out[8];
    CHECK_OK(pv_tape_create(&t, path, 8));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(pv_tape_append(&t, "ab", 2, "cde", 3));
    check_file("", 0); /* still in the buffer */
    CHECK_OK(pv_tape_append(&t, "f", 1, "gh", 2));
    check_file("", 0); /* just fits */
    CHECK_OK(pv_tape_append(&t, "i", 1, NULL, 0));
    check_file("abcdefgh", 8);
    assert_true(t.size == 9 && t.written == 8);
    CHECK_OK(pv_tape_append(&t, "jkl", 3, "mnopqrst", 8)); /* larger than the buffer */
    check_file("abcdefghijklmnopqrst", 20);
    CHECK_OK(pv_tape_append(&t, NULL, 0, NULL, 0));
    CHECK_OK(pv_tape_append(&t, NULL, 0, "u", 1));
    CHECK_OK(pv_tape_sync(&t));
    check_file("abcdefghijklmnopqrstu", 21);
    CHECK_OK(pv_tape_read(&t, 8, out, 4));
    assert_memory_equal(out, "ijkl", 4);
    CHECK_FAILS(pv_tape_read(&t, 20, out, 2), PV_ERR_TRUNCATED, "ends at byte 21, 1 more");
    pv_tape_close(&t);
    pv_tape_close(&t);
}

/* Whatever the pieces, the bytes are those that were given, in their order. */
static void test_any_pieces(void **state)
{
    (void)state;
    enum { ALL = 3000000 };
    static uint8_t data[ALL];
    pv_tape t;
    unsigned x = 1;
    for (size_t i = 0; i < ALL; i++) data[i] = (uint8_t)(i * 2654435761u >> 24);
    CHECK_OK(pv_tape_create(&t, path, 1 << 18));
    for (size_t at = 0; at < ALL;) {
        x = x * 1664525u + 1013904223u;
        size_t head = (x >> 8) % 200, body = (x >> 16) % 5 == 0 ? x % 400000 : x % 900;
        if (head > ALL - at) head = ALL - at;
        if (body > ALL - at - head) body = ALL - at - head;
        CHECK_OK(pv_tape_append(&t, data + at, head, data + at + head, body));
        at += head + body;
        assert_int_equal(t.size, at);
    }
    CHECK_OK(pv_tape_flush(&t));
    check_file(data, ALL);
    pv_tape_close(&t);
}

static void test_cut(void **state)
{
    (void)state;
    pv_tape t;
    CHECK_OK(pv_tape_create(&t, path, 64));
    CHECK_OK(pv_tape_append(&t, "0123456789", 10, NULL, 0));
    pv_tape_close(&t); /* not synced: gone */
    check_file("", 0);
    CHECK_OK(pv_tape_reopen(&t, path, 64));
    CHECK_OK(pv_tape_append(&t, "0123456789", 10, NULL, 0));
    CHECK_FAILS(pv_tape_cut(&t, 11), PV_ERR_MISMATCH, "has 10 bytes, at least 11");
    CHECK_OK(pv_tape_cut(&t, 4));
    check_file("0123", 4);
    CHECK_OK(pv_tape_append(&t, "x", 1, NULL, 0));
    CHECK_OK(pv_tape_sync(&t));
    check_file("0123x", 5);
    pv_tape_close(&t);
    CHECK_OK(pv_tape_open(&t, path));
    assert_int_equal(t.size, 5);
    pv_tape_close(&t);
}

static void test_refused(void **state)
{
    (void)state;
    pv_tape t;
    char fifo[80];
    CHECK_OK(pv_tape_create(&t, path, 8));
    pv_tape_close(&t);
    CHECK_FAILS(pv_tape_create(&t, path, 8), PV_ERR_USAGE, "is there already");
    CHECK_FAILS(pv_tape_create(&t, "/tmp/nowhere-at-all/x", 8), PV_ERR_IO, "could not be created");
    CHECK_FAILS(pv_tape_open(&t, "/tmp/nowhere-at-all/x"), PV_ERR_NOT_FOUND, "no such file");
    CHECK_FAILS(pv_tape_open(&t, "/tmp"), PV_ERR_NOT_FOUND, "regular file");
    CHECK_FAILS(pv_tape_reopen(&t, "/tmp", 8), PV_ERR_NOT_FOUND, "is a folder");
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    CHECK_FAILS(pv_tape_open(&t, fifo), PV_ERR_NOT_FOUND, "no regular file"); /* nor waited for */
    unlink(fifo);
    assert_true(t.fd == -1 && t.path == NULL);
}

/* A full disk: nothing is lost, and the same call works once there is room. */
static void test_full(void **state)
{
    (void)state;
    static uint8_t data[200000];
    struct rlimit before, small;
    pv_tape t;
    memset(data, 7, sizeof data);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    CHECK_OK(pv_tape_create(&t, path, 4096));
    CHECK_OK(pv_tape_append(&t, data, 3000, NULL, 0));
    small = before;
    small.rlim_cur = 50000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    pv_status large = pv_tape_append(&t, data, 10, data, 100000);
    uint64_t size = t.size;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    pv_status flush = pv_tape_append(&t, data, 2000, NULL, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(large, PV_ERR_IO);
    assert_int_equal(flush, PV_ERR_IO);
    assert_true(size == 3000 && t.size == 3000);
    CHECK_OK(pv_tape_append(&t, data, 10, data, 100000));
    CHECK_OK(pv_tape_sync(&t));
    check_file(data, 103010);
    pv_tape_close(&t);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_tape t;
        unlink(path);
        status = pv_tape_create(&t, path, 100);
        if (status == PV_OK) pv_tape_close(&t);
        assert_true(t.fd == -1 && t.path == NULL && t.buffer == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
