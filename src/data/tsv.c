#include "codec/tsv.h"
#include "data/source.h"
#include "data/splitfile.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PADDING = 0, UNKNOWN = 1, RESERVED = 2, MAX_TOKENS = 4096, MAX_WORD = 64 };

/* A word is a run of letters, digits, bytes beyond ASCII and apostrophes before one of these; any
 * other character that is no blank stands alone. ASCII letters become small. Words longer than
 * MAX_WORD - 1 bytes are cut there. Returns the length, 0 at the end of the text. */
static size_t next_token(const char **text, char word[MAX_WORD])
{
    const unsigned char *p = (const unsigned char *)*text;
    size_t n = 0;
    while (*p != '\0' && isspace(*p)) p++;
    for (;; p++) {
        int inside = isalnum(*p) || *p >= 0x80 || (*p == '\'' && (isalnum(p[1]) || p[1] >= 0x80));
        if (!inside) break;
        if (n < MAX_WORD - 1) word[n++] = (char)tolower(*p);
    }
    if (n == 0 && *p != '\0') word[n++] = (char)*p++;
    *text = (const char *)p;
    return n;
}

/* The columns of the sentence and of the label. */
static pv_status find_columns(const pv_spec *spec, const char *path, const pv_tsv *t, int *text,
                              int *label)
{
    const char *label_name = pv_spec_get(spec, "label"), *text_name = pv_spec_get(spec, "text");
    if (t->nrows == 0 || t->ncolumns < 2)
        PV_FAIL(PV_ERR_INPUT,
                "%s: %d columns and %lld rows; a column of text, one of labels and "
                "at least one row are expected",
                path, t->ncolumns, (long long)t->nrows);
    *label = pv_tsv_find(t, label_name != NULL ? label_name : "label");
    if (*label < 0 && label_name == NULL) *label = t->ncolumns - 1;
    if (*label < 0)
        PV_FAIL(PV_ERR_OPTION, "%s: label=%s: there is no such column", path, label_name);
    *text = text_name != NULL ? pv_tsv_find(t, text_name) : (*label == 0);
    if (*text < 0) PV_FAIL(PV_ERR_OPTION, "%s: text=%s: there is no such column", path, text_name);
    if (*text == *label)
        PV_FAIL(PV_ERR_OPTION,
                "%s: the column '%s' can't be both text and label; choose with "
                "text=NAME and label=NAME",
                path, t->names[*text]);
    return PV_OK;
}

typedef struct frequency {
    int64_t count;
    const char *text;
} frequency;

static int by_count(const void *a, const void *b)
{
    const frequency *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->text, y->text);
}

/* The `limit` most frequent tokens of the training texts, most frequent first. */
static pv_status build_vocabulary(pv_names *tokens, const pv_tsv *t, int column, int64_t limit)
{
    pv_status status = PV_OK;
    pv_names all = {0};
    int64_t *count = NULL, number;
    size_t cap = 0;
    frequency *order = NULL;
    char word[MAX_WORD];
    for (int64_t r = 0; r < t->nrows; r++) {
        const char *p = t->cells[r * t->ncolumns + column];
        for (size_t n; (n = next_token(&p, word)) > 0;) {
            size_t before = all.n;
            PV_TRY_GOTO(pv_names_add(&all, word, n, &number));
            PV_TRY_GOTO(pv_grow((void **)&count, &cap, all.n, sizeof *count));
            if (all.n > before) count[number] = 0;
            count[number]++;
        }
    }
    order = pv_alloc(all.n, sizeof *order);
    if (order == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu tokens", all.n);
    for (size_t i = 0; i < all.n; i++) order[i] = (frequency){count[i], all.text[i]};
    qsort(order, all.n, sizeof *order, by_count);
    /* Names no word can have hold the two reserved numbers. */
    PV_TRY_GOTO(pv_names_add(tokens, " padding", 8, &number));
    PV_TRY_GOTO(pv_names_add(tokens, " unknown", 8, &number));
    for (size_t i = 0; i < all.n && (int64_t)tokens->n < limit; i++)
        PV_TRY_GOTO(pv_names_add(tokens, order[i].text, strlen(order[i].text), &number));
done:
    pv_names_clear(&all);
    pv_free(count);
    pv_free(order);
    return status;
}

static pv_status find_classes(pv_names *classes, const pv_tsv *t, int column, const char *path)
{
    pv_status status = PV_OK;
    pv_names found = {0};
    int64_t number;
    for (int64_t r = 0; r < t->nrows; r++) {
        const char *label = t->cells[r * t->ncolumns + column];
        if (label[0] == '\0')
            PV_FAIL_GOTO(PV_ERR_INPUT, "%s:%lld: the label is empty", path, (long long)t->lines[r]);
        PV_TRY_GOTO(pv_names_add(&found, label, strlen(label), &number));
        if (found.n > PV_DATA_MAX_CLASSES)
            PV_FAIL_GOTO(PV_ERR_LIMIT,
                         "%s:%lld: more than %d classes in the column '%s'; choose the "
                         "label's with label=NAME",
                         path, (long long)t->lines[r], PV_DATA_MAX_CLASSES, t->names[column]);
    }
    PV_TRY_GOTO(pv_names_sort(classes, &found, NULL));
done:
    pv_names_clear(&found);
    return status;
}

static pv_status fill(pv_store *store, const char *path, const pv_tsv *t, int text, int label,
                      int64_t length)
{
    char word[MAX_WORD], known[PV_NAMES_TEXT];
    PV_TRY(pv_store_alloc(store, PV_DATA_TEXT, PV_I32, t->nrows, PV_SHAPE(length)));
    for (int64_t r = 0; r < t->nrows; r++) {
        const char *p = t->cells[r * t->ncolumns + text];
        const char *name = t->cells[r * t->ncolumns + label];
        int32_t *x = (int32_t *)store->samples.data + r * length;
        int64_t c = pv_names_find(&store->classes, name, strlen(name));
        if (c < 0)
            PV_FAIL(PV_ERR_INPUT, "%s:%lld: the class '%s' does not occur in the training data: %s",
                    path, (long long)t->lines[r], name, pv_names_text(&store->classes, known));
        store->label[r] = (int32_t)c;
        size_t n;
        for (int64_t i = 0; i < length && (n = next_token(&p, word)) > 0; i++) {
            int64_t token = pv_names_find(&store->tokens, word, n);
            x[i] = token < 0 ? UNKNOWN : (int32_t)token;
        }
    }
    return PV_OK;
}

static pv_status open_tsv(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_splitfile file = {0};
    pv_tsv table = {0}, training = {0};
    int64_t length, limit;
    int text, label, train_text, train_label;
    (void)ctx;
    PV_TRY(pv_spec_int(spec, "tokens", 64, 1, MAX_TOKENS, &length));
    PV_TRY(pv_spec_int(spec, "vocabulary", 20000, RESERVED + 1, 1000000, &limit));
    PV_TRY(pv_splitfile_find(&file, spec, "tsv"));
    PV_TRY_GOTO(pv_tsv_load(&table, file.path));
    PV_TRY_GOTO(find_columns(spec, file.path, &table, &text, &label));
    const pv_tsv *from = &table;
    const char *from_path = file.path;
    train_text = text;
    train_label = label;
    if (file.training != NULL) {
        from = &training;
        from_path = file.training;
        PV_TRY_GOTO(pv_tsv_load(&training, file.training));
        PV_TRY_GOTO(find_columns(spec, from_path, from, &train_text, &train_label));
    }
    PV_TRY_GOTO(find_classes(&store->classes, from, train_label, from_path));
    PV_TRY_GOTO(build_vocabulary(&store->tokens, from, train_text, limit));
    PV_TRY_GOTO(fill(store, file.path, &table, text, label, length));
done:
    pv_tsv_clear(&table);
    pv_tsv_clear(&training);
    pv_splitfile_clear(&file);
    return status;
}

static int has_test(const pv_spec *spec)
{
    return pv_splitfile_has_test(spec, "tsv");
}

static const pv_data_option options[] = {
    PV_SOURCE_OPTIONS,
    {"label", "NAME", "the column of the class; 'label', or else the last"},
    {"text", "NAME", "the column of the text; the first other one"},
    {"tokens", "N", "cut or pad every text to N tokens; 64"},
    {"vocabulary", "N", "know the N most frequent tokens of the training data; 20000"},
    {0},
};

const pv_source pv_source_tsv = {
    .about = {"tsv", "FILE", "sentences with labels, tab-separated under a header line", options},
    .open = open_tsv,
    .has_test = has_test,
};
