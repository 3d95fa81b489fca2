#include "scheme/plain/messages.h"
#include "scheme/plain/plain.h"

#include "base/mem.h"
#include <string.h>

const pv_setting pv_plain_setting[] = {
    {"epochs", PV_SETTING_INTEGER, "10", 1, 100000, NULL, "passes over the pooled rows",
     offsetof(pv_plain_options, epochs)},
    PV_FED_LEARNING_SETTINGS(offsetof(pv_plain_options, learning)),
    {"alone", PV_SETTING_FLAG, "yes", 0, 0, NULL, "each client also trains alone, for comparison",
     offsetof(pv_plain_options, alone)},
    {"evaluate_every", PV_SETTING_INTEGER, "1", 0, 1000000, NULL,
     "epochs between two measurements on the server's test data; 0 for only at the end",
     offsetof(pv_plain_options, evaluate_every)},
    {.key = NULL},
};

pv_status pv_plain_options_read(pv_plain_options *o, pv_scenario *s)
{
    PV_TRY(pv_settings_read(o, pv_plain_setting, &s->ini, "scheme"));
    return pv_fed_learning_check(&o->learning, s);
}

/* ---- claims: none; the audit shows what it means to have none */
static const char *const row_attacks[] = {"rows", NULL};
static const char *const none[] = {NULL};

#define CLAIMS_OF(rows)                                                                            \
    {                                                                                              \
        {rows, "server", "client", 1, "sent to the server as they are", row_attacks},              \
            {"labels", "server", "client", 1, "sent to the server as they are", row_attacks},      \
            {"record counts", "server", "client", 1, "sent to the server", none},                  \
        {                                                                                          \
            "other clients' rows", "client", "client", 0,                                          \
                "a client sees the trained model; not tested", none                                \
        }                                                                                          \
    }

enum { CLAIMS = 4 };
static const pv_claim claims[2][CLAIMS] = {CLAIMS_OF("training images"),
                                           CLAIMS_OF("training rows")};

static pv_status check(pv_scenario *s, pv_str *setting, const pv_claim **claim, int *count)
{
    pv_plain_options o;
    pv_model *m = NULL;
    int clients = pv_scenario_count(s, "client");
    PV_TRY(pv_plain_options_read(&o, s));
    if (s->schema.kind != 0) PV_TRY(pv_fed_model(&m, s)); /* else `privet run` fills it in */
    pv_model_free(m);
    *claim = claims[s->schema.kind != PV_DATA_IMAGE];
    *count = CLAIMS;
    return pv_str_printf(setting, "pooled rows of %d client%s, %lld epoch%s, batches of %lld, %s",
                         clients, clients == 1 ? "" : "s", (long long)o.epochs,
                         o.epochs == 1 ? "" : "s", (long long)o.learning.batch,
                         pv_optim_name(pv_fed_optim(&o.learning).kind));
}

static pv_status kept(double *share, pv_scenario *s, uint16_t type)
{
    pv_retention r;
    PV_TRY(pv_scenario_retention(&r, s, &pv_plain_type[type - PV_TYPE_FIRST]));
    *share = r.kind == PV_RETAIN_DIGEST ? 0 : r.kind == PV_RETAIN_FULL ? 1 : 1 / (double)r.every;
    return PV_OK;
}

/* Images are taken to be bytes. */
static pv_status forecast(pv_forecast *out, pv_scenario *s, int64_t samples)
{
    pv_plain_options o;
    pv_model *m = NULL;
    double rows_kept, model_kept, n = (double)pv_scenario_count(s, "client");
    PV_TRY(pv_plain_options_read(&o, s));
    PV_TRY(kept(&rows_kept, s, PV_PLAIN_ROWS));
    PV_TRY(kept(&model_kept, s, PV_PLAIN_MODEL));
    PV_TRY(pv_fed_model(&m, s));
    double model = 4.0 * (double)pv_model_weights(m);
    double each =
        (double)pv_shape_count(&s->schema.sample) * (s->schema.kind == PV_DATA_IMAGE ? 1 : 4) + 4;
    pv_model_free(m);
    out->steps = (uint64_t)o.epochs + 1;
    out->wire_bytes = n * ((double)samples * each + model);
    out->view_bytes = n * ((double)samples * each * rows_kept + model * model_kept) + model;
    /* the pool, and the journal's two pictures, one of which has held the rows */
    out->disk_bytes = out->view_bytes + 2 * n * (double)samples * each + 8 * model;
    return PV_OK;
}

/* All rows of the victim, in the step in which they were sent. */
static pv_status truth(pv_batch_truth *out, pv_scenario *s, const char *victim, int64_t samples,
                       uint64_t step)
{
    const pv_scenario_party *who = pv_scenario_find(s, victim);
    *out = (pv_batch_truth){0};
    if (who == NULL || strcmp(who->role, "client") != 0 || step != 1 || samples < 1) return PV_OK;
    out->index = pv_alloc((size_t)samples, sizeof *out->index);
    if (out->index == NULL) PV_FAIL_MEMORY((size_t)samples * sizeof *out->index);
    out->count = samples;
    for (int64_t i = 0; i < samples; i++) out->index[i] = i;
    return PV_OK;
}

static int linked(const char *a, const char *b)
{
    return strcmp(a, b) != 0; /* clients talk to the server only */
}

static const char *guarantee(pv_scenario *s, const char **why)
{
    (void)s;
    *why = "";
    return "none";
}

static const pv_role *const roles[] = {&pv_plain_server, &pv_plain_client, NULL};

const pv_scheme pv_scheme_plain = {
    .name = "plain",
    .summary = "everybody's rows go to one server, which trains on them: the baseline",
    .role = roles,
    .type = pv_plain_type,
    .types = PV_PLAIN_TYPES,
    .setting = pv_plain_setting,
    .linked = linked,
    .guarantee = guarantee,
    .check = check,
    .forecast = forecast,
    .truth = truth,
};
