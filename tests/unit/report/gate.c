#include "sample.h"

static pv_finding list[4];
static char recovered[] = "recovered", labels[] = "labels", ids[4][3] = {"F1", "F2", "F3", "F4"},
            server[] = "server", run_name[] = "run-1", late[] = "it was late";

static pv_findings findings(void)
{
    list[0] = sample_finding(0, 100, 0);  /* up to 3.62 % */
    list[1] = sample_finding(2, 100, 0);  /* up to 7.04 % */
    list[2] = sample_finding(90, 100, 0); /* never finished */
    list[3] = sample_finding(10, 100, 0.1);
    list[2].finished = 0;
    list[2].unfinished = late;
    for (int i = 0; i < 4; i++) {
        list[i].id = ids[i];
        list[i].adversary = server;
        list[i].metric = i < 3 ? recovered : labels;
    }
    return (pv_findings){.run = run_name, .finding = list, .findings = 4};
}

static pv_gate_verdict verdict(const pv_findings *f, const pv_gate_limit *limit, int limits,
                               pv_str *why)
{
    pv_gate_verdict v;
    pv_str_truncate(why, 0);
    CHECK_OK(pv_gate(&v, why, f, limit, limits));
    return v;
}

static void the_upper_end_decides(void **state)
{
    (void)state;
    pv_findings f = findings();
    pv_str why = {0};
    f.findings = 2;
    pv_gate_limit limit = {"recovered", 0.0703}; /* high of 2 of 100 is 0.070384 */
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_EXCEEDED);
    assert_string_equal(why.text,
                        "F2, server: recovered 2 of 100, up to 7.0 %, above its limit of 7.0 %\n"
                        "F1, server: recovered 0 of 100, up to 3.6 %, within its limit of 7.0 %\n");
    limit.most = 0.0704;
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_OPEN);
    limit.most = list[1].interval.high; /* at the limit is within it */
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_OPEN);
    pv_str_clear(&why);
}

static void invalid_is_no_pass(void **state)
{
    (void)state;
    pv_findings f = findings();
    pv_str why = {0};
    pv_gate_limit limit = {"recovered", 0.5};
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_INVALID);
    assert_ptr_equal(strstr(why.text, "F3, server: recovered INVALID: the attack did not finish: "
                                      "it was late\n"),
                     why.text);
    limit.most = 1; /* not even where every value would pass */
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_INVALID);
    limit.most = 0.05; /* what a valid finding showed stays shown */
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_EXCEEDED);
    assert_ptr_equal(strstr(why.text, "F2,"), why.text);
    assert_non_null(strstr(why.text, "\nF3, server: recovered INVALID"));
    limit = (pv_gate_limit){"labels", 0.5}; /* F3 is not needed for this one */
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_OPEN);
    list[3].negative.count.k = 20;
    pv_finding_settle(&list[3]);
    assert_int_equal(verdict(&f, &limit, 1, &why), PV_GATE_INVALID);
    assert_non_null(strstr(why.text, "the negative control failed: 20 of 20, at most 10.0 %"));
    pv_str_clear(&why);
}

static void several_limits(void **state)
{
    (void)state;
    pv_findings f = findings();
    pv_str why = {0};
    pv_gate_limit limit[] = {{"recovered", 0.5}, {"labels", 0.1}};
    assert_int_equal(verdict(&f, limit, 2, &why), PV_GATE_EXCEEDED);
    assert_ptr_equal(strstr(why.text, "F4, server: labels 10 of 100"), why.text);
    limit[1].most = 0.2;
    assert_int_equal(verdict(&f, limit, 2, &why), PV_GATE_INVALID);
    list[2].finished = 1;
    limit[0].most = 1;
    assert_int_equal(verdict(&f, limit, 2, &why), PV_GATE_OPEN);
    pv_str_clear(&why);
}

static void limits_that_say_nothing(void **state)
{
    (void)state;
    pv_findings f = findings();
    pv_str why = {0};
    pv_gate_verdict v = PV_GATE_OPEN;
    pv_gate_limit limit = {"identification", 0.5};
    CHECK_FAILS(pv_gate(&v, &why, &f, &limit, 1), PV_ERR_OPTION,
                "no finding of run-1 measures \"identification\"; measured: recovered, labels");
    assert_int_equal(v, PV_GATE_INVALID);
    f.findings = 0;
    CHECK_FAILS(pv_gate(&v, &why, &f, &limit, 1), PV_ERR_OPTION, "measured: nothing");
    f.findings = 4;
    limit = (pv_gate_limit){"labels", 1.5};
    CHECK_FAILS(pv_gate(&v, &why, &f, &limit, 1), PV_ERR_OPTION, "is 1.5, a share from 0 to 1");
    limit.most = NAN;
    CHECK_FAILS(pv_gate(&v, &why, &f, &limit, 1), PV_ERR_OPTION, "a share from 0 to 1");
    CHECK_FAILS(pv_gate(&v, &why, &f, &limit, 0), PV_ERR_OPTION, "a gate needs a limit");
    assert_string_equal(pv_str_text(&why), "");
}

static void without_memory(void **state)
{
    (void)state;
    pv_findings f = findings();
    pv_gate_limit limit[] = {{"recovered", 0.05}, {"labels", 0.05}};
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str why = {0};
        pv_gate_verdict v;
        status = pv_gate(&v, &why, &f, limit, 2);
        pv_str_clear(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_upper_end_decides), cmocka_unit_test(invalid_is_no_pass),
        cmocka_unit_test(several_limits),        cmocka_unit_test(limits_that_say_nothing),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
