#include "wire/pem.h"

#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two blocks of RFC 4648's test vectors would be too short to break a line; this one is 65 bytes.
 */
static const char good[] = "-----BEGIN TEST-----\n"
                           "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n"
                           "QUFBQUFBQUFBQUFBQUFBQUE=\n"
                           "-----END TEST-----\n";

static void test_known(void **state)
{
    (void)state;
    static const char *const same[] = {
        "words before\n\n-----BEGIN TEST-----\nQUFB\n-----END TEST-----\n",
        "-----BEGIN TEST-----\r\nQUFB\r\n-----END TEST-----\r\n",
        "-----BEGIN TEST-----\nQ\nU F\tB\n-----END TEST-----",
        "-----BEGIN TEST-----\nQUFB\n-----END TEST-----\nwords after\n",
        "-----BEGIN TEST----- \nQUFB\n-----END TEST-----  \n",
    };
    pv_pem p;
    CHECK_OK(pv_pem_parse(&p, "x", good, sizeof good - 1));
    assert_string_equal(p.label, "TEST");
    assert_int_equal(p.size, 65);
    for (size_t i = 0; i < p.size; i++) assert_int_equal(p.der[i], 'A');
    CHECK_FAILS(pv_pem_expect(&p, "x", "OTHER"), PV_ERR_FORMAT,
                "x: holds a TEST, a OTHER was expected");
    CHECK_OK(pv_pem_expect(&p, "x", "TEST"));
    pv_pem_clear(&p);
    pv_pem_clear(&p);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK_OK(pv_pem_parse(&p, "x", same[i], strlen(same[i])));
        assert_int_equal(p.size, 3);
        assert_memory_equal(p.der, "AAA", 3);
        pv_pem_clear(&p);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "no line"},
        {"hello", "no line"},
        {" -----BEGIN TEST-----\nQUFB\n-----END TEST-----\n", "no line"},
        {"-----BEGIN -----\nQUFB\n-----END -----\n", "no line"},
        {"-----BEGIN TEST-----QUFB\n-----END TEST-----\n", "no line"},
        {"-----BEGIN TEST\n", "no line"},
        {"-----BEGIN A\tB-----\nQUFB\n-----END A\tB-----\n", "no line"},
        {"-----BEGIN TEST-----\nQUFB\n", "has no end"},
        {"-----BEGIN TEST-----\nQUFB-----END TEST-----\n", "has no end"},
        {"-----BEGIN TEST-----\nQUFB\n-----END TES", "has no end"},
        {"-----BEGIN TEST-----\nQUFB\n-----END OTHER-----\n", "has no end"},
        {"-----BEGIN TEST-----\nQUFB\n-----END TEST-----x\n", "has no end"},
        {"-----BEGIN TEST-----\n-----END TEST-----\n", "not base64"},
        {"-----BEGIN TEST-----\n!!!!\n-----END TEST-----\n", "not base64"},
        {"-----BEGIN TEST-----\nQUF\n-----END TEST-----\n", "not base64"},
        {"-----BEGIN TEST-----\nQQ==QUFB\n-----END TEST-----\n", "not base64"},
        {"-----BEGIN TEST-----\nQR==\n-----END TEST-----\n", "not base64"},
        {"-----BEGIN TEST-----\nProc-Type: 4,ENCRYPTED\n\nQUFB\n-----END TEST-----\n",
         "has headers"},
        {"-----BEGIN A-----\nQUFB\n-----END A-----\n-----BEGIN B-----\nQUFB\n-----END B-----\n",
         "several things"},
    };
    pv_pem p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS(pv_pem_parse(&p, "x", bad[i].text, strlen(bad[i].text)), PV_ERR_FORMAT,
                    bad[i].why);
        assert_null(p.der);
        assert_string_equal(p.label, "");
    }
    CHECK_FAILS(pv_pem_parse(&p, "x", "-----BEGIN\0", 11), PV_ERR_FORMAT, "is not text");
    CHECK_FAILS(pv_pem_parse(&p, "x", good, PV_PEM_MAX + 1), PV_ERR_LIMIT, "at most 65536");
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/privet-pem-XXXXXX", path[64];
    uint8_t data[200];
    struct stat st;
    pv_pem p, q;
    pv_status status;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.pem", folder);
    for (size_t size = 1; size <= sizeof data; size++) {
        memset(data, (int)size, size);
        CHECK_OK(pv_pem_of(&p, "SOME BYTES", data, size));
        CHECK_OK(pv_pem_save(&p, path, 0600));
        pv_pem_clear(&p);
        CHECK_OK(pv_pem_read(&q, path));
        assert_string_equal(q.label, "SOME BYTES");
        assert_int_equal(q.size, size);
        assert_memory_equal(q.der, data, size);
        pv_pem_clear(&q);
    }
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_pem_read(&q, path);
        if (status == PV_OK) status = pv_pem_save(&q, path, 0600);
        pv_pem_clear(&q);
    }
    assert_int_equal(unlink(path), 0);
    CHECK_FAILS(pv_pem_read(&q, path), PV_ERR_NOT_FOUND, "x.pem");
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
