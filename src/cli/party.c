#include "base/clock.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "run/one_party.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct party_args {
    const char *scenario, *as, *local, *out;
    int64_t status_fd;
} party_args;

#define AT(field) offsetof(party_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "SCENARIO", NULL, 0, 0, NULL, "the scenario that all parties share",
     AT(scenario), 1, 0},
    {"as", 0, PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL, "which of its parties this is", AT(as), 1,
     0},
    {"out", 'o', PV_OPTION_PATH, "FOLDER", NULL, 0, 0, NULL,
     "folder of this party: journal, view, results; the same folder again goes on where it stopped",
     AT(out), 1, 0},
    {"local", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "what is this party's own business: data, keys, addresses (docs/scenarios.md)", AT(local), 0,
     0},
    {"status-fd", 0, PV_OPTION_INTEGER, "N", "-1", -1, 1023, NULL,
     "write progress to this file descriptor, one JSON object a line; -1 for not", AT(status_fd), 0,
     0},
    PV_OPTION_END,
};

/* Whoever started this party reads along. When nobody does any more, the party stops where it can
 * go on: left alone it would wait for peers that ended with the one who started them all. */
typedef struct teller {
    int fd;
    int alone; /* its reader is gone */
    double last, looked;
    const pv_ctx *console;
} teller;

static void tell(teller *t, json_t *line)
{
    pv_str text = {0};
    if (pv_json_dump(&text, line, 0) == PV_OK && pv_str_append(&text, "\n") == PV_OK &&
        write(t->fd, text.text, text.size) < 0 && errno == EPIPE)
        t->alone = 1;
    pv_str_clear(&text);
}

static void on_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    teller *t = user;
    double now = pv_clock_seconds();
    t->console->progress(t->console->user, what, done, total);
    if (t->fd < 0 || now - t->last < 0.1) return;
    t->last = now;
    json_t *line = json_object();
    if (pv_json_set(line, "done", json_integer((json_int_t)done)) == PV_OK &&
        pv_json_set(line, "total", json_integer((json_int_t)total)) == PV_OK &&
        pv_json_set(line, "what", json_string(what)) == PV_OK)
        tell(t, line);
    json_decref(line);
}

static void on_log(void *user, pv_log_level level, const char *line)
{
    const teller *t = user;
    t->console->log(t->console->user, level, line);
}

/* The writing end of a pipe that nobody can read from is in error. */
static int is_alone(teller *t)
{
    double now = pv_clock_seconds();
    struct pollfd p = {.fd = t->fd};
    if (t->alone || t->fd < 0 || now - t->looked < 0.5) return t->alone;
    t->looked = now;
    t->alone = poll(&p, 1, 0) > 0 && (p.revents & POLLERR) != 0;
    return t->alone;
}

static int is_cancelled(void *user)
{
    teller *t = user;
    return t->console->cancelled(t->console->user) || is_alone(t);
}

static void tell_failure(teller *t, pv_status s)
{
    json_t *line = json_object();
    if (t->fd >= 0 && pv_json_set(line, "status", json_string(pv_status_name(s))) == PV_OK &&
        pv_json_set(line, "error", json_string(pv_trail_text())) == PV_OK)
        tell(t, line);
    json_decref(line);
}

/* A party that a peer refused ended in order, but has not got what it came for. Who started it to
 * be one of a run (--status-fd) reads that from its result. */
static pv_status check_refusal(const party_args *a)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    char *path = pv_path_join(a->out, "result.json");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_json_load(&j, path, 64 << 20));
    const char *reason =
        json_string_value(json_object_get(json_object_get(j, "result"), "refusal"));
    if (reason != NULL)
        PV_FAIL_GOTO(PV_ERR_PEER, "%s was refused: %s; what it got before is in %s", a->as, reason,
                     a->out);
done:
    json_decref(j);
    pv_free(path);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const party_args *a = opaque;
    teller t = {.fd = (int)a->status_fd, .console = &cli->ctx};
    pv_ctx ctx = cli->ctx;
    ctx.user = &t;
    ctx.progress = on_progress;
    ctx.log = on_log;
    ctx.cancelled = is_cancelled;
    if (t.fd >= 0)
        (void)signal(SIGPIPE, SIG_IGN); /* a reader that is gone is noticed, not died of */
    pv_status s = pv_one_party(
        &(pv_one_party_options){
            .scenario = a->scenario, .local = a->local, .name = a->as, .folder = a->out},
        &ctx);
    if (s == PV_ERR_CANCELLED) {
        pv_trail_clear();
        s = pv_trail_fail(PV_ERR_CANCELLED, __FILE__, __LINE__,
                          "%s stopped%s; the same command goes on", a->as,
                          t.alone ? ", because whoever started it is gone" : "");
    }
    if (s != PV_OK) {
        tell_failure(&t, s);
        return s;
    }
    if (t.fd < 0) PV_TRY(check_refusal(a));
    if (!cli->global.json) {
        pv_console_print("%s is done; its folder: %s\n", a->as, a->out);
        return PV_OK;
    }
    pv_status status = PV_OK;
    json_t *j = NULL;
    char *path = pv_path_join(a->out, "result.json");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_json_load(&j, path, 64 << 20));
    PV_TRY_GOTO(pv_console_json(j));
done:
    pv_free(path);
    return status;
}

const pv_command pv_command_party = {
    .name = "party",
    .summary = "one party of a scenario, on its own machine",
    .text =
        "Runs one party to the end: it waits for its peers, takes part, and leaves its folder. "
        "Interrupted, killed or after a power cut it goes on with the same command; its peers "
        "wait for it, or go on without it, as the scenario says.\n\n"
        "Run privet check first: it finds what would stop the run in the middle. Seed and threads "
        "are the scenario's and the local file's: --seed and --threads mean nothing here.",
    .examples = "privet party trial.ini --as hospital-a --local hospital-a.ini --out trial-a",
    .options = options,
    .args_size = sizeof(party_args),
    .run = run,
};
