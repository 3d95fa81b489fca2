#include "attack/gradient/invert.h"

static const pv_attack_option options[] = {
    {"steps", "300"},
    {"restarts", "1"},
    {"lr", "1"},
    {"optimiser", "lbfgs"},
    {"line_search", "wolfe"},
    {"init", "zero"},
    {"objective", "cosine"},
    {"tv", "0"},
    {"stop", "1e-12"},
    {"known_labels", "yes"},
    {NULL, NULL},
};

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    return pv_invert(guess, &pv_attack_idlg, 0, view, views, known, target, targets, option, count,
                     budget, ctx);
}

const pv_attack pv_attack_idlg = {
    .name = "idlg",
    .version = 1,
    .summary = "samples whose gradient is the recorded one, labels restored first, by L-BFGS",
    .source = "Zhao, Mopuri, Bilen 2020, iDLG: Improved Deep Leakage from Gradients",
    .wants = "training images and labels",
    .options = options,
    .run = run,
};
