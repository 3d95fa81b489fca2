#include "party/check_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "net/address.h"
#include "party/data.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { WARN_DAYS = 30, DAY = 86400, SHOWN = 5, SIZE_TEXT = 32 };

/* ---- the report */

const char *pv_check_result_name(pv_check_result r)
{
    return r == PV_CHECK_PASS ? "pass" : r == PV_CHECK_WARN ? "warn" : "fail";
}

pv_status pv_check_add(pv_check_report *r, pv_check_result result, const char *what,
                       const char *fmt, ...)
{
    pv_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    pv_status status = pv_str_vprintf(&text, fmt, ap);
    va_end(ap);
    if (status == PV_OK)
        status = pv_grow((void **)&r->item, &r->capacity, r->items + 1, sizeof *r->item);
    if (status != PV_OK) {
        pv_str_clear(&text);
        return status;
    }
    r->item[r->items++] = (pv_check_item){.result = result, .what = what, .text = text.text};
    if (result > r->worst) r->worst = result;
    return PV_OK;
}

pv_status pv_check_failed(pv_check_report *r, const char *what, pv_status status)
{
    char text[1024];
    if (status == PV_OK || status == PV_ERR_MEMORY || status == PV_ERR_CANCELLED) return status;
    size_t n = strlen(pv_trail_text());
    if (n >= sizeof text) n = sizeof text - 1;
    memcpy(text, pv_trail_text(), n);
    text[n] = '\0';
    pv_trail_clear();
    return pv_check_add(r, PV_CHECK_FAIL, what, "%s", text);
}

void pv_check_report_clear(pv_check_report *r)
{
    for (size_t i = 0; i < r->items; i++) pv_free(r->item[i].text);
    pv_free(r->item);
    *r = (pv_check_report){0};
}

/* ---- certificates and clock */

/* "2027-01-31"; "?" for what is no date. */
static const char *day(char out[16], int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL || strftime(out, 16, "%Y-%m-%d", &tm) == 0) return "?";
    return out;
}

static pv_status check_certificate(pv_checking *c, const pv_certificate *own, const char *what,
                                   const char *of)
{
    char date[16];
    int64_t now = (int64_t)time(NULL), ends = pv_certificate_ends(own);
    pv_status status = pv_certificate_check(own, c->p->ca, now);
    if (status != PV_OK) return pv_check_failed(c->report, what, status);
    int64_t days = (ends - now) / DAY;
    return pv_check_add(c->report, days < WARN_DAYS ? PV_CHECK_WARN : PV_CHECK_PASS, what,
                        "%s is valid until %s, %lld days%s", of, day(date, ends), (long long)days,
                        days < WARN_DAYS ? "; have a new one issued before the run" : "");
}

static pv_status check_authority(pv_checking *c)
{
    char from[16], to[16];
    const pv_certificate *ca = c->p->ca;
    int64_t now = (int64_t)time(NULL), begins = pv_certificate_begins(ca),
            ends = pv_certificate_ends(ca), days = (ends - now) / DAY;
    int over = now < begins || now > ends;
    return pv_check_add(c->report,
                        over               ? PV_CHECK_FAIL
                        : days < WARN_DAYS ? PV_CHECK_WARN
                                           : PV_CHECK_PASS,
                        "authority", "the authority is valid from %s to %s%s", day(from, begins),
                        day(to, ends),
                        over               ? ", which is not now; have a new one made"
                        : days < WARN_DAYS ? "; have a new one made before the run"
                                           : "");
}

/* *known: the identity is there to go on with. */
static pv_status check_identity(pv_checking *c, int *known)
{
    pv_status status = pv_party_open_identity(c->p);
    *known = status == PV_OK;
    if (status != PV_OK) return pv_check_failed(c->report, "certificate", status);
    if (c->p->ca != NULL) {
        PV_TRY(check_certificate(c, pv_identity_certificate(c->p->identity), "certificate",
                                 "the certificate"));
        PV_TRY(check_authority(c));
    }
    if (!c->p->self->pinned)
        return pv_check_add(c->report, PV_CHECK_FAIL, "pin",
                            "%s:%d: [party %s] has no cert line, so that others can't know it",
                            c->p->o->scenario->path, c->p->self->line, c->p->o->name);
    return pv_check_add(c->report, PV_CHECK_PASS, "pin", "the certificate is the one that %s pins",
                        c->p->o->scenario->path);
}

static pv_status check_clock(pv_checking *c)
{
    char text[PV_CLOCK_TEXT];
    /* before this program was written */
    int wrong = time(NULL) < INT64_C(1760000000);
    return pv_check_add(c->report, wrong ? PV_CHECK_FAIL : PV_CHECK_PASS, "clock",
                        "it is %s here%s", pv_clock_text(text),
                        wrong ? ", which can't be; set the clock" : "");
}

/* ---- data */

static pv_status check_classes(pv_checking *c, const pv_data *data, const pv_data_stats *st)
{
    pv_status status = PV_OK;
    pv_str none = {0};
    int missing = 0, classes = pv_data_classes(data);
    if (!pv_data_has_labels(data))
        return pv_check_add(c->report, PV_CHECK_PASS, "labels", "none here (label=none)");
    for (int i = 0; i < classes; i++) {
        if (st->class_count[i] > 0) continue;
        if (missing < SHOWN)
            PV_TRY_GOTO(pv_str_printf(&none, "%s%s", missing == 0 ? "" : ", ",
                                      pv_data_class_name(data, i)));
        missing++;
    }
    if (missing == 0)
        status = pv_check_add(c->report, PV_CHECK_PASS, "labels",
                              "every one of %d classes has samples here", classes);
    else
        status = pv_check_add(c->report, PV_CHECK_WARN, "labels",
                              "%d of %d classes have no sample here: %s%s", missing, classes,
                              pv_str_text(&none), missing > SHOWN ? ", ..." : "");
done:
    pv_str_clear(&none);
    return status;
}

/* A column without variation teaches nothing; one with enormous values may hold codes for what is
 * missing, and makes what is learned worthless. */
enum { QUARTILE_ROWS = 10000 };

static pv_status report_columns(pv_checking *c, const pv_data *data, const pv_data_stats *st,
                                int constant, int wild, const int first[2])
{
    if (constant > 0)
        PV_TRY(pv_check_add(c->report, PV_CHECK_WARN, "ranges",
                            "%d of %d features are constant here, the first is '%s'", constant,
                            st->columns, pv_data_feature_name(data, first[0])));
    if (wild > 0)
        PV_TRY(pv_check_add(
            c->report, PV_CHECK_WARN, "ranges",
            "%d of %d features have values very far from all others, the first is '%s' "
            "(%g to %g): codes for something missing?",
            wild, st->columns, pv_data_feature_name(data, first[1]), st->min[first[1]],
            st->max[first[1]]));
    if (constant + wild > 0) return PV_OK;
    return pv_check_add(c->report, PV_CHECK_PASS, "ranges",
                        "the ranges of %d features are plausible", st->columns);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Quartiles of column i, over every so-manieth row. A mean and a deviation would not do: one code
 * for "missing" among sixty values moves both so far that it lies within eight deviations. */
static void quartiles(double q[2], double *column, float *row, const pv_data *data, int i)
{
    int64_t count = pv_data_count(data), step = count / QUARTILE_ROWS + 1, n = 0;
    for (int64_t k = 0; k < count; k += step) {
        pv_data_raw(data, k, row);
        column[n++] = row[i];
    }
    qsort(column, (size_t)n, sizeof *column, by_value);
    q[0] = column[n / 4];
    q[1] = column[(3 * n) / 4];
}

/* Values so far out that they may be codes. A column of which half is one value has no quartiles to
 * go by, and goes by its deviation. */
static int is_wild(const pv_data_stats *st, int i, const double q[2])
{
    double middle = (q[0] + q[1]) / 2, spread = q[1] - q[0];
    if (!(spread > 0)) middle = st->mean[i], spread = st->std[i];
    return !(st->max[i] - middle < 100 * spread && middle - st->min[i] < 100 * spread);
}

static pv_status check_columns(pv_checking *c, const pv_data *data, const pv_data_stats *st)
{
    pv_status status = PV_OK;
    int constant = 0, wild = 0, first[2] = {-1, -1};
    if (pv_data_what(data) != PV_DATA_TABLE) return PV_OK;
    if (!pv_data_has_features(data))
        return pv_check_add(c->report, PV_CHECK_PASS, "ranges", "no features here (features=none)");
    double *column = pv_alloc(QUARTILE_ROWS + 1, sizeof *column), q[2];
    float *row = pv_alloc((size_t)st->columns, sizeof *row);
    if (column == NULL || row == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for looking at %d features", st->columns);
    for (int i = 0; i < st->columns; i++) {
        int is_constant = !(st->max[i] > st->min[i]);
        quartiles(q, column, row, data, i);
        if (is_constant && constant++ == 0) first[0] = i;
        if (!is_constant && is_wild(st, i, q) && wild++ == 0) first[1] = i;
    }
    status = report_columns(c, data, st, constant, wild, first);
done:
    pv_free(column);
    pv_free(row);
    return status;
}

static pv_status check_values(pv_checking *c, const pv_data *data)
{
    pv_data_stats st;
    pv_status status = pv_data_stats_init(&st, data);
    if (status != PV_OK) return pv_check_failed(c->report, "data", status);
    if (st.missing > 0 || st.dropped > 0)
        PV_TRY_GOTO(pv_check_add(c->report, PV_CHECK_WARN, "missing values",
                                 "%lld missing values are replaced by means, %lld rows with "
                                 "missing values are left out",
                                 (long long)st.missing, (long long)st.dropped));
    else
        PV_TRY_GOTO(
            pv_check_add(c->report, PV_CHECK_PASS, "missing values", "no value is missing"));
    PV_TRY_GOTO(check_classes(c, data, &st));
    PV_TRY_GOTO(check_columns(c, data, &st));
done:
    pv_data_stats_clear(&st);
    return status;
}

static pv_status check_test(pv_checking *c)
{
    pv_data *test = NULL;
    pv_status status = pv_party_test(&test, c->p);
    if (status != PV_OK)
        status = pv_check_failed(c->report, "test data", status);
    else if (test != NULL)
        status = pv_check_add(c->report, PV_CHECK_PASS, "test data", "%lld samples",
                              (long long)pv_data_count(test));
    pv_data_free(test);
    return status;
}

static pv_status check_table(pv_checking *c)
{
    pv_str about = {0};
    const pv_party_options *o = c->p->o;
    pv_status status = o->role->look(&about, o->scenario, o->local, o->name);
    if (status != PV_OK)
        status = pv_check_failed(c->report, "data", status);
    else
        status = pv_check_add(c->report, PV_CHECK_PASS, "data", "%s", pv_str_text(&about));
    pv_str_clear(&about);
    return status;
}

static pv_status check_data(pv_checking *c)
{
    pv_data *data;
    const pv_local *l = c->p->o->local;
    if (l->data == NULL) {
        int lacks = c->p->o->role != NULL && pv_role_brings(c->p->o->role, c->p->o->scenario);
        PV_TRY(pv_check_add(c->report, lacks ? PV_CHECK_FAIL : PV_CHECK_PASS, "data",
                            "%s brings no data%s", c->p->o->name,
                            lacks ? ": write data = SPEC into its local file" : ""));
        return check_test(c);
    }
    if (c->p->o->role != NULL && c->p->o->role->look != NULL) return check_table(c);
    pv_status status = pv_local_data(&data, l, c->p->o->scenario, c->p->o->name, &c->p->ctx);
    if (status != PV_OK) return pv_check_failed(c->report, "data", status);
    PV_TRY_GOTO(pv_check_add(c->report, PV_CHECK_PASS, "data", "%s: %lld samples%s", l->data,
                             (long long)pv_data_count(data),
                             c->p->o->scenario->schema.kind == 0 ? "" : ", as [schema] says"));
    PV_TRY_GOTO(check_values(c, data));
    PV_TRY_GOTO(check_test(c));
done:
    pv_data_free(data);
    return status;
}

static pv_status check_files(pv_checking *c)
{
    pv_str about = {0};
    const pv_party_options *o = c->p->o;
    if (o->role == NULL || o->role->files == NULL) return PV_OK;
    pv_status status = o->role->files(&about, o->scenario, o->local, o->name);
    if (status != PV_OK)
        status = pv_check_failed(c->report, "files", status);
    else if (about.size > 0)
        status = pv_check_add(c->report, PV_CHECK_PASS, "files", "%s", pv_str_text(&about));
    pv_str_clear(&about);
    return status;
}

/* ---- the machine */

/* path, or the nearest folder above it that is there already, is where path is made. Cuts path. */
static int stat_above(char *path, struct statvfs *st)
{
    for (;;) {
        if (statvfs(path, st) == 0) return 0;
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || slash == path) return -1;
        if (slash == NULL) return statvfs(".", st);
        *slash = '\0';
    }
}

static pv_status free_bytes(double *out, const char *folder)
{
    struct statvfs st = {0};
    *out = 0;
    char *path = pv_strdup(folder);
    if (path == NULL) PV_FAIL_MEMORY(strlen(folder));
    int rc = stat_above(path, &st);
    pv_free(path);
    if (rc != 0) PV_FAIL(PV_ERR_IO, "%s: %s", folder, strerror(errno));
    *out = (double)st.f_bavail * (double)st.f_frsize;
    return PV_OK;
}

static const char *size_text(double bytes, char text[SIZE_TEXT])
{
    int giga = bytes >= 1e9;
    snprintf(text, SIZE_TEXT, "%.1f %s", bytes / (giga ? 1e9 : 1e6), giga ? "GB" : "MB");
    return text;
}

static pv_status check_disk(pv_checking *c)
{
    char there[SIZE_TEXT], wanted[SIZE_TEXT];
    double have, need = c->o->disk_bytes;
    const char *folder = c->p->o->folder;
    pv_status status = free_bytes(&have, folder);
    if (status != PV_OK) return pv_check_failed(c->report, "disk", status);
    if (need <= 0)
        return pv_check_add(c->report, PV_CHECK_PASS, "disk", "%s are free at %s",
                            size_text(have, there), folder);
    return pv_check_add(c->report,
                        have < need       ? PV_CHECK_FAIL
                        : have < 2 * need ? PV_CHECK_WARN
                                          : PV_CHECK_PASS,
                        "disk", "%s are free at %s, the run will need about %s%s",
                        size_text(have, there), folder, size_text(need, wanted),
                        have < 2 * need ? "; free some, or keep less of the view ([view])" : "");
}

static pv_status check_port(pv_checking *c)
{
    pv_address a;
    int fd[PV_LISTENERS], count = 0;
    uint16_t port;
    const char *listen = c->p->o->channel == NULL ? c->p->o->local->listen : NULL;
    if (listen == NULL)
        return pv_check_add(c->report, PV_CHECK_PASS, "port", "%s only dials out", c->p->o->name);
    pv_status status = pv_address_parse(&a, listen, 1);
    if (status == PV_OK) status = pv_address_listen(fd, &count, &port, &a);
    for (int i = 0; i < count; i++) close(fd[i]);
    c->may_listen = status == PV_OK;
    if (status != PV_OK) return pv_check_failed(c->report, "port", status);
    return pv_check_add(c->report, PV_CHECK_PASS, "port", "%s can be listened on", listen);
}

static pv_status check_all(pv_checking *c)
{
    int known;
    PV_TRY(check_clock(c));
    PV_TRY(check_identity(c, &known));
    PV_TRY(pv_ctx_check(c->ctx));
    PV_TRY(check_data(c));
    PV_TRY(check_files(c));
    PV_TRY(check_disk(c));
    PV_TRY(check_port(c));
    return known && c->o->seconds > 0 ? pv_check_peers(c) : PV_OK;
}

pv_status pv_party_check(const pv_check_options *o, pv_check_report *report, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_checking c = {.o = o, .report = report, .ctx = ctx};
    *report = (pv_check_report){0};
    PV_TRY(pv_party_new(&c.p, o->party, ctx));
    if (c.p->self == NULL)
        status = pv_check_add(report, PV_CHECK_FAIL, "scenario", "%s names no party '%s'",
                              o->party->scenario->path, o->party->name);
    else
        status = check_all(&c);
    pv_party_free(c.p);
    if (status != PV_OK) pv_check_report_clear(report);
    return status;
}
