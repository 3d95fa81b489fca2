#include "report/findings_fields.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

static void clear(void *element, const pv_field *field)
{
    for (; field->kind != PV_FIELD_END; field++) {
        void *at = (char *)element + field->where;
        if (field->kind == PV_FIELD_TEXT || field->kind == PV_FIELD_PICTURE) {
            pv_free(*(char **)at);
        } else if (field->kind == PV_FIELD_OBJECT) {
            clear(at, field->fields);
        } else if (field->kind == PV_FIELD_LIST || field->kind == PV_FIELD_LATER) {
            char *list = *(char **)at;
            int n = *(const int *)(const void *)((const char *)element + field->count);
            for (int i = 0; i < n; i++) clear(list + (size_t)i * field->size, field->fields);
            pv_free(list);
        }
    }
}

void pv_findings_clear(pv_findings *f)
{
    clear(f, pv_findings_fields);
    memset(f, 0, sizeof *f);
}

void pv_findings_hide_pictures(pv_findings *f)
{
    for (int i = 0; i < f->findings; i++)
        for (int k = 0; k < f->finding[i].exhibits; k++) {
            pv_exhibit *e = &f->finding[i].exhibit[k];
            pv_free(e->original);
            pv_free(e->guess);
            pv_free(e->baseline);
            e->original = e->guess = e->baseline = NULL;
        }
    f->with_originals = 0;
}

int pv_control_holds(const pv_control *c, int positive)
{
    if (c->count.n < 1 || c->unfinished) return 0;
    double share = (double)c->count.k / (double)c->count.n;
    return positive ? share >= c->bound : share <= c->bound; /* a NaN bound never holds */
}

void pv_finding_settle(pv_finding *f)
{
    f->interval =
        f->count.n > 0 ? pv_clopper_pearson(f->count.k, f->count.n, 0.95) : (pv_interval){NAN, NAN};
    f->positive.holds = pv_control_holds(&f->positive, 1);
    f->negative.holds = pv_control_holds(&f->negative, 0);
}

/* A leak AUC that is no chance any more, whichever of the classes it was found in. */
#define RANKED 0.6

int pv_finding_ranks(const pv_finding *f)
{
    for (int k = 0; k < f->classes; k++)
        if (f->class[k].low > RANKED) return 1; /* not for NaN */
    return 0;
}

pv_level pv_finding_level(const pv_finding *f)
{
    double low = f->interval.low, chance = f->chance;
    if (!f->finished || !f->positive.holds || !f->negative.holds || f->count.n < 1)
        return PV_LEVEL_INVALID;
    if (!isfinite(low) || !isfinite(chance)) return PV_LEVEL_INVALID; /* nothing to compare */
    if (!(low > chance)) return pv_finding_ranks(f) ? PV_LEVEL_SOME : PV_LEVEL_NONE;
    return low - chance >= 0.5 * (1 - chance) ? PV_LEVEL_MOST : PV_LEVEL_SOME;
}

const char *pv_level_name(pv_level level)
{
    switch (level) {
    case PV_LEVEL_MOST:
        return "most";
    case PV_LEVEL_SOME:
        return "some";
    case PV_LEVEL_INVALID:
        return "invalid";
    case PV_LEVEL_NONE:
        break;
    }
    return "none";
}

double pv_finding_beyond(const pv_finding *f)
{
    return f->chance < 1 ? (f->interval.low - f->chance) / (1 - f->chance) : 0;
}

/* Does f belong before the finding that stands before it, of the same level? */
static int goes_before(const pv_finding *f, const pv_finding *before)
{
    return strcmp(pv_words_text(f->secret), pv_words_text(before->secret)) == 0 &&
           pv_finding_level(f) != PV_LEVEL_NONE &&
           pv_finding_beyond(f) > pv_finding_beyond(before); /* not for NaN */
}

void pv_findings_order(const pv_findings *f, int *index)
{
    static const pv_level order[] = {PV_LEVEL_MOST, PV_LEVEL_SOME, PV_LEVEL_INVALID, PV_LEVEL_NONE};
    int n = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        int first = n;
        for (int i = 0; i < f->findings; i++) {
            const pv_finding *one = &f->finding[i];
            if (pv_finding_level(one) != order[k]) continue;
            int at = n++;
            for (; at > first && goes_before(one, &f->finding[index[at - 1]]); at--)
                index[at] = index[at - 1];
            index[at] = i;
        }
    }
}
