#include "crypto/identity/pem.h"

#include "crypto/identity/openssl.h"
#include <openssl/crypto.h>

pv_status pv_pem_take(pv_pem *p, const char *label, uint8_t *der, int size, const char *what)
{
    *p = (pv_pem){0};
    if (size <= 0) return pv_openssl_fail(PV_ERR_RUN, "%s could not be encoded", what);
    pv_status s = pv_pem_of(p, label, der, (size_t)size);
    OPENSSL_clear_free(der, (size_t)size);
    return s;
}
