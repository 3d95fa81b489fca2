#include "run/plain.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "data/rows.h"
#include "party/data.h"
#include "run/folder.h"

#include <math.h>

typedef struct pool {
    pv_data **part, **tests; /* [parties]; NULL: brings none */
    int parts;
    pv_data *all, *test;
} pool;

static void pool_clear(pool *p)
{
    for (int i = 0; p->part != NULL && i < p->parts; i++) pv_data_free(p->part[i]);
    for (int i = 0; p->tests != NULL && i < p->parts; i++) pv_data_free(p->tests[i]);
    pv_free(p->part);
    pv_free(p->tests);
    pv_data_free(p->all);
    pv_data_free(p->test);
}

/* all: tests of every party, else of the first that has one. */
static pv_status open_party(pool *p, int i, const char *run, pv_scenario *s, int all,
                            const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_local local = {0};
    const char *name = s->party[i].name;
    char *file = pv_run_party_path(run, name, "local.ini");
    if (file == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_local_load(&local, s, name, file));
    if (local.data != NULL) PV_TRY_GOTO(pv_local_data(&p->part[i], &local, s, name, ctx));
    if (all)
        PV_TRY_GOTO(pv_local_test(&p->tests[i], &local, s, name, ctx));
    else if (p->test == NULL)
        PV_TRY_GOTO(pv_local_test(&p->test, &local, s, name, ctx));
done:
    pv_local_clear(&local);
    pv_free(file);
    return status;
}

/* All parts, one behind the other, as the server of the scheme `plain` has them. */
static pv_status join(pool *p, const pv_scenario *s)
{
    pv_status status = PV_OK;
    int64_t n = 0, at = 0;
    pv_dtype dtype = PV_F32;
    uint8_t *x = NULL;
    int32_t *label = NULL;
    for (int i = 0; i < p->parts; i++) {
        if (p->part[i] == NULL) continue;
        n += pv_data_count(p->part[i]);
        dtype = pv_data_dtype(p->part[i]);
    }
    if (n == 0) PV_FAIL(PV_ERR_INPUT, "%s: no party brings data", s->path);
    size_t each = (size_t)pv_shape_count(&s->schema.sample) * pv_dtype_size(dtype);
    x = pv_alloc((size_t)n, each);
    label = pv_alloc((size_t)n, sizeof *label);
    if (x == NULL || label == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld pooled rows", (long long)n);
    for (int i = 0; i < p->parts; i++) {
        if (p->part[i] == NULL) continue;
        if (pv_data_dtype(p->part[i]) != dtype)
            PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: parties keep their values in different forms",
                         s->path);
        int64_t count = pv_data_count(p->part[i]);
        pv_data_rows(p->part[i], 0, count, x + (size_t)at * each, label + at);
        at += count;
    }
    PV_TRY_GOTO(pv_data_from_rows(
        &p->all, &(pv_rows){.kind = s->schema.kind,
                            .dtype = dtype,
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

static pv_status train(json_t *out, const pool *p, const pv_train_options *given,
                       const pv_scenario *s, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_train_options o = *given;
    pv_train_result result = {0};
    pv_evaluation e = {0};
    pv_model *m = NULL;
    double begun = pv_clock_seconds();
    o.train = p->all;
    o.seed = s->seed;
    PV_TRY_GOTO(pv_model_new(&m, s->model, p->all, s->seed));
    PV_TRY_GOTO(pv_train(m, &o, ctx, &result));
    double seconds = pv_clock_seconds() - begun;
    PV_TRY_GOTO(pv_evaluate(m, p->test, ctx, &e));
    PV_TRY_GOTO(pv_json_set(out, "test_accuracy", pv_json_number(e.accuracy)));
    PV_TRY_GOTO(
        pv_json_set(out, "test_correct", json_integer(llround(e.accuracy * (double)e.count))));
    PV_TRY_GOTO(pv_json_set(out, "test_count", json_integer(e.count)));
    PV_TRY_GOTO(pv_json_set(out, "seconds", pv_json_number(seconds)));
    PV_TRY_GOTO(pv_json_set(out, "epochs", json_integer(result.epochs)));
done:
    pv_model_free(m);
    pv_train_result_clear(&result);
    pv_evaluation_clear(&e);
    return status;
}

pv_status pv_run_plain(json_t **out, const char *run, const pv_scheme *scheme, pv_scenario *s,
                       const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pool p = {.parts = s->parties};
    pv_train_options o;
    json_t *j = NULL;
    pv_ctx own = ctx != NULL ? *ctx : (pv_ctx){0};
    own.threads = s->threads;
    own.log = NULL; /* its epochs are nobody's business here */
    *out = NULL;
    if (scheme->plain == NULL) return PV_OK;
    PV_TRY(scheme->plain(&o, s));
    if (!(o.lr > 0)) return PV_OK; /* nothing was learnt there either */
    p.part = pv_calloc((size_t)p.parts, sizeof *p.part);
    p.tests = pv_calloc((size_t)p.parts, sizeof *p.tests);
    if (p.part == NULL || p.tests == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the pooled rows");
    for (int i = 0; i < p.parts; i++)
        PV_TRY_GOTO(open_party(&p, i, run, s, scheme->pool != NULL, ctx));
    if (scheme->pool != NULL) PV_TRY_GOTO(scheme->pool(&p.test, s, p.tests));
    if (p.test == NULL) goto done;
    PV_TRY_GOTO(scheme->pool != NULL ? scheme->pool(&p.all, s, p.part) : join(&p, s));
    if (p.all == NULL) goto done;
    pv_ctx_log(ctx, PV_LOG_INFO, "for comparison: %lld pooled samples, trained plainly",
               (long long)pv_data_count(p.all));
    j = json_object();
    PV_TRY_GOTO(train(j, &p, &o, s, &own));
    *out = json_incref(j);
done:
    json_decref(j);
    pool_clear(&p);
    return status;
}
