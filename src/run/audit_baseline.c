#include "run/audit_i.h"

#include "privet/rng.h"

#include <string.h>

enum { CANDIDATES = 100 };

void pv_audit_scored_clear(pv_audit_scored *s)
{
    pv_score_clear(&s->run);
    pv_score_clear(&s->positive);
    pv_score_clear(&s->negative);
    pv_answers_clear(&s->answers);
    pv_free(s->baseline);
    pv_free(s->decoy);
    pv_norm_clear(&s->norm);
    for (int i = 0; i < 2; i++) pv_free(s->control_decoy[i]);
    pv_free(s->control_zero);
}

/* Whose rows are as good as the victims'? Of rows that two parties have parts of, the victim's. */
static int is_like(const pv_audit_scored *s, int party)
{
    if (s->w->party[party].data == NULL) return 0;
    if (s->c->reads->cut) return pv_audit_is_victim(s->w, s->c, party);
    return !s->c->reads->rows || (s->c->targets > 0 && s->c->victim[0] == party);
}

/* The mean of everything that the victims have: more than anybody outside knows, so a strong guess.
 */
static void mean_sample(float *out, const pv_audit_scored *s, int64_t width, float *x)
{
    const pv_audit_work *w = s->w;
    int64_t n = 0;
    double *sum = pv_calloc((size_t)width, sizeof *sum);
    if (sum == NULL) {
        for (int64_t i = 0; i < width; i++) out[i] = 0.5f;
        return;
    }
    for (int k = 0; k < w->parties; k++) {
        if (!is_like(s, k)) continue;
        int64_t count = pv_data_count(w->party[k].data), step = count / 2000 + 1;
        for (int64_t i = 0; i < count; i += step, n++) {
            pv_data_raw(w->party[k].data, i, x);
            for (int64_t j = 0; j < width; j++) sum[j] += x[j];
        }
    }
    for (int64_t j = 0; j < width; j++) out[j] = n > 0 ? (float)(sum[j] / (double)n) : 0.5f;
    pv_free(sum);
}

/* Candidates among which a guess should point at its answer: rows of the same parties, each once.
 * The scorer passes over one that is the answer itself. */
static pv_status draw_decoys(pv_audit_scored *s, int64_t want, int64_t width)
{
    const pv_audit_work *w = s->w;
    pv_status status = PV_OK;
    pv_rng r = pv_rng_make(w->seed + 3000017, PV_STREAM_ATTACK);
    int64_t all = 0;
    uint32_t *order = NULL;
    for (int k = 0; k < w->parties; k++)
        if (is_like(s, k)) all += pv_data_count(w->party[k].data);
    if (want > all) want = all;
    s->decoy = pv_alloc((size_t)want + 1, (size_t)width * sizeof *s->decoy);
    order = pv_alloc((size_t)all + 1, sizeof *order);
    if (s->decoy == NULL || order == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld candidates", (long long)want);
    for (int64_t i = 0; i < all; i++) order[i] = (uint32_t)i;
    pv_rng_shuffle(&r, order, (size_t)all);
    for (int64_t n = 0; n < want; n++) {
        int64_t i = order[n];
        int k = 0;
        while (!is_like(s, k) || i >= pv_data_count(w->party[k].data)) {
            i -= is_like(s, k) ? pv_data_count(w->party[k].data) : 0;
            k++;
        }
        pv_data_raw(w->party[k].data, i, s->decoy + n * width);
    }
    s->how.decoys = want;
done:
    pv_free(order);
    return status;
}

/* Adds how many labels of a step are right when they are guessed in the proportions of count,
 * rounded by largest remainders: of one sample, the most frequent class. */
static pv_status guess_in_proportion(int64_t *right, const pv_answer *a, const int64_t *count,
                                     int classes, int64_t all)
{
    pv_status status = PV_OK;
    int64_t left = a->batch;
    int64_t *quota = pv_calloc((size_t)classes, sizeof *quota);
    int64_t *there = pv_calloc((size_t)classes, sizeof *there);
    if (quota == NULL || there == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d classes", classes);
    for (int64_t b = 0; b < a->batch; b++) there[a->label[b]]++;
    for (int k = 0; k < classes; k++) left -= quota[k] = a->batch * count[k] / all;
    for (; left > 0; left--) {
        int best = 0;
        for (int k = 1; k < classes; k++)
            if (a->batch * count[k] - quota[k] * all > a->batch * count[best] - quota[best] * all)
                best = k;
        quota[best]++;
    }
    for (int k = 0; k < classes; k++) *right += there[k] < quota[k] ? there[k] : quota[k];
done:
    pv_free(quota);
    pv_free(there);
    return status;
}

/* The classes' proportions that anybody might know: those of all victims together. Of a single
 * victim they are part of the secret, and a guess without a view takes all classes for equal. */
static int has_one_victim(const pv_audit_case *c)
{
    for (size_t t = 1; t < c->targets; t++)
        if (c->victim[t] != c->victim[0]) return 0;
    return 1;
}

/* What one knows of the labels of a batch as a whole. */
static pv_status score_proportions(pv_audit_scored *s, int classes)
{
    pv_status status = PV_OK;
    int64_t *count = pv_calloc((size_t)classes, sizeof *count), right = 0;
    if (count == NULL) PV_FAIL_MEMORY((size_t)classes * sizeof *count);
    for (size_t t = 0; t < s->answers.count; t++) {
        const pv_answer *a = &s->answers.item[t];
        for (int64_t b = 0; b < a->batch; b++) count[a->label[b]]++;
        s->partial |= pv_score_is_partial(s->c->guess.item[t].batch, a->batch);
    }
    int64_t all = s->answers.samples;
    s->equal_classes = has_one_victim(s->c);
    if (s->equal_classes) all = classes;
    for (int64_t k = 0; s->equal_classes && k < classes; k++) count[k] = 1;
    for (size_t t = 0; t < s->answers.count; t++)
        PV_TRY_GOTO(guess_in_proportion(&right, &s->answers.item[t], count, classes, all));
    s->base_labels = (double)right;
done:
    pv_free(count);
    return status;
}

pv_status pv_audit_scorer(pv_audit_scored *s)
{
    pv_audit_work *w = s->w;
    pv_model_domain what = pv_model_what(w->model);
    int64_t width = pv_shape_count(&what.sample);
    int64_t want = w->o->candidates > 1 ? w->o->candidates : CANDIDATES;
    int rows = s->c->reads->rows;
    int labels = pv_audit_wants(s->c, "labels") || pv_audit_wants(s->c, "secrets") ||
                 pv_audit_wants(s->c, "answers");
    float *x = pv_alloc((size_t)width, sizeof *x);
    pv_status status = PV_OK;
    s->baseline = pv_alloc((size_t)width, sizeof *s->baseline);
    if (x == NULL || s->baseline == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for scoring");
    int image = what.kind == PV_DATA_IMAGE;
    s->how = (pv_scorer){.distance = {.width = width,
                                      .norm = image ? NULL : pv_model_norm(w->model),
                                      .criterion = w->o->criterion > 0 ? w->o->criterion
                                                   : image             ? PV_CRITERION_IMAGE
                                                                       : PV_CRITERION_TABLE},
                         .sample = what.sample,
                         .image = image,
                         .baseline = s->baseline,
                         .rows = rows,
                         .renames = s->c->attack->renames,
                         .ranks = s->c->attack->ranks,
                         .classes = what.classes};
    if (rows && labels) { /* the victim has no samples to hold anything against */
        s->how.distance.width = 0;
        if (s->c->reads->cut) {
            PV_TRY_GOTO(pv_audit_prior(&s->base_labels, &s->answers, what.classes, w->parties));
            goto done;
        }
        PV_TRY_GOTO(pv_labels_chance(&s->base_labels, &s->c->guess, &s->answers, s->how.renames,
                                     what.classes, w->seed));
        goto done;
    }
    if (rows && s->c->targets > 0) { /* nobody has released a model with the victim's */
        PV_TRY_GOTO(pv_norm_fit(&s->norm, w->party[s->c->victim[0]].data));
        s->how.inner = &s->norm;
        if (!image) s->how.distance.norm = &s->norm;
    }
    mean_sample(s->baseline, s, width, x);
    PV_TRY_GOTO(draw_decoys(s, want, width));
    s->how.decoy = s->decoy;
    if (!rows) PV_TRY_GOTO(score_proportions(s, what.classes));
done:
    pv_free(x);
    return status;
}

/* The negative control's guesses are held against the real answers, in turn: its view tells nothing
 * of them. */
static pv_status score_negative(pv_audit_scored *s, int labels_only)
{
    pv_answers first = s->answers;
    if (first.count > s->c->negative_guess.count) first.count = s->c->negative_guess.count;
    first.samples = 0;
    first.item = pv_alloc(first.count + 1, sizeof *first.item);
    if (first.item == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for the negative control");
    for (size_t i = 0; i < first.count; i++) {
        first.item[i] = s->answers.item[i];
        /* as many as a control's step is about; where images are held against the nearest, all */
        int64_t batch = s->c->negative_guess.item[i].batch;
        if ((labels_only || !s->partial) && first.item[i].batch > batch)
            first.item[i].batch = batch;
        first.samples += first.item[i].batch;
    }
    pv_status status = pv_score_init(&s->negative, &s->how, &s->c->negative_guess, &first);
    pv_free(first.item);
    return status;
}

/* Of queries that take long few are drawn; samples of the adversary's own, drawn likewise, make up
 * the number of candidates. */
static int64_t more_decoys(const pv_audit_scored *s, const pv_control_view *c)
{
    int64_t more = CANDIDATES - c->answers.samples, there;
    if (!s->c->reads->cut || s->how.distance.width == 0 || c->known.own_data == NULL || more < 0)
        return 0;
    there = pv_data_count(c->known.own_data);
    return more < there ? more : there;
}

/* A control about rows has answers of its own, and samples of its own size among which a guess is
 * identified; in them a unit is a standard deviation. */
static pv_status score_rows_control(pv_score *out, pv_audit_scored *s, const pv_guess *guess,
                                    const pv_control_view *c, int which)
{
    pv_scorer how = s->how;
    if (c->model == NULL) return pv_score_init(out, &how, guess, &c->answers);
    pv_model_domain what = pv_model_what(c->model);
    int64_t width = pv_shape_count(&what.sample), n = 0, more = more_decoys(s, c);
    float *decoy = pv_alloc((size_t)(c->answers.samples + more) + 1, (size_t)width * sizeof *decoy);
    s->control_decoy[which] = decoy;
    if (s->control_zero == NULL) s->control_zero = pv_calloc((size_t)width, sizeof *decoy);
    if (decoy == NULL || s->control_zero == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a control's samples");
    for (size_t t = 0; t < c->answers.count; t++) {
        const pv_answer *a = &c->answers.item[t];
        memcpy(decoy + n * width, a->x, (size_t)(a->batch * width) * sizeof *decoy);
        n += a->batch;
    }
    for (int64_t i = 0; i < more; i++, n++) pv_data_raw(c->known.own_data, i, decoy + n * width);
    how.image = what.kind == PV_DATA_IMAGE;
    how.distance = (pv_distance){.width = width,
                                 .criterion = how.image ? PV_CRITERION_IMAGE : PV_CRITERION_TABLE};
    how.sample = what.sample;
    how.baseline = s->control_zero;
    how.decoy = decoy;
    how.decoys = n;
    how.inner = NULL;
    return pv_score_init(out, &how, guess, &c->answers);
}

pv_status pv_audit_score_controls(pv_audit_scored *s, int labels_only)
{
    pv_audit_case *c = s->c;
    if (s->how.rows) {
        PV_TRY(score_rows_control(&s->positive, s, &c->positive_guess, &c->positive, 0));
        return score_rows_control(&s->negative, s, &c->negative_guess, &c->negative, 1);
    }
    PV_TRY(pv_score_init(&s->positive, &s->how, &c->positive_guess, &c->positive.answers));
    return score_negative(s, labels_only);
}
