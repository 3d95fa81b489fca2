#include "run/bench_vertical.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "run/machine.h"
#include <string.h>

typedef struct bench_args {
    const char *only, *masks;
    int64_t bits, batch, width, outputs, steps, weak_bits;
    double seconds;
} bench_args;

#define AT(field) offsetof(bench_args, field)

static const pv_option options[] = {
    {"case", 'c', PV_OPTION_CHOICE, "NAME", NULL, 0, 0, PV_BENCH_VERTICAL_NAMES, "only this case",
     AT(only), 0, 0},
    {"bits", 0, PV_OPTION_INTEGER, "N", "3072", 2048, 4096, NULL,
     "size of the built-in Paillier key: 2048, 3072 or 4096", AT(bits), 0, 0},
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

static pv_status fill_count(json_t *one, const pv_bench_vertical_operations *c)
{
    json_t *count = json_object();
    PV_TRY(pv_json_set(one, "operations", count));
    PV_TRY(pv_json_set(count, "encryptions", json_integer((json_int_t)c->encryptions)));
    PV_TRY(pv_json_set(count, "products", json_integer((json_int_t)c->products)));
    PV_TRY(pv_json_set(count, "sums", json_integer((json_int_t)c->sums)));
    PV_TRY(pv_json_set(count, "blindings", json_integer((json_int_t)c->blindings)));
    return pv_json_set(count, "decryptions", json_integer((json_int_t)c->decryptions));
}

static pv_status fill_one(json_t *one, const pv_bench_vertical_figure *f)
{
    const int computed = f->count.encryptions > 0;
    PV_TRY(pv_json_set(one, "name", json_string(f->name)));
    PV_TRY(pv_json_set(one, "computed", json_boolean(computed)));
    PV_TRY(pv_json_set(one, "batch", json_integer((json_int_t)f->batch)));
    PV_TRY(pv_json_set(one, "core_ms", pv_json_number(f->core_ms)));
    if (f->active_ms > 0) {
        PV_TRY(pv_json_set(one, "active_core_ms", pv_json_number(f->active_ms)));
        PV_TRY(pv_json_set(one, "passive_core_ms", pv_json_number(f->passive_ms)));
    }
    if (f->published_ms > 0) {
        PV_TRY(pv_json_set(one, "published_ms", pv_json_number(f->published_ms)));
        PV_TRY(pv_json_set(one, "published", json_string(f->published)));
    }
    if (computed) return fill_count(one, &f->count);
    PV_TRY(pv_json_set(one, "wall_ms", pv_json_number(f->wall_ms)));
    PV_TRY(pv_json_set(one, "width", json_integer((json_int_t)f->width)));
    PV_TRY(pv_json_set(one, "outputs", json_integer((json_int_t)f->outputs)));
    PV_TRY(pv_json_set(one, "batches", json_integer((json_int_t)f->batches)));
    PV_TRY(pv_json_set(one, "bytes", pv_json_number(f->bytes)));
    PV_TRY(pv_json_set(one, "setup_active_ms", pv_json_number(f->setup_active_ms)));
    PV_TRY(pv_json_set(one, "setup_passive_ms", pv_json_number(f->setup_passive_ms)));
    PV_TRY(pv_json_set(one, "exponent_bits", json_integer((json_int_t)f->exponent_bits)));
    return pv_json_set(one, "sigma", json_integer((json_int_t)f->sigma));
}

static pv_status fill_rates(json_t *j, const pv_bench_vertical_rates *r)
{
    json_t *rates = json_object();
    PV_TRY(pv_json_set(j, "operation_core_ms", rates));
    PV_TRY(pv_json_set(rates, "encryption", pv_json_number(r->encryption)));
    PV_TRY(pv_json_set(rates, "product", pv_json_number(r->product)));
    PV_TRY(pv_json_set(rates, "sum", pv_json_number(r->sum)));
    PV_TRY(pv_json_set(rates, "blinding", pv_json_number(r->blinding)));
    return pv_json_set(rates, "decryption", pv_json_number(r->decryption));
}

static pv_status fill(json_t *j, const bench_args *a, const pv_bench_vertical_result *result,
                      int threads)
{
    char name[PV_MACHINE_TEXT];
    json_t *list = json_array();
    PV_TRY(pv_json_set(j, "cases", list));
    for (int i = 0; i < result->count; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(list, one));
        PV_TRY(fill_one(one, &result->figure[i]));
    }
    if (result->rates.encryption > 0) PV_TRY(fill_rates(j, &result->rates));
    PV_TRY(pv_json_set(j, "bits", json_integer(a->bits)));
    PV_TRY(pv_json_set(j, "key_ms", pv_json_number(result->key_ms)));
    PV_TRY(pv_json_set(j, "masks", json_string(a->masks)));
    PV_TRY(pv_json_set(j, "steps", json_integer(a->steps)));
    PV_TRY(pv_json_set(j, "threads", json_integer(threads)));
    PV_TRY(pv_json_set(j, "processors", json_integer(pv_machine_processors())));
    PV_TRY(pv_json_set(j, "machine", json_string(pv_machine_name(name))));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    return pv_json_set(j, "version", json_string(PV_VERSION));
}

static void print_one(const pv_bench_vertical_figure *f)
{
    char bytes[PV_CONSOLE_TEXT];
    if (f->count.encryptions > 0)
        pv_console_print("%-12s %10.2f ms core time, computed: %llu encryptions, %llu products, "
                         "%llu sums, %llu blindings, %llu decryptions\n",
                         f->name, f->core_ms, (unsigned long long)f->count.encryptions,
                         (unsigned long long)f->count.products, (unsigned long long)f->count.sums,
                         (unsigned long long)f->count.blindings,
                         (unsigned long long)f->count.decryptions);
    else
        pv_console_print("%-12s %10.3f ms core time, %.3f ms wall, %s; batch %lld at %lldx%lld\n",
                         f->name, f->core_ms, f->wall_ms, pv_console_bytes(f->bytes, bytes),
                         (long long)f->batch, (long long)f->width, (long long)f->outputs);
    if (f->published_ms > 0)
        pv_console_print("%12s %10.1f ms published: %s\n", "", f->published_ms, f->published);
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const bench_args *a = opaque;
    pv_bench_vertical_result result;
    char name[PV_MACHINE_TEXT];
    const int weak = strcmp(a->masks, "weak") == 0;
    const pv_bench_vertical_options o = {.bits = (int)a->bits,
                                         .weak = weak ? (int)a->weak_bits : 0,
                                         .batch = a->batch,
                                         .width = a->width,
                                         .outputs = a->outputs,
                                         .steps = a->steps,
                                         .seconds = a->seconds,
                                         .only = a->only};
    PV_TRY(pv_bench_vertical(&result, &o, &cli->ctx));
    if (cli->global.json) {
        json_t *j = json_object();
        pv_status status = fill(j, a, &result, cli->ctx.threads);
        if (status == PV_OK) return pv_console_json(j);
        json_decref(j);
        return status;
    }
    pv_console_print("%s, key of %d bits, %s masks, %d threads; times of one sample\n",
                     pv_machine_name(name), (int)a->bits, a->masks, cli->ctx.threads);
    for (int i = 0; i < result.count; i++) print_one(&result.figure[i]);
    return PV_OK;
}

const pv_command pv_command_bench_vertical = {
    .name = "bench vertical",
    .summary = "what a shared layer between features and labels costs",
    .text =
        "Runs the boundary of the scheme `vertical` between two parties in this process, without "
        "networks, TLS or neural networks: predictions of a batch (core time), a single one (wall "
        "time), and training steps by both parties at once (wall time), all randomness drawn as it "
        "is needed. Beside them multinomial logistic regression on raw features under the same "
        "encryption, and what GELU-Net would cost with the operations of this machine: computed, "
        "from how many of them its protocol does. The key is built in and published. Published "
        "figures are by others on their "
        "machines.",
    .examples = "privet bench vertical --bits 2048 --json\n"
                "privet bench vertical --case predict --bits 2048 --threads 1 --masks weak",
    .options = options,
    .args_size = sizeof(bench_args),
    .run = run,
};
