/* Noise that customers put on what they send: on what crosses, the same for a row as often as it is
 * asked about of one front, and as much as the scenario says. */
#include "complement_run.h"

/* What anna sent, as the provider's view has it: [45, 256]. */
static float *sent(const run *r)
{
    pv_view *v = run_view(r, 0);
    float *z = pv_alloc(45 * 256, sizeof *z);
    size_t at = 0;
    assert_non_null(z);
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        pv_view_payload p = {0};
        const pv_part *part;
        if (pv_view_at(v, i)->type != PV_COMPLEMENT_ACTIVATION) continue;
        CHECK_OK(pv_view_load(&p, v, i));
        CHECK_OK(pv_parts_get(&part, &p.parts, "activation", "z", PV_U8, PV_SHAPE(-1, 4 * 256)));
        size_t size = (size_t)part->shape.dim[0] * 4 * 256;
        assert_true(at + size <= 45 * 4 * 256);
        memcpy((uint8_t *)z + at, part->data, size);
        at += size;
        pv_view_payload_clear(&p);
    }
    assert_int_equal(at, 45 * 4 * 256);
    pv_view_free(v);
    return z;
}

/* z without what the front gives: the noise on it, in its own deviations; statistics of it. */
static void noise_of(double *n, const fixture *f, const float *z, double sd)
{
    static float x[45 * 28 * 28], plain[45 * 256], zero[45 * 256];
    pv_secret_value *value;
    pv_split_half front;
    pv_split_runner *r;
    pv_data *data;
    int64_t rows;
    CHECK_OK(pv_complement_secrets_load(&value, &rows, f->r.party[1].folder, &f->hidden.plan));
    CHECK_OK(pv_data_open(&data, asked[1], NULL));
    CHECK_OK(pv_split_half_load(&front, f->front, 0));
    rows_of(x, front.model, data, 0, 45);
    CHECK_OK(pv_split_runner_new(&r, &front, 64, NULL));
    CHECK_OK(pv_front_run(r, plain, x, value, zero, 45));
    double sum = 0, squares = 0;
    for (int i = 0; i < 45 * 256; i++) {
        n[i] = (z[i] - plain[i]) / sd;
        sum += n[i];
        squares += n[i] * n[i];
    }
    assert_true(fabs(sum / (45 * 256)) < 7 / sqrt(45 * 256));
    assert_true(fabs(squares / (45 * 256) - 1) < 7 * sqrt(2.0 / (45 * 256)));
    pv_split_runner_free(r);
    pv_split_half_clear(&front);
    pv_data_free(data);
    pv_free(value);
}

static double share_alike(const double *a, const double *b)
{
    double ab = 0;
    for (int i = 0; i < 45 * 256; i++) ab += a[i] * b[i] / (45 * 256);
    return ab;
}

/* Keys are drawn anew in each run of the test: bounds that chance doesn't reach. A front's noise
 * is on what crosses. Asked again of the same front the same rows are the same
 * bytes; another front of another amount has other noise, not the same one scaled; with secrets =
 * fresh it is other noise in each run. */
static void noise_repeats(void **state)
{
    (void)state;
    static double n[4][45 * 256];
    for (int fresh = 0; fresh < 2; fresh++) {
        fixture f, other;
        const char *secrets = fresh ? "secrets = fresh" : "secrets = prf";
        char settings[64];
        float *z[3];
        set_up(&f, 1, 0);
        drop_halves(&f);
        make_noised(&f, 0, 0, 0.5);
        pv_split_half front;
        CHECK_OK(pv_split_half_load(&front, f.front, 0));
        assert_true(front.noise == 0.5);
        const double spread = front.spread;
        pv_split_half_clear(&front);
        snprintf(settings, sizeof settings, "query_batch = 16\nhide_noise = 0.5\n%s", secrets);
        write_text(&f, 0, "", settings);
        run_ok(&f.r, "one");
        z[0] = sent(&f.r);
        noise_of(n[0], &f, z[0], 0.5 * spread);
        run_ok(&f.r, "two");
        z[1] = sent(&f.r);
        noise_of(n[1], &f, z[1], 0.5 * spread);
        memcpy(&other.r, &f.r, sizeof other.r);
        make_noised(&other, 0, 0, 0.25);
        snprintf(settings, sizeof settings, "query_batch = 16\nhide_noise = 0.25\n%s", secrets);
        write_text(&other, 0, "", settings);
        run_ok(&other.r, "three");
        z[2] = sent(&other.r);
        noise_of(n[2], &other, z[2], 0.25 * spread);
        if (fresh)
            assert_true(fabs(share_alike(n[0], n[1])) < 7 / sqrt(45 * 256));
        else
            assert_memory_equal(z[0], z[1], 45 * 256 * sizeof **z);
        assert_true(fabs(share_alike(n[0], n[2])) < 7 / sqrt(45 * 256));
        for (int i = 1; i < 45; i++) { /* nor have two rows anything in common */
            double ab = 0;
            for (int k = 0; k < 256; k++) ab += n[0][k] * n[0][i * 256 + k] / 256;
            assert_true(fabs(ab) < 8.0 / sqrt(256));
        }
        for (int i = 0; i < 3; i++) pv_free(z[i]);
        drop_halves(&other);
        tear_down(&f);
    }
}

/* How much noise is in the scenario is what customers agreed to: other halves are refused. */
static void noise_is_agreed(void **state)
{
    (void)state;
    static const char *const hide[] = {"", "hide_noise = 0.75", "hide_noise = 0.5"};
    fixture f;
    set_up(&f, 1, 0);
    drop_halves(&f);
    make_noised(&f, 0, 0, 0.5);
    for (int k = 0; k < 3; k++) {
        write_text(&f, 0, "", hide[k]);
        f.r.may_fail = 0;
        run_all(&f.r, k == 0 ? "none" : k == 1 ? "other" : "same");
        assert_int_equal(f.r.party[0].status, k == 2 ? PV_OK : PV_ERR_MISMATCH);
        if (k < 2)
            assert_non_null(strstr(f.r.party[0].trail,
                                   "customers put noise of 0.5 deviations on what it gives"));
    }
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(noise_repeats),
                                       cmocka_unit_test(noise_is_agreed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
