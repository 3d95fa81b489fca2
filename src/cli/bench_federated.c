#include "run/bench_federated.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "run/machine.h"

typedef struct bench_args {
    const char *data, *only;
    int64_t clients, rounds, epochs, batch, repeat;
} bench_args;

#define AT(field) offsetof(bench_args, field)

static const pv_option options[] = {
    {"data", 'd', PV_OPTION_TEXT, "SPEC", "glyphs?limit=8000", 0, 0, NULL,
     "images of 28x28 that the clients share out, as in mnist:DIR", AT(data), 0, 0},
    {"case", 'c', PV_OPTION_CHOICE, "NAME", NULL, 0, 0, "fedavg|fedsgd", "only this case", AT(only),
     0, 0},
    {"clients", 0, PV_OPTION_INTEGER, "N", "4", 1, 32, NULL, "clients", AT(clients), 0, 0},
    {"rounds", 'r', PV_OPTION_INTEGER, "N", "5", 1, 10000, NULL, "rounds of fedavg", AT(rounds), 0,
     0},
    {"epochs", 'e', PV_OPTION_INTEGER, "N", "1", 1, 1000, NULL, "epochs of fedsgd", AT(epochs), 0,
     0},
    {"batch", 'b', PV_OPTION_INTEGER, "N", "64", 1, 65536, NULL, "samples a step of a client",
     AT(batch), 0, 0},
    {"repeat", 0, PV_OPTION_INTEGER, "N", "3", 1, 100, NULL,
     "how often; the fastest counts, on either side", AT(repeat), 0, 0},
    PV_OPTION_END,
};

/* What the parties take more, in shares of one. */
static double overhead(double parties, double here)
{
    return here > 0 ? parties / here - 1 : 0;
}

static pv_status fill_one(json_t *one, const pv_bench_federated_figure *f)
{
    json_t *parts = json_object();
    PV_TRY(pv_json_set(one, "name", json_string(f->name)));
    PV_TRY(pv_json_set(one, "rounds", json_integer((json_int_t)f->rounds)));
    PV_TRY(pv_json_set(one, "here_seconds", pv_json_number(f->here_seconds)));
    PV_TRY(pv_json_set(one, "parties_seconds", pv_json_number(f->parties_seconds)));
    PV_TRY(pv_json_set(one, "overhead",
                       pv_json_number(overhead(f->parties_seconds, f->here_seconds))));
    PV_TRY(pv_json_set(one, "here_cpu_seconds", pv_json_number(f->here_cpu)));
    PV_TRY(pv_json_set(one, "parties_cpu_seconds", pv_json_number(f->parties_cpu)));
    PV_TRY(pv_json_set(one, "whole_seconds", pv_json_number(f->whole_seconds)));
    PV_TRY(pv_json_set(one, "bytes", pv_json_number(f->bytes)));
    PV_TRY(pv_json_set(one, "same_weights", json_boolean(f->same_weights)));
    PV_TRY(pv_json_set(one, "party_seconds", parts));
    PV_TRY(pv_json_set(parts, "compute", pv_json_number(f->compute)));
    PV_TRY(pv_json_set(parts, "channel", pv_json_number(f->channel)));
    PV_TRY(pv_json_set(parts, "journal", pv_json_number(f->journal)));
    PV_TRY(pv_json_set(parts, "view", pv_json_number(f->view)));
    return pv_json_set(parts, "waiting", pv_json_number(f->waiting));
}

static pv_status fill(json_t *j, const bench_args *a, const pv_bench_federated_figure *figure,
                      int n)
{
    char name[PV_MACHINE_TEXT];
    json_t *cases = json_array();
    PV_TRY(pv_json_set(j, "cases", cases));
    for (int i = 0; i < n; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(cases, one));
        PV_TRY(fill_one(one, &figure[i]));
    }
    PV_TRY(pv_json_set(j, "data", json_string(a->data)));
    PV_TRY(pv_json_set(j, "clients", json_integer(a->clients)));
    PV_TRY(pv_json_set(j, "batch", json_integer(a->batch)));
    PV_TRY(pv_json_set(j, "processors", json_integer(pv_machine_processors())));
    PV_TRY(pv_json_set(j, "machine", json_string(pv_machine_name(name))));
    return pv_json_set(j, "version", json_string(PV_VERSION));
}

static void print(const bench_args *a, const pv_bench_federated_figure *f)
{
    char bytes[PV_CONSOLE_TEXT];
    pv_console_print(
        "%s, LeNet-5, %lld clients, %lld rounds, %s between the parties\n"
        "  rounds        %8.2f s by parties, %.2f s in one process: %+.1f %%; weights %s\n"
        "  CPU time      %8.2f s by parties, %.2f s in one process\n"
        "  start to end  %8.2f s by parties\n"
        "  parties' time %8.2f s compute, %.2f channel, %.2f journal, %.2f view, %.2f waiting\n",
        f->name, (long long)a->clients, (long long)f->rounds, pv_console_bytes(f->bytes, bytes),
        f->parties_seconds, f->here_seconds, 100 * overhead(f->parties_seconds, f->here_seconds),
        f->same_weights ? "the same, bit for bit" : "DIFFER", f->parties_cpu, f->here_cpu,
        f->whole_seconds, f->compute, f->channel, f->journal, f->view, f->waiting);
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const bench_args *a = opaque;
    pv_bench_federated_figure figure[PV_BENCH_FEDERATED_CASES];
    char name[PV_MACHINE_TEXT];
    int n = 0, same = 1;
    const pv_bench_federated_options o = {.data = a->data,
                                          .clients = (int)a->clients,
                                          .rounds = a->rounds,
                                          .epochs = a->epochs,
                                          .batch = a->batch,
                                          .repeat = (int)a->repeat,
                                          .only = a->only};
    PV_TRY(pv_bench_federated(figure, &n, &o, &cli->ctx));
    for (int i = 0; i < n; i++) same &= figure[i].same_weights;
    if (cli->global.json) {
        json_t *j = json_object();
        pv_status status = fill(j, a, figure, n);
        if (status == PV_OK)
            status = pv_console_json(j);
        else
            json_decref(j);
        PV_TRY(status);
    } else {
        pv_console_print("%s\n", pv_machine_name(name));
        for (int i = 0; i < n; i++) print(a, &figure[i]);
    }
    if (!same) PV_FAIL(PV_ERR_RUN, "the parties and the one process ended with different weights");
    return PV_OK;
}

const pv_command pv_command_bench_federated = {
    .name = "bench federated",
    .summary = "what it costs that clients are parties",
    .text =
        "Trains LeNet-5 by FedAvg (one local epoch a round) and by FedSGD, by parties as processes "
        "of their own with TLS, journals and full views, and again as the same computation in one "
        "process with a thread for each processor. Both must end with the same weights. Wall time "
        "is that of the rounds; start-up is told apart.",
    .examples = "privet bench federated --json\n"
                "privet bench federated --data mnist:DIR --case fedavg --rounds 10",
    .options = options,
    .args_size = sizeof(bench_args),
    .run = run,
};
