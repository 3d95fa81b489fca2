#include "wire/pem.h"

#include "base/secret.h"
#include "wire/writer.h"
#include <sodium.h>
#include <string.h>

enum { LINE = 64, DASHES = 5 };

static const char dashes[] = "-----", begin[] = "-----BEGIN ", end[] = "-----END ";

void pv_pem_clear(pv_pem *p)
{
    pv_secret_free(p->der);
    *p = (pv_pem){0};
}

/* Secret memory of a multiple of 16 bytes, as base/secret.h wants it. */
static uint8_t *secret_bytes(size_t size)
{
    return pv_secret_alloc((size + 15) / 16 * 16);
}

pv_status pv_pem_of(pv_pem *p, const char *label, const void *data, size_t size)
{
    *p = (pv_pem){0};
    p->der = secret_bytes(size);
    if (p->der == NULL) PV_FAIL_MEMORY(size);
    memcpy(p->der, data, size);
    p->size = size;
    strncpy(p->label, label, PV_PEM_LABEL - 1);
    return PV_OK;
}

/* The first place from `at` on where a line begins with these characters; NULL: none. */
static const char *line(const char *at, const char *text, const char *past, const char *what)
{
    size_t n = strlen(what);
    for (; at != NULL && at < past; at++) {
        at = memmem(at, (size_t)(past - at), what, n);
        if (at == NULL || at == text || at[-1] == '\n') return at;
    }
    return NULL;
}

/* After the last five dashes of a line there may be blanks. */
static const char *line_end(const char *at, const char *past)
{
    while (at < past && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    if (at == past) return at;
    return *at == '\n' ? at + 1 : NULL;
}

static int read_label(pv_pem *p, const char **at, const char *past)
{
    const char *first = *at + sizeof begin - 1;
    const char *last = memmem(first, (size_t)(past - first), dashes, DASHES);
    if (last == NULL || last == first || last - first >= PV_PEM_LABEL) return 0;
    for (const char *c = first; c < last; c++)
        if (*c < ' ' || *c > '~') return 0;
    *at = line_end(last + DASHES, past);
    if (*at == NULL) return 0;
    memcpy(p->label, first, (size_t)(last - first));
    return 1;
}

/* The END line must bear the same label. */
static int label_ends(const pv_pem *p, const char *at, const char *past)
{
    size_t n = strlen(p->label);
    at += sizeof end - 1;
    return (size_t)(past - at) >= n + DASHES && memcmp(at, p->label, n) == 0 &&
           memcmp(at + n, dashes, DASHES) == 0 && line_end(at + n + DASHES, past) != NULL;
}

static pv_status decode(pv_pem *p, const char *name, const char *body, size_t size)
{
    const char *stop = NULL;
    p->der = secret_bytes(size + 1);
    if (p->der == NULL) PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for reading it", name);
    if (sodium_base642bin(p->der, size, body, size, " \t\r\n", &p->size, &stop,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        stop != body + size || p->size == 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: is no PEM file: what its block holds is not base64", name);
    return PV_OK;
}

pv_status pv_pem_parse(pv_pem *p, const char *name, const void *data, size_t size)
{
    pv_status status = PV_OK;
    const char *text = data, *past = text + size, *at, *last;
    *p = (pv_pem){0};
    if (size > PV_PEM_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: %zu bytes, at most %d are read", name, size, PV_PEM_MAX);
    if (size > 0 && memchr(data, 0, size) != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: is not text; a PEM file was expected", name);
    at = line(text, text, past, begin);
    if (at != NULL && memmem(at + 1, (size_t)(past - at - 1), begin, sizeof begin - 1) != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: holds several things; one in a file is expected", name);
    if (at == NULL || !read_label(p, &at, past))
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: is no PEM file: no line \"-----BEGIN ...-----\"", name);
    last = line(at, text, past, end);
    if (last == NULL || !label_ends(p, last, past))
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: is no PEM file: its block of %.40s has no end", name,
                     p->label);
    if (memchr(at, ':', (size_t)(last - at)) != NULL)
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: has headers, as the old way to encrypt keys does; convert it by "
                     "openssl pkcs8 -topk8",
                     name);
    PV_TRY_GOTO(decode(p, name, at, (size_t)(last - at)));
done:
    if (status != PV_OK) pv_pem_clear(p);
    return status;
}

pv_status pv_pem_read(pv_pem *p, const char *path)
{
    pv_bytes file = {0};
    *p = (pv_pem){0};
    PV_TRY(pv_file_read(&file, path, PV_PEM_MAX));
    pv_status s = pv_pem_parse(p, path, file.data, file.size);
    pv_secret_wipe(file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}

pv_status pv_pem_expect(const pv_pem *p, const char *path, const char *label)
{
    if (strcmp(p->label, label) == 0) return PV_OK;
    PV_FAIL(PV_ERR_FORMAT, "%s: holds a %.40s, a %s was expected", path, p->label, label);
}

static void text_line(pv_writer *w, const char *first, const char *label)
{
    pv_writer_bytes(w, first, strlen(first));
    pv_writer_bytes(w, label, strlen(label));
    pv_writer_bytes(w, "-----\n", DASHES + 1);
}

pv_status pv_pem_save(const pv_pem *p, const char *path, mode_t mode)
{
    pv_status status = PV_OK;
    size_t size = sodium_base64_ENCODED_LEN(p->size, sodium_base64_VARIANT_ORIGINAL);
    pv_writer w = pv_writer_make(path, 2 * PV_PEM_MAX);
    char *body = (char *)secret_bytes(size);
    w.secret = 1;
    if (body == NULL) PV_FAIL_MEMORY(size);
    sodium_bin2base64(body, size, p->der, p->size, sodium_base64_VARIANT_ORIGINAL);
    text_line(&w, begin, p->label);
    for (size_t at = 0, n; at + 1 < size; at += n) {
        n = size - 1 - at < LINE ? size - 1 - at : LINE;
        pv_writer_bytes(&w, body + at, n);
        pv_writer_u8(&w, '\n');
    }
    text_line(&w, end, p->label);
    PV_TRY_GOTO(pv_writer_status(&w));
    PV_TRY_GOTO(pv_file_write(path, w.data, w.size, mode));
done:
    pv_writer_clear(&w);
    pv_secret_free(body);
    return status;
}
