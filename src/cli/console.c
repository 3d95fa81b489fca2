#include "cli/console.h"

#include "base/clock.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One console a process: there is one terminal, and a signal handler can reach nothing else. */
static struct {
    int terminal, quiet, verbose;
    int drawn; /* a progress line is on the screen */
    double started, last;
    uint64_t first, done, total;
} console;

static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
    if (interrupts++ == 0) return;
    signal(number, SIG_DFL);
    raise(number);
}

static int cancelled(void *user)
{
    (void)user;
    return interrupts > 0;
}

void pv_console_clear(void)
{
    if (!console.drawn) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    console.drawn = 0;
}

static void show_log(void *user, pv_log_level level, const char *line)
{
    (void)user;
    if (level == PV_LOG_DEBUG && !console.verbose) return;
    if (level == PV_LOG_INFO && console.quiet) return;
    pv_console_clear();
    fprintf(stderr, "%s%s\n", level == PV_LOG_WARN ? "warning: " : "", line);
}

const char *pv_console_duration(double seconds, char buffer[PV_CONSOLE_TEXT])
{
    int whole = (int)(seconds < 1e9 ? seconds + 0.5 : 1e9);
    if (seconds < 9.95)
        snprintf(buffer, PV_CONSOLE_TEXT, "%.*f s", seconds < 0.995 ? 2 : 1, seconds);
    else if (whole < 60)
        snprintf(buffer, PV_CONSOLE_TEXT, "%d s", whole);
    else if (whole < 3600)
        snprintf(buffer, PV_CONSOLE_TEXT, "%d min %02d s", whole / 60, whole % 60);
    else
        snprintf(buffer, PV_CONSOLE_TEXT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
    return buffer;
}

const char *pv_console_bytes(double bytes, char buffer[PV_CONSOLE_TEXT])
{
    static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB"};
    int u = 0;
    while (bytes >= 999.5 && u < 4) {
        bytes /= 1000;
        u++;
    }
    snprintf(buffer, PV_CONSOLE_TEXT, "%.*f %s", u == 0 || bytes >= 99.95 ? 0 : 1, bytes, unit[u]);
    return buffer;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
    return 80;
}

/* "epoch 3/10 [=====>    ] 42 %, 1 min 10 s left" */
static void draw(const char *what, uint64_t done, uint64_t total, const char *left)
{
    char line[256], bar[32];
    int width = (int)sizeof bar - 1,
        full = total == 0 ? 0 : (int)((double)done / (double)total * width);
    for (int i = 0; i < width; i++) bar[i] = i < full ? '=' : i == full ? '>' : ' ';
    bar[width] = '\0';
    if (total == 0)
        snprintf(line, sizeof line, "%s %llu", what, (unsigned long long)done);
    else
        snprintf(line, sizeof line, "%s [%s] %3.0f %%%s", what, bar,
                 100.0 * (double)done / (double)total, left);
    int limit = columns() - 1;
    fprintf(stderr, "\r%.*s\033[K", limit, line);
    fflush(stderr);
    console.drawn = 1;
}

static void show_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    double now = pv_clock_seconds();
    if (console.quiet) return;
    if (total != console.total || done < console.done) { /* something new has begun */
        console.started = now;
        console.first = done;
        console.total = total;
        console.last = console.terminal ? 0 : now;
    }
    console.done = done;
    if (total > 0 && done >= total) {
        pv_console_clear();
        return;
    }
    if (now - console.last < (console.terminal ? 0.1 : 30.0)) return;
    console.last = now;
    char left[PV_CONSOLE_TEXT + 16] = "", text[PV_CONSOLE_TEXT];
    if (done > console.first && now - console.started > 1.0) {
        double rate = (double)(done - console.first) / (now - console.started);
        snprintf(left, sizeof left, ", %s left",
                 pv_console_duration((double)(total - done) / rate, text));
    }
    if (console.terminal)
        draw(what, done, total, left);
    else if (total > 0)
        fprintf(stderr, "%s: %.0f %%%s\n", what, 100.0 * (double)done / (double)total, left);
    else
        fprintf(stderr, "%s: %llu\n", what, (unsigned long long)done);
}

void pv_console_open(pv_cli *cli)
{
    console.terminal = isatty(STDERR_FILENO);
    console.quiet = cli->global.quiet;
    console.verbose = cli->global.verbose;
    cli->ctx = (pv_ctx){.threads = (int)cli->global.threads,
                        .log = show_log,
                        .progress = show_progress,
                        .cancelled = cancelled};
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is reported as a full disk is */
}

void pv_console_print(const char *fmt, ...)
{
    va_list ap;
    pv_console_clear();
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

pv_status pv_console_json(json_t *value)
{
    pv_str text = {0};
    pv_status status = pv_json_dump(&text, value, 0);
    json_decref(value);
    if (status == PV_OK) pv_console_print("%s\n", pv_str_text(&text));
    pv_str_clear(&text);
    return status;
}

/* A path in a message may be any bytes; JSON wants UTF-8. */
static json_t *text_value(const char *text)
{
    char plain[2048];
    json_t *value = json_string(text);
    if (value != NULL) return value;
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < sizeof plain; i++)
        plain[i] = (unsigned char)text[i] < 128 ? text[i] : '?';
    plain[i] = '\0';
    return json_string(plain);
}

void pv_console_failure(const pv_cli *cli, pv_status s)
{
    pv_console_clear();
    fprintf(stderr, "privet: %s\n", pv_trail_text());
    if (cli->global.verbose) fputs(pv_trail_debug(), stderr);
    if (!cli->global.json) return;
    json_t *value = json_object(), *error = json_object();
    if (json_object_set_new(error, "status", json_string(pv_status_name(s))) == 0 &&
        json_object_set_new(error, "exit", json_integer(pv_status_exit(s))) == 0 &&
        json_object_set_new(error, "message", text_value(pv_trail_text())) == 0 &&
        json_object_set(value, "error", error) == 0) {
        json_dumpf(value, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(error);
    json_decref(value);
}

pv_status pv_console_close(void)
{
    pv_console_clear();
    if (fflush(stdout) != 0 || ferror(stdout))
        PV_FAIL(PV_ERR_IO, "standard output: writing the result failed; is the disk full?");
    return PV_OK;
}
