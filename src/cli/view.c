#include "cli/commands.h"
#include "cli/view_print.h"
#include "codec/npz.h"
#include <inttypes.h>

typedef struct view_args {
    pv_words files;
    int records, quick, cross;
    int64_t payload, extract;
    const char *out;
} view_args;

#define AT(field) offsetof(view_args, field)
#define LARGEST   9007199254740991.0

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL, "the view; two of them with --cross",
     AT(files), 1, 1},
    {"records", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL, "list every record", AT(records), 0, 0},
    {"quick", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "check only the chain of records: neither the payloads, which may be many gigabytes, nor the "
     "seals",
     AT(quick), 0, 0},
    {"payload", 0, PV_OPTION_INTEGER, "N", NULL, 1, LARGEST, NULL,
     "what is in record N: its tensors, with least, mean and greatest value", AT(payload), 0, 0},
    {"extract", 0, PV_OPTION_INTEGER, "N", NULL, 1, LARGEST, NULL,
     "write the tensors of record N to --out", AT(extract), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "the .npz file that --extract writes; only its owner may read it", AT(out), 0, 0},
    {"cross", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "hold two parties' views of one run against each other", AT(cross), 0, 0},
    PV_OPTION_END,
};

static pv_status check_usage(const view_args *a)
{
    if (a->files.count != (a->cross ? 2 : 1))
        PV_FAIL(PV_ERR_OPTION, "view: --cross takes two files, anything else one; %d given",
                a->files.count);
    int payload = a->payload != PV_OPTION_UNSET, extract = a->extract != PV_OPTION_UNSET;
    if (payload + extract + a->cross > 1 || (payload + extract + a->cross > 0 && a->records))
        PV_FAIL(PV_ERR_OPTION,
                "view: --records, --payload, --extract and --cross ask for different things; one "
                "at a time");
    if (extract != (a->out != NULL))
        PV_FAIL(PV_ERR_OPTION, "view: --extract N and --out FILE belong together");
    return PV_OK;
}

/* The place of record `number`, which must be there. */
static pv_status find(uint64_t *i, const pv_view *v, int64_t number)
{
    if ((uint64_t)number > pv_view_count(v))
        PV_FAIL(PV_ERR_NOT_FOUND, "%s: there is no record %" PRId64 " among its %" PRIu64,
                pv_view_path(v), number, pv_view_count(v));
    *i = (uint64_t)number - 1;
    return PV_OK;
}

static pv_status write_parts(const char *path, const pv_parts *parts)
{
    pv_npz_out out = {.file = {.fd = -1}};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_npz_out_open(&out, path, 0600));
    for (size_t i = 0; i < parts->count; i++) {
        const pv_part *p = &parts->part[i];
        const pv_tensor t = {p->dtype, p->shape, (void *)p->data};
        PV_TRY_GOTO(pv_npz_out_add(&out, p->name, &t));
    }
    return pv_npz_out_commit(&out);
done:
    pv_npz_out_discard(&out);
    return status;
}

static pv_status extract(const pv_cli *cli, const view_args *a, const pv_view *v)
{
    uint64_t i = 0;
    pv_view_payload p;
    pv_status status = PV_OK;
    json_t *j = NULL;
    PV_TRY(find(&i, v, a->extract));
    if (pv_view_at(v, i)->type == PV_TYPE_SEAL)
        PV_FAIL(PV_ERR_USAGE, "%s: record %" PRId64 " is a seal: it has no tensors",
                a->files.word[0], a->extract);
    PV_TRY(pv_view_load(&p, v, i));
    PV_TRY_GOTO(write_parts(a->out, &p.parts));
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(pv_json_set(j, "view", json_string(a->files.word[0])));
        PV_TRY_GOTO(pv_json_set(j, "record", json_integer(a->extract)));
        PV_TRY_GOTO(pv_json_set(j, "out", json_string(a->out)));
        PV_TRY_GOTO(pv_json_set(j, "tensors", json_integer((json_int_t)p.parts.count)));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else {
        pv_console_print("%s: %zu tensors of record %" PRId64 "\n", a->out, p.parts.count,
                         a->extract);
    }
done:
    json_decref(j);
    pv_view_payload_clear(&p);
    return status;
}

static pv_status print_cross(const pv_cli *cli, const view_args *a, const pv_view_cross_result *c)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    if (!cli->global.json) {
        pv_console_print("%s and %s agree on all %" PRIu64 " frames that both have\n",
                         a->files.word[0], a->files.word[1], c->frames);
        if (c->a_only + c->b_only > 0)
            pv_console_print("  at the end, %" PRIu64 " are only in the first and %" PRIu64
                             " only in the second: sent and not received before it stopped\n",
                             c->a_only, c->b_only);
        return PV_OK;
    }
    j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "a", json_string(a->files.word[0])));
    PV_TRY_GOTO(pv_json_set(j, "b", json_string(a->files.word[1])));
    PV_TRY_GOTO(pv_json_set(j, "frames", json_integer((json_int_t)c->frames)));
    PV_TRY_GOTO(pv_json_set(j, "a_only", json_integer((json_int_t)c->a_only)));
    PV_TRY_GOTO(pv_json_set(j, "b_only", json_integer((json_int_t)c->b_only)));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

static pv_status cross(const pv_cli *cli, const view_args *a, const pv_view *v)
{
    pv_view *other = NULL;
    pv_view_check check;
    pv_view_cross_result result;
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_view_open(&other, a->files.word[1]));
    PV_TRY_GOTO(pv_view_cross(&result, v, other));
    if (!a->quick) {
        PV_TRY_GOTO(pv_view_verify(&check, v));
        PV_TRY_GOTO(pv_view_verify(&check, other));
    }
    PV_TRY_GOTO(print_cross(cli, a, &result));
done:
    pv_view_free(other);
    return status;
}

static pv_status show(const pv_cli *cli, const view_args *a, const pv_view *v)
{
    pv_view_check check;
    if (!a->quick) PV_TRY(pv_view_verify(&check, v));
    return cli->global.json ? pv_view_print_json(v, a->quick ? NULL : &check, a->records)
                            : pv_view_print(v, a->quick ? NULL : &check, a->records);
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const view_args *a = opaque;
    pv_view *v = NULL;
    uint64_t i = 0;
    pv_status status = PV_OK;
    PV_TRY_GOTO(check_usage(a));
    PV_TRY_GOTO(pv_view_open(&v, a->files.word[0]));
    if (a->cross) {
        PV_TRY_GOTO(cross(cli, a, v));
    } else if (a->extract != PV_OPTION_UNSET) {
        PV_TRY_GOTO(extract(cli, a, v));
    } else if (a->payload != PV_OPTION_UNSET) {
        PV_TRY_GOTO(find(&i, v, a->payload));
        PV_TRY_GOTO(pv_view_print_payload(v, i, cli->global.json));
    } else {
        PV_TRY_GOTO(show(cli, a, v));
    }
done:
    pv_view_free(v);
    return status;
}

const pv_command pv_command_view = {
    .name = "view",
    .summary = "what one party of a run saw: list, verify, compare",
    .text =
        "A view is the record of every message that a party sent or received, chained by hashes "
        "and sealed by both ends of every link (docs/formats.md). It is verified before "
        "anything of it is shown: the chain, the hash of every payload that was kept, the "
        "numbers of the frames, and every seal.\n\n"
        "With --cross, two parties' views are verified and compared frame by frame; the first "
        "frame on which they disagree is named, with status 3.\n\n"
        "A view that verifies shows what crossed the links of its party; it does not show that "
        "the party followed the protocol. Views hold personal data.",
    .examples = "privet view server.view\n"
                "privet view server.view --records\n"
                "privet view server.view --extract 12 --out update.npz\n"
                "privet view --cross server.view hospital-a.view",
    .options = options,
    .args_size = sizeof(view_args),
    .run = run,
};
