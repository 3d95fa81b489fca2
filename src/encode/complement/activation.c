#include "encode/complement/activation.h"

#include "base/mem.h"
#include "wire/reader.h"
#include <math.h>
#include <string.h>

static pv_status check_bits(int bits)
{
    if (bits != 32 && bits != 8 && bits != 4)
        PV_FAIL(PV_ERR_OPTION, "%d bits a number; an activation crosses in 32, 8 or 4", bits);
    return PV_OK;
}

/* Room for so many ranges and, with a rank, a basis. */
static pv_status make(pv_activation_form *f, int bits, int64_t numbers, int64_t channels,
                      int64_t rank)
{
    *f = (pv_activation_form){.bits = bits,
                              .numbers = numbers,
                              .count = rank > 0 ? rank : numbers,
                              .channels = channels,
                              .rank = rank};
    f->low = pv_calloc((size_t)channels, sizeof *f->low);
    f->high = pv_calloc((size_t)channels, sizeof *f->high);
    if (rank > 0) {
        f->basis = pv_calloc((size_t)rank, (size_t)numbers * sizeof *f->basis);
        f->coordinate = pv_calloc((size_t)rank, sizeof *f->coordinate);
    }
    if (f->low == NULL || f->high == NULL ||
        (rank > 0 && (f->basis == NULL || f->coordinate == NULL))) {
        pv_activation_form_clear(f);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the form of an activation of %lld numbers",
                (long long)numbers);
    }
    return PV_OK;
}

pv_status pv_activation_form_init(pv_activation_form *f, const pv_split_half *half, int bits)
{
    *f = (pv_activation_form){0};
    PV_TRY(check_bits(bits));
    PV_TRY(make(f, bits, pv_shape_count(&half->activation), half->channels, 0));
    memcpy(f->low, half->low, (size_t)f->channels * sizeof *f->low);
    memcpy(f->high, half->high, (size_t)f->channels * sizeof *f->high);
    return PV_OK;
}

pv_status pv_activation_project(pv_activation_form *f, const pv_split_half *back)
{
    pv_activation_form projected;
    if (back->rank == 0) { /* why: looking for one says it */
        float *basis;
        int64_t rank;
        PV_TRY(pv_activation_basis(&basis, &rank, back->model, &back->activation));
        pv_free(basis);
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "no projection: the provider's half has no basis; privet partition writes one");
    }
    PV_TRY(make(&projected, f->bits, f->numbers, back->rank, back->rank));
    memcpy(projected.low, back->basis_low, (size_t)back->rank * sizeof *projected.low);
    memcpy(projected.high, back->basis_high, (size_t)back->rank * sizeof *projected.high);
    memcpy(projected.basis, back->basis,
           (size_t)(back->rank * f->numbers) * sizeof *projected.basis);
    pv_activation_form_clear(f);
    *f = projected;
    return PV_OK;
}

void pv_activation_form_clear(pv_activation_form *f)
{
    pv_free(f->low);
    pv_free(f->high);
    pv_free(f->basis);
    pv_free(f->coordinate);
    *f = (pv_activation_form){0};
}

size_t pv_activation_bytes(const pv_activation_form *f)
{
    return ((size_t)f->count * (size_t)f->bits + 7) / 8;
}

/* ---- the form itself, on its way to a customer */

static void put(pv_writer *w, const float *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++) pv_writer_f32le(w, v[i]);
}

pv_status pv_activation_form_bytes(pv_bytes *out, const pv_activation_form *f)
{
    pv_status status = PV_OK;
    pv_writer w = pv_writer_make("form of an activation", SIZE_MAX);
    *out = (pv_bytes){0};
    pv_writer_u8(&w, (uint8_t)f->bits);
    pv_writer_u8(&w, f->rank > 0);
    pv_writer_u64le(&w, (uint64_t)f->numbers);
    pv_writer_u64le(&w, (uint64_t)f->channels);
    put(&w, f->low, f->channels);
    put(&w, f->high, f->channels);
    if (f->rank > 0) put(&w, f->basis, f->rank * f->numbers);
    PV_TRY_GOTO(pv_writer_take(&w, out));
done:
    pv_writer_clear(&w);
    return status;
}

static void take(pv_reader *r, float *v, int64_t n, const char *field)
{
    for (int64_t i = 0; i < n; i++) {
        v[i] = pv_reader_f32le(r, field);
        if (!isfinite(v[i])) pv_reader_fail(r, PV_ERR_FORMAT, "a %s that is not finite", field);
    }
}

/* Rows of length 1, so that coordinates are as large as their ranges say. That they are at right
 * angles is not looked at, which would take rank times as long: where they are not, the answers are
 * worse, and those are the sender's. */
static pv_status check_basis(const pv_activation_form *f, const char *what)
{
    for (int64_t r = 0; r < f->rank; r++) {
        const float *row = f->basis + r * f->numbers;
        double square = 0;
        for (int64_t i = 0; i < f->numbers; i++) square += (double)row[i] * row[i];
        if (!(fabs(square - 1) < 1e-4))
            PV_FAIL(PV_ERR_FORMAT, "%s: row %lld of the basis has length %g; 1 was expected", what,
                    (long long)r, sqrt(square));
    }
    return PV_OK;
}

pv_status pv_activation_form_parse(pv_activation_form *f, const char *what, const void *data,
                                   size_t size, const pv_split_half *half)
{
    pv_status status = PV_OK;
    pv_reader r = pv_reader_make(what, data, size);
    *f = (pv_activation_form){0};
    int bits = pv_reader_u8(&r, "bits");
    int projected = pv_reader_u8(&r, "projection");
    uint64_t numbers = pv_reader_u64le(&r, "numbers");
    uint64_t channels = pv_reader_u64le(&r, "channels");
    pv_reader_require_max(&r, (uint64_t)projected, 1, "projection");
    pv_reader_require_max(&r, numbers, PV_ACTIVATION_MAX, "numbers");
    pv_reader_require_max(&r, channels, projected ? PV_PROJECTION_MAX : PV_ACTIVATION_MAX,
                          "channels");
    PV_TRY(pv_reader_status(&r));
    if (bits != 32 && bits != 8 && bits != 4)
        PV_FAIL(PV_ERR_FORMAT, "%s: %d bits a number; 32, 8 or 4 were expected", what, bits);
    if (numbers != (uint64_t)pv_shape_count(&half->activation))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: it is for activations of %llu numbers, those of this half have %lld", what,
                (unsigned long long)numbers, (long long)pv_shape_count(&half->activation));
    if (projected ? channels < 1 || channels >= numbers : channels != (uint64_t)half->channels)
        PV_FAIL(PV_ERR_MISMATCH, "%s: %llu %s do not go with an activation of %llu numbers", what,
                (unsigned long long)channels, projected ? "coordinates" : "channels",
                (unsigned long long)numbers);
    uint64_t wanted = 4 * (2 * channels + (projected ? channels * numbers : 0));
    if (pv_reader_left(&r) != wanted)
        PV_FAIL(pv_reader_left(&r) < wanted ? PV_ERR_TRUNCATED : PV_ERR_FORMAT,
                "%s: %zu bytes follow its head, %llu were expected", what, pv_reader_left(&r),
                (unsigned long long)wanted);
    PV_TRY(make(f, bits, (int64_t)numbers, (int64_t)channels, projected ? (int64_t)channels : 0));
    take(&r, f->low, f->channels, "least number of a channel");
    take(&r, f->high, f->channels, "largest number of a channel");
    for (int64_t c = 0; c < f->channels; c++)
        if (f->low[c] > f->high[c] || !isfinite(f->high[c] - f->low[c]))
            pv_reader_fail(&r, PV_ERR_FORMAT, "%s %lld has no range",
                           projected ? "coordinate" : "channel", (long long)c);
    if (projected) take(&r, f->basis, f->rank * f->numbers, "number of the basis");
    PV_TRY_GOTO(pv_reader_status(&r));
    PV_TRY_GOTO(check_basis(f, what));
done:
    if (status != PV_OK) pv_activation_form_clear(f);
    return status;
}

/* ---- numbers to bytes */

static void put_float(uint8_t *at, float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    for (int k = 0; k < 4; k++) at[k] = (uint8_t)(u >> (8 * k));
}

static float get_float(const uint8_t *at)
{
    uint32_t u = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

/* The level of v, and whether it lay outside. A channel without a width has level 0 alone. */
static uint32_t level(float v, float low, float high, float levels, uint64_t *clamped)
{
    float width = high - low, at = width > 0 ? (v - low) / width : 0;
    *clamped += v < low || v > high;
    at = at < 0 ? 0 : at > 1 ? 1 : at;
    return (uint32_t)(at * levels + 0.5f);
}

/* What float32 numbers of a channel may be: its range and half of its width on both sides; channels
 * narrower than the mean of all count as that wide. */
static float mean_width(const pv_activation_form *f)
{
    double sum = 0;
    for (int64_t c = 0; c < f->channels; c++) sum += (double)f->high[c] - f->low[c];
    return (float)(sum / (double)f->channels);
}

static void reach_of(float *low, float *high, const pv_activation_form *f, int64_t c, float mean)
{
    float width = f->high[c] - f->low[c], reach = (width > mean ? width : mean) / 2;
    *low = f->low[c] - reach;
    *high = f->high[c] + reach;
}

static void encode_floats(uint8_t *to, const pv_activation_form *f, const float *v, float mean,
                          uint64_t *clamped)
{
    int64_t c = 0;
    for (int64_t i = 0; i < f->count; i++) {
        float low, high;
        reach_of(&low, &high, f, c, mean);
        *clamped += v[i] < low || v[i] > high;
        put_float(to + 4 * i, v[i] < low ? low : v[i] > high ? high : v[i]);
        if (++c == f->channels) c = 0;
    }
}

static void encode_row(uint8_t *to, const pv_activation_form *f, const float *v, uint64_t *clamped)
{
    const float levels = f->bits == 8 ? 255 : 15;
    int64_t c = 0;
    for (int64_t i = 0; i < f->count; i++) {
        uint32_t q = level(v[i], f->low[c], f->high[c], levels, clamped);
        if (f->bits == 8)
            to[i] = (uint8_t)q;
        else if (i % 2 == 0)
            to[i / 2] = (uint8_t)q;
        else
            to[i / 2] |= (uint8_t)(q << 4);
        if (++c == f->channels) c = 0;
    }
}

pv_status pv_activation_encode(uint8_t *bytes, pv_activation_form *f, const float *z, int64_t n,
                               uint64_t *clamped)
{
    size_t each = pv_activation_bytes(f);
    const float mean = mean_width(f);
    *clamped = 0;
    for (int64_t row = 0; row < n; row++, z += f->numbers, bytes += each) {
        const float *v = z;
        if (f->rank > 0) {
            pv_activation_coordinates(f->coordinate, f->basis, f->rank, f->numbers, z);
            v = f->coordinate;
        }
        int finite = 1;
        for (int64_t i = 0; i < f->count; i++) finite &= isfinite(v[i]) != 0;
        if (!finite)
            PV_FAIL(PV_ERR_RANGE, "row %lld of an activation has numbers that are not finite",
                    (long long)row);
        if (f->bits < 32)
            encode_row(bytes, f, v, clamped);
        else
            encode_floats(bytes, f, v, mean, clamped);
    }
    return PV_OK;
}

/* ---- and back */

static pv_status check_row(const pv_activation_form *f, const char *what, const float *v,
                           int64_t row, float mean)
{
    int64_t c = 0;
    for (int64_t i = 0; i < f->count; i++) {
        float low, high;
        reach_of(&low, &high, f, c, mean);
        if (!isfinite(v[i]) || v[i] < low || v[i] > high) /* an edge itself may be infinite */
            PV_FAIL(PV_ERR_RANGE,
                    "%s: row %lld has %g in %s %lld; from %g to %g was expected, which is its "
                    "range at calibration and half of that on both sides",
                    what, (long long)row, (double)v[i], f->rank > 0 ? "coordinate" : "channel",
                    (long long)c, (double)low, (double)high);
        if (++c == f->channels) c = 0;
    }
    return PV_OK;
}

static void decode_row(float *v, const pv_activation_form *f, const uint8_t *from)
{
    const float levels = f->bits == 8 ? 255 : 15;
    int64_t c = 0;
    for (int64_t i = 0; i < f->count; i++) {
        uint32_t q = f->bits == 8 ? from[i] : i % 2 == 0 ? from[i / 2] & 15 : from[i / 2] >> 4;
        v[i] = f->low[c] + (float)q / levels * (f->high[c] - f->low[c]);
        if (++c == f->channels) c = 0;
    }
}

pv_status pv_activation_decode(float *z, pv_activation_form *f, const char *what,
                               const uint8_t *bytes, int64_t n)
{
    size_t each = pv_activation_bytes(f);
    const float mean = mean_width(f);
    for (int64_t row = 0; row < n; row++, z += f->numbers, bytes += each) {
        float *v = f->rank > 0 ? f->coordinate : z;
        if (f->bits < 32) {
            if (f->bits == 4 && f->count % 2 != 0 && bytes[each - 1] >> 4 != 0)
                PV_FAIL(PV_ERR_FORMAT,
                        "%s: the last byte of row %lld holds one number, its upper half is not 0",
                        what, (long long)row);
            decode_row(v, f, bytes);
        } else {
            for (int64_t i = 0; i < f->count; i++) v[i] = get_float(bytes + 4 * i);
            PV_TRY(check_row(f, what, v, row, mean));
        }
        if (f->rank > 0)
            pv_activation_from_coordinates(z, f->basis, f->rank, f->numbers, f->coordinate);
    }
    return PV_OK;
}
