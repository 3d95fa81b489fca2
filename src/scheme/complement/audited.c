#include "scheme/complement/audited.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "codec/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1 << 30 };

/* ---- the two tables */

/* A number of at most nine digits at *at, which moves behind it; -1: there is none. */
static int64_t take_number(const char **at)
{
    const char *from = *at;
    int64_t v = 0;
    while (**at >= '0' && **at <= '9' && *at - from < 9) v = 10 * v + *(*at)++ - '0';
    return *at == from ? -1 : v;
}

/* Rows go from 0 on; *column: where that name stands. */
static pv_status check_rows(int *column, const pv_csv_sheet *s, const char *name, const char *what)
{
    pv_str text = {0};
    pv_status status = PV_OK;
    int row = pv_csv_sheet_find(s, "row");
    *column = pv_csv_sheet_find(s, what);
    if (row < 0 || *column < 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: its columns should be row and %s", name, what);
    for (int64_t i = 0; i < s->nrows; i++) {
        pv_str_truncate(&text, 0);
        PV_TRY_GOTO(pv_csv_cell_text(&text, &s->cells[i * s->ncolumns + row]));
        const char *at = pv_str_text(&text);
        if (take_number(&at) != i || *at != '\0')
            PV_FAIL_GOTO(PV_ERR_FORMAT, "%s:%" PRId64 ": row \"%s\" where %" PRId64
                                        " was expected",
                         name, s->lines[i], pv_str_text(&text), i);
    }
done:
    pv_str_clear(&text);
    return status;
}

/* Each class is said once: what is not a permutation has no inverse. */
static int take_permutation(pv_secret_value *out, const pv_secret_plan *plan, const char *at)
{
    uint8_t taken[PV_SECRET_CLASSES] = {0};
    for (int k = 0; k < plan->classes; k++) {
        if (k > 0 && *at++ != ' ') return 0;
        int64_t to = take_number(&at);
        if (to < 0 || to >= plan->classes || taken[to]++) return 0;
        out->to[k] = (uint8_t)to;
    }
    return *at == '\0';
}

static pv_status take_secret(pv_secret_value *out, const pv_secret_plan *plan, const char *name,
                             int64_t line, const char *text)
{
    const char *at = text;
    *out = (pv_secret_value){0};
    if (plan->kind == PV_SECRET_PERMUTATION) {
        if (take_permutation(out, plan, at)) return PV_OK;
    } else {
        int64_t v = take_number(&at);
        if (v >= 0 && v < pv_secret_values(plan) && *at == '\0') return pv_secret_of(out, plan, v);
    }
    PV_FAIL(PV_ERR_RANGE, "%s:%" PRId64 ": \"%s\" is no %s of %d classes", name, line, text,
            pv_secret_kind_name(plan->kind), plan->classes);
}

pv_status pv_complement_secrets_parse(pv_secret_value **out, int64_t *count,
                                      const pv_secret_plan *plan, const char *name,
                                      const uint8_t *text, size_t size)
{
    pv_csv_sheet s;
    pv_str cell = {0};
    pv_status status = PV_OK;
    int column;
    *out = NULL;
    *count = 0;
    PV_TRY(pv_csv_sheet_parse(&s, name, text, size, (pv_csv_options){0}));
    PV_TRY_GOTO(check_rows(&column, &s, name, "secret"));
    *out = pv_calloc((size_t)s.nrows + 1, sizeof **out);
    if (*out == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", name);
    *count = s.nrows;
    for (int64_t i = 0; i < s.nrows; i++) {
        pv_str_truncate(&cell, 0);
        PV_TRY_GOTO(pv_csv_cell_text(&cell, &s.cells[i * s.ncolumns + column]));
        PV_TRY_GOTO(take_secret(&(*out)[i], plan, name, s.lines[i], pv_str_text(&cell)));
    }
done:
    if (cell.size > 0) pv_secret_wipe(cell.text, cell.size);
    pv_str_clear(&cell);
    if (status != PV_OK && *out != NULL) {
        pv_secret_wipe(*out, (size_t)s.nrows * sizeof **out);
        pv_free(*out);
        *out = NULL;
        *count = 0;
    }
    pv_csv_sheet_clear(&s);
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
    PV_TRY_GOTO(check_rows(&column, &s, name, "label"));
    *out = pv_calloc((size_t)s.nrows + 1, sizeof **out);
    if (*out == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", name);
    *count = s.nrows;
    for (int64_t i = 0; i < s.nrows; i++) {
        int k = 0;
        pv_str_truncate(&cell, 0);
        PV_TRY_GOTO(pv_csv_cell_text(&cell, &s.cells[i * s.ncolumns + column]));
        while (k < schema->classes && strcmp(schema->class_name[k], pv_str_text(&cell)) != 0) k++;
        if (k == schema->classes)
            PV_FAIL_GOTO(PV_ERR_RANGE, "%s:%" PRId64 ": there is no class \"%s\"", name,
                         s.lines[i], pv_str_text(&cell));
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
static pv_status read_file(pv_bytes *out, char **path, const char *folder, const char *file)
{
    *path = pv_path_join(folder, file);
    if (*path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    return pv_file_read(out, *path, FILE_MAX);
}

static pv_status secrets(pv_secret_value **out, int64_t *count, const pv_split_half *front,
                         pv_scenario *s, const char *folder)
{
    pv_status status = PV_OK;
    pv_bytes b = {0};
    char *path = NULL;
    (void)s;
    PV_TRY_GOTO(read_file(&b, &path, folder, "secrets.csv"));
    PV_TRY_GOTO(pv_complement_secrets_parse(out, count, &front->plan, path, b.data, b.size));
done:
    if (b.size > 0) pv_secret_wipe(b.data, b.size);
    pv_bytes_clear(&b);
    pv_free(path);
    return status;
}

static pv_status opened(int32_t **out, int64_t *count, pv_scenario *s, const char *folder)
{
    pv_status status = PV_OK;
    pv_bytes b = {0};
    char *path = NULL;
    PV_TRY_GOTO(read_file(&b, &path, folder, "predictions.csv"));
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
    char *path = pv_path_join(folder, "provider.safetensors");
    (void)s;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
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
