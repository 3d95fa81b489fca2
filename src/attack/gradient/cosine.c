#include "attack/gradient/invert.h"

static const pv_attack_option options[] = {
    {"steps", "4800"},
    {"restarts", "1"},
    {"lr", "0.1"},
    {"optimiser", "adam"},
    {"line_search", "none"},
    {"init", "normal"},
    {"objective", "cosine"},
    {"tv", "1e-4"},
    {"stop", "0"},
    {"known_labels", "yes"},
    {NULL, NULL},
};

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    return pv_invert(guess, &pv_attack_cosine, 0, view, views, known, target, targets, option,
                     count, budget, ctx);
}

const pv_attack pv_attack_cosine = {
    .name = "cosine",
    .version = 1,
    .summary = "samples whose gradient points where the recorded one does, by Adam on signs",
    .source = "Geiping, Bauermeister, Droege, Moeller 2020, Inverting Gradients",
    .wants = "training images and labels",
    .options = options,
    .run = run,
};
