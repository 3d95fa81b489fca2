#include "crypto/identity/pem.h"

#include "base/secret.h"
#include "crypto/identity/openssl.h"
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

void pv_pem_clear(pv_pem *p)
{
    OPENSSL_secure_free(p->label);
    OPENSSL_secure_clear_free(p->der, p->size);
    *p = (pv_pem){0};
}

pv_status pv_pem_parse(pv_pem *p, const char *name, const void *data, size_t size)
{
    static const char begin[] = "-----BEGIN ";
    pv_status status = PV_OK;
    char *header = NULL;
    long n = 0;
    *p = (pv_pem){0};
    if (size > PV_PEM_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: %zu bytes, at most %d are read", name, size, PV_PEM_MAX);
    if (memchr(data, 0, size) != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: is not text; a PEM file was expected", name);
    const char *first = memmem(data, size, begin, sizeof begin - 1);
    if (first != NULL && memmem(first + 1, size - (size_t)(first + 1 - (const char *)data), begin,
                                sizeof begin - 1) != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: holds several things; one in a file is expected", name);
    pv_openssl_begin();
    BIO *bio = BIO_new_mem_buf(data, (int)size);
    if (bio == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for reading it", name);
    /* as PEM_read_bio, and what it needs in between is wiped */
    if (PEM_read_bio_ex(bio, &p->label, &header, &p->der, &n,
                        PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) != 1) {
        status = pv_openssl_fail(PV_ERR_FORMAT, "%s: is no PEM file", name);
        goto done;
    }
    p->size = (size_t)n;
    if (header[0] != '\0')
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: has headers, as the old way to encrypt keys does; convert it by "
                     "openssl pkcs8 -topk8",
                     name);
done:
    OPENSSL_secure_free(header);
    BIO_free(bio);
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

pv_status pv_pem_refuse_existing(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) return PV_OK;
    PV_FAIL(PV_ERR_USAGE, "%s: is there already and is not overwritten; move it away first", path);
}

pv_status pv_pem_buffer(BIO **bio)
{
    *bio = pv_mem_refused(1, PV_PEM_MAX) ? NULL : BIO_new(BIO_s_secmem());
    if (*bio == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for writing keys");
    return PV_OK;
}

pv_status pv_pem_save(BIO *bio, const char *path, mode_t mode)
{
    char *text = NULL;
    long size = BIO_get_mem_data(bio, &text);
    if (size <= 0) PV_FAIL(PV_ERR_RUN, "%s: there was nothing to write", path);
    return pv_file_write(path, text, (size_t)size, mode);
}
