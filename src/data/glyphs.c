#include "base/ctx.h"
#include "data/glyph.h"
#include "data/source.h"

enum { TRAIN = 10000, TEST = 2000, MOST = 10000000, LOOK_UP = 4096 };

static pv_status open_glyphs(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    int64_t n, seed;
    int test;
    PV_TRY(pv_spec_split(spec, &test));
    PV_TRY(pv_spec_int(spec, "limit", test ? TEST : TRAIN, 1, MOST, &n));
    PV_TRY(pv_spec_int(spec, "seed", 1, 0, INT64_MAX, &seed));
    PV_TRY(
        pv_store_alloc(store, PV_DATA_IMAGE, PV_U8, n, PV_SHAPE(PV_GLYPH_SIDE, PV_GLYPH_SIDE, 1)));
    PV_TRY(pv_store_number_classes(store, 10));
    /* Every sample has a generator of its own, so it is the same whatever n is. */
    pv_rng all = pv_rng_make((uint64_t)seed, PV_STREAM_GLYPHS), split = pv_rng_fork(&all, test);
    for (int64_t i = 0; i < n; i++) {
        pv_rng one = pv_rng_fork(&split, (uint64_t)i);
        store->label[i] = (int32_t)(i % 10);
        pv_glyph_draw((uint8_t *)store->samples.data + i * PV_GLYPH_PIXELS, (int)(i % 10), &one);
        if (i % LOOK_UP == 0) {
            pv_ctx_progress(ctx, "drawing digits", (uint64_t)i, (uint64_t)n);
            PV_TRY(pv_ctx_check(ctx));
        }
    }
    return PV_OK;
}

static int has_test(const pv_spec *spec)
{
    (void)spec;
    return 1;
}

static const pv_data_option options[] = {
    {"split", "train|test", "which part; train"},
    {"classes", "A,B,...", "keep these classes only, as classes 0, 1, ..."},
    {"limit", "N", "draw N digits; 10000, or 2000 for the test split"},
    {"seed", "S", "other digits for another number; 1"},
    {0},
};

const pv_source pv_source_glyphs = {
    .about = {"glyphs", "", "handwritten-looking digits, drawn by the program itself", options},
    .open = open_glyphs,
    .has_test = has_test,
};
