#include "attack/gradient/invert.h"

static const pv_attack_option options[] = {
    {"steps", "300"},
    {"restarts", "3"},
    {"lr", "1"},
    {"optimiser", "lbfgs"},
    {"line_search", "wolfe"},
    {"init", "zero"},
    {"objective", "cosine"},
    {"tv", "0"},
    {"stop", "1e-10"},
    {"known_labels", "yes"},
    {NULL, NULL},
};

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    return pv_invert(guess, &pv_attack_dlg, 1, view, views, known, target, targets, option, count,
                     budget, ctx);
}

const pv_attack pv_attack_dlg = {
    .name = "dlg",
    .version = 1,
    .summary = "samples and labels whose gradient is the recorded one, by L-BFGS",
    .source = "Zhu, Liu, Han 2019, Deep Leakage from Gradients",
    .wants = "training images and labels",
    .options = options,
    .run = run,
};
