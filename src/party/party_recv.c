#include "party/party_i.h"

#include "base/ctx.h"
#include <inttypes.h>
#include <string.h>

/* A decision to give a peer up says at which receive of its step it was made, so that a step that
 * is executed again gives up there without waiting, and nowhere else. The first 16 bits tell it
 * from decisions of the role. */
enum { GIVEN_UP = 0x7076 };

static uint64_t giving_up(const pv_party *p, int peer)
{
    return (uint64_t)GIVEN_UP << 48 | (p->received & 0xffffffff) << 16 | (uint16_t)peer;
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

static pv_status give_up(pv_party *p, int peer, uint64_t value)
{
    const uint64_t made = value;
    PV_TRY(pv_decide(p->hub, &value));
    if (value != made)
        PV_FAIL(PV_ERR_RUN, "step %" PRIu64 " of %s decided otherwise before it died", p->step,
                p->o->name);
    pv_ctx_log(&p->ctx, PV_LOG_WARN, "%s gives %s up in step %" PRIu64, p->o->name,
               p->peer[peer].name, p->step);
    return pv_hub_drop(p->hub, peer, "it was silent for longer than loss_timeout");
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
    const pv_scenario *s = p->o->scenario;
    uint64_t before, now;
    *out = (pv_message){0};
    p->received++;
    now = giving_up(p, peer);
    *lost = s->on_loss == PV_LOSS_PROCEED && pv_hub_dropped(p->hub, peer);
    if (*lost) return PV_OK;
    *lost = s->on_loss == PV_LOSS_PROCEED && pv_decided(p->hub, &before) && before == now;
    if (*lost) return give_up(p, peer, now);
    /* What the step went on from before it died did come, and must come again. */
    int may_go = s->on_loss == PV_LOSS_PROCEED && !pv_hub_behind(p->hub) &&
                 remaining(p, peer) >= s->min_parties;
    pv_status status = pv_recv(out, p->hub, peer, type, may_go ? s->loss_timeout : -1.0);
    if (status == PV_OK) return check_step(p, out);
    if (!may_go || status != PV_ERR_TIMEOUT) return status;
    pv_trail_clear();
    *lost = 1;
    return give_up(p, peer, now);
}
