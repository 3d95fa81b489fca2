#include "scheme/complement/audited.h"

#include "base/file.h"
#include "base/mem.h"
#include "codec/csv.h"
#include "scheme/complement/secrets.h"

#include <inttypes.h>
#include <string.h>

enum { FILE_MAX = 1 << 30 };

/* ---- what a customer made of the answers */

/* Rows go from 0 on; *column: where labels stand. */
static pv_status check_rows(int *column, const pv_csv_sheet *s, const char *name)
{
    pv_str text = {0}, expected = {0};
    pv_status status = PV_OK;
    int row = pv_csv_sheet_find(s, "row");
    *column = pv_csv_sheet_find(s, "label");
    if (row < 0 || *column < 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: its columns should be row and label", name);
    for (int64_t i = 0; i < s->nrows; i++) {
        pv_str_truncate(&text, 0);
        pv_str_truncate(&expected, 0);
        PV_TRY_GOTO(pv_csv_cell_text(&text, &s->cells[i * s->ncolumns + row]));
        PV_TRY_GOTO(pv_str_printf(&expected, "%" PRId64, i));
        if (strcmp(pv_str_text(&text), pv_str_text(&expected)) != 0)
            PV_FAIL_GOTO(PV_ERR_FORMAT, "%s:%" PRId64 ": row \"%s\" where %s was expected", name,
                         s->lines[i], pv_str_text(&text), pv_str_text(&expected));
    }
done:
    pv_str_clear(&text);
    pv_str_clear(&expected);
    return status;
}

pv_status pv_complement_labels_parse(int32_t **out, int64_t *count, const pv_schema *schema,
                                     const char *name, const uint8_t *text, size_t size)
{
    pv_csv_sheet s;
    pv_str cell = {0};
    pv_status status = PV_OK;
    int column;
    *out = NULL;
    *count = 0;
    PV_TRY(pv_csv_sheet_parse(&s, name, text, size, (pv_csv_options){0}));
    PV_TRY_GOTO(check_rows(&column, &s, name));
    *out = pv_calloc((size_t)s.nrows + 1, sizeof **out);
    if (*out == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", name);
    *count = s.nrows;
    for (int64_t i = 0; i < s.nrows; i++) {
        int k = 0;
        pv_str_truncate(&cell, 0);
        PV_TRY_GOTO(pv_csv_cell_text(&cell, &s.cells[i * s.ncolumns + column]));
        while (k < schema->classes && strcmp(schema->class_name[k], pv_str_text(&cell)) != 0) k++;
        if (k == schema->classes)
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s:%" PRId64 ": there is no class \"%s\"", name, s.lines[i],
                         pv_str_text(&cell));
        (*out)[i] = k;
    }
done:
    pv_str_clear(&cell);
    pv_csv_sheet_clear(&s);
    if (status == PV_OK) return PV_OK;
    pv_free(*out);
    *out = NULL;
    *count = 0;
    return status;
}

/* ---- a folder's files */
static pv_status secrets(pv_secret_value **out, int64_t *count, const pv_split_half *front,
                         pv_scenario *s, const char *folder)
{
    (void)s;
    return pv_complement_secrets_load(out, count, folder, &front->plan);
}

static pv_status opened(int32_t **out, int64_t *count, pv_scenario *s, const char *folder)
{
    pv_status status = PV_OK;
    pv_bytes b = {0};
    char *path = pv_path_join(folder, "predictions.csv");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_file_read(&b, path, FILE_MAX));
    PV_TRY_GOTO(pv_complement_labels_parse(out, count, &s->schema, path, b.data, b.size));
done:
    pv_bytes_clear(&b);
    pv_free(path);
    return status;
}

static pv_status front(pv_split_half *out, pv_activation_form *form, pv_scenario *s,
                       const char *folder)
{
    (void)s;
    return pv_complement_kept(out, form, folder);
}

static pv_status back(pv_split_half *out, pv_scenario *s, const char *folder)
{
    char *path;
    (void)s;
    PV_TRY(pv_split_half_path(&path, folder, 1));
    pv_status status = pv_split_half_load(out, path, 1);
    pv_free(path);
    return status;
}

static const char *answers(pv_scenario *s)
{
    pv_complement_options o;
    if (pv_complement_options_read(&o, s) == PV_OK) return pv_complement_answers(&o);
    pv_trail_clear(); /* the scenario was checked before */
    return "logits";
}

const pv_scheme_cut pv_complement_cut = {.provider = "provider",
                                         .customer = "customer",
                                         .front = front,
                                         .back = back,
                                         .answers = answers,
                                         .secrets = secrets,
                                         .opened = opened};
