#include "data/splitfile.h"

#include "base/file.h"
#include <stdio.h>
#include <string.h>

void pv_splitfile_clear(pv_splitfile *f)
{
    pv_free(f->path);
    pv_free(f->training);
    *f = (pv_splitfile){0};
}

/* path with the last `word` of its file name replaced, if it has one and that file exists; else
 * *out is NULL. */
static pv_status sibling(char **out, const char *path, const char *word, const char *by)
{
    const char *slash = strrchr(path, '/'), *at = NULL;
    *out = NULL;
    for (const char *p = slash == NULL ? path : slash; (p = strstr(p, word)) != NULL; p++) at = p;
    if (at == NULL) return PV_OK;
    size_t n = strlen(path) + strlen(by) + 1;
    char *other = pv_alloc(n, 1);
    if (other == NULL) PV_FAIL_MEMORY(n);
    snprintf(other, n, "%.*s%s%s", (int)(at - path), path, by, at + strlen(word));
    if (pv_file_exists(other) && !pv_folder_exists(other))
        *out = other;
    else
        pv_free(other);
    return PV_OK;
}

/* folder/name.extension, whether it exists or not. */
static pv_status inside(char **out, const char *folder, const char *name, const char *extension)
{
    char file[32];
    snprintf(file, sizeof file, "%s.%s", name, extension);
    *out = pv_path_join(folder, file);
    if (*out == NULL) PV_FAIL_MEMORY(strlen(folder) + sizeof file);
    return PV_OK;
}

static pv_status find_test(char **out, const pv_spec *spec, const char *extension)
{
    if (!pv_folder_exists(spec->path)) return sibling(out, spec->path, "train", "test");
    PV_TRY(inside(out, spec->path, "test", extension));
    if (pv_file_exists(*out)) return PV_OK;
    pv_free(*out);
    *out = NULL;
    return PV_OK;
}

static pv_status copy(char **out, const char *path)
{
    *out = pv_strdup(path);
    if (*out == NULL) PV_FAIL_MEMORY(strlen(path));
    return PV_OK;
}

pv_status pv_splitfile_find(pv_splitfile *f, const pv_spec *spec, const char *extension)
{
    pv_status status = PV_OK;
    int test, folder = pv_folder_exists(spec->path);
    *f = (pv_splitfile){0};
    PV_TRY(pv_spec_split(spec, &test));
    if (test) {
        PV_TRY_GOTO(find_test(&f->path, spec, extension));
        if (f->path == NULL)
            PV_FAIL_GOTO(PV_ERR_NOT_FOUND,
                         "%s: there is no test split: a folder with train.%s and test.%s is "
                         "expected, or a file with 'train' in its name beside one with 'test'; "
                         "hold samples out instead",
                         spec->path, extension, extension);
        if (folder)
            PV_TRY_GOTO(inside(&f->training, spec->path, "train", extension));
        else
            PV_TRY_GOTO(copy(&f->training, spec->path));
    } else if (folder) {
        PV_TRY_GOTO(inside(&f->path, spec->path, "train", extension));
    } else {
        PV_TRY_GOTO(copy(&f->path, spec->path));
        PV_TRY_GOTO(sibling(&f->training, spec->path, "test", "train"));
        if (f->training == NULL) PV_TRY_GOTO(sibling(&f->training, spec->path, "dev", "train"));
    }
done:
    if (status != PV_OK) pv_splitfile_clear(f);
    return status;
}

int pv_splitfile_has_test(const pv_spec *spec, const char *extension)
{
    char *test = NULL;
    int has = find_test(&test, spec, extension) == PV_OK && test != NULL;
    pv_free(test);
    return has;
}
