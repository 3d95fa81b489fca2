/* corpus.h - the files of fuzz/corpus/ as test data: what each of them is refused for */
#ifndef TESTS_CODEC_CORPUS_H
#define TESTS_CODEC_CORPUS_H

#include "check.h"

#include "base/file.h"
#include "privet/tensor.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct refusal {
    const char *file; /* in the reader's folder of fuzz/corpus/ */
    pv_status status;
    const char *says; /* what the message must hold */
} refusal;

static inline pv_bytes corpus(const char *reader, const char *file)
{
    char path[256];
    pv_bytes bytes;
    snprintf(path, sizeof path, "fuzz/corpus/%s/%s", reader, file);
    CHECK_OK(pv_file_read(&bytes, path, 1 << 20));
    return bytes;
}

/* The bytes are called "F" in messages. parse clears what it made. */
static inline void check_refusals(const char *reader, const refusal *r, size_t n,
                                  pv_status (*parse)(const uint8_t *p, size_t n))
{
    for (size_t i = 0; i < n; i++) {
        pv_bytes bytes = corpus(reader, r[i].file);
        pv_trail_clear();
        pv_status s = parse(bytes.data, bytes.size);
        if (s != r[i].status || strstr(pv_trail_text(), r[i].says) == NULL ||
            pv_trail_text()[0] != 'F')
            fail_msg("%s/%s: got %s: %s", reader, r[i].file, pv_status_name(s), pv_trail_text());
        pv_bytes_clear(&bytes);
    }
}

/* Every prefix of a good file is refused (or, at a place where a format can't tell, read). */
static inline void check_cuts(const char *reader, const char *file, size_t step, int may_succeed,
                              pv_status (*parse)(const uint8_t *p, size_t n))
{
    pv_bytes bytes = corpus(reader, file);
    for (size_t n = 0; n < bytes.size; n += step) {
        uint8_t *copy = malloc(n); /* of its own size, for the sanitizer */
        if (n > 0) memcpy(copy, bytes.data, n);
        pv_status s = parse(copy, n);
        if (s == PV_OK ? !may_succeed : pv_status_exit(s) != 3)
            fail_msg("%s/%s cut to %zu bytes: got %s: %s", reader, file, n, pv_status_name(s),
                     pv_trail_text());
        free(copy);
    }
    pv_bytes_clear(&bytes);
}

static inline void check_out_of_memory(const char *reader, const char *file,
                                       pv_status (*parse)(const uint8_t *p, size_t n))
{
    pv_bytes bytes = corpus(reader, file);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = parse(bytes.data, bytes.size);
    }
    pv_bytes_clear(&bytes);
}

/* A path in a folder of its own, which remove_folder() takes away again. */
typedef struct scratch {
    char folder[64], path[128];
} scratch;

static inline scratch scratch_make(const char *file)
{
    scratch s;
    snprintf(s.folder, sizeof s.folder, "build-test-XXXXXX");
    assert_non_null(mkdtemp(s.folder));
    snprintf(s.path, sizeof s.path, "%s/%s", s.folder, file);
    return s;
}

static inline void scratch_remove(scratch *s)
{
    unlink(s->path);
    assert_int_equal(rmdir(s->folder), 0); /* nothing temporary was left in it */
}

/* shape as pv_shape_text has it: "[3,4,5]". */
static inline void check_shape(const pv_tensor *t, const char *shape)
{
    char text[PV_SHAPE_TEXT];
    assert_string_equal(pv_shape_text(&t->shape, text), shape);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
