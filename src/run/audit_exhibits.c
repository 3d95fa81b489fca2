#include "run/audit_i.h"

#include "codec/png.h"
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXHIBITS = 100, TARGETS_SHOWN = 2000 };

static pv_status picture(char **out, const pv_shape *shape, const float *x)
{
    pv_tensor image = {0};
    pv_bytes png = {0};
    pv_str base64 = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_tensor_init(&image, PV_U8, *shape));
    for (int64_t i = 0; i < pv_tensor_count(&image); i++) {
        float v = isfinite(x[i]) ? fminf(fmaxf(x[i], 0), 1) : 0;
        ((uint8_t *)image.data)[i] = (uint8_t)(255 * v + 0.5f);
    }
    PV_TRY_GOTO(pv_png_encode(&png, &image));
    PV_TRY_GOTO(pv_html_base64(&base64, png.data, png.size));
    PV_TRY_GOTO(pv_audit_text(out, "%s", pv_str_text(&base64)));
done:
    pv_str_clear(&base64);
    pv_bytes_clear(&png);
    pv_tensor_clear(&image);
    return status;
}

static int by_error(const void *a, const void *b)
{
    const pv_sample_score *x = *(const pv_sample_score *const *)a,
                          *y = *(const pv_sample_score *const *)b;
    return x->error < y->error ? -1 : x->error > y->error ? 1 : x < y ? -1 : x > y;
}

static double finite_or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

/* What the finding counts. */
static int is_hit(const pv_audit_scored *s, const pv_sample_score *one)
{
    return s->c->attack->rough ? one->identified : one->recovered;
}

static pv_status write_exhibit(pv_exhibit *e, const pv_audit_scored *s, const pv_sample_score *one)
{
    const pv_audit_work *w = s->w;
    const pv_answer *a = &s->answers.item[one->target];
    const pv_guess_item *g = &s->c->guess.item[one->target];
    int64_t width = s->how.distance.width;
    int drawable = s->how.image && s->how.sample.ndim == 3 &&
                   (s->how.sample.dim[2] == 1 || s->how.sample.dim[2] == 3);
    *e = (pv_exhibit){.item = one - s->run.sample,
                      .recovered = is_hit(s, one),
                      .error = finite_or_nan(one->error),
                      .baseline_error = finite_or_nan(one->baseline_error),
                      .psnr = finite_or_nan(one->psnr),
                      .ssim = one->ssim,
                      .step = (int64_t)s->c->target[one->target].step};
    PV_TRY(pv_audit_text(&e->party, "%s", w->party[a->owner[one->answer]].name));
    if (!w->o->with_originals)
        return pv_audit_text(&e->what, "%s %lld", s->how.image ? "image" : "row",
                             (long long)a->row[one->answer]);
    PV_TRY(pv_audit_text(&e->what, "%s %lld: %s", s->how.image ? "image" : "row",
                         (long long)a->row[one->answer],
                         pv_model_class_name(w->model, a->label[one->answer])));
    if (!drawable || g->x == NULL || one->guess >= g->batch) return PV_OK;
    PV_TRY(picture(&e->original, &s->how.sample, a->x + one->answer * width));
    PV_TRY(picture(&e->guess, &s->how.sample, g->x + one->guess * width));
    return picture(&e->baseline, &s->how.sample, s->baseline);
}

pv_status pv_audit_add_exhibits(pv_finding *f, const pv_audit_scored *s)
{
    pv_status status = PV_OK;
    int64_t n = s->run.samples;
    const pv_sample_score **order = pv_alloc((size_t)n + 1, sizeof *order);
    f->exhibit = pv_calloc(EXHIBITS, sizeof *f->exhibit);
    if (order == NULL || f->exhibit == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a finding");
    for (int64_t i = 0; i < n; i++) order[i] = &s->run.sample[i];
    qsort(order, (size_t)n, sizeof *order, by_error);
    for (int64_t i = 0; i < n && i < EXHIBITS; i++) {
        f->exhibits++;
        PV_TRY_GOTO(write_exhibit(&f->exhibit[i], s, order[i]));
    }
done:
    pv_free(order);
    return status;
}

pv_status pv_audit_add_errors(pv_finding *f, const pv_audit_scored *s)
{
    int64_t n = s->run.samples < TARGETS_SHOWN ? s->run.samples : TARGETS_SHOWN;
    f->target = pv_calloc((size_t)n + 1, sizeof *f->target);
    if (f->target == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a finding");
    if (s->run.samples > TARGETS_SHOWN) return PV_OK;
    for (int64_t i = 0; i < n; i++) {
        const pv_sample_score *one = &s->run.sample[i];
        f->target[f->targets++] = (pv_target){finite_or_nan(one->error),
                                              finite_or_nan(one->baseline_error), is_hit(s, one)};
    }
    return PV_OK;
}
