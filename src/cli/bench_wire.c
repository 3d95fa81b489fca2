#include "run/bench_wire.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "run/machine.h"

typedef struct bench_args {
    const char *only;
    double seconds;
    int64_t bytes;
} bench_args;

static const pv_option options[] = {
    {"case", 'c', PV_OPTION_CHOICE, "NAME", NULL, 0, 0, "tls-digest|tls-full|latency",
     "only this case", offsetof(bench_args, only), 0, 0},
    {"seconds", 0, PV_OPTION_REAL, "S", "2", 0.01, 3600, NULL, "time of one case",
     offsetof(bench_args, seconds), 0, 0},
    {"bytes", 'b', PV_OPTION_INTEGER, "N", "8000000", 8, 1000000000, NULL,
     "size of a message when throughput is measured", offsetof(bench_args, bytes), 0, 0},
    PV_OPTION_END,
};

static pv_status fill(json_t *j, const pv_bench_wire_figure *figure, int n)
{
    static const char *const who[] = {"sender", "receiver"};
    char name[PV_MACHINE_TEXT];
    json_t *cases = json_array();
    PV_TRY(pv_json_set(j, "cases", cases));
    for (int i = 0; i < n; i++) {
        const pv_bench_wire_figure *f = &figure[i];
        json_t *one = json_object();
        PV_TRY(pv_json_append(cases, one));
        PV_TRY(pv_json_set(one, "name", json_string(f->name)));
        if (f->us > 0) PV_TRY(pv_json_set(one, "us", pv_json_number(f->us)));
        if (f->mb_per_s > 0) PV_TRY(pv_json_set(one, "mb_per_s", pv_json_number(f->mb_per_s)));
        PV_TRY(pv_json_set(one, "message_bytes", json_integer((json_int_t)f->message_bytes)));
        PV_TRY(pv_json_set(one, "messages", json_integer((json_int_t)f->messages)));
        PV_TRY(pv_json_set(one, "seconds", pv_json_number(f->seconds)));
        for (int k = 0; k < 2; k++) {
            json_t *end = json_object();
            PV_TRY(pv_json_set(one, who[k], end));
            PV_TRY(pv_json_set(end, "channel_seconds", pv_json_number(f->channel[k])));
            PV_TRY(pv_json_set(end, "view_seconds", pv_json_number(f->view[k])));
        }
    }
    PV_TRY(pv_json_set(
        j, "how", json_string("two hubs in two threads of one process, loopback TCP, TLS 1.3")));
    PV_TRY(pv_json_set(j, "machine", json_string(pv_machine_name(name))));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    return pv_json_set(j, "version", json_string(PV_VERSION));
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const bench_args *a = opaque;
    pv_bench_wire_figure figure[PV_BENCH_WIRE_CASES];
    char name[PV_MACHINE_TEXT];
    int n = 0;
    PV_TRY(pv_bench_wire(figure, &n, a->only, a->seconds, (size_t)a->bytes, &cli->ctx));
    if (cli->global.json) {
        json_t *j = json_object();
        pv_status status = fill(j, figure, n);
        if (status == PV_OK) return pv_console_json(j);
        json_decref(j);
        return status;
    }
    pv_console_print("%s, two hubs in one process, loopback TCP, TLS 1.3\n", pv_machine_name(name));
    for (int i = 0; i < n; i++) {
        const pv_bench_wire_figure *f = &figure[i];
        if (f->us > 0)
            pv_console_print("%-12s %9.1f us there and back, messages of %zu bytes\n", f->name,
                             f->us, f->message_bytes);
        else
            pv_console_print("%-12s %9.0f MB/s, messages of %zu bytes\n", f->name, f->mb_per_s,
                             f->message_bytes);
    }
    return PV_OK;
}

const pv_command pv_command_bench_wire = {
    .name = "bench wire",
    .summary = "how fast a channel between two parties is",
    .text = "Sends large messages, then small ones there and back, between two parties over TCP on "
            "the loopback with TLS 1.3, with transcripts, seals and views, as a run does; no "
            "journal is written. Both parties are threads of one process, so they share its "
            "processors.",
    .examples = "privet bench wire --json\nprivet bench wire --case tls-digest --bytes 1000000",
    .options = options,
    .args_size = sizeof(bench_args),
    .run = run,
};
