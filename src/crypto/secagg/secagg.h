/* crypto/secagg/secagg.h - a server learns the sum of its clients' vectors, and not the vectors
 *
 * Pairwise-masked sums after Bonawitz et al., CCS 2017. One round, n clients 0..n-1, a threshold t,
 * everything relayed by the server; vectors are of `length` numbers mod 2^64
 * (crypto/secagg/quantise.h makes them of floats):
 *
 *   0 advertise  a client makes two X25519 key pairs for this round, one to encrypt and one to
 *                agree on masks; the public keys go to all, signed by the client's identity.
 *   1 share      it draws a seed b_u and cuts (private mask key s_u, b_u) into n shares, any t of
 *                which give them back (crypto/secagg/shamir.h); each peer gets its share encrypted.
 *                U1 is the set of clients whose shares arrived.
 *   2 mask       y_u = x_u + PRG(b_u) + sum_{v in U1, v > u} PRG(s_uv) - sum_{v in U1, v < u}
 *                PRG(s_uv), with s_uv = s_vu agreed between u and v. U2 is the set of clients whose
 *                y_u arrived; where both ends are in U2 the pair's masks cancel in the sum.
 *   3 unmask     the server names U2; a client gives, for each v of U1, its share of b_v when v is
 *                in U2 and of s_v when it is not, never both. t answers are enough to remove what
 *                did not cancel, and the sum over U2 is left.
 *
 * What the server learns: the sum over U2, and who is in U1 and U2. What that rests on: the caller
 * checks the signature over every keys message; the server follows the protocol; it and the
 * clients that collude with it hold fewer than t shares. A server that does not follow it can name
 * different survivors to different clients: that gives it one client's vector only when it
 * collects t answers of each kind, for which it needs 2t - n clients on its side. The formulas,
 * the costs, and what else an active server could do: docs/secagg.md.
 *
 * What this adds to the paper: a client publishes a commitment to b_u with its shares, and the
 * server holds reconstructed secrets against it and against the public key: wrong shares end in an
 * error that names the owner, not in a wrong sum.
 *
 * Everything is a function of bytes: no I/O, no clock, no threads; all randomness is drawn from
 * the pv_csprng that is given, so a replayed step makes the same bytes. Messages (layouts in
 * crypto/secagg/message.h) name their run and round. One object takes part in one round and is
 * used by one thread. Secrets are never in a branch or an address
 * (tests/unit/crypto/secagg/ct.c); the exception is whether a bundle is authentic.
 *
 *     client                                          server
 *     pv_secagg_client_new                            pv_secagg_server_new
 *     _advertise  -> keys, the caller signs them  ->  caller checks; _keys
 *     _peer (each other client's, checked)        <-  relays keys and signatures
 *     _share      -> shares                       ->  _shares
 *     _receive                                    <-  _deliver (one message a client)
 *     _mask       -> the vector                   ->  _masked
 *     _unmask     <- survivors (the same for all) <-  _survivors
 *                 -> answer                       ->  _answer; at last _sum
 *
 * Errors: PV_ERR_OPTION for parameters; PV_ERR_USAGE where the caller breaks the order;
 * PV_ERR_FORMAT, PV_ERR_TRUNCATED, PV_ERR_LIMIT, PV_ERR_MISMATCH, PV_ERR_VERSION for what a message
 * is; PV_ERR_PEER where a well-formed message asks for or says what must not be, or where too few
 * clients are left; PV_ERR_MEMORY. A call that fails changes nothing, but that a pv_csprng has been
 * drawn from.
 */
#ifndef PV_CRYPTO_SECAGG_SECAGG_H
#define PV_CRYPTO_SECAGG_SECAGG_H

#include "base/csprng.h"
#include "wire/reader.h"
#include "wire/writer.h"

enum { PV_SECAGG_MAX_CLIENTS = 1024, PV_SECAGG_MAX_LENGTH = 1 << 28, PV_SECAGG_RUN_BYTES = 32 };

/* The same at all parties, or nothing they send each other is accepted. */
typedef struct pv_secagg_params {
    int n;         /* clients, 2..PV_SECAGG_MAX_CLIENTS */
    int t;         /* threshold, n/2 < t <= n */
    size_t length; /* of a vector, 1..PV_SECAGG_MAX_LENGTH */
    uint8_t run[PV_SECAGG_RUN_BYTES];
    uint64_t round; /* no two of a run have the same; and no vector is summed in two of them */
} pv_secagg_params;

/* PV_ERR_OPTION, saying which. */
pv_status pv_secagg_params_check(const pv_secagg_params *p) PV_MUST_USE;

/* The context under which the caller signs a keys message (pv_identity_sign). */
#define PV_SECAGG_SIGNED "secagg keys"

/* ---- a client: holds secrets, wiped when they are not needed any more and by free */

typedef struct pv_secagg_client pv_secagg_client;

pv_status pv_secagg_client_new(pv_secagg_client **c, const pv_secagg_params *p,
                               int self) PV_MUST_USE;
void pv_secagg_client_free(pv_secagg_client *c); /* accepts NULL */

/* The keys message: exactly the bytes to sign. It holds the client's number and all parameters. */
pv_status pv_secagg_client_advertise(pv_secagg_client *c, pv_csprng *r, pv_bytes *out) PV_MUST_USE;

/* Another client's keys message, of which the caller has checked that the identity pinned to client
 * `from` signed these bytes. */
pv_status pv_secagg_client_peer(pv_secagg_client *c, int from, const void *message,
                                size_t size) PV_MUST_USE;

/* Needs the keys of at least t clients, its own among them. */
pv_status pv_secagg_client_share(pv_secagg_client *c, pv_csprng *r, pv_bytes *out) PV_MUST_USE;

/* The bundles for this client: their senders and itself are U1, at least t. */
pv_status pv_secagg_client_receive(pv_secagg_client *c, const void *message,
                                   size_t size) PV_MUST_USE;

/* values: x before, y after; length as in the parameters. Once: two vectors under the same masks
 * would give away their difference. */
pv_status pv_secagg_client_mask(pv_secagg_client *c, uint64_t *values, size_t length) PV_MUST_USE;

/* The survivors message. Refused (PV_ERR_PEER) unless it names at least t clients of U1, this one
 * among them, and this client has not answered in this round. */
pv_status pv_secagg_client_unmask(pv_secagg_client *c, const void *message, size_t size,
                                  pv_bytes *out) PV_MUST_USE;

/* The whole state between two calls, for a journal that encrypts it: it holds the secrets. A state
 * of other parameters, or of another client, is refused (PV_ERR_MISMATCH). load reads what save
 * wrote and leaves the rest of r. */
void pv_secagg_client_save(const pv_secagg_client *c, pv_writer *w);
pv_status pv_secagg_client_load(pv_secagg_client **c, const pv_secagg_params *p, int self,
                                pv_reader *r) PV_MUST_USE;

/* ---- the server: holds no secrets until enough clients have answered */

typedef struct pv_secagg_server pv_secagg_server;

pv_status pv_secagg_server_new(pv_secagg_server **s, const pv_secagg_params *p) PV_MUST_USE;
void pv_secagg_server_free(pv_secagg_server *s); /* accepts NULL */

/* From client `from`, signature checked by the caller. */
pv_status pv_secagg_server_keys(pv_secagg_server *s, int from, const void *message,
                                size_t size) PV_MUST_USE;

/* The first one ends the collection of keys, of which there must be t: the bundles must be for
 * exactly those clients whose keys were collected. */
pv_status pv_secagg_server_shares(pv_secagg_server *s, int from, const void *message,
                                  size_t size) PV_MUST_USE;

/* The bundles for client `to`, one of those that shared. The first call ends the collection of
 * shares, of which there must be t. */
pv_status pv_secagg_server_deliver(pv_secagg_server *s, int to, pv_bytes *out) PV_MUST_USE;

pv_status pv_secagg_server_masked(pv_secagg_server *s, int from, const uint64_t *values,
                                  size_t length) PV_MUST_USE;

/* Ends the collection of vectors, of which there must be t, and names the clients they came from.
 * The same bytes for all of them, however often it is called. */
pv_status pv_secagg_server_survivors(pv_secagg_server *s, pv_bytes *out) PV_MUST_USE;

pv_status pv_secagg_server_answer(pv_secagg_server *s, int from, const void *message,
                                  size_t size) PV_MUST_USE;

/* The sum of x over the survivors, mod 2^64, as soon as t have answered; the answers of the t
 * lowest are used. PV_ERR_PEER when shares do not give what their owner has published. On failure
 * `sum` is zero. */
pv_status pv_secagg_server_sum(pv_secagg_server *s, uint64_t *sum, size_t length) PV_MUST_USE;

/* What has come from a client so far. */
enum {
    PV_SECAGG_KEYS = 1,
    PV_SECAGG_SHARES = 2, /* it is in U1 */
    PV_SECAGG_MASKED = 4, /* it is in U2 */
    PV_SECAGG_ANSWER = 8
};
unsigned pv_secagg_server_seen(const pv_secagg_server *s, int client);

#endif
