#include "check.h"

#include "party/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIN_A "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PIN_B "sha256:100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const char GOOD[] = "# four hospitals\n"
                           "[scenario]\n"
                           "name = mnist-4\n"
                           "scheme = federated\n"
                           "model = lenet5\n"
                           "seed = 7\n"
                           "threads = 2\n"
                           "on_loss = proceed\n"
                           "min_parties = 1\n"
                           "loss_timeout = 2.5\n"
                           "ca = " PIN_A "\n"
                           "\n"
                           "[schema]\n"
                           "kind = image\n"
                           "shape = 28, 28,1\n"
                           "classes = 3\n"
                           "[scheme]\n"
                           "rounds = 10\n"
                           "[view]\n"
                           "update = every:10\n"
                           "[party server]\n"
                           "role = server\n"
                           "address = 192.0.2.7:7400\n"
                           "cert = " PIN_B "\n"
                           "[party b]\n"
                           "role = client\n"
                           "[party a]\n"
                           "role = client\n"
                           "address = [2001:db8::1]:7400\n"
                           "[local]\n"
                           "key = keys/a.key\n"
                           "[local a]\n"
                           "data = glyphs\n";

static pv_status parse(pv_scenario *s, const char *text)
{
    return pv_scenario_parse(s, "dir/s.ini", text, strlen(text));
}

static void a_whole_one(void **state)
{
    (void)state;
    pv_scenario s;
    CHECK_OK(parse(&s, GOOD));
    assert_string_equal(s.name, "mnist-4");
    assert_string_equal(s.scheme, "federated");
    assert_string_equal(s.model, "lenet5");
    assert_int_equal(s.seed, 7);
    assert_int_equal(s.threads, 2);
    assert_int_equal(s.on_loss, PV_LOSS_PROCEED);
    assert_int_equal(s.min_parties, 1);
    assert_true(s.loss_timeout == 2.5);
    assert_true(s.ca_pinned && s.ca.byte[0] == 0 && s.ca.byte[31] == 0x1f);
    assert_int_equal(s.schema.kind, PV_DATA_IMAGE);
    assert_int_equal(s.schema.sample.ndim, 3);
    assert_int_equal(s.schema.sample.dim[1], 28);
    assert_int_equal(s.schema.classes, 3);
    assert_string_equal(s.schema.class_name[2], "2");
    assert_int_equal(s.parties, 3);
    assert_string_equal(s.party[0].name, "server");
    assert_string_equal(s.party[0].address, "192.0.2.7:7400");
    assert_true(s.party[0].pinned && s.party[0].fingerprint.byte[0] == 0x10);
    assert_null(s.party[1].address);
    assert_int_equal(s.party[1].pinned, 0);
    assert_int_equal(s.party[2].line, 28);
    assert_ptr_equal(pv_scenario_find(&s, "a"), &s.party[2]);
    assert_null(pv_scenario_find(&s, "c"));
    assert_int_equal(pv_scenario_count(&s, "client"), 2);
    assert_int_equal(pv_scenario_count(&s, "clients"), 0);
    assert_int_equal(pv_scenario_rank(&s, "server"), 0);
    assert_int_equal(pv_scenario_rank(&s, "b"), 0);
    assert_int_equal(pv_scenario_rank(&s, "a"), 1);
    assert_int_equal(pv_scenario_rank(&s, "c"), 0);
    pv_scenario_clear(&s);
    pv_scenario_clear(&s);
}

static void what_is_asked_for_is_known(void **state)
{
    (void)state;
    pv_scenario s;
    pv_retention r;
    const pv_message_type update = {.id = 16, .name = "update"},
                          other = {
                              .id = 17, .name = "other", .retention = {.kind = PV_RETAIN_DIGEST}};
    CHECK_OK(parse(&s, GOOD));
    CHECK_FAILS(pv_scenario_unused(&s), PV_ERR_FORMAT, "dir/s.ini:18: [scheme] rounds");
    assert_non_null(pv_ini_text(&s.ini, "scheme", "rounds", NULL));
    CHECK_FAILS(pv_scenario_unused(&s), PV_ERR_FORMAT, "dir/s.ini:20: [view] update");
    CHECK_OK(pv_scenario_retention(&r, &s, &update));
    assert_true(r.kind == PV_RETAIN_EVERY && r.every == 10);
    CHECK_OK(pv_scenario_retention(&r, &s, &other));
    assert_true(r.kind == PV_RETAIN_DIGEST);
    CHECK_OK(pv_scenario_unused(&s));
    pv_scenario_clear(&s);
    CHECK_OK(parse(&s, "[scenario]\nscheme = x\n[view]\nupdate = often\n[party a]\nrole = r\n"));
    CHECK_FAILS(pv_scenario_retention(&r, &s, &update), PV_ERR_FORMAT,
                "dir/s.ini:4: update = often: full, digest or every:N");
    pv_scenario_clear(&s);
}

/* Comments, blanks and what is local change nothing; everything else does. */
static void the_agreement(void **state)
{
    (void)state;
    static const char small[] = "[scenario]\nscheme = x\nseed = 3\n[party a]\nrole = r\n";
    static const char dressed[] = "# hello\n[scenario]\n  scheme=x ; why\n\nseed =   3\n"
                                  "[local]\nkey = k.pem\n[party a]\nrole = r\n[local a]\n"
                                  "threads = 4\n";
    pv_scenario a, b;
    CHECK_OK(parse(&a, small));
    assert_string_equal(pv_str_text(&a.agreement), small);
    CHECK_OK(parse(&b, dressed));
    assert_string_equal(pv_str_text(&b.agreement), small);
    assert_true(pv_hash_equal(&a.hash, &b.hash));
    pv_hash h;
    CHECK_OK(pv_hash_of(&h, small, strlen(small)));
    assert_true(pv_hash_equal(&a.hash, &h));
    pv_scenario_clear(&b);
    CHECK_OK(parse(&b, "[scenario]\nscheme = x\nseed = 4\n[party a]\nrole = r\n"));
    assert_false(pv_hash_equal(&a.hash, &b.hash));
    pv_scenario_clear(&b);
    pv_scenario_clear(&a);
}

#define HEAD  "[scenario]\nscheme = x\n"
#define PARTY "[party a]\nrole = r\n"

static void mistakes_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        pv_status status;
        const char *message;
    } cases[] = {
        {"", PV_ERR_FORMAT, "dir/s.ini: [scenario] scheme is missing"},
        {"[scenario]\nname = n\n" PARTY, PV_ERR_FORMAT, "[scenario] scheme is missing"},
        {"[scenario]\nscheme = No\n" PARTY, PV_ERR_FORMAT, "dir/s.ini:2: 'No' is no name of a sch"},
        {HEAD, PV_ERR_FORMAT, "dir/s.ini: names no party"},
        {HEAD "shceme = y\n" PARTY, PV_ERR_FORMAT,
         ":3: [scenario] knows no key 'shceme'; did you "
         "mean scheme"},
        {HEAD "seed = -1\n" PARTY, PV_ERR_RANGE, ":3: seed = -1: must be 0"},
        {HEAD "threads = 0\n" PARTY, PV_ERR_RANGE, ":3: threads = 0: must be 1"},
        {HEAD "on_loss = panic\n" PARTY, PV_ERR_FORMAT, ":3: on_loss = panic: must be one of wait"},
        {HEAD "on_loss = proceed\n" PARTY, PV_ERR_FORMAT, ":3: on_loss = proceed needs min_part"},
        {HEAD "min_parties = 1\n" PARTY, PV_ERR_FORMAT, ":3: min_parties means something with"},
        {HEAD "loss_timeout = 9\n" PARTY, PV_ERR_FORMAT, ":3: loss_timeout means something"},
        {HEAD "on_loss = proceed\nmin_parties = 2\n" PARTY, PV_ERR_RANGE, ":4: min_parties = 2: "},
        {HEAD "on_loss = proceed\nmin_parties = 1\nloss_timeout = 0\n" PARTY, PV_ERR_RANGE, ":5:"},
        {HEAD "ca = md5:00\n" PARTY, PV_ERR_FORMAT, ":3: ca = md5:00: sha256: and 64"},
        {HEAD "ca = sha256:00\n" PARTY, PV_ERR_FORMAT, ":3: ca = sha256:00: sha256: and 64"},
        {HEAD PARTY "[partys]\nx = 1\n", PV_ERR_FORMAT,
         ":6: there is no section [partys], did you "
         "mean [party]?"},
        {HEAD PARTY "[quux]\nx = 1\n", PV_ERR_FORMAT, ":6: there is no section [quux]"},
        {HEAD "[party]\nrole = r\n", PV_ERR_FORMAT, ":4: [party] has no name; write [party NAME]"},
        {HEAD "[party A]\nrole = r\n", PV_ERR_FORMAT, ":4: 'A' is no name of a party: 1 to 63"},
        {HEAD "[party a]\nadress = h:1\n", PV_ERR_FORMAT,
         ":4: [party a] knows no key 'adress'; "
         "did you mean address"},
        {HEAD "[party a]\naddress = h:1\n", PV_ERR_FORMAT, ":4: [party a] role is missing"},
        {HEAD "[party a]\nrole = R\n", PV_ERR_FORMAT, ":4: 'R' is no name of a role"},
        {HEAD PARTY "role = s\n", PV_ERR_FORMAT, ":5: [party a] role was already set on line 4"},
        {HEAD PARTY "address = h\n", PV_ERR_FORMAT, ":5: address = h: HOST:PORT or"},
        {HEAD PARTY "address = h:0\n", PV_ERR_FORMAT, ":5: address = h:0: HOST:PORT"},
        {HEAD PARTY "address = h:65536\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = h:12x\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = :80\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = ::1:80\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = []:80\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = [::1:80\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = http://h:80\n", PV_ERR_FORMAT, "HOST:PORT"},
        {HEAD PARTY "address = h:1\n[party b]\nrole = r\naddress = h:1\n", PV_ERR_FORMAT,
         ":8: b has the address h:1, and so has a on line 5"},
        {HEAD PARTY "cert = " PIN_A "\n[party b]\nrole = r\ncert = " PIN_A "\n", PV_ERR_FORMAT,
         ":8: b has the certificate of a on line 5"},
        {HEAD PARTY "cert = x\n", PV_ERR_FORMAT, ":5: cert = x: sha256:"},
        {HEAD PARTY "[schema]\nkind = image\nshape = 2,2,1\n", PV_ERR_FORMAT, "classes is missing"},
        {HEAD PARTY "[schema]\nkind = image\nclasses = 2\n", PV_ERR_FORMAT, "shape is missing"},
        {HEAD PARTY "[schema]\nkind = sound\nshape = 2\nclasses = 2\n", PV_ERR_FORMAT, ":6: kind"},
        {HEAD PARTY "[schema]\nkind = image\nshape = 28,28\nclasses = 2\n", PV_ERR_FORMAT,
         ":7: shape = 28,28: HEIGHT,WIDTH,CHANNELS"},
        {HEAD PARTY "[schema]\nkind = image\nshape = 28,28,1,\nclasses = 2\n", PV_ERR_FORMAT, ":7"},
        {HEAD PARTY "[schema]\nkind = image\nshape = 28,0,1\nclasses = 2\n", PV_ERR_FORMAT, ":7"},
        {HEAD PARTY "[schema]\nkind = table\nshape = 2,3\nclasses = 2\n", PV_ERR_FORMAT,
         ":7: shape = 2,3: one whole number"},
        {HEAD PARTY "[schema]\nkind = table\nshape = 2\nclasses = 1\n", PV_ERR_FORMAT,
         ":8: classes = 1: at least two"},
        {HEAD PARTY "[schema]\nkind = table\nshape = 2\nclasses = 70000\n", PV_ERR_FORMAT,
         ":8: classes = 70000: at least two"},
        {HEAD PARTY "[schema]\nkind = table\nshape = 2\nclasses = a,,b\n", PV_ERR_FORMAT,
         ":8: classes: number 2 has no name"},
        {HEAD PARTY "[schema]\nkind = table\nshape = 2\nclasses = a,b ,a\n", PV_ERR_FORMAT,
         ":8: classes: 'a' stands there twice"},
        {HEAD PARTY "[local b]\nkey = k\n", PV_ERR_FORMAT, ":6: [local b]: the scenario has no"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_scenario s;
        CHECK_FAILS(parse(&s, cases[i].text), cases[i].status, cases[i].message);
        assert_null(s.path);
        assert_null(s.party);
        assert_int_equal(s.parties, 0);
    }
}

static void more_parties_than_a_hub_takes(void **state)
{
    (void)state;
    pv_str text = {0};
    pv_scenario s;
    CHECK_OK(pv_str_append(&text, HEAD));
    for (int i = 0; i < 1024; i++) CHECK_OK(pv_str_printf(&text, "[party p%d]\nrole = r\n", i));
    CHECK_OK(parse(&s, pv_str_text(&text)));
    assert_int_equal(s.parties, 1024);
    assert_int_equal(pv_scenario_rank(&s, "p1023"), 1023);
    pv_scenario_clear(&s);
    CHECK_OK(pv_str_append(&text, "[party one-more]\nrole = r\n"));
    CHECK_FAILS(parse(&s, pv_str_text(&text)), PV_ERR_LIMIT, "more than 1024 parties");
    pv_str_clear(&text);
}

static void data_must_fit_the_schema(void **state)
{
    (void)state;
    pv_data *data = NULL;
    pv_scenario s;
    CHECK_OK(pv_data_open(&data, "glyphs?limit=50", NULL));
    pv_shape shape = pv_data_sample_shape(data);
    const struct {
        const char *kind, *shape, *classes, *message;
    } cases[] = {
        {"image", NULL, "10", NULL},
        {"table", "5", "10", "the data is images, [schema] says a table"},
        {"image", "5,5,1", "10", "[schema] says [5,5,1]"},
        {"image", NULL, "9", "the data has 10 classes, [schema] says 9"},
        {"image", NULL, "11", "the data has 10 classes, [schema] says 11"},
        {"image", NULL, "0,1,2,4,3,5,6,7,8,9", "class 3 of the data is '3', [schema] says '4'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], own[64];
        snprintf(own, sizeof own, "%d,%d,%d", (int)shape.dim[0], (int)shape.dim[1],
                 (int)shape.dim[2]);
        snprintf(text, sizeof text, HEAD PARTY "[schema]\nkind = %s\nshape = %s\nclasses = %s\n",
                 cases[i].kind, cases[i].shape == NULL ? own : cases[i].shape, cases[i].classes);
        CHECK_OK(parse(&s, text));
        if (cases[i].message == NULL)
            CHECK_OK(pv_schema_check(&s.schema, data));
        else
            CHECK_FAILS(pv_schema_check(&s.schema, data), PV_ERR_MISMATCH, cases[i].message);
        pv_scenario_clear(&s);
    }
    CHECK_OK(parse(&s, HEAD PARTY));
    CHECK_OK(pv_schema_check(&s.schema, data)); /* no [schema]: nothing to hold it against */
    pv_scenario_clear(&s);
    pv_data_free(data);
}

static void files(void **state)
{
    (void)state;
    pv_scenario s;
    CHECK_FAILS(pv_scenario_load(&s, "no/such.ini"), PV_ERR_NOT_FOUND, "no/such.ini");
    assert_null(s.path);
    char path[] = "/tmp/privet-scenario-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    CHECK_OK(pv_file_write(path, GOOD, strlen(GOOD), 0644));
    CHECK_OK(pv_scenario_load(&s, path));
    assert_string_equal(s.path, path);
    pv_scenario_clear(&s);
    unlink(path);
}

/* The example of docs/scenarios.md is one. */
static void the_documented_one(void **state)
{
    (void)state;
    pv_bytes doc;
    pv_scenario s;
    pv_local l;
    static const char open[] = "```ini\n";
    CHECK_OK(pv_file_read(&doc, "docs/scenarios.md", 1 << 20));
    const char *begin = strstr((const char *)doc.data, open) + sizeof open - 1;
    const char *end = strstr(begin, "```");
    assert_non_null(end);
    CHECK_OK(pv_scenario_parse(&s, "docs/s.ini", begin, (size_t)(end - begin)));
    assert_int_equal(s.parties, 3);
    assert_int_equal(s.schema.classes, 10);
    assert_int_equal(pv_scenario_rank(&s, "south"), 1);
    CHECK_OK(pv_local_load(&l, &s, "north", NULL));
    assert_string_equal(l.data, "mnist:docs/../mnist?limit=20000");
    assert_string_equal(l.ca, "docs/keys/ca.pem");
    pv_local_clear(&l);
    pv_scenario_clear(&s);
    pv_bytes_clear(&doc);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_scenario s;
        status = parse(&s, GOOD);
        if (status == PV_OK) pv_scenario_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_one),
        cmocka_unit_test(what_is_asked_for_is_known),
        cmocka_unit_test(the_agreement),
        cmocka_unit_test(mistakes_name_the_line),
        cmocka_unit_test(more_parties_than_a_hub_takes),
        cmocka_unit_test(data_must_fit_the_schema),
        cmocka_unit_test(files),
        cmocka_unit_test(the_documented_one),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
