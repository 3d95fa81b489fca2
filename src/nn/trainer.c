#include "nn/trainer_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "nn/order.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

pv_status pv_train_check(const pv_train_options *o)
{
    if (o->size != sizeof *o)
        PV_FAIL(PV_ERR_USAGE, "pv_train_options.size is %zu, %zu was expected", o->size, sizeof *o);
    if (o->train == NULL) PV_FAIL(PV_ERR_USAGE, "there is no training data");
    if (o->batch < 1 || o->epochs < 1)
        PV_FAIL(PV_ERR_OPTION, "a batch of %lld and %d epochs; both must be at least 1",
                (long long)o->batch, o->epochs);
    if (!(o->lr > 0 && isfinite(o->lr)))
        PV_FAIL(PV_ERR_OPTION, "the learning rate is %g, it must be above 0", o->lr);
    if (pv_schedule_name(o->schedule) == NULL)
        PV_FAIL(PV_ERR_OPTION, "there is no schedule number %d", (int)o->schedule);
    if (!(o->warmup_epochs >= 0 && o->step_epochs >= 0 && o->step_gamma >= 0 &&
          o->poly_power >= 0 && o->lr_floor >= 0 && o->lr_floor <= 1))
        PV_FAIL(PV_ERR_OPTION, "a schedule's numbers must not be negative, nor its floor above 1");
    if (o->schedule == PV_SCHEDULE_STEP && o->step_epochs == 0)
        PV_FAIL(PV_ERR_OPTION, "the schedule 'step' needs the number of epochs between its steps");
    if (!(o->label_smoothing >= 0 && o->label_smoothing < 1))
        PV_FAIL(PV_ERR_OPTION, "label smoothing is %g, from 0 to below 1 was expected",
                o->label_smoothing);
    const pv_augment *a = &o->augment;
    if (a->shift < 0 || a->cutout < 0)
        PV_FAIL(PV_ERR_OPTION, "shift %d and cutout %d must not be negative", a->shift, a->cutout);
    if ((a->flip != 0 || a->shift != 0 || a->cutout != 0) &&
        pv_data_what(o->train) != PV_DATA_IMAGE)
        PV_FAIL(PV_ERR_OPTION, "flip, shift and cutout work on images only");
    if (o->patience < 0 || (o->patience > 0 && o->validation == NULL))
        PV_FAIL(PV_ERR_OPTION, "patience %d: it must not be negative, and needs validation data",
                o->patience);
    if (pv_data_count(o->train) > UINT32_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%lld samples; at most %u can be shuffled",
                (long long)pv_data_count(o->train), UINT32_MAX);
    if (o->resume && o->checkpoint == NULL)
        PV_FAIL(PV_ERR_OPTION, "resuming needs the folder of the checkpoint");
    return PV_OK;
}

pv_schedule pv_train_schedule(const pv_train_options *o, int64_t batches)
{
    double each = (double)batches;
    return (pv_schedule){.kind = o->schedule,
                         .lr = o->lr,
                         .floor = o->lr_floor,
                         .warmup = llround(o->warmup_epochs * each),
                         .steps = batches * o->epochs,
                         .every = llround(o->step_epochs * each),
                         .gamma = o->step_gamma,
                         .power = o->poly_power};
}

static pv_status init(pv_trainer *t)
{
    const pv_train_options *o = t->o;
    int64_t count = pv_data_count(o->train);
    t->batch = o->batch < count ? o->batch : count;
    t->batches = count / t->batch;
    t->schedule = pv_train_schedule(o, t->batches);
    t->order = pv_alloc((size_t)count, sizeof *t->order);
    t->index = pv_alloc((size_t)t->batch, sizeof *t->index);
    if (t->order == NULL || t->index == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the order of %lld samples", (long long)count);
    pv_plan_options plan = {.size = sizeof plan,
                            .backend = o->backend,
                            .threads = pv_ctx_threads(t->ctx),
                            .seed = o->seed};
    const pv_loss_options loss = {.label_smoothing = o->label_smoothing};
    PV_TRY(pv_train_step_init(&t->step, t->m, t->batch, &o->optim, &loss, &plan));
    if (o->validation == NULL) return PV_OK;
    int64_t held = pv_data_count(o->validation);
    plan.backend = PV_BACKEND_FAST;
    return pv_forward_init(&t->validation, t->m, held < t->batch ? held : t->batch, &plan);
}

static void clear(pv_trainer *t)
{
    for (size_t i = 0; t->best != NULL && i < t->m->params; i++) pv_tensor_clear(&t->best[i]);
    pv_free(t->best);
    pv_free(t->order);
    pv_free(t->index);
    pv_train_step_clear(&t->step);
    pv_forward_clear(&t->validation);
    pv_train_result_clear(&t->result);
}

pv_status pv_trainer_add_epoch(pv_trainer *t, const pv_epoch *e)
{
    pv_train_result *r = &t->result;
    PV_TRY(pv_grow((void **)&r->epoch, &t->epoch_cap, (size_t)r->epochs + 1, sizeof *r->epoch));
    r->epoch[r->epochs++] = *e;
    r->seconds += e->seconds;
    return PV_OK;
}

pv_status pv_trainer_keep_best(pv_trainer *t)
{
    pv_model *m = t->m;
    if (t->best == NULL) t->best = pv_calloc(m->params, sizeof *t->best);
    if (t->best == NULL) PV_FAIL_MEMORY(m->params * sizeof *t->best);
    for (size_t i = 0; i < m->params; i++) {
        if (t->best[i].data == NULL)
            PV_TRY(pv_tensor_init(&t->best[i], PV_F32, m->param[i].value.shape));
        memcpy(t->best[i].data, m->param[i].value.data, pv_tensor_bytes(&t->best[i]));
    }
    return PV_OK;
}

/* The log is small: it is written anew after each epoch, so that it always is whole, and after a
 * resume says what the checkpoint says. */
static pv_status write_log(const pv_trainer *t)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    json_t *line = NULL;
    if (t->o->log == NULL) return PV_OK;
    for (int i = 0; i < t->result.epochs; i++) {
        PV_TRY_GOTO(pv_epoch_to_json(&line, &t->result.epoch[i]));
        PV_TRY_GOTO(pv_json_dump(&text, line, 0));
        PV_TRY_GOTO(pv_str_append(&text, "\n"));
        json_decref(line);
        line = NULL;
    }
    PV_TRY_GOTO(pv_file_write(t->o->log, pv_str_text(&text), text.size, 0644));
done:
    json_decref(line);
    pv_str_clear(&text);
    return status;
}

static pv_status train_batch(pv_trainer *t)
{
    const pv_train_options *o = t->o;
    int64_t correct;
    double loss;
    for (int64_t i = 0; i < t->batch; i++) t->index[i] = t->order[t->at.batch * t->batch + i];
    pv_batch_fill(&t->step.batch, t->m, o->train, t->index, &o->augment, o->seed,
                  (uint64_t)t->at.step);
    PV_TRY(pv_train_step_run(&t->step, t->at.step, pv_schedule_lr(&t->schedule, t->at.step), &loss,
                             &correct));
    if (!isfinite(loss))
        PV_FAIL(
            PV_ERR_NUMERIC,
            "epoch %d, step %lld: the loss is not finite; lower the learning rate (it is %g) or "
            "clip the gradient",
            t->result.epochs + 1, (long long)t->at.step, o->lr);
    t->at.loss += loss;
    t->at.correct += correct;
    t->at.batch++;
    t->at.step++;
    return PV_OK;
}

static pv_status validate(pv_trainer *t, pv_epoch *e)
{
    e->validation_loss = e->validation_accuracy = NAN;
    if (t->o->validation == NULL) return PV_OK;
    PV_TRY(pv_model_to_plan(t->m, &t->validation.nodes, t->validation.plan));
    PV_TRY(pv_forward_measure(&t->validation, t->m, t->o->validation, t->ctx, NULL, NULL,
                              &e->validation_loss, &e->validation_accuracy));
    if (t->result.best_epoch > 0 && !(e->validation_loss < t->at.best_loss)) {
        t->at.since_best++;
        return PV_OK;
    }
    t->at.best_loss = e->validation_loss;
    t->at.since_best = 0;
    t->result.best_epoch = e->epoch;
    return t->o->patience > 0 ? pv_trainer_keep_best(t) : PV_OK;
}

static void report(const pv_trainer *t, const pv_epoch *e)
{
    char held[96] = "";
    if (t->o->validation != NULL)
        snprintf(held, sizeof held, ", validation loss %.4f, accuracy %.2f %%", e->validation_loss,
                 100 * e->validation_accuracy);
    pv_ctx_log(t->ctx, PV_LOG_INFO,
               "epoch %d/%d: loss %.4f, accuracy %.2f %%%s; %.1f s, %.0f samples/s, lr %.3g",
               e->epoch, t->o->epochs, e->train_loss, 100 * e->train_accuracy, held, e->seconds,
               e->samples_per_second, e->lr);
}

static pv_status finish_epoch(pv_trainer *t, double started)
{
    double samples = (double)(t->batches * t->batch);
    pv_epoch e = {.epoch = t->result.epochs + 1,
                  .lr = pv_schedule_lr(&t->schedule, t->at.step - 1),
                  .train_loss = t->at.loss / (double)t->batches,
                  .train_accuracy = (double)t->at.correct / samples};
    double trained = t->at.epoch_seconds + pv_clock_seconds() - started;
    PV_TRY(pv_model_from_plan(t->m, &t->step.nodes, t->step.plan));
    PV_TRY(validate(t, &e));
    e.samples_per_second = samples / trained;
    e.seconds = t->at.epoch_seconds + pv_clock_seconds() - started;
    PV_TRY(pv_trainer_add_epoch(t, &e));
    t->at.batch = 0;
    t->at.loss = 0;
    t->at.correct = 0;
    t->at.epoch_seconds = 0;
    if (t->o->patience > 0 && t->at.since_best >= t->o->patience) t->result.stopped_early = 1;
    report(t, &e);
    if (t->o->checkpoint != NULL) PV_TRY(pv_checkpoint_save(t));
    return write_log(t);
}

static pv_status train_epoch(pv_trainer *t)
{
    char what[48];
    double started = pv_clock_seconds();
    snprintf(what, sizeof what, "epoch %d/%d", t->result.epochs + 1, t->o->epochs);
    pv_order_epoch(t->order, (uint32_t)pv_data_count(t->o->train), t->o->seed, t->result.epochs);
    pv_status s = PV_OK;
    while (s == PV_OK && t->at.batch < t->batches) {
        s = pv_ctx_check(t->ctx);
        if (s != PV_OK) break;
        PV_TRY(train_batch(t));
        pv_ctx_progress(t->ctx, what, (uint64_t)t->at.step, (uint64_t)(t->batches * t->o->epochs));
    }
    if (s == PV_OK) s = finish_epoch(t, started);
    if (s != PV_ERR_CANCELLED) return s;
    t->at.epoch_seconds += pv_clock_seconds() - started;
    PV_TRY(pv_model_from_plan(t->m, &t->step.nodes, t->step.plan));
    if (t->o->checkpoint != NULL) PV_TRY(pv_checkpoint_save(t));
    PV_TRY_CONTEXT(s, "training stopped in epoch %d, step %lld%s", t->result.epochs + 1,
                   (long long)t->at.step,
                   t->o->checkpoint == NULL ? "" : "; resume it from its checkpoint");
    return s;
}

pv_status pv_train(pv_model *m, const pv_train_options *o, const pv_ctx *ctx,
                   pv_train_result *result)
{
    pv_status status = PV_OK;
    pv_trainer t = {.m = m, .o = o, .ctx = ctx};
    int found = 0;
    *result = (pv_train_result){0};
    PV_TRY(pv_train_check(o));
    PV_TRY(pv_data_complete(o->train));
    PV_TRY(pv_model_check_data(m, o->train));
    if (o->validation != NULL) {
        PV_TRY(pv_data_complete(o->validation));
        PV_TRY(pv_model_check_data(m, o->validation));
    }
    PV_TRY_GOTO(init(&t));
    if (o->checkpoint != NULL) PV_TRY_GOTO(pv_folder_make(o->checkpoint));
    if (o->resume) PV_TRY_GOTO(pv_checkpoint_load(&t, &found));
    if (found)
        pv_ctx_log(ctx, PV_LOG_INFO, "resuming in epoch %d at step %lld", t.result.epochs + 1,
                   (long long)t.at.step);
    PV_TRY_GOTO(write_log(&t));
    while (t.result.epochs < o->epochs && !t.result.stopped_early) PV_TRY_GOTO(train_epoch(&t));
    for (size_t i = 0; t.best != NULL && i < m->params; i++)
        memcpy(m->param[i].value.data, t.best[i].data, pv_tensor_bytes(&t.best[i]));
    t.result.steps = t.at.step;
    *result = t.result;
    t.result = (pv_train_result){0};
done:
    clear(&t);
    return status;
}

void pv_train_result_clear(pv_train_result *r)
{
    pv_free(r->epoch);
    *r = (pv_train_result){0};
}
