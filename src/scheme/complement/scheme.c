#include "base/mem.h"
#include "scheme/complement/audited.h"
#include "scheme/complement/claims.h"
#include "scheme/complement/limits.h"

#include <string.h>

static pv_status check(pv_scenario *s, pv_str *setting, const pv_claim **claim, int *count)
{
    pv_complement_options o;
    int customers = pv_scenario_count(s, "customer");
    pv_message_type type[PV_COMPLEMENT_TYPES];
    memcpy(type, pv_complement_type, sizeof type);
    PV_TRY(pv_complement_options_read(&o, s));
    PV_TRY(pv_complement_limits(type, s));
    *claim = pv_complement_claims(count, &o, s->schema.kind == PV_DATA_TABLE);
    PV_TRY(pv_str_printf(setting,
                         "split inference of %s, cut %s, %s secrets entering at layer %lld as %s, "
                         "%d customer%s, %d bits, answers: %s",
                         s->model != NULL ? s->model : "a model", o.cut,
                         pv_secret_kind_name(pv_complement_kind(&o)), (long long)o.keep + 1,
                         pv_secret_form_name(pv_complement_form(&o)), customers,
                         customers == 1 ? "" : "s", o.bits, pv_complement_answers(&o)));
    if (o.project) PV_TRY(pv_str_append(setting, ", projected"));
    if (o.guard.noise > 0) PV_TRY(pv_str_printf(setting, ", noise %g", o.guard.noise));
    if (o.guard.secret > 0 || o.guard.input > 0)
        PV_TRY(pv_str_append(setting, ", trained against readers"));
    return PV_OK;
}

/* ---- what it will cost. Each customer is taken to ask about so many rows; a projection may make
 * its activations smaller. */
static double answer_bytes(const pv_complement_options *o, const pv_scenario *s)
{
    return o->answers == PV_QUERY_LABEL ? 4 : 4.0 * s->schema.classes;
}

static pv_status kept(double *share, pv_scenario *s, uint16_t type)
{
    pv_retention r;
    PV_TRY(pv_scenario_retention(&r, s, &pv_complement_type[type - PV_TYPE_FIRST]));
    *share = r.kind == PV_RETAIN_DIGEST ? 0 : r.kind == PV_RETAIN_FULL ? 1 : 1 / (double)r.every;
    return PV_OK;
}

static pv_status forecast(pv_forecast *out, pv_scenario *s, int64_t samples)
{
    enum { RECORD = 320 }; /* of both messages of a batch, and the seals */
    pv_complement_options o;
    pv_complement_network network;
    double asked, answered;
    PV_TRY(pv_complement_options_read(&o, s));
    if (s->model == NULL) return PV_OK; /* nobody but the provider knows how large it is */
    PV_TRY(pv_complement_network_of(&network, &o, s));
    PV_TRY(kept(&asked, s, PV_COMPLEMENT_ACTIVATION));
    PV_TRY(kept(&answered, s, PV_COMPLEMENT_ANSWER));
    double n = (double)pv_scenario_count(s, "customer"), rows = (double)samples;
    double batches = (double)pv_complement_batches(&o, samples);
    double row = (double)pv_complement_row_bytes(&o, network.numbers);
    double front = (double)network.trained, in = rows * row, back = rows * answer_bytes(&o, s);
    out->steps = (uint64_t)batches + 1;
    out->wire_bytes = n * (in + back + 4 * front + batches * RECORD);
    out->view_bytes = n * (in * asked + back * answered + batches * RECORD);
    out->disk_bytes =
        out->view_bytes + 2 * n * (double)o.query_batch * (row + answer_bytes(&o, s)) + 8 * front;
    return PV_OK;
}

/* Batch n of a customer: its rows in their order. */
static pv_status truth(pv_batch_truth *out, pv_scenario *s, const char *victim, int64_t samples,
                       uint64_t step)
{
    pv_complement_options o;
    const pv_scenario_party *who = pv_scenario_find(s, victim);
    *out = (pv_batch_truth){0};
    PV_TRY(pv_complement_options_read(&o, s));
    if (who == NULL || strcmp(who->role, "customer") != 0 || step < 2 || samples < 1) return PV_OK;
    if (step - 2 >= (uint64_t)pv_complement_batches(&o, samples)) return PV_OK;
    int64_t first = (int64_t)(step - 2) * o.query_batch, left = samples - first;
    int64_t rows = left < o.query_batch ? left : o.query_batch;
    out->index = pv_alloc((size_t)rows, sizeof *out->index);
    if (out->index == NULL) PV_FAIL_MEMORY((size_t)rows * sizeof *out->index);
    out->count = rows;
    for (int64_t i = 0; i < rows; i++) out->index[i] = first + i;
    return PV_OK;
}

static pv_status known(pv_scheme_known *out, pv_scenario *s)
{
    pv_complement_options o;
    PV_TRY(pv_complement_options_read(&o, s));
    out->batch = o.query_batch;
    return PV_OK;
}

static pv_status describe(pv_str *out, pv_scenario *s, int64_t samples)
{
    pv_complement_options o;
    pv_complement_network n;
    (void)samples;
    PV_TRY(pv_complement_options_read(&o, s));
    if (s->model == NULL) return PV_OK;
    PV_TRY(pv_complement_network_of(&n, &o, s));
    return pv_str_printf(out,
                         "at the cut %s a row is %lld numbers, %lld bytes; as it is, it is %lld "
                         "numbers; customers get %lld weights",
                         o.cut, (long long)n.numbers,
                         (long long)pv_complement_row_bytes(&o, n.numbers),
                         (long long)pv_shape_count(&s->schema.sample), (long long)n.trained);
}

static int linked(const char *a, const char *b)
{
    return strcmp(a, b) != 0; /* customers talk to the provider only */
}

static const pv_role *const roles[] = {&pv_complement_provider, &pv_complement_customer, NULL};

const pv_scheme pv_scheme_complement = {
    .name = "complement",
    .summary = "a provider answers from behind a cut; a secret of the customer flips the answer",
    .role = roles,
    .type = pv_complement_type,
    .types = PV_COMPLEMENT_TYPES,
    .setting = pv_complement_setting,
    .limits = pv_complement_limits,
    .linked = linked,
    .guarantee = pv_complement_guarantee,
    .check = check,
    .forecast = forecast,
    .truth = truth,
    .known = known,
    .warn = pv_complement_warn,
    .describe = describe,
    .cut = &pv_complement_cut,
};
