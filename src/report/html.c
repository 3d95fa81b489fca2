#include "report/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void note(pv_html *h, pv_status s)
{
    if (h->status == PV_OK) h->status = s;
}

/* One character of text for a terminal; returns how many bytes it had. */
static size_t plain_character(pv_html *h, const char *text, int foreign)
{
    static const struct {
        const char *fine, *ascii;
    } same[] = {{"\u202f", " "}, {"\u2013", "-"}, {"\u2212", "-"}, {"\u2192", "->"}};
    unsigned char c = (unsigned char)text[0], next = c == '\0' ? 0 : (unsigned char)text[1];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strncmp(text, same[i].fine, 3) == 0) {
            note(h, pv_str_append(&h->out, same[i].ascii));
            return 3;
        }
    size_t size = foreign && c == 0xc2 && next >= 0x80 && next < 0xa0 ? 2 : 1;
    int control = foreign && (c < 0x20 || c == 0x7f || size == 2);
    note(h, pv_str_append_bytes(&h->out, control ? "?" : text, 1));
    return size;
}

static void plain(pv_html *h, const char *text, int foreign)
{
    while (*text != '\0' && h->status == PV_OK) text += plain_character(h, text, foreign);
}

void pv_html_raw(pv_html *h, const char *markup)
{
    if (h->plain)
        plain(h, markup, 0);
    else if (h->status == PV_OK)
        note(h, pv_str_append(&h->out, markup));
}

void pv_html_rawf(pv_html *h, const char *fmt, ...)
{
    pv_str text = {0};
    if (h->status != PV_OK) return;
    va_list ap;
    va_start(ap, fmt);
    note(h, pv_str_vprintf(h->plain ? &text : &h->out, fmt, ap));
    va_end(ap);
    if (h->plain) plain(h, pv_str_text(&text), 0);
    pv_str_clear(&text);
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void pv_html_text(pv_html *h, const char *text)
{
    if (h->plain) {
        plain(h, text, 1);
        return;
    }
    while (*text != '\0' && h->status == PV_OK) {
        size_t plain = strcspn(text, "&<>\"'");
        note(h, pv_str_append_bytes(&h->out, text, plain));
        text += plain;
        if (*text != '\0') pv_html_raw(h, entity(*text++));
    }
}

void pv_html_textf(pv_html *h, const char *fmt, ...)
{
    pv_str text = {0};
    va_list ap;
    if (h->status != PV_OK) return;
    va_start(ap, fmt);
    note(h, pv_str_vprintf(&text, fmt, ap));
    va_end(ap);
    pv_html_text(h, pv_str_text(&text));
    pv_str_clear(&text);
}

void pv_html_count(pv_html *h, int64_t n)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, n);
    size_t length = strlen(digits), sign = n < 0;
    for (size_t i = 0; i < length; i++) {
        if (i > sign && (length - i) % 3 == 0) pv_html_raw(h, ",");
        pv_html_rawf(h, "%c", digits[i]);
    }
}

void pv_html_percent(pv_html *h, double share, int digits)
{
    if (isfinite(share))
        pv_html_rawf(h, "%.*f\u202f%%", digits, 100 * share);
    else
        pv_html_raw(h, "–");
}

void pv_html_clear(pv_html *h)
{
    pv_str_clear(&h->out);
    h->status = PV_OK;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pv_status pv_html_base64(pv_str *out, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i += 3) {
        size_t n = size - i < 3 ? size - i : 3;
        uint32_t bits = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                        (n > 2 ? (uint32_t)p[i + 2] : 0);
        char group[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                         n > 1 ? alphabet[bits >> 6 & 63] : '=', n > 2 ? alphabet[bits & 63] : '='};
        PV_TRY(pv_str_append_bytes(out, group, sizeof group));
    }
    return PV_OK;
}

int pv_html_is_base64(const char *text)
{
    size_t plain = strspn(text, alphabet), padding = strspn(text + plain, "=");
    return text[plain + padding] == '\0' && padding <= 2 && (plain + padding) % 4 == 0;
}
