/* party/party_i.h - what a party is made of; for the files of party/ that are the driver */
#ifndef PV_PARTY_PARTY_I_H
#define PV_PARTY_PARTY_I_H

#include "party/journal.h"
#include "party/party.h"

/* What the driver itself keeps in every committed state, before the role's own bytes. */
typedef struct pv_party_kept {
    uint8_t *run_key; /* secret memory; PV_RUN_KEY_BYTES */
    int done;         /* the role said that its last step is over */
    double seconds;   /* of all processes so far, up to the commit */
    uint64_t metrics; /* bytes of metrics.jsonl */
    json_t *results;
} pv_party_kept;

struct pv_party {
    const pv_party_options *o;
    pv_ctx ctx;
    const pv_scenario_party *self;
    const pv_identity *identity; /* own_* when they were loaded here */
    const pv_certificate *ca;
    pv_identity *own_identity;
    pv_certificate *own_ca;
    pv_hub_peer *peer; /* [peers] */
    int peers;
    pv_message_type *type; /* the scheme's, with the scenario's retention */
    char *view;            /* path */
    pv_journal *journal;
    pv_hub *hub;
    void *self_role;

    pv_party_kept kept;
    uint64_t step;    /* now executed; 0 before the first */
    uint64_t first;   /* step that this process began with */
    uint64_t attempt; /* of that step */
    uint64_t restarts;
    uint64_t received; /* pv_party_recv calls of this step */
    double began;      /* pv_clock_seconds */
    int metrics;       /* file descriptor; -1 */
    uint64_t metrics_size;

    pv_hash truth;
    int64_t truth_rows;
    int truth_known;
};

/* ---- party.c */
pv_status pv_party_new(pv_party **out, const pv_party_options *o, const pv_ctx *ctx) PV_MUST_USE;
void pv_party_free(pv_party *p);

/* ---- party_data.c */

/* ---- party_open.c */
/* Certificates, and whether they are those that the scenario pins. */
pv_status pv_party_open_identity(pv_party *p) PV_MUST_USE;
/* Who it talks to, in the scenario's order. */
pv_status pv_party_open_peers(pv_party *p) PV_MUST_USE;
pv_status pv_party_open_hub(pv_party *p, const pv_journal_picture *picture) PV_MUST_USE;
/* Options of a hub for this party, without journal and view. */
pv_hub_options pv_party_hub_options(const pv_party *p);

/* ---- party_state.c */
/* The run key is new, nothing happened yet. */
pv_status pv_party_state_begin(pv_party *p) PV_MUST_USE;
/* Into w: the driver's part and the role's. */
pv_status pv_party_state_encode(pv_bytes *out, pv_party *p) PV_MUST_USE;
/* *role stands at the role's part. */
pv_status pv_party_state_parse(pv_party *p, pv_reader *role, const void *data,
                               size_t size) PV_MUST_USE;
void pv_party_state_clear(pv_party_kept *k);

/* ---- party_result.c */
/* metrics.jsonl, cut back to what the last commit knows of. */
pv_status pv_party_open_metrics(pv_party *p) PV_MUST_USE;
/* result.json, when everything is over and the hub's figures are final. */
pv_status pv_party_write_result(pv_party *p, double seconds) PV_MUST_USE;

#endif
