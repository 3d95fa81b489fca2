/* stranger.h - a client that does what a party would not: OpenSSL by hand, blocking */
#ifndef TESTS_NET_STRANGER_H
#define TESTS_NET_STRANGER_H

#include "parties.h"

#include "crypto/identity/issue.h"
#include "crypto/identity/key.h"
#include "net/frame.h"
#include "net/handshake.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>

typedef struct stranger {
    int fd;
    SSL_CTX *context;
    SSL *ssl;
} stranger;

static inline int port_of(const char *address)
{
    return atoi(strrchr(address, ':') + 1);
}

static inline stranger stranger_connect(int port)
{
    stranger s = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    assert_true(s.fd >= 0);
    setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(s.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(s.fd, (struct sockaddr *)&to, sizeof to), 0);
    return s;
}

/* identity NULL: without a certificate. 1: the client side of the handshake is done. */
static inline int stranger_tls(stranger *s, const pv_identity *identity, int version)
{
    s->context = SSL_CTX_new(TLS_client_method());
    assert_non_null(s->context);
    SSL_CTX_set_max_proto_version(s->context, version);
    if (identity != NULL) {
        SSL_CTX_use_certificate(s->context, pv_certificate_x509(pv_identity_certificate(identity)));
        SSL_CTX_use_PrivateKey(s->context, pv_identity_pkey(identity));
    }
    s->ssl = SSL_new(s->context);
    SSL_set_fd(s->ssl, s->fd);
    return SSL_connect(s->ssl) == 1;
}

/* Does the other end hang up? What it says is thrown away. */
static inline int stranger_hung_up(stranger *s)
{
    char rest[1024];
    if (s->ssl != NULL) {
        int n;
        while ((n = SSL_read(s->ssl, rest, sizeof rest)) > 0) continue;
        return SSL_get_error(s->ssl, n) != SSL_ERROR_WANT_READ;
    }
    ssize_t n;
    while ((n = recv(s->fd, rest, sizeof rest, 0)) > 0) continue;
    return n == 0 || errno == ECONNRESET;
}

static inline void stranger_free(stranger *s)
{
    SSL_free(s->ssl);
    SSL_CTX_free(s->context);
    close(s->fd);
    ERR_clear_error();
}

/* A certificate of the crowd's authority that is no longer valid. */
static inline void expired_identity(pv_identity **id, const char *folder, const char *name)
{
    char path[256], pem[256];
    const pv_passphrase none = {NULL};
    EVP_PKEY *key = NULL, *ca_key = NULL;
    pv_certificate *ca = NULL;
    X509 *x = NULL;
    int64_t now = time(NULL);
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    CHECK_OK(pv_certificate_load(&ca, path));
    snprintf(path, sizeof path, "%s/ca.key", folder);
    CHECK_OK(pv_key_load(&ca_key, path, &none));
    CHECK_OK(pv_key_make(&key));
    pv_issue what = {.name = name,
                     .key = key,
                     .authority = pv_certificate_x509(ca),
                     .signer = ca_key,
                     .begins = now - 3000,
                     .ends = now - 1000};
    CHECK_OK(pv_issue_certificate(&x, &what));
    snprintf(pem, sizeof pem, "%s/%s.pem", folder, name);
    snprintf(path, sizeof path, "%s/%s.key", folder, name);
    CHECK_OK(pv_key_save(key, path, &none));
    FILE *f = fopen(pem, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, x), 1);
    fclose(f);
    CHECK_OK(pv_identity_load(id, pem, path, &none));
    X509_free(x);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    pv_certificate_free(ca);
}

/* The server's hub may be a moment late to listen. */
static inline stranger knock(const crowd *c)
{
    usleep(50000);
    return stranger_connect(port_of(c->party[0].address));
}

static inline void say(stranger *s, const pv_frame_header *h, const void *payload)
{
    uint8_t head[PV_FRAME_HEADER];
    pv_frame_encode(head, h);
    SSL_write(s->ssl, head, sizeof head); /* the other end may have hung up */
    if (h->size > 0 && payload != NULL) SSL_write(s->ssl, payload, (int)h->size);
}

/* As client a, with its certificate. */
static inline void say_hello(stranger *s, const crowd *c, int64_t clock)
{
    unsigned char *der = NULL;
    int size = i2d_X509(pv_certificate_x509(pv_identity_certificate(c->party[1].identity)), &der);
    pv_hello hello = {.name = "a",
                      .role = "client",
                      .scheme = "sums",
                      .certificate = der,
                      .certificate_size = (size_t)size,
                      .agreement = (char *)c->party[0].options.agreement,
                      .clock = clock,
                      .need = 1,
                      .from = 1};
    pv_bytes b;
    assert_true(stranger_tls(s, c->party[1].identity, TLS1_3_VERSION));
    CHECK_OK(pv_hello_encode(&b, &hello));
    OPENSSL_free(der);
    say(s, &(pv_frame_header){.type = PV_TYPE_HELLO, .size = b.size}, b.data);
    pv_bytes_clear(&b);
}

#endif
