#include "cli/keys.h"

#include "base/ctx.h"
#include "cli/console.h"
#include "crypto/identity/describe.h"
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { DAY = 24 * 60 * 60, WARN_DAYS = 30, DATE = 24 };

static const struct {
    const char *kind, *text;
} kinds[] = {
    [PV_KEY_AUTHORITY] = {"authority", "certificate of the authority"},
    [PV_KEY_PARTY] = {"party", "certificate of the party"},
    [PV_KEY_REQUEST] = {"request", "certificate request of"},
    [PV_KEY_PRIVATE] = {"key", "private key, not under a passphrase"},
    [PV_KEY_LOCKED] = {"locked-key", "private key under a passphrase"},
};

static int has_dates(const pv_key_description *d)
{
    return d->kind == PV_KEY_AUTHORITY || d->kind == PV_KEY_PARTY;
}

static const char *date(int64_t seconds, const char *format, char buffer[DATE])
{
    time_t t = (time_t)seconds;
    struct tm utc = {0};
    if (gmtime_r(&t, &utc) == NULL || strftime(buffer, DATE, format, &utc) == 0) buffer[0] = '\0';
    return buffer;
}

/* Days begun: a certificate of one day has one day left. Negative: whole days since it expired. */
static int64_t days_left(const pv_key_description *d, int64_t now)
{
    return d->ends > now ? (d->ends - now + DAY - 1) / DAY : -((now - d->ends) / DAY);
}

static void warn(const pv_cli *cli, const char *path, const pv_key_description *d, int64_t now)
{
    char day[DATE];
    int64_t days = days_left(d, now);
    date(d->ends, "%Y-%m-%d", day);
    if (d->ends <= now)
        pv_ctx_log(&cli->ctx, PV_LOG_WARN, "%s: expired on %s", path, day);
    else if (d->begins > now)
        pv_ctx_log(&cli->ctx, PV_LOG_WARN, "%s: is not valid yet; check this machine's clock",
                   path);
    else if (days < WARN_DAYS)
        pv_ctx_log(&cli->ctx, PV_LOG_WARN,
                   "%s: %" PRId64 " day%s left, until %s; issue a new one in time", path, days,
                   days == 1 ? "" : "s", day);
}

static void hex(const uint8_t bytes[32], char buffer[PV_HASH_TEXT])
{
    pv_hash h;
    memcpy(h.byte, bytes, sizeof h.byte);
    pv_hash_text(&h, buffer);
}

static pv_status print_json(const char *path, const char *key_path, const pv_key_description *d,
                            int64_t now)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    char text[PV_HASH_TEXT], day[DATE];
    int dates = has_dates(d);
    hex(d->public_key, text);
    PV_TRY_GOTO(pv_json_set(j, "file", json_string(path)));
    PV_TRY_GOTO(pv_json_set(j, "kind", json_string(kinds[d->kind].kind)));
    PV_TRY_GOTO(pv_json_set(j, "name", d->name[0] ? json_string(d->name) : json_null()));
    PV_TRY_GOTO(
        pv_json_set(j, "public_key", d->kind == PV_KEY_LOCKED ? json_null() : json_string(text)));
    pv_hash_text(&d->fingerprint, text);
    PV_TRY_GOTO(
        pv_json_set(j, "fingerprint", dates ? json_sprintf("sha256:%s", text) : json_null()));
    date(d->begins, "%Y-%m-%dT%H:%M:%SZ", day);
    PV_TRY_GOTO(pv_json_set(j, "begins", dates ? json_string(day) : json_null()));
    date(d->ends, "%Y-%m-%dT%H:%M:%SZ", day);
    PV_TRY_GOTO(pv_json_set(j, "ends", dates ? json_string(day) : json_null()));
    PV_TRY_GOTO(pv_json_set(j, "days_left", dates ? json_integer(days_left(d, now)) : json_null()));
    PV_TRY_GOTO(pv_json_set(j, "key_file", key_path != NULL ? json_string(key_path) : json_null()));
    status = pv_console_json(json_incref(j));
done:
    json_decref(j);
    return status;
}

static void print_text(const char *path, const char *key_path, const pv_key_description *d,
                       int64_t now)
{
    char text[PV_HASH_TEXT], from[DATE], to[DATE];
    pv_console_print("%s: %s%s%s\n", path, kinds[d->kind].text, d->name[0] ? " " : "", d->name);
    if (d->kind != PV_KEY_LOCKED) {
        hex(d->public_key, text);
        pv_console_print("  public key   %s\n", text);
    }
    pv_hash_text(&d->fingerprint, text);
    if (has_dates(d)) {
        int64_t days = days_left(d, now);
        pv_console_print("  fingerprint  sha256:%s\n", text);
        pv_console_print("  valid        %s to %s, ", date(d->begins, "%Y-%m-%d", from),
                         date(d->ends, "%Y-%m-%d", to));
        if (d->ends > now)
            pv_console_print("%" PRId64 " day%s left\n", days, days == 1 ? "" : "s");
        else
            pv_console_print("expired\n");
    }
    if (key_path != NULL) pv_console_print("  private key  %s\n", key_path);
    /* the line for a scenario */
    if (d->kind == PV_KEY_PARTY) pv_console_print("cert = sha256:%s\n", text);
    if (d->kind == PV_KEY_AUTHORITY) pv_console_print("ca = sha256:%s\n", text);
}

pv_status pv_keys_print(const pv_cli *cli, const char *path, const char *key_path)
{
    pv_key_description d;
    int64_t now = (int64_t)time(NULL);
    PV_TRY(pv_key_describe(&d, path));
    if (has_dates(&d)) warn(cli, path, &d, now);
    if (cli->global.json) return print_json(path, key_path, &d, now);
    print_text(path, key_path, &d, now);
    return PV_OK;
}

pv_status pv_keys_path(pv_str *path, const char *folder, const char *name, const char *suffix)
{
    return pv_str_printf(path, "%s/%s.%s", folder, name, suffix);
}
