#include "scheme/complement/messages.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MOST_ROWS (INT64_C(1) << 40)

enum { SMALL = 1 << 12 };
#define LARGE (UINT64_C(1) << 31)

const pv_message_type pv_complement_type[PV_COMPLEMENT_TYPES] = {
    {PV_COMPLEMENT_JOIN,
     "join",
     "truth u8[32], rows i64[1], binding u8[32]: zeros for no half",
     SMALL,
     {PV_RETAIN_FULL, 0}},
    {PV_COMPLEMENT_TERMS,
     "terms",
     "binding u8[32], form u8[n], follows i64[1]",
     1 << 28,
     {PV_RETAIN_FULL, 0}},
    {PV_COMPLEMENT_HALF, "half", "file u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_COMPLEMENT_ACTIVATION, "activation", "z u8[rows,bytes]", LARGE, {PV_RETAIN_FULL, 0}},
    {PV_COMPLEMENT_ANSWER,
     "answer",
     "logits or probability f32[rows,classes], or label i32[rows], by the scenario's answers",
     LARGE,
     {PV_RETAIN_FULL, 0}},
    {PV_COMPLEMENT_REFUSAL, "refusal", "reason u8[n]", SMALL, {PV_RETAIN_FULL, 0}},
};

static pv_part bytes_of(const char *name, const void *data, size_t size)
{
    return (pv_part){.name = name, .dtype = PV_U8, .shape = PV_SHAPE((int64_t)size), .data = data};
}

static pv_part number_of(const char *name, const int64_t *n)
{
    return (pv_part){.name = name, .dtype = PV_I64, .shape = PV_SHAPE(1), .data = n};
}

static pv_status take_hash(pv_hash *h, const pv_parts *p, const char *what, const char *name)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_U8, PV_SHAPE(PV_HASH_BYTES)));
    memcpy(h->byte, part->data, PV_HASH_BYTES);
    return PV_OK;
}

static pv_status take_number(int64_t *n, const pv_parts *p, const char *what, const char *name,
                             int64_t low, int64_t high)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_I64, PV_SHAPE(1)));
    memcpy(n, part->data, sizeof *n);
    if (*n < low || *n > high)
        PV_FAIL(PV_ERR_PEER, "%s: %s is %" PRId64 "; from %" PRId64 " to %" PRId64 " was expected",
                what, name, *n, low, high);
    return PV_OK;
}

/* At least one byte. */
static pv_status take_some(const uint8_t **data, size_t *size, const pv_parts *p, const char *what,
                           const char *name)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_U8, PV_SHAPE(-1)));
    *data = part->data;
    *size = (size_t)part->shape.dim[0];
    if (*size < 1) PV_FAIL(PV_ERR_PEER, "%s: its %s is empty", what, name);
    return PV_OK;
}

static pv_status expect_count(const pv_parts *p, const char *what, size_t count)
{
    if (p->count != count)
        PV_FAIL(PV_ERR_PEER, "%s: %zu tensors, %zu were expected", what, p->count, count);
    return PV_OK;
}

void pv_query_join_parts(pv_part part[PV_QUERY_JOIN_PARTS], const pv_query_join *j)
{
    part[0] = bytes_of("truth", j->truth.byte, PV_HASH_BYTES);
    part[1] = number_of("rows", &j->rows);
    part[2] = bytes_of("binding", j->binding.byte, PV_HASH_BYTES);
}

pv_status pv_query_join_take(pv_query_join *j, const pv_parts *p, const char *what)
{
    PV_TRY(take_hash(&j->truth, p, what, "truth"));
    PV_TRY(take_number(&j->rows, p, what, "rows", 1, MOST_ROWS));
    PV_TRY(take_hash(&j->binding, p, what, "binding"));
    return expect_count(p, what, PV_QUERY_JOIN_PARTS);
}

void pv_query_terms_parts(pv_part part[PV_QUERY_TERMS_PARTS], const pv_query_terms *t)
{
    part[0] = bytes_of("binding", t->binding.byte, PV_HASH_BYTES);
    part[1] = bytes_of("form", t->form, t->form_size);
    part[2] = number_of("follows", &t->follows);
}

pv_status pv_query_terms_take(pv_query_terms *t, const pv_parts *p, const char *what)
{
    PV_TRY(take_hash(&t->binding, p, what, "binding"));
    PV_TRY(take_some(&t->form, &t->form_size, p, what, "form"));
    PV_TRY(take_number(&t->follows, p, what, "follows", 0, 1));
    return expect_count(p, what, PV_QUERY_TERMS_PARTS);
}

pv_part pv_query_half_part(const pv_bytes *file)
{
    return bytes_of("file", file->data, file->size);
}

pv_status pv_query_half_take(const uint8_t **file, size_t *size, const pv_parts *p,
                             const char *what)
{
    PV_TRY(take_some(file, size, p, what, "file"));
    return expect_count(p, what, 1);
}

pv_part pv_query_activation_part(const uint8_t *z, int64_t rows, int64_t bytes)
{
    return (pv_part){.name = "z", .dtype = PV_U8, .shape = PV_SHAPE(rows, bytes), .data = z};
}

pv_status pv_query_activation_take(const uint8_t **z, const pv_parts *p, const char *what,
                                   int64_t rows, int64_t bytes)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, "z", PV_U8, PV_SHAPE(rows, bytes)));
    *z = part->data;
    return expect_count(p, what, 1);
}

static const char *const score_name[] = {"logits", "probability"};

pv_part pv_query_answer_part(const pv_query_answer *a)
{
    if (a->answers == PV_QUERY_LABEL)
        return (pv_part){
            .name = "label", .dtype = PV_I32, .shape = PV_SHAPE(a->rows), .data = a->label};
    return (pv_part){.name = score_name[a->answers],
                     .dtype = PV_F32,
                     .shape = PV_SHAPE(a->rows, a->classes),
                     .data = a->score};
}

static pv_status check_labels(const pv_query_answer *a, const char *what)
{
    for (int64_t i = 0; i < a->rows; i++)
        if (a->label[i] < 0 || a->label[i] >= a->classes)
            PV_FAIL(PV_ERR_PEER,
                    "%s: row %" PRId64 " has the label %d; from 0 to %" PRId64 " was expected",
                    what, i, (int)a->label[i], a->classes - 1);
    return PV_OK;
}

static pv_status check_scores(const pv_query_answer *a, const char *what)
{
    int bounded = a->answers == PV_QUERY_ROUNDED;
    for (int64_t i = 0; i < a->rows * a->classes; i++)
        if (!isfinite(a->score[i]) || (bounded && (a->score[i] < 0 || a->score[i] > 1)))
            PV_FAIL(PV_ERR_PEER, "%s: row %" PRId64 " has a %s of %g", what, i / a->classes,
                    bounded ? "probability" : "logit", (double)a->score[i]);
    return PV_OK;
}

pv_status pv_query_answer_take(pv_query_answer *a, const pv_parts *p, const char *what)
{
    const pv_part *part;
    a->score = NULL;
    a->label = NULL;
    if (a->answers == PV_QUERY_LABEL) {
        PV_TRY(pv_parts_get(&part, p, what, "label", PV_I32, PV_SHAPE(a->rows)));
        a->label = part->data;
        PV_TRY(check_labels(a, what));
    } else {
        PV_TRY(pv_parts_get(&part, p, what, score_name[a->answers], PV_F32,
                            PV_SHAPE(a->rows, a->classes)));
        a->score = part->data;
        PV_TRY(check_scores(a, what));
    }
    return expect_count(p, what, 1);
}

static int is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

void pv_query_refusal_text(char out[PV_REFUSAL_TEXT], const char *reason)
{
    size_t n = 0;
    for (; reason[n] != '\0' && n < PV_REFUSAL_TEXT - 1; n++)
        out[n] = is_printable(reason[n]) ? reason[n] : '?';
    if (n == 0) out[n++] = '?';
    out[n] = '\0';
}

pv_part pv_query_refusal_part(const char *text)
{
    return bytes_of("reason", text, strlen(text));
}

pv_status pv_query_refusal_take(char out[PV_REFUSAL_TEXT], const pv_parts *p, const char *what)
{
    const uint8_t *text;
    size_t n;
    PV_TRY(take_some(&text, &n, p, what, "reason"));
    if (n >= PV_REFUSAL_TEXT)
        PV_FAIL(PV_ERR_PEER, "%s: a reason of %zu bytes; at most %d were expected", what, n,
                PV_REFUSAL_TEXT - 1);
    for (size_t i = 0; i < n; i++)
        if (!is_printable((char)text[i])) PV_FAIL(PV_ERR_PEER, "%s: its reason is no text", what);
    memcpy(out, text, n);
    out[n] = '\0';
    return expect_count(p, what, 1);
}
