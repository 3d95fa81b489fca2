#include "scheme/align/table.h"

#include "codec/limits.h"
#include "data/spec.h"
#include <string.h>

static pv_status find_file(pv_align_table *t, const pv_local *l, const char *who)
{
    pv_status status = PV_OK;
    pv_spec spec;
    if (l->data == NULL || l->ids == NULL)
        PV_FAIL(PV_ERR_INPUT, "%s has no %s: write %s into its local file", who,
                l->data == NULL ? "data" : "ids",
                l->data == NULL ? "data = csv:FILE" : "ids = COLUMN, or COLUMN,COLUMN,...");
    PV_TRY(pv_spec_parse(&spec, l->data));
    if (strcmp(spec.kind, "csv") != 0 || spec.path[0] == '\0' || spec.n > 0)
        PV_FAIL_GOTO(PV_ERR_INPUT,
                     "%s brings %s: tables are aligned as they are, so csv:FILE without options "
                     "was expected",
                     who, l->data);
    t->path = pv_strdup(spec.path);
    if (t->path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
done:
    pv_spec_clear(&spec);
    return status;
}

static pv_status open_table(pv_align_table *t, const pv_align_options *o, const pv_local *l,
                            const char *who)
{
    PV_TRY(find_file(t, l, who));
    PV_TRY(pv_file_read(&t->file, t->path, PV_FILE_MAX));
    PV_TRY(pv_hash_of(&t->hash, t->file.data, t->file.size));
    PV_TRY(pv_csv_sheet_parse(&t->sheet, t->path, t->file.data, t->file.size, (pv_csv_options){0}));
    const pv_align_ids_how how = {.path = t->path,
                                  .columns = l->ids,
                                  .normalise = o->normalise,
                                  .drop_missing = l->missing_ids != NULL &&
                                                  strcmp(l->missing_ids, "drop") == 0};
    PV_TRY(pv_align_ids_read(&t->ids, &t->sheet, &how));
    t->keep_ids = l->keep_ids != NULL && strcmp(l->keep_ids, "yes") == 0;
    if (!t->keep_ids && t->ids.columns == t->sheet.ncolumns)
        PV_FAIL(PV_ERR_INPUT,
                "%s: has no column besides %s, so that nothing would be left to write; say "
                "keep_ids = yes, or add columns",
                t->path, l->ids);
    return PV_OK;
}

pv_status pv_align_table_open(pv_align_table *t, const pv_align_options *o, const pv_local *l,
                              const char *who)
{
    *t = (pv_align_table){0};
    pv_status status = open_table(t, o, l, who);
    if (status != PV_OK) pv_align_table_clear(t);
    return status;
}

void pv_align_table_clear(pv_align_table *t)
{
    pv_align_ids_clear(&t->ids);
    pv_csv_sheet_clear(&t->sheet);
    pv_bytes_clear(&t->file);
    pv_free(t->path);
    *t = (pv_align_table){0};
}

static int is_id(const pv_align_table *t, int column)
{
    for (int i = 0; i < t->ids.columns; i++)
        if (t->ids.column[i] == column) return 1;
    return 0;
}

static pv_status write_line(pv_outfile *f, const pv_align_table *t, const pv_csv_cell *cell)
{
    int written = 0, columns = t->sheet.ncolumns - (t->keep_ids ? 0 : t->ids.columns);
    for (int c = 0; c < t->sheet.ncolumns; c++) {
        if (!t->keep_ids && is_id(t, c)) continue;
        if (written++ > 0) PV_TRY(pv_outfile_write(f, ",", 1));
        if (columns == 1 && cell[c].size == 0) /* an empty line would be skipped */
            PV_TRY(pv_outfile_write(f, "NA", 2));
        else
            PV_TRY(pv_outfile_write(f, cell[c].raw, cell[c].size));
    }
    return pv_outfile_write(f, "\n", 1);
}

pv_status pv_align_table_write(const pv_align_table *t, const char *path, const uint32_t *row,
                               size_t count)
{
    pv_status status = PV_OK;
    pv_outfile f;
    PV_TRY(pv_outfile_open(&f, path, 0600));
    PV_TRY_GOTO(write_line(&f, t, t->sheet.head));
    for (size_t i = 0; i < count; i++)
        PV_TRY_GOTO(write_line(&f, t, t->sheet.cells + (size_t)row[i] * (size_t)t->sheet.ncolumns));
    status = pv_outfile_commit(&f);
done:
    pv_outfile_discard(&f);
    return status;
}
