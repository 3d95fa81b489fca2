#include "crypto/identity/pem.h"

#include "base/secret.h"
#include "crypto/identity/openssl.h"
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

void pv_pem_clear(pv_pem *p)
{
    OPENSSL_free(p->label);
    OPENSSL_clear_free(p->der, p->size);
    *p = (pv_pem){0};
}

/* From the bytes of a file, which are followed by a NUL. */
static pv_status decode(pv_pem *p, const char *path, const pv_bytes *file)
{
    pv_status status = PV_OK;
    char *header = NULL;
    long size = 0;
    BIO *bio = NULL;
    if (strlen((const char *)file->data) != file->size)
        PV_FAIL(PV_ERR_FORMAT, "%s: is not text; a PEM file was expected", path);
    const char *first = strstr((const char *)file->data, "-----BEGIN ");
    if (first != NULL && strstr(first + 1, "-----BEGIN ") != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: holds several things; one in a file is expected", path);
    pv_openssl_begin();
    bio = BIO_new_mem_buf(file->data, (int)file->size);
    if (bio == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for reading it", path);
    if (PEM_read_bio(bio, &p->label, &header, &p->der, &size) != 1) {
        status = pv_openssl_fail(PV_ERR_FORMAT, "%s: is no PEM file", path);
        goto done;
    }
    p->size = (size_t)size;
    if (header[0] != '\0')
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: has headers, as the old way to encrypt keys does; convert it by "
                     "openssl pkcs8 -topk8",
                     path);
done:
    OPENSSL_free(header);
    BIO_free(bio);
    return status;
}

pv_status pv_pem_read(pv_pem *p, const char *path)
{
    pv_bytes file = {0};
    *p = (pv_pem){0};
    PV_TRY(pv_file_read(&file, path, PV_PEM_MAX));
    pv_status status = decode(p, path, &file);
    pv_secret_wipe(file.data, file.size);
    pv_bytes_clear(&file);
    if (status != PV_OK) pv_pem_clear(p);
    return status;
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
