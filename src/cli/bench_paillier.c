#include "run/bench_paillier.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "run/machine.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct bench_args {
    const char *bits;
    int64_t rounds;
    double seconds;
} bench_args;

static const pv_option options[] = {
    {"bits", 'b', PV_OPTION_CHOICE, "N", "2048", 0, 0, "2048|3072|4096", "size of the key",
     offsetof(bench_args, bits), 0, 0},
    {"rounds", 'r', PV_OPTION_INTEGER, "N", "7", 1, 1000, NULL,
     "rounds in which the operations take turns; the best one counts", offsetof(bench_args, rounds),
     0, 0},
    {"seconds", 0, PV_OPTION_REAL, "S", "10", 0.001, 3600, NULL, "about how long all of it takes",
     offsetof(bench_args, seconds), 0, 0},
    PV_OPTION_END,
};

static pv_status fill(json_t *j, const bench_args *a, const pv_bench_paillier_figures *f)
{
    char text[PV_MACHINE_TEXT];
    for (int i = 0; i < PV_BENCH_PAILLIER_CASES; i++) {
        snprintf(text, sizeof text, "%s_per_s", pv_bench_paillier_name(i));
        PV_TRY(pv_json_set(j, text, pv_json_number(f->per_s[i])));
    }
    PV_TRY(pv_json_set(j, "ifma_per_s", pv_json_number(f->ifma_per_s)));
    PV_TRY(pv_json_set(j, "bits", json_integer(atoi(a->bits))));
    PV_TRY(pv_json_set(j, "code", json_string(f->code)));
    PV_TRY(pv_json_set(j, "threads", json_integer(1)));
    PV_TRY(pv_json_set(j, "table_bytes", json_integer((json_int_t)f->table_bytes)));
    PV_TRY(pv_json_set(j, "seconds", pv_json_number(f->seconds)));
    PV_TRY(pv_json_set(j, "rounds", json_integer(a->rounds)));
    PV_TRY(pv_json_set(j, "factor_bits", json_integer(PV_BENCH_PAILLIER_FACTOR)));
    PV_TRY(pv_json_set(j, "key", json_string("built in, published")));
    PV_TRY(pv_json_set(j, "machine", json_string(pv_machine_name(text))));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    return pv_json_set(j, "version", json_string(PV_VERSION));
}

static void print(const bench_args *a, const pv_bench_paillier_figures *f)
{
    static const char *const what[PV_BENCH_PAILLIER_CASES] = {
        "encryption by the key's owner",
        "encryption by others (DJN, half length)",
        "decryption",
        "re-randomisation (DJN, full length)",
        "addition",
        "multiplication by 64 bits",
        "GMP: encryption, r^n mod n^2",
        "GMP: decryption",
    };
    char text[PV_MACHINE_TEXT], bytes[PV_CONSOLE_TEXT];
    pv_console_print("%s, one thread, %s code, best of %lld rounds\n", pv_machine_name(text),
                     f->code, (long long)a->rounds);
    pv_console_print("a built-in, published key of %s bits; the owner's tables have %s\n", a->bits,
                     pv_console_bytes((double)f->table_bytes, bytes));
    for (int i = 0; i < PV_BENCH_PAILLIER_CASES; i++)
        pv_console_print("  %-42s %12.0f a second\n", what[i], f->per_s[i]);
    if (f->ifma_per_s > 0)
        pv_console_print("  %-42s %12.1f billions a second\n", "multiply-adds of 52 bits",
                         f->ifma_per_s * 1e-9);
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const bench_args *a = opaque;
    pv_bench_paillier_figures f;
    PV_TRY(pv_bench_paillier(&f, atoi(a->bits), (int)a->rounds, a->seconds, &cli->ctx));
    if (!cli->global.json) {
        print(a, &f);
        return PV_OK;
    }
    json_t *j = json_object();
    pv_status status = fill(j, a, &f);
    if (status == PV_OK) return pv_console_json(j);
    json_decref(j);
    return status;
}

const pv_command pv_command_bench_paillier = {
    .name = "bench paillier",
    .summary = "how fast Paillier's cryptosystem is, beside plain GMP",
    .text = "Encrypts, decrypts, re-randomises, adds and multiplies batches of numbers on one "
            "thread, and does the same as a textbook would with GMP. Figures are for a second of "
            "that thread's processor time. The keys are built in and "
            "published, so that nothing has to be generated first.",
    .examples = "privet bench paillier --bits 2048 --json\nprivet bench paillier --bits 4096",
    .options = options,
    .args_size = sizeof(bench_args),
    .run = run,
};
