#include "base/mem.h"
#include "data/rows.h"
#include "fed/order.h"
#include "nn/model_i.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/claims.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/kept.h"
#include "scheme/vertical/messages.h"
#include "scheme/vertical/vertical.h"

#include <string.h>

/* ---- what it says of itself */
static pv_status describe_line(pv_str *out, const pv_vertical_options *o, const pv_scenario *s)
{
    static const char *const task[] = {"training", "evaluation", "prediction", "merging"};
    static const char *const protection[] = {
        "", ", labels under isotropic noise ", ", labels under Marvell's noise ",
        ", labels by randomised response, epsilon ", ", labels under clipped Gaussian noise "};
    PV_TRY(pv_str_printf(out, "ACML %s, %s cut %lld dense layer%s before its end, Paillier %lld",
                         task[o->task], s->model != NULL ? s->model : "a model", (long long)o->head,
                         o->head == 1 ? "" : "s", (long long)o->bits));
    if (o->task != PV_VERTICAL_TRAIN) return PV_OK;
    PV_TRY(pv_str_printf(out, ", %s masks, %lld epoch%s, batches of %lld, %s%s",
                         o->masks == PV_MASKS_WEAK ? "weak" : "strong", (long long)o->epochs,
                         o->epochs == 1 ? "" : "s", (long long)o->learning.batch,
                         pv_optim_name(pv_fed_optim(&o->learning).kind),
                         protection[o->protection]));
    if (o->protection != PV_PROTECT_NONE)
        PV_TRY(pv_str_number(out, o->protection == PV_PROTECT_RR ? o->protect.epsilon
                                                                 : o->protect.noise));
    if (o->init == PV_INIT_SCENARIO) PV_TRY(pv_str_append(out, ", first weights by the seed"));
    return PV_OK;
}

/* Can the model be cut so, and its labels be protected so? */
static pv_status check_model(int *learns, const pv_vertical_options *o, const pv_scenario *s)
{
    pv_model *m = NULL;
    pv_vertical_cut cut;
    pv_protect protect;
    PV_TRY(pv_fed_model(&m, s));
    pv_status status = pv_vertical_cut_find(&cut, m, o->head);
    if (status == PV_OK) status = pv_vertical_protect(&protect, o, m, &cut, o->learning.batch);
    if (status == PV_OK) *learns = pv_vertical_learns(&cut, m);
    pv_model_free(m);
    return status;
}

static pv_status check(pv_scenario *s, pv_str *setting, const pv_claim **claim, int *count)
{
    pv_vertical_options o;
    int learns = 1;
    PV_TRY(pv_vertical_options_read(&o, s));
    if (s->schema.kind != 0) PV_TRY(check_model(&learns, &o, s));
    PV_TRY(describe_line(setting, &o, s));
    *claim = pv_vertical_claims(count, &o, s->schema.kind != PV_DATA_IMAGE, learns);
    return PV_OK;
}

static pv_status boundary_of(pv_boundary *b, pv_vertical_options *o, pv_scenario *s,
                             int64_t samples)
{
    pv_model *m = NULL;
    pv_vertical_cut cut;
    PV_TRY(pv_vertical_options_read(o, s));
    PV_TRY(pv_fed_model(&m, s));
    pv_status status = pv_vertical_cut_find(&cut, m, o->head);
    if (status == PV_OK) status = pv_vertical_boundary(b, o, m, &cut, samples);
    pv_model_free(m);
    return status;
}

static pv_status describe(pv_str *out, pv_scenario *s, int64_t samples)
{
    pv_vertical_options o;
    pv_boundary b;
    PV_TRY(boundary_of(&b, &o, s, samples));
    return o.task == PV_VERTICAL_TRAIN ? pv_boundary_describe(out, &b) : PV_OK;
}

/* ---- what it will cost */
static double kept(pv_scenario *s, uint16_t type, pv_status *status)
{
    pv_retention r;
    if (*status == PV_OK)
        *status = pv_scenario_retention(&r, s, &pv_vertical_type[type - PV_TYPE_FIRST]);
    if (*status != PV_OK || r.kind == PV_RETAIN_DIGEST) return 0;
    return r.kind == PV_RETAIN_FULL ? 1 : 1 / (double)r.every;
}

/* Rows that are measured are counted as if they were as many as are trained on in an evaluation or
 * a prediction, and none in a training: who has them does not say so here. */
static pv_status forecast(pv_forecast *out, pv_scenario *s, int64_t samples)
{
    enum { RECORD = 160, TRAINING_MESSAGES = PV_BOUNDARY_MESSAGES };
    static const uint16_t type[] = {PV_VERTICAL_SAMPLES,
                                    PV_VERTICAL_FEATURES,
                                    PV_VERTICAL_SHARES,
                                    PV_VERTICAL_SCORES,
                                    PV_VERTICAL_OPENED,
                                    PV_VERTICAL_WEIGHT_GRADIENT,
                                    PV_VERTICAL_ACTIVATION_GRADIENT,
                                    PV_VERTICAL_UPDATE,
                                    PV_VERTICAL_STEP};
    static const int measures[] = {1, 0, 0, 1, 1, 0, 0, 0, 0};
    pv_vertical_options o;
    pv_boundary b;
    pv_status status = PV_OK;
    double bytes[PV_BOUNDARY_MESSAGES], step = 0, view = 0;
    PV_TRY(boundary_of(&b, &o, s, samples));
    if (o.task == PV_VERTICAL_MERGE) return PV_OK;
    int trains = o.task == PV_VERTICAL_TRAIN;
    double m = (double)b.set.batch, d = (double)b.set.width, c = (double)b.set.outputs;
    double steps = trains ? (double)b.set.steps : ((double)samples + m - 1) / m;
    pv_boundary_bytes_of(bytes, &b);
    for (int i = 0; i < TRAINING_MESSAGES; i++) {
        if (!trains && !measures[i]) continue;
        step += bytes[i];
        view += bytes[i] * kept(s, type[i], &status) + RECORD;
    }
    double notes = trains ? m * (8 + 4 * d) * kept(s, PV_VERTICAL_DA, &status) : 0;
    double logits = m * (8 + 4 * c) * kept(s, PV_VERTICAL_LOGITS, &status);
    /* W is shared once more when training is over: in numbers as those of a step. */
    double settled = trains && pv_boundary_settles(&b) ? bytes[PV_BOUNDARY_MESSAGES - 1] : 0;
    out->steps = (uint64_t)steps + 1;
    out->wire_bytes = steps * step + settled;
    out->view_bytes = steps * (view + RECORD + (notes > logits ? notes : logits));
    if (settled > 0) out->view_bytes += settled * kept(s, PV_VERTICAL_SETTLED, &status) + RECORD;
    /* The journal has two pictures: shares and velocities, and the frames of two steps. */
    out->disk_bytes = out->view_bytes + 2 * (2 * step + 2 * 32 * d * c);
    return status;
}

/* ---- which rows stand behind a step: the same at both */
static pv_status truth(pv_batch_truth *out, pv_scenario *s, const char *victim, int64_t samples,
                       uint64_t step)
{
    pv_vertical_options o;
    pv_fed_order order;
    *out = (pv_batch_truth){0};
    if (pv_scenario_find(s, victim) == NULL || samples < 1 || step < 1) return PV_OK;
    PV_TRY(pv_vertical_options_read(&o, s));
    if (o.task != PV_VERTICAL_TRAIN) return PV_OK;
    PV_TRY(pv_fed_order_init(&order, s->seed, samples, o.learning.batch));
    pv_status status = PV_OK;
    pv_vertical_step at = pv_vertical_step_of(&o, order.batches, 1, step);
    if (at.kind == PV_STEP_TRAIN) {
        out->index = pv_alloc((size_t)order.batch, sizeof *out->index);
        if (out->index == NULL)
            status = pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__,
                                   "out of memory for the rows of a step");
        else
            pv_fed_order_batch(&order, at.number, out->index);
        out->count = out->index == NULL ? 0 : order.batch;
    }
    pv_fed_order_clear(&order);
    return status;
}

static pv_status known(pv_scheme_known *out, pv_scenario *s)
{
    pv_vertical_options o;
    PV_TRY(pv_vertical_options_read(&o, s));
    out->lr = o.shared_lr;
    out->momentum = o.shared_momentum;
    out->decay = o.shared_decay;
    out->batch = o.learning.batch;
    return PV_OK;
}

/* ---- the same network trained plainly, on the one party's features with the other's labels */
static pv_status plain(pv_train_options *out, pv_scenario *s)
{
    pv_vertical_options o;
    PV_TRY(pv_vertical_options_read(&o, s));
    pv_fed_learning_train(out, &o.learning);
    out->epochs = (int)o.epochs;
    if (!o.baseline || o.task != PV_VERTICAL_TRAIN) out->lr = 0; /* nothing to compare with */
    return PV_OK;
}

static const pv_data *part_of(const pv_scenario *s, pv_data *const *part, const char *role)
{
    for (int i = 0; i < s->parties; i++)
        if (strcmp(s->party[i].role, role) == 0) return part[i];
    return NULL;
}

static pv_status pool(pv_data **out, const pv_scenario *s, pv_data *const *part)
{
    pv_status status = PV_OK;
    const pv_data *features = part_of(s, part, "active"), *labels = part_of(s, part, "passive");
    *out = NULL;
    if (features == NULL || labels == NULL) return PV_OK;
    int64_t n = pv_data_count(features);
    if (n != pv_data_count(labels))
        PV_FAIL(PV_ERR_MISMATCH, "%s: %lld rows of features and %lld labels", s->path, (long long)n,
                (long long)pv_data_count(labels));
    size_t each =
        (size_t)pv_shape_count(&s->schema.sample) * pv_dtype_size(pv_data_dtype(features));
    uint8_t *x = pv_alloc((size_t)n, each);
    int32_t *label = pv_alloc((size_t)n, sizeof *label);
    if (x == NULL || label == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld pooled rows", (long long)n);
    pv_data_rows(features, 0, n, x, label);
    for (int64_t i = 0; i < n; i++) label[i] = pv_data_label(labels, i);
    PV_TRY_GOTO(
        pv_data_from_rows(out, &(pv_rows){.kind = s->schema.kind,
                                          .dtype = pv_data_dtype(features),
                                          .sample = s->schema.sample,
                                          .n = n,
                                          .x = x,
                                          .label = label,
                                          .class_name = (const char *const *)s->schema.class_name,
                                          .classes = s->schema.classes}));
done:
    pv_free(x);
    pv_free(label);
    return status;
}

static int linked(const char *a, const char *b)
{
    return strcmp(a, b) != 0;
}

static const pv_role *const roles[] = {&pv_vertical_active, &pv_vertical_passive, NULL};

const pv_scheme pv_scheme_vertical = {
    .name = "vertical",
    .summary = "one party has the features, one the labels; Paillier's encryption between them",
    .role = roles,
    .type = pv_vertical_type,
    .types = PV_VERTICAL_TYPES,
    .setting = pv_vertical_setting,
    .linked = linked,
    .guarantee = pv_vertical_guarantee,
    .check = check,
    .forecast = forecast,
    .truth = truth,
    .known = known,
    .warn = pv_vertical_warn,
    .split = 1,
    .own_model = pv_vertical_own_model,
    .weights = pv_vertical_weights,
    .measured = pv_vertical_measured,
    .plain = plain,
    .pool = pool,
    .describe = describe,
};
