/* scheme/scheme.h - what a scheme is: roles, messages, settings, and what it claims
 *
 * A scheme is a table entry. run/ finds it by name, starts a party for each role, and asks for its
 * claims when it audits: each claim names the attacks that test it.
 */
#ifndef PV_SCHEME_SCHEME_H
#define PV_SCHEME_SCHEME_H

#include "party/party.h"
#include "privet/train.h"

typedef struct pv_claim {
    const char *secret;         /* "training images" */
    const char *adversary;      /* role that looks: "server" */
    const char *victim;         /* role whose secret it is: "client" */
    int told;                   /* the scheme tells it by itself: nothing to attack */
    const char *text;           /* what the scheme says: "hidden only by averaging" */
    const char *const *attacks; /* names, ended by NULL; in order of preference */
} pv_claim;

/* Which of a victim's samples stand behind the records of a step. */
typedef struct pv_batch_truth {
    int64_t *index; /* into the victim's data, as pv_party_data gives it */
    int64_t count;
} pv_batch_truth;

/* What a scenario tells anybody about the learning in it. */
typedef struct pv_scheme_known {
    int local_epochs, local_batch; /* of a client's round; 0: one step */
    double local_lr;
    double lr, momentum, decay; /* of the layer that two parties share */
    int64_t batch;              /* nominal, of a step */
} pv_scheme_known;

/* What a run will cost, before it runs. */
typedef struct pv_forecast {
    uint64_t steps;
    double wire_bytes;             /* all links together */
    double view_bytes, disk_bytes; /* of the largest party */
} pv_forecast;

/* Of a network that is cut between two roles (encode/complement): what an audit needs of it. The
 * folder is one party's; what is made is the caller's. PV_ERR_NOT_FOUND where the folder has none.
 */
struct pv_split_half;
struct pv_activation_form;
struct pv_secret_value;
typedef struct pv_scheme_cut {
    const char *provider, *customer; /* roles */
    /* The published half, and how activations cross: in either's folder. */
    pv_status (*front)(struct pv_split_half *front, struct pv_activation_form *form, pv_scenario *s,
                       const char *folder);
    pv_status (*back)(struct pv_split_half *back, pv_scenario *s, const char *folder);
    /* What it answers: "logits", "rounded", "label". */
    const char *(*answers)(pv_scenario *s);
    /* Of a customer's rows 0 .. *count-1, in their order; from pv_alloc, secret. */
    pv_status (*secrets)(struct pv_secret_value **out, int64_t *count,
                         const struct pv_split_half *front, pv_scenario *s, const char *folder);
    /* Labels that a customer made of the answers, likewise; no scores are needed. */
    pv_status (*opened)(int32_t **out, int64_t *count, pv_scenario *s, const char *folder);
} pv_scheme_cut;

typedef struct pv_scheme {
    const char *name, *summary;
    const pv_role *const *role; /* ended by NULL */
    const pv_message_type *type;
    int types;
    const pv_setting *setting; /* of [scheme] */
    /* NULL, or: lowers `max` of a copy of the table to what can come under the settings: what is
     * larger is refused before memory is asked for. The same at every party. */
    pv_status (*limits)(pv_message_type *type, pv_scenario *s);
    int (*linked)(const char *role_a, const char *role_b);
    /* What is proven, "none" where nothing is; *why gets one sentence about the assumption, or "".
     */
    const char *(*guarantee)(pv_scenario *s, const char **why);

    /* Reads and checks [scheme] and what it implies about roles; PV_ERR_* with file and line. One
     * line for people goes to setting: "FedSGD, 4 clients, one image a step". claim[0..*claims)
     * live as long as the program: they may depend on the settings. */
    pv_status (*check)(pv_scenario *s, pv_str *setting, const pv_claim **claim, int *claims);
    pv_status (*forecast)(pv_forecast *out, pv_scenario *s, int64_t samples);
    /* NULL, or: the samples behind a step; count 0 when the step has none (yet). samples: of the
     * victim. */
    pv_status (*truth)(pv_batch_truth *out, pv_scenario *s, const char *victim, int64_t samples,
                       uint64_t step);
    /* NULL, or: what an adversary knows from the scenario, for attacks; *out is zero before. */
    pv_status (*known)(pv_scheme_known *out, pv_scenario *s);
    /* NULL, or: settings that leave less protected than the scheme could, a line each appended to
     * out, "masks = weak: the shares of W hide ...\n"; nothing when there are none. Every report
     * shows them. */
    pv_status (*warn)(pv_str *out, pv_scenario *s);
    /* Parties have different columns of the same rows and parts of one model that nobody has whole.
     */
    int split;
    /* NULL, or of such a scheme: the whole model with the layers that a party trained itself, from
     * its folder or what that says about an earlier run; the others' values mean nothing. *head:
     * dense layers at its end that are not its own. */
    pv_status (*own_model)(pv_model **out, int64_t *head, pv_scenario *s, const char *party,
                           const char *folder);
    /* NULL, or of such a scheme: the layer that nobody has whole, from all parties' folders, in the
     * scenario's order: *out [outputs, inputs + 1], its bias in the last column, from pv_alloc.
     * PV_ERR_NOT_FOUND where a party has no part of it. */
    pv_status (*weights)(double **out, int64_t *outputs, int64_t *inputs, pv_scenario *s,
                         const char *const *folder);
    /* NULL, or of such a scheme: the rows that a run without a training was about, as the party
     * whose folder it is has them. */
    pv_status (*measured)(pv_data **out, pv_scenario *s, const char *party, const char *folder,
                          const pv_ctx *ctx);
    /* NULL, or: how the same model is trained on all rows pooled, with as many passes over them:
     * what the scheme's accuracy is measured against. train, validation and seed are the caller's.
     */
    pv_status (*plain)(pv_train_options *out, pv_scenario *s);
    /* NULL: rows of all parties one behind the other. Or: what is pooled for that, out of the rows
     * of each party (NULL: it has none), for training and for the test alike. */
    pv_status (*pool)(pv_data **out, const pv_scenario *s, pv_data *const *part);
    /* NULL, or: what the settings imply in numbers for so many rows, one line or several, for
     * people, before anything runs. Fails when they cannot hold. */
    pv_status (*describe)(pv_str *out, pv_scenario *s, int64_t samples);
    const pv_scheme_cut *cut; /* NULL: no network is cut */
} pv_scheme;

void pv_batch_truth_clear(pv_batch_truth *t); /* idempotent */

#endif
