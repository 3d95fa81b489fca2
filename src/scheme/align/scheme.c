#include "scheme/align/align.h"
#include "scheme/align/messages.h"

#include "crypto/psi/psi.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

const pv_setting pv_align_setting[] = {
    {.key = "normalise",
     .kind = PV_SETTING_CHOICE,
     .fallback = "text",
     .choices = "exact|text|digits",
     .help = "what makes two identifiers the same: their bytes; letters whatever their case and "
             "blanks; their digits",
     .where = offsetof(pv_align_options, normalise)},
    {.key = "minimum",
     .kind = PV_SETTING_INTEGER,
     .fallback = "10",
     .low = 1,
     .high = PV_PSI_MOST,
     .help = "with fewer identifiers in common both stop, and know no more than how many",
     .where = offsetof(pv_align_options, minimum)},
    {.key = "test",
     .kind = PV_SETTING_REAL,
     .fallback = "0",
     .low = 0,
     .high = 0.9,
     .help = "this part of the rows goes into files of its own, the same rows at both; 0: none",
     .where = offsetof(pv_align_options, test)},
    {.key = NULL},
};

pv_status pv_align_options_read(pv_align_options *o, pv_scenario *s)
{
    PV_TRY(pv_settings_read(o, pv_align_setting, &s->ini, "scheme"));
    if (o->test > 0 && o->minimum < 2)
        PV_FAIL(PV_ERR_RANGE,
                "%s: test = %g wants a minimum of at least 2: one row for each of the two files",
                s->path, o->test);
    if (s->on_loss != PV_LOSS_WAIT)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: align can't go on without one of its two parties: leave "
                "on_loss = proceed out",
                s->path);
    return PV_OK;
}

int64_t pv_align_test_rows(const pv_align_options *o, int64_t rows)
{
    if (!(o->test > 0)) return 0;
    int64_t n = llround(o->test * (double)rows);
    return n < 1 ? 1 : n >= rows ? rows - 1 : n;
}

/* ---- claims */
static const char *const none[] = {NULL};
static const char hidden[] =
    "hidden if the decisional Diffie-Hellman problem is hard in ristretto255, SHA-512 behaves as a "
    "random oracle and both follow the protocol; not tested: nothing that crosses could be read "
    "otherwise. Who lies about its own identifiers finds out whether the other has those it "
    "guessed";
static const char count_told[] = "told, and that of the columns that make an identifier";
static const char shared_told[] =
    "told, when they are at least the minimum; with fewer only how many they are";

static const pv_claim claims[] = {
    {"identifiers outside the intersection", "right", "left", 0, hidden, none},
    {"identifiers outside the intersection", "left", "right", 0, hidden, none},
    {"number of identifiers", "right", "left", 1, count_told, none},
    {"number of identifiers", "left", "right", 1, count_told, none},
    {"identifiers in the intersection", "right", "left", 1, shared_told, none},
    {"identifiers in the intersection", "left", "right", 1, shared_told, none},
};

static pv_status check(pv_scenario *s, pv_str *setting, const pv_claim **claim, int *count)
{
    static const char *const how[] = {"as they are written", "as text", "by their digits"};
    pv_align_options o;
    PV_TRY(pv_align_options_read(&o, s));
    PV_TRY(pv_str_printf(setting, "identifiers compared %s, at least %" PRId64 " in common",
                         how[o.normalise], o.minimum));
    if (o.test > 0) PV_TRY(pv_str_printf(setting, ", %g %% test rows", 100 * o.test));
    *claim = claims;
    *count = sizeof claims / sizeof *claims;
    return PV_OK;
}

/* samples: rows of a party; of the other as many. */
static pv_status forecast(pv_forecast *out, pv_scenario *s, int64_t samples)
{
    pv_align_options o;
    PV_TRY(pv_align_options_read(&o, s));
    double n = (double)samples;
    *out = (pv_forecast){.steps = 1, .wire_bytes = 2 * n * (2 * PV_PSI_POINT + 4)};
    out->view_bytes = 4096;
    out->disk_bytes = 2 * n * (4 * PV_PSI_POINT + 8);
    return PV_OK;
}

static pv_status truth(pv_batch_truth *out, pv_scenario *s, const char *victim, int64_t samples,
                       uint64_t step)
{
    (void)s, (void)victim, (void)samples, (void)step;
    *out = (pv_batch_truth){0}; /* no sample crosses */
    return PV_OK;
}

static int linked(const char *a, const char *b)
{
    return strcmp(a, b) != 0;
}

static const char *guarantee(pv_scenario *s, const char **why)
{
    (void)s;
    *why = "For parties that follow the protocol, if decisional Diffie-Hellman is hard in "
           "ristretto255 and SHA-512 behaves as a random oracle. Whoever runs again with other "
           "identifiers finds out about those it added or left out.";
    return "each learns the other's number of identifiers and which are shared, of the rest "
           "nothing; with too few shared, only how many (Huberman, Franklin, Hogg 1999)";
}

static const pv_role *const roles[] = {&pv_align_left, &pv_align_right, NULL};

const pv_scheme pv_scheme_align = {
    .name = "align",
    .summary = "two tables about the same people or things: whose rows are in both, in one order",
    .role = roles,
    .type = pv_align_type,
    .types = PV_ALIGN_TYPES,
    .setting = pv_align_setting,
    .linked = linked,
    .guarantee = guarantee,
    .check = check,
    .forecast = forecast,
    .truth = truth,
};
