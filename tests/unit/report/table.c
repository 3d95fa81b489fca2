#include "sample.h"

static int widest(const char *text)
{
    int most = 0, n = 0;
    for (; *text != '\0'; text++) {
        n = *text == '\n' ? 0 : n + (((unsigned char)*text & 0xc0) != 0x80);
        if (n > most) most = n;
    }
    return most;
}

static void in_order(const char *text, const char *const *wanted, int n)
{
    for (int i = 0; i < n; i++) {
        const char *found = strstr(text, wanted[i]);
        if (found == NULL) print_error("missing or out of order: %s in\n%s\n", wanted[i], text);
        assert_non_null(found);
        text = found + strlen(wanted[i]);
    }
}

static void table_says_it(void **state)
{
    (void)state;
    pv_findings f;
    pv_str t = {0};
    sample_read(&f, "hospitals");
    CHECK_OK(pv_findings_table(&t, &f, 80));
    static const char *const wanted[] = {
        "hospitals-04: what each party could reconstruct\n",
        "federated, FedSGD, one image a step, no masking; lenet5-dlg on mnist; 4 clients\n",
        "and a server; 7,500 steps\n",
        "\nFindings, worst first\n",
        "95 % interval    chance\nF1   most    Server",
        "97/100   91.5-99.4 %     0/100\n",
        "idlg, identification; controls + 20/20, - 0/100; 41 s; PSNR, median",
        "\nF2   most    Hospital A, B",
        "\nF7   some",
        "212/1,000   18.7-23.9 %  10/1,000\n",
        "\nF8   INVALID",
        "no result\n",
        "- 74/1,000 failed;",
        "INVALID:\n       the negative control failed: 74 of 1,000, at most 1.7 %",
        "\nF9   none    Anyone",
        "none\n       found, up to 2.2 % is not excluded",
        "\nControls\n  8 of 9 findings are valid; INVALID is not a pass",
        "\nTold by the scheme itself\n  record counts, to the server: It weights",
        "\nAccuracy on test data",
        "this scheme 97.31 % (96.97-97.62)",
        "\nCost\n  2 min 06 s (plain: 9.1 s); 3.23 GB sent (pooling: 7.85 MB)\n",
        "\nProven guarantee\n  none\n",
        "\nNot tested\n  Active server: altered weights",
        "  Endpoints: whether",
    };
    in_order(t.text, wanted, sizeof wanted / sizeof *wanted);
    assert_null(strstr(t.text, "158")); /* the count of an invalid finding */
    assert_null(strstr(t.text, "\u202f"));
    assert_null(strstr(t.text, " \n"));
    pv_str_clear(&t);
    pv_findings_clear(&f);
}

static void it_fits(void **state)
{
    (void)state;
    static const char *const names[] = {"hospitals", "masked", "broken"};
    for (int i = 0; i < 3; i++)
        for (int columns = 20; columns <= 120; columns += 7) {
            pv_findings f;
            pv_str t = {0};
            sample_read(&f, names[i]);
            pv_free(f.finding[0].attack); /* a word longer than a line, and one of many bytes */
            f.finding[0].attack = pv_calloc(1, 200);
            memset(f.finding[0].attack, 'x', 150);
            pv_free(f.finding[0].adversary);
            f.finding[0].adversary = pv_strdup("ÄÖÜäöüßÄÖÜäöüßÄÖÜäöüßÄÖÜäöüß");
            CHECK_OK(pv_findings_table(&t, &f, columns));
            assert_in_range(widest(t.text), 40, columns < 60 ? 60 : columns);
            pv_str_clear(&t);
            pv_findings_clear(&f);
        }
}

static void names_cannot_move_the_cursor(void **state)
{
    (void)state;
    pv_findings f;
    pv_str t = {0};
    sample_read(&f, "masked");
    pv_free(f.run);
    f.run = pv_strdup("a\033[2Jb\nc\177d\302\220"
                      "e");
    pv_free(f.finding[0].secret);
    f.finding[0].secret = pv_strdup("\r\033]0;x\a");
    CHECK_OK(pv_findings_table(&t, &f, 80));
    assert_non_null(strstr(t.text, "a?[2Jb?c?d?e: what each"));
    assert_non_null(strstr(t.text, "??]0;x?"));
    for (const char *c = t.text; *c != '\0'; c++)
        assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
    pv_str_clear(&t);
    pv_findings_clear(&f);
}

/* What a reader must know stands below the count it is about, and below no count that is not shown.
 */
static void notes_are_told(void **state)
{
    (void)state;
    for (int holds = 0; holds < 2; holds++) {
        pv_finding one = sample_finding(3, 10, 0.5);
        char note[] = "How it ranks the rows tells classes apart";
        one.note = note;
        one.negative.holds = holds;
        const pv_findings f = {.finding = &one, .findings = 1};
        pv_str t = {0};
        CHECK_OK(pv_findings_table(&t, &f, 80));
        assert_int_equal(
            strstr(t.text, "\n     How it ranks the rows tells classes apart.\n") != NULL, holds);
        pv_str_clear(&t);
    }
}

static void nothing_at_all(void **state)
{
    (void)state;
    pv_findings f = {0};
    pv_str t = {0};
    CHECK_OK(pv_findings_table(&t, &f, 80));
    assert_non_null(strstr(t.text, "none: nothing was attacked"));
    assert_non_null(strstr(t.text, "no answer in anyone's favour"));
    pv_str_clear(&t);
}

static void without_memory(void **state)
{
    (void)state;
    pv_findings f;
    pv_status status = PV_OK;
    sample_read(&f, "broken");
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str t = {0};
        status = pv_findings_table(&t, &f, 80);
        if (status != PV_OK) assert_string_equal(pv_str_text(&t), "");
        pv_str_clear(&t);
    }
    pv_findings_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_says_it),
        cmocka_unit_test(it_fits),
        cmocka_unit_test(names_cannot_move_the_cursor),
        cmocka_unit_test(notes_are_told),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
