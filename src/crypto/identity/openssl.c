#include "crypto/identity/openssl.h"

#include "base/trail.h"
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

void pv_openssl_begin(void)
{
    ERR_clear_error();
}

pv_status pv_openssl_fail(pv_status s, const char *fmt, ...)
{
    char what[512];
    const char *reason = NULL;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    for (unsigned long e; (e = ERR_get_error()) != 0;) { /* the first one lies deepest */
        if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE) s = PV_ERR_MEMORY;
        if (reason == NULL) reason = ERR_reason_error_string(e);
    }
    if (s == PV_ERR_MEMORY) PV_FAIL(s, "%s: out of memory", what);
    if (reason == NULL) PV_FAIL(s, "%s", what);
    PV_FAIL(s, "%s: %s (OpenSSL)", what, reason);
}
