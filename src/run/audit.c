#include "run/audit_i.h"

#include "base/ctx.h"
#include "base/file.h"
#include "fed/learning.h"
#include "run/folder.h"
#include "run/registry.h"

#include <stdio.h>
#include <string.h>

int pv_audit_invalid(const pv_findings *f)
{
    for (int i = 0; i < f->findings; i++)
        if (pv_finding_level(&f->finding[i]) == PV_LEVEL_INVALID) return 1;
    return 0;
}

int pv_audit_is_attacked(const pv_claim *c)
{
    return c->attacks != NULL && c->attacks[0] != NULL;
}

pv_status pv_audit_applies(int *out, const char *run)
{
    pv_status status = PV_OK;
    pv_scenario s = {0};
    const pv_scheme *scheme;
    const pv_claim *claim;
    int claims;
    pv_str setting = {0};
    char *path = pv_run_path(run, "scenario.ini");
    *out = 0;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_scenario_load(&s, path));
    PV_TRY_GOTO(pv_scheme_find(&scheme, s.scheme));
    PV_TRY_GOTO(scheme->check(&s, &setting, &claim, &claims));
    for (int i = 0; i < claims; i++) *out |= pv_audit_is_attacked(&claim[i]);
done:
    pv_str_clear(&setting);
    pv_scenario_clear(&s);
    pv_free(path);
    return status;
}

static void work_clear(pv_audit_work *w)
{
    for (size_t i = 0; i < w->cases; i++) pv_audit_case_clear(&w->item[i]);
    pv_free(w->item);
    for (int i = 0; i < w->parties; i++) {
        pv_view_free(w->party[i].view);
        json_decref(w->party[i].result);
        pv_data_free(w->party[i].data);
    }
    pv_free(w->party);
    pv_model_free(w->model);
    json_decref(w->run);
    pv_str_clear(&w->setting);
    pv_scenario_clear(&w->scenario);
}

/* ---- opening: shared files and views, no data */

/* An owner who audits alone opens its own folder and no other. */
static int may_open(const pv_audit_work *w, const char *party)
{
    return w->o->as_owner == NULL || strcmp(w->o->as_owner, party) == 0;
}

static pv_status open_party(pv_audit_work *w, int i)
{
    pv_status status = PV_OK;
    pv_audit_party *p = &w->party[i];
    char *path = NULL;
    p->name = w->scenario.party[i].name;
    p->role = w->scenario.party[i].role;
    if (!may_open(w, p->name)) return PV_OK;
    path = pv_run_party_path(w->o->run, p->name, "view.pvv");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (pv_file_exists(path)) PV_TRY_GOTO(pv_view_open(&p->view, path));
    status = pv_run_party_json(&p->result, w->o->run, p->name);
    if (status == PV_ERR_NOT_FOUND) { /* it may have been lost on the way */
        pv_trail_clear();
        status = PV_OK;
    }
done:
    pv_free(path);
    return status;
}

/* What samples and classes are. A provider need not say what its network is: attacks on the halves
 * know the published one. */
static pv_status open_cut_model(pv_audit_work *w)
{
    static char any[] = "mlr";
    pv_scenario s = w->scenario;
    if (s.model == NULL) s.model = any;
    return pv_fed_model(&w->model, &s);
}

/* The released model says how inputs were normalised; everybody has it. Where nobody has the whole
 * model, or only one party, everybody knows its architecture. */
static pv_status open_model(pv_audit_work *w)
{
    if (w->scheme->split) return pv_fed_model(&w->model, &w->scenario);
    if (w->scheme->cut != NULL) return open_cut_model(w);
    for (int i = 0; i < w->parties && w->model == NULL; i++) {
        char *path;
        if (!may_open(w, w->party[i].name)) continue;
        path = pv_run_party_path(w->o->run, w->party[i].name, "model.safetensors");
        if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
        pv_status s = pv_file_exists(path) ? pv_model_load(&w->model, path) : PV_OK;
        pv_free(path);
        PV_TRY(s);
    }
    if (w->model == NULL)
        PV_FAIL(PV_ERR_NOT_FOUND,
                "%s: no party's folder has a model.safetensors; has the run ended?", w->o->run);
    return PV_OK;
}

static pv_status open_run(pv_audit_work *w)
{
    pv_status status = PV_OK;
    char *path = pv_run_path(w->o->run, "scenario.ini");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (!pv_file_exists(path))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND,
                     "%s: there is no run in this folder (no scenario.ini); a party that ran by "
                     "itself lays it out as docs/audit.md says",
                     w->o->run);
    PV_TRY_GOTO(pv_scenario_load(&w->scenario, path));
    PV_TRY_GOTO(pv_scheme_find(&w->scheme, w->scenario.scheme));
    if (w->scenario.model == NULL && w->scheme->cut == NULL)
        PV_FAIL_GOTO(PV_ERR_INPUT,
                     "%s: a run of %s trains no model, so there is nothing here to attack; what it "
                     "tells each party is in its document",
                     w->o->run, w->scheme->name);
    PV_TRY_GOTO(w->scheme->check(&w->scenario, &w->setting, &w->claim, &w->claims));
    if (w->o->as_owner != NULL && pv_scenario_find(&w->scenario, w->o->as_owner) == NULL)
        PV_FAIL_GOTO(PV_ERR_OPTION, "--as-owner: there is no party \"%s\" in this run",
                     w->o->as_owner);
    w->seed = w->o->budget.seed;
    w->party = pv_calloc((size_t)w->scenario.parties, sizeof *w->party);
    if (w->party == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the parties");
    w->parties = w->scenario.parties;
    for (int i = 0; i < w->parties; i++) PV_TRY_GOTO(open_party(w, i));
    PV_TRY_GOTO(open_model(w));
    if (w->o->as_owner == NULL) PV_TRY_GOTO(pv_run_json(&w->run, w->o->run));
done:
    pv_free(path);
    return status;
}

/* ---- the guesses are written down before anything is scored */
static pv_status commit_guesses(pv_audit_work *w)
{
    pv_status status = PV_OK;
    json_t *j = json_object(), *list = json_array();
    pv_hasher all = {0};
    char text[PV_HASH_TEXT];
    char *path = pv_run_path(w->o->run, "audit/guesses.json"), *old = NULL;
    if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_json_set(j, "guesses", json_incref(list)));
    PV_TRY_GOTO(pv_hasher_init(&all));
    for (size_t i = 0; i < w->cases; i++) {
        const pv_audit_case *c = &w->item[i];
        json_t *one = json_object();
        PV_TRY_GOTO(pv_json_append(list, one));
        PV_TRY_GOTO(pv_json_set(one, "adversary", json_string(c->adversary)));
        PV_TRY_GOTO(pv_json_set(one, "secret", json_string(c->claim->secret)));
        PV_TRY_GOTO(pv_json_set(one, "attack", json_string(c->attack->name)));
        PV_TRY_GOTO(pv_json_set(one, "targets", json_integer((json_int_t)c->targets)));
        PV_TRY_GOTO(pv_json_set(one, "sha256", json_string(pv_hash_text(&c->hash, text))));
        json_t *known = json_array(); /* no guess is about them */
        PV_TRY_GOTO(pv_json_set(one, "known_rows", known));
        for (int64_t k = 0; k < c->known.count; k++)
            PV_TRY_GOTO(pv_json_append(known, json_integer((json_int_t)c->known.row[k])));
        pv_hasher_add(&all, c->hash.byte, sizeof c->hash.byte);
    }
    PV_TRY_GOTO(pv_hasher_end(&all, &w->guesses));
    PV_TRY_GOTO(pv_json_set(j, "all", json_string(pv_hash_text(&w->guesses, text))));
    PV_TRY_GOTO(pv_json_save(j, 1, path));
    /* what an earlier audit found no longer goes with the guesses that are there */
    old = pv_run_path(w->o->run, "audit/findings.json");
    if (old == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    (void)remove(old);
done:
    pv_free(old);
    pv_hasher_clear(&all);
    json_decref(j);
    json_decref(list);
    pv_free(path);
    return status;
}

static pv_status save(const pv_findings *f, const char *run)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    char *path = pv_run_path(run, "audit/findings.json");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_findings_json(&j, f));
    PV_TRY_GOTO(pv_json_save(j, 1, path));
done:
    json_decref(j);
    pv_free(path);
    return status;
}

/* No claim of the run has an attack: what it tells by itself is all there is to say. */
static pv_status nothing_to_attack(const pv_audit_work *w)
{
    pv_str told = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < w->claims; i++)
        if (w->claim[i].told)
            PV_TRY_GOTO(pv_str_printf(&told, "; %s, to the %s: %s", w->claim[i].secret,
                                      w->claim[i].adversary, w->claim[i].text));
    status = pv_trail_fail(PV_ERR_INPUT, __FILE__, __LINE__,
                           "%s: the scheme %s claims nothing about this run that an attack could "
                           "test%s",
                           w->o->run, w->scheme->name, pv_str_text(&told));
done:
    pv_str_clear(&told);
    return status;
}

pv_status pv_audit(pv_findings *out, const pv_audit_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_audit_work w = {.o = o, .ctx = ctx};
    char *folder = pv_run_path(o->run, "audit");
    *out = (pv_findings){0};
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(open_run(&w));
    PV_TRY_GOTO(pv_audit_cases(&w));
    if (w.cases == 0 && o->as_owner != NULL && o->attack == NULL)
        PV_FAIL_GOTO(PV_ERR_OPTION,
                     "--as-owner %s: the scheme %s claims nothing about the data of a %s",
                     o->as_owner, w.scheme->name, pv_scenario_find(&w.scenario, o->as_owner)->role);
    if (w.cases == 0 && o->attack == NULL && o->collude == NULL) PV_TRY_GOTO(nothing_to_attack(&w));
    if (w.cases == 0)
        PV_FAIL_GOTO(PV_ERR_OPTION, "%s: no claim of the scheme %s fits this adversary%s%s", o->run,
                     w.scheme->name, o->attack != NULL ? " and the attack " : "",
                     o->attack != NULL ? o->attack : "");
    PV_TRY_GOTO(pv_folder_make(folder));
    for (size_t i = 0; i < w.cases; i++) {
        PV_TRY_GOTO(pv_audit_guess(&w, &w.item[i]));
        PV_TRY_GOTO(pv_audit_next(&w, i));
    }
    PV_TRY_GOTO(commit_guesses(&w));
    for (size_t i = 0; i < w.cases; i++)
        if (!w.item[i].unsuited) PV_TRY_GOTO(pv_audit_score(out, &w, &w.item[i]));
    PV_TRY_GOTO(pv_audit_facts(out, &w));
    PV_TRY_GOTO(save(out, o->run));
done:
    work_clear(&w);
    pv_free(folder);
    if (status != PV_OK) pv_findings_clear(out);
    return status;
}
