#include "run/launch.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 4096, STATUS_FD = 3 };
static const double patience = 15; /* seconds a party gets to stop when it is asked to */

extern char **environ;

typedef struct child {
    const pv_launch_party *party;
    pid_t pid; /* 0: ended */
    int fd;    /* its status lines; -1: closed */
    int starts, ended_well;
    char line[LINE];
    size_t filled;
    char what[160];
    uint64_t done, total;
    char error[LINE];
    int exit_code, killed_by;
} child;

typedef struct launch {
    const pv_launch_options *o;
    const pv_ctx *ctx;
    child *child;
    struct pollfd *poll;
} launch;

static pv_status spawn(launch *l, child *c)
{
    pv_status status = PV_OK;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int ends[2], log = -1, words = 0, failed;
    char *path = pv_path_join(c->party->folder, "log.txt");
    char program[] = "privet", option[] = "--status-fd", number[8];
    char **argv = NULL;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        ends[0] = ends[1] = -1;
        PV_FAIL_GOTO(PV_ERR_RUN, "%s: no pipe for its progress: %s", c->party->name,
                     strerror(errno));
    }
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) PV_FAIL_GOTO(PV_ERR_IO, "%s: it can't be written: %s", path, strerror(errno));
    while (c->party->words[words] != NULL) words++;
    argv = pv_calloc((size_t)words + 4, sizeof *argv);
    if (argv == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the arguments");
    snprintf(number, sizeof number, "%d", STATUS_FD);
    argv[0] = program;
    for (int i = 0; i < words; i++) argv[i + 1] = (char *)(uintptr_t)c->party->words[i];
    argv[words + 1] = option;
    argv[words + 2] = number;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, log, 1);
    posix_spawn_file_actions_adddup2(&actions, log, 2);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STATUS_FD);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    failed = posix_spawn(&c->pid, "/proc/self/exe", &actions, &attributes, argv, environ);
    if (failed != 0)
        PV_FAIL_GOTO(PV_ERR_RUN, "%s: it can't be started: %s", c->party->name, strerror(failed));
    c->fd = ends[0];
    ends[0] = -1;
    c->filled = 0;
    c->starts++;
    if (l->o->started != NULL) l->o->started(l->o->user, c->party->name, (int)c->pid);
done:
    if (status != PV_OK) c->pid = 0;
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    if (log >= 0) close(log);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    pv_free(argv);
    pv_free(path);
    return status;
}

/* A status line that can't be read is passed over: progress is for people. */
static void take_line(child *c, const char *line, size_t size)
{
    json_t *j = json_loadb(line, size, 0, NULL);
    const char *what = json_string_value(json_object_get(j, "what"));
    const char *error = json_string_value(json_object_get(j, "error"));
    if (what != NULL) {
        snprintf(c->what, sizeof c->what, "%s", what);
        c->done = (uint64_t)json_integer_value(json_object_get(j, "done"));
        c->total = (uint64_t)json_integer_value(json_object_get(j, "total"));
    }
    if (error != NULL) snprintf(c->error, sizeof c->error, "%s", error);
    json_decref(j);
}

static void read_status(child *c)
{
    for (;;) {
        ssize_t n = read(c->fd, c->line + c->filled, sizeof c->line - c->filled);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) {
            close(c->fd);
            c->fd = -1;
            return;
        }
        c->filled += (size_t)n;
        char *begin = c->line, *end;
        while ((end = memchr(begin, '\n', c->filled - (size_t)(begin - c->line))) != NULL) {
            take_line(c, begin, (size_t)(end - begin));
            begin = end + 1;
        }
        c->filled -= (size_t)(begin - c->line);
        memmove(c->line, begin, c->filled);
        if (c->filled == sizeof c->line) c->filled = 0;
    }
}

/* 1 when a child that ran has ended since it was last asked. */
static int ended(child *c)
{
    int s = 0;
    if (c->pid == 0 || waitpid(c->pid, &s, WNOHANG) != c->pid) return 0;
    c->pid = 0;
    if (c->fd >= 0) read_status(c);
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    c->exit_code = WIFEXITED(s) ? WEXITSTATUS(s) : -1;
    c->killed_by = WIFSIGNALED(s) ? WTERMSIG(s) : 0;
    c->ended_well = c->exit_code == 0;
    return 1;
}

static void show(const launch *l)
{
    char text[256];
    const child *lead = &l->child[l->o->lead];
    int running = 0;
    if (lead->what[0] == '\0') return; /* it has not said anything yet */
    for (int i = 0; i < l->o->parties; i++) running += l->child[i].pid != 0;
    snprintf(text, sizeof text, "%s: %s (%d of %d parties at work)", lead->party->name, lead->what,
             running, l->o->parties);
    pv_ctx_progress(l->ctx, text, lead->done, lead->total);
}

static void signal_all(launch *l, int number)
{
    for (int i = 0; i < l->o->parties; i++)
        if (l->child[i].pid != 0) kill(l->child[i].pid, number);
}

static int alive(const launch *l)
{
    int n = 0;
    for (int i = 0; i < l->o->parties; i++) n += l->child[i].pid != 0;
    return n;
}

/* Wait up to 100 ms for something to be said. */
static void listen_to_all(launch *l)
{
    nfds_t n = 0;
    for (int i = 0; i < l->o->parties; i++)
        if (l->child[i].fd >= 0)
            l->poll[n++] = (struct pollfd){.fd = l->child[i].fd, .events = POLLIN};
    poll(l->poll, n, 100);
    for (int i = 0; i < l->o->parties; i++)
        if (l->child[i].fd >= 0) read_status(&l->child[i]);
}

/* Ask all to stop, and take away those that do not. */
static void stop_all(launch *l)
{
    double begun = pv_clock_seconds();
    signal_all(l, SIGTERM);
    while (alive(l) > 0) {
        listen_to_all(l);
        for (int i = 0; i < l->o->parties; i++) (void)ended(&l->child[i]);
        if (alive(l) == 0 || pv_clock_seconds() - begun < patience) continue;
        signal_all(l, SIGKILL);
        for (int i = 0; i < l->o->parties; i++)
            if (l->child[i].pid != 0) waitpid(l->child[i].pid, NULL, 0);
        return;
    }
}

static pv_status kind_of_exit(int code)
{
    return code == 2   ? PV_ERR_USAGE
           : code == 3 ? PV_ERR_INPUT
           : code == 4 ? PV_ERR_PEER
                       : PV_ERR_RUN;
}

static pv_status failure(const launch *l, const child *c)
{
    if (pv_ctx_check(l->ctx) != PV_OK)
        PV_FAIL(PV_ERR_CANCELLED, "stopped; the same command with --resume goes on");
    if (c->killed_by != 0)
        PV_FAIL(PV_ERR_RUN, "%s was killed by signal %d (%s)%s; --resume goes on; see %s/log.txt",
                c->party->name, c->killed_by, strsignal(c->killed_by),
                c->starts > 1 ? " once too often" : "", c->party->folder);
    PV_FAIL(kind_of_exit(c->exit_code), "%s stopped: %s; see %s/log.txt", c->party->name,
            c->error[0] != '\0' ? c->error : "it did not say why", c->party->folder);
}

/* One that a signal killed is started again. PV_OK also when a party ended that the run can do
 * without. */
static pv_status take_end(launch *l, child *c)
{
    if (c->ended_well) return PV_OK;
    if (c->killed_by != 0 && c->starts <= l->o->restarts && pv_ctx_check(l->ctx) == PV_OK) {
        pv_ctx_log(l->ctx, PV_LOG_WARN, "%s was killed by signal %d: started again", c->party->name,
                   c->killed_by);
        return spawn(l, c);
    }
    int hopeful = 0;
    for (int i = 0; i < l->o->parties; i++)
        hopeful += l->child[i].pid != 0 || l->child[i].ended_well;
    if (l->o->least == 0 || hopeful < l->o->least) return failure(l, c);
    pv_ctx_log(l->ctx, PV_LOG_WARN, "%s is lost: %s", c->party->name,
               c->error[0] != '\0' ? c->error : strsignal(c->killed_by));
    return PV_OK;
}

pv_status pv_launch(const pv_launch_options *o, const pv_ctx *ctx)
{
    launch l = {.o = o, .ctx = ctx};
    pv_status status = PV_OK;
    l.child = pv_calloc((size_t)o->parties, sizeof *l.child);
    l.poll = pv_calloc((size_t)o->parties, sizeof *l.poll);
    if (l.child == NULL || l.poll == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d parties", o->parties);
    for (int i = 0; i < o->parties; i++) l.child[i] = (child){.party = &o->party[i], .fd = -1};
    for (int i = 0; i < o->parties; i++) PV_TRY_GOTO(spawn(&l, &l.child[i]));
    while (alive(&l) > 0) {
        listen_to_all(&l);
        if (pv_ctx_check(ctx) != PV_OK)
            PV_FAIL_GOTO(PV_ERR_CANCELLED, "stopped; the same command with --resume goes on");
        for (int i = 0; i < o->parties; i++)
            if (ended(&l.child[i])) PV_TRY_GOTO(take_end(&l, &l.child[i]));
        show(&l);
    }
done:
    if (l.child != NULL && alive(&l) > 0) stop_all(&l);
    for (int i = 0; l.child != NULL && i < o->parties; i++) {
        if (l.child[i].fd >= 0) close(l.child[i].fd);
        if (o->restarted != NULL)
            o->restarted[i] = l.child[i].starts > 0 ? l.child[i].starts - 1 : 0;
    }
    pv_free(l.child);
    pv_free(l.poll);
    return status;
}
