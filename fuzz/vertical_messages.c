/* What crosses in the scheme vertical beside the boundary's own bytes. The first byte says which
 * message the rest is; what is accepted has all that a role relies on. */
#include "fuzz_parts.h"
#include "scheme/vertical/messages.h"
#include "scheme/vertical/vertical.h"

#include <math.h>
#include <string.h>

enum { FEATURES = 3, CLASSES = 2, ROWS = 2, BITS = 2048 };

static void join(const pv_parts *p)
{
    static const char boundary[] = "{\"batch\":2}";
    pv_vertical_join j, own = {.rows = 10, .measured = -1, .boundary = boundary};
    own.boundary_size = sizeof boundary - 1;
    memset(own.nonce, 7, sizeof own.nonce);
    if (!pv_fuzz_accepted(pv_vertical_join_take(&j, p, "input"))) return;
    PV_FUZZ_CHECK(j.rows >= -1 && j.measured >= -1 && j.boundary_size >= 1);
    for (size_t i = 0; i < j.boundary_size; i++) PV_FUZZ_CHECK(j.boundary[i] >= ' ');
    if (!pv_fuzz_accepted(pv_vertical_join_agree(&own, &j, "input"))) return;
    PV_FUZZ_CHECK((j.rows == 10 || j.rows == -1) && memcmp(j.nonce, own.nonce, 16) != 0);
}

static void key(const pv_parts *p)
{
    pv_vertical_key k;
    if (!pv_fuzz_accepted(pv_vertical_key_take(&k, p, "input", BITS))) return;
    PV_FUZZ_CHECK(k.n_size == BITS / 8 && k.safe <= 1 && k.proof_size >= 1);
    PV_FUZZ_CHECK(pv_fuzz_sum(k.n, k.n_size) + pv_fuzz_sum(k.proof, k.proof_size) < UINT32_MAX);
}

static void answer(const pv_parts *p, int kind)
{
    pv_vertical_answer a = {.kind = kind, .rows = ROWS, .classes = CLASSES};
    if (!pv_fuzz_accepted(pv_vertical_answer_take(&a, p, "input"))) return;
    PV_FUZZ_CHECK((a.label != NULL) == (kind != PV_ANSWER_PROBABILITY));
    PV_FUZZ_CHECK((a.probability != NULL) == (kind != PV_ANSWER_LABEL));
    for (int i = 0; a.label != NULL && i < ROWS; i++)
        PV_FUZZ_CHECK(a.label[i] >= 0 && a.label[i] < CLASSES);
    int n = kind == PV_ANSWER_PROBABILITY ? ROWS * CLASSES : ROWS;
    for (int i = 0; a.probability != NULL && i < n; i++)
        PV_FUZZ_CHECK(a.probability[i] >= 0 && a.probability[i] <= 1);
}

static void disclosed(const pv_parts *p, int side)
{
    static const char text[] = "dense 2\nrelu\ndense classes\n";
    const pv_model_domain d = {
        .size = sizeof d, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(FEATURES), .classes = CLASSES};
    pv_model *m;
    pv_vertical_cut cut;
    pv_wide share[2 * CLASSES];
    PV_FUZZ_CHECK(pv_model_parse(&m, text, sizeof text - 1, "fuzz", &d, 1) == PV_OK);
    PV_FUZZ_CHECK(pv_vertical_cut_find(&cut, m, 1) == PV_OK);
    if (pv_fuzz_accepted(pv_vertical_disclosed_take(m, share, &cut, side, p, "input")))
        for (int i = 0; i < pv_model_params(m); i++)
            for (int64_t k = 0; k < pv_tensor_count(pv_model_param(m, i)); k++)
                PV_FUZZ_CHECK(isfinite(pv_tensor_get(pv_model_param(m, i), k)));
    pv_model_free(m);
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
        key(p);
        break;
    case 2:
        if (pv_fuzz_accepted(pv_vertical_bytes_take(&data, &size, p, "input")))
            PV_FUZZ_CHECK(size >= 1 && pv_fuzz_sum(data, size) < UINT32_MAX);
        break;
    case 3:
    case 4:
    case 5:
        answer(p, PV_ANSWER_LABEL + kind - 3);
        break;
    default:
        disclosed(p, kind == 6 ? 0 : 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return pv_fuzz_message(data, size, 8, message);
}
