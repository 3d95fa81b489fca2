#include "check.h"

#include "base/csprng_test.h"
#include "privet/rng.h"
#include "scheme/vertical/marvell.h"
#include "scheme/vertical/protect.h"

#include <math.h>

enum { ROWS = 64, MOST_CLASSES = 10, BATCHES = 2000 };

static pv_protect settings(pv_protection how, double noise, int classes)
{
    return (pv_protect){.how = how,
                        .noise = noise,
                        .epsilon = 1,
                        .delta = 1e-5,
                        .clip = 0.5,
                        .classes = classes,
                        .columns = classes,
                        .head = 1,
                        .batch = ROWS,
                        .gradient = 1,
                        .fg = 24};
}

/* Rows of (P - T)/m for labels of which a share is class 1 (two classes), or any. */
static void batch(double *g, int32_t *label, int classes, double share, pv_rng *r)
{
    for (int i = 0; i < ROWS; i++) {
        double e[MOST_CLASSES], sum = 0;
        label[i] = (int32_t)(share >= 0 ? (pv_rng_uniform(r) < share)
                                        : (int32_t)pv_rng_below(r, (uint64_t)classes));
        for (int k = 0; k < classes; k++) sum += e[k] = exp(pv_rng_normal(r));
        for (int k = 0; k < classes; k++)
            g[i * classes + k] = (e[k] / sum - (k == label[i])) / ROWS;
    }
}

static void none_and_rr_change_no_gradient(void **state)
{
    (void)state;
    static const pv_protection how[] = {PV_PROTECT_NONE, PV_PROTECT_RR};
    double g[ROWS * MOST_CLASSES], shown[ROWS * MOST_CLASSES], left = 0;
    int32_t label[ROWS];
    pv_rng seed = pv_rng_make(1, 0);
    pv_csprng r;
    pv_csprng_test(&r, 1);
    batch(g, label, MOST_CLASSES, -1, &seed);
    for (int i = 0; i < 2; i++) {
        pv_protect p = settings(how[i], 1, MOST_CLASSES);
        CHECK_OK(pv_protect_check(&p));
        CHECK_OK(pv_protect_gradient(shown, &p, g, label, ROWS, &left, &r));
        assert_memory_equal(g, shown, sizeof g);
        assert_true(isnan(left));
        assert_true(pv_protect_most(&p) == 0);
        assert_false(pv_protect_everywhere(&p));
    }
}

/* Variance of each entry: (noise·longest row)²/columns; the entries are uncorrelated. */
static void iso_has_its_variance(void **state)
{
    (void)state;
    double g[ROWS * MOST_CLASSES], shown[ROWS * MOST_CLASSES], longest = 0;
    double mean = 0, square = 0, pairs = 0;
    int32_t label[ROWS];
    pv_rng seed = pv_rng_make(2, 0);
    pv_csprng r;
    pv_protect p = settings(PV_PROTECT_ISO, 2, MOST_CLASSES);
    pv_csprng_test(&r, 2);
    CHECK_OK(pv_protect_check(&p));
    batch(g, label, MOST_CLASSES, -1, &seed);
    for (int i = 0; i < ROWS; i++) {
        double sum = 0;
        for (int k = 0; k < MOST_CLASSES; k++)
            sum += g[i * MOST_CLASSES + k] * g[i * MOST_CLASSES + k];
        longest = fmax(longest, sum);
    }
    const double variance = 4 * longest / MOST_CLASSES;
    for (int b = 0; b < BATCHES; b++) {
        CHECK_OK(pv_protect_gradient(shown, &p, g, label, ROWS, NULL, &r));
        for (int i = 0; i < ROWS * MOST_CLASSES; i++) {
            double x = shown[i] - g[i], y = shown[i ^ 1] - g[i ^ 1];
            mean += x;
            square += x * x;
            pairs += x * y;
        }
    }
    const double n = (double)BATCHES * ROWS * MOST_CLASSES;
    assert_true(fabs(mean / n) < 5 * sqrt(variance / n));
    assert_true(fabs(square / n / variance - 1) < 5 * sqrt(2 / n));
    assert_true(fabs(pairs / n / variance) < 5 * sqrt(2 / n));
    assert_true(isinf(pv_protect_epsilon(&p, 1)));
    assert_false(pv_protect_everywhere(&p));
}

/* What the accounting assumes: rows no longer than the clip, and on each entry integers at fg of
 * variance σ², each alone and added up over a batch. */
static void gauss_is_what_the_accounting_assumes(void **state)
{
    (void)state;
    double g[ROWS * MOST_CLASSES], shown[ROWS * MOST_CLASSES];
    double square = 0, sums = 0, longest = 0;
    int32_t label[ROWS];
    pv_rng seed = pv_rng_make(3, 0);
    pv_csprng r;
    pv_protect p = settings(PV_PROTECT_GAUSS, 2, MOST_CLASSES);
    const double unit = 0x1p-24, clip = 0.5 / ROWS, sigma = ceil(2 * 0.5 / ROWS / unit) * unit;
    enum { REPEATS = 200 };
    pv_csprng_test(&r, 3);
    CHECK_OK(pv_protect_check(&p));
    for (int b = 0; b < REPEATS; b++) {
        double sum[MOST_CLASSES] = {0};
        batch(g, label, MOST_CLASSES, -1, &seed);
        CHECK_OK(pv_protect_gradient(shown, &p, g, label, ROWS, NULL, &r));
        for (int i = 0; i < ROWS; i++) {
            double length = 0, after = 0;
            for (int k = 0; k < MOST_CLASSES; k++)
                length += g[i * MOST_CLASSES + k] * g[i * MOST_CLASSES + k];
            length = sqrt(length);
            for (int k = 0; k < MOST_CLASSES; k++) {
                double cut = g[i * MOST_CLASSES + k] * fmin(1, clip / length);
                double x = shown[i * MOST_CLASSES + k], fixed = x / unit;
                assert_true(fixed == rint(fixed));
                cut = rint(cut / unit) * unit;
                after += cut * cut;
                square += (x - cut) * (x - cut);
                sum[k] += x - cut;
            }
            longest = fmax(longest, sqrt(after));
        }
        for (int k = 0; k < MOST_CLASSES; k++) sums += sum[k] * sum[k];
    }
    const double n = (double)REPEATS * ROWS * MOST_CLASSES, few = (double)REPEATS * MOST_CLASSES;
    assert_true(longest <= clip + 4 * unit);
    assert_true(fabs(square / n / (sigma * sigma) - 1) < 5 * sqrt(2 / n));
    assert_true(fabs(sums / few / (ROWS * sigma * sigma) - 1) < 5 * sqrt(2 / few));
    assert_true(pv_protect_everywhere(&p));
}

/* σ in units of the sensitivity is 2·0.5/(2·0.5) = 1 with clip 0.5 (less a few units of 2^-24), so
 * ρ of an epoch is 1/2: 4.7284 at 1e-5 (mpmath). A clip beyond √2/2 gains nothing: labels move rows
 * by √2. */
static void epsilon_is_composed_over_epochs(void **state)
{
    (void)state;
    pv_protect p = settings(PV_PROTECT_GAUSS, 2, MOST_CLASSES);
    double one = pv_protect_epsilon(&p, 1), ten = pv_protect_epsilon(&p, 10);
    assert_true(one > 4.72838 && one < 4.7287);
    assert_true(ten > one && ten < 10 * one);
    p.noise = 2 * sqrt(10); /* ten epochs with ten times the variance are one epoch */
    double same = pv_protect_epsilon(&p, 10);
    assert_true(fabs(same / one - 1) < 1e-4);
    p = settings(PV_PROTECT_GAUSS, 2, 2);
    p.clip = M_SQRT2 / 2;
    double at = pv_protect_epsilon(&p, 1);
    p.clip *= 2;
    assert_true(pv_protect_epsilon(&p, 1) < at); /* the same sensitivity, twice the noise */
    p = settings(PV_PROTECT_RR, 0, 10);
    p.epsilon = 0.7;
    assert_true(pv_protect_epsilon(&p, 1) == 0.7 && pv_protect_epsilon(&p, 1000) == 0.7);
    p.how = PV_PROTECT_NONE;
    assert_true(isinf(pv_protect_epsilon(&p, 1)));
    p.how = PV_PROTECT_MARVELL;
    assert_true(isinf(pv_protect_epsilon(&p, 1)));
}

static void labels_are_kept_as_often_as_said(void **state)
{
    (void)state;
    enum { N = 200000 };
    static int32_t label[N];
    static const int classes[] = {2, 3, 10};
    static const double epsilon[] = {0.5, 1, 4};
    const uint8_t key[PV_RUN_KEY_BYTES] = {4};
    for (int c = 0; c < 3; c++)
        for (int e = 0; e < 3; e++) {
            pv_protect p = settings(PV_PROTECT_RR, 0, classes[c]);
            int64_t seen[10] = {0};
            p.epsilon = epsilon[e];
            CHECK_OK(pv_protect_check(&p));
            double keep = exp(p.epsilon) / (exp(p.epsilon) + classes[c] - 1);
            double other = (1 - keep) / (classes[c] - 1);
            assert_true(fabs(pv_protect_keep(&p) - keep) < 1e-12);
            assert_true(fabs(log(keep / other) - p.epsilon) < 1e-12); /* the privacy itself */
            for (int i = 0; i < N; i++) label[i] = i % classes[c];
            CHECK_OK(pv_protect_labels(label, &p, N, key));
            for (int i = 0; i < N; i++) {
                assert_true(label[i] >= 0 && label[i] < classes[c]);
                seen[(label[i] - i % classes[c] + classes[c]) % classes[c]]++;
            }
            for (int k = 0; k < classes[c]; k++) {
                double want = k == 0 ? keep : other;
                assert_true(fabs((double)seen[k] / N - want) < 5 * sqrt(want * (1 - want) / N));
            }
        }
    pv_protect none = settings(PV_PROTECT_GAUSS, 1, 2);
    for (int i = 0; i < N; i++) label[i] = i % 2;
    CHECK_OK(pv_protect_labels(label, &none, N, key));
    for (int i = 0; i < N; i++) assert_int_equal(label[i], i % 2);
}

/* Another run on the same labels tells nothing new; one that differs anywhere draws anew. And where
 * labels are practically kept, they are. */
static void labels_are_drawn_once(void **state)
{
    (void)state;
    enum { N = 4000 };
    static int32_t truth[N], first[N], again[N];
    uint8_t key[PV_RUN_KEY_BYTES] = {7};
    pv_protect p = settings(PV_PROTECT_RR, 0, 2);
    for (int i = 0; i < N; i++) first[i] = truth[i] = i * 7 % 5 % 2;
    CHECK_OK(pv_protect_labels(first, &p, N, key));
    for (int what = 0; what < 4; what++) { /* nothing, a label, epsilon, the key */
        int both = 0;
        memcpy(again, truth, sizeof truth);
        again[N / 2] ^= what == 1;
        p.epsilon = what == 2 ? 1.0000001 : 1;
        key[31] = what == 3;
        CHECK_OK(pv_protect_labels(again, &p, N, key));
        for (int i = 0; i < N; i++) both += first[i] == again[i];
        double keep = pv_protect_keep(&p), alike = keep * keep + (1 - keep) * (1 - keep);
        if (what == 0)
            assert_int_equal(both, N);
        else
            assert_true(fabs((double)both / N - alike) < 5 * sqrt(alike * (1 - alike) / N));
    }
    p.epsilon = 40; /* keep rounds to 1 */
    memcpy(again, truth, sizeof truth);
    CHECK_OK(pv_protect_labels(again, &p, N, key));
    assert_memory_equal(again, truth, sizeof truth);
}

/* Two classes: rows stay in the line where they sum to zero, the noise of each class has the
 * variance of the solution for this batch, and the divergence is that one's. */
static void marvell_draws_its_solution(void **state)
{
    (void)state;
    double g[ROWS * 2], shown[ROWS * 2], left, square[2] = {0}, mean[2] = {0}, spread[2] = {0};
    int32_t label[ROWS];
    int count[2] = {0};
    pv_rng seed = pv_rng_make(5, 0);
    pv_csprng r;
    pv_marvell want;
    pv_protect p = settings(PV_PROTECT_MARVELL, 4, 2);
    pv_csprng_test(&r, 5);
    CHECK_OK(pv_protect_check(&p));
    batch(g, label, 2, 0.2, &seed);
    /* along (1,-1)/√2 each row is one number */
    for (int i = 0; i < ROWS; i++) {
        count[label[i]]++;
        mean[label[i]] += (g[2 * i + 1] - g[2 * i]) / M_SQRT2;
    }
    for (int y = 0; y < 2; y++) mean[y] /= count[y];
    for (int i = 0; i < ROWS; i++) {
        double off = (g[2 * i + 1] - g[2 * i]) / M_SQRT2 - mean[label[i]];
        spread[label[i]] += off * off / count[label[i]];
    }
    double apart = (mean[1] - mean[0]) * (mean[1] - mean[0]);
    pv_marvell_solve(&want, spread[0], spread[1], apart, (double)count[1] / ROWS, 4 * apart, 1);
    for (int b = 0; b < BATCHES; b++) {
        CHECK_OK(pv_protect_gradient(shown, &p, g, label, ROWS, &left, &r));
        for (int i = 0; i < ROWS; i++) {
            double x = shown[2 * i] - g[2 * i], y = shown[2 * i + 1] - g[2 * i + 1];
            assert_true(fabs(x + y) < 1e-12);
            square[label[i]] += 2 * x * x;
        }
    }
    assert_true(fabs(left - want.divergence) < 1e-9);
    for (int y = 0; y < 2; y++) {
        double n = (double)BATCHES * count[y];
        assert_true(fabs(square[y] / n / want.along[y] - 1) < 5 * sqrt(2 / n));
    }
}

/* The guarantee: with gradients as the paper takes them, Gaussian in each class, not even the best
 * detector, which knows both distributions, has a smaller error. It comes near enough to show that
 * the test would see a broken one. */
static void no_detector_does_better(void **state)
{
    (void)state;
    static const double noise[] = {0.5, 2, 8, 32};
    for (int k = 0; k < 4; k++) {
        const double u = 0.02, v = 0.05, g = 1, p = 0.3;
        pv_marvell s;
        pv_marvell_solve(&s, u, v, g, p, noise[k] * g, 1);
        /* (FPR+FNR)/2 of the likelihood ratio of N(0, a) and N(1, b) is half the overlap. */
        double a = s.along[0] + u, b = s.along[1] + v, overlap = 0, step = 1e-3;
        for (double x = -60; x < 60; x += step) {
            double f = exp(-x * x / (2 * a)) / sqrt(2 * M_PI * a);
            double h = exp(-(x - 1) * (x - 1) / (2 * b)) / sqrt(2 * M_PI * b);
            overlap += fmin(f, h) * step;
        }
        double least = pv_protect_error(s.divergence);
        assert_true(overlap / 2 >= least);
        assert_true(overlap / 2 <= least + 0.12);
    }
    assert_true(pv_protect_error(0) == 0.5);
    assert_true(pv_protect_error(4) == 0);
    assert_true(pv_protect_error(1e9) == 0);
    assert_true(isnan(pv_protect_error(NAN)));
}

/* A batch without one of the two classes gets noise as well: as much as one with a single row. */
static void a_missing_class_is_not_told(void **state)
{
    (void)state;
    for (int there = 0; there < 2; there++) {
        double g[ROWS * 2], shown[ROWS * 2], left, noise = 0, clean = 0;
        int32_t label[ROWS];
        pv_rng seed = pv_rng_make(6, 0);
        pv_csprng r;
        pv_protect p = settings(PV_PROTECT_MARVELL, 4, 2);
        pv_csprng_test(&r, 6);
        batch(g, label, 2, there, &seed);
        CHECK_OK(pv_protect_gradient(shown, &p, g, label, ROWS, &left, &r));
        assert_true(isnan(left));
        for (int i = 0; i < 2 * ROWS; i++) {
            noise += (shown[i] - g[i]) * (shown[i] - g[i]);
            clean += g[i] * g[i];
        }
        assert_true(noise > clean);
    }
}

/* Ten classes: every row gets noise that leaves its sum zero, and labels drown: the entry that was
 * the only negative one is the lowest less often the more noise there is. */
static void marvell_hides_ten_classes(void **state)
{
    (void)state;
    static const double noise[] = {0.1, 1, 100};
    double before = 1;
    for (int k = 0; k < 3; k++) {
        double g[ROWS * MOST_CLASSES], shown[ROWS * MOST_CLASSES];
        int32_t label[ROWS];
        int read = 0;
        pv_rng seed = pv_rng_make(7, 0);
        pv_csprng r;
        pv_protect p = settings(PV_PROTECT_MARVELL, noise[k], MOST_CLASSES);
        pv_csprng_test(&r, 7);
        CHECK_OK(pv_protect_check(&p));
        for (int b = 0; b < 100; b++) {
            batch(g, label, MOST_CLASSES, -1, &seed);
            memcpy(shown, g, sizeof g);
            CHECK_OK(pv_protect_gradient(shown, &p, shown, label, ROWS, NULL, &r)); /* in place */
            for (int i = 0; i < ROWS; i++) {
                double sum = 0;
                int lowest = 0, changed = 0;
                for (int j = 0; j < MOST_CLASSES; j++) {
                    const double *row = shown + (ptrdiff_t)i * MOST_CLASSES;
                    sum += row[j];
                    changed += row[j] != g[i * MOST_CLASSES + j];
                    if (row[j] < row[lowest]) lowest = j;
                }
                assert_int_equal(changed, MOST_CLASSES);
                assert_true(fabs(sum) < 1e-9);
                read += lowest == label[i];
            }
        }
        double share = read / (100.0 * ROWS);
        assert_true(share < before);
        before = share;
    }
    assert_true(before < 0.25);
}

static void everything_stays_in_its_slot(void **state)
{
    (void)state;
    static const pv_protection how[] = {PV_PROTECT_ISO, PV_PROTECT_MARVELL, PV_PROTECT_GAUSS};
    static const int classes[] = {2, 10};
    for (int h = 0; h < 3; h++)
        for (int c = 0; c < 2; c++) {
            double g[ROWS * MOST_CLASSES], shown[ROWS * MOST_CLASSES], most = 0, row = 0;
            double gradient, noise;
            int32_t label[ROWS];
            pv_rng seed = pv_rng_make(8, 0);
            pv_csprng r;
            pv_protect p = settings(how[h], 3, classes[c]);
            pv_csprng_test(&r, 8);
            for (int b = 0; b < 50; b++) {
                batch(g, label, classes[c], classes[c] == 2 ? 0.02 : -1, &seed);
                CHECK_OK(pv_protect_gradient(shown, &p, g, label, ROWS, NULL, &r));
                for (int i = 0; i < ROWS; i++) {
                    double sum = 0;
                    for (int k = 0; k < classes[c]; k++) {
                        sum += fabs(shown[i * classes[c] + k]);
                        most = fmax(most, fabs(shown[i * classes[c] + k]));
                    }
                    row = fmax(row, sum);
                }
            }
            pv_protect_bounds(&gradient, &noise, &p);
            assert_true(gradient + noise >= 1 + pv_protect_most(&p));
            assert_true(row <= (2 * gradient + classes[c] * noise) / ROWS);
            assert_true((noise > 0) != pv_protect_everywhere(&p));
            assert_true(most <= (1 + pv_protect_most(&p)) / ROWS);
            assert_true(most > 0.01 * pv_protect_most(&p) / ROWS); /* and not for nothing */
            /* What is beyond is cut. */
            for (int i = 0; i < classes[c]; i++) g[i] = i == 0 ? 1e6 : -1e6;
            CHECK_OK(pv_protect_gradient(shown, &p, g, label, 1, NULL, &r));
            if (how[h] != PV_PROTECT_GAUSS)
                assert_true(fabs(shown[0]) == (1 + pv_protect_most(&p)) / ROWS);
            else
                assert_true(fabs(shown[0]) <= (1 + pv_protect_most(&p)) / ROWS);
        }
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    pv_protect p = settings(PV_PROTECT_ISO, 0, 2);
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "protect = iso: noise = 0");
    p = settings(PV_PROTECT_MARVELL, NAN, 2);
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "protect = marvell: noise = nan");
    p = settings(PV_PROTECT_MARVELL, 1, 2);
    p.head = 2;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "take head = 1");
    p = settings(PV_PROTECT_GAUSS, 1, 10);
    p.columns = 84;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "84 outputs of it for 10 classes");
    p = settings(PV_PROTECT_GAUSS, 1, 10);
    p.delta = 0;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "delta = 0");
    p.delta = 1e-5;
    p.clip = -1;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "clip = -1");
    p.clip = 1000;
    p.noise = 1e5;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "change noise, clip or gradient_scale");
    p = settings(PV_PROTECT_RR, 0, 10);
    p.epsilon = 0;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "epsilon = 0");
    p.epsilon = NAN;
    CHECK_FAILS(pv_protect_check(&p), PV_ERR_OPTION, "epsilon = nan");
}

static void memory_may_run_out(void **state)
{
    (void)state;
    double g[ROWS * MOST_CLASSES], shown[ROWS * MOST_CLASSES];
    int32_t label[ROWS];
    pv_rng seed = pv_rng_make(9, 0);
    pv_csprng r;
    pv_protect p = settings(PV_PROTECT_MARVELL, 1, MOST_CLASSES);
    pv_status status = PV_OK;
    pv_csprng_test(&r, 9);
    batch(g, label, MOST_CLASSES, -1, &seed);
    CHECK_OUT_OF_MEMORY(status)
    status = pv_protect_gradient(shown, &p, g, label, ROWS, NULL, &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_and_rr_change_no_gradient),
        cmocka_unit_test(iso_has_its_variance),
        cmocka_unit_test(gauss_is_what_the_accounting_assumes),
        cmocka_unit_test(epsilon_is_composed_over_epochs),
        cmocka_unit_test(labels_are_kept_as_often_as_said),
        cmocka_unit_test(labels_are_drawn_once),
        cmocka_unit_test(marvell_draws_its_solution),
        cmocka_unit_test(no_detector_does_better),
        cmocka_unit_test(a_missing_class_is_not_told),
        cmocka_unit_test(marvell_hides_ten_classes),
        cmocka_unit_test(everything_stays_in_its_slot),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
