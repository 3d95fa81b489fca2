/* order.json: written and read again, what is no order refused, a file that is another found out.
 */
#include "check.h"

#include "base/file.h"
#include "party/order.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[4][128];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[0], "%s/%s", folder, name);
    return path[next];
}

static const char ROWS[] = "x\n1\n2\n3\n";

static pv_order some(void)
{
    pv_order o = {.rows = 3, .mine = 5, .theirs = 4, .part = "all", .name = "aligned.csv"};
    memset(o.order.byte, 7, sizeof o.order.byte);
    memset(o.session.byte, 9, sizeof o.session.byte);
    CHECK_OK(pv_file_write(path_of("aligned.csv"), ROWS, sizeof ROWS - 1, 0600));
    CHECK_OK(pv_hash_file(&o.file, path_of("aligned.csv")));
    return o;
}

static void there_and_back(void **state)
{
    pv_order o = some(), back;
    struct stat st;
    int there;
    (void)state;
    CHECK_OK(pv_order_save(&o, path_of("order.json")));
    assert_int_equal(stat(path_of("order.json"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(pv_order_load(&back, path_of("order.json")));
    assert_memory_equal(&back, &o, sizeof o);
    CHECK_OK(pv_order_load_test(&back, &there, path_of("order.json")));
    assert_false(there);
    snprintf(o.part, sizeof o.part, "test");
    CHECK_OK(pv_order_save(&o, path_of("order-test.json")));
    CHECK_OK(pv_order_load_test(&back, &there, path_of("order.json")));
    assert_true(there);
    assert_string_equal(back.part, "test");
}

static const char *spec(const char *kind, const char *name, const char *options)
{
    static char text[256];
    snprintf(text, sizeof text, "%s:%s/%s%s", kind, folder, name, options);
    return text;
}

static void checks(void **state)
{
    pv_order o = some();
    (void)state;
    CHECK_OK(pv_order_check(&o, "order.json", spec("csv", "aligned.csv", "?label=none"), 3));
    CHECK_FAILS(pv_order_check(&o, "order.json", spec("csv", "aligned.csv", ""), 2),
                PV_ERR_MISMATCH, "2 rows were read, the order in order.json is of 3");
    CHECK_FAILS(pv_order_check(&o, "o", spec("csv", "aligned.csv", "?limit=3"), 3), PV_ERR_MISMATCH,
                "limit= takes rows away");
    CHECK_FAILS(pv_order_check(&o, "o", spec("csv", "aligned.csv", "?classes=1"), 3),
                PV_ERR_MISMATCH, "classes= takes rows away");
    CHECK_FAILS(pv_order_check(&o, "o", "glyphs", 3), PV_ERR_MISMATCH, "is no file");
    CHECK_FAILS(pv_order_check(&o, "o", spec("csv", "none.csv", ""), 3), PV_ERR_NOT_FOUND,
                "none.csv");
    CHECK_OK(pv_file_write(path_of("sorted.csv"), "x\n2\n1\n3\n", 8, 0600));
    CHECK_FAILS(pv_order_check(&o, "order.json", spec("csv", "sorted.csv", ""), 3), PV_ERR_MISMATCH,
                "is not the file that order.json is the order of (aligned.csv): it is another");
    /* a test split is the file that the split is in */
    CHECK_OK(pv_file_write(path_of("al-train.csv"), "x\n9\n", 4, 0600));
    CHECK_OK(pv_file_write(path_of("al-test.csv"), ROWS, sizeof ROWS - 1, 0600));
    CHECK_OK(pv_order_check(&o, "o", spec("csv", "al-train.csv", "?split=test"), 3));
    CHECK_FAILS(pv_order_check(&o, "o", spec("csv", "al-train.csv", ""), 3), PV_ERR_MISMATCH,
                "al-train.csv");
}

#define HEX "0707070707070707070707070707070707070707070707070707070707070707"
#define REST                                                                                       \
    "\"session\":\"sha256:" HEX "\",\"sizes\":{\"mine\":5,\"theirs\":4},\"sha256\":\"" HEX "\""

static void refusals(void **state)
{
    static const struct {
        const char *text;
        pv_status status;
        const char *says;
    } cases[] = {
        {"", PV_ERR_FORMAT, "order.json"},
        {"[]", PV_ERR_FORMAT, "schema"},
        {"{\"schema\":2}", PV_ERR_VERSION, "schema 2, 1 is read"},
        {"{\"schema\":1,\"rows\":0}", PV_ERR_RANGE, "rows"},
        {"{\"schema\":1,\"rows\":3,\"part\":\"everything\"}", PV_ERR_FORMAT, "1 to 7 letters"},
        {"{\"schema\":1,\"rows\":3,\"part\":\"all\",\"order\":\"" HEX "\"}", PV_ERR_FORMAT,
         "sha256: and 64 hexadecimal digits"},
        {"{\"schema\":1,\"rows\":3,\"part\":\"all\",\"order\":\"sha256:07\"}", PV_ERR_FORMAT,
         "in order"},
        {"{\"schema\":1,\"rows\":3,\"part\":\"all\",\"order\":\"sha256:" HEX "\"," REST
         ",\"file\":\"../x\"}",
         PV_ERR_FORMAT, "file is \"../x\""},
        {"{\"schema\":1,\"rows\":6,\"part\":\"all\",\"order\":\"sha256:" HEX "\"," REST
         ",\"file\":\"a.csv\"}",
         PV_ERR_RANGE, "mine"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_order o;
        CHECK_OK(pv_file_write(path_of("order.json"), cases[i].text, strlen(cases[i].text), 0600));
        CHECK_FAILS(pv_order_load(&o, path_of("order.json")), cases[i].status, cases[i].says);
    }
    pv_order o;
    CHECK_FAILS(pv_order_load(&o, path_of("no.json")), PV_ERR_NOT_FOUND, "no.json");
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    pv_order o = some(), back;
    int there;
    (void)state;
    char path[128], text[256];
    snprintf(path, sizeof path, "%s", path_of("order.json"));
    snprintf(text, sizeof text, "%s", spec("csv", "aligned.csv", ""));
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_order_save(&o, path);
        if (status == PV_OK) status = pv_order_load_test(&back, &there, path);
        if (status == PV_OK) status = pv_order_load(&back, path);
        if (status == PV_OK) status = pv_order_check(&back, path, text, 3);
    }
    assert_int_equal(status, PV_OK);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/privet-order-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(checks),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
