#include "attack/probe/attacks.h"

#include "attack/probe/reader.h"
#include "attack/queries.h"
#include "base/clock.h"
#include "base/ctx.h"
#include <math.h>
#include <stdio.h>

/* All probes are perfect on what was held out: no other would read more. */
#define ENOUGH 0.9999

static const pv_attack_option options[] = {
    {"shadow", "10000"}, {"probes", "all"}, {"seeds", "3"}, {"epochs", "0"}, {NULL, NULL}};

static pv_status read_target(pv_guess *guess, size_t t, const pv_reader *r, pv_read_what what,
                             const pv_view *const *view, int views, const pv_public *known,
                             const pv_attack_target *target, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_guess_item *item = &guess->item[t];
    const pv_reader_skill *skill = &r->skill[what];
    pv_queries q;
    PV_TRY(pv_queries_init(&q, view, views, known, target, ctx));
    PV_TRY_GOTO(pv_guess_claim(guess, t, q.n, 0, 1, 1));
    PV_TRY_GOTO(pv_reader_read(item->label, item->confidence, r, what, q.z, q.logits, q.n, ctx));
    item->loss = 1 - skill->accuracy[skill->way];
    item->evaluations = r->probe[PV_READ_LABEL].scores + r->probe[PV_READ_SECRET].scores;
    item->finished = r->finished;
done:
    pv_queries_clear(&q);
    return status;
}

/* Every probe that was trained, on what it held out, and then every way of reading. */
static pv_status tell(pv_guess *guess, const pv_reader *r, pv_read_what what)
{
    static const char *const way[PV_READ_WAYS] = {
        [PV_READ_DIRECTLY] = "directly, on other rows",
        [PV_READ_THROUGH] = "by the other one and the answer",
        [PV_READ_BOTH] = "both ways together",
    };
    const pv_probe *p = &r->probe[what];
    const pv_reader_skill *skill = &r->skill[what];
    for (int i = 0; i < p->scores; i++) {
        const pv_probe_score *s = &p->score[i];
        pv_guess_try t = {.x = NAN,
                          .right = llround(s->held * (double)p->held_count),
                          .count = p->held_count,
                          .chance = p->held_prior,
                          .kept = i == p->best};
        snprintf(t.name, sizeof t.name, "%s, seed %d", pv_probe_kind_name(s->kind), s->seed + 1);
        PV_TRY(pv_guess_add_try(guess, &t));
    }
    for (int w = 0; w < PV_READ_WAYS; w++) {
        pv_guess_try t = {.x = NAN,
                          .right = llround(skill->accuracy[w] * (double)r->tested),
                          .count = r->tested,
                          .chance = skill->prior,
                          .kept = w == (int)skill->way};
        if (isnan(skill->accuracy[w])) continue;
        snprintf(t.name, sizeof t.name, "%s", way[w]);
        PV_TRY(pv_guess_add_try(guess, &t));
    }
    return PV_OK;
}

static pv_status run(const pv_attack *a, pv_read_what what, pv_guess *guess,
                     const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_shadow s = {0};
    pv_reader r = {0};
    pv_probe_options o;
    int64_t most, seeds, epochs;
    double begin = pv_clock_seconds();
    pv_probe_defaults(&o);
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_count(&most, a, option, count, "shadow", 50, 10000000));
    PV_TRY(pv_attack_option_choice(&o.kinds, a, option, count, "probes", "all|linear"));
    PV_TRY(pv_attack_option_count(&seeds, a, option, count, "seeds", 1, 100));
    PV_TRY(pv_attack_option_count(&epochs, a, option, count, "epochs", 0, 10000));
    o.seeds = budget->restarts > 0 ? budget->restarts : (int)seeds;
    o.epochs = (int)epochs;
    o.seed = budget->seed;
    o.enough = ENOUGH;
    o.seconds = budget->seconds;
    if (known->front != NULL) PV_TRY(pv_reader_check(&known->front->plan, what));
    PV_TRY_GOTO(pv_shadow_init(&s, known, most, 0, budget->seed, a->name, ctx));
    PV_TRY_GOTO(pv_reader_learn(&r, &s, &known->front->plan, &o, ctx));
    PV_TRY_GOTO(tell(guess, &r, what));
    for (size_t t = 0; t < targets; t++) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(read_target(guess, t, &r, what, view, views, known, &target[t], ctx));
    }
    for (size_t t = 0; t < targets; t++)
        guess->item[t].seconds = (pv_clock_seconds() - begin) / (double)targets;
done:
    pv_reader_clear(&r);
    pv_shadow_clear(&s);
    return status;
}

static pv_status run_label(pv_guess *guess, const pv_view *const *view, int views,
                           const pv_public *known, const pv_attack_target *target, size_t targets,
                           const pv_attack_option *option, int count, const pv_budget *budget,
                           const pv_ctx *ctx)
{
    return run(&pv_attack_probe, PV_READ_LABEL, guess, view, views, known, target, targets, option,
               count, budget, ctx);
}

static pv_status run_secret(pv_guess *guess, const pv_view *const *view, int views,
                            const pv_public *known, const pv_attack_target *target, size_t targets,
                            const pv_attack_option *option, int count, const pv_budget *budget,
                            const pv_ctx *ctx)
{
    return run(&pv_attack_secret_probe, PV_READ_SECRET, guess, view, views, known, target, targets,
               option, count, budget, ctx);
}

const pv_attack pv_attack_probe = {
    .name = "probe",
    .version = 1,
    .summary = "the true label of every query, by networks that learned to read it off activations",
    .source = "Alain, Bengio 2016, Understanding intermediate layers using linear classifier "
              "probes; Song, Shmatikov 2020, Overlearning Reveals Sensitive Attributes",
    .wants = "labels",
    .probable = 1,
    .needs = PV_NEEDS_FRONT,
    .options = options,
    .run = run_label,
};

const pv_attack pv_attack_secret_probe = {
    .name = "secret-probe",
    .version = 1,
    .summary = "the secret of every query, likewise",
    .source = "the same",
    .wants = "secrets",
    .probable = 1,
    .needs = PV_NEEDS_FRONT,
    .options = options,
    .run = run_secret,
};
