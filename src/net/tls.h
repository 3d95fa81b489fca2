/* net/tls.h - TLS 1.3 with certificates on both sides, over a non-blocking socket
 *
 * Both ends show an Ed25519 certificate of the same authority; nothing else is spoken: no older
 * version, no pre-shared keys, no tickets, no early data. Suites: AES-128-GCM, ChaCha20-Poly1305;
 * key exchange X25519. Whether the certificate is that of the party one wants is for the caller to
 * judge, from pv_tls_peer.
 *
 * A TLS 1.3 client is done with its handshake before the server has seen its certificate: only an
 * answer of the server's own shows that it was taken (net/handshake.h).
 *
 * A pv_tls may be shared; a pv_tls_session is used by one thread at a time. Writing to a socket
 * whose other end is gone raises SIGPIPE: the I/O thread blocks it.
 *
 * Errors: PV_ERR_AUTH (a certificate or an alert, with OpenSSL's reason), PV_ERR_NETWORK.
 */
#ifndef PV_NET_TLS_H
#define PV_NET_TLS_H

#include "base/file.h"
#include "crypto/identity/identity.h"

typedef struct pv_tls pv_tls;
typedef struct pv_tls_session pv_tls_session;

/* Both must live as long as it does. */
pv_status pv_tls_new(pv_tls **t, const pv_identity *identity, const pv_certificate *ca) PV_MUST_USE;
void pv_tls_free(pv_tls *t); /* accepts NULL */

/* The socket stays the caller's. */
pv_status pv_tls_open(pv_tls_session **s, pv_tls *t, int fd, int server) PV_MUST_USE;
void pv_tls_close(pv_tls_session *s); /* says goodbye if it can; accepts NULL */

/* All three return at once. *done; *n = 0: nothing goes now, poll for what pv_tls_wants says. */
pv_status pv_tls_handshake(pv_tls_session *s, int *done) PV_MUST_USE;
/* *closed: the peer has said goodbye. */
pv_status pv_tls_read(pv_tls_session *s, void *out, size_t size, size_t *n,
                      int *closed) PV_MUST_USE;
/* Once it was given bytes and took none, the next call must begin with the same bytes. */
pv_status pv_tls_write(pv_tls_session *s, const void *data, size_t size, size_t *n) PV_MUST_USE;

int pv_tls_wants_write(const pv_tls_session *s); /* else reading */
int pv_tls_pending(const pv_tls_session *s);     /* bytes were read that no poll will show */

/* The peer's certificate, after the handshake. */
pv_status pv_tls_peer(pv_certificate **c, const pv_tls_session *s) PV_MUST_USE;

/* The DER bytes of one's own. */
pv_status pv_tls_certificate(pv_bytes *der, const pv_certificate *c) PV_MUST_USE;

uint64_t pv_tls_raw_sent(const pv_tls_session *s); /* bytes of the socket */
uint64_t pv_tls_raw_received(const pv_tls_session *s);

#endif
