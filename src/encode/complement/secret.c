#include "encode/complement/secret.h"

#include "base/secret.h"
#include "base/trail.h"
#include "data/glyph.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const kinds[] = {
    NULL,
    [PV_SECRET_COMPLEMENT] = "complement",
    [PV_SECRET_OFFSET] = "offset",
    [PV_SECRET_PERMUTATION] = "permutation",
};
static const char *const forms[] = {
    NULL,
    [PV_SECRET_PLANE] = "plane",
    [PV_SECRET_APPEND] = "append",
    [PV_SECRET_DIGIT] = "digit",
};
enum { DIGITS = 10 };

const char *pv_secret_kind_name(pv_secret_kind k)
{
    return kinds[k];
}
const char *pv_secret_form_name(pv_secret_form f)
{
    return forms[f];
}

static int by_name(const char *const *names, int count, const char *name)
{
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    return 0;
}

pv_secret_kind pv_secret_kind_by_name(const char *name)
{
    return (pv_secret_kind)by_name(kinds, (int)(sizeof kinds / sizeof *kinds), name);
}

pv_secret_form pv_secret_form_by_name(const char *name)
{
    return (pv_secret_form)by_name(forms, (int)(sizeof forms / sizeof *forms), name);
}

pv_status pv_secret_plan_check(const pv_secret_plan *p)
{
    if (p->kind == PV_SECRET_COMPLEMENT && p->classes != 2)
        PV_FAIL(PV_ERR_OPTION,
                "the secret is a complement, which flips between two classes; there are %d: take "
                "an offset or a permutation",
                p->classes);
    if (p->kind == PV_SECRET_PERMUTATION && p->classes > PV_SECRET_PERMUTED)
        PV_FAIL(PV_ERR_OPTION,
                "a permutation of %d classes would need %d planes; it takes at most %d classes",
                p->classes, p->classes * p->classes, PV_SECRET_PERMUTED);
    if (p->classes < 2 || p->classes > PV_SECRET_CLASSES)
        PV_FAIL(PV_ERR_OPTION, "a secret over %d classes; 2 to %d can be hidden", p->classes,
                PV_SECRET_CLASSES);
    if (p->form != PV_SECRET_DIGIT) return PV_OK;
    if (p->kind == PV_SECRET_PERMUTATION || p->classes > DIGITS)
        PV_FAIL(PV_ERR_OPTION,
                "the form digit shows one digit: it has none for %s %s over %d classes; take "
                "plane or append",
                p->kind == PV_SECRET_OFFSET ? "an" : "a", kinds[p->kind], p->classes);
    if (p->input.ndim != 3)
        PV_FAIL(PV_ERR_OPTION, "the form digit is a picture, and the secret enters at a dense "
                               "layer; take plane or append");
    return PV_OK;
}

/* Planes that tell the value, before copies are made. */
static int64_t planes(const pv_secret_plan *p)
{
    int64_t n = p->classes;
    return p->kind == PV_SECRET_COMPLEMENT ? 1 : p->kind == PV_SECRET_OFFSET ? n : n * n;
}

int64_t pv_secret_channels(const pv_secret_plan *p)
{
    if (p->form == PV_SECRET_DIGIT) return 1;
    return p->form == PV_SECRET_APPEND ? PV_SECRET_COPIES * planes(p) : planes(p);
}

static int64_t pixels_of(const pv_secret_plan *p)
{
    return p->input.ndim == 3 ? p->input.dim[0] * p->input.dim[1] : 1;
}

int64_t pv_secret_numbers(const pv_secret_plan *p)
{
    return pixels_of(p) * pv_secret_channels(p);
}

int64_t pv_secret_values(const pv_secret_plan *p)
{
    return p->kind == PV_SECRET_PERMUTATION ? 0 : p->classes;
}

/* 0 <= by < classes; the remainder without a division, whose time tells what is divided. */
static void shift(pv_secret_value *out, const pv_secret_plan *p, int64_t by)
{
    uint32_t n = (uint32_t)p->classes;
    for (uint32_t l = 0; l < n; l++) {
        uint32_t sum = l + (uint32_t)by, over = (n - 1 - sum) >> 31;
        out->to[l] = (uint8_t)(sum - (n & (uint32_t)pv_secret_mask(over)));
    }
}

/* to[i] becomes to[j], and to[j] i, for j <= i, a secret. */
static void exchange(uint8_t *to, int i, int j)
{
    uint64_t moved = 0;
    for (int k = 0; k < i; k++) {
        uint64_t here = ((uint32_t)(k ^ j) - 1) >> 31;
        moved = pv_secret_select(here, to[k], moved);
        to[k] = (uint8_t)pv_secret_select(here, (uint64_t)i, to[k]);
    }
    uint64_t stays = ((uint32_t)(i ^ j) - 1) >> 31;
    to[i] = (uint8_t)pv_secret_select(stays, (uint64_t)i, moved);
}

pv_status pv_secret_of(pv_secret_value *out, const pv_secret_plan *p, int64_t v)
{
    *out = (pv_secret_value){.look = 0};
    if (p->kind == PV_SECRET_PERMUTATION)
        PV_FAIL(PV_ERR_RANGE, "a secret that is a permutation has no number");
    if (v < 0 || v >= p->classes)
        PV_FAIL(PV_ERR_RANGE, "a secret of %lld; of %s %s over %d classes it is 0..%d",
                (long long)v, p->kind == PV_SECRET_OFFSET ? "an" : "a", kinds[p->kind], p->classes,
                p->classes - 1);
    shift(out, p, v);
    return PV_OK;
}

/* A uniform number below n from either kind of randomness. */
typedef struct source {
    pv_rng *training;
    pv_csprng *query;
} source;

static uint64_t below(source s, uint64_t n)
{
    return s.query != NULL ? pv_csprng_below(s.query, n) : pv_rng_below(s.training, n);
}

static void draw(pv_secret_value *out, const pv_secret_plan *p, source s)
{
    int n = p->classes;
    *out = (pv_secret_value){.look = 0};
    if (p->kind != PV_SECRET_PERMUTATION) {
        shift(out, p, (int64_t)below(s, (uint64_t)n));
    } else {
        for (int i = 0; i < n; i++) /* Fisher and Yates, inside out */
            exchange(out->to, i, (int)below(s, (uint64_t)i + 1));
    }
    out->look = below(s, UINT64_C(1) << 62);
}

void pv_secret_draw(pv_secret_value *out, const pv_secret_plan *p, pv_rng *r)
{
    draw(out, p, (source){.training = r});
}

pv_status pv_secret_derive(pv_secret_value *out, const pv_secret_plan *p, const pv_prf_key *k,
                           const void *input, size_t size)
{
    pv_csprng r = {0};
    PV_TRY(pv_prf(&r, k, "complement/secret", input, size));
    draw(out, p, (source){.query = &r});
    pv_csprng_clear(&r);
    return PV_OK;
}

int32_t pv_secret_hide(const pv_secret_value *s, int32_t label)
{
    assert(label >= 0 && label < PV_SECRET_CLASSES);
    return s->to[label];
}

int32_t pv_secret_open(const pv_secret_plan *p, const pv_secret_value *s, int32_t answer)
{
    int32_t label = -1;
    for (int l = 0; l < p->classes; l++) {
        uint32_t differs = (uint32_t)(s->to[l] ^ answer);
        int32_t same = (int32_t)((differs - 1) >> 31) & (int32_t)(((uint32_t)answer >> 31) ^ 1);
        label = (label & (same - 1)) | (l & -same);
    }
    return label;
}

void pv_secret_open_scores(float *out, const pv_secret_plan *p, const pv_secret_value *s,
                           const float *score)
{
    for (int l = 0; l < p->classes; l++) {
        uint32_t bits = 0, other;
        for (int k = 0; k < p->classes; k++) { /* every score is read, whichever it is */
            uint32_t same = ((uint32_t)(s->to[l] ^ k) - 1) >> 31;
            memcpy(&other, &score[k], sizeof other);
            bits |= other & (0u - same);
        }
        memcpy(&out[l], &bits, sizeof bits);
    }
}

/* Between pixels, 0..255, at row y and column x of a picture. */
static double pixel_at(const uint8_t pixel[PV_GLYPH_PIXELS], double y, double x)
{
    y = fmin(fmax(y, 0), PV_GLYPH_SIDE - 1), x = fmin(fmax(x, 0), PV_GLYPH_SIDE - 1);
    int top = (int)y, left = (int)x;
    int below = top + (top < PV_GLYPH_SIDE - 1), right = left + (left < PV_GLYPH_SIDE - 1);
    double fy = y - top, fx = x - left;
    double a =
        (1 - fx) * pixel[top * PV_GLYPH_SIDE + left] + fx * pixel[top * PV_GLYPH_SIDE + right];
    double b =
        (1 - fx) * pixel[below * PV_GLYPH_SIDE + left] + fx * pixel[below * PV_GLYPH_SIDE + right];
    return (1 - fy) * a + fy * b;
}

/* A digit, 28x28, over a plane of h·w, bilinearly: what it gives goes into out where mask is ones,
 * and nothing where it is zeros. The hand is a picture's, not a secret beyond `look` itself, so the
 * reproducible kind of randomness draws it. */
static void add_digit(float *out, const pv_secret_plan *p, uint64_t look, int digit, uint64_t mask)
{
    uint8_t pixel[PV_GLYPH_PIXELS];
    pv_rng r = pv_rng_make(look, 0);
    int64_t h = p->input.dim[0], w = p->input.dim[1];
    double square = 0;
    pv_glyph_draw(pixel, digit, &r);
    for (int pass = 0; pass < 2; pass++) {
        double scale = square > 0 ? p->alpha / sqrt(square / (double)(h * w)) : 0;
        for (int64_t k = 0; k < h * w; k++) {
            uint32_t bits, sum;
            double y = ((double)(k / w) + 0.5) * PV_GLYPH_SIDE / (double)h - 0.5;
            double x = ((double)(k % w) + 0.5) * PV_GLYPH_SIDE / (double)w - 0.5;
            double v = pixel_at(pixel, y, x) / 255;
            if (pass == 0) {
                square += v * v;
                continue;
            }
            v = (float)v * scale;
            memcpy(&bits, &(float){(float)v}, sizeof bits);
            memcpy(&sum, &out[k], sizeof sum);
            sum |= bits & (uint32_t)mask;
            memcpy(&out[k], &sum, sizeof sum);
        }
    }
}

/* Every digit that there could be is drawn, and the value's one kept; `open`: it alone is drawn. */
static void fill_digit(float *out, const pv_secret_plan *p, const pv_secret_value *s, int open)
{
    memset(out, 0, (size_t)(p->input.dim[0] * p->input.dim[1]) * sizeof *out);
    if (open) {
        add_digit(out, p, s->look, s->to[0], UINT64_MAX);
        return;
    }
    for (int d = 0; d < p->classes; d++)
        add_digit(out, p, s->look, d, pv_secret_mask(((uint32_t)(s->to[0] ^ d) - 1) >> 31));
}

/* The number of plane `at`, before copies: a where it says yes, -a where not. */
static float plane(const pv_secret_plan *p, const pv_secret_value *s, int64_t at)
{
    uint32_t yes = p->kind == PV_SECRET_COMPLEMENT ? s->to[0]
                   : p->kind == PV_SECRET_OFFSET
                       ? ((uint32_t)(s->to[0] ^ (int)at) - 1) >> 31
                       : ((uint32_t)(s->to[at / p->classes] ^ (int)(at % p->classes)) - 1) >> 31;
    return (float)(p->alpha * (2.0 * yes - 1));
}

static void fill(float *out, const pv_secret_plan *p, const pv_secret_value *s, int open)
{
    int64_t channels = pv_secret_channels(p), each = planes(p), pixels = pixels_of(p);
    if (p->form == PV_SECRET_DIGIT) {
        fill_digit(out, p, s, open);
        return;
    }
    for (int64_t c = 0; c < channels; c++) out[c] = plane(p, s, c % each);
    for (int64_t i = 1; i < pixels; i++)
        memcpy(out + i * channels, out, (size_t)channels * sizeof *out);
}

void pv_secret_fill(float *out, const pv_secret_plan *p, const pv_secret_value *s)
{
    fill(out, p, s, 0);
}

void pv_secret_fill_open(float *out, const pv_secret_plan *p, const pv_secret_value *s)
{
    fill(out, p, s, 1);
}
