/* party/scenario.h - the file that all parties of a run share, and what each keeps to itself
 *
 *     [scenario]
 *     name = mnist-4            a name for people
 *     scheme = federated
 *     model = lenet5
 *     seed = 1
 *     threads = 1               compute threads of each party (same seed and threads, same bits)
 *     on_loss = wait            or proceed, with min_parties and loss_timeout (seconds)
 *     ca = sha256:...           of the authority's certificate
 *
 *     [schema]                  what a sample is: parties refuse data that is not so
 *     kind = image              image, table
 *     shape = 28,28,1
 *     classes = 10              or names: cat,dog,frog
 *
 *     [scheme]                  the scheme's own settings
 *     [view]                    retention, by message type: update = every:10
 *
 *     [party server]
 *     role = server
 *     address = 192.0.2.7:7400  where others reach it; without one it only dials out
 *     cert = sha256:...         pins its certificate
 *
 *     [local], [local NAME]     what is a party's own business: data, test, key, cert, ca, listen,
 *                               proxy, ... (pv_local)
 *
 * The *agreement* is the canonical text of all sections but [local*]: one line each section and
 * key, in file order, "key = value". All parties must have the same; its SHA-256 is the scenario
 * hash. What is local comes, later ones winning, from [local], [local NAME] and the file given
 * beside it; its relative paths are relative to the file they stand in.
 */
#ifndef PV_PARTY_SCENARIO_H
#define PV_PARTY_SCENARIO_H

#include "base/str.h"
#include "crypto/identity/identity.h"
#include "party/setting.h"
#include "privet/data.h"
#include "view/view.h"

typedef enum pv_on_loss { PV_LOSS_WAIT = 0, PV_LOSS_PROCEED } pv_on_loss;

typedef struct pv_scenario_party {
    char *name, *role, *address; /* address NULL: only dials out */
    pv_hash fingerprint;
    int pinned; /* is there a cert line? */
    int line;
} pv_scenario_party;

typedef struct pv_schema {
    pv_data_kind kind; /* 0: no [schema] */
    pv_shape sample;
    char **class_name;
    int classes;
} pv_schema;

typedef struct pv_scenario {
    char *path;
    pv_ini ini; /* all of it, local sections included */
    pv_str agreement;
    pv_hash hash;
    const char *name, *scheme, *model;
    uint64_t seed;
    int threads;
    pv_on_loss on_loss;
    int min_parties;
    double loss_timeout;
    pv_hash ca;
    int ca_pinned;
    pv_schema schema;
    pv_scenario_party *party;
    int parties;
} pv_scenario;

/* Sections [scheme] and [view] stay for the scheme to read. Errors: PV_ERR_FORMAT, PV_ERR_RANGE,
 * PV_ERR_NOT_FOUND with file and line. On failure *s is cleared. */
pv_status pv_scenario_load(pv_scenario *s, const char *path) PV_MUST_USE;
pv_status pv_scenario_parse(pv_scenario *s, const char *path, const void *text,
                            size_t size) PV_MUST_USE;
void pv_scenario_clear(pv_scenario *s); /* idempotent */

const pv_scenario_party *pv_scenario_find(const pv_scenario *s, const char *party); /* or NULL */
int pv_scenario_count(const pv_scenario *s, const char *role);
/* How many parties of its role stand before this one. */
int pv_scenario_rank(const pv_scenario *s, const char *party);

/* PV_ERR_FORMAT naming the first key that nobody asked for (call when the scheme has read its own
 * and every message type its retention). */
pv_status pv_scenario_unused(const pv_scenario *s) PV_MUST_USE;

/* The retention of a message type: [view]'s word, or the table's. */
pv_status pv_scenario_retention(pv_retention *out, pv_scenario *s,
                                const pv_message_type *type) PV_MUST_USE;

/* PV_ERR_MISMATCH unless data has the schema's kind, sample shape and class names. Of data without
 * labels, or without features (data.h), only what there is is compared. */
pv_status pv_schema_check(const pv_schema *schema, const pv_data *data) PV_MUST_USE;

/* ---- what is one party's own */
typedef struct pv_local {
    char *data, *test; /* SPECs; NULL: none */
    char *parts; /* "iid" or "dirichlet:0.5": this party's part of data, by rank in its role; NULL:
                    all */
    char *key, *cert, *ca; /* files */
    char *passphrase_file;
    char *listen, *proxy; /* listen: NULL: only dials out; its address when nothing was said */
    char *paillier, *half, *order, *ids; /* of schemes vertical and align: files, and columns */
    char *model, *front; /* complement, the provider: a model with a secret, or with its half the
                            customers' */
    char *missing_ids, *keep_ids; /* align: "error" or "drop", "no" or "yes"; NULL: the first */
    char **dial; /* [dials], a party of the scenario each: its address as seen from here, where that
                    is another ("dial NAME = HOST:PORT"); NULL: its own */
    int dials;
    int threads; /* 0: the scenario's */
} pv_local;

/* extra: a local file, NULL for none. An empty value takes back what an earlier section said. */
pv_status pv_local_load(pv_local *l, pv_scenario *s, const char *party,
                        const char *extra) PV_MUST_USE;
void pv_local_clear(pv_local *l); /* idempotent */

#endif
