#include "attack/labels/grouping.h"
#include "attack/labels/labels.h"

static const pv_attack_option options[] = {
    {"restarts", "8"},
    {"rounds", "20"},
    {"layer", "yes"},
    {NULL, NULL},
};

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    return pv_grouping_run(guess, &pv_attack_clustering, 0, view, views, known, target, targets,
                           option, count, budget, ctx);
}

const pv_attack pv_attack_clustering = {
    .name = "clustering",
    .version = 2,
    .summary = "groups of rows of equal label, without any known label",
    .source = "Banerjee et al. 2005, Clustering on the Unit Hypersphere",
    .wants = "labels",
    .reads = "activation-gradient",
    .control = "label-gradient",
    .renames = 1,
    .options = options,
    .run = run,
};
