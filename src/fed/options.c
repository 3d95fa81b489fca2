#include "fed/options.h"

#include "fed/order.h"

pv_status pv_fed_options_check(const pv_fed_options *o, const pv_scenario *s, int clients)
{
    PV_TRY(pv_fed_learning_check(&o->learning, s));
    if (o->algorithm == PV_FEDSGD &&
        (o->proximal > 0 || o->server_momentum > 0 || o->server_lr != 1 || o->local_epochs != 1))
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] proximal, local_epochs, server_lr and server_momentum belong to "
                "algorithm = fedavg; with fedsgd the optimiser is the server's",
                s->path);
    if (o->algorithm == PV_FEDAVG && o->steps_an_epoch != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: [scheme] steps_an_epoch belongs to algorithm = fedsgd",
                s->path);
    if (o->aggregation == PV_SUM_PLAIN) return PV_OK;
    if (clients < 2)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] aggregation = masked with %d client: a sum of one hides nothing; at "
                "least 2 clients are needed",
                s->path, clients);
    if (o->threshold > clients || (o->threshold > 0 && 2 * o->threshold <= clients))
        PV_FAIL(PV_ERR_FORMAT,
                "%s: [scheme] threshold = %lld with %d clients; from %d to %d was expected: more "
                "than half of them",
                s->path, (long long)o->threshold, clients, clients / 2 + 1, clients);
    if (s->on_loss == PV_LOSS_PROCEED && s->min_parties < pv_fed_threshold(o, clients))
        PV_FAIL(
            PV_ERR_FORMAT,
            "%s: min_parties = %d, and %d clients open a masked sum: who is needed for that must "
            "not be given up; write min_parties = %d or more",
            s->path, s->min_parties, pv_fed_threshold(o, clients), pv_fed_threshold(o, clients));
    return PV_OK;
}

int pv_fed_tells_samples(const pv_fed_options *o)
{
    if (o->algorithm == PV_FEDSGD && o->steps_an_epoch == 0) return 1;
    return o->weighting == PV_WEIGH_SAMPLES && o->aggregation == PV_SUM_PLAIN;
}

int64_t pv_fed_rounds(const pv_fed_options *o, const int64_t *samples, int clients)
{
    int64_t steps = o->steps_an_epoch;
    if (o->algorithm == PV_FEDAVG) return o->rounds;
    for (int c = 0; o->steps_an_epoch == 0 && samples != NULL && c < clients; c++) {
        int64_t batches = samples[c] < 1 ? 0 : pv_fed_batches(samples[c], o->learning.batch);
        if (batches > steps) steps = batches;
    }
    return steps * o->epochs;
}

int pv_fed_threshold(const pv_fed_options *o, int clients)
{
    int t = o->threshold > 0 ? (int)o->threshold : (2 * clients + 2) / 3;
    return t < 2 ? 2 : t;
}
