#include "party/party_i.h"

#include "base/ctx.h"
#include <inttypes.h>
#include <string.h>

/* A decision to give a peer up says at which receive of its step it was made, so that a step that
 * is executed again gives up there without waiting, and nowhere else. The first 16 bits tell it
 * from decisions of the role, and why: 0x7076 and what is lost. */
enum { GIVEN_UP = 0x7075 };

static uint64_t giving_up(const pv_party *p, int peer, int how)
{
    return (uint64_t)(GIVEN_UP + how) << 48 | (p->received & 0xffffffff) << 16 | (uint16_t)peer;
}

/* What was decided before this party died: PV_LOST_..., 0: nothing, or something else. */
static int decided_before(const pv_party *p, int peer)
{
    uint64_t before;
    if (!pv_decided(p->hub, &before)) return 0;
    for (int how = PV_LOST_SILENT; how <= PV_LOST_BROKE; how++)
        if (before == giving_up(p, peer, how)) return how;
    return 0;
}

/* How many of its role would remain. */
static int remaining(const pv_party *p, int peer)
{
    int n = pv_scenario_count(p->o->scenario, p->peer[peer].role);
    for (int i = 0; i < p->peers; i++)
        if (strcmp(p->peer[i].role, p->peer[peer].role) == 0)
            n -= i == peer || pv_hub_dropped(p->hub, i);
    return n;
}

static pv_status give_up(pv_party *p, int peer, int how)
{
    const uint64_t made = giving_up(p, peer, how);
    char why[256] = "it was silent for longer than loss_timeout";
    uint64_t value = made;
    PV_TRY(pv_decide(p->hub, &value));
    if (value != made)
        PV_FAIL(PV_ERR_RUN, "step %" PRIu64 " of %s decided otherwise before it died", p->step,
                p->o->name);
    pv_ctx_log(&p->ctx, PV_LOG_WARN, "%s gives %s up in step %" PRIu64, p->o->name,
               p->peer[peer].name, p->step);
    if (how == PV_LOST_BROKE) pv_hub_reason(why, sizeof why, p->hub, peer);
    if (why[0] == '\0')
        snprintf(why, sizeof why, "it broke the protocol, as %s found before it died", p->o->name);
    return pv_hub_drop(p->hub, peer, why);
}

/* Can the run go on without it? */
static int may_be_silent(const pv_party *p, int peer)
{
    const pv_scenario *s = p->o->scenario;
    return s->on_loss == PV_LOSS_PROCEED && remaining(p, peer) >= s->min_parties;
}

/* Steps go on together: what a peer made in another step is not what is waited for. */
static pv_status check_step(const pv_party *p, pv_message *m)
{
    uint64_t step = m->step;
    int peer = m->peer;
    if (step == p->step) return PV_OK;
    pv_message_clear(m);
    PV_FAIL(PV_ERR_PEER, "%s sent a message of step %" PRIu64 " to %s, which is in step %" PRIu64,
            p->peer[peer].name, step, p->o->name, p->step);
}

pv_status pv_party_recv(pv_message *out, int *lost, pv_party *p, int peer, uint16_t type)
{
    *out = (pv_message){0};
    p->received++;
    *lost = pv_hub_dropped(p->hub, peer);
    if (*lost) return PV_OK;
    *lost = decided_before(p, peer);
    if (*lost) return give_up(p, peer, *lost);
    /* What the step went on from before it died did come, and must come again. */
    int needed = pv_hub_behind(p->hub), quiet = !needed && may_be_silent(p, peer);
    int spare = quiet || (!needed && p->o->role->peers_apart);
    pv_status status =
        pv_recv(out, p->hub, peer, type, quiet ? p->o->scenario->loss_timeout : -1.0);
    if (status == PV_OK) {
        status = check_step(p, out);
        if (status == PV_OK || !spare) return status;
        PV_TRY(pv_hub_break(p->hub, peer, pv_trail_text()));
    }
    if (status == PV_ERR_TIMEOUT && quiet) *lost = PV_LOST_SILENT;
    /* Or another did it, without whom nobody goes on. */
    if (status == PV_ERR_PEER && spare && pv_hub_broken(p->hub, peer)) *lost = PV_LOST_BROKE;
    if (!*lost) return status;
    pv_trail_clear();
    return give_up(p, peer, *lost);
}
