#include "run/folder.h"

#include "base/file.h"
#include "crypto/identity/hash.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { JSON_MAX = 64 << 20, DEPTH = 4 };

char *pv_run_path(const char *run, const char *name)
{
    return pv_path_join(run, name);
}

char *pv_run_party_path(const char *run, const char *party, const char *file)
{
    char *path = NULL;
    pv_str s = {0};
    if (pv_str_printf(&s, "%s/parties/%s/%s", run, party, file) == PV_OK)
        path = pv_strdup(pv_str_text(&s));
    pv_str_clear(&s);
    return path;
}

static pv_status load(json_t **out, char *path, const char *what)
{
    pv_status status = PV_OK;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (!pv_file_exists(path))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: there is no such file: %s", path, what);
    PV_TRY_GOTO(pv_json_load(out, path, JSON_MAX));
done:
    pv_free(path);
    return status;
}

pv_status pv_run_json(json_t **out, const char *run)
{
    return load(out, pv_run_path(run, "run.json"),
                "the folder holds no run that ended; privet run makes one");
}

pv_status pv_run_party_json(json_t **out, const char *run, const char *party)
{
    return load(out, pv_run_party_path(run, party, "result.json"), "this party has not ended");
}

/* ---- hashes.txt */
typedef struct name_list {
    char **name;
    size_t count, capacity;
} name_list;

static int left_out(const char *name)
{
    return strcmp(name, "keys") == 0 || strcmp(name, "hashes.txt") == 0 ||
           strcmp(name, "log.txt") == 0 || strncmp(name, "journal.", 8) == 0 || name[0] == '.';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static pv_status list(name_list *l, const char *run, const char *below, int depth)
{
    pv_status status = PV_OK;
    struct dirent *entry;
    pv_str path = {0}, name = {0};
    DIR *d = NULL;
    PV_TRY_GOTO(pv_str_printf(&path, "%s%s%s", run, below[0] != '\0' ? "/" : "", below));
    d = opendir(pv_str_text(&path));
    if (d == NULL)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: it can't be read: %s", pv_str_text(&path), strerror(errno));
    while ((entry = readdir(d)) != NULL) {
        struct stat s;
        if (left_out(entry->d_name)) continue;
        pv_str_truncate(&name, 0);
        pv_str_truncate(&path, 0);
        PV_TRY_GOTO(
            pv_str_printf(&name, "%s%s%s", below, below[0] != '\0' ? "/" : "", entry->d_name));
        PV_TRY_GOTO(pv_str_printf(&path, "%s/%s", run, pv_str_text(&name)));
        if (stat(pv_str_text(&path), &s) != 0) continue;
        if (S_ISDIR(s.st_mode) && depth < DEPTH) {
            PV_TRY_GOTO(list(l, run, pv_str_text(&name), depth + 1));
        } else if (S_ISREG(s.st_mode)) {
            PV_TRY_GOTO(pv_grow((void **)&l->name, &l->capacity, l->count + 1, sizeof *l->name));
            l->name[l->count] = pv_strdup(pv_str_text(&name));
            if (l->name[l->count] == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a name");
            l->count++;
        }
    }
done:
    if (d != NULL) closedir(d);
    pv_str_clear(&path);
    pv_str_clear(&name);
    return status;
}

pv_status pv_run_hash_all(const char *run)
{
    pv_status status = PV_OK;
    name_list l = {0};
    pv_outfile f = {0};
    char text[PV_HASH_TEXT];
    char *out = pv_run_path(run, "hashes.txt"), *path = NULL;
    if (out == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(list(&l, run, "", 0));
    if (l.count > 0) qsort(l.name, l.count, sizeof *l.name, by_name);
    PV_TRY_GOTO(pv_outfile_open(&f, out, 0644));
    for (size_t i = 0; i < l.count; i++) {
        pv_hash h;
        pv_free(path);
        path = pv_run_path(run, l.name[i]);
        if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
        PV_TRY_GOTO(pv_hash_file(&h, path));
        PV_TRY_GOTO(pv_outfile_printf(&f, "%s  %s\n", pv_hash_text(&h, text), l.name[i]));
    }
    PV_TRY_GOTO(pv_outfile_commit(&f));
done:
    pv_outfile_discard(&f);
    for (size_t i = 0; i < l.count; i++) pv_free(l.name[i]);
    pv_free(l.name);
    pv_free(path);
    pv_free(out);
    return status;
}
