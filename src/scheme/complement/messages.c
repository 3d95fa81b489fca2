#include "scheme/complement/messages.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MOST_ROWS (INT64_C(1) << 40)

enum { SMALL = 1 << 12, FORM = 1 << 28 };
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
     FORM,
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

void pv_query_join_parts(pv_part part[PV_QUERY_JOIN_PARTS], const pv_query_join *j)
{
    part[0] = pv_part_bytes("truth", j->truth.byte, PV_HASH_BYTES);
    part[1] = pv_part_number("rows", &j->rows);
    part[2] = pv_part_bytes("binding", j->binding.byte, PV_HASH_BYTES);
}

pv_status pv_query_join_take(pv_query_join *j, const pv_parts *p, const char *what)
{
    PV_TRY(pv_parts_get_bytes(j->truth.byte, PV_HASH_BYTES, p, what, "truth"));
    PV_TRY(pv_parts_get_number(&j->rows, p, what, "rows", 1, MOST_ROWS));
    PV_TRY(pv_parts_get_bytes(j->binding.byte, PV_HASH_BYTES, p, what, "binding"));
    return pv_parts_get_count(p, what, PV_QUERY_JOIN_PARTS);
}

void pv_query_terms_parts(pv_part part[PV_QUERY_TERMS_PARTS], const pv_query_terms *t)
{
    part[0] = pv_part_bytes("binding", t->binding.byte, PV_HASH_BYTES);
    part[1] = pv_part_bytes("form", t->form, t->form_size);
    part[2] = pv_part_number("follows", &t->follows);
}

pv_status pv_query_terms_take(pv_query_terms *t, const pv_parts *p, const char *what)
{
    PV_TRY(pv_parts_get_bytes(t->binding.byte, PV_HASH_BYTES, p, what, "binding"));
    PV_TRY(pv_parts_get_some(&t->form, &t->form_size, p, what, "form", FORM));
    PV_TRY(pv_parts_get_number(&t->follows, p, what, "follows", 0, 1));
    return pv_parts_get_count(p, what, PV_QUERY_TERMS_PARTS);
}

pv_part pv_query_half_part(const pv_bytes *file)
{
    return pv_part_bytes("file", file->data, file->size);
}

pv_status pv_query_half_take(const uint8_t **file, size_t *size, const pv_parts *p,
                             const char *what)
{
    PV_TRY(pv_parts_get_some(file, size, p, what, "file", LARGE));
    return pv_parts_get_count(p, what, 1);
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
    return pv_parts_get_count(p, what, 1);
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
    return pv_parts_get_count(p, what, 1);
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
    return pv_part_bytes("reason", text, strlen(text));
}

pv_status pv_query_refusal_take(char out[PV_REFUSAL_TEXT], const pv_parts *p, const char *what)
{
    const uint8_t *text;
    size_t n;
    PV_TRY(pv_parts_get_some(&text, &n, p, what, "reason", PV_REFUSAL_TEXT - 1));
    for (size_t i = 0; i < n; i++)
        if (!is_printable((char)text[i])) PV_FAIL(PV_ERR_PEER, "%s: its reason is no text", what);
    memcpy(out, text, n);
    out[n] = '\0';
    return pv_parts_get_count(p, what, 1);
}
