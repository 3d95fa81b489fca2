#include "party/party_i.h"

#include "base/ctx.h"
#include "base/secret.h"
#include <string.h>
#include <time.h>

enum { PASSPHRASE_MAX = 4096, WARN_DAYS = 7, DAY = 86400 };

/* ---- who we are */

/* The first line of a file. */
static pv_status load_passphrase(char **out, const char *path)
{
    pv_bytes file;
    PV_TRY(pv_file_read(&file, path, PASSPHRASE_MAX));
    size_t n = strcspn((const char *)file.data, "\r\n");
    *out = pv_secret_alloc(n + 1);
    if (*out != NULL) {
        memcpy(*out, file.data, n);
        (*out)[n] = '\0';
    }
    pv_secret_wipe(file.data, file.size);
    pv_bytes_clear(&file);
    if (*out == NULL) PV_FAIL_MEMORY(n + 1);
    return PV_OK;
}

static pv_status load_identity(pv_party *p)
{
    const pv_local *l = p->o->local;
    char *words = NULL;
    const char *const files[] = {l->cert, l->key, l->ca};
    static const char *const names[] = {"cert", "key", "ca"};
    for (int i = 0; i < 3; i++)
        if (files[i] == NULL)
            PV_FAIL(PV_ERR_INPUT,
                    "%s has no %s: write %s = FILE into its local file, or into [local %s] of %s",
                    p->o->name, names[i], names[i], p->o->name, p->o->scenario->path);
    if (l->passphrase_file != NULL) PV_TRY(load_passphrase(&words, l->passphrase_file));
    pv_status status =
        pv_identity_load(&p->own_identity, l->cert, l->key, &(pv_passphrase){.text = words});
    pv_secret_free(words);
    PV_TRY(status);
    p->identity = p->own_identity;
    PV_TRY(pv_certificate_load(&p->own_ca, l->ca));
    p->ca = p->own_ca;
    return PV_OK;
}

static pv_status check_pin(const pv_party *p, const pv_certificate *c, const pv_hash *pin,
                           const char *what, const char *file)
{
    char here[PV_HASH_TEXT], there[PV_HASH_TEXT];
    if (pv_hash_equal(pv_certificate_fingerprint(c), pin)) return PV_OK;
    PV_FAIL(PV_ERR_MISMATCH,
            "%s: %s is sha256:%s, %s pins sha256:%s; take the certificate that the scenario names",
            file == NULL ? p->o->name : file, what,
            pv_hash_text(pv_certificate_fingerprint(c), here), p->o->scenario->path,
            pv_hash_text(pin, there));
}

pv_status pv_party_open_identity(pv_party *p)
{
    const pv_scenario *s = p->o->scenario;
    p->identity = p->o->identity;
    p->ca = p->o->ca;
    if (p->identity == NULL) PV_TRY(load_identity(p));
    if (p->self->pinned)
        PV_TRY(check_pin(p, pv_identity_certificate(p->identity), &p->self->fingerprint,
                         "the certificate", p->o->local->cert));
    if (s->ca_pinned && p->ca != NULL)
        PV_TRY(check_pin(p, p->ca, &s->ca, "the authority", p->o->local->ca));
    return PV_OK;
}

/* ---- whom we talk to */

static const pv_hub_peer *find_channel(const pv_party_options *o, const char *name)
{
    int n = o->scenario->parties;
    for (int i = 0; o->channel != NULL && i < n && o->channel[i].name != NULL; i++)
        if (strcmp(o->channel[i].name, name) == 0) return &o->channel[i];
    return NULL;
}

/* Those of a role of which enough are left may be given up; all others are waited for. */
static int may_go(const pv_scenario *s, const char *role)
{
    return s->on_loss == PV_LOSS_PROCEED && pv_scenario_count(s, role) > s->min_parties;
}

pv_status pv_party_open_peers(pv_party *p)
{
    const pv_scenario *s = p->o->scenario;
    const char *const *dial = (const char *const *)p->o->local->dial;
    int apart = p->o->role != NULL && p->o->role->peers_apart; /* a check may have none */
    p->peer = pv_calloc((size_t)s->parties, sizeof *p->peer);
    if (p->peer == NULL) PV_FAIL_MEMORY((size_t)s->parties * sizeof *p->peer);
    for (int i = 0; i < s->parties; i++) {
        const pv_scenario_party *q = &s->party[i];
        if (q == p->self || !p->o->linked(p->self->role, q->role)) continue;
        const pv_hub_peer *channel = find_channel(p->o, q->name);
        if (!q->pinned && channel == NULL)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%d: [party %s] has no cert line; every party's certificate must be pinned",
                    s->path, q->line, q->name);
        p->peer[p->peers++] =
            (pv_hub_peer){.name = q->name,
                          .role = q->role,
                          .fingerprint = channel != NULL ? channel->fingerprint : q->fingerprint,
                          .address = channel != NULL                   ? NULL
                                     : dial != NULL && dial[i] != NULL ? dial[i]
                                                                       : q->address,
                          .channel = channel != NULL ? channel->channel : -1,
                          .patience = may_go(s, q->role) ? s->loss_timeout : 0,
                          .expendable = apart || may_go(s, q->role)};
    }
    return PV_OK;
}

/* ---- the hub */

static pv_status open_types(pv_party *p)
{
    p->type = pv_calloc((size_t)p->o->types + 1, sizeof *p->type);
    if (p->type == NULL) PV_FAIL_MEMORY((size_t)p->o->types * sizeof *p->type);
    for (int i = 0; i < p->o->types; i++) {
        p->type[i] = p->o->type[i];
        PV_TRY(pv_scenario_retention(&p->type[i].retention, p->o->scenario, &p->o->type[i]));
    }
    return p->o->limits != NULL ? p->o->limits(p->type, p->o->scenario) : PV_OK;
}

pv_hub_options pv_party_hub_options(const pv_party *p)
{
    const pv_local *l = p->o->local;
    return (pv_hub_options){.size = sizeof(pv_hub_options),
                            .name = p->o->name,
                            .role = p->self->role,
                            .scheme = p->o->scheme,
                            .identity = p->identity,
                            .ca = p->ca,
                            .agreement = pv_str_text(&p->o->scenario->agreement),
                            .peer = p->peer,
                            .peers = p->peers,
                            .type = p->type,
                            .types = p->o->types,
                            .listen = p->o->channel == NULL ? l->listen : NULL,
                            .proxy = l->proxy};
}

/* Peers would turn away a certificate that is not valid, one try after the other: the party itself
 * says so first. */
static pv_status check_dates(const pv_party *p)
{
    const pv_certificate *own = pv_identity_certificate(p->identity);
    int64_t now = (int64_t)time(NULL), days = (pv_certificate_ends(own) - now) / DAY;
    if (p->ca == NULL) return PV_OK;
    PV_TRY(pv_certificate_check(own, p->ca, now));
    if (days < WARN_DAYS)
        pv_ctx_log(
            &p->ctx, PV_LOG_WARN,
            "the certificate of %s is valid for %lld more days; have a new one issued in time",
            p->o->name, (long long)days);
    return PV_OK;
}

pv_status pv_party_open_hub(pv_party *p, const pv_journal_picture *picture)
{
    PV_TRY(check_dates(p));
    PV_TRY(open_types(p));
    p->view = pv_path_join(p->o->folder, "view.pvv");
    if (p->view == NULL) PV_FAIL_MEMORY(strlen(p->o->folder));
    pv_hub_options o = pv_party_hub_options(p);
    o.view = p->view;
    o.store = pv_journal_store(p->journal);
    o.recovered = (pv_hub_recovered){.hub = picture->hub,
                                     .hub_size = picture->hub_size,
                                     .step = picture->step,
                                     .state = picture->state,
                                     .state_size = picture->state_size,
                                     .frame = picture->frame,
                                     .frames = picture->frames};
    return pv_hub_open(&p->hub, &p->ctx, &o);
}
