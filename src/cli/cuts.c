#include "run/cuts.h"

#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "run/bandwidth.h"
#include "run/machine.h"
#include <math.h>
#include <stdio.h>

typedef struct cuts_args {
    const char *model, *data, *bandwidth, *svg, *cut;
    int64_t images, shadow, steps, probe_rows, probe_seeds;
    double seconds;
    int probe;
} cuts_args;

#define AT(field) offsetof(cuts_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "MODEL", NULL, 0, 0, NULL,
     "a model file, with a secret or without, a model of the zoo or a model text", AT(model), 1, 0},
    {"data", 'd', PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "samples; its test split where it has one and the SPEC names none", AT(data), 1, 0},
    {"bandwidth", 'b', PV_OPTION_TEXT, "RATE", "1Mbit", 0, 0, NULL,
     "from customer to provider, as 1Mbit, 500kbit or 2MB a second", AT(bandwidth), 0, 0},
    {"images", 'n', PV_OPTION_INTEGER, "N", "4", 0, 10000, NULL,
     "samples that the inversion tries to bring back at every cut; 0 for no inversion", AT(images),
     0, 0},
    {"shadow", 0, PV_OPTION_INTEGER, "N", "1000", 0, 10000000, NULL,
     "other samples that a decoder learns from, for a minute at most a cut, and whose guess the "
     "inversion begins at; 0 for the search alone, which is quick, and weak behind pools",
     AT(shadow), 0, 0},
    {"steps", 0, PV_OPTION_INTEGER, "N", "0", 0, 1000000, NULL,
     "of the inversion's search, and half of its decoder's; 0 for 500", AT(steps), 0, 0},
    {"seconds", 0, PV_OPTION_REAL, "S", "0.2", 0.001, 3600, NULL, "time of measuring one half",
     AT(seconds), 0, 0},
    {"cut", 0, PV_OPTION_TEXT, "CUT", NULL, 0, 0, NULL,
     "the only cut to measure, as in 3 or 3:before-pool; without it, all of them", AT(cut), 0, 0},
    {"probe", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "of a model with a secret: train fresh probes at every cut, and say how many secrets and "
     "labels "
     "they read of rows that they have not seen",
     AT(probe), 0, 0},
    {"probe-rows", 0, PV_OPTION_INTEGER, "N", "10000", 50, 10000000, NULL,
     "rows at most that probes learn from, and that they read", AT(probe_rows), 0, 0},
    {"probe-seeds", 0, PV_OPTION_INTEGER, "N", "3", 1, 100, NULL,
     "probes of each of three capacities, of which the best counts", AT(probe_seeds), 0, 0},
    {"svg", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "also a picture of latency, inversion and probes at every cut", AT(svg), 0, 0},
    PV_OPTION_END,
};

static const char *number_or_dash(double x, int digits, char buffer[PV_CONSOLE_TEXT])
{
    if (isfinite(x))
        snprintf(buffer, PV_CONSOLE_TEXT, "%.*f", digits, x);
    else
        snprintf(buffer, PV_CONSOLE_TEXT, isinf(x) ? "inf" : "-");
    return buffer;
}

static void print_row(const pv_cuts_row *r, int probed)
{
    char text[PV_SHAPE_TEXT], cut[PV_CUT_TEXT], a[PV_CONSOLE_TEXT], b[PV_CONSOLE_TEXT],
        c[PV_CONSOLE_TEXT], bytes[48], ms[48], latency[64];
    snprintf(bytes, sizeof bytes, "%lld %lld %lld", (long long)r->bytes[0], (long long)r->bytes[1],
             (long long)r->bytes[2]);
    snprintf(ms, sizeof ms, "%.3f + %.3f", r->front_ms, r->back_ms);
    snprintf(latency, sizeof latency, "%.1f %.1f %.1f", r->latency_ms[0], r->latency_ms[1],
             r->latency_ms[2]);
    pv_console_print("%-14s %10lld %10s  %-14s %8lld %6.2f  %-21s  %-17s  %-23s",
                     r->cut.stage == 0 ? "none" : pv_cut_text(&r->cut, cut), (long long)r->params,
                     pv_console_bytes(4 * (double)r->params, a), pv_shape_text(&r->shape, text),
                     (long long)r->numbers, r->share, bytes, ms, latency);
    pv_console_print(" %6s %6s", number_or_dash(r->ssim, 3, a), number_or_dash(r->psnr, 1, b));
    if (probed)
        pv_console_print("%16s %6s %6s", number_or_dash(100 * r->probe.secret.share, 1, a),
                         number_or_dash(100 * r->probe.label.share, 1, b),
                         number_or_dash(100 * r->probe.prior, 1, c));
    pv_console_print("\n");
}

static void print_probes(const pv_cuts *c)
{
    const pv_probing *r = NULL;
    for (size_t i = 0; i < c->rows && r == NULL; i++)
        if (c->row[i].probe.read > 0) r = &c->row[i].probe;
    if (r == NULL) return;
    pv_console_print(
        "\nfresh probes learned from %lld rows%s and read %lld others%s, each under a secret of "
        "its "
        "own: so much leaks at\nleast. The prior, the share of the most frequent label, is what "
        "says "
        "as much of label and secret without a look.\nOf these rows the model answers %.2f %% "
        "rightly%s\n",
        (long long)r->learned, c->probed == 1 ? " of the training split" : "", (long long)r->read,
        c->probed == 1 ? " of the test split" : "", 100 * r->answered,
        pv_probing_at_chance(r) ? ", which is chance: a model that answers nothing hides nothing"
                                : "");
}

static void print_rows(const pv_cuts *c)
{
    pv_console_print("%-14s %10s %10s  %-14s %8s %6s  %-21s  %-17s  %-23s %6s %6s%s\n", "cut",
                     "customer's", "numbers", "activation", "numbers", "of x",
                     "bytes: 32, 8, 4 bits", "ms: front + back", "latency ms: 32, 8, 4", "SSIM",
                     "PSNR", c->probed ? "  % read: secret  label  prior" : "");
    for (size_t i = 0; i < c->rows; i++) print_row(&c->row[i], c->probed);
    if (c->probed) print_probes(c);
}

static void print_convs(const pv_cuts *c)
{
    if (c->convs == 0) return;
    pv_console_print(
        "\nconvolutions: the paper asks for N > M, unknowns and equations around one patch; a "
        "whole image is determined\nas soon as k >= s^2 l, apart from its border\n"
        "%-8s %6s  %-22s %9s %9s  %-5s %8s %9s  %s\n",
        "layer", "stage", "k kernels, stride s", "M", "N", "N > M", "at most", "k/(s^2 l)",
        "more equations than pixels");
    for (size_t i = 0; i < c->convs; i++) {
        const pv_cuts_conv *v = &c->conv[i];
        const pv_conv_count *n = &v->count;
        char kernels[64], from[96];
        snprintf(kernels, sizeof kernels, "%lld of %lldx%lldx%lld, %lld", (long long)v->kernels,
                 (long long)v->kernel, (long long)v->kernel, (long long)v->channels,
                 (long long)v->stride);
        if (n->overdetermined == 0)
            snprintf(from, sizeof from, "never: %lld of %lld in the image",
                     (long long)n->image_equations, (long long)n->image_unknowns);
        else
            snprintf(from, sizeof from, "from %lldx%lld positions; %lld of %lld in the image",
                     (long long)n->overdetermined, (long long)n->overdetermined,
                     (long long)n->image_equations, (long long)n->image_unknowns);
        pv_console_print("%-8s %6lld  %-22s %9lld %9lld  %-5s %8lld %9.2f  %s\n", v->layer,
                         (long long)v->stage, kernels, (long long)n->equations,
                         (long long)n->unknowns, n->unknowns > n->equations ? "yes" : "no",
                         (long long)n->most_kernels, n->ratio, from);
    }
}

static void print(const pv_cuts *c, const pv_cuts_options *o, const pv_cli *cli)
{
    char machine[PV_MACHINE_TEXT], rate[PV_BANDWIDTH_TEXT];
    pv_console_print("%s on %s: %lld numbers%s%s\n%s, %s, %lld thread%s\n\n", o->model, o->data,
                     (long long)c->params, c->untrained ? ", untrained" : "",
                     c->secret ? ", takes a secret: cuts before it are left out" : "",
                     pv_bandwidth_text(o->bandwidth, rate), pv_machine_name(machine),
                     (long long)cli->global.threads, cli->global.threads == 1 ? "" : "s");
    print_rows(c);
    print_convs(c);
}

static pv_status write_svg(const pv_cuts *c, const pv_cuts_options *o, const char *path)
{
    pv_str svg = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_cuts_svg(&svg, c, o));
    PV_TRY_GOTO(pv_file_write(path, svg.text, svg.size, 0644));
done:
    pv_str_clear(&svg);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const cuts_args *a = opaque;
    pv_status status = PV_OK;
    pv_cuts c = {0};
    pv_cuts_options o = {.model = a->model,
                         .data = a->data,
                         .seconds = a->seconds,
                         .images = a->images,
                         .shadow = a->shadow,
                         .steps = a->steps,
                         .cut = a->cut,
                         .probe = a->probe,
                         .probe_rows = a->probe_rows,
                         .probe_seeds = (int)a->probe_seeds,
                         .seed = (uint64_t)cli->global.seed};
    PV_TRY(pv_bandwidth_parse(&o.bandwidth, a->bandwidth));
    if (a->svg != NULL) PV_TRY(pv_file_writable(a->svg));
    PV_TRY(pv_cuts_measure(&c, &o, &cli->ctx));
    if (a->svg != NULL) PV_TRY_GOTO(write_svg(&c, &o, a->svg));
    if (cli->global.json) {
        char machine[PV_MACHINE_TEXT];
        json_t *j = json_object();
        status = pv_cuts_json(j, &c, &o);
        if (status == PV_OK)
            status = pv_json_set(j, "machine", json_string(pv_machine_name(machine)));
        if (status == PV_OK) status = pv_json_set(j, "threads", json_integer(cli->global.threads));
        if (status == PV_OK) status = pv_console_json(json_incref(j));
        json_decref(j);
        PV_TRY_GOTO(status);
    } else {
        print(&c, &o, cli);
    }
done:
    pv_cuts_clear(&c);
    return status;
}

const pv_command pv_command_cuts = {
    .name = "cuts",
    .summary = "where a network can be cut, and what each cut costs and gives away",
    .text =
        "For every cut that privet partition can make: the customer's half, what crosses in 32, 8 "
        "and 4 bits a number, the time of both halves and of the bytes at a bandwidth, and how "
        "well samples come back from what crosses by a decoder that learned on other samples and a "
        "search from its guess that knows the customer's half. A bad reconstruction may be this "
        "attack's weakness; a good one is a finding. The row "
        "'none' is what it takes to send the sample itself.\n\n"
        "With --probe, of a model with a secret, also what its provider could learn before it is "
        "deployed: fresh probes, linear ones and two sizes of others, learn to read the secret and "
        "the true label off activation and scores of rows of the training split, and the best of "
        "each reads the test split; of data without one, they learn from half of the rows and read "
        "the other half. What they read counts against the prior, the share of the most frequent "
        "label; what they don't read, others might.\n\n"
        "For every convolution also the equations that a published scheme counts, and what that "
        "count leaves out (docs/complement-paper.md).",
    .examples = "privet cuts lenet5.safetensors --data mnist:DIR --bandwidth 1Mbit\n"
                "privet cuts alexnet32 --data cifar10:DIR --images 0 --json\n"
                "privet cuts hidden.safetensors --data mnist:DIR --probe --svg cuts.svg",
    .options = options,
    .args_size = sizeof(cuts_args),
    .run = run,
};
