#include "attack/labels/features.h"
#include "attack/labels/grouping.h"
#include "attack/labels/labels.h"
#include "base/clock.h"

static const pv_attack_option options[] = {
    {"bottom", "trained"}, {"restarts", "4"}, {"rounds", "20"}, {"refine", "yes"}, {NULL, NULL},
};

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_completion;
    pv_status status = PV_OK;
    pv_releases noted = {0}, own = {0};
    pv_grouping g = {0};
    double begin = pv_clock_seconds();
    int fresh;
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_choice(&fresh, a, option, count, "bottom", "trained|fresh"));
    PV_TRY_GOTO(pv_releases_init(&noted, view, views, 1, budget->seed, ctx)); /* whose rows */
    PV_TRY_GOTO(pv_features_init(&own, known, fresh, pv_grouping_width(pv_grouping_classes(known)),
                                 budget->seed, ctx));
    PV_TRY_GOTO(pv_grouping_find(&g, &own, 0, a, 1, known, option, count, budget, ctx));
    PV_TRY_GOTO(pv_features_answer(guess, g.label, g.margin, &own, &noted, target, targets, &g,
                                   pv_clock_seconds() - begin));
done:
    pv_grouping_clear(&g);
    pv_releases_clear(&noted);
    pv_releases_clear(&own);
    return status;
}

const pv_attack pv_attack_completion = {
    .name = "completion",
    .version = 1,
    .summary = "labels by the party's own trained layers and a new head on a few known labels",
    .source = "Fu et al. 2022, Label Inference Attacks Against Vertical Federated Learning; the "
              "head is a mixture fitted to all activations instead of MixMatch",
    .wants = "labels",
    .reads = "activation-gradient",
    .control = "label-gradient",
    .known = 4,
    .needs = PV_NEEDS_OWN_DATA | PV_NEEDS_OWN_MODEL,
    .options = options,
    .run = run,
};
