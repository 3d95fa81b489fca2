/* What crosses and what is read when tables are aligned. The first byte says which: four messages,
 * the identifiers of a table, an order.json. */
#include "scheme/align/align.h"
#include "fuzz_parts.h"
#include "party/order.h"
#include "scheme/align/ids.h"
#include "scheme/align/messages.h"

#include <string.h>

enum { COUNT = 4 };

static void message(int kind, const pv_parts *p)
{
    pv_align_join join;
    pv_hash hash;
    const uint8_t *point;
    const uint32_t *order;
    int64_t rows;
    unsigned sum = 0;
    switch (kind) {
    case 0:
        if (pv_fuzz_accepted(pv_align_join_take(&join, p, "input")))
            PV_FUZZ_CHECK(join.ids >= 0 && join.ids <= PV_PSI_MOST && join.columns >= 1 &&
                          join.columns <= PV_ALIGN_COLUMNS);
        break;
    case 1:
        if (!pv_fuzz_accepted(pv_align_points_take(&point, p, "input", COUNT))) break;
        for (int i = 0; i < COUNT * PV_PSI_POINT; i++) sum += point[i];
        PV_FUZZ_CHECK(sum <= 255 * COUNT * PV_PSI_POINT);
        break;
    case 2:
        if (!pv_fuzz_accepted(pv_align_opened_take(&order, p, "input", COUNT))) break;
        for (int i = 0; i < COUNT; i++) sum |= 1u << order[i];
        PV_FUZZ_CHECK(sum == (1u << COUNT) - 1);
        break;
    default:
        if (pv_fuzz_accepted(pv_align_agreed_take(&hash, &rows, p, "input")))
            PV_FUZZ_CHECK(rows >= 1);
    }
}

/* Normalised once more, a text is what it was. */
static void is_settled(const char *text, size_t size)
{
    pv_str once = {0}, twice = {0};
    PV_FUZZ_CHECK(pv_align_ids_normalise(&once, PV_ALIGN_TEXT, text, size) == PV_OK);
    PV_FUZZ_CHECK(pv_align_ids_normalise(&twice, PV_ALIGN_TEXT, pv_str_text(&once), once.size) ==
                  PV_OK);
    PV_FUZZ_CHECK(strcmp(pv_str_text(&once), pv_str_text(&twice)) == 0);
    pv_str_clear(&once);
    pv_str_clear(&twice);
}

static void table(const uint8_t *data, size_t size)
{
    pv_csv_sheet sheet;
    if (!pv_fuzz_ok(pv_csv_sheet_parse(&sheet, "input", data, size, (pv_csv_options){0}))) return;
    for (int how = PV_ALIGN_EXACT; how <= PV_ALIGN_DIGITS; how++)
        for (int drop = 0; drop < 2; drop++) {
            pv_align_ids ids;
            const pv_align_ids_how o = {
                .path = "input", .columns = "a,b", .normalise = how, .drop_missing = drop};
            if (!pv_fuzz_accepted(pv_align_ids_read(&ids, &sheet, &o))) {
                PV_FUZZ_CHECK(ids.id == NULL && ids.row == NULL);
                continue;
            }
            PV_FUZZ_CHECK((int64_t)ids.count + ids.dropped == sheet.nrows);
            for (size_t i = 0; i < ids.count; i++)
                PV_FUZZ_CHECK(ids.id[i].size > 8 && ids.row[i] < sheet.nrows);
            pv_align_ids_clear(&ids);
        }
    for (int64_t i = 0; i < sheet.nrows * sheet.ncolumns; i++)
        is_settled(sheet.cells[i].raw, sheet.cells[i].size);
    pv_csv_sheet_clear(&sheet);
}

static void order(const uint8_t *data, size_t size)
{
    pv_order o;
    if (!pv_fuzz_ok(pv_order_parse(&o, "input", data, size))) {
        PV_FUZZ_CHECK(o.rows == 0);
        return;
    }
    PV_FUZZ_CHECK(o.rows >= 1 && o.mine >= o.rows && o.theirs >= o.rows);
    PV_FUZZ_CHECK(strchr(o.name, '/') == NULL && o.part[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_parts p;
    if (size < 1) return 0;
    int kind = data[0] % 6;
    uint8_t *aligned = malloc(size);
    memcpy(aligned, data + 1, size - 1);
    if (kind == 4)
        table(aligned, size - 1);
    else if (kind == 5)
        order(aligned, size - 1);
    else {
        if (pv_fuzz_ok(pv_parts_parse(&p, "input", aligned, size - 1))) message(kind, &p);
        pv_parts_clear(&p);
    }
    free(aligned);
    return 0;
}
