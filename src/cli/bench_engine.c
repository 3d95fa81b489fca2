#include "run/bench_engine.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "run/machine.h"
#include <stdio.h>

typedef struct bench_args {
    const char *only;
    int64_t rounds;
    double seconds;
    int profile;
} bench_args;

static const pv_option options[] = {
    {"case", 'c', PV_OPTION_CHOICE, "NAME", NULL, 0, 0,
     "lenet5-b64-train|mlp-b64-train|lenet5-b1-second-order|resnet18-b32-train", "only this case",
     offsetof(bench_args, only), 0, 0},
    {"rounds", 'r', PV_OPTION_INTEGER, "N", "7", 1, 1000, NULL,
     "rounds in which the cases take turns; their median counts", offsetof(bench_args, rounds), 0,
     0},
    {"seconds", 0, PV_OPTION_REAL, "S", "0.3", 0.001, 3600, NULL, "time of one case in one round",
     offsetof(bench_args, seconds), 0, 0},
    {"profile", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "also where the time of a step goes, call by call, on standard error",
     offsetof(bench_args, profile), 0, 0},
    PV_OPTION_END,
};

static pv_status fill(json_t *j, const pv_cli *cli, const bench_args *a,
                      const pv_bench_engine_figure *figure, int n)
{
    char name[PV_MACHINE_TEXT];
    json_t *cases = json_array();
    PV_TRY(pv_json_set(j, "cases", cases));
    for (int i = 0; i < n; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(cases, one));
        PV_TRY(pv_json_set(one, "name", json_string(figure[i].name)));
        PV_TRY(pv_json_set(one, "ms", pv_json_number(figure[i].ms)));
        PV_TRY(pv_json_set(one, "gflops", pv_json_number(figure[i].gflops)));
        PV_TRY(pv_json_set(one, "plan_bytes", json_integer((json_int_t)figure[i].plan_bytes)));
        PV_TRY(pv_json_set(one, "steps", json_integer(figure[i].steps)));
    }
    PV_TRY(pv_json_set(j, "rounds", json_integer(a->rounds)));
    PV_TRY(pv_json_set(j, "threads", json_integer(cli->global.threads)));
    PV_TRY(pv_json_set(j, "machine", json_string(pv_machine_name(name))));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    return pv_json_set(j, "version", json_string(PV_VERSION));
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const bench_args *a = opaque;
    pv_bench_engine_figure figure[PV_BENCH_ENGINE_CASES];
    char text[PV_MACHINE_TEXT]; /* the longer of the two that are written to it */
    int n = 0;
    PV_TRY(pv_bench_engine(figure, &n, a->only, (int)a->rounds, a->seconds,
                           a->profile ? stderr : NULL, &cli->ctx));
    if (cli->global.json) {
        json_t *j = json_object();
        pv_status status = fill(j, cli, a, figure, n);
        if (status == PV_OK) return pv_console_json(j);
        json_decref(j);
        return status;
    }
    pv_console_print("%s, %lld thread%s, median of %lld rounds\n", pv_machine_name(text),
                     (long long)cli->global.threads, cli->global.threads == 1 ? "" : "s",
                     (long long)a->rounds);
    for (int i = 0; i < n; i++)
        pv_console_print("%-24s %9.3f ms  %8.2f Gflop/s  plan %s\n", figure[i].name, figure[i].ms,
                         figure[i].gflops, pv_console_bytes((double)figure[i].plan_bytes, text));
    return PV_OK;
}

const pv_command pv_command_bench_engine = {
    .name = "bench engine",
    .summary = "how long the steps take that the engine is made for",
    .text = "Times a training step of LeNet-5, of a multi-layer perceptron and of ResNet-18, and a "
            "second-order step of gradient inversion, on random data (docs/json.md says what each "
            "is). bench/engine compares the same steps with PyTorch.",
    .examples = "privet bench engine --json\nprivet bench engine --case mlp-b64-train --threads 1",
    .options = options,
    .args_size = sizeof(bench_args),
    .run = run,
};
