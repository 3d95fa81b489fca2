#include "run/bench_vertical.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "run/machine.h"

typedef struct bench_args {
    const char *only, *key, *masks;
    int64_t bits, batch, width, outputs, steps, weak_bits;
    double seconds;
} bench_args;

#define AT(field) offsetof(bench_args, field)

static const pv_option options[] = {
    {"case", 'c', PV_OPTION_CHOICE, "NAME", NULL, 0, 0, PV_BENCH_VERTICAL_NAMES, "only this case",
     AT(only), 0, 0},
    {"bits", 0, PV_OPTION_CHOICE, "N", "3072", 0, 0, "2048|3072|4096", "size of the Paillier key",
     AT(bits), 0, 0},
    {"key", 'k', PV_OPTION_TEXT, "FILE", NULL, 0, 0, NULL,
     "a private Paillier key (privet keys paillier); without it one is made, which takes minutes",
     AT(key), 0, 0},
    {"masks", 0, PV_OPTION_CHOICE, "KIND", "strong", 0, 0, "strong|weak",
     "how wide the shares of weights are", AT(masks), 0, 0},
    {"weak-bits", 0, PV_OPTION_INTEGER, "N", "10", 1, 64, NULL,
     "with --masks weak: bits above the point", AT(weak_bits), 0, 0},
    {"batch", 'b', PV_OPTION_INTEGER, "N", "64", 1, 65536, NULL, "samples a batch", AT(batch), 0,
     0},
    {"width", 0, PV_OPTION_INTEGER, "N", "84", 1, 65536, NULL,
     "numbers a sample that cross the boundary, but for mlr-*", AT(width), 0, 0},
    {"outputs", 0, PV_OPTION_INTEGER, "N", "10", 2, 4096, NULL, "outputs of the shared layer",
     AT(outputs), 0, 0},
    {"steps", 0, PV_OPTION_INTEGER, "N", "9380", 1, 1000000000, NULL,
     "training steps that bounds and masks are laid out for", AT(steps), 0, 0},
    {"seconds", 0, PV_OPTION_REAL, "S", "5", 0.01, 3600, NULL, "time of one case, about",
     AT(seconds), 0, 0},
    PV_OPTION_END,
};
