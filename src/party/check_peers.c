#include "party/check_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "net/agreement.h"
#include <string.h>

enum { VERDICT = PV_TYPE_FIRST, GOODBYE_SECONDS = 2, SPARE_SECONDS = 5 };

static const pv_message_type verdict_type = {
    .id = VERDICT, .name = "check", .layout = "pass u8[1]", .max = 64};

/* ---- a context that ends, and that hears what the hub says about clocks */

static int is_over(void *user)
{
    const pv_checking *c = user;
    const pv_ctx *outer = c->ctx;
    return pv_clock_seconds() > c->end ||
           (outer != NULL && outer->cancelled != NULL && outer->cancelled(outer->user));
}

static void hear(void *user, pv_log_level level, const char *line)
{
    static const char clock[] = "the clock of ";
    pv_checking *c = user;
    pv_ctx_log(c->ctx, level, "%s", line);
    if (c->status == PV_OK && level == PV_LOG_WARN && strncmp(line, clock, sizeof clock - 1) == 0)
        c->status = pv_check_add(c->report, PV_CHECK_WARN, "clock", "%s", line);
}

/* ---- verdicts */

static pv_status send_verdict(pv_checking *c)
{
    uint8_t pass = c->report->worst != PV_CHECK_FAIL;
    pv_part part = {"pass", PV_U8, PV_SHAPE(1), &pass};
    for (int i = 0; i < c->p->peers; i++) PV_TRY(pv_send(c->p->hub, i, VERDICT, &part, 1));
    return PV_OK;
}

static pv_status hear_peer(pv_checking *c, int i)
{
    pv_message m;
    const pv_part *part = NULL;
    double left = c->deadline - pv_clock_seconds();
    pv_status status = pv_recv(&m, c->p->hub, i, VERDICT, left > 0 ? left : 0);
    if (status == PV_OK) status = pv_parts_get(&part, &m.parts, m.what, "pass", PV_U8, PV_SHAPE(1));
    int pass = status == PV_OK && *(const uint8_t *)part->data == 1;
    pv_message_clear(&m);
    if (status != PV_OK) return status;
    return pv_check_add(c->report, pass ? PV_CHECK_PASS : PV_CHECK_FAIL, "peer",
                        pass ? "%s is there and ready" : "%s is there, and its own check fails",
                        c->p->peer[i].name);
}

/* The run's verdict is what was heard; that the others hear ours is tried, not demanded. */
static void say_goodbye(pv_checking *c)
{
    c->end = pv_clock_seconds() + GOODBYE_SECONDS;
    if (pv_commit(c->p->hub, 1, "", 0) != PV_OK ||
        pv_hub_finish(c->p->hub, GOODBYE_SECONDS) != PV_OK)
        pv_trail_clear();
}

static pv_status hear_all(pv_checking *c)
{
    PV_TRY(send_verdict(c));
    for (int i = 0; i < c->p->peers; i++) {
        pv_status status = hear_peer(c, i);
        if (status == PV_OK) continue;
        PV_TRY(pv_check_failed(c->report, "peer", status));
        if (status != PV_ERR_TIMEOUT) return PV_OK; /* the hub has ended */
        PV_TRY(pv_hub_drop(c->p->hub, i, "it was not heard of in time"));
    }
    say_goodbye(c);
    return PV_OK;
}

pv_status pv_check_peers(pv_checking *c)
{
    pv_party *p = c->p;
    pv_str agreement = {0};
    pv_ctx ctx = {.threads = 1, .user = c, .log = hear, .cancelled = is_over};
    pv_status status = pv_party_open_peers(p);
    if (status != PV_OK) return pv_check_failed(c->report, "peer", status);
    if (p->peers == 0) return PV_OK;
    c->deadline = pv_clock_seconds() + c->o->seconds;
    c->end = c->deadline + SPARE_SECONDS;
    PV_TRY_GOTO(pv_str_append(&agreement, pv_str_text(&p->o->scenario->agreement)));
    PV_TRY_GOTO(pv_str_append(&agreement, PV_AGREEMENT_CHECK));
    pv_hub_options o = pv_party_hub_options(p);
    o.agreement = pv_str_text(&agreement);
    o.type = &verdict_type;
    o.types = 1;
    if (!c->may_listen) o.listen = NULL;
    status = pv_hub_open(&p->hub, &ctx, &o);
    if (status == PV_OK) status = hear_all(c);
    status = pv_check_failed(c->report, "peer", status);
    if (status == PV_OK) status = c->status;
done:
    pv_hub_free(p->hub); /* before the context goes */
    p->hub = NULL;
    pv_str_clear(&agreement);
    return status;
}
