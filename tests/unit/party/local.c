#include "check.h"

#include "party/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD "[scenario]\nscheme = x\n[party a]\nrole = r\naddress = h:7400\n[party b]\nrole = r\n"

static pv_status parse(pv_scenario *s, const char *path, const char *text)
{
    return pv_scenario_parse(s, path, text, strlen(text));
}

static void later_sections_win(void **state)
{
    (void)state;
    static const char text[] = HEAD "[local]\n"
                                    "ca = keys/ca.pem\n"
                                    "test = npz:t.npz\n"
                                    "proxy = proxy.example:3128\n"
                                    "threads = 3\n"
                                    "passphrase_file = /etc/words\n"
                                    "[local a]\n"
                                    "data = mnist:../mnist?limit=5\n"
                                    "proxy =\n"
                                    "key = keys/a.key\n"
                                    "cert = keys/a.pem\n"
                                    "parts = dirichlet:0.5\n"
                                    "model = hidden.safetensors\n"
                                    "front = /abs/front.safetensors\n"
                                    "[local b]\n"
                                    "threads = 0\n"
                                    "data = glyphs?seed=2\n"
                                    "listen = :0\n"
                                    "dial a = 10.0.0.1:7400\n"
                                    "test = csv:/abs/x.csv?label=y\n";
    pv_scenario s;
    pv_local l;
    CHECK_OK(parse(&s, "some/dir/s.ini", text));
    CHECK_OK(pv_scenario_unused(&s));
    CHECK_OK(pv_local_load(&l, &s, "a", NULL));
    assert_string_equal(l.data, "mnist:some/dir/../mnist?limit=5");
    assert_string_equal(l.test, "npz:some/dir/t.npz");
    assert_string_equal(l.ca, "some/dir/keys/ca.pem");
    assert_string_equal(l.key, "some/dir/keys/a.key");
    assert_string_equal(l.cert, "some/dir/keys/a.pem");
    assert_string_equal(l.parts, "dirichlet:0.5");
    assert_string_equal(l.model, "some/dir/hidden.safetensors");
    assert_string_equal(l.front, "/abs/front.safetensors");
    assert_null(l.half);
    assert_string_equal(l.passphrase_file, "/etc/words");
    assert_string_equal(l.listen, "h:7400");
    assert_null(l.proxy);
    assert_int_equal(l.threads, 3);
    assert_int_equal(l.dials, 2);
    assert_null(l.dial[0]);
    pv_local_clear(&l);
    pv_local_clear(&l);
    CHECK_OK(pv_local_load(&l, &s, "b", NULL));
    assert_string_equal(l.data, "glyphs?seed=2");
    assert_string_equal(l.test, "csv:/abs/x.csv?label=y");
    assert_string_equal(l.proxy, "proxy.example:3128");
    assert_string_equal(l.listen, ":0");
    assert_string_equal(l.dial[0], "10.0.0.1:7400");
    assert_null(l.dial[1]);
    assert_null(l.key);
    assert_int_equal(l.threads, 0);
    pv_local_clear(&l);
    CHECK_FAILS(pv_local_load(&l, &s, "c", NULL), PV_ERR_OPTION,
                "some/dir/s.ini names no party 'c'");
    pv_scenario_clear(&s);
}

static void a_file_beside_it(void **state)
{
    (void)state;
    char folder[] = "/tmp/privet-local-XXXXXX", path[64], wanted[80];
    pv_scenario s;
    pv_local l;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/local.ini", folder);
    CHECK_OK(parse(&s, "s.ini", HEAD "[local]\nkey = k\nthreads = 2\n"));
    static const char text[] = "[local]\nkey = own.key\n[local b]\nkey = b.key\n"
                               "[local a]\ndata = csv:rows.csv\ndial b = h:1\n";
    CHECK_OK(pv_file_write(path, text, strlen(text), 0600));
    CHECK_OK(pv_local_load(&l, &s, "a", path));
    snprintf(wanted, sizeof wanted, "%s/own.key", folder);
    assert_string_equal(l.key, wanted);
    snprintf(wanted, sizeof wanted, "csv:%s/rows.csv", folder);
    assert_string_equal(l.data, wanted);
    assert_string_equal(l.dial[1], "h:1");
    assert_int_equal(l.threads, 2);
    pv_local_clear(&l);
    CHECK_OK(pv_local_load(&l, &s, "a", NULL));
    assert_string_equal(l.key, "k");
    pv_local_clear(&l);
    static const char wrong[] = "[local]\nkey = k\n[party a]\nrole = r\n";
    CHECK_OK(pv_file_write(path, wrong, strlen(wrong), 0600));
    CHECK_FAILS(pv_local_load(&l, &s, "a", path), PV_ERR_FORMAT,
                "local.ini:4: [party a] has no place in a local file");
    assert_null(l.dial);
    static const char stray[] = "[local c]\nkey = k\n";
    CHECK_OK(pv_file_write(path, stray, strlen(stray), 0600));
    CHECK_FAILS(pv_local_load(&l, &s, "a", path), PV_ERR_FORMAT, "local.ini:2: [local c]");
    unlink(path);
    CHECK_FAILS(pv_local_load(&l, &s, "a", path), PV_ERR_NOT_FOUND, "local.ini");
    pv_scenario_clear(&s);
    rmdir(folder);
}

static void mistakes_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        pv_status status;
        const char *message;
    } cases[] = {
        {"[local]\nkeyy = k\n", PV_ERR_FORMAT, ":9: [local] knows no key 'keyy'; did you mean key"},
        {"[local b]\nlisten = 7400\n", PV_ERR_FORMAT,
         ":9: listen = 7400: HOST:PORT or [IPV6]:PORT "
         "or :PORT"},
        {"[local]\nproxy = :80\n", PV_ERR_FORMAT, ":9: proxy = :80: HOST:PORT"},
        {"[local]\nparts = some\n", PV_ERR_FORMAT, ":9: parts = some: iid or dirichlet:ALPHA"},
        {"[local]\nparts = dirichlet:0\n", PV_ERR_FORMAT, ":9: parts = dirichlet:0"},
        {"[local]\nparts = dirichlet:nan\n", PV_ERR_FORMAT, ":9: parts = dirichlet:nan"},
        {"[local]\nparts = dirichlet:\n", PV_ERR_FORMAT, ":9: parts = dirichlet:"},
        {"[local]\nthreads = -1\n", PV_ERR_RANGE, ":9: threads = -1: must be 0"},
        {"[local]\ndial c = h:1\n", PV_ERR_FORMAT, ":9: dial c: the scenario has no party 'c'"},
        {"[local]\ndial b = h\n", PV_ERR_FORMAT, ":9: dial b = h: HOST:PORT"},
        {"[local]\ndata = csv:x?label\n", PV_ERR_FORMAT, ":9: data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_scenario s;
        char text[512];
        snprintf(text, sizeof text, HEAD "%s", cases[i].text);
        CHECK_FAILS(parse(&s, "s.ini", text), cases[i].status, cases[i].message);
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_scenario s;
    pv_status status = PV_OK;
    CHECK_OK(parse(&s, "d/s.ini",
                   HEAD "[local]\nkey = k\ndata = mnist:x?limit=1\n[local a]\n"
                        "key = l\ndial b = h:1\nproxy = p:1\n"));
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_local l;
        status = pv_local_load(&l, &s, "a", NULL);
        if (status == PV_OK) pv_local_clear(&l);
    }
    pv_scenario_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_sections_win),
        cmocka_unit_test(a_file_beside_it),
        cmocka_unit_test(mistakes_name_the_line),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
