/* secrets.csv of a customer. The first byte chooses the kind of secret and the number of classes;
 * what is accepted says the same when it is written again. */
#include "fuzz.h"
#include "scheme/complement/secrets.h"

#include <string.h>

static pv_secret_plan plan_of(uint8_t byte)
{
    static const pv_secret_kind kind[] = {PV_SECRET_COMPLEMENT, PV_SECRET_OFFSET,
                                          PV_SECRET_PERMUTATION};
    static const int classes[] = {2, 10, 3};
    int k = byte % 3;
    return (pv_secret_plan){
        .kind = kind[k], .form = PV_SECRET_PLANE, .classes = classes[k], .alpha = 1};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_secret_value *s;
    pv_str again = {0};
    int64_t rows;
    if (size < 1) return 0;
    const pv_secret_plan plan = plan_of(data[0]);
    if (!pv_fuzz_ok(pv_complement_secrets_parse(&s, &rows, "input", data + 1, size - 1, &plan)))
        return 0;
    PV_FUZZ_CHECK(pv_complement_secrets_begin(&again) == PV_OK);
    for (int64_t i = 0; i < rows; i++) {
        for (int l = 0; l < plan.classes; l++)
            PV_FUZZ_CHECK(pv_secret_open(&plan, &s[i], pv_secret_hide(&s[i], l)) == l);
        PV_FUZZ_CHECK(pv_complement_secrets_add(&again, &plan, i, &s[i]) == PV_OK);
    }
    PV_FUZZ_CHECK(again.size == size - 1 && memcmp(again.text, data + 1, size - 1) == 0);
    pv_str_clear(&again);
    pv_free(s);
    return 0;
}
