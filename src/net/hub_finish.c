/* net/hub_finish.c - the end of a run: nobody is left waiting for one who went home
 *
 *   1. until the seals of every peer cover all data that went to it;
 *   2. positions are committed once more; then BYE to everybody, which says: all that this end
 * needs is durable here, it will never ask again;
 *   3. until BYE has come from everybody. A peer whose connection is down may be one that went home
 *      after its BYE got lost, or one that died and comes back for what it lacks: it gets some
 * time.
 *
 * In 1 and 3 a peer that may be given up is, when its patience is over: in 3 only while it is
 * connected, since who is down has the time of those who come back. One that is expendable and
 * breaks the protocol now is not waited for any more.
 */
#include "net/hub_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include <inttypes.h>

#define GRACE_SECONDS 1.5

/* What a peer did, of which the trail tells, is an error where the run can't go on without it. */
static pv_status fail_late(pv_hub *h, pv_status s, int peer)
{
    s = pv_hub_fail(h, s, peer);
    if (!pv_hub_broken(h, peer)) return s;
    pv_ctx_log(h->ctx, PV_LOG_WARN, "%s", pv_trail_text());
    pv_trail_clear();
    return PV_OK;
}

/* Seals may come now, data not. */
static pv_status take_rest(pv_hub *h, int *taken)
{
    for (int i = 0; i < h->peers; i++) {
        pv_peer *p = &h->peer[i];
        if (p->dropped || pv_hub_broken(h, i)) continue;
        uint64_t before = p->link.received.count;
        PV_TRY(pv_hub_take_seals(h, i));
        if (pv_hub_broken(h, i)) continue;
        *taken |= p->link.received.count != before;
        pthread_mutex_lock(&h->lock);
        const pv_in_frame *head = pv_link_head(&p->link);
        uint64_t number = head == NULL || head->type == PV_TYPE_SEAL ? 0 : head->number;
        pthread_mutex_unlock(&h->lock);
        if (number > 0)
            PV_TRY(fail_late(h,
                             pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                                           "%s sent frame %" PRIu64
                                           " that nobody here takes: this end is done",
                                           p->name, number),
                             i));
    }
    return PV_OK;
}

/* Under the lock. */
static int covered(const pv_peer *p)
{
    return p->dropped || p->broken || p->link.acked.count >= p->link.last_data;
}

static int said_goodbye(const pv_peer *p)
{
    return p->dropped || p->broken || (p->bye_in && p->link.received.count >= p->bye_last);
}

static int out_of_patience(const pv_peer *p, double since)
{
    return p->patience > 0 && pv_clock_seconds() - since >= p->patience;
}

static pv_status give_up_late(pv_hub *h, double since)
{
    for (int i = 0; i < h->peers; i++) {
        pthread_mutex_lock(&h->lock);
        int late = !covered(&h->peer[i]) && out_of_patience(&h->peer[i], since);
        pthread_mutex_unlock(&h->lock);
        if (late) PV_TRY(pv_hub_drop(h, i, "it has not taken what it was sent, and all is over"));
    }
    return PV_OK;
}

static pv_status wait_covered(pv_hub *h, int *taken)
{
    double since = pv_clock_seconds();
    for (;;) {
        int open = -1, gone = -1;
        PV_TRY(pv_hub_enter(h));
        PV_TRY(take_rest(h, taken));
        PV_TRY(give_up_late(h, since));
        pthread_mutex_lock(&h->lock);
        for (int i = 0; i < h->peers; i++) {
            if (covered(&h->peer[i])) continue;
            open = i;
            if (said_goodbye(&h->peer[i])) gone = i;
        }
        if (open >= 0 && gone < 0 && pv_link_head(&h->peer[open].link) == NULL &&
            h->fatal == PV_OK) {
            pv_hub_waiting(h, open, since, " to take what it was sent");
            pv_hub_sleep(h, -1);
        }
        pthread_mutex_unlock(&h->lock);
        if (open < 0) return PV_OK;
        if (gone >= 0)
            PV_TRY(fail_late(h,
                             pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                                           "%s has finished without taking all that it was sent",
                                           h->peer[gone].name),
                             gone));
    }
}

static pv_status wait_goodbyes(pv_hub *h, double seconds, int *taken)
{
    double since = pv_clock_seconds();
    for (;;) {
        int open = -1, late = -1;
        double now = pv_clock_seconds();
        PV_TRY(pv_hub_enter(h));
        PV_TRY(take_rest(h, taken));
        pthread_mutex_lock(&h->lock);
        for (int i = 0; i < h->peers; i++) {
            const pv_peer *p = &h->peer[i];
            if (said_goodbye(p) && (p->bye_out || p->dropped || p->broken)) continue;
            double down = now - (p->down_since > since ? p->down_since : since);
            /* It may still wait for a goodbye of this end, which a new process has not said yet. */
            if (said_goodbye(p) && !p->up && down >= GRACE_SECONDS) continue;
            if (p->up ? out_of_patience(p, since) : seconds >= 0 && down >= seconds) {
                late = i;
                continue;
            }
            open = i;
        }
        if (open >= 0 && h->fatal == PV_OK) {
            pv_hub_waiting(h, open, since, " to finish");
            pv_hub_sleep(h, -1);
        } else if (late >= 0) {
            pv_hub_say(
                h, PV_LOG_INFO,
                "%s did not say goodbye; it has all that was sent to it, so this end is done",
                h->peer[late].name);
        }
        pthread_mutex_unlock(&h->lock);
        if (open < 0) return PV_OK;
    }
}

pv_status pv_hub_finish(pv_hub *h, double seconds)
{
    int taken = 0;
    PV_TRY(pv_flush(h));
    PV_TRY(wait_covered(h, &taken));
    PV_TRY(pv_hub_commit_again(h));
    pthread_mutex_lock(&h->lock);
    h->finishing = 1;
    pthread_mutex_unlock(&h->lock);
    pv_hub_wake(h);
    PV_TRY(wait_goodbyes(h, seconds, &taken));
    PV_TRY(pv_hub_commit_again(h));
    return pv_hub_enter(h);
}
