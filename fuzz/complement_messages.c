/* What crosses in the scheme complement. The first byte says which message the rest is; what is
 * accepted has all that a role relies on. */
#include "fuzz_parts.h"
#include "scheme/complement/messages.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 3, ROWS = 2, BYTES = 5 };

static void join(const pv_parts *p)
{
    pv_query_join j;
    if (!pv_fuzz_accepted(pv_query_join_take(&j, p, "input"))) return;
    PV_FUZZ_CHECK(j.rows >= 1 && j.rows <= INT64_C(1) << 40);
}

static void terms(const pv_parts *p)
{
    pv_query_terms t;
    if (!pv_fuzz_accepted(pv_query_terms_take(&t, p, "input"))) return;
    PV_FUZZ_CHECK(t.form_size >= 1 && (t.follows == 0 || t.follows == 1));
    PV_FUZZ_CHECK(pv_fuzz_sum(t.form, t.form_size) < UINT32_MAX);
}

static void answer(const pv_parts *p, int answers)
{
    pv_query_answer a = {.answers = answers, .rows = ROWS, .classes = CLASSES};
    if (!pv_fuzz_accepted(pv_query_answer_take(&a, p, "input"))) return;
    PV_FUZZ_CHECK((a.label != NULL) == (answers == PV_QUERY_LABEL));
    PV_FUZZ_CHECK((a.score != NULL) == (answers != PV_QUERY_LABEL));
    for (int i = 0; a.label != NULL && i < ROWS; i++)
        PV_FUZZ_CHECK(a.label[i] >= 0 && a.label[i] < CLASSES);
    for (int i = 0; a.score != NULL && i < ROWS * CLASSES; i++) {
        PV_FUZZ_CHECK(isfinite(a.score[i]));
        PV_FUZZ_CHECK(answers == PV_QUERY_LOGITS || (a.score[i] >= 0 && a.score[i] <= 1));
    }
}

static void refusal(const pv_parts *p)
{
    char text[PV_REFUSAL_TEXT];
    if (!pv_fuzz_accepted(pv_query_refusal_take(text, p, "input"))) return;
    PV_FUZZ_CHECK(text[0] != '\0' && strlen(text) < PV_REFUSAL_TEXT);
    for (const char *c = text; *c != '\0'; c++) PV_FUZZ_CHECK(*c >= ' ' && *c <= '~');
}

static void message(int kind, const pv_parts *p)
{
    const uint8_t *data;
    size_t size;
    switch (kind) {
    case 0:
        join(p);
        break;
    case 1:
        terms(p);
        break;
    case 2:
        if (pv_fuzz_accepted(pv_query_half_take(&data, &size, p, "input")))
            PV_FUZZ_CHECK(size >= 1 && pv_fuzz_sum(data, size) < UINT32_MAX);
        break;
    case 3:
        if (pv_fuzz_accepted(pv_query_activation_take(&data, p, "input", ROWS, BYTES)))
            PV_FUZZ_CHECK(pv_fuzz_sum(data, ROWS * BYTES) < UINT32_MAX);
        break;
    case 7:
        refusal(p);
        break;
    default:
        answer(p, kind - 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return pv_fuzz_message(data, size, 8, message);
}
