/* A whole answer, of each kind, turned back: no branch and no address is decided by the secret. */
#include "base/ct.h"
#include "nn/step.h"
#include "scheme/complement/answers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 3, CLASSES = 10 };
static const pv_secret_plan plan = {
    .kind = PV_SECRET_PERMUTATION, .form = PV_SECRET_PLANE, .classes = CLASSES, .alpha = 1};
static pv_secret_value value[ROWS];
static float score[ROWS * CLASSES];
static int32_t said[ROWS];

/* Row i's true label is 2i + 1; rows' scores have one place that is larger than the others. */
static void draw(void)
{
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
    for (int i = 0; i < ROWS; i++) {
        pv_secret_draw(&value[i], &plan, &r);
        said[i] = pv_secret_hide(&value[i], 2 * i + 1);
        for (int k = 0; k < CLASSES; k++) score[i * CLASSES + k] = k == said[i] ? 0.55f : 0.05f;
    }
    PV_CT_SECRET(value, sizeof value);
}

static int opened(int answers)
{
    int32_t label[ROWS];
    float probability[ROWS];
    draw();
    pv_query_answer a = {.answers = answers, .rows = ROWS, .classes = CLASSES};
    a.label = answers == PV_QUERY_LABEL ? said : NULL;
    a.score = answers == PV_QUERY_LABEL ? NULL : score;
    pv_query_answer_open(label, probability, &a, &plan, value);
    PV_CT_PUBLIC(label, sizeof label);
    int right = 0; /* probabilities stay unmarked: they must not depend on the secret at all */
    for (int i = 0; i < ROWS; i++)
        right += label[i] == 2 * i + 1 &&
                 (answers == PV_QUERY_LABEL ? isnan(probability[i]) : probability[i] > 0.1f);
    return right == ROWS;
}

static int label(void)
{
    return opened(PV_QUERY_LABEL);
}

static int logits(void)
{
    return opened(PV_QUERY_LOGITS);
}

static int rounded(void)
{
    return opened(PV_QUERY_ROUNDED);
}

/* What turning back would be without care: the largest of the scores in their true order, ... */
static int largest(void)
{
    float turned[CLASSES];
    draw();
    pv_secret_open_scores(turned, &plan, &value[0], score);
    if (pv_largest_class(turned, CLASSES) == 1) puts("1");
    return 1;
}

/* ... and its probability out of them. */
static int probability(void)
{
    float turned[CLASSES];
    draw();
    pv_secret_open_scores(turned, &plan, &value[0], score);
    return exp((double)turned[0] - (double)turned[1]) > 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {{"label", label},
                 {"logits", logits},
                 {"rounded", rounded},
                 {"largest", largest},
                 {"probability", probability}};
    for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(argv[1], cases[i].name) == 0) return cases[i].run() ? 0 : 1;
    fprintf(stderr, "usage: complement_ct CASE\n");
    return 2;
}
