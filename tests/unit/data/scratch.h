/* scratch.h - a folder for the files of a test program, removed at its end
 *
 * cmocka_run_group_tests(tests, scratch_open, scratch_close); scratch("a/b") is a path in it, valid
 * until a few more were asked for; the folders above it are made.
 */
#ifndef TESTS_DATA_SCRATCH_H
#define TESTS_DATA_SCRATCH_H

#include "check.h"

#include "base/file.h"
#include "privet/data.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_folder[256];

static inline int scratch_open(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;
    snprintf(scratch_folder, sizeof scratch_folder, "%s/privet-data-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(scratch_folder) == NULL) return -1;
    /* No test reads or leaves anything in the user's own cache. */
    return setenv("XDG_CACHE_HOME", scratch_folder, 1);
}

static inline int scratch_unlink(const char *path, const struct stat *st, int flag, struct FTW *w)
{
    (void)st, (void)flag, (void)w;
    return remove(path);
}

static inline int scratch_close(void **state)
{
    (void)state;
    return nftw(scratch_folder, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *scratch(const char *name)
{
    static char path[8][512];
    static int next;
    char *p = path[next = (next + 1) % 8];
    snprintf(p, sizeof path[0], "%s/%s", scratch_folder, name);
    char *slash = strrchr(p, '/');
    *slash = '\0';
    CHECK_OK(pv_folder_make(p));
    *slash = '/';
    return p;
}

static inline const char *scratch_write(const char *name, const void *data, size_t size)
{
    const char *path = scratch(name);
    CHECK_OK(pv_file_write(path, data, size, 0644));
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

/* A SPEC whose path lies in the scratch folder. */
static inline const char *scratch_spec(const char *kind, const char *name, const char *options)
{
    static char spec[4][700];
    static int next;
    char *s = spec[next = (next + 1) % 4];
    snprintf(s, sizeof spec[0], "%s:%s%s", kind, scratch(name), options);
    return s;
}

#endif
