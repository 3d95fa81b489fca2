#include "party/party_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/secret.h"
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* After the last commit a peer that is down may have gone home or may come back for what it lacks:
 * so many seconds it gets. */
static const double FINISH_SECONDS = 30.0;

int pv_role_brings(const pv_role *role, pv_scenario *s)
{
    return role->brings != NULL ? role->brings(s) : role->brings_data;
}

/* ---- for roles */

const pv_ctx *pv_party_ctx(const pv_party *p)
{
    return &p->ctx;
}

pv_hub *pv_party_hub(const pv_party *p)
{
    return p->hub;
}

pv_scenario *pv_party_scenario(const pv_party *p)
{
    return p->o->scenario;
}

const pv_local *pv_party_local(const pv_party *p)
{
    return p->o->local;
}

const char *pv_party_name(const pv_party *p)
{
    return p->o->name;
}

const char *pv_party_folder(const pv_party *p)
{
    return p->o->folder;
}

const pv_identity *pv_party_identity(const pv_party *p)
{
    return p->identity;
}

pv_status pv_party_csprng(pv_csprng *out, pv_party *p, const char *purpose)
{
    uint64_t attempt = p->step == p->first ? p->attempt : 0;
    return pv_csprng_derive(out, p->kept.run_key, purpose, p->step, attempt);
}

/* ---- beginning, or going on */

/* Has anything that was made in the step after the committed one reached the disk? */
static int step_was_seen(const pv_journal_picture *picture)
{
    for (size_t i = 0; i < picture->frames; i++)
        if (picture->frame[i].step > picture->step) return 1;
    return 0;
}

/* The run key is on disk before anything is made with it. */
static pv_status begin(pv_party *p)
{
    pv_hub_store store = pv_journal_store(p->journal);
    pv_bytes state;
    PV_TRY(pv_party_state_begin(p));
    PV_TRY(pv_party_state_encode(&state, p));
    pv_hub_commit commit = {.state = state.data, .state_size = state.size};
    pv_status status = store.flush(store.self, NULL, 0, &commit, NULL, 0);
    pv_secret_wipe(state.data, state.size);
    pv_bytes_clear(&state);
    return status;
}

static pv_status go_on(pv_party *p, const pv_journal_picture *picture, pv_reader *role)
{
    int again = !step_was_seen(picture);
    PV_TRY(pv_party_state_parse(p, role, picture->state, picture->state_size));
    PV_TRY(pv_journal_restart(p->journal, again));
    p->attempt = picture->attempt + (again != 0);
    p->restarts = picture->restarts + 1;
    pv_ctx_log(&p->ctx, PV_LOG_INFO, "%s goes on after step %" PRIu64 " (restart %" PRIu64 ")",
               p->o->name, picture->step, p->restarts);
    return PV_OK;
}

static pv_status open_journal(pv_party *p, pv_journal_picture *picture, int *found)
{
    uint8_t key[32];
    PV_TRY(pv_folder_make(p->o->folder));
    PV_TRY(pv_identity_derive(key, p->identity, "party/journal"));
    pv_status status =
        pv_journal_open(&p->journal, picture, found, p->o->folder, key, &p->o->scenario->hash);
    pv_secret_wipe(key, sizeof key);
    return status;
}

static int result_is_there(const pv_party *p)
{
    char *path = pv_path_join(p->o->folder, "result.json");
    int there = path != NULL && pv_file_exists(path);
    pv_free(path);
    return there;
}

/* *over: everything was done by an earlier process. */
static pv_status open_all(pv_party *p, int *over)
{
    pv_status status = PV_OK;
    pv_journal_picture picture;
    pv_reader role = {0};
    int found = 0;
    PV_TRY(open_journal(p, &picture, &found));
    if (found)
        PV_TRY_GOTO(go_on(p, &picture, &role));
    else
        PV_TRY_GOTO(begin(p));
    p->step = picture.step;
    p->first = picture.step + 1;
    *over = p->kept.done && result_is_there(p);
    if (*over) goto done;
    PV_TRY_GOTO(pv_party_open_metrics(p));
    PV_TRY_GOTO(pv_party_open_hub(p, &picture));
    PV_TRY_GOTO(p->o->role->open(&p->self_role, p));
    PV_TRY_GOTO(pv_scenario_unused(p->o->scenario));
    if (picture.step > 0) {
        PV_TRY_GOTO(p->o->role->load(p->self_role, &role));
        pv_reader_end(&role);
        PV_TRY_GOTO(pv_reader_status(&role));
    }
done:
    pv_journal_picture_clear(&picture);
    return status;
}

/* ---- steps */

static pv_status commit(pv_party *p)
{
    pv_bytes state;
    PV_TRY(pv_party_state_encode(&state, p));
    pv_status status = pv_commit(p->hub, p->step, state.data, state.size);
    pv_secret_wipe(state.data, state.size);
    pv_bytes_clear(&state);
    return status;
}

static pv_status meet(pv_party *p)
{
    pv_bytes state;
    PV_TRY(pv_hub_wait(p->hub, -1.0));
    PV_TRY(pv_party_state_encode(&state, p));
    pv_status status = pv_hub_begin(p->hub, state.data, state.size);
    pv_secret_wipe(state.data, state.size);
    pv_bytes_clear(&state);
    return status;
}

static pv_status execute(pv_party *p)
{
    /* A run begins when all are there, since a view begins with everybody's key; who comes back to
     * one that began finds out by and by. */
    if (p->first == 1) PV_TRY(meet(p));
    while (!p->kept.done) {
        PV_TRY(pv_ctx_check(&p->ctx));
        p->step++;
        p->received = 0;
        pv_hub_set_step(p->hub, p->step);
        pv_status status = p->o->role->step(p->self_role, p, p->step, &p->kept.done);
        if (status == PV_OK) status = commit(p);
        if (status != PV_OK)
            return pv_trail_context(status, __FILE__, __LINE__, "in step %" PRIu64 " of %s",
                                    p->step, p->o->name);
    }
    return PV_OK;
}

static pv_status end(pv_party *p)
{
    PV_TRY(pv_hub_finish(p->hub, FINISH_SECONDS));
    pv_hub_set_step(p->hub, p->step);
    PV_TRY(p->o->role->finish(p->self_role, p));
    PV_TRY(pv_flush(p->hub));
    return pv_party_write_result(p, p->kept.seconds + (pv_clock_seconds() - p->began));
}

void pv_party_free(pv_party *p)
{
    if (p == NULL) return;
    if (p->self_role != NULL) p->o->role->close(p->self_role);
    pv_hub_free(p->hub);
    pv_journal_free(p->journal);
    pv_party_state_clear(&p->kept);
    if (p->metrics >= 0) close(p->metrics);
    pv_free(p->peer);
    pv_free(p->type);
    pv_free(p->view);
    pv_identity_free(p->own_identity);
    pv_certificate_free(p->own_ca);
    pv_free(p);
}

pv_status pv_party_new(pv_party **out, const pv_party_options *o, const pv_ctx *ctx)
{
    pv_party *p = pv_calloc(1, sizeof *p);
    *out = NULL;
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    p->o = o;
    p->metrics = -1;
    p->began = pv_clock_seconds();
    if (ctx != NULL) p->ctx = *ctx;
    p->ctx.threads = o->local->threads > 0 ? o->local->threads : o->scenario->threads;
    p->self = pv_scenario_find(o->scenario, o->name);
    *out = p;
    return PV_OK;
}

pv_status pv_party_run(const pv_party_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_party *p;
    int over = 0;
    PV_TRY(pv_party_new(&p, o, ctx));
    if (p->self == NULL)
        PV_FAIL_GOTO(PV_ERR_OPTION, "%s names no party '%s'", o->scenario->path, o->name);
    PV_TRY_GOTO(pv_party_open_identity(p));
    PV_TRY_GOTO(pv_party_open_peers(p));
    PV_TRY_GOTO(open_all(p, &over));
    if (over) goto done;
    PV_TRY_GOTO(execute(p));
    PV_TRY_GOTO(end(p));
done:
    pv_party_free(p);
    return status;
}
