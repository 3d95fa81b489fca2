#include "crypto/identity/request.h"
#include "fuzz_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    X509_REQ *r;
    char name[PV_PARTY_NAME];
    int ok = pv_fuzz_identity_ok(pv_request_parse(&r, name, "input", data, size));
    PV_FUZZ_CHECK(ok == (r != NULL));
    if (ok) PV_FUZZ_CHECK(pv_party_name_check(name) == PV_OK);
    X509_REQ_free(r);
    return 0;
}
