/* What is read before anybody is trusted, and by who dialled: the first byte says which. */
#include "fuzz.h"
#include "net/handshake.h"
#include "net/proxy.h"
#include <string.h>

static void hello(const uint8_t *data, size_t size)
{
    pv_hello there;
    pv_bytes again;
    pv_str theirs = {0};
    static char agreement[] = "[scenario]\nrounds = 10\n";
    pv_hello here = {.name = "server",
                     .role = "server",
                     .scheme = "federated",
                     .agreement = agreement,
                     .need = 5,
                     .from = 3,
                     .last = 9};
    if (!pv_fuzz_ok(pv_hello_parse(&there, "input", data, size))) {
        PV_FUZZ_CHECK(there.agreement == NULL && there.certificate == NULL);
        return;
    }
    PV_FUZZ_CHECK(pv_hello_encode(&again, &there) == PV_OK);
    PV_FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0);
    int fits = pv_handshake_fits(&theirs, &here, &there) == PV_OK;
    PV_FUZZ_CHECK(fits == (theirs.size == 0));
    pv_str_clear(&theirs);
    pv_bytes_clear(&again);
    pv_hello_clear(&there);
}

static void refuse(const uint8_t *data, size_t size)
{
    pv_refusal reason;
    char text[PV_REFUSE_MAX];
    if (!pv_fuzz_ok(pv_refuse_parse(&reason, text, "input", data, size))) return;
    PV_FUZZ_CHECK(strlen(text) == size - 2 && pv_refusal_status(reason) != PV_OK);
    for (size_t i = 0; text[i] != '\0'; i++) PV_FUZZ_CHECK(text[i] >= ' ' && text[i] < 127);
}

static void proxy(const uint8_t *data, size_t size)
{
    int done = 0;
    for (size_t n = 1; n <= size && !done; n++)
        if (pv_proxy_reply(&done, (const char *)data, n) != PV_OK) return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    switch (data[0] % 3) {
    case 0:
        hello(data + 1, size - 1);
        break;
    case 1:
        refuse(data + 1, size - 1);
        break;
    default:
        proxy(data + 1, size - 1);
        break;
    }
    return 0;
}
