/* Who is a row about? Normalised values, joined without doubt; what is refused. */
#include "check.h"

#include "scheme/align/align.h"
#include "scheme/align/ids.h"
#include <stdio.h>

static void same(int how, const char *value, const char *expected)
{
    pv_str out = {0};
    CHECK_OK(pv_align_ids_normalise(&out, how, value, strlen(value)));
    if (strcmp(pv_str_text(&out), expected) != 0)
        print_error("'%s' became '%s', not '%s'\n", value, pv_str_text(&out), expected);
    assert_string_equal(pv_str_text(&out), expected);
    pv_str_clear(&out);
}

static void normalising(void **state)
{
    (void)state;
    same(PV_ALIGN_EXACT, " Aä  1", " Aä  1");
    same(PV_ALIGN_DIGITS, "+49 (0)30 / 12-34 x", "490301234");
    same(PV_ALIGN_DIGITS, "none", "");
    same(PV_ALIGN_TEXT, "  Ada \t\n  LOVELACE\u00a0", "ada lovelace");
    same(PV_ALIGN_TEXT, "", "");
    same(PV_ALIGN_TEXT, " \u3000 ", "");
    same(PV_ALIGN_TEXT, "MÜLLER-ĄĘŁŃÓŚŹŻ", "müller-ąęłńóśźż");
    same(PV_ALIGN_TEXT, "ÀÖØÞß ẞ ÷×", "àöøþss ss ÷×");
    same(PV_ALIGN_TEXT, "ŘŠŤŮŽČĎŇĽĹ", "řšťůžčďňľĺ");
    same(PV_ALIGN_TEXT, "ŸĶĸŉſ", "ÿķĸʼns");
    same(PV_ALIGN_TEXT, "İIıi", "i̇iıi"); /* as Unicode has it without a language */
    same(PV_ALIGN_TEXT, "ΑΣΩ ΆΈΉΊΌΎΏ ΪΫ ς", "ασω άέήίόύώ ϊϋ σ");
    same(PV_ALIGN_TEXT, "ЁЖИЯЎ", "ёжияў");
    same(PV_ALIGN_TEXT, "ẠẮỸ ẅ", "ạắỹ ẅ");
    same(PV_ALIGN_TEXT, "王 小明 𐐀", "王 小明 𐐀"); /* others stay as they are */
    same(PV_ALIGN_TEXT, "e\u0301 É", "e\u0301 é"); /* no NFC: two different letters */
}

static pv_status read_text(pv_align_ids *ids, pv_csv_sheet *sheet, const char *text,
                           const char *columns, int how, int drop)
{
    const pv_align_ids_how o = {
        .path = "F", .columns = columns, .normalise = how, .drop_missing = drop};
    *ids = (pv_align_ids){0};
    PV_TRY(
        pv_csv_sheet_parse(sheet, "F", (const uint8_t *)text, strlen(text), (pv_csv_options){0}));
    return pv_align_ids_read(ids, sheet, &o);
}

static void composite(void **state)
{
    pv_align_ids ids;
    pv_csv_sheet sheet;
    (void)state;
    CHECK_OK(read_text(&ids, &sheet, "a,b,x\nab,c,1\na,bc,2\n\"\",c,3\nAB,C ,4\n", "b, a",
                       PV_ALIGN_EXACT, 1));
    assert_int_equal(ids.columns, 2);
    assert_int_equal(ids.column[0], 1);
    assert_int_equal(ids.count, 3); /* ab,c and a,bc are two, AB,C another */
    assert_int_equal(ids.dropped, 1);
    assert_int_equal(ids.row[2], 3);
    assert_int_equal(ids.id[0].size, 4 + 1 + 4 + 2);
    assert_memory_equal(ids.id[0].data, "\1\0\0\0c\2\0\0\0ab", 11);
    assert_memory_equal(ids.id[1].data, "\2\0\0\0bc\1\0\0\0a", 11);
    pv_align_ids_clear(&ids);
    pv_csv_sheet_clear(&sheet);
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *columns;
        int how;
        pv_status status;
        const char *says;
    } cases[] = {
        {"a,b\n1,2\n", "c", 0, PV_ERR_INPUT,
         "ids = c: there is no column 'c'; the columns are a, b"},
        {"a,b\n1,2\n", "a,", 0, PV_ERR_INPUT, "there is no column ''"},
        {"a,b\n1,2\n", "a,a", 0, PV_ERR_INPUT, "'a' stands there twice"},
        {"a,b\n1,2\n,3\n", "a", 0, PV_ERR_INPUT, "F:3: 'a' says nobody"},
        {"a,b\n1,2\nNA,3\n", "b,a", 0, PV_ERR_INPUT, "F:3: 'a' says nobody"},
        {"a,b\nx1,2\nx,3\n", "a", PV_ALIGN_DIGITS, PV_ERR_INPUT,
         "F:3: 'a' says nobody the row is about (there is no digit in it)"},
        {"a,b\nx,2\ny,3\n X ,2\n", "a,b", PV_ALIGN_TEXT, PV_ERR_INPUT,
         "F: lines 2 and 4 are about the same a,b; every row"},
        {"a\nx\ny\nz\ny\nz\nx\n", "a", 0, PV_ERR_INPUT,
         "F: lines 3 and 5 are about the same a, and more lines"},
        {"a\nx\n\"\nx\n\"\nx\nx\nx\n", "a", 0, PV_ERR_INPUT, "F: lines 2 and 6"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_align_ids ids;
        pv_csv_sheet sheet;
        CHECK_FAILS(read_text(&ids, &sheet, cases[i].text, cases[i].columns, cases[i].how, 0),
                    cases[i].status, cases[i].says);
        assert_null(strstr(pv_trail_text(), "x1")); /* no value is named */
        assert_true(ids.id == NULL && ids.row == NULL && ids.text.text == NULL);
        pv_csv_sheet_clear(&sheet);
    }
    pv_align_ids ids;
    pv_csv_sheet sheet;
    CHECK_OK(read_text(&ids, &sheet, "a,b\n,2\n?,3\n", "a", 0, 1));
    assert_int_equal(ids.count, 0);
    assert_int_equal(ids.dropped, 2);
    pv_align_ids_clear(&ids);
    pv_csv_sheet_clear(&sheet);
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_align_ids ids;
        pv_csv_sheet sheet;
        status = read_text(&ids, &sheet, "a,b\n1,Ä\n2,ß\n,c\n", "a,b", PV_ALIGN_TEXT, 1);
        pv_align_ids_clear(&ids);
        pv_csv_sheet_clear(&sheet);
    }
    assert_int_equal(status, PV_OK);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_align_ids ids;
        pv_csv_sheet sheet;
        status = read_text(&ids, &sheet, "a,b\n1,2\n", "c", PV_ALIGN_TEXT, 1);
        if (status == PV_ERR_INPUT) status = PV_OK;
        pv_csv_sheet_clear(&sheet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalising),
        cmocka_unit_test(composite),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
