/* Whether a certificate holds: pv_certificate_check. */
#include "crypto/identity/certificate.h"

#include "base/mem.h"
#include "crypto/identity/openssl.h"
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { DATE = 16 };

static const char *date(int64_t seconds, char buffer[DATE])
{
    time_t t = (time_t)seconds;
    struct tm utc = {0};
    if (gmtime_r(&t, &utc) == NULL || strftime(buffer, DATE, "%Y-%m-%d", &utc) == 0)
        buffer[0] = '\0';
    return buffer;
}

static pv_status check_dates(const pv_certificate *c, const char *whose, int64_t now)
{
    char day[DATE], today[DATE];
    if (now < c->begins)
        PV_FAIL(PV_ERR_AUTH,
                "the certificate of %s%s is valid from %s on only and this machine's clock says "
                "%s; check the clocks",
                whose, c->name, date(c->begins, day), date(now, today));
    if (now >= c->ends) /* as OpenSSL counts */
        PV_FAIL(PV_ERR_AUTH,
                "the certificate of %s%s expired on %s (this machine's clock says %s); issue a new "
                "one with privet keys",
                whose, c->name, date(c->ends, day), date(now, today));
    return PV_OK;
}

/* Usages: those a party needs, none an authority has. */
static pv_status check_usage(const pv_certificate *c)
{
    const uint32_t tls = XKU_SSL_SERVER | XKU_SSL_CLIENT;
    uint32_t flags = X509_get_extension_flags(c->x509);
    if (flags & EXFLAG_CA)
        PV_FAIL(PV_ERR_AUTH, "the certificate of %s is an authority's, not a party's", c->name);
    if (!(flags & EXFLAG_KUSAGE) || !(X509_get_key_usage(c->x509) & KU_DIGITAL_SIGNATURE))
        PV_FAIL(PV_ERR_AUTH, "the certificate of %s is not for signatures (keyUsage)", c->name);
    if (!(flags & EXFLAG_XKUSAGE) || (X509_get_extended_key_usage(c->x509) & tls) != tls)
        PV_FAIL(PV_ERR_AUTH, "the certificate of %s is not for both ends of TLS (extendedKeyUsage)",
                c->name);
    return PV_OK;
}

/* The signature, and whether the two fit each other as RFC 5280 says. */
static pv_status check_chain(const pv_certificate *c, const pv_certificate *ca, int64_t now)
{
    pv_status status = PV_OK;
    pv_openssl_begin();
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (store == NULL || ctx == NULL || X509_STORE_add_cert(store, ca->x509) != 1 ||
        X509_STORE_CTX_init(ctx, store, c->x509, NULL) != 1) {
        status = pv_openssl_fail(PV_ERR_RUN, "the certificate of %s could not be checked", c->name);
        goto done;
    }
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN |
                                      X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
    if (X509_verify_cert(ctx) == 1) goto done;
    int why = X509_STORE_CTX_get_error(ctx);
    pv_openssl_begin();
    if (why == X509_V_ERR_OUT_OF_MEM)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for checking the certificate of %s", c->name);
    PV_FAIL_GOTO(PV_ERR_AUTH, "the certificate of %s was not issued by the authority %s: %s",
                 c->name, ca->name, X509_verify_cert_error_string(why));
done:
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return status;
}

pv_status pv_certificate_check(const pv_certificate *c, const pv_certificate *ca, int64_t now)
{
    if (!pv_certificate_is_authority(ca))
        PV_FAIL(PV_ERR_AUTH, "the certificate of %s is no authority's and can't vouch for %s",
                ca->name, c->name);
    PV_TRY(check_usage(c));
    if (pv_party_name_check(c->name) != PV_OK)
        PV_FAIL(PV_ERR_AUTH, "a certificate is for \"%s\", which is no name of a party", c->name);
    if (X509_get_signature_nid(c->x509) != NID_ED25519)
        PV_FAIL(PV_ERR_AUTH, "the certificate of %s is signed by %s; only Ed25519 is used", c->name,
                OBJ_nid2sn(X509_get_signature_nid(c->x509)));
    PV_TRY(check_dates(ca, "the authority ", now));
    PV_TRY(check_dates(c, "", now));
    return check_chain(c, ca, now);
}
