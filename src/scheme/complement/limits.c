#include "scheme/complement/limits.h"

#include <inttypes.h>

/* Around the weights of a half, in its file: text, names, norms, classes. */
#define AROUND (INT64_C(16) << 20)
/* Of terms: everything but ranges and a basis. */
enum { TERMS = 1 << 12 };

/* The model as it will be, with a secret. */
static pv_status with_secret(pv_model **out, const pv_complement_options *o, const pv_scenario *s)
{
    const pv_secret_plan plan = {
        .kind = pv_complement_kind(o), .form = pv_complement_form(o), .classes = s->schema.classes};
    pv_model *m = NULL;
    pv_stages stages = {0};
    PV_TRY(pv_fed_model(&m, s));
    pv_status status = pv_stages_init(&stages, m);
    if (status == PV_OK) /* that there is such a stage is known from the cut behind it */
        status = pv_model_with_secret(out, m, stages.stage[o->keep].entry,
                                      pv_secret_channels(&plan), s->seed);
    pv_stages_clear(&stages);
    pv_model_free(m);
    return status;
}

pv_status pv_complement_network_of(pv_complement_network *out, const pv_complement_options *o,
                                   const pv_scenario *s)
{
    pv_model *m = NULL, *half = NULL;
    pv_cut_at cut;
    size_t end;
    *out = (pv_complement_network){0};
    PV_TRY(with_secret(&m, o, s));
    pv_status status = pv_cut_parse(&cut, o->cut, m);
    if (status == PV_OK) status = pv_cut_end(&end, m, &cut);
    if (status == PV_OK) status = pv_cut_shape(&out->activation, m, end);
    if (status == PV_OK) status = pv_model_extract(&half, m, 0, end);
    if (status == PV_OK) {
        out->numbers = pv_shape_count(&out->activation);
        out->trained = pv_model_weights(half);
        for (int i = 0; i < pv_model_params(half); i++)
            out->weights += pv_tensor_count(pv_model_param(half, i));
    }
    pv_model_free(half);
    pv_model_free(m);
    return status;
}

int64_t pv_complement_row_bytes(const pv_complement_options *o, int64_t numbers)
{
    return (numbers * o->bits + 7) / 8;
}

static pv_status lower(pv_message_type *type, uint16_t id, uint64_t to, const pv_scenario *s,
                       const char *what)
{
    pv_message_type *t = &type[id - PV_TYPE_FIRST];
    if (to > t->max)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: %s would take a message of %" PRIu64 " bytes; it can have at most %" PRIu64,
                s->path, what, to, t->max);
    t->max = to;
    return PV_OK;
}

pv_status pv_complement_limits(pv_message_type *type, pv_scenario *s)
{
    pv_complement_options o;
    pv_complement_network n;
    PV_TRY(pv_complement_options_read(&o, s));
    if (s->schema.kind == 0) return PV_OK; /* `privet run` fills it in */
    const pv_query_answer answer = {
        .answers = o.answers, .rows = o.query_batch, .classes = s->schema.classes};
    pv_part part = pv_query_answer_part(&answer);
    PV_TRY(lower(type, PV_COMPLEMENT_ANSWER, pv_parts_size(&part, 1), s, "an answer"));
    if (s->model == NULL) return PV_OK;
    PV_TRY(pv_complement_network_of(&n, &o, s));
    part = pv_query_activation_part(NULL, o.query_batch, pv_complement_row_bytes(&o, n.numbers));
    PV_TRY(lower(type, PV_COMPLEMENT_ACTIVATION, pv_parts_size(&part, 1), s,
                 "[scheme] query_batch: the activations of a batch"));
    int64_t most = n.numbers < PV_PROJECTION_MAX ? n.numbers : PV_PROJECTION_MAX;
    int64_t form = 8 * n.numbers + (o.project ? 4 * most * most : 0);
    PV_TRY(lower(type, PV_COMPLEMENT_TERMS, (uint64_t)(TERMS + form), s, "the form"));
    return lower(type, PV_COMPLEMENT_HALF, (uint64_t)(4 * n.weights + 8 * n.numbers + AROUND), s,
                 "the customers' half");
}
