#include "check.h"

#include "base/ctx.h"

static void names_and_exits(void **state)
{
    (void)state;
    assert_string_equal(pv_status_name(PV_OK), "PV_OK");
    assert_string_equal(pv_status_name(PV_ERR_TRUNCATED), "PV_ERR_TRUNCATED");
    assert_string_equal(pv_status_name((pv_status)999), "PV_ERR_?");
    assert_int_equal(pv_status_exit(PV_OK), 0);
    assert_int_equal(pv_status_exit(PV_ERR_OPTION), 2);
    assert_int_equal(pv_status_exit(PV_ERR_FORMAT), 3);
    assert_int_equal(pv_status_exit(PV_ERR_TIMEOUT), 4);
    assert_int_equal(pv_status_exit(PV_ERR_IO), 1);
    assert_int_equal(pv_status_exit(PV_ERR_VERSION), 1);
}

static pv_status inner(void)
{
    PV_FAIL(PV_ERR_RANGE, "row %d is wrong", 7);
}

static pv_status outer(void)
{
    PV_TRY_CONTEXT(inner(), "while reading %s", "x.csv");
    return PV_OK;
}

static pv_status with_goto(int *cleaned)
{
    pv_status status = PV_OK;
    PV_TRY_GOTO(inner());
done:
    *cleaned = 1;
    return status;
}

static void the_trail_grows_outwards(void **state)
{
    (void)state;
    int cleaned = 0;
    assert_int_equal(outer(), PV_ERR_RANGE);
    assert_string_equal(pv_trail_text(), "row 7 is wrong; while reading x.csv");
    assert_non_null(strstr(pv_trail_debug(), "status.c:"));
    assert_non_null(strstr(pv_trail_debug(), "PV_ERR_RANGE"));
    assert_int_equal(with_goto(&cleaned), PV_ERR_RANGE);
    assert_int_equal(cleaned, 1);
    assert_string_equal(pv_trail_text(), "row 7 is wrong"); /* a new failure starts anew */
    pv_trail_clear();
    assert_string_equal(pv_trail_text(), "");
    assert_string_equal(pv_trail_debug(), "");
}

static void a_long_trail_is_cut_not_overrun(void **state)
{
    (void)state;
    assert_int_equal(inner(), PV_ERR_RANGE);
    for (int i = 0; i < 500; i++)
        pv_trail_context(PV_ERR_RANGE, "f.c", i, "context number %d of a long way up", i);
    assert_in_range(strlen(pv_trail_text()), 100, 4096);
}

typedef struct seen {
    char line[64], what[32];
    uint64_t done, total;
    int cancel;
} seen;

static void on_log(void *user, pv_log_level level, const char *line)
{
    seen *s = user;
    assert_int_equal(level, PV_LOG_WARN);
    strncpy(s->line, line, sizeof s->line - 1);
}

static void on_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    seen *s = user;
    strncpy(s->what, what, sizeof s->what - 1);
    s->done = done;
    s->total = total;
}

static int on_cancelled(void *user)
{
    return ((seen *)user)->cancel;
}

static void contexts_call_back(void **state)
{
    (void)state;
    seen s = {.cancel = 0};
    pv_ctx ctx = {.threads = 3,
                  .log = on_log,
                  .progress = on_progress,
                  .cancelled = on_cancelled,
                  .user = &s};
    assert_int_equal(pv_ctx_threads(&ctx), 3);
    pv_ctx_log(&ctx, PV_LOG_WARN, "%d left", 4);
    assert_string_equal(s.line, "4 left");
    pv_ctx_progress(&ctx, "epoch", 2, 10);
    assert_string_equal(s.what, "epoch");
    assert_int_equal(s.done, 2);
    assert_int_equal(s.total, 10);
    CHECK_OK(pv_ctx_check(&ctx));
    s.cancel = 1;
    CHECK_FAILS(pv_ctx_check(&ctx), PV_ERR_CANCELLED, "asked");
}

static void no_context_is_fine(void **state)
{
    (void)state;
    pv_ctx zero = {0};
    assert_int_equal(pv_ctx_threads(NULL), 1);
    assert_int_equal(pv_ctx_threads(&zero), 1);
    pv_ctx_log(NULL, PV_LOG_INFO, "nobody listens");
    pv_ctx_log(&zero, PV_LOG_INFO, "nobody listens");
    pv_ctx_progress(NULL, "x", 1, 1);
    pv_ctx_progress(&zero, "x", 1, 1);
    CHECK_OK(pv_ctx_check(NULL));
    CHECK_OK(pv_ctx_check(&zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_exits),
        cmocka_unit_test(the_trail_grows_outwards),
        cmocka_unit_test(a_long_trail_is_cut_not_overrun),
        cmocka_unit_test(contexts_call_back),
        cmocka_unit_test(no_context_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
