/* The halves of a model: the first byte says whose half is expected. */
#include "fuzz.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/half.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_half h;
    pv_vertical_cut cut;
    pv_boundary b;
    if (size < 1) return 0;
    if (!pv_fuzz_ok(pv_half_parse(&h, "input", data + 1, size - 1, data[0] & 1))) {
        PV_FUZZ_CHECK(h.model == NULL && h.share.data == NULL);
        return 0;
    }
    PV_FUZZ_CHECK(h.model != NULL && h.head >= 1 && h.set.batch >= 1);
    /* What a role does with it. */
    if (pv_fuzz_ok(pv_vertical_cut_find(&cut, h.model, h.head)) &&
        pv_fuzz_ok(pv_boundary_init(&b, &h.set)) && b.set.width == cut.width &&
        b.set.outputs == cut.outputs && cut.width * cut.outputs < 10000) {
        pv_wide *share = calloc((size_t)(cut.width * cut.outputs), sizeof *share);
        pv_reader r = pv_reader_make("input", h.share.data, h.share.size);
        pv_fuzz_ok(pv_boundary_read_share(share, &b, h.active ? 0 : 1, &r));
        free(share);
    }
    pv_half_clear(&h);
    return 0;
}
