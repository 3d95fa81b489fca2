#include "check.h"

#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <unistd.h>

static json_t *parse(const char *text)
{
    json_t *j;
    CHECK_OK(pv_json_parse(&j, "t.json", text, strlen(text)));
    return j;
}

static void check_dump(const json_t *j, int indent, const char *expected)
{
    pv_str s = {0};
    CHECK_OK(pv_json_dump(&s, j, indent));
    assert_string_equal(pv_str_text(&s), expected);
    pv_str_clear(&s);
}

static void what_is_read_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "3",
        "-7",
        "0.1",
        "1.0",
        "1e+300",
        "true",
        "false",
        "null",
        "\"a \\\"b\\\" \\\\ \\n \\t \\u0001 \\u007f \xc3\xa9\"",
        "{\"z\":1,\"a\":[1,2.5,{\"k\":null}],\"m\":{}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *j = parse(texts[i]);
        check_dump(j, 0, texts[i]);
        json_decref(j);
    }
}

static void indented(void **state)
{
    (void)state;
    json_t *j = parse("{\"a\":[1,2],\"b\":{},\"c\":[]}");
    check_dump(j, 2, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
    json_decref(j);
}

static void mistakes_have_a_place(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    "{",        "{\"a\":}",         "[1,]", "{\"a\":1,\"a\":2}", "nul",
        "1 2", "\"\xff\"", "{\"a\\u0000\":1}",
    };
    json_t *j;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_FAILS(pv_json_parse(&j, "t.json", texts[i], strlen(texts[i])), PV_ERR_FORMAT,
                    "t.json:1:");
        assert_null(j);
    }
    const char *second_line = "{\"a\": 1,\n  b}";
    CHECK_FAILS(pv_json_parse(&j, "t.json", second_line, strlen(second_line)), PV_ERR_FORMAT,
                "t.json:2:3");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    json_t *j;
    char text[20000];
    memset(text, '[', sizeof text);
    CHECK_FAILS(pv_json_parse(&j, "t.json", text, sizeof text), PV_ERR_FORMAT, "t.json:1:");
}

static void values_are_built(void **state)
{
    (void)state;
    json_t *j = json_object(), *a = json_array();
    CHECK_OK(pv_json_append(a, pv_json_number(0.5)));
    CHECK_OK(pv_json_append(a, pv_json_number(NAN)));
    CHECK_OK(pv_json_append(a, pv_json_number(2.0)));
    CHECK_OK(pv_json_set(j, "list", a));
    CHECK_OK(pv_json_set(j, "name", json_string("x")));
    check_dump(j, 0, "{\"list\":[0.5,null,2.0],\"name\":\"x\"}");
    CHECK_FAILS(pv_json_set(j, "bad", json_string("\xff")), PV_ERR_MEMORY, "\"bad\"");
    CHECK_FAILS(pv_json_set(NULL, "lost", json_integer(1)), PV_ERR_MEMORY, "\"lost\"");
    CHECK_FAILS(pv_json_set(j, "\xff", json_integer(1)), PV_ERR_MEMORY, "JSON");
    CHECK_FAILS(pv_json_append(a, NULL), PV_ERR_MEMORY, "array");
    CHECK_FAILS(pv_json_append(j, json_integer(1)), PV_ERR_MEMORY, "array");
    json_decref(j);
}

static void values_are_got(void **state)
{
    (void)state;
    json_t *j = parse("{\"t\":\"x\",\"i\":7,\"r\":2.5,\"o\":{},\"a\":[]}"), *inner;
    const char *text;
    double real;
    int64_t integer;
    CHECK_OK(pv_json_get_text(&text, j, "t", "f"));
    assert_string_equal(text, "x");
    CHECK_OK(pv_json_get_integer(&integer, j, "i", 0, 7, "f"));
    assert_int_equal(integer, 7);
    CHECK_OK(pv_json_get_real(&real, j, "r", "f"));
    assert_true(real == 2.5);
    CHECK_OK(pv_json_get_real(&real, j, "i", "f"));
    assert_true(real == 7.0);
    CHECK_OK(pv_json_get_object(&inner, j, "o", "f"));
    CHECK_OK(pv_json_get_array(&inner, j, "a", "f"));
    CHECK_FAILS(pv_json_get_text(&text, j, "none", "f"), PV_ERR_FORMAT, "f: the key \"none\"");
    CHECK_FAILS(pv_json_get_text(&text, j, "i", "f"), PV_ERR_FORMAT, "text");
    CHECK_FAILS(pv_json_get_integer(&integer, j, "r", 0, 9, "f"), PV_ERR_FORMAT, "integer");
    CHECK_FAILS(pv_json_get_integer(&integer, j, "i", 0, 6, "f"), PV_ERR_RANGE, "0 to 6");
    CHECK_FAILS(pv_json_get_real(&real, j, "t", "f"), PV_ERR_FORMAT, "number");
    CHECK_FAILS(pv_json_get_object(&inner, j, "a", "f"), PV_ERR_FORMAT, "object");
    CHECK_FAILS(pv_json_get_array(&inner, j, "o", "f"), PV_ERR_FORMAT, "array");
    CHECK_FAILS(pv_json_get_array(&inner, json_object_get(j, "a"), "o", "f"), PV_ERR_FORMAT,
                "an object");
    json_decref(j);
}

static void files(void **state)
{
    (void)state;
    const char *path = "build-test-json";
    json_t *j = parse("{\"a\":[1]}"), *k;
    CHECK_OK(pv_json_save(j, 2, path));
    CHECK_OK(pv_json_load(&k, path, 100));
    assert_true(json_equal(j, k));
    json_decref(k);
    CHECK_FAILS(pv_json_load(&k, path, 3), PV_ERR_LIMIT, path);
    CHECK_OK(pv_file_write(path, "{", 1, 0644));
    CHECK_FAILS(pv_json_load(&k, path, 100), PV_ERR_FORMAT, "build-test-json:1:");
    assert_null(k);
    unlink(path);
    CHECK_FAILS(pv_json_load(&k, path, 100), PV_ERR_NOT_FOUND, path);
    json_decref(j);
}

static void out_of_memory(void **state)
{
    (void)state;
    json_t *j = parse("{\"a\":[1,2.5,\"a rather long text, so that the buffer must grow\"]}");
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str s = {0};
        status = pv_json_dump(&s, j, 2);
        if (status != PV_OK) assert_int_equal(s.size, 0);
        pv_str_clear(&s);
    }
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written),
        cmocka_unit_test(indented),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(values_are_built),
        cmocka_unit_test(values_are_got),
        cmocka_unit_test(files),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
