#include "check.h"

#include "privet/rng.h"
#include "scheme/vertical/marvell.h"

#include <math.h>

typedef struct setting {
    double u, v, g, p, power;
    int64_t d;
} setting;

/* The sum of both divergences, written out over covariances: trace terms, then Δ's. */
static double divergence(const setting *s, const double along[2], const double across[2])
{
    const double sigma[2][2] = {{along[0] + s->u, across[0] + s->u},
                                {along[1] + s->v, across[1] + s->v}};
    double trace = sigma[0][0] / sigma[1][0] + sigma[1][0] / sigma[0][0];
    if (s->d > 1 && sigma[0][1] + sigma[1][1] > 0)
        trace += (double)(s->d - 1) * (sigma[0][1] / sigma[1][1] + sigma[1][1] / sigma[0][1]);
    else
        trace += 2.0 * (double)(s->d - 1);
    return 0.5 * (trace + s->g * (1 / sigma[0][0] + 1 / sigma[1][0])) - (double)s->d;
}

static double power(const setting *s, const double along[2], const double across[2])
{
    return s->p * (along[1] + (double)(s->d - 1) * across[1]) +
           (1 - s->p) * (along[0] + (double)(s->d - 1) * across[0]);
}

static pv_marvell solve(const setting *s)
{
    pv_marvell out;
    pv_marvell_solve(&out, s->u, s->v, s->g, s->p, s->power, s->d);
    return out;
}

static void close_to(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want))) fail_msg("%.12g, not %.12g", got, want);
}

/* Without variance of their own: appendix of arXiv 2102.08504, in closed form. */
static void no_variance_has_a_closed_form(void **state)
{
    (void)state;
    static const setting known[] = {{0, 0, 1, 0.5, 1, 1},
                                    {0, 0, 1, 0.1, 4, 1},
                                    {0, 0, 2.5, 0.9, 0.3, 9},
                                    {0, 0, 1e-6, 0.005, 8e-6, 2},
                                    {0, 0, 8.0 / 4096, 1.0 / 65, 1.0 / 4096, 1}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const setting *s = &known[i];
        pv_marvell got = solve(s);
        double e = sqrt((s->power + (1 - s->p) * s->g) / (s->power + s->p * s->g));
        double along0 = s->power / s->p / (e + (1 - s->p) / s->p);
        double along1 = s->power / s->p - (1 - s->p) * along0 / s->p;
        close_to(got.along[0], along0, 1e-6);
        close_to(got.along[1], along1, 1e-6);
        assert_true(got.across[0] == 0 && got.across[1] == 0);
        close_to(got.divergence, 0.5 * ((along0 + s->g) / along1 + (along1 + s->g) / along0) - 1,
                 1e-9);
    }
}

static setting any(pv_rng *r)
{
    setting s = {exp(4 * pv_rng_normal(r)), exp(4 * pv_rng_normal(r)),
                 exp(2 * pv_rng_normal(r)), 0.001 + 0.998 * pv_rng_uniform(r),
                 exp(2 * pv_rng_normal(r)), 1 + (int64_t)pv_rng_below(r, 20)};
    if (pv_rng_below(r, 8) == 0) s.u = 0;
    if (pv_rng_below(r, 8) == 0) s.v = 0;
    return s;
}

/* A solution is allowed, is what it says, and no other allowed point is better: drawn anywhere, and
 * near the solution. */
static void nothing_allowed_is_better(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(1, 0);
    for (int i = 0; i < 300; i++) {
        setting s = any(&r);
        pv_marvell got = solve(&s);
        assert_true(power(&s, got.along, got.across) <= s.power * (1 + 1e-9));
        for (int y = 0; y < 2; y++)
            assert_true(got.across[y] >= 0 && got.along[y] >= got.across[y] * (1 - 1e-9));
        assert_true(got.across[s.u <= s.v ? 1 : 0] == 0);
        double at = divergence(&s, got.along, got.across);
        assert_true(fabs(got.divergence - at) <= 1e-7 * (1 + at));
        for (int k = 0; k < 2000; k++) {
            double along[2], across[2];
            int near = k % 2;
            for (int y = 0; y < 2; y++) {
                double wide = near ? exp(0.05 * pv_rng_normal(&r)) : exp(3 * pv_rng_normal(&r));
                across[y] = near ? got.across[y] * wide : pv_rng_uniform(&r) * wide;
                wide = near ? exp(0.05 * pv_rng_normal(&r)) : exp(3 * pv_rng_normal(&r));
                along[y] = fmax(near ? got.along[y] * wide : wide, across[y]);
            }
            double scale = s.power / power(&s, along, across);
            if (near) scale = fmin(scale, 1);
            for (int y = 0; y < 2; y++) {
                along[y] *= scale;
                across[y] *= scale;
            }
            double other = divergence(&s, along, across);
            if (other < at * (1 - 1e-7) - 1e-9)
                fail_msg("u %g v %g g %g p %g power %g d %d: %.10g, but %.10g can be had", s.u, s.v,
                         s.g, s.p, s.power, (int)s.d, at, other);
        }
    }
}

static void more_power_leaves_less(void **state)
{
    (void)state;
    setting s = {0.1, 0.4, 1, 0.1, 0.01, 9};
    double before = INFINITY;
    for (; s.power < 1e5; s.power *= 3) {
        double now = solve(&s).divergence;
        assert_true(now < before);
        before = now;
    }
    assert_true(before < 1e-4);
}

/* Which class is called 1 makes no difference. */
static void classes_can_be_exchanged(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(2, 0);
    for (int i = 0; i < 50; i++) {
        setting s = any(&r), other = {s.v, s.u, s.g, 1 - s.p, s.power, s.d};
        pv_marvell a = solve(&s), b = solve(&other);
        assert_true(fabs(a.divergence - b.divergence) <= 1e-7 * (1 + a.divergence));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_variance_has_a_closed_form),
        cmocka_unit_test(nothing_allowed_is_better),
        cmocka_unit_test(more_power_leaves_less),
        cmocka_unit_test(classes_can_be_exchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
