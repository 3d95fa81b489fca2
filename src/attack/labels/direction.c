#include "attack/labels/grouping.h"
#include "attack/labels/labels.h"

static const pv_attack_option options[] = {
    {"restarts", "4"}, {"rounds", "20"}, {"refine", "yes"}, {"layer", "yes"}, {NULL, NULL},
};

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    return pv_grouping_run(guess, &pv_attack_direction, 1, view, views, known, target, targets,
                           option, count, budget, ctx);
}

const pv_attack pv_attack_direction = {
    .name = "direction",
    .version = 2,
    .summary = "labels by the direction of gradients at the cut, from one known label a class",
    .source = "Li et al. 2022, Label Leakage and Protection in Two-party Split Learning",
    .wants = "labels",
    .reads = "activation-gradient",
    .control = "label-gradient",
    .known = 1,
    .options = options,
    .run = run,
};
