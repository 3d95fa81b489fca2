#include "toy.h"

#include "party/check.h"

typedef struct job {
    toy_crowd *c;
    int i;
    const char *extra; /* lines of a local file */
    double disk, seconds;
    pv_check_report report;
    pv_status status;
} job;

static pv_status check_once(job *x)
{
    pv_scenario s;
    pv_local l;
    char folder[128], extra[128];
    pv_ctx ctx = {.user = &x->c->run[x->i], .cancelled = toy_cancelled};
    snprintf(folder, sizeof folder, "%s/%s", x->c->folder, toy_name(x->i));
    snprintf(extra, sizeof extra, "%s/%s.local.ini", x->c->folder, toy_name(x->i));
    const char *lines = x->extra == NULL ? "" : x->extra;
    PV_TRY(pv_file_write(extra, lines, strlen(lines), 0600));
    PV_TRY(pv_scenario_load(&s, x->c->path));
    pv_status status = pv_local_load(&l, &s, toy_name(x->i), extra);
    if (status == PV_OK) {
        pv_party_options o = {.size = sizeof o,
                              .scenario = &s,
                              .local = &l,
                              .name = toy_name(x->i),
                              .folder = folder,
                              .scheme = "toy",
                              .linked = toy_linked};
        pv_check_options co = {.party = &o, .disk_bytes = x->disk, .seconds = x->seconds};
        status = pv_party_check(&co, &x->report, &ctx);
        pv_local_clear(&l);
    }
    pv_scenario_clear(&s);
    return status;
}

static void *check_thread(void *arg)
{
    job *x = arg;
    x->status = check_once(x);
    return NULL;
}

static void check_together(job *x, int n)
{
    pthread_t thread[TOY_MOST];
    for (int i = 0; i < n; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, check_thread, &x[i]), 0);
    for (int i = 0; i < n; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < n; i++) assert_int_equal(x[i].status, PV_OK);
}

/* Is there an item with this result whose text holds the words? */
static int has(const pv_check_report *r, pv_check_result result, const char *what,
               const char *words)
{
    for (size_t i = 0; i < r->items; i++)
        if (r->item[i].result == result && strcmp(r->item[i].what, what) == 0 &&
            strstr(r->item[i].text, words) != NULL)
            return 1;
    for (size_t i = 0; i < r->items; i++)
        print_error("%s %s: %s\n", pv_check_result_name(r->item[i].result), r->item[i].what,
                    r->item[i].text);
    return 0;
}

static void alone(void **state)
{
    (void)state;
    static const struct {
        const char *extra;
        double disk;
        pv_check_result result;
        const char *what, *words;
    } cases[] = {
        {"", 0, PV_CHECK_WARN, "certificate", "the certificate is valid until 20"},
        {"", 0, PV_CHECK_WARN, "authority", "have a new one made before the run"},
        {"", 0, PV_CHECK_PASS, "pin", "the certificate is the one that"},
        {"", 0, PV_CHECK_PASS, "clock", "it is 20"},
        {"", 0, PV_CHECK_PASS, "data", "glyphs?limit=40: 20 samples, as [schema] says"},
        {"", 0, PV_CHECK_PASS, "missing values", "no value is missing"},
        {"", 0, PV_CHECK_PASS, "port", "a only dials out"},
        {"", 0, PV_CHECK_PASS, "disk", "are free at"},
        {"", 1e18, PV_CHECK_FAIL, "disk", "the run will need about 1000000000.0 GB; free some"},
        {"[local]\nkey = none.key\n", 0, PV_CHECK_FAIL, "certificate", "none.key"},
        {"[local]\nkey = b.key\ncert = b.pem\n", 0, PV_CHECK_FAIL, "certificate", "pins sha256:"},
        {"[local]\ndata =\n", 0, PV_CHECK_PASS, "data", "a brings no data"},
        {"[local]\ndata = csv:none.csv\n", 0, PV_CHECK_FAIL, "data", "none.csv"},
        {"[local]\ndata = glyphs?classes=1,2\n", 0, PV_CHECK_FAIL, "data", "[schema] says"},
        {"[local]\ndata = glyphs?limit=6\nparts =\n", 0, PV_CHECK_WARN, "labels",
         "classes have no sample here"},
        {"[local]\nlisten = 127.0.0.1:0\n", 0, PV_CHECK_PASS, "port", "127.0.0.1:0 can be"},
        {"[local]\nlisten = 192.0.2.1:7\n", 0, PV_CHECK_FAIL, "port", "192.0.2.1"},
    };
    toy_crowd c;
    toy_init(&c, 3, 1, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        job x = {.c = &c, .i = 1, .extra = cases[i].extra, .disk = cases[i].disk};
        CHECK_OK(check_once(&x));
        if (!has(&x.report, cases[i].result, cases[i].what, cases[i].words))
            fail_msg("case %zu: no '%s' about %s", i, cases[i].words, cases[i].what);
        assert_true(x.report.worst >= cases[i].result);
        pv_check_report_clear(&x.report);
        pv_check_report_clear(&x.report);
    }
    toy_free(&c);
}

/* A table: a constant column, one with a code for what is missing, missing values. */
static void tables(void **state)
{
    (void)state;
    toy_crowd c;
    pv_bytes b;
    pv_str rows = {0};
    char path[128];
    toy_init(&c, 3, 1, "");
    CHECK_OK(pv_file_read(&b, c.path, 1 << 20));
    char *schema = strstr((char *)b.data, "[schema]"), *view = strstr((char *)b.data, "[view]");
    memset(schema, ' ', (size_t)(view - schema));
    static const char table[] = "[schema]\nkind = table\nshape = 3\nclasses = 0,1\n";
    memcpy(schema, table, sizeof table - 1);
    view[-1] = '\n';
    CHECK_OK(pv_file_write(c.path, b.data, b.size, 0644));
    pv_bytes_clear(&b);
    CHECK_OK(pv_str_append(&rows, "x,same,code,label\n"));
    for (int i = 0; i < 20000; i++)
        CHECK_OK(pv_str_printf(&rows, "%d,7,%d,%d\n", i % 13, i == 5 ? -99999 : i % 3, i % 2));
    snprintf(path, sizeof path, "%s/t.csv", c.folder);
    CHECK_OK(pv_file_write(path, rows.text, rows.size, 0600));
    job x = {.c = &c, .i = 1, .extra = "[local]\ndata = csv:t.csv?label=label\nparts =\n"};
    CHECK_OK(check_once(&x));
    assert_true(has(&x.report, PV_CHECK_WARN, "ranges",
                    "1 of 3 features are constant here, the "
                    "first is 'same'"));
    assert_true(has(&x.report, PV_CHECK_WARN, "ranges", "the first is 'code' (-99999 to 2)"));
    assert_true(has(&x.report, PV_CHECK_PASS, "labels", "every one of 2 classes"));
    pv_check_report_clear(&x.report);
    CHECK_OK(pv_str_append(&rows, ",7,1,0\n"));
    CHECK_OK(pv_file_write(path, rows.text, rows.size, 0600));
    CHECK_OK(check_once(&x));
    assert_true(has(&x.report, PV_CHECK_FAIL, "data", "t.csv"));
    pv_check_report_clear(&x.report);
    x.extra = "[local]\ndata = csv:t.csv?label=label&missing=mean\nparts =\n";
    CHECK_OK(check_once(&x));
    assert_true(has(&x.report, PV_CHECK_WARN, "missing values", "1 missing values"));
    pv_check_report_clear(&x.report);
    /* one side: of [schema], what there is is compared */
    x.extra = "[local]\ndata = csv:t.csv?features=none&label=label\nparts =\n";
    CHECK_OK(check_once(&x));
    assert_true(has(&x.report, PV_CHECK_PASS, "ranges", "no features here"));
    assert_true(has(&x.report, PV_CHECK_PASS, "data", "20001 samples, as [schema] says"));
    pv_check_report_clear(&x.report);
    x.extra = "[local]\ndata = csv:t.csv?label=none&drop=label&missing=mean\nparts = iid\n";
    CHECK_OK(check_once(&x));
    assert_true(has(&x.report, PV_CHECK_PASS, "labels", "none here"));
    pv_check_report_clear(&x.report);
    static const struct {
        const char *extra, *says;
    } other[] = {
        {"[local]\ndata = csv:t.csv?label=none&missing=mean\nparts =\n", "a sample of the data is"},
        {"[local]\ndata = csv:t.csv?features=none&label=same\nparts =\n",
         "class 0 of the data is '7'"},
    };
    for (int i = 0; i < 2; i++) {
        x.extra = other[i].extra;
        CHECK_OK(check_once(&x));
        assert_true(has(&x.report, PV_CHECK_FAIL, "data", other[i].says));
        pv_check_report_clear(&x.report);
    }
    pv_str_clear(&rows);
    toy_free(&c);
}

/* What peers tell each other is pass or fail. */
static void together(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, 3, 1, "");
    job x[3];
    for (int i = 0; i < 3; i++) x[i] = (job){.c = &c, .i = i, .seconds = 20};
    check_together(x, 3);
    assert_true(has(&x[0].report, PV_CHECK_PASS, "peer", "a is there and ready"));
    assert_true(has(&x[0].report, PV_CHECK_PASS, "peer", "b is there and ready"));
    assert_true(has(&x[1].report, PV_CHECK_PASS, "peer", "server is there and ready"));
    for (int i = 0; i < 3; i++) {
        assert_true(x[i].report.worst != PV_CHECK_FAIL);
        pv_check_report_clear(&x[i].report);
    }
    x[2].extra = "[local]\ndata = csv:none.csv\n";
    check_together(x, 3);
    assert_true(has(&x[0].report, PV_CHECK_PASS, "peer", "a is there and ready"));
    assert_true(has(&x[0].report, PV_CHECK_FAIL, "peer", "b is there, and its own check fails"));
    for (int i = 0; i < 3; i++) pv_check_report_clear(&x[i].report);
    toy_free(&c);
}

/* b does not come; a has another scenario. */
static void missing_and_different(void **state)
{
    (void)state;
    toy_crowd c, other;
    toy_init(&c, 3, 1, "");
    job x[2];
    for (int i = 0; i < 2; i++) x[i] = (job){.c = &c, .i = i, .seconds = 1};
    check_together(x, 2);
    assert_true(has(&x[0].report, PV_CHECK_FAIL, "peer", "nothing came from b within"));
    assert_true(has(&x[0].report, PV_CHECK_PASS, "peer", "a is there and ready"));
    for (int i = 0; i < 2; i++) pv_check_report_clear(&x[i].report);
    pv_bytes b;
    other = c;
    snprintf(other.path, sizeof other.path, "%s/other.ini", c.folder);
    CHECK_OK(pv_file_read(&b, c.path, 1 << 20));
    memcpy(strstr((char *)b.data, "seed = 5"), "seed = 6", 8);
    CHECK_OK(pv_file_write(other.path, b.data, b.size, 0644));
    pv_bytes_clear(&b);
    x[1].c = &other;
    x[0].seconds = x[1].seconds = 10;
    check_together(x, 2);
    assert_true(has(&x[1].report, PV_CHECK_FAIL, "peer",
                    "line 3 differs: 'seed = 6' here, "
                    "'seed = 5' there"));
    assert_true(has(&x[0].report, PV_CHECK_FAIL, "peer", "line 3 differs: 'seed = 5' here"));
    for (int i = 0; i < 2; i++) pv_check_report_clear(&x[i].report);
    toy_free(&c);
}

/* A check that comes upon a run does it no harm, nor the other way round. */
static void during_a_run(void **state)
{
    (void)state;
    toy_crowd c;
    toy_job run[3];
    toy_init(&c, 3, 1, "");
    for (int i = 0; i < 3; i++) c.run[i].slow = 300;
    for (int i = 0; i < 2; i++) {
        run[i] = (toy_job){&c, i};
        assert_int_equal(pthread_create(&c.thread[i], NULL, toy_thread, &run[i]), 0);
    }
    job x = {.c = &c, .i = 2, .seconds = 1};
    CHECK_OK(check_once(&x));
    assert_true(has(&x.report, PV_CHECK_FAIL, "peer", "a run is under way here"));
    pv_check_report_clear(&x.report);
    run[2] = (toy_job){&c, 2};
    assert_int_equal(pthread_create(&c.thread[2], NULL, toy_thread, &run[2]), 0);
    for (int i = 0; i < 3; i++) pthread_join(c.thread[i], NULL);
    toy_check(&c);
    toy_free(&c);
}

static void stopped(void **state)
{
    (void)state;
    toy_crowd c;
    toy_init(&c, 2, 1, "");
    job x = {.c = &c, .i = 1, .seconds = 20};
    atomic_store(&c.run[1].cancel, 1);
    CHECK_FAILS(check_once(&x), PV_ERR_CANCELLED, "stopped");
    assert_null(x.report.item);
    toy_free(&c);
}

static void out_of_memory(void **state)
{
    (void)state;
    toy_crowd c;
    pv_status status = PV_OK;
    toy_init(&c, 2, 1, "");
    CHECK_OUT_OF_MEMORY(status)
    {
        job x = {.c = &c, .i = 1};
        status = check_once(&x);
        if (status == PV_OK) {
            assert_true(x.report.items >= 8);
            pv_check_report_clear(&x.report);
        }
    }
    toy_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone),         cmocka_unit_test(tables),
        cmocka_unit_test(together),      cmocka_unit_test(missing_and_different),
        cmocka_unit_test(during_a_run),  cmocka_unit_test(stopped),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
