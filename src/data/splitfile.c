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
 * NULL. */
static char *sibling(const char *path, const char *word, const char *by)
{
    const char *slash = strrchr(path, '/'), *at = NULL;
    for (const char *p = slash == NULL ? path : slash; (p = strstr(p, word)) != NULL; p++) at = p;
    if (at == NULL) return NULL;
    size_t n = strlen(path) + strlen(by) + 1;
    char *other = pv_alloc(n, 1);
    if (other == NULL) return NULL;
    snprintf(other, n, "%.*s%s%s", (int)(at - path), path, by, at + strlen(word));
    if (pv_file_exists(other) && !pv_folder_exists(other)) return other;
    pv_free(other);
    return NULL;
}

static char *inside(const char *folder, const char *name, const char *extension)
{
    char file[32];
    snprintf(file, sizeof file, "%s.%s", name, extension);
    return pv_path_join(folder, file);
}

pv_status pv_splitfile_find(pv_splitfile *f, const pv_spec *spec, const char *extension)
{
    int test, folder = pv_folder_exists(spec->path);
    *f = (pv_splitfile){0};
    PV_TRY(pv_spec_split(spec, &test));
    if (test && !pv_splitfile_has_test(spec, extension))
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: there is no test split: a folder with train.%s and test.%s is expected, or a "
                "file with 'train' in its name beside one with 'test'; hold samples out instead",
                spec->path, extension, extension);
    if (folder) {
        f->path = inside(spec->path, test ? "test" : "train", extension);
        f->training = test ? inside(spec->path, "train", extension) : NULL;
    } else if (test) {
        f->path = sibling(spec->path, "train", "test");
        f->training = pv_strdup(spec->path);
    } else {
        f->path = pv_strdup(spec->path);
        f->training = sibling(spec->path, "test", "train");
        if (f->training == NULL) f->training = sibling(spec->path, "dev", "train");
    }
    if (f->path == NULL || (test && f->training == NULL)) {
        pv_splitfile_clear(f);
        PV_FAIL(PV_ERR_MEMORY, "%s: out of memory", spec->text);
    }
    return PV_OK;
}

int pv_splitfile_has_test(const pv_spec *spec, const char *extension)
{
    int folder = pv_folder_exists(spec->path);
    char *test =
        folder ? inside(spec->path, "test", extension) : sibling(spec->path, "train", "test");
    int has = test != NULL && pv_file_exists(test);
    pv_free(test);
    return has;
}
