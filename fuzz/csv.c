#include "codec/csv.h"
#include "fuzz_table.h"

#include <string.h>

/* What is a table is a sheet as well, and its cells written one after the other are the same sheet.
 */
static void sheet(const uint8_t *data, size_t size, pv_csv_options o, int is_table)
{
    pv_csv_sheet s, again;
    pv_str text = {0};
    char separator = o.separator == 0 ? ',' : o.separator;
    if (!pv_fuzz_ok(pv_csv_sheet_parse(&s, "input", data, size, o))) {
        PV_FUZZ_CHECK(!is_table && s.names == NULL && s.cells == NULL);
        return;
    }
    for (int64_t r = -1; r < s.nrows; r++)
        for (int c = 0; c < s.ncolumns; c++) {
            const pv_csv_cell *cell = r < 0 ? &s.head[c] : &s.cells[r * s.ncolumns + c];
            PV_FUZZ_CHECK(pv_str_append_bytes(&text, cell->raw, cell->size) == PV_OK);
            if (s.ncolumns == 1 && cell->size == 0)
                PV_FUZZ_CHECK(pv_str_append(&text, "NA") == PV_OK);
            PV_FUZZ_CHECK(pv_str_printf(&text, "%c", c + 1 < s.ncolumns ? separator : '\n') ==
                          PV_OK);
        }
    /* A byte order mark that was no first thing in the file would be one now. */
    if (strncmp(pv_str_text(&text), "\xef\xbb\xbf", 3) == 0) goto done;
    PV_FUZZ_CHECK(pv_csv_sheet_parse(&again, "again", (const uint8_t *)text.text, text.size, o) ==
                  PV_OK);
    PV_FUZZ_CHECK(again.ncolumns == s.ncolumns && again.nrows == s.nrows);
    for (int64_t i = 0; i < s.nrows * s.ncolumns; i++) {
        pv_str a = {0}, b = {0};
        PV_FUZZ_CHECK(pv_csv_cell_text(&a, &s.cells[i]) == PV_OK);
        PV_FUZZ_CHECK(pv_csv_cell_text(&b, &again.cells[i]) == PV_OK);
        if (s.ncolumns > 1) PV_FUZZ_CHECK(strcmp(pv_str_text(&a), pv_str_text(&b)) == 0);
        pv_str_clear(&a);
        pv_str_clear(&b);
    }
    pv_csv_sheet_clear(&again);
done:
    pv_csv_sheet_clear(&s);
    pv_str_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pv_csv_options options[] = {{0}, {.separator = ';'}, {.nominal = "label"}};
    pv_table t;
    for (int i = 0; i < 3; i++) {
        int ok = pv_fuzz_ok(pv_csv_parse(&t, "input", data, size, options[i]));
        pv_fuzz_table(ok, &t);
        pv_table_clear(&t);
        if (i < 2) sheet(data, size, options[i], ok);
    }
    return 0;
}
