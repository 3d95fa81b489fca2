#include "party/scenario_i.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 1 << 16 };

typedef struct settings {
    int kind;
    const char *shape, *classes;
} settings;

static const pv_setting table[] = {
    {.key = "kind",
     .kind = PV_SETTING_CHOICE,
     .choices = "image|table|text",
     .help = "what a sample is",
     .where = offsetof(settings, kind)},
    {.key = "shape",
     .kind = PV_SETTING_TEXT,
     .help =
         "HEIGHT,WIDTH,CHANNELS of images, the number of features of tables, of tokens of texts",
     .where = offsetof(settings, shape)},
    {.key = "classes",
     .kind = PV_SETTING_TEXT,
     .help = "their names in order, separated by commas, or how many there are, named 0, 1, 2, ...",
     .where = offsetof(settings, classes)},
    {0},
};

static const char SECTION[] = "schema";

/* One whole number from 1 to max at the beginning of text; what follows, or NULL. */
static const char *number(int64_t *out, const char *text, int64_t max)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') return NULL;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno != 0 || v < 1 || v > max) return NULL;
    *out = v;
    return end;
}

static pv_status read_shape(pv_schema *schema, const pv_ini *ini, const char *text)
{
    int wanted = schema->kind == PV_DATA_IMAGE ? 3 : 1, n = 0;
    int64_t dim[PV_MAX_DIMS];
    const char *p = text;
    while (n < wanted) {
        p = number(&dim[n], p, INT64_C(1) << 20);
        if (p == NULL) break;
        n++;
        while (*p == ' ') p++;
        if (*p != ',') break;
        p++;
        while (*p == ' ') p++;
    }
    if (n != wanted || p == NULL || *p != '\0' || p[-1] == ',')
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: shape = %s: %s was expected", ini->name,
                pv_ini_find(ini, SECTION, "shape")->line, text,
                wanted == 3 ? "HEIGHT,WIDTH,CHANNELS" : "one whole number");
    schema->sample = pv_shape_of(n, dim);
    return PV_OK;
}

static pv_status add_class(pv_schema *schema, const pv_ini *ini, int line, const char *name,
                           size_t size)
{
    if (size == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s:%d: classes: number %d has no name; take the comma out",
                ini->name, line, schema->classes + 1);
    for (int i = 0; i < schema->classes; i++)
        if (strlen(schema->class_name[i]) == size && memcmp(schema->class_name[i], name, size) == 0)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: classes: '%s' stands there twice", ini->name, line,
                    schema->class_name[i]);
    char *copy = pv_alloc(size + 1, 1);
    if (copy == NULL) PV_FAIL_MEMORY(size + 1);
    memcpy(copy, name, size);
    copy[size] = '\0';
    schema->class_name[schema->classes++] = copy;
    return PV_OK;
}

static pv_status read_classes(pv_schema *schema, const pv_ini *ini, const char *text)
{
    int line = pv_ini_find(ini, SECTION, "classes")->line;
    int64_t count = 0, most = 1;
    const char *end = number(&count, text, CLASSES);
    int counted = end != NULL && *end == '\0';
    for (const char *p = text; *p != '\0'; p++) most += *p == ',';
    if (counted) most = count;
    if (most < 2)
        PV_FAIL(PV_ERR_FORMAT,
                "%s:%d: classes = %s: at least two names, or a count of 2 to %d, "
                "were expected",
                ini->name, line, text, CLASSES);
    schema->class_name = pv_calloc((size_t)most, sizeof *schema->class_name);
    if (schema->class_name == NULL) PV_FAIL_MEMORY((size_t)most * sizeof *schema->class_name);
    for (int64_t i = 0; counted && i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "%lld", (long long)i);
        schema->class_name[i] = pv_strdup(name);
        if (schema->class_name[i] == NULL) PV_FAIL_MEMORY(sizeof name);
        schema->classes++;
    }
    if (counted) return PV_OK;
    for (const char *p = text;; p++) {
        while (*p == ' ' || *p == '\t') p++;
        size_t size = strcspn(p, ","), used = size;
        while (used > 0 && (p[used - 1] == ' ' || p[used - 1] == '\t')) used--;
        PV_TRY(add_class(schema, ini, line, p, used));
        p += size;
        if (*p == '\0') return PV_OK;
    }
}

pv_status pv_schema_read(pv_schema *schema, pv_ini *ini)
{
    settings s;
    size_t i = 0;
    while (i < ini->count && strcmp(ini->entry[i].section, SECTION) != 0) i++;
    if (i == ini->count) return PV_OK;
    PV_TRY(pv_settings_read(&s, table, ini, SECTION));
    for (int k = 0; k < 2; k++)
        if ((k == 0 ? s.shape : s.classes) == NULL)
            PV_FAIL(PV_ERR_FORMAT, "%s: [schema] %s is missing: %s", ini->name, table[1 + k].key,
                    table[1 + k].help);
    schema->kind = s.kind == 0 ? PV_DATA_IMAGE : s.kind == 1 ? PV_DATA_TABLE : PV_DATA_TEXT;
    PV_TRY(read_shape(schema, ini, s.shape));
    return read_classes(schema, ini, s.classes);
}

void pv_schema_clear(pv_schema *schema)
{
    for (int i = 0; i < schema->classes; i++) pv_free(schema->class_name[i]);
    pv_free(schema->class_name);
    *schema = (pv_schema){0};
}

static const char *kind_name(pv_data_kind kind)
{
    return kind == PV_DATA_IMAGE ? "images" : kind == PV_DATA_TABLE ? "a table" : "texts";
}

static pv_status check_class_names(const pv_schema *schema, const pv_data *data)
{
    int classes = pv_data_classes(data);
    for (int i = 0; i < classes && i < schema->classes; i++)
        if (strcmp(pv_data_class_name(data, i), schema->class_name[i]) != 0)
            PV_FAIL(PV_ERR_MISMATCH,
                    "class %d of the data is '%s', [schema] says '%s'; the names "
                    "and their order must be the same for all parties",
                    i, pv_data_class_name(data, i), schema->class_name[i]);
    if (classes != schema->classes)
        PV_FAIL(PV_ERR_MISMATCH, "the data has %d classes, [schema] says %d", classes,
                schema->classes);
    return PV_OK;
}

pv_status pv_schema_check(const pv_schema *schema, const pv_data *data)
{
    char here[PV_SHAPE_TEXT], wanted[PV_SHAPE_TEXT];
    pv_shape shape = pv_data_sample_shape(data);
    if (schema->kind == 0) return PV_OK;
    if (!pv_data_has_features(data)) return check_class_names(schema, data);
    if (pv_data_what(data) != schema->kind)
        PV_FAIL(PV_ERR_MISMATCH, "the data is %s, [schema] says %s", kind_name(pv_data_what(data)),
                kind_name(schema->kind));
    if (!pv_shape_equal(&shape, &schema->sample))
        PV_FAIL(PV_ERR_MISMATCH, "a sample of the data is %s, [schema] says %s",
                pv_shape_text(&shape, here), pv_shape_text(&schema->sample, wanted));
    return pv_data_has_labels(data) ? check_class_names(schema, data) : PV_OK;
}
