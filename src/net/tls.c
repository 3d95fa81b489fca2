#include "net/tls.h"

#include "base/mem.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* One key of AES-GCM is good for 2^24.5 records of 16 KiB (RFC 8446, section 5.5). */
#define KEY_BYTES_MAX ((uint64_t)1 << 37)
enum { READ_BUFFER = 128 * 1024 };

struct pv_tls {
    SSL_CTX *server, *client;
    const pv_certificate *ca;
};

struct pv_tls_session {
    SSL *ssl;
    const pv_certificate *ca;
    uint64_t key_bytes;          /* since the last change of keys */
    int wants_write, broken, up; /* up: the handshake is done on this side */
};

/* Empties OpenSSL's queue into one reason. */
static void reason(char *out, size_t size)
{
    unsigned long code = ERR_peek_last_error(), first = ERR_peek_error();
    const char *text = first == 0 ? NULL : ERR_reason_error_string(first);
    if (text == NULL && code != 0) text = ERR_reason_error_string(code);
    snprintf(out, size, "%s", text == NULL ? "unknown reason" : text);
    ERR_clear_error();
}

static pv_status failed(const char *what)
{
    char why[160];
    reason(why, sizeof why);
    PV_FAIL(PV_ERR_RUN, "TLS: %s: %s", what, why);
}

static pv_status context(SSL_CTX **out, const pv_identity *identity, const pv_certificate *ca,
                         int server)
{
    SSL_CTX *c = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    *out = c;
    ERR_clear_error();
    if (c == NULL) PV_FAIL_MEMORY(sizeof(void *));
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(c, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(c, 1);
    SSL_CTX_set_default_read_buffer_len(c, READ_BUFFER);
    SSL_CTX_set_read_ahead(c, 1);
    X509 *authority = pv_certificate_x509(ca);
    if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") != 1 ||
        SSL_CTX_set1_groups_list(c, "X25519") != 1 ||
        SSL_CTX_set1_sigalgs_list(c, "ed25519") != 1 || SSL_CTX_set_num_tickets(c, 0) != 1)
        return failed("settings were not taken");
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(c), authority) != 1 ||
        (server && SSL_CTX_add_client_CA(c, authority) != 1))
        return failed("the authority's certificate was not taken");
    if (SSL_CTX_use_certificate(c, pv_certificate_x509(pv_identity_certificate(identity))) != 1 ||
        SSL_CTX_use_PrivateKey(c, pv_identity_pkey(identity)) != 1 ||
        SSL_CTX_check_private_key(c) != 1)
        return failed("certificate and key were not taken");
    return PV_OK;
}

pv_status pv_tls_new(pv_tls **out, const pv_identity *identity, const pv_certificate *ca)
{
    pv_tls *t = pv_calloc(1, sizeof *t);
    *out = NULL;
    if (t == NULL) PV_FAIL_MEMORY(sizeof *t);
    t->ca = ca;
    pv_status status = context(&t->server, identity, ca, 1);
    if (status == PV_OK) status = context(&t->client, identity, ca, 0);
    if (status == PV_OK)
        *out = t;
    else
        pv_tls_free(t);
    return status;
}

void pv_tls_free(pv_tls *t)
{
    if (t == NULL) return;
    SSL_CTX_free(t->server);
    SSL_CTX_free(t->client);
    pv_free(t);
}

pv_status pv_tls_open(pv_tls_session **out, pv_tls *t, int fd, int server)
{
    pv_tls_session *s = pv_calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL) PV_FAIL_MEMORY(sizeof *s);
    s->ca = t->ca;
    ERR_clear_error();
    s->ssl = SSL_new(server ? t->server : t->client);
    if (s->ssl == NULL || SSL_set_fd(s->ssl, fd) != 1) {
        pv_status status = failed("no session");
        pv_tls_close(s);
        return status;
    }
    if (server)
        SSL_set_accept_state(s->ssl);
    else
        SSL_set_connect_state(s->ssl);
    *out = s;
    return PV_OK;
}

void pv_tls_close(pv_tls_session *s)
{
    if (s == NULL) return;
    if (s->ssl != NULL && !s->broken && s->up) (void)SSL_shutdown(s->ssl);
    SSL_free(s->ssl);
    ERR_clear_error();
    pv_free(s);
}

/* Alerts (RFC 8446, section 6.2) by which the other end says that it does not take the certificate.
 */
static int about_certificate(int alert)
{
    return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
           alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED ||
           alert == TLS13_AD_CERTIFICATE_REQUIRED;
}

/* What a call that returned rc <= 0 means: PV_OK when it is only not the time. */
static pv_status judge(pv_tls_session *s, int rc, int *closed)
{
    char why[160];
    int system_error = errno;
    int error = SSL_get_error(s->ssl, rc);
    s->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return PV_OK;
    if (error == SSL_ERROR_ZERO_RETURN && closed != NULL) {
        *closed = 1;
        return PV_OK;
    }
    s->broken = 1;
    if (error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0)
        PV_FAIL(PV_ERR_NETWORK, "%s",
                system_error == 0 ? "the connection was closed" : strerror(system_error));
    unsigned long code = ERR_peek_error();
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        PV_FAIL(PV_ERR_NETWORK, "the connection was closed");
    }
    long verified = SSL_get_verify_result(s->ssl);
    reason(why, sizeof why);
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
        PV_FAIL(PV_ERR_AUTH, "TLS: the certificate was not accepted: %s",
                X509_verify_cert_error_string(verified));
    int alert = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET : -1;
    if (alert >= 0)
        PV_FAIL(about_certificate(alert) ? PV_ERR_AUTH : PV_ERR_NETWORK,
                "TLS: the other end says: %s", why);
    /* What breaks in the middle of a session is the connection. */
    PV_FAIL(s->up ? PV_ERR_NETWORK : PV_ERR_AUTH, "TLS: %s", why);
}

pv_status pv_tls_handshake(pv_tls_session *s, int *done)
{
    errno = 0;
    ERR_clear_error();
    int rc = SSL_do_handshake(s->ssl);
    *done = s->up = rc == 1;
    return rc == 1 ? PV_OK : judge(s, rc, NULL);
}

pv_status pv_tls_read(pv_tls_session *s, void *out, size_t size, size_t *n, int *closed)
{
    *closed = 0;
    *n = 0;
    errno = 0;
    ERR_clear_error();
    int rc = SSL_read_ex(s->ssl, out, size, n);
    if (rc == 1) return PV_OK;
    *n = 0;
    return judge(s, rc, closed);
}

pv_status pv_tls_write(pv_tls_session *s, const void *data, size_t size, size_t *n)
{
    *n = 0;
    errno = 0;
    ERR_clear_error();
    if (s->key_bytes > KEY_BYTES_MAX) {
        if (SSL_key_update(s->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1) s->key_bytes = 0;
        ERR_clear_error();
    }
    int rc = SSL_write_ex(s->ssl, data, size, n);
    if (rc == 1) {
        s->key_bytes += *n;
        s->wants_write = 0;
        return PV_OK;
    }
    *n = 0;
    return judge(s, rc, NULL);
}

int pv_tls_wants_write(const pv_tls_session *s)
{
    return s->wants_write;
}

int pv_tls_pending(const pv_tls_session *s)
{
    return SSL_has_pending(s->ssl);
}

pv_status pv_tls_certificate(pv_bytes *der, const pv_certificate *c)
{
    unsigned char *bytes = NULL;
    *der = (pv_bytes){0};
    ERR_clear_error();
    int size = i2d_X509(pv_certificate_x509(c), &bytes);
    if (size < 0) return failed("the certificate can't be encoded");
    der->data = pv_alloc((size_t)size, 1);
    if (der->data != NULL) {
        memcpy(der->data, bytes, (size_t)size);
        der->size = (size_t)size;
    }
    OPENSSL_free(bytes);
    if (der->data == NULL) PV_FAIL_MEMORY(size);
    return PV_OK;
}

pv_status pv_tls_peer(pv_certificate **c, const pv_tls_session *s)
{
    unsigned char *der = NULL;
    X509 *peer = SSL_get0_peer_certificate(s->ssl);
    *c = NULL;
    int size = peer == NULL ? -1 : i2d_X509(peer, &der);
    if (size < 0) PV_FAIL(PV_ERR_AUTH, "TLS: the other end showed no certificate");
    pv_status status = pv_certificate_parse(c, "the certificate", der, (size_t)size);
    OPENSSL_free(der);
    if (status == PV_OK) status = pv_certificate_check(*c, s->ca, time(NULL));
    if (status != PV_OK) {
        pv_certificate_free(*c);
        *c = NULL;
    }
    return status;
}

uint64_t pv_tls_raw_sent(const pv_tls_session *s)
{
    return BIO_number_written(SSL_get_wbio(s->ssl));
}

uint64_t pv_tls_raw_received(const pv_tls_session *s)
{
    return BIO_number_read(SSL_get_rbio(s->ssl));
}
