/* Turning an answer back, and what goes into the network, decide no branch and no address by the
 * secret. */
#include "base/ct.h"
#include "encode/complement/secret.h"

#include <stdio.h>
#include <string.h>

static const pv_secret_plan plan = {
    .kind = PV_SECRET_PERMUTATION, .form = PV_SECRET_PLANE, .classes = 10, .alpha = 1};
static pv_secret_value value;

static void draw(void)
{
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
    pv_secret_draw(&value, &plan, &r);
    PV_CT_SECRET(&value, sizeof value);
}

static int label(void)
{
    int sum = 0;
    draw();
    for (int32_t answer = 0; answer < plan.classes; answer++) {
        int32_t got = pv_secret_open(&plan, &value, answer);
        PV_CT_PUBLIC(&got, sizeof got);
        sum += got;
    }
    return sum == 45;
}

static int scores(void)
{
    float score[10], got[10], sum = 0;
    for (int i = 0; i < 10; i++) score[i] = (float)i;
    draw();
    pv_secret_open_scores(got, &plan, &value, score);
    PV_CT_PUBLIC(got, sizeof got);
    for (int i = 0; i < 10; i++) sum += got[i];
    return sum == 45;
}

/* What goes into the network for `kind` as `form`, of every value of an offset, one after the
 * other: the same bits as are made in the open. The look of a digit is no part of the value. */
static int filled(pv_secret_kind kind, pv_secret_form form)
{
    enum { CLASSES = 4, SIDE = 9, MOST = SIDE * SIDE * CLASSES * CLASSES };
    static float got[MOST], open[MOST];
    const pv_secret_plan p = {kind, form, CLASSES, 0.5, PV_SHAPE(SIDE, SIDE, 2)};
    size_t size = (size_t)pv_secret_numbers(&p) * sizeof *got;
    int same = 1;
    for (uint64_t seed = 0; seed < 4; seed++) {
        pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
        pv_secret_draw(&value, &p, &r);
        pv_secret_fill_open(open, &p, &value);
        PV_CT_SECRET(value.to, sizeof value.to);
        pv_secret_fill(got, &p, &value);
        PV_CT_PUBLIC(got, sizeof got);
        same = same && memcmp(got, open, size) == 0;
    }
    return same;
}

static int planes(void)
{
    return filled(PV_SECRET_OFFSET, PV_SECRET_PLANE);
}

static int permuted(void)
{
    return filled(PV_SECRET_PERMUTATION, PV_SECRET_PLANE);
}

static int digit(void)
{
    return filled(PV_SECRET_OFFSET, PV_SECRET_DIGIT);
}

/* One digit drawn, as training does it. */
static int drawn(void)
{
    static float got[81];
    const pv_secret_plan p = {PV_SECRET_OFFSET, PV_SECRET_DIGIT, 10, 0.5, PV_SHAPE(9, 9, 2)};
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
    pv_secret_draw(&value, &p, &r);
    PV_CT_SECRET(value.to, sizeof value.to);
    pv_secret_fill_open(got, &p, &value);
    return 1;
}

static int branch(void)
{
    draw();
    if (value.to[3] == 4) puts("4");
    return 1;
}

/* What turning back would be without care. */
static int search(void)
{
    int l = 0;
    draw();
    while (value.to[l] != 4) l++;
    return l < 10;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {{"label", label}, {"scores", scores}, {"planes", planes}, {"permuted", permuted},
                 {"digit", digit}, {"drawn", drawn},   {"branch", branch}, {"search", search}};
    for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(argv[1], cases[i].name) == 0) return cases[i].run() ? 0 : 1;
    fprintf(stderr, "usage: secret_ct CASE\n");
    return 2;
}
