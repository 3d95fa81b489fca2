#include "run/bench_complement.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "encode/complement/front_noise.h"
#include "run/machine.h"
#include <stdlib.h>

typedef struct bench_args {
    const char *model, *cut, *data, *bits;
    int64_t batch, batches, step;
    int project;
    double noise;
} bench_args;

#define AT(field) offsetof(bench_args, field)

static const pv_option options[] = {
    {"model", 'm', PV_OPTION_TEXT, "NAME", "lenet5", 0, 0, NULL,
     "a model of the zoo; its weights are drawn", AT(model), 0, 0},
    {"cut", 'c', PV_OPTION_TEXT, "CUT", "2", 0, 0, NULL,
     "K: behind stage K, with its pool; K:before-pool", AT(cut), 0, 0},
    {"data", 'd', PV_OPTION_TEXT, "SPEC", "glyphs?limit=512", 0, 0, NULL, "the rows asked about",
     AT(data), 0, 0},
    {"bits", 0, PV_OPTION_CHOICE, "N", "32", 0, 0, "32|8|4", "of a number of the activation",
     AT(bits), 0, 0},
    {"noise", 0, PV_OPTION_REAL, "SD", "0", 0, PV_FRONT_NOISE_MOST, NULL,
     "noise that the front puts on its activation, in units of its own spread", AT(noise), 0, 0},
    {"project", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "send only what the layer behind the cut looks at", AT(project), 0, 0},
    {"batch", 'b', PV_OPTION_INTEGER, "N", "64", 1, 65536, NULL,
     "rows of a query in the second case; the first asks about one row at a time", AT(batch), 0, 0},
    {"queries", 'n', PV_OPTION_INTEGER, "N", "1000", 10, 10000000, NULL, "in each case",
     AT(batches), 0, 0},
    {"step", 0, PV_OPTION_INTEGER, "N", "1", 1, 10000000, NULL,
     "queries between two seals: 1 in a run", AT(step), 0, 0},
    PV_OPTION_END,
};

static pv_status fill_case(json_t *list, const pv_bench_complement_figure *f)
{
    json_t *one = json_object(), *us = json_object();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_append(list, json_incref(one)));
    PV_TRY_GOTO(pv_json_set(one, "batch", json_integer(f->batch)));
    PV_TRY_GOTO(pv_json_set(one, "queries", json_integer(f->batches)));
    PV_TRY_GOTO(pv_json_set(one, "median_ms", pv_json_number(f->median_ms)));
    PV_TRY_GOTO(pv_json_set(one, "p99_ms", pv_json_number(f->p99_ms)));
    PV_TRY_GOTO(pv_json_set(one, "mean_ms", pv_json_number(f->mean_ms)));
    PV_TRY_GOTO(pv_json_set(one, "sample_ms", pv_json_number(f->sample_ms)));
    PV_TRY_GOTO(pv_json_set(one, "plain_us", pv_json_number(f->plain_us)));
    PV_TRY_GOTO(pv_json_set(one, "sent_bytes", pv_json_number(f->sent_bytes)));
    PV_TRY_GOTO(pv_json_set(one, "received_bytes", pv_json_number(f->received_bytes)));
    PV_TRY_GOTO(pv_json_set(one, "us", json_incref(us)));
    PV_TRY_GOTO(pv_json_set(us, "derive", pv_json_number(f->derive_us)));
    PV_TRY_GOTO(pv_json_set(us, "front", pv_json_number(f->front_us)));
    PV_TRY_GOTO(pv_json_set(us, "encode", pv_json_number(f->encode_us)));
    PV_TRY_GOTO(pv_json_set(us, "decode", pv_json_number(f->decode_us)));
    PV_TRY_GOTO(pv_json_set(us, "back", pv_json_number(f->back_us)));
    PV_TRY_GOTO(pv_json_set(us, "open", pv_json_number(f->open_us)));
    PV_TRY_GOTO(pv_json_set(us, "rest", pv_json_number(f->rest_us)));
    PV_TRY_GOTO(pv_json_set(us, "customer_channel", pv_json_number(f->channel_us[0])));
    PV_TRY_GOTO(pv_json_set(us, "customer_view", pv_json_number(f->view_us[0])));
    PV_TRY_GOTO(pv_json_set(us, "provider_channel", pv_json_number(f->channel_us[1])));
    PV_TRY_GOTO(pv_json_set(us, "provider_view", pv_json_number(f->view_us[1])));
done:
    json_decref(one);
    json_decref(us);
    return status;
}

static pv_status fill(json_t *j, const bench_args *a, const pv_bench_complement *r)
{
    char name[PV_MACHINE_TEXT];
    json_t *cases = json_array();
    PV_TRY(pv_json_set(j, "cases", cases));
    for (int i = 0; i < r->cases; i++) PV_TRY(fill_case(cases, &r->figure[i]));
    PV_TRY(pv_json_set(j, "model", json_string(a->model)));
    PV_TRY(pv_json_set(j, "cut", json_string(a->cut)));
    PV_TRY(pv_json_set(j, "data", json_string(a->data)));
    PV_TRY(pv_json_set(j, "weights", json_string("drawn")));
    PV_TRY(pv_json_set(j, "bits", json_integer(strtol(a->bits, NULL, 10))));
    PV_TRY(pv_json_set(j, "step", json_integer(a->step)));
    PV_TRY(pv_json_set(j, "numbers", json_integer(r->numbers)));
    PV_TRY(pv_json_set(j, "row_bytes", json_integer(r->row_bytes)));
    PV_TRY(pv_json_set(j, "noise", pv_json_number(a->noise)));
    PV_TRY(pv_json_set(j, "rank", json_integer(r->rank)));
    PV_TRY(pv_json_set(j, "front_weights", json_integer(r->front_weights)));
    PV_TRY(pv_json_set(j, "back_weights", json_integer(r->back_weights)));
    PV_TRY(pv_json_set(j, "processors", json_integer(pv_machine_processors())));
    PV_TRY(pv_json_set(j, "machine", json_string(pv_machine_name(name))));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    return pv_json_set(j, "version", json_string(PV_VERSION));
}

static void print(const bench_args *a, const pv_bench_complement *r)
{
    char name[PV_MACHINE_TEXT];
    pv_console_print("%s, two parties in one process, loopback TCP, TLS 1.3\n"
                     "%s with drawn weights, cut %s: %lld numbers a row cross as %lld bytes%s\n",
                     pv_machine_name(name), a->model, a->cut, (long long)r->numbers,
                     (long long)r->row_bytes, r->rank > 0 ? ", projected" : "");
    for (int i = 0; i < r->cases; i++) {
        const pv_bench_complement_figure *f = &r->figure[i];
        pv_console_print(
            "\n%lld row%s a query: median %.3f ms, 99 of 100 within %.3f ms, %.4f ms a "
            "row; the plain network %.3f ms\n",
            (long long)f->batch, f->batch > 1 ? "s" : "", f->median_ms, f->p99_ms, f->sample_ms,
            f->plain_us / 1e3);
        pv_console_print(
            "  customer   secrets and noise %.1f us, front %.1f, encoding %.1f, turning back "
            "%.1f\n  provider   decoding %.1f us, back %.1f\n",
            f->derive_us, f->front_us, f->encode_us, f->open_us, f->decode_us, f->back_us);
        pv_console_print(
            "  the rest   %.1f us: messages, seals, views, TLS, waking threads; in the "
            "mean %.1f and %.1f us of channel, %.1f and %.1f of views\n"
            "  bytes      %.0f there, %.0f back, with frames and seals\n",
            f->rest_us, f->channel_us[0], f->channel_us[1], f->view_us[0], f->view_us[1],
            f->sent_bytes, f->received_bytes);
    }
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const bench_args *a = opaque;
    pv_bench_complement r;
    const pv_bench_complement_options o = {.model = a->model,
                                           .cut = a->cut,
                                           .data = a->data,
                                           .bits = (int)strtol(a->bits, NULL, 10),
                                           .project = a->project,
                                           .noise = a->noise,
                                           .batch = a->batch,
                                           .batches = a->batches,
                                           .step = a->step};
    PV_TRY(pv_bench_complement_run(&r, &o, &cli->ctx));
    if (cli->global.json) {
        json_t *j = json_object();
        pv_status status = fill(j, a, &r);
        if (status == PV_OK) return pv_console_json(j);
        json_decref(j);
        return status;
    }
    print(a, &r);
    return PV_OK;
}

const pv_command pv_command_bench_complement = {
    .name = "bench complement",
    .summary = "what a private inference by two halves of a model costs",
    .text =
        "A customer runs the front of a model on its row under a secret of its own, sends the "
        "activation, gets logits and turns them back; a provider runs the rest. Both are threads "
        "of this process, with the messages, transcripts, views and seals of a run of scheme "
        "complement over TCP on the loopback with TLS 1.3; no journal is written. Weights are "
        "drawn, since times do not depend on them. Networks run on one thread each. The first "
        "case asks about one row at a time, the second about --batch of them.",
    .examples = "privet bench complement --model lenet5 --cut 2 --json\n"
                "privet bench complement --bits 8 --project --queries 5000",
    .options = options,
    .args_size = sizeof(bench_args),
    .run = run,
};
