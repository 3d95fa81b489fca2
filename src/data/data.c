#include "data/source.h"

#include <assert.h>
#include <string.h>

static const pv_source *const SOURCES[] = {
    &pv_source_mnist, &pv_source_cifar10, &pv_source_images, &pv_source_arff,
    &pv_source_csv,   &pv_source_tsv,     &pv_source_npz,    &pv_source_glyphs,
};
enum { NSOURCES = sizeof SOURCES / sizeof *SOURCES, MESSAGE = 512 };

const pv_data_source *pv_data_source_at(int i)
{
    return i >= 0 && i < NSOURCES ? &SOURCES[i]->about : NULL;
}

static void append(char text[MESSAGE], const char *a, const char *b, const char *c)
{
    strncat(text, a, MESSAGE - strlen(text) - 1);
    strncat(text, b, MESSAGE - strlen(text) - 1);
    strncat(text, c, MESSAGE - strlen(text) - 1);
}

pv_status pv_source_find(const pv_source **source, const pv_spec *spec)
{
    char known[MESSAGE] = "";
    const pv_source *found = NULL;
    for (int i = 0; i < NSOURCES; i++) {
        const pv_data_source *about = &SOURCES[i]->about;
        if (strcmp(about->name, spec->kind) == 0) found = SOURCES[i];
        append(known, i == 0 ? "" : ", ", about->name, about->argument[0] == '\0' ? "" : ":");
        append(known, about->argument, "", "");
    }
    if (found == NULL)
        PV_FAIL(PV_ERR_OPTION, "%s: there is no kind of data '%s'; the kinds are %s", spec->text,
                spec->kind, known);
    const pv_data_source *about = &found->about;
    if (about->argument[0] != '\0' && spec->path[0] == '\0')
        PV_FAIL(PV_ERR_OPTION, "%s: a path is missing; write %s:%s", spec->text, about->name,
                about->argument);
    if (about->argument[0] == '\0' && spec->path[0] != '\0')
        PV_FAIL(PV_ERR_OPTION, "%s: '%s' takes no path; write options after '?'", spec->text,
                about->name);
    for (int i = 0; i < spec->n; i++) {
        const pv_data_option *o = about->options;
        while (o->name != NULL && strcmp(o->name, spec->option[i].key) != 0) o++;
        if (o->name != NULL) continue;
        known[0] = '\0';
        for (o = about->options; o->name != NULL; o++)
            append(known, o == about->options ? "" : ", ", o->name, "=");
        PV_FAIL(PV_ERR_OPTION, "%s: '%s' has no option '%s'; its options are %s", spec->text,
                about->name, spec->option[i].key, known);
    }
    *source = found;
    return PV_OK;
}

static pv_status narrow(pv_store *store, const pv_spec *spec)
{
    const char *classes = pv_spec_get(spec, "classes");
    int64_t limit, seed;
    PV_TRY(pv_spec_int(spec, "limit", PV_DATA_MAX_COUNT, 1, PV_DATA_MAX_COUNT, &limit));
    PV_TRY(pv_spec_int(spec, "seed", 1, 0, INT64_MAX, &seed));
    if (classes != NULL) PV_TRY(pv_store_keep_classes(store, classes));
    if (store->samples.shape.dim[0] == 0)
        PV_FAIL(PV_ERR_INPUT, "%s: no sample is left; at least one is expected", spec->text);
    return pv_store_limit(store, limit, (uint64_t)seed);
}

pv_status pv_data_open(pv_data **data, const char *text, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    const pv_source *source;
    pv_spec spec;
    *data = NULL;
    pv_data *d = pv_calloc(1, sizeof *d);
    pv_store *store = pv_calloc(1, sizeof *store);
    PV_TRY_GOTO(pv_spec_parse(&spec, text));
    if (d == NULL || store == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", text);
    PV_TRY_GOTO(pv_source_find(&source, &spec));
    PV_TRY_GOTO(source->open(store, &spec, ctx));
    PV_TRY_GOTO(narrow(store, &spec));
    atomic_init(&store->references, 1);
    *d = (pv_data){.store = store, .count = store->samples.shape.dim[0]};
    *data = d;
done:
    if (status != PV_OK) {
        if (store != NULL) pv_store_clear(store);
        pv_free(store);
        pv_free(d);
    }
    pv_spec_clear(&spec);
    return status;
}

void pv_data_free(pv_data *data)
{
    if (data == NULL) return;
    if (atomic_fetch_sub(&data->store->references, 1) == 1) {
        pv_store_clear(data->store);
        pv_free(data->store);
    }
    pv_free(data->index);
    pv_free(data);
}

int pv_data_has_test_split(const char *text)
{
    pv_spec spec;
    const pv_source *source;
    int has = 0;
    if (pv_spec_parse(&spec, text) == PV_OK) {
        if (pv_source_find(&source, &spec) == PV_OK) has = source->has_test(&spec);
        pv_spec_clear(&spec);
    }
    /* "No" is an answer, not a failure; opening the SPEC will say what is wrong with it. */
    if (!has) pv_trail_clear();
    return has;
}

pv_status pv_data_subset(pv_data **out, const pv_data *data, const int64_t *index, int64_t n)
{
    *out = NULL;
    if (n < 1) PV_FAIL(PV_ERR_RANGE, "a subset of %lld samples; at least one", (long long)n);
    for (int64_t i = 0; i < n; i++)
        if (index[i] < 0 || index[i] >= data->count)
            PV_FAIL(PV_ERR_RANGE, "sample %lld of a data set that has %lld", (long long)index[i],
                    (long long)data->count);
    pv_data *d = pv_calloc(1, sizeof *d);
    int64_t *rows = pv_alloc((size_t)n, sizeof *rows);
    if (d == NULL || rows == NULL) {
        pv_free(d);
        pv_free(rows);
        PV_FAIL_MEMORY((size_t)n * sizeof *rows);
    }
    for (int64_t i = 0; i < n; i++) rows[i] = pv_data_row(data, index[i]);
    atomic_fetch_add(&data->store->references, 1);
    *d = (pv_data){.store = data->store, .count = n, .index = rows};
    *out = d;
    return PV_OK;
}

pv_data_kind pv_data_what(const pv_data *data)
{
    return data->store->kind;
}

int64_t pv_data_count(const pv_data *data)
{
    return data->count;
}

pv_shape pv_data_sample_shape(const pv_data *data)
{
    const pv_shape *s = &data->store->samples.shape;
    return pv_shape_of(s->ndim - 1, s->dim + 1);
}

int pv_data_classes(const pv_data *data)
{
    return (int)data->store->classes.n;
}

static const char *name_at(const pv_names *names, int i)
{
    return i >= 0 && (size_t)i < names->n ? names->text[i] : "";
}

const char *pv_data_class_name(const pv_data *data, int label)
{
    return name_at(&data->store->classes, label);
}

const char *pv_data_feature_name(const pv_data *data, int feature)
{
    return name_at(&data->store->features, feature);
}

int pv_data_vocabulary(const pv_data *data)
{
    return (int)data->store->tokens.n;
}

const char *pv_data_token_text(const pv_data *data, int token)
{
    return token < 2 ? "" : name_at(&data->store->tokens, token);
}

int pv_data_label(const pv_data *data, int64_t i)
{
    assert(i >= 0 && i < data->count);
    return data->store->label[pv_data_row(data, i)];
}

int pv_data_has_labels(const pv_data *data)
{
    return data->store->classes.n > 0;
}

int pv_data_has_features(const pv_data *data)
{
    return pv_store_sample_count(data->store) > 0;
}

pv_status pv_data_complete(const pv_data *data)
{
    int labels = pv_data_has_labels(data);
    if (labels && pv_data_has_features(data)) return PV_OK;
    PV_FAIL(PV_ERR_INPUT,
            "the data has no %s: it is one side of a `vertical` run, and nothing can be learnt "
            "from it alone",
            labels ? "features" : "labels");
}
