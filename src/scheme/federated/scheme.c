#include "fed/learning.h"
#include "fed/order.h"
#include "fed/vector.h"
#include "scheme/federated/federated.h"
#include "scheme/federated/messages.h"

#include "base/mem.h"
#include <string.h>

const pv_setting pv_federated_setting[] = {
    PV_FED_SETTINGS(0),
    PV_FED_LEARNING_SETTINGS(offsetof(pv_fed_options, learning)),
    {.key = NULL},
};

static pv_status read(pv_fed_options *o, pv_scenario *s)
{
    return pv_settings_read(o, pv_federated_setting, &s->ini, "scheme");
}

pv_status pv_federated_options(pv_fed_options *o, pv_scenario *s)
{
    PV_TRY(read(o, s));
    return pv_fed_options_check(o, s, pv_scenario_count(s, "client"));
}

/* ---- claims */
static const char *const image_attacks[] = {"idlg", "dlg", "cosine", "analytic", NULL};
static const char *const label_attacks[] = {"labels", NULL};
static const char *const none[] = {NULL};

static const char plainly[] =
    "not sent; hidden only by how many samples and steps a gradient or update is the mean of";
static const char masked[] =
    "the server gets the weighted sum over all clients of a round and no client's own vector, if "
    "fewer clients than the threshold help it and X25519, ChaCha20 and Ed25519 hold; the sum "
    "itself "
    "is not hidden";
static const char counts_hidden[] = "not sent; only their sum is known, or nothing";

enum { IMAGES, LABELS, COUNTS, OTHERS, CLAIMS };

#define CLAIMS_OF(rows, text_, told_, counts_)                                                     \
    {                                                                                              \
        [IMAGES] = {rows, "server", "client", 0, text_, image_attacks},                            \
        [LABELS] = {"labels", "server", "client", 0, text_, label_attacks},                        \
        [COUNTS] = {"record counts", "server", "client", told_, counts_, none}, [OTHERS] = {       \
            "other clients' rows",                                                                 \
            "client",                                                                              \
            "client",                                                                              \
            0,                                                                                     \
            "a client sees the weights of each round, which are means; not tested",                \
            none                                                                                   \
        }                                                                                          \
    }

static const char counts_told[] = "told, so that the mean can be weighted";

/* [table rows][masked][counts told] */
static const pv_claim claims[2][2][2][CLAIMS] = {
    {{CLAIMS_OF("training images", plainly, 0, counts_hidden),
      CLAIMS_OF("training images", plainly, 1, counts_told)},
     {CLAIMS_OF("training images", masked, 0, counts_hidden),
      CLAIMS_OF("training images", masked, 1, counts_told)}},
    {{CLAIMS_OF("training rows", plainly, 0, counts_hidden),
      CLAIMS_OF("training rows", plainly, 1, counts_told)},
     {CLAIMS_OF("training rows", masked, 0, counts_hidden),
      CLAIMS_OF("training rows", masked, 1, counts_told)}},
};

static pv_status describe(pv_str *out, const pv_fed_options *o, int clients)
{
    const char *const optim = pv_optim_name(pv_fed_optim(&o->learning).kind);
    if (o->algorithm == PV_FEDSGD)
        PV_TRY(pv_str_printf(out, "FedSGD, %d client%s, batches of %lld, %lld epoch%s, %s", clients,
                             clients == 1 ? "" : "s", (long long)o->learning.batch,
                             (long long)o->epochs, o->epochs == 1 ? "" : "s", optim));
    else
        PV_TRY(pv_str_printf(out,
                             "FedAvg, %d client%s, %lld round%s of %lld local epoch%s, batches of "
                             "%lld, %s",
                             clients, clients == 1 ? "" : "s", (long long)o->rounds,
                             o->rounds == 1 ? "" : "s", (long long)o->local_epochs,
                             o->local_epochs == 1 ? "" : "s", (long long)o->learning.batch, optim));
    if (o->proximal > 0) PV_TRY(pv_str_printf(out, ", proximal %g", o->proximal));
    if (o->server_momentum > 0)
        PV_TRY(pv_str_printf(out, ", server momentum %g", o->server_momentum));
    if (o->aggregation == PV_SUM_MASKED)
        PV_TRY(
            pv_str_printf(out, ", masked sums that %d clients open", pv_fed_threshold(o, clients)));
    return PV_OK;
}

/* Clients hold each other's keys against the scenario's fingerprints. */
static pv_status check_pinned(const pv_scenario *s)
{
    for (int i = 0; i < s->parties; i++)
        if (strcmp(s->party[i].role, "client") == 0 && !s->party[i].pinned)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%d: [party %s] has no cert line; masked sums need every client's, so that "
                    "clients know each other's keys",
                    s->path, s->party[i].line, s->party[i].name);
    return PV_OK;
}

static pv_status check(pv_scenario *s, pv_str *setting, const pv_claim **claim, int *count)
{
    pv_fed_options o;
    pv_model *m = NULL;
    PV_TRY(pv_federated_options(&o, s));
    /* what `privet run` will fill in is not missed here: keys when none are pinned, a schema */
    if (o.aggregation == PV_SUM_MASKED && s->ca_pinned) PV_TRY(check_pinned(s));
    if (s->schema.kind != 0) PV_TRY(pv_fed_model(&m, s));
    pv_model_free(m);
    PV_TRY(describe(setting, &o, pv_scenario_count(s, "client")));
    *claim = claims[s->schema.kind != PV_DATA_IMAGE][o.aggregation == PV_SUM_MASKED]
                   [pv_fed_tells_samples(&o)];
    *count = CLAIMS;
    return PV_OK;
}

/* ---- what it will cost */
static double kept(pv_scenario *s, uint16_t type, pv_status *status)
{
    pv_retention r;
    if (*status == PV_OK)
        *status = pv_scenario_retention(&r, s, &pv_federated_type[type - PV_TYPE_FIRST]);
    if (*status != PV_OK || r.kind == PV_RETAIN_DIGEST) return 0;
    return r.kind == PV_RETAIN_FULL ? 1 : 1 / (double)r.every;
}

static pv_status forecast(pv_forecast *out, pv_scenario *s, int64_t samples)
{
    pv_fed_options o;
    pv_model *m = NULL;
    pv_fed_layout l = {0};
    pv_status status = PV_OK;
    int clients = pv_scenario_count(s, "client");
    PV_TRY(pv_federated_options(&o, s));
    PV_TRY(pv_fed_model(&m, s));
    PV_TRY_GOTO(pv_fed_layout_init(&l, m));
    int masks = o.aggregation == PV_SUM_MASKED;
    uint16_t type = masks                      ? PV_FED_MASKED
                    : o.algorithm == PV_FEDSGD ? PV_FED_GRADIENT
                                               : PV_FED_UPDATE;
    double rounds = (double)pv_fed_rounds(&o, &samples, 1), n = (double)clients;
    double vector = 4.0 * (double)l.size, sent = masks ? 2 * vector : vector;
    out->steps = (uint64_t)rounds + 1;
    out->wire_bytes = n * ((rounds + 1) * vector + rounds * sent);
    out->view_bytes = n * (rounds + 1) * vector * kept(s, PV_FED_MODEL, &status) +
                      n * rounds * sent * kept(s, type, &status) +
                      rounds * vector * kept(s, PV_FED_AGGREGATE, &status) + vector;
    /* The journal has two pictures: weights, the optimiser's state, and the frames of a round. */
    out->disk_bytes = out->view_bytes + 2 * (3 * vector + n * (vector + sent)) + vector;
done:
    pv_fed_layout_clear(&l);
    pv_model_free(m);
    return status;
}

/* ---- which samples stand behind a step, for who has the data */
static pv_status truth(pv_batch_truth *out, pv_scenario *s, const char *victim, int64_t samples,
                       uint64_t step)
{
    pv_fed_options o;
    pv_fed_order order;
    const pv_scenario_party *who = pv_scenario_find(s, victim);
    *out = (pv_batch_truth){0};
    if (who == NULL || strcmp(who->role, "client") != 0 || samples < 1 || step < 1) return PV_OK;
    PV_TRY(read(&o, s));
    if (o.algorithm == PV_FEDAVG && step > (uint64_t)o.rounds) return PV_OK;
    PV_TRY(pv_fed_order_init(&order, pv_fed_seed(s->seed, pv_scenario_rank(s, victim)), samples,
                             o.learning.batch));
    /* fedavg: those of the first epoch of the round; later ones visit the same again */
    int64_t batches = o.algorithm == PV_FEDSGD ? 1 : order.batches;
    int64_t first =
        ((int64_t)step - 1) * (o.algorithm == PV_FEDSGD ? 1 : o.local_epochs * order.batches);
    pv_status status = PV_OK;
    out->index = pv_alloc((size_t)(batches * order.batch), sizeof *out->index);
    if (out->index == NULL) {
        status = pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__,
                               "out of memory for the samples of a step");
    } else {
        out->count = batches * order.batch;
        for (int64_t k = 0; k < batches; k++)
            pv_fed_order_batch(&order, first + k, out->index + k * order.batch);
    }
    pv_fed_order_clear(&order);
    return status;
}

static pv_status known(pv_scheme_known *out, pv_scenario *s)
{
    pv_fed_options o;
    PV_TRY(read(&o, s));
    out->local_epochs = o.algorithm == PV_FEDSGD ? 0 : (int)o.local_epochs;
    out->local_batch = (int)o.learning.batch;
    out->local_lr = o.learning.lr;
    return PV_OK;
}

static pv_status plain(pv_train_options *out, pv_scenario *s)
{
    pv_fed_options o;
    PV_TRY(read(&o, s));
    pv_fed_learning_train(out, &o.learning);
    out->epochs = (int)(o.algorithm == PV_FEDSGD ? o.epochs : o.rounds * o.local_epochs);
    return PV_OK;
}

static int linked(const char *a, const char *b)
{
    return strcmp(a, b) != 0; /* clients talk to the server only */
}

static const char *guarantee(pv_scenario *s, const char **why)
{
    pv_fed_options o;
    *why = "";
    if (read(&o, s) != PV_OK || o.aggregation != PV_SUM_MASKED) return "none";
    *why =
        "For parties that follow the protocol, if fewer clients than the threshold help the "
        "server, "
        "and X25519, ChaCha20, HMAC and Ed25519 hold. The sums are not hidden, nor what they tell.";
    return "the server learns of each round only the sum over its clients (Bonawitz et al. 2017)";
}

static const pv_role *const roles[] = {&pv_federated_server, &pv_federated_client, NULL};

const pv_scheme pv_scheme_federated = {
    .name = "federated",
    .summary = "clients compute gradients or updates on their own data, a server averages them",
    .role = roles,
    .type = pv_federated_type,
    .types = PV_FEDERATED_TYPES,
    .setting = pv_federated_setting,
    .linked = linked,
    .guarantee = guarantee,
    .check = check,
    .forecast = forecast,
    .truth = truth,
    .known = known,
    .plain = plain,
};
