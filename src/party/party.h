/* party/party.h - one party of a run: the driver that every role runs in
 *
 * A role is five functions (pv_role). Its step n is blocking code: receive, compute, send, as the
 * paper's algorithm has it. Between steps the driver commits: the role's state, as `save` wrote it,
 * goes into the journal (party/journal.h) together with the frames that were sent, before these
 * reach the network. A party that died is started again with the same folder and goes on in the
 * step it was in; peers that waited notice nothing but the time. What a step sends must therefore
 * be a function of its state, of what it receives, of pv_party_csprng and pv_decide, and of nothing
 * else.
 *
 * The folder of a party:
 *     local.ini        how it was started (run/)
 *     journal.a, .b    the journal (encrypted under a key derived from the party's private key)
 *     view.pvv         what it saw
 *     metrics.jsonl    a line a step, as the role reports
 *     result.json      at the end: what the role found, traffic, seconds, hashes
 *     model.safetensors and what else a role leaves
 */
#ifndef PV_PARTY_PARTY_H
#define PV_PARTY_PARTY_H

#include "base/csprng.h"
#include "base/json.h"
#include "net/hub.h"
#include "party/scenario.h"
#include "wire/reader.h"
#include "wire/writer.h"

typedef struct pv_party pv_party;

/* What a party of a role brings: nothing; rows, as local.data names them (pv_party_data); a table
 * that the role reads for itself. */
enum { PV_BRINGS_NOTHING = 0, PV_BRINGS_ROWS, PV_BRINGS_TABLE };

typedef struct pv_role {
    const char *name, *summary;
    int least, most; /* parties of this role in a scenario */
    int brings_data; /* PV_BRINGS_...: without it a party of this role can't take part */
    /* NULL, or: the same where it depends on the scenario; brings_data is not looked at then. */
    int (*brings)(pv_scenario *s);
    /* PV_BRINGS_TABLE: reads the table and says in one line what is in it (for pv_party_check). */
    pv_status (*look)(pv_str *about, pv_scenario *s, const pv_local *l, const char *who);
    /* Does what its peers of a role send have nothing to do with each other, as of those who ask
     * one that answers? One of them that breaks the protocol is given up then, whatever on_loss
     * says. */
    int peers_apart;
    /* NULL, or: looks at the other files that local names, and says in one line what they are,
     * nothing where there are none (for pv_party_check). */
    pv_status (*files)(pv_str *about, pv_scenario *s, const pv_local *l, const char *who);
    /* *self is the role's own object. Data is opened, nothing is sent. */
    pv_status (*open)(void **self, pv_party *p);
    /* step 1, 2, ...; *done: this was the last one. */
    pv_status (*step)(void *self, pv_party *p, uint64_t step, int *done);
    pv_status (*save)(void *self, pv_writer *w);
    pv_status (*load)(void *self, pv_reader *r);
    /* After the last commit, when all peers have everything: evaluate, write the model, set
     * results. Runs again when the party died in it. */
    pv_status (*finish)(void *self, pv_party *p);
    void (*close)(void *self); /* accepts NULL */
} pv_role;

typedef struct pv_party_options {
    size_t size;
    pv_scenario *scenario; /* outlives the party */
    const pv_local *local;
    const char *name;
    const char *folder;
    const char *scheme; /* name */
    const pv_role *role;
    const pv_message_type *type; /* of the scheme */
    int types;
    /* NULL, or: lowers `max` of a copy of them to what the scenario allows. */
    pv_status (*limits)(pv_message_type *type, pv_scenario *s);
    int (*linked)(const char *role_a, const char *role_b); /* do two roles talk to each other? */
    const pv_hub_peer *channel;  /* tests: peers with channels instead of addresses, up to one
                                    without  a name or as many as there are parties; NULL */
    const pv_identity *identity; /* tests; NULL: from local's files */
    const pv_certificate *ca;
} pv_party_options;

/* Everything from opening to the end. The result is in folder/result.json. Errors: those of the hub
 * and of the role. PV_ERR_CANCELLED: stopped between or in steps, can be started again. */
pv_status pv_party_run(const pv_party_options *o, const pv_ctx *ctx) PV_MUST_USE;

/* What a party of this role must bring: PV_BRINGS_... */
int pv_role_brings(const pv_role *role, pv_scenario *s);

/* ---- for roles */
const pv_ctx *pv_party_ctx(const pv_party *p);
pv_hub *pv_party_hub(const pv_party *p);
pv_scenario *pv_party_scenario(const pv_party *p);
const pv_local *pv_party_local(const pv_party *p);
const char *pv_party_name(const pv_party *p);
const char *pv_party_folder(const pv_party *p);
const pv_identity *pv_party_identity(const pv_party *p);

/* Secrets of this step: derived from the run key by purpose, step and attempt. The same purpose
 * gives the same bytes again; in `open` the step is the last committed one. */
pv_status pv_party_csprng(pv_csprng *out, pv_party *p, const char *purpose) PV_MUST_USE;

/* The data this party brings (local.data, its part of it), checked against the schema; the caller
 * frees it. The first call commits to it: folder/truth.json (mode 0600) gets the root of a Merkle
 * tree over the rows (crypto/identity/merkle.h; a row is its float32 values as read and its i32
 * label, little-endian), its salt and their number. PV_ERR_MISMATCH when a party that is started
 * again has other rows than before. */
pv_status pv_party_data(pv_data **out, pv_party *p) PV_MUST_USE;
const pv_hash *pv_party_truth(const pv_party *p); /* that root; NULL before pv_party_data */
/* local.test, or the test split of local.data's source; *out NULL when there is none. */
pv_status pv_party_test(pv_data **out, pv_party *p) PV_MUST_USE;

/* The next message of a peer under the scenario's on_loss: wait, or give the peer up when none came
 * for loss_timeout (*lost = PV_LOST_SILENT, the hub dropped it, the decision is durable; from then
 * on *lost is not 0 at once). A peer without whom fewer than min_parties of its role would remain
 * is waited for. PV_ERR_PEER when it broke the protocol, its message is not of the type (0: any),
 * or of another step than the one now executed; where the run can go on without it, it is given up
 * instead (*lost = PV_LOST_BROKE; pv_hub_reason tells why). */
enum { PV_LOST_SILENT = 1, PV_LOST_BROKE };
pv_status pv_party_recv(pv_message *out, int *lost, pv_party *p, int peer,
                        uint16_t type) PV_MUST_USE;

/* One line of metrics.jsonl, "step" added. After a crash lines beyond the last commit are cut off.
 * The reference is taken over. */
pv_status pv_party_metric(pv_party *p, json_t *line) PV_MUST_USE;
/* One entry of result.json's "result"; the reference is taken over. */
pv_status pv_party_result(pv_party *p, const char *key, json_t *value) PV_MUST_USE;
/* For the live display: "round 3/10, accuracy 98.7 %". */
void pv_party_progress(pv_party *p, uint64_t done, uint64_t total, const char *fmt, ...)
    PV_PRINTF(4, 5);

#endif
