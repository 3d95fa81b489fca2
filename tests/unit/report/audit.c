#include "sample.h"

#include "report/audit_page.h"
#include "report/findings_fields.h"

static void draw(pv_str *page, const pv_findings *f)
{
    CHECK_OK(pv_audit_page_write(page, &f, 1));
}

static void in_order(const char *text, const char *const *wanted, int n)
{
    for (int i = 0; i < n; i++) {
        const char *found = strstr(text, wanted[i]);
        if (found == NULL) print_error("missing or out of order: %s\n", wanted[i]);
        assert_non_null(found);
        text = found + strlen(wanted[i]);
    }
}

static void absent(const char *page, const char *const *forbidden, int n)
{
    for (int i = 0; i < n; i++) {
        if (strstr(page, forbidden[i]) != NULL) print_error("found: %s\n", forbidden[i]);
        assert_null(strstr(page, forbidden[i]));
    }
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) n++;
    return n;
}

#define IN_ORDER(text, list) in_order(text, list, sizeof list / sizeof *list)
#define ABSENT(text, list)   absent(text, list, sizeof list / sizeof *list)

static const char *const never[] = {
    "<script", "http://", "https://", "url(", ">nan", "nan%", "inf\u202f", "(null)", "-1 steps",
};

/* ---- what stands where */

static void page_in_order(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "hospitals");
    draw(&page, &f);
    static const char *const wanted[] = {
        "default-src 'none';style-src 'unsafe-inline';img-src data:",
        "<title>privet: hospitals-04: what each party could reconstruct</title>",
        "@bottom-left{content:\"privet · internal: contains originals\"}",
        "<span class=\"internal\">internal: contains originals</span>",
        "<h1>hospitals-04: what each party could reconstruct</h1>",
        "federated (FedSGD, one image a step, no masking) · lenet5-dlg on mnist · 4 clients and a "
        "server · 7,500 steps · 20 November 2026",
        /* who recovered what */
        "<li class=\"most\"><p><b>Training images.</b> From the gradients it received, the server "
        "recovered <strong>97 of 100</strong> images.",
        "95\u202f% interval 91.5–99.4\u202f%</span>; guessing without a view 0 of 100.",
        "Hospital A, B and C together: 24 of 25 of Hospital D.",
        "<svg class=\"bar most\"",
        "<b>Labels.</b> The server read <strong>100 of 100</strong> labels.",
        "96.4–100\u202f%</span>; guessing without a view 11 of 100.",
        "<b>Membership.</b> The server picked out <strong>212 of 1,000</strong> records that were "
        "trained on.",
        "Hospital A, B and C together: <b>INVALID</b>. Anyone with the released model: 13 of "
        "1,000, none found.",
        "<b>Record counts.</b> Told to the server by the scheme itself.<small>It weights the "
        "average by them. Nothing to measure.",
        /* controls, adversary */
        "<b>8 of 9 findings are valid, 1 is not.</b> Every attack also ran",
        "In <a href=\"#f8\">F8</a> the negative control failed: 74 of 1,000, at most 1.7\u202f% "
        "was "
        "needed. It counts for nothing",
        "<b>Passive.</b> It followed the protocol",
        "It knew the model&#39;s architecture",
        "Otherwise in <a href=\"#f2\">F2</a>, <a href=\"#f9\">F9</a>.",
        /* matrix */
        ">Party by secret</h2>",
        "<td class=\"most\" role=\"cell\"><span class=\"l\">Training images</span><a "
        "href=\"#f1\"><b>97/100</b></a><small>91.5–99.4\u202f%</small></td>",
        "told by the scheme</td>",
        "Hospital A, B and C together <small>about Hospital D</small>",
        "<td class=\"invalid\" role=\"cell\"><span class=\"l\">Membership</span><a "
        "href=\"#f8\"><b>INVALID</b></a><small>a control failed</small></td>",
        "<td class=\"untested\" role=\"cell\"><span class=\"l\">Record counts</span>not tested",
        "none found; up to 2.2\u202f% not excluded",
        /* worst picture */
        ">The image that leaked most</h2>",
        "<img src=\"data:image/png;base64,iVBOR",
        "alt=\"Original: image ",
        "From the view of the server",
        "Guess without a view",
        /* figures */
        "Accuracy on 10,000 test samples",
        "97.31\u202f%",
        "plain, pooled",
        "Hospital D alone",
        "Time and bytes",
        "<b>2\u202fmin 06\u202fs</b>; plain: 9.1\u202fs",
        "<b>3.23\u202fGB</b> over 4 links; pooling: 7.85\u202fMB",
        "Per client</dt><dd>404\u202fMB up, 404\u202fMB down",
        "Proven guarantee</h2>\n<p><b>None.</b>",
        "<h2>Not tested</h2>",
        "All 8 untested questions",
        "To reproduce this page",
        "privet run examples/hospitals-04.ini -o runs/hospitals-04\nprivet audit",
        /* the rest */
        "Findings, worst first",
        "Guesses were committed before the truth was read.",
        "id=\"f1\"",
        "id=\"f7\"",
        "id=\"f8\"",
        "<s>158/1,000</s>",
        "<b class=\"nw\">− 74/1,000 failed</b>",
        "Why invalid",
        "id=\"f9\"",
        ">none found</span>",
        "id=\"pictures\"",
        "Error of all 100 reconstructions, sorted: 97 were recovered, 3 not",
        "12 of 100 are shown, best first",
        "<li class=\"miss\">",
        "not recovered",
        "Where time and bytes went",
        "Each client → server",
        "53,744",
        "What each party saw",
        "4 of 4 links agree",
        "id=\"not-tested\"",
        "To check this page",
        "privet gate RUN --max identification=0.05",
        ">Words</h2>",
        "No script runs here",
    };
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, never);
    assert_int_equal(count(page.text, "<tbody class=\"finding "), 9);
    assert_int_equal(count(page.text, "<h1"), 1);
    assert_int_equal(count(page.text, "green"), 0);
    pv_str_clear(&page);
    pv_findings_clear(&f);
}

static void without_originals(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "hospitals");
    pv_findings_hide_pictures(&f);
    draw(&page, &f);
    static const char *const wanted[] = {
        ">The image that leaked most</h2>",
        "<dl><dt>From the view of the server</dt><dd><b>error ",
        "10<sup>−7</sup>",
        "Guess without a view",
        "id=\"few1-t\"",
        "<code>--with-originals</code>",
        "id=\"errors1-t\"",
        "for an audit that ran with it too",
    };
    static const char *const forbidden[] = {"<img", "internal: contains", "class=\"internal",
                                            "data:image", "handwritten"};
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, forbidden);
    ABSENT(page.text, never);
    pv_str_clear(&page);
    pv_findings_clear(&f);
}

static void nothing_was_shown(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "broken");
    draw(&page, &f);
    static const char *const wanted[] = {
        "1 step ·",
        "What the server could do is not known: the finding is <strong>INVALID</strong>.",
        "40 of 100 images were attacked when its 10 minutes were over. By another attack, "
        "cosine-tv: <b>INVALID</b>.",
        "0 of 3 findings are valid, 3 are not.",
        "In <a href=\"#f3\">F3</a> the attack did not finish; the positive control did not run",
        "They count for nothing",
        "did not finish; 1 more",
        "No attack kept what it made of single items",
        "over 0 links",
        "The audit names nothing",
        "not committed: nothing shows that it was not changed later",
    };
    static const char *const forbidden[] = {"Every attack also ran", "committed before the truth",
                                            "<svg class=\"bar"};
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, forbidden);
    ABSENT(page.text, never);
    pv_str_clear(&page);
    pv_findings_clear(&f);
    draw(&page, &f); /* an audit without any finding at all */
    assert_non_null(strstr(page.text, "<b>Nothing was attacked.</b>"));
    ABSENT(page.text, never);
    pv_str_clear(&page);
}

static void none_found_is_no_pass(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "masked");
    draw(&page, &f);
    static const char *const wanted[] = {
        "<li class=\"none\"><p><b>Training images.</b> From the sums it received, the server "
        "recovered <strong>0 of 100</strong> images: none found beyond guessing.",
        "Up to 3.6\u202f% is not excluded.",
        "All 3 findings are valid.",
    };
    IN_ORDER(page.text, wanted);
    assert_null(strstr(page.text, "pooling"));
    assert_null(strstr(page.text, "untested questions"));
    pv_str_clear(&page);
    pv_findings_clear(&f);
}

static void several_runs(void **state)
{
    (void)state;
    pv_findings f[3];
    const pv_findings *pointer[] = {&f[0], &f[1], &f[2]};
    pv_str page = {0};
    sample_read(&f[0], "hospitals");
    sample_read(&f[1], "masked");
    sample_read(&f[2], "broken");
    CHECK_OK(pv_audit_page_write(&page, pointer, 3));
    static const char *const wanted[] = {
        "<h1>3 runs: accuracy, cost, leak</h1>",
        "Side by side",
        "<tr class=\"most\"><th scope=\"row\"><a href=\"#r1-top\">hospitals-04</a>",
        "97.31\u202f%",
        "0.07",
        "training images <b>97/100</b>",
        "8 of 9",
        "<tr class=\"some\"><th scope=\"row\"><a href=\"#r2-top\">hospitals-masked</a>",
        "labels <b>26/100</b>",
        "sums only, while",
        "<tr class=\"invalid\"><th scope=\"row\"><a href=\"#r3-top\">broken</a>",
        "training images <b>INVALID</b>",
        "<article id=\"r1-top\">",
        "id=\"r1-f1\"",
        "<article id=\"r2-top\">",
        "id=\"r2-f1\"",
        "<article id=\"r3-top\">",
    };
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, never);
    assert_int_equal(count(page.text, "id=\"words\""), 1);
    assert_int_equal(count(page.text, "<h1"), 1);
    pv_str_clear(&page);
    CHECK_FAILS(pv_audit_page_write(&page, pointer, 0), PV_ERR_USAGE, "about no run");
    for (int i = 0; i < 3; i++) pv_findings_clear(&f[i]);
}

/* Every id once, every link to one that exists. */
static void links_lead_somewhere(void **state)
{
    (void)state;
    pv_findings f[2];
    const pv_findings *pointer[] = {&f[0], &f[1]};
    pv_str page = {0};
    char wanted[64];
    sample_read(&f[0], "hospitals");
    sample_read(&f[1], "hospitals");
    CHECK_OK(pv_audit_page_write(&page, pointer, 2));
    for (const char *at = page.text; (at = strstr(at, " id=\"")) != NULL; at++) {
        int n = (int)strcspn(at + 5, "\"");
        snprintf(wanted, sizeof wanted, " id=\"%.*s\"", n, at + 5);
        if (count(page.text, wanted) != 1) print_error("twice:%s\n", wanted);
        assert_int_equal(count(page.text, wanted), 1);
    }
    for (const char *at = page.text; (at = strstr(at, "href=\"#")) != NULL; at++) {
        int n = (int)strcspn(at + 7, "\"");
        snprintf(wanted, sizeof wanted, " id=\"%.*s\"", n, at + 7);
        if (strstr(page.text, wanted) == NULL) print_error("nowhere:%s\n", wanted);
        assert_non_null(strstr(page.text, wanted));
    }
    pv_str_clear(&page);
    for (int i = 0; i < 2; i++) pv_findings_clear(&f[i]);
}

/* ---- what came from outside */

static const char hostile[] = "<script>\"'&+<b x=\"";

/* Every text that is not a picture becomes markup. */
static void spoil(void *element, const pv_field *field)
{
    for (; field->kind != PV_FIELD_END; field++) {
        void *at = (char *)element + field->where;
        if (field->kind == PV_FIELD_TEXT) {
            pv_free(*(char **)at);
            *(char **)at = pv_strdup(hostile);
        } else if (field->kind == PV_FIELD_OBJECT) {
            spoil(at, field->fields);
        } else if (field->kind == PV_FIELD_LIST) {
            int n = *(const int *)(const void *)((const char *)element + field->count);
            for (int i = 0; i < n; i++)
                spoil(*(char **)at + (size_t)i * field->size, field->fields);
        }
    }
}

static void nothing_unescaped(void **state)
{
    (void)state;
    static const char *const names[] = {"hospitals", "masked", "broken", "complement-glyphs"};
    for (int i = 0; i < 4; i++) {
        pv_findings f;
        pv_str page = {0};
        sample_read(&f, names[i]);
        spoil(&f, pv_findings_fields);
        const pv_findings *twice[] = {&f, &f};
        for (int runs = 1; runs <= 2; runs++) {
            CHECK_OK(pv_audit_page_write(&page, twice, runs));
            assert_null(strstr(page.text, "<script"));
            assert_null(strstr(page.text, "<b x"));
            assert_null(strstr(page.text, "\"'&"));
            assert_true(count(page.text, "&lt;script&gt;&quot;&#39;&amp;") > 20);
            pv_str_clear(&page);
        }
        pv_findings_clear(&f);
    }
}

static void a_picture_cannot_break_out(void **state)
{
    (void)state;
    pv_findings f;
    const pv_findings *one = &f;
    pv_str page = {0};
    sample_read(&f, "hospitals");
    pv_free(f.finding[0].exhibit[3].guess);
    f.finding[0].exhibit[3].guess = pv_strdup("\"><script>");
    CHECK_FAILS(pv_audit_page_write(&page, &one, 1), PV_ERR_FORMAT, "is not base64");
    assert_string_equal(pv_str_text(&page), "");
    pv_findings_clear(&f);
}

/* Numbers that nobody measured, one after the other. */
static void forget(void *element, const pv_field *field)
{
    for (; field->kind != PV_FIELD_END; field++) {
        void *at = (char *)element + field->where;
        if (field->kind == PV_FIELD_REAL) *(double *)at = NAN;
        if (field->kind == PV_FIELD_WIDE && field->low == -1) *(int64_t *)at = -1;
        if (field->kind == PV_FIELD_TEXT) {
            pv_free(*(char **)at);
            *(char **)at = NULL;
        }
        if (field->kind == PV_FIELD_OBJECT) forget(at, field->fields);
        if (field->kind == PV_FIELD_LIST) {
            int n = *(const int *)(const void *)((const char *)element + field->count);
            for (int i = 0; i < n; i++)
                forget(*(char **)at + (size_t)i * field->size, field->fields);
        }
    }
}

static void unknown_numbers(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "hospitals");
    forget(&f, pv_findings_fields);
    draw(&page, &f);
    ABSENT(page.text, never);
    assert_null(strstr(page.text, "\"nan"));
    pv_str_clear(&page);
    pv_findings_clear(&f);
}

static void without_memory(void **state)
{
    (void)state;
    pv_findings f;
    const pv_findings *twice[] = {&f, &f};
    pv_status status = PV_OK;
    sample_read(&f, "broken");
    f.finding[0].target = pv_calloc(40, sizeof(pv_target));
    f.finding[0].targets = 40;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str page = {0};
        status = pv_audit_page_write(&page, twice, 2);
        if (status != PV_OK) assert_string_equal(pv_str_text(&page), "");
        pv_str_clear(&page);
    }
    pv_findings_clear(&f);
}

/* Of a network that is cut: what was tried, how sure it was, what each customer paid. */
static void queries_of_customers(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "complement-glyphs");
    draw(&page, &f);
    static const char *const wanted[] = {
        "2 customers and a provider",
        "<b>Secrets.</b> From the activations it received, the provider read <strong>6,391 of "
        "6,400</strong> secrets.",
        "guessing without a view 53.1\u202f%.",
        "<b>The provider&#39;s half.</b> From the answers it got, Clinic foretold <strong>382 of "
        "400</strong> answers.",
        "Told to each customer by the scheme itself",
        "What was tried, and how sure it was</h2>",
        "secret-probe, by the provider: secrets</h3>",
        "small, seed 1 <span class=\"soft\">kept</span>",
        "<span class=\"l\">right: </span>799/800",
        "<svg class=\"bar most\"",
        "id=\"sure-f1",
        "<rect class=\"hr\"",
        "id=\"trials-f4",
        "1,600 answers <span class=\"soft\">kept</span>",
        ">Pictures</h2>",
        "What a query cost, and how right its answer was</h2>",
        "Clinic</th><td class=\"n\"><span class=\"l\">rows answered: </span>3,840/3,840",
        "<span class=\"l\">bytes of an activation: </span>414\u202fbytes",
        "<span class=\"l\">time of a row: </span>0.3\u202fms",
        "94.1\u202f%",
        "<li>Surgery was refused further answers: with it surgery asks for 2624 rows",
        "How right answers were under each secret</h3>",
        ">secret 1</text>",
        "Where time and bytes went</h2>",
    };
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, never);
    assert_null(strstr(page.text, "trials-f1")); /* no curve of what has no order */
    pv_str_clear(&page);
    pv_findings_clear(&f);
    sample_read(&f, "masked");
    draw(&page, &f);
    assert_null(strstr(page.text, "What was tried"));
    assert_null(strstr(page.text, "What a query cost"));
    pv_str_clear(&page);
    pv_findings_clear(&f);
}

static void labels_of_two_parties(void **state)
{
    (void)state;
    pv_findings f;
    pv_str page = {0};
    sample_read(&f, "vertical-iso-4");
    draw(&page, &f);
    static const char *const wanted[] = {
        "an active party and a passive party",
        "Settings that weaken the scheme</h2>",
        "<li><b>masks = weak:</b> the shares of W hide 8 bits",
        "<b>Labels.</b> From the gradients it decrypted and one known label a class, the active "
        "party read <strong>702 of 6,390</strong> labels: none found beyond guessing.",
        "Also leak AUC 0.53, guessing 0.5.",
        "Told to the passive party by the scheme itself",
        "Labels, class by class</h2>",
        "<h3>direction, by the active party (<a href=\"#f1\">F1</a>)</h3>",
        "<th scope=\"row\">3</th>",
        "<details><summary>clustering, by the active party (<a href=\"#f2\">F2</a>)</summary>",
    };
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, never);
    assert_null(strstr(page.text, "Accuracy against labels read"));
    pv_str_clear(&page);
    pv_findings_clear(&f);
}

static void what_protection_costs(void **state)
{
    (void)state;
    static const char *const name[] = {"vertical-none",  "vertical-iso-0.5", "vertical-iso-1",
                                       "vertical-iso-2", "vertical-iso-4",   "broken"};
    pv_findings f[6];
    const pv_findings *run[6];
    pv_str page = {0};
    for (int i = 0; i < 6; i++) {
        sample_read(&f[i], name[i]);
        run[i] = &f[i];
    }
    CHECK_OK(pv_audit_page_write(&page, run, 6));
    static const char *const wanted[] = {
        "weakened: masks = weak</small>",
        "Accuracy against labels read</h2>",
        "a point for each run</title>",
        ">chance</text>",
        ">protect none</text>", /* what is common to all settings is left out */
        ">protect iso, noise 0.5</text>",
        ">protect iso, noise 4</text>",
        ">6,390/6,390</td>",
        ">730/6,400</td>", /* the attack that got most */
        "1 of 6 runs have no valid finding about labels",
    };
    IN_ORDER(page.text, wanted);
    ABSENT(page.text, never);
    pv_str_clear(&page);
    /* of two classes, one of them rare, the area says more than the share */
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < f[i].findings; k++) f[i].finding[k].chance = 0.95;
    CHECK_OK(pv_audit_page_write(&page, run, 2));
    assert_non_null(strstr(page.text, ">leak AUC</text>"));
    pv_str_clear(&page);
    for (int i = 0; i < 6; i++) pv_findings_clear(&f[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_in_order),         cmocka_unit_test(without_originals),
        cmocka_unit_test(nothing_was_shown),     cmocka_unit_test(none_found_is_no_pass),
        cmocka_unit_test(several_runs),          cmocka_unit_test(links_lead_somewhere),
        cmocka_unit_test(nothing_unescaped),     cmocka_unit_test(a_picture_cannot_break_out),
        cmocka_unit_test(unknown_numbers),       cmocka_unit_test(without_memory),
        cmocka_unit_test(queries_of_customers),  cmocka_unit_test(labels_of_two_parties),
        cmocka_unit_test(what_protection_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
