#include "run/audit_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "run/folder.h"
#include "run/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTROLS = 5, LABEL_CONTROLS = 20, NOTE_CONTROLS = 200, OPTIONS = 16 };

pv_status pv_audit_case_targets(pv_audit_case *c, size_t targets)
{
    c->target = pv_calloc(targets + 1, sizeof *c->target);
    c->victim = pv_calloc(targets + 1, sizeof *c->victim);
    c->truth = pv_calloc(targets + 1, sizeof *c->truth);
    if (c->target == NULL || c->victim == NULL || c->truth == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu targets", targets);
    return PV_OK;
}

void pv_audit_case_clear(pv_audit_case *c)
{
    pv_control_view_clear(&c->positive);
    pv_control_view_clear(&c->negative);
    pv_guess_clear(&c->guess);
    pv_guess_clear(&c->positive_guess);
    pv_guess_clear(&c->negative_guess);
    pv_str_clear(&c->failure);
    for (size_t i = 0; i < c->truths; i++) pv_batch_truth_clear(&c->truth[i]);
    pv_free(c->truth);
    pv_free(c->seen);
    pv_known_clear(&c->known);
    pv_free(c->adversary);
    pv_free(c->target);
    pv_free(c->victim);
    *c = (pv_audit_case){0};
}

/* ---- which cases there are */
static pv_status add_case(pv_audit_work *w, const pv_claim *claim, const char *attack,
                          const char *adversary, const char *owner, const pv_view *const *view,
                          int views)
{
    pv_status status = PV_OK;
    pv_audit_case *c;
    PV_TRY(pv_grow((void **)&w->item, &w->case_capacity, w->cases + 1, sizeof *w->item));
    c = &w->item[w->cases];
    *c = (pv_audit_case){.claim = claim, .owner = owner, .views = views};
    memcpy(c->view, view, (size_t)views * sizeof *view);
    c->adversary = pv_strdup(adversary);
    if (c->adversary == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a name");
    PV_TRY_GOTO(pv_attack_find(&c->attack, attack));
    PV_TRY_GOTO(pv_audit_reads_of(&c->reads, c->attack));
    PV_TRY_GOTO(c->reads->targets(w, c));
    w->cases++;
    return PV_OK;
done:
    pv_audit_case_clear(c);
    return status;
}

static int all_at_once(const pv_audit_work *w)
{
    return w->scheme->split && w->o->as_owner == NULL; /* alone, none of them can be */
}

/* Of attacks on messages the first stands for all, since they take long; of a network that is cut
 * the first two, since what one knows of the front another learns from samples. Those on notes are
 * cheap, and which of them reads most depends on the run: what the first does not read the next one
 * may. */
static int wanted(const pv_audit_work *w, const pv_claim *claim, int i)
{
    const char *only = w->o->attack;
    if (only == NULL) return i == 0 || all_at_once(w) || (i == 1 && w->scheme->cut != NULL);
    return strcmp(only, "all") == 0 || strcmp(only, claim->attacks[i]) == 0;
}

/* Of a scheme for two, both together have nobody left to look at. */
static int has_victim(const pv_audit_work *w, const pv_claim *claim, const char *adversary)
{
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].role, claim->victim) == 0 &&
            !pv_audit_is_member(adversary, w->party[i].name))
            return 1;
    return !w->scheme->split;
}

static pv_status add_attacks(pv_audit_work *w, const pv_claim *claim, const char *adversary,
                             const char *owner, const pv_view *const *view, int views)
{
    if (!has_victim(w, claim, adversary)) return PV_OK;
    for (int i = 0; claim->attacks != NULL && claim->attacks[i] != NULL; i++)
        if (wanted(w, claim, i))
            PV_TRY(add_case(w, claim, claim->attacks[i], adversary, owner, view, views));
    return PV_OK;
}

/* "a,b": their views side by side, as "a+b". */
static pv_status add_colluding(pv_audit_work *w)
{
    pv_status status = PV_OK;
    pv_str name = {0};
    const pv_view *view[PV_ATTACK_VIEWS];
    int views = 0;
    for (const char *word = w->o->collude; *word != '\0';) {
        size_t n = strcspn(word, ",");
        int found_at = -1;
        for (int i = 0; i < w->parties; i++)
            if (strlen(w->party[i].name) == n && strncmp(w->party[i].name, word, n) == 0)
                found_at = i;
        if (found_at < 0)
            PV_FAIL_GOTO(PV_ERR_OPTION, "--collude: there is no party \"%.*s\" in this run", (int)n,
                         word);
        if (pv_audit_is_member(pv_str_text(&name), w->party[found_at].name))
            PV_FAIL_GOTO(PV_ERR_OPTION, "--collude: %s is named twice", w->party[found_at].name);
        if (views == PV_ATTACK_VIEWS)
            PV_FAIL_GOTO(PV_ERR_OPTION, "--collude: at most %d parties", PV_ATTACK_VIEWS);
        if (w->party[found_at].view == NULL)
            PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s left no view in this run", w->party[found_at].name);
        PV_TRY_GOTO(pv_str_printf(&name, "%s%s", views > 0 ? "+" : "", w->party[found_at].name));
        view[views++] = w->party[found_at].view;
        word += n + (word[n] == ',');
    }
    if (views < 2) PV_FAIL_GOTO(PV_ERR_OPTION, "--collude: two parties or more, as in a,b");
    for (int i = 0; i < w->claims; i++)
        PV_TRY_GOTO(add_attacks(w, &w->claim[i], pv_str_text(&name), NULL, view, views));
done:
    pv_str_clear(&name);
    return status;
}

static pv_status add_all(pv_audit_work *w)
{
    for (int k = 0; k < w->claims; k++) {
        const pv_claim *claim = &w->claim[k];
        for (int i = 0; i < w->parties; i++) {
            const pv_audit_party *p = &w->party[i];
            if (strcmp(p->role, claim->adversary) != 0) continue;
            if (w->o->as_owner == NULL) {
                const pv_view *view[] = {p->view};
                if (p->view != NULL) PV_TRY(add_attacks(w, claim, p->name, NULL, view, 1));
                continue;
            }
            for (int j = 0; j < w->parties; j++) {
                const pv_audit_party *owner = &w->party[j];
                const pv_view *view[] = {owner->view};
                if (strcmp(owner->name, w->o->as_owner) == 0 &&
                    strcmp(owner->role, claim->victim) == 0)
                    PV_TRY(add_attacks(w, claim, p->name, owner->name, view, 1));
            }
        }
    }
    return PV_OK;
}

int pv_audit_is_named(const pv_audit_work *w)
{
    return w->o->attack != NULL && strcmp(w->o->attack, "all") != 0;
}

/* ---- guessing */

/* Those of the given options that this attack has; --set may be meant for several. */
static int options_of(pv_attack_option *out, const pv_audit_work *w, const pv_attack *a)
{
    int n = 0;
    for (int i = 0; i < w->o->options && n < OPTIONS; i++)
        for (const pv_attack_option *o = a->options; o != NULL && o->name != NULL; o++)
            if (strcmp(o->name, w->o->option[i].name) == 0) out[n++] = w->o->option[i];
    return n;
}

static pv_status check_options(const pv_audit_work *w)
{
    for (int i = 0; i < w->o->options; i++) {
        int known = 0;
        for (size_t c = 0; c < w->cases; c++)
            known |= pv_attack_option_get(w->item[c].attack, NULL, 0, w->o->option[i].name) != NULL;
        if (!known)
            PV_FAIL(PV_ERR_OPTION,
                    "--set %s: none of the attacks chosen has this setting; privet list attacks "
                    "shows them",
                    w->o->option[i].name);
    }
    return PV_OK;
}

/* The model on which an attack is at home, for samples like the run's. */
static const char *home(const pv_audit_case *c, pv_data_kind kind)
{
    if (strcmp(c->attack->name, "analytic") == 0) return "mlp";
    return kind == PV_DATA_IMAGE ? "lenet5-dlg:init=0.5" : "mlr";
}

/* The weights that the victim had in its first targeted step, when the view has them. */
static pv_status weights_of_run(pv_model *m, const pv_audit_case *c)
{
    const pv_view *v = c->view[0];
    int type = pv_view_type_id(v, "model");
    for (uint64_t i = 0; type >= 0 && c->targets > 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        pv_view_payload payload = {0};
        if (r->type != type || r->step != c->target[0].step || !r->kept) continue;
        PV_TRY(pv_view_load(&payload, v, i));
        for (int k = 0; k < pv_model_params(m); k++) {
            pv_tensor *t = pv_model_param(m, k);
            const pv_part *part = pv_parts_find(&payload.parts, pv_model_param_name(m, k));
            if (part != NULL && part->dtype == PV_F32 && pv_shape_equal(&part->shape, &t->shape))
                memcpy(t->data, part->data, pv_tensor_bytes(t));
        }
        pv_view_payload_clear(&payload);
        return PV_OK;
    }
    return PV_OK;
}

pv_status pv_audit_message_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                   int positive)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    char *path = pv_run_path(w->o->run, positive ? "audit/positive.pvv" : "audit/negative.pvv");
    pv_model_domain what = pv_model_what(w->model);
    int labels = strcmp(c->attack->wants, "labels") == 0;
    int count = w->o->controls > 0 ? w->o->controls : labels ? LABEL_CONTROLS : CONTROLS;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (positive) {
        PV_TRY_GOTO(pv_model_new_domain(&m, home(c, what.kind), &what, w->seed));
    } else {
        char *file = pv_run_path(w->o->run, "audit/model.safetensors");
        status = file == NULL ? PV_ERR_MEMORY : pv_model_save(w->model, file);
        if (status == PV_OK) status = pv_model_load(&m, file);
        if (file != NULL) (void)remove(file);
        pv_free(file);
        if (status != PV_OK) goto done;
        PV_TRY_GOTO(weights_of_run(m, c));
        if ((size_t)count > c->targets) count = (int)c->targets;
    }
    if (count > 0)
        PV_TRY_GOTO(pv_control_view_make(
            out, &(pv_control_plan){.path = path,
                                    .model = m,
                                    .victim = "control",
                                    .contents =
                                        strcmp(c->attack->wants, "rows") == 0 ? "rows" : "gradient",
                                    .count = count,
                                    .seed = w->seed + (positive ? 1000003 : 2000003)}));
    if (positive && count > 0) { /* the attack is told this model, and the run's in the other one */
        out->model = m;
        m = NULL;
    }
done:
    pv_free(path);
    pv_model_free(m);
    return status;
}

pv_status pv_audit_note_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                int positive)
{
    int classes = pv_model_what(w->model).classes;
    int64_t rows = 20 * classes > NOTE_CONTROLS ? 20 * classes : NOTE_CONTROLS;
    char *path;
    if (c->targets == 0) return PV_OK; /* nothing tells what the run's notes are like */
    path = pv_run_path(w->o->run, positive ? "audit/positive.pvv" : "audit/negative.pvv");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = pv_control_notes_make(
        out, &(pv_notes_plan){.path = path,
                              .contents = c->attack->control,
                              .model = w->model,
                              .batch = c->target[0].batch,
                              .width = c->width,
                              .rows = w->o->controls > 0 ? w->o->controls : rows,
                              .known = c->known.each > 0 ? c->known.each : c->known.count,
                              .with_data = (c->attack->needs & PV_NEEDS_OWN_DATA) != 0,
                              .positive = positive,
                              .seed = w->seed + (positive ? 1000003 : 2000003)});
    pv_free(path);
    return status;
}

static void tell(pv_public *known, const pv_scheme_known *facts)
{
    known->local_epochs = facts->local_epochs;
    known->local_batch = facts->local_batch;
    known->local_lr = facts->local_lr;
    known->lr = facts->lr;
    known->momentum = facts->momentum;
    known->decay = facts->decay;
    known->batch = facts->batch;
}

static pv_status attack_control(pv_guess *guess, pv_control_view *control, pv_audit_work *w,
                                pv_audit_case *c, int positive)
{
    const pv_view *view[1];
    pv_attack_option option[OPTIONS];
    PV_TRY(c->reads->control(control, w, c, positive));
    if (control->view == NULL) return pv_guess_init(guess, 0);
    view[0] = control->view;
    pv_public known = {.scheme = "control",
                       .model = control->model != NULL ? control->model : w->model,
                       .samples = 1};
    known.classes = pv_model_what(known.model).classes;
    tell(&known, &control->facts);
    pv_known_tell(&known, &control->known);
    PV_TRY(pv_guess_init(guess, control->answers.count));
    int options = options_of(option, w, c->attack);
    return c->attack->run(guess, view, 1, &known, control->target, control->answers.count, option,
                          options, &w->o->budget, w->ctx);
}

static pv_status attack_run(pv_audit_work *w, pv_audit_case *c)
{
    pv_scheme_known told = {0};
    if (w->scheme->known != NULL) PV_TRY(w->scheme->known(&told, &w->scenario));
    pv_public known = {.scheme = w->scheme->name,
                       .model = w->model,
                       .samples =
                           c->targets > 0 ? pv_audit_samples_of(w, &w->party[c->victim[0]]) : 0,
                       .clients = pv_scenario_count(&w->scenario, c->claim->victim),
                       .classes = pv_model_what(w->model).classes};
    tell(&known, &told);
    pv_known_tell(&known, &c->known);
    PV_TRY(pv_guess_init(&c->guess, c->targets));
    pv_attack_option option[OPTIONS];
    int options = options_of(option, w, c->attack);
    return c->attack->run(&c->guess, c->view, c->views, &known, c->target, c->targets, option,
                          options, &w->o->budget, w->ctx);
}

pv_status pv_audit_next(pv_audit_work *w, size_t i)
{
    const pv_audit_case *c = &w->item[i];
    const char *const *attack = c->claim->attacks;
    if (w->o->attack != NULL || !c->unsuited || all_at_once(w)) return PV_OK;
    while (*attack != NULL && strcmp(*attack, c->attack->name) != 0) attack++;
    if (*attack == NULL || attack[1] == NULL) return PV_OK;
    const pv_view *view[PV_ATTACK_VIEWS];
    memcpy(view, c->view, sizeof view);
    pv_str name = {0}; /* the case itself may move */
    pv_status status = pv_str_append(&name, c->adversary);
    if (status == PV_OK)
        status = add_case(w, c->claim, attack[1], pv_str_text(&name), c->owner, view, c->views);
    pv_str_clear(&name);
    return status;
}

pv_status pv_audit_cases(pv_audit_work *w)
{
    const pv_attack *named;
    if (w->o->attack != NULL && strcmp(w->o->attack, "all") != 0)
        PV_TRY(pv_attack_find(&named, w->o->attack));
    PV_TRY(w->o->collude != NULL ? add_colluding(w) : add_all(w));
    return check_options(w);
}

pv_status pv_audit_guess(pv_audit_work *w, pv_audit_case *c)
{
    double begun;
    pv_model_domain what = pv_model_what(w->model);
    pv_ctx_log(w->ctx, PV_LOG_INFO, "%s as %s: %zu targets", c->attack->name, c->adversary,
               c->targets);
    if (c->failure.size == 0 && c->reads->known != NULL) PV_TRY(c->reads->known(w, c));
    if (c->failure.size > 0) { /* there is nothing to attack, or not with what is known */
        PV_TRY(pv_guess_init(&c->guess, 0));
        return pv_guess_hash(&c->hash, &c->guess, &what.sample);
    }
    begun = pv_clock_seconds();
    pv_status s = attack_run(w, c);
    c->seconds = pv_clock_seconds() - begun;
    if (s == PV_OK) s = attack_control(&c->positive_guess, &c->positive, w, c, 1);
    if (s == PV_OK) s = attack_control(&c->negative_guess, &c->negative, w, c, 0);
    if (s == PV_ERR_CANCELLED || s == PV_ERR_MEMORY || s == PV_ERR_OPTION) return s;
    /* one of all attacks that is for other data than these (two classes, say) */
    c->unsuited = s == PV_ERR_UNSUPPORTED && c->reads->rows && !pv_audit_is_named(w);
    if (s != PV_OK) { /* the finding will say why there is none */
        PV_TRY(pv_str_append(&c->failure, pv_trail_text()));
        pv_trail_clear();
        if (s == PV_ERR_USAGE) PV_TRY(pv_audit_lacks(w, c));
        pv_ctx_log(w->ctx, PV_LOG_WARN, "%s: %s", c->attack->name, pv_str_text(&c->failure));
    }
    pv_shape one = c->reads->score != NULL ? PV_SHAPE(c->width) : what.sample;
    pv_audit_forget_known(&c->guess, c, pv_shape_count(&one));
    return pv_guess_hash(&c->hash, &c->guess, &one);
}
