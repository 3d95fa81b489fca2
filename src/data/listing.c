#include "data/listing.h"

#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

void pv_listing_clear(pv_listing *listing)
{
    pv_names_clear(&listing->classes);
    for (size_t i = 0; i < listing->n; i++) pv_free(listing->file[i].path);
    pv_free(listing->file);
    *listing = (pv_listing){0};
}

static pv_status open_folder(DIR **folder, const char *path)
{
    *folder = opendir(path);
    if (*folder == NULL)
        PV_FAIL(errno == ENOENT || errno == ENOTDIR || errno == EACCES ? PV_ERR_NOT_FOUND
                                                                       : PV_ERR_IO,
                "%s: the folder can't be read: %s; check the path", path, strerror(errno));
    return PV_OK;
}

pv_status pv_listing_classes(pv_names *classes, const char *root)
{
    pv_status status = PV_OK;
    DIR *folder;
    struct stat st;
    int64_t number;
    pv_names found = {0};
    *classes = (pv_names){0};
    PV_TRY(open_folder(&folder, root));
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        if (e->d_name[0] == '.' || fstatat(dirfd(folder), e->d_name, &st, 0) != 0 ||
            !S_ISDIR(st.st_mode))
            continue;
        PV_TRY_GOTO(pv_names_add(&found, e->d_name, strlen(e->d_name), &number));
    }
    if (found.n == 0)
        PV_FAIL_GOTO(PV_ERR_INPUT, "%s: holds no folder; one folder a class is expected", root);
    PV_TRY_GOTO(pv_names_sort(classes, &found, NULL));
done:
    closedir(folder);
    pv_names_clear(&found);
    return status;
}

static int is_image_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot != NULL &&
           (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".jpg") == 0 ||
            strcasecmp(dot, ".jpeg") == 0);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const pv_listed *)a)->path, ((const pv_listed *)b)->path);
}

static pv_status add_files(pv_listing *listing, const char *path, int32_t label)
{
    pv_status status = PV_OK;
    DIR *folder;
    struct stat st;
    size_t first = listing->n;
    PV_TRY(open_folder(&folder, path));
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        if (!is_image_name(e->d_name)) continue;
        if (fstatat(dirfd(folder), e->d_name, &st, 0) != 0)
            PV_FAIL_GOTO(PV_ERR_IO, "%s/%s: %s", path, e->d_name, strerror(errno));
        if (!S_ISREG(st.st_mode)) continue;
        PV_TRY_GOTO(
            pv_grow((void **)&listing->file, &listing->cap, listing->n + 1, sizeof *listing->file));
        char *file = pv_path_join(path, e->d_name);
        if (file == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", path);
        listing->file[listing->n++] = (pv_listed){
            .path = file,
            .label = label,
            .size = st.st_size,
            .changed = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        };
    }
    if (listing->n == first)
        PV_FAIL_GOTO(PV_ERR_INPUT,
                     "%s: the class folder holds no .png, .jpg or .jpeg file; remove "
                     "it or fill it",
                     path);
    qsort(listing->file + first, listing->n - first, sizeof *listing->file, by_path);
done:
    closedir(folder);
    return status;
}

pv_status pv_listing_read(pv_listing *listing, const char *root, const pv_names *classes)
{
    pv_status status = PV_OK;
    pv_names here = {0};
    char *path = NULL, known[PV_NAMES_TEXT];
    *listing = (pv_listing){0};
    PV_TRY_GOTO(pv_listing_classes(&here, root));
    PV_TRY_GOTO(pv_names_copy(&listing->classes, classes));
    for (size_t i = 0; i < here.n; i++) {
        int64_t label = pv_names_find(classes, here.text[i], strlen(here.text[i]));
        if (label < 0)
            PV_FAIL_GOTO(PV_ERR_INPUT,
                         "%s: the class folder '%s' is not among the classes of the "
                         "training data: %s",
                         root, here.text[i], pv_names_text(classes, known));
        path = pv_path_join(root, here.text[i]);
        if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", root);
        PV_TRY_GOTO(add_files(listing, path, (int32_t)label));
        pv_free(path);
        path = NULL;
    }
done:
    pv_free(path);
    pv_names_clear(&here);
    if (status != PV_OK) pv_listing_clear(listing);
    return status;
}
