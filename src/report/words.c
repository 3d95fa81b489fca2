#include "report/words.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *pv_words_text(const char *text)
{
    return text == NULL ? "" : text;
}

int pv_words_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

void pv_words_of(pv_html *h, const pv_count *c)
{
    pv_html_count(h, c->k);
    pv_html_raw(h, " of ");
    pv_html_count(h, c->n);
}

void pv_words_fraction(pv_html *h, const pv_count *c)
{
    pv_html_count(h, c->k);
    pv_html_raw(h, "/");
    pv_html_count(h, c->n);
}

static void percent_number(pv_html *h, double share, int digits)
{
    pv_html_rawf(h, "%.*f", share <= 0 || share >= 1 ? 0 : digits, 100 * share);
}

static int digits_of(double largest)
{
    return largest > 0 && largest < 0.001 ? 3 : 1;
}

void pv_words_share(pv_html *h, double share)
{
    if (!isfinite(share)) {
        pv_html_raw(h, "–");
        return;
    }
    percent_number(h, share, digits_of(share));
    pv_html_raw(h, "\u202f%");
}

void pv_words_range(pv_html *h, double low, double high)
{
    if (!isfinite(low) || !isfinite(high)) {
        pv_html_raw(h, "–");
        return;
    }
    percent_number(h, low, digits_of(high));
    pv_html_raw(h, "–");
    percent_number(h, high, digits_of(high));
    pv_html_raw(h, "\u202f%");
}

void pv_words_chance(pv_html *h, const pv_finding *f, int fraction)
{
    double x = f->chance * (double)f->count.n;
    if (!isfinite(x) || f->count.n < 1 || fabs(x - round(x)) > 1e-6 * (double)f->count.n) {
        pv_words_share(h, f->chance);
        return;
    }
    pv_count c = {(int64_t)round(x), f->count.n};
    if (fraction)
        pv_words_fraction(h, &c);
    else
        pv_words_of(h, &c);
}

void pv_words_duration(pv_html *h, double seconds)
{
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        pv_html_raw(h, "–");
        return;
    }
    long long whole = (long long)(seconds + 0.5);
    if (seconds < 0.0995)
        pv_html_rawf(h, "%.*f\u202fms", seconds < 0.00995 ? 1 : 0, 1000 * seconds);
    else if (seconds < 9.95)
        pv_html_rawf(h, "%.*f\u202fs", seconds < 0.995 ? 2 : 1, seconds);
    else if (whole < 60)
        pv_html_rawf(h, "%lld\u202fs", whole);
    else if (whole < 3600)
        pv_html_rawf(h, "%lld\u202fmin %02lld\u202fs", whole / 60, whole % 60);
    else
        pv_html_rawf(h, "%lld\u202fh %02lld\u202fmin", whole / 3600, whole / 60 % 60);
}

void pv_words_bytes(pv_html *h, double bytes)
{
    static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    int u = 0;
    if (!(bytes >= 0)) {
        pv_html_raw(h, "–");
        return;
    }
    while (bytes >= 999.5 && u < 5) {
        bytes /= 1000;
        u++;
    }
    pv_html_rawf(h, "%.*f\u202f%s",
                 u == 0 || bytes >= 99.95 ? 0
                 : bytes >= 9.995         ? 1
                                          : 2,
                 bytes, u == 0 && bytes == 1 ? "byte" : unit[u]);
}

void pv_words_error(pv_html *h, double error)
{
    if (!isfinite(error)) {
        pv_html_raw(h, "–");
    } else if (error == 0 || error >= 0.00095) {
        pv_html_rawf(h, "%.2g", error);
    } else if (error < 1e-99) {
        pv_html_raw(h, h->plain ? "<1e-99" : "&lt;10<sup>−99</sup>");
    } else {
        int power = (int)floor(log10(error));
        double lead = error / pow(10, power);
        if (lead >= 9.95) {
            lead = 1;
            power++;
        }
        if (h->plain)
            pv_html_rawf(h, "%.1fe%03d", lead, power);
        else
            pv_html_rawf(h, "%.1f·10<sup>−%d</sup>", lead, -power);
    }
}

void pv_words_date(pv_html *h, const char *utc)
{
    static const char *const month[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    int y = 0, m = 0, d = 0, used = 0;
    if (sscanf(utc, "%4d-%2d-%2d%n", &y, &m, &d, &used) == 3 && used == 10 && m >= 1 && m <= 12)
        pv_html_rawf(h, "%d %s %d", d, month[m - 1], y);
    else
        pv_html_text(h, utc);
}

void pv_words_many(pv_html *h, int64_t n, const char *one, const char *many)
{
    pv_html_count(h, n);
    pv_html_raw(h, " ");
    pv_html_text(h, n == 1 ? one : many);
}

const char *pv_words_item(const pv_finding *f, int64_t n)
{
    const char *word = n == 1 ? f->item_one : f->item_many;
    return !pv_words_empty(word) ? word : n == 1 ? "item" : "items";
}

const char *pv_words_verb(const pv_finding *f)
{
    return pv_words_empty(f->verb) ? "recovered" : f->verb;
}

void pv_words_sentence(pv_html *h, const char *text)
{
    size_t n = strlen(text);
    pv_words_capital(h, text);
    if (n > 0 && strchr(".!?", text[n - 1]) == NULL) pv_html_raw(h, ".");
}

void pv_words_cut(pv_html *h, const char *text, int characters)
{
    size_t size = 0;
    int n = 0;
    for (; text[size] != '\0' && n < characters; n++) do
            size++;
        while (((unsigned char)text[size] & 0xc0) == 0x80);
    pv_html_textf(h, "%.*s", (int)size, text);
    if (text[size] != '\0') pv_html_raw(h, "…");
}

void pv_words_measure(pv_html *h, const pv_measure *m)
{
    const char *unit = pv_words_text(m->unit);
    pv_html_textf(h, "%s ", pv_words_text(m->name));
    if (isfinite(m->value))
        pv_html_rawf(h, "%.3g", m->value);
    else
        pv_html_raw(h, "–");
    if (isfinite(m->low) && isfinite(m->high)) pv_html_rawf(h, " (%.3g–%.3g)", m->low, m->high);
    if (unit[0] != '\0') pv_html_textf(h, "\u202f%s", unit);
    if (isfinite(m->baseline)) pv_html_rawf(h, ", guessing %.3g", m->baseline);
}

void pv_words_capital(pv_html *h, const char *text)
{
    char first[2] = {(char)toupper((unsigned char)text[0]), '\0'};
    if ((unsigned char)text[0] >= 0x80) first[0] = text[0];
    if (text[0] == '\0') return;
    if ((unsigned char)text[0] < 0x80) {
        pv_html_text(h, first);
        text++;
    }
    pv_html_text(h, text);
}

const pv_findings_party *pv_words_party(const pv_findings *f, const char *name, size_t size)
{
    for (int i = 0; i < f->parties; i++) {
        const char *other = f->party[i].name;
        if (other != NULL && strlen(other) == size && memcmp(other, name, size) == 0)
            return &f->party[i];
    }
    return NULL;
}

int pv_words_parties(const char *adversary)
{
    int n = 1;
    for (const char *c = strchr(adversary, '+'); c != NULL; c = strchr(c + 1, '+')) n++;
    return n;
}

int pv_words_is_adjective(const char *role)
{
    return strcmp(role, "active") == 0 || strcmp(role, "passive") == 0;
}

/* A role of some party, which has another name; or NULL. */
static const char *role_of(const pv_findings *f, const char *name, size_t size)
{
    for (int i = 0; i < f->parties; i++) {
        const char *role = f->party[i].role;
        if (role != NULL && strlen(role) == size && memcmp(role, name, size) == 0) return role;
    }
    return NULL;
}

static void one_name(pv_html *h, const pv_findings *f, const char *name, size_t size,
                     pv_words_form form)
{
    const pv_findings_party *p = pv_words_party(f, name, size);
    if (p != NULL && !pv_words_empty(p->title)) {
        pv_html_text(h, p->title);
        return;
    }
    if (p != NULL && strcmp(p->name, pv_words_text(p->role)) == 0) { /* "server": the only one */
        if (form != PV_WORDS_SHORT) pv_html_raw(h, form == PV_WORDS_START ? "The " : "the ");
        if (form == PV_WORDS_SHORT)
            pv_words_capital(h, p->name);
        else
            pv_html_text(h, p->name);
        if (pv_words_is_adjective(p->name)) pv_html_raw(h, " party");
    } else if (p == NULL && form != PV_WORDS_SHORT && role_of(f, name, size) != NULL &&
               pv_words_is_adjective(role_of(f, name, size))) {
        pv_html_raw(h, form == PV_WORDS_START ? "The " : "the ");
        pv_html_textf(h, "%.*s party", (int)size, name);
    } else if (p == NULL && role_of(f, name, size) != NULL) { /* several have it */
        pv_html_raw(h, form == PV_WORDS_INSIDE ? "each " : "Each ");
        pv_html_textf(h, "%.*s", (int)size, name);
    } else if (p != NULL) {
        if (form != PV_WORDS_SHORT) pv_html_raw(h, form == PV_WORDS_START ? "Party " : "party ");
        pv_html_text(h, p->name);
    } else if (form == PV_WORDS_INSIDE) {
        pv_html_textf(h, "%.*s", (int)size, name);
    } else {
        pv_html whole = {.plain = 1, .status = h->status};
        pv_html_textf(&whole, "%.*s", (int)size, name);
        if (h->status == PV_OK) h->status = whole.status;
        pv_words_capital(h, pv_str_text(&whole.out));
        pv_html_clear(&whole);
    }
}

/* "Hospital " when all names have titles that begin with it: it is then said once. */
static size_t common_words(const pv_findings *f, const char *names)
{
    const char *first = NULL;
    size_t common = 0;
    for (int n = pv_words_parties(names); n > 0; n--) {
        size_t size = strcspn(names, "+"), same = 0;
        const pv_findings_party *p = pv_words_party(f, names, size);
        if (p == NULL || pv_words_empty(p->title)) return 0;
        if (first == NULL) {
            first = p->title;
            common = strlen(first);
        }
        while (same < common && p->title[same] == first[same]) same++;
        common = same;
        names += size + (names[size] == '+');
    }
    while (common > 0 && first[common - 1] != ' ') common--;
    return common;
}

static void list_names(pv_html *h, const pv_findings *f, const char *names, pv_words_form form)
{
    int n = pv_words_parties(names);
    size_t common = n > 1 ? common_words(f, names) : 0;
    for (int i = 0; i < n; i++) {
        size_t size = strcspn(names, "+");
        if (i > 0) pv_html_raw(h, i + 1 == n ? " and " : ", ");
        if (i > 0 && common > 0)
            pv_html_text(h, pv_words_party(f, names, size)->title + common);
        else
            one_name(h, f, names, size, i > 0 && form == PV_WORDS_START ? PV_WORDS_INSIDE : form);
        names += size + (names[size] == '+');
    }
}

void pv_words_who(pv_html *h, const pv_findings *f, const char *adversary, pv_words_form form)
{
    list_names(h, f, adversary, form);
    if (pv_words_parties(adversary) > 1) pv_html_raw(h, " together");
}

void pv_words_about(pv_html *h, const pv_findings *f, const char *about, pv_words_form form)
{
    list_names(h, f, about, form);
}

static void control_failed(pv_html *h, const pv_control *c, int positive)
{
    pv_html_rawf(h, "the %s control ", positive ? "positive" : "negative");
    if (c->count.n < 1) {
        pv_html_raw(h, "did not run");
        return;
    }
    if (c->unfinished) {
        pv_html_raw(h, "did not finish");
        return;
    }
    pv_html_raw(h, "failed: ");
    pv_words_of(h, &c->count);
    pv_html_raw(h, positive ? ", at least " : ", at most ");
    pv_words_share(h, c->bound);
    pv_html_raw(h, " was needed");
}

void pv_words_invalid(pv_html *h, const pv_finding *f)
{
    int said = 0;
    if (!f->finished) {
        pv_html_raw(h, "the attack did not finish");
        if (!pv_words_empty(f->unfinished)) {
            pv_html_raw(h, ": ");
            pv_html_text(h, f->unfinished);
        }
        said = 1;
    }
    for (int positive = 1; positive >= 0; positive--) {
        const pv_control *c = positive ? &f->positive : &f->negative;
        if (c->holds) continue;
        if (said) pv_html_raw(h, "; ");
        control_failed(h, c, positive);
        said = 1;
    }
    if (!said) pv_html_raw(h, f->count.n < 1 ? "nothing was counted" : "chance is not known");
}

void pv_words_model(pv_html *h, const pv_findings *f)
{
    pv_html_text(h, pv_words_text(f->model));
    if (!pv_words_empty(f->data)) pv_html_textf(h, " on %s", f->data);
}

static void role(pv_html *h, const char *name, int n)
{
    if (name[0] == '\0') name = n == 1 ? "party" : "parties";
    if (n == 1) {
        pv_html_raw(h, strchr("aeiouAEIOU", name[0]) != NULL ? "an " : "a ");
    } else {
        pv_html_count(h, n);
        pv_html_raw(h, " ");
    }
    pv_html_text(h, name);
    if (pv_words_is_adjective(name))
        pv_html_raw(h, n == 1 ? " party" : " parties");
    else if (n != 1 && name[strlen(name) - 1] != 's')
        pv_html_raw(h, "s");
}

void pv_words_roles(pv_html *h, const pv_findings *f)
{
    enum { COUNT, MANY, SINGLE }; /* roles that several parties have are named first */
    int groups = 0, said = 0;
    for (int pass = COUNT; pass <= SINGLE; pass++)
        for (int i = 0; i < f->parties; i++) {
            const char *name = pv_words_text(f->party[i].role);
            int n = 0, first = 1;
            for (int k = 0; k < f->parties; k++) {
                if (strcmp(pv_words_text(f->party[k].role), name) != 0) continue;
                first &= k >= i;
                n++;
            }
            if (!first) continue;
            groups += pass == COUNT;
            if (pass != (n > 1 ? MANY : SINGLE)) continue;
            if (said++ > 0) pv_html_raw(h, said == groups ? " and " : ", ");
            role(h, name, n);
        }
}
