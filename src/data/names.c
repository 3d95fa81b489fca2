#include "data/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 16 };

void pv_names_clear(pv_names *names)
{
    for (size_t i = 0; i < names->n; i++) pv_free(names->text[i]);
    pv_free(names->text);
    pv_free(names->slot);
    *names = (pv_names){0};
}

static uint64_t hash(const char *text, size_t length)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++) h = (h ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    return h ^ h >> 32;
}

/* The slot that holds text, or the free one where it belongs. */
static size_t place(const pv_names *names, const char *text, size_t length)
{
    size_t at = hash(text, length) & (names->slots - 1);
    for (; names->slot[at] != 0; at = (at + 1) & (names->slots - 1)) {
        const char *other = names->text[names->slot[at] - 1];
        if (strncmp(other, text, length) == 0 && other[length] == '\0') break;
    }
    return at;
}

int64_t pv_names_find(const pv_names *names, const char *text, size_t length)
{
    if (names->slots == 0 || memchr(text, 0, length) != NULL) return -1;
    return (int64_t)names->slot[place(names, text, length)] - 1;
}

static pv_status grow_slots(pv_names *names)
{
    size_t slots = names->slots == 0 ? FIRST_SLOTS : 2 * names->slots;
    uint32_t *slot = pv_calloc(slots, sizeof *slot);
    if (slot == NULL) PV_FAIL_MEMORY(slots * sizeof *slot);
    pv_free(names->slot);
    names->slot = slot;
    names->slots = slots;
    for (size_t i = 0; i < names->n; i++)
        slot[place(names, names->text[i], strlen(names->text[i]))] = (uint32_t)i + 1;
    return PV_OK;
}

pv_status pv_names_add(pv_names *names, const char *text, size_t length, int64_t *number)
{
    *number = pv_names_find(names, text, length);
    if (*number >= 0) return PV_OK;
    if (memchr(text, 0, length) != NULL)
        PV_FAIL(PV_ERR_FORMAT, "a name contains a NUL byte: text was expected");
    if (names->n >= INT32_MAX) PV_FAIL(PV_ERR_LIMIT, "more than %d different names", INT32_MAX);
    PV_TRY(pv_grow((void **)&names->text, &names->cap, names->n + 1, sizeof *names->text));
    if (2 * (names->n + 1) > names->slots) PV_TRY(grow_slots(names));
    char *copy = pv_alloc(length + 1, 1);
    if (copy == NULL) PV_FAIL_MEMORY(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    names->slot[place(names, text, length)] = (uint32_t)names->n + 1;
    *number = (int64_t)names->n;
    names->text[names->n++] = copy;
    return PV_OK;
}

pv_status pv_names_copy(pv_names *out, const pv_names *names)
{
    int64_t number;
    *out = (pv_names){0};
    for (size_t i = 0; i < names->n; i++) {
        pv_status s = pv_names_add(out, names->text[i], strlen(names->text[i]), &number);
        if (s != PV_OK) {
            pv_names_clear(out);
            return s;
        }
    }
    return PV_OK;
}

static int is_integer(const char *text)
{
    size_t n = strspn(text, "+-") > 1 ? 0 : strspn(text, "+-0123456789");
    return n > 0 && text[n] == '\0' && n < 18 && text[n - 1] >= '0' && text[n - 1] <= '9';
}

static int by_value(const void *a, const void *b)
{
    long long x = strtoll(*(const char *const *)a, NULL, 10);
    long long y = strtoll(*(const char *const *)b, NULL, 10);
    return x != y ? (x > y) - (x < y) : strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

pv_status pv_names_sort(pv_names *out, const pv_names *names, int32_t *rank)
{
    int integers = 1;
    int64_t number;
    pv_status status = PV_OK;
    *out = (pv_names){0};
    const char **sorted = pv_alloc(names->n, sizeof *sorted);
    if (sorted == NULL) PV_FAIL_MEMORY(names->n * sizeof *sorted);
    for (size_t i = 0; i < names->n; i++) {
        sorted[i] = names->text[i];
        integers = integers && is_integer(sorted[i]);
    }
    qsort(sorted, names->n, sizeof *sorted, integers ? by_value : by_bytes);
    for (size_t i = 0; i < names->n; i++)
        PV_TRY_GOTO(pv_names_add(out, sorted[i], strlen(sorted[i]), &number));
    for (size_t i = 0; rank != NULL && i < names->n; i++)
        rank[i] = (int32_t)pv_names_find(out, names->text[i], strlen(names->text[i]));
done:
    pv_free(sorted);
    if (status != PV_OK) pv_names_clear(out);
    return status;
}

const char *pv_names_text(const pv_names *names, char buffer[PV_NAMES_TEXT])
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < names->n; i++) {
        size_t need = strlen(names->text[i]) + 2;
        if (used + need + 5 > PV_NAMES_TEXT) {
            snprintf(buffer + used, PV_NAMES_TEXT - used, "%s...", i == 0 ? "" : ", ");
            break;
        }
        used += (size_t)snprintf(buffer + used, PV_NAMES_TEXT - used, "%s%s", i == 0 ? "" : ", ",
                                 names->text[i]);
    }
    return buffer;
}
