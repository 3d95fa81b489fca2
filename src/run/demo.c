#include "run/demo.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "report/audit_page.h"
#include "run/audit.h"
#include "run/folder.h"
#include "run/scenario.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char parties[] = "\n[party server]\nrole = server\n"
                              "\n[party north]\nrole = client\n"
                              "\n[party east]\nrole = client\n"
                              "\n[party south]\nrole = client\n"
                              "\n[party west]\nrole = client\n";

typedef struct demo {
    const pv_demo_options *o;
    const pv_ctx *ctx;
    pv_findings findings[2];
    json_t *run[2];
} demo;

/* ---- the folder of an earlier demo makes room */
static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s;
    (void)kind;
    (void)at;
    return remove(path);
}

/* Only what is the folder of a run: it has a scenario in it. */
static pv_status remove_run(const char *run)
{
    pv_status status = PV_OK;
    char *scenario = pv_run_path(run, "scenario.ini");
    if (scenario == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (pv_file_exists(scenario) && nftw(run, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: the earlier run can't be removed: %s", run, strerror(errno));
done:
    pv_free(scenario);
    return status;
}

/* ---- the scenarios */
static pv_status write_averaging(pv_str *out, const pv_demo_options *o)
{
    PV_TRY(pv_str_printf(
        out,
        "# Four clinics train one model without pooling their digits.\n"
        "[scenario]\nname = four clinics, averaging\nscheme = federated\nmodel = lenet5\n"
        "seed = %llu\nthreads = 1\n"
        "\n[scheme]\nalgorithm = fedavg\nrounds = %d\nlocal_epochs = 1\nbatch = 32\nlr = 0.05\n"
        "momentum = 0.9\nalone = yes\n",
        (unsigned long long)o->seed, o->rounds));
    PV_TRY(pv_str_append(out, parties));
    return pv_str_printf(out,
                         "\n[local]\ndata = glyphs?limit=%lld&seed=%llu\nparts = iid\n"
                         "test = glyphs?split=test&limit=%lld&seed=%llu\n"
                         "\n[local server]\ndata =\n",
                         (long long)o->samples, (unsigned long long)o->seed,
                         (long long)(2 * o->samples / 3), (unsigned long long)o->seed);
}

static pv_status write_single(pv_str *out, const pv_demo_options *o)
{
    PV_TRY(pv_str_printf(
        out,
        "# One digit a step, as the gradient-inversion papers have it: all steps meet the same "
        "weights.\n"
        "[scenario]\nname = four clinics, one image a step\nscheme = federated\n"
        "model = lenet5-dlg:init=0.5\nseed = %llu\nthreads = 1\n"
        "\n[scheme]\nalgorithm = fedsgd\nepochs = 1\nbatch = 1\nlr = 0\nalone = no\n",
        (unsigned long long)o->seed));
    PV_TRY(pv_str_append(out, parties));
    return pv_str_printf(out,
                         "\n[local]\ndata = glyphs?limit=%d&seed=%llu\nparts = iid\n"
                         "\n[local server]\ndata =\n",
                         o->images, (unsigned long long)o->seed);
}

/* ---- run and audit one of them */
static pv_status play(demo *d, int which, const char *name,
                      pv_status (*write)(pv_str *, const pv_demo_options *),
                      const pv_audit_options *audit)
{
    pv_status status = PV_OK;
    pv_str text = {0}, scenario = {0}, run = {0}, command = {0};
    PV_TRY_GOTO(pv_str_printf(&scenario, "%s/%s.ini", d->o->out, name));
    PV_TRY_GOTO(pv_str_printf(&run, "%s/runs/%s", d->o->out, name));
    PV_TRY_GOTO(write(&text, d->o));
    PV_TRY_GOTO(pv_file_write(pv_str_text(&scenario), pv_str_text(&text), text.size, 0644));
    PV_TRY_GOTO(remove_run(pv_str_text(&run)));
    pv_ctx_log(d->ctx, PV_LOG_INFO, "%s: five parties, each a process of its own", name);
    PV_TRY_GOTO(pv_run_scenario(&d->run[which],
                                &(pv_run_options){.scenario = pv_str_text(&scenario),
                                                  .out = pv_str_text(&run),
                                                  .plain = which == 0,
                                                  .restarts = 1},
                                d->ctx));
    PV_TRY_GOTO(pv_str_printf(&command, "privet audit %s --with-originals", pv_str_text(&run)));
    pv_audit_options o = *audit;
    o.run = pv_str_text(&run);
    o.command = pv_str_text(&command);
    o.with_originals = 1; /* nobody owns a drawn digit */
    o.budget.seed = d->o->seed;
    pv_ctx_log(d->ctx, PV_LOG_INFO, "%s: attacking what the server saw", name);
    PV_TRY_GOTO(pv_audit(&d->findings[which], &o, d->ctx));
done:
    pv_str_clear(&text);
    pv_str_clear(&scenario);
    pv_str_clear(&run);
    pv_str_clear(&command);
    return status;
}

static pv_status write_page(const demo *d)
{
    pv_status status = PV_OK;
    pv_str page = {0};
    /* what was reconstructed comes first */
    const pv_findings *const run[] = {&d->findings[1], &d->findings[0]};
    char *path = pv_path_join(d->o->out, "report.html");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_audit_page_write(&page, run, 2));
    PV_TRY_GOTO(pv_file_write(path, pv_str_text(&page), page.size, 0644));
done:
    pv_free(path);
    pv_str_clear(&page);
    return status;
}

static double number(const json_t *j, const char *key)
{
    const json_t *v = json_object_get(j, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static void sum_up(pv_demo_outcome *out, const demo *d)
{
    const char *name;
    json_t *party;
    double alone = 0;
    int n = 0;
    json_object_foreach(json_object_get(d->run[0], "parties"), name, party)
    {
        double x = number(party, "alone_accuracy");
        if (!isnan(x)) alone += x, n++;
    }
    out->joint = number(d->run[0], "test_accuracy");
    out->plain = number(json_object_get(d->run[0], "plain"), "test_accuracy");
    out->alone = n > 0 ? alone / n : NAN;
    for (int i = 0; i < d->findings[1].findings; i++) {
        const pv_finding *f = &d->findings[1].finding[i];
        if (strcmp(f->metric, "recovered") != 0) continue;
        out->recovered = f->count.k;
        out->images = f->count.n;
    }
}

pv_status pv_demo(pv_demo_outcome *outcome, const pv_demo_options *o, const pv_ctx *ctx)
{
    static const pv_attack_option few[] = {{"steps", "30"}};
    double begun = pv_clock_seconds();
    pv_status status = PV_OK;
    demo d = {.o = o, .ctx = ctx};
    *outcome = (pv_demo_outcome){0};
    PV_TRY_GOTO(pv_folder_make(o->out));
    PV_TRY_GOTO(play(&d, 0, "averaging", write_averaging,
                     &(pv_audit_options){.targets = 4, .option = few, .options = 1}));
    PV_TRY_GOTO(play(&d, 1, "single-image", write_single, &(pv_audit_options){0}));
    PV_TRY_GOTO(write_page(&d));
    sum_up(outcome, &d);
    outcome->seconds = pv_clock_seconds() - begun;
done:
    for (int i = 0; i < 2; i++) {
        pv_findings_clear(&d.findings[i]);
        json_decref(d.run[i]);
    }
    if (status == PV_ERR_CANCELLED) { /* whose run it was that can be resumed is of no use here */
        pv_trail_clear();
        PV_FAIL(PV_ERR_CANCELLED, "stopped; the demo begins anew each time");
    }
    return status;
}
