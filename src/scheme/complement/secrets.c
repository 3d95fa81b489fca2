#include "scheme/complement/secrets.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"

#include <inttypes.h>
#include <string.h>

static const char HEAD[] = "row,secret\n";
#define FILE_MAX ((size_t)1 << 32)

pv_status pv_complement_secrets_begin(pv_str *out)
{
    return pv_str_append(out, HEAD);
}

/* How many numbers a line has. */
static int numbers_of(const pv_secret_plan *plan)
{
    return plan->kind == PV_SECRET_PERMUTATION ? plan->classes : 1;
}

pv_status pv_complement_secrets_add(pv_str *out, const pv_secret_plan *plan, int64_t row,
                                    const pv_secret_value *s)
{
    PV_TRY(pv_str_printf(out, "%" PRId64, row));
    for (int k = 0; k < numbers_of(plan); k++)
        PV_TRY(pv_str_printf(out, "%c%d", k == 0 ? ',' : ' ', s->to[k]));
    return pv_str_append(out, "\n");
}

typedef struct text {
    const char *at, *end;
} text;

/* Digits, at least one, without a zero before others. */
static int take_number(int64_t *n, text *t)
{
    const char *begin = t->at;
    *n = 0;
    while (t->at < t->end && *t->at >= '0' && *t->at <= '9' && t->at - begin < 15)
        *n = 10 * *n + (*t->at++ - '0');
    return t->at > begin && (*begin != '0' || t->at == begin + 1);
}

static int take(text *t, char c)
{
    if (t->at == t->end || *t->at != c) return 0;
    t->at++;
    return 1;
}

/* A permutation has every class once. */
static int take_permutation(pv_secret_value *s, const pv_secret_plan *plan, text *t)
{
    uint8_t seen[PV_SECRET_CLASSES] = {0};
    for (int k = 0; k < plan->classes; k++) {
        int64_t n;
        if ((k > 0 && !take(t, ' ')) || !take_number(&n, t) || n >= plan->classes || seen[n])
            return 0;
        seen[n] = 1;
        s->to[k] = (uint8_t)n;
    }
    return 1;
}

static int take_secret(pv_secret_value *s, const pv_secret_plan *plan, text *t)
{
    int64_t n;
    *s = (pv_secret_value){.look = 0};
    if (plan->kind == PV_SECRET_PERMUTATION) return take_permutation(s, plan, t);
    return take_number(&n, t) && n < plan->classes && pv_secret_of(s, plan, n) == PV_OK;
}

static int64_t lines_of(const text *t)
{
    int64_t n = 0;
    for (const char *c = t->at; c < t->end; c++) n += *c == '\n';
    return n;
}

pv_status pv_complement_secrets_parse(pv_secret_value **out, int64_t *rows, const char *name,
                                      const void *data, size_t size, const pv_secret_plan *plan)
{
    text t = {data, (const char *)data + size};
    pv_secret_value *s = NULL;
    int64_t n = 0, row;
    *out = NULL;
    *rows = 0;
    if (size < sizeof HEAD - 1 || memcmp(data, HEAD, sizeof HEAD - 1) != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s:1: \"row,secret\" was expected", name);
    t.at += sizeof HEAD - 1;
    int64_t lines = lines_of(&t);
    s = pv_calloc((size_t)lines, sizeof *s);
    if (s == NULL) PV_FAIL_MEMORY((size_t)lines * sizeof *s);
    for (; t.at < t.end; n++)
        if (n == lines || !take_number(&row, &t) || row != n || !take(&t, ',') ||
            !take_secret(&s[n], plan, &t) || !take(&t, '\n'))
            break;
    if (t.at < t.end || n != lines) {
        pv_secret_wipe(s, (size_t)lines * sizeof *s);
        pv_free(s);
        PV_FAIL(PV_ERR_FORMAT,
                "%s:%" PRId64 ": row %" PRId64 " and its %s over %d classes were "
                "expected",
                name, n + 2, n, pv_secret_kind_name(plan->kind), plan->classes);
    }
    *out = s;
    *rows = n;
    return PV_OK;
}

pv_status pv_complement_secrets_load(pv_secret_value **out, int64_t *rows, const char *folder,
                                     const pv_secret_plan *plan)
{
    pv_bytes file = {0};
    char *path = pv_path_join(folder, "secrets.csv");
    *out = NULL;
    *rows = 0;
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = pv_file_read(&file, path, FILE_MAX);
    if (status == PV_OK)
        status = pv_complement_secrets_parse(out, rows, path, file.data, file.size, plan);
    if (file.data != NULL) pv_secret_wipe(file.data, file.size);
    pv_bytes_clear(&file);
    pv_free(path);
    return status;
}
