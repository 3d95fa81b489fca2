#include "run/cuts_i.h"

#include "attack/inversion/decoder.h"
#include "attack/inversion/likelihood.h"
#include "base/clock.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "privet/metric.h"

/* A decoder of large pictures would learn for hours. */
static const double DECODER_SECONDS = 60;
enum { DECODER_STEPS = 1000, DECODER_WIDTH = 24, SSIM_SIDE = 11 };

static pv_status score(pv_cuts_row *row, const pv_cuts_inversion *in, const pv_likelihood_result *r)
{
    const pv_shape *s = &in->front->domain.sample;
    double sum = 0, residual = 0;
    row->psnr = pv_psnr(in->truth, r->x, r->n * r->sample, 1);
    for (int64_t i = 0; i < r->n; i++) residual += r->residual[i];
    row->residual = residual / (double)r->n;
    if (s->dim[0] < SSIM_SIDE || s->dim[1] < SSIM_SIDE) return PV_OK;
    for (int64_t i = 0; i < r->n; i++) {
        double one;
        PV_TRY(pv_ssim(&one, in->truth + i * r->sample, r->x + i * r->sample, (int)s->dim[0],
                       (int)s->dim[1], (int)s->dim[2], 1));
        sum += one;
    }
    row->ssim = sum / (double)r->n;
    return PV_OK;
}

/* What a decoder of others' activations says of these: [images, sample]. */
static pv_status decode(float **out, const pv_cuts_inversion *in, const pv_ctx *ctx)
{
    pv_decoder d;
    pv_decoder_options o;
    pv_shape sample = in->front->domain.sample;
    *out = pv_alloc((size_t)in->images, (size_t)pv_shape_count(&sample) * sizeof **out);
    if (*out == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld samples", (long long)in->images);
    pv_decoder_defaults(&o);
    o.steps = in->steps > 0 ? 2 * in->steps : DECODER_STEPS;
    o.width = DECODER_WIDTH;
    o.seed = in->seed;
    o.deadline = pv_clock_seconds() + DECODER_SECONDS;
    PV_TRY(pv_decoder_learn(&d, in->activation, sample, in->shadow_z, in->shadow_x, in->shadow, &o,
                            ctx));
    pv_status status = pv_decoder_apply(&d, *out, in->z, in->images);
    pv_decoder_clear(&d);
    return status;
}

pv_status pv_cuts_invert_row(pv_cuts_row *row, const pv_cuts_inversion *in, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_likelihood_options options;
    pv_likelihood_result r = {0};
    float *first = NULL;
    pv_likelihood_defaults(&options);
    if (in->shadow > 0) {
        PV_TRY_GOTO(decode(&first, in, ctx));
        pv_likelihood_refining(&options);
    }
    options.first = first;
    options.noise = in->noise;
    options.seed = in->seed;
    if (in->steps > 0) options.steps = in->steps;
    PV_TRY_GOTO(
        pv_likelihood_invert(&r, in->front, in->plan, in->z, NULL, in->images, &options, ctx));
    PV_TRY_GOTO(score(row, in, &r));
    row->images = in->images;
    row->shadow = in->shadow;
done:
    pv_likelihood_result_clear(&r);
    pv_free(first);
    return status;
}
