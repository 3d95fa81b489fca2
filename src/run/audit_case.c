#include "run/audit_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "run/folder.h"
#include "run/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS = 100, CONTROLS = 5, LABEL_CONTROLS = 20, OPTIONS = 16 };
/* Samples of one step that an attack on images is asked for, and one on labels alone. */
enum { APART = 8, COUNTED = 4096 };
enum { ONCE = 256 };

void pv_audit_case_clear(pv_audit_case *c)
{
    pv_control_view_clear(&c->positive);
    pv_control_view_clear(&c->negative);
    pv_guess_clear(&c->guess);
    pv_guess_clear(&c->positive_guess);
    pv_guess_clear(&c->negative_guess);
    pv_str_clear(&c->failure);
    pv_free(c->adversary);
    pv_free(c->target);
    pv_free(c->victim);
    *c = (pv_audit_case){0};
}

/* ---- targets: the steps of a victim about which the view kept something */

/* Has the view all that crossed between its party and this peer in the step? *seen: did anything
 * come from the victim's side? */
static int kept(const pv_view *v, int mirrored, const char *peer, uint64_t step, int *seen)
{
    int index = pv_view_peer_index(v, peer), all = 1;
    pv_view_kind kind = mirrored ? PV_VIEW_SENT : PV_VIEW_RECEIVED;
    *seen = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->step != step || r->peer != index || r->type < PV_TYPE_FIRST) continue;
        *seen |= r->kind == kind;
        all &= r->kept;
    }
    return *seen && all;
}

/* Under masked sums nothing that comes from one victim says anything: what the server has is its
 * note of what the sum was, which is about all of them. */
static int is_masked(const pv_view *v)
{
    int masked = pv_view_type_id(v, "masked");
    for (uint64_t i = 0; masked >= 0 && i < pv_view_count(v); i++)
        if (pv_view_at(v, i)->type == masked) return 1;
    return 0;
}

static int has_sum(const pv_view *v, uint64_t step, int *seen)
{
    int sum = pv_view_type_id(v, "aggregate"), any = 0;
    *seen = 0;
    for (uint64_t i = 0; sum >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->step != step || r->kind != PV_VIEW_DERIVED || r->type != sum) continue;
        *seen = 1;
        any |= r->kept;
    }
    return any;
}

/* Did the view's own party, a client beside the victim, send something in this step? */
static int took_part(const pv_view *v, uint64_t step)
{
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->step == step && r->kind == PV_VIEW_SENT && r->type >= PV_TYPE_FIRST) return 1;
    }
    return 0;
}

static uint64_t last_step(const pv_view *v)
{
    uint64_t last = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++)
        if (pv_view_at(v, i)->step > last) last = pv_view_at(v, i)->step;
    return last;
}

/* What a party told others about the number of its samples, in the first step; 0: nothing. */
static int64_t samples_told(const pv_view *v, const char *party)
{
    int peer = pv_view_peer_index(v, party), join = pv_view_type_id(v, "join");
    for (uint64_t i = 0; peer >= 0 && join >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        pv_view_payload payload = {0};
        int64_t n = 0;
        if (r->peer != peer || r->type != join || r->kind != PV_VIEW_RECEIVED || !r->kept) continue;
        if (pv_view_load(&payload, v, i) != PV_OK) {
            pv_trail_clear();
            return 0;
        }
        const pv_part *part = pv_parts_find(&payload.parts, "samples");
        if (part != NULL && part->dtype == PV_I64 && part->shape.ndim == 1 &&
            part->shape.dim[0] == 1)
            memcpy(&n, part->data, sizeof n);
        pv_view_payload_clear(&payload);
        return n;
    }
    return 0;
}

int64_t pv_audit_samples_of(const pv_audit_work *w, const pv_audit_party *p)
{
    int64_t n =
        json_integer_value(json_object_get(json_object_get(p->result, "result"), "samples"));
    for (int i = 0; n == 0 && i < w->parties; i++)
        if (w->party[i].view != NULL) n = samples_told(w->party[i].view, p->name);
    return n;
}

typedef struct found {
    int victim;
    uint64_t step;
    int64_t batch;
} found;

static pv_status add_targets_of(pv_audit_work *w, pv_audit_case *c, int victim, found **list,
                                size_t *count, size_t *capacity)
{
    pv_status status = PV_OK;
    pv_batch_truth truth = {0};
    const pv_audit_party *p = &w->party[victim];
    int64_t samples = pv_audit_samples_of(w, p);
    const char *peer = c->owner != NULL ? c->adversary : p->name;
    /* colluding parties that did not talk to the victim work from what all of them saw */
    int direct = pv_view_peer_index(c->view[0], peer) >= 0;
    uint64_t last = last_step(c->view[0]);
    for (uint64_t step = 1; step <= last; step++) {
        int seen = 1;
        pv_batch_truth_clear(&truth);
        PV_TRY_GOTO(w->scheme->truth(&truth, &w->scenario, p->name, samples, step));
        if (truth.count == 0) continue;
        if (!direct && !took_part(c->view[0], step)) continue;
        if (direct && !(c->joint ? has_sum(c->view[0], step, &seen)
                                 : kept(c->view[0], c->owner != NULL, peer, step, &seen))) {
            c->steps += (size_t)seen;
            c->unkept += (size_t)seen;
            continue;
        }
        c->steps++;
        PV_TRY_GOTO(pv_grow((void **)list, capacity, *count + 1, sizeof **list));
        (*list)[(*count)++] = (found){victim, step, truth.count};
    }
done:
    pv_batch_truth_clear(&truth);
    return status;
}

/* A step about very many samples is about the same ones in every round: counting them again would
 * make intervals narrower than what is known. One such step a victim is enough. */
static size_t once_a_victim(found *list, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].batch <= ONCE || n == 0 || list[n - 1].victim != list[i].victim)
            list[n++] = list[i];
    return n;
}

/* Spread over all that was found: the same number from each stretch of the list. */
static pv_status choose(pv_audit_work *w, pv_audit_case *c, found *list, size_t count)
{
    size_t want = (size_t)(w->o->targets > 0 ? w->o->targets : TARGETS);
    int rows = strcmp(c->attack->wants, "rows") == 0;
    int labels = strcmp(c->attack->wants, "labels") == 0;
    if (labels) count = once_a_victim(list, count);
    if (rows || want > count) want = count;
    c->target = pv_calloc(want + 1, sizeof *c->target);
    c->victim = pv_calloc(want + 1, sizeof *c->victim);
    if (c->target == NULL || c->victim == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu targets", want);
    for (size_t i = 0; i < want; i++) {
        const found *f = &list[i * count / want];
        int64_t most = rows ? INT64_MAX : labels ? COUNTED : APART;
        int64_t batch = f->batch < most ? f->batch : most;
        c->target[i] =
            (pv_attack_target){.victim = w->party[f->victim].name, .step = f->step, .batch = batch};
        c->victim[i] = f->victim;
    }
    c->targets = want;
    return PV_OK;
}

static int is_member(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *word = list; word != NULL && *word != '\0';) {
        size_t k = strcspn(word, "+");
        if (k == n && strncmp(word, name, n) == 0) return 1;
        word += k + (word[k] == '+');
    }
    return 0;
}

int pv_audit_is_victim(const pv_audit_work *w, const pv_audit_case *c, int party)
{
    const pv_audit_party *p = &w->party[party];
    return strcmp(p->role, c->claim->victim) == 0 && !is_member(c->adversary, p->name) &&
           (c->owner == NULL || strcmp(p->name, c->owner) == 0);
}

/* The same steps, about the samples of all victims together. */
static pv_status join_targets(pv_audit_work *w, const pv_audit_case *c, found *list, size_t count)
{
    pv_status status = PV_OK;
    pv_batch_truth truth = {0};
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < w->parties; k++) {
            if (k == list[i].victim || !pv_audit_is_victim(w, c, k)) continue;
            pv_batch_truth_clear(&truth);
            PV_TRY_GOTO(w->scheme->truth(&truth, &w->scenario, w->party[k].name,
                                         pv_audit_samples_of(w, &w->party[k]), list[i].step));
            list[i].batch += truth.count;
        }
done:
    pv_batch_truth_clear(&truth);
    return status;
}

static pv_status find_targets(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    found *list = NULL;
    size_t count = 0, capacity = 0;
    c->joint = c->owner == NULL && is_masked(c->view[0]);
    for (int i = 0; i < w->parties; i++) {
        if (!pv_audit_is_victim(w, c, i)) continue;
        PV_TRY_GOTO(add_targets_of(w, c, i, &list, &count, &capacity));
        if (c->joint && count > 0) break;
    }
    if (c->joint) PV_TRY_GOTO(join_targets(w, c, list, count));
    PV_TRY_GOTO(choose(w, c, list, count));
done:
    pv_free(list);
    return status;
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
    PV_TRY_GOTO(find_targets(w, c));
    w->cases++;
    return PV_OK;
done:
    pv_audit_case_clear(c);
    return status;
}

static int wanted(const pv_audit_work *w, const pv_claim *claim, int i)
{
    const char *only = w->o->attack;
    if (only == NULL) return i == 0;
    return strcmp(only, "all") == 0 || strcmp(only, claim->attacks[i]) == 0;
}

static pv_status add_attacks(pv_audit_work *w, const pv_claim *claim, const char *adversary,
                             const char *owner, const pv_view *const *view, int views)
{
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
        if (is_member(pv_str_text(&name), w->party[found_at].name))
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

static pv_status make_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
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
done:
    pv_free(path);
    pv_model_free(m);
    return status;
}

static pv_status attack_control(pv_guess *guess, pv_control_view *control, pv_audit_work *w,
                                pv_audit_case *c, int positive)
{
    pv_status status = PV_OK;
    pv_model *m = NULL;
    pv_model_domain what = pv_model_what(w->model);
    const pv_view *view[1];
    pv_attack_option option[OPTIONS];
    int options;
    pv_public known = {.scheme = "control", .model = w->model, .samples = 1};
    PV_TRY(make_control(control, w, c, positive));
    if (control->view == NULL) return pv_guess_init(guess, 0);
    view[0] = control->view;
    if (positive) {
        PV_TRY_GOTO(pv_model_new_domain(&m, home(c, what.kind), &what, w->seed));
        known.model = m;
    }
    PV_TRY_GOTO(pv_guess_init(guess, control->answers.count));
    options = options_of(option, w, c->attack);
    PV_TRY_GOTO(c->attack->run(guess, view, 1, &known, control->target, control->answers.count,
                               option, options, &w->o->budget, w->ctx));
done:
    pv_model_free(m);
    return status;
}

static pv_status attack_run(pv_audit_work *w, pv_audit_case *c)
{
    int epochs = 0, batch = 0;
    double rate = 0;
    if (w->scheme->known != NULL) PV_TRY(w->scheme->known(&w->scenario, &epochs, &batch, &rate));
    pv_public known = {.scheme = w->scheme->name,
                       .model = w->model,
                       .samples =
                           c->targets > 0 ? pv_audit_samples_of(w, &w->party[c->victim[0]]) : 0,
                       .clients = pv_scenario_count(&w->scenario, c->claim->victim),
                       .local_epochs = epochs,
                       .local_batch = batch,
                       .local_lr = rate};
    PV_TRY(pv_guess_init(&c->guess, c->targets));
    pv_attack_option option[OPTIONS];
    int options = options_of(option, w, c->attack);
    return c->attack->run(&c->guess, c->view, c->views, &known, c->target, c->targets, option,
                          options, &w->o->budget, w->ctx);
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
    double begun = pv_clock_seconds();
    pv_model_domain what = pv_model_what(w->model);
    pv_ctx_log(w->ctx, PV_LOG_INFO, "%s as %s: %zu targets", c->attack->name, c->adversary,
               c->targets);
    pv_status s = attack_run(w, c);
    c->seconds = pv_clock_seconds() - begun;
    if (s == PV_OK) s = attack_control(&c->positive_guess, &c->positive, w, c, 1);
    if (s == PV_OK) s = attack_control(&c->negative_guess, &c->negative, w, c, 0);
    if (s == PV_ERR_CANCELLED || s == PV_ERR_MEMORY || s == PV_ERR_OPTION) return s;
    if (s != PV_OK) { /* the finding will say why there is none */
        PV_TRY(pv_str_append(&c->failure, pv_trail_text()));
        pv_trail_clear();
        pv_ctx_log(w->ctx, PV_LOG_WARN, "%s: %s", c->attack->name, pv_str_text(&c->failure));
    }
    return pv_guess_hash(&c->hash, &c->guess, &what.sample);
}
