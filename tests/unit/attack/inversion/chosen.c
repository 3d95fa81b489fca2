/* A label party that does not keep to the protocol, against the real active side of the boundary:
 * how many activations it reads, and that nobody sees it. */
#include "../../scheme/vertical_pair.h"

#include "attack/inversion/chosen.h"

static pv_paillier_sk *key;

typedef struct attack {
    pair p;
    pv_chosen_layout layout;
    pv_paillier_blind *blind;
    pv_wide *working;
} attack;

static void begin(attack *t, const pv_boundary_settings *s, int64_t rows, uint64_t seed)
{
    const pv_paillier_pk *pk = pv_paillier_public(key);
    size_t weights = (size_t)(s->width * s->outputs);
    pair_open(&t->p, s, key, seed, NULL);
    const pv_boundary *b = &t->p.b;
    t->layout = (pv_chosen_layout){.rows = (size_t)rows,
                                   .width = (size_t)s->width,
                                   .classes = (size_t)s->outputs,
                                   .slots = (size_t)b->score_slots,
                                   .slot = b->score_slot,
                                   .activation_bits = (unsigned)b->set.fa + 2,
                                   .exponent_bits = b->exponent_bits,
                                   .fa = b->set.fa,
                                   .fw = b->set.fw};
    t->working = pv_alloc(weights, sizeof *t->working);
    assert_non_null(t->working);
    for (size_t i = 0; i < weights; i++)
        t->working[i] =
            pv_wide_shr(pv_passive_share(t->p.passive)[i], (unsigned)(b->scale - b->set.fw));
    CHECK_OK(pv_paillier_blind_new(&t->blind, pk, PV_BLIND_FULL, &t->p.rp, NULL));
}

static void end(attack *t)
{
    pv_paillier_blind_free(t->blind);
    pv_free(t->working);
    pair_close(&t->p);
}

/* One batch: which features, and how many come out right; z as an honest party would have it. */
static size_t query(attack *t, const float *a, const size_t *feature, double *z)
{
    size_t rows = t->layout.rows, classes = t->layout.classes, right = 0;
    double *got = pv_alloc(rows * classes, sizeof *got), unit = ldexp(1, -t->layout.fa);
    pv_chosen c;
    pair_messages(&t->p);
    assert_non_null(got);
    CHECK_OK(pv_active_send_samples(&t->p.samples, t->p.active, a, (int64_t)rows, &t->p.ra));
    CHECK_OK(pv_chosen_scores(&t->p.scores, &c, &t->layout, pv_paillier_public(key), t->blind,
                              t->working, feature, t->p.samples.data, t->p.samples.size, &t->p.rp,
                              NULL));
    CHECK_OK(pv_active_open(&t->p.opened, t->p.active, t->p.scores.data, t->p.scores.size,
                            "enc-scores 1 from bank"));
    CHECK_OK(pv_chosen_read(got, z, &c, t->p.opened.data, t->p.opened.size));
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < classes; k++) {
            double truth = floor(a[i * t->layout.width + feature[k]] / unit + 0.5) * unit;
            right += got[i * classes + k] == truth;
        }
    pv_chosen_clear(&c);
    pv_free(got);
    return right;
}

static void all_activations(void **state)
{
    (void)state;
    enum { ROWS = 4, WIDTH = 5, CLASSES = 3 };
    /* a run of usual length: slots are laid out for weights that could grow to thousands */
    pv_boundary_settings s = pair_small();
    s.steps = 9380;
    s.decay = 0;
    attack t;
    pv_rng rng = pv_rng_make(1, PV_STREAM_TEST);
    float a[ROWS * WIDTH];
    double z[ROWS * CLASSES], w[CLASSES * WIDTH];
    size_t right = 0, asked = 0;
    begin(&t, &s, ROWS, 1);
    pair_activations(a, ROWS * WIDTH, 1, &rng);
    pv_boundary_weights(w, &t.p.b, pv_passive_share(t.p.passive), pv_active_share(t.p.active));
    for (size_t first = 0; first < WIDTH; first += CLASSES) {
        size_t feature[CLASSES];
        for (size_t k = 0; k < CLASSES; k++) feature[k] = first + k < WIDTH ? first + k : WIDTH - 1;
        right += query(&t, a, feature, z);
        asked += ROWS * CLASSES;
        for (int i = 0; i < ROWS; i++) /* and the scores are there as ever */
            for (int k = 0; k < CLASSES; k++) {
                double sum = 0;
                for (int j = 0; j < WIDTH; j++) sum += w[k * WIDTH + j] * a[i * WIDTH + j];
                assert_true(fabs(z[i * CLASSES + k] - sum) < 1e-3);
            }
    }
    print_message("chosen: %zu of %zu activations in %d batches: %d a batch\n", right, asked, 2,
                  ROWS * CLASSES);
    assert_int_equal(right, asked);
    end(&t);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    pv_boundary_settings s = pair_small();
    attack t;
    pv_chosen c;
    pv_bytes out;
    double got[12];
    const size_t feature[3] = {0, 1, 2};
    const float a[20] = {0};
    const pv_paillier_pk *pk = pv_paillier_public(key);
    begin(&t, &s, 4, 2);
    CHECK_OK(pv_active_send_samples(&t.p.samples, t.p.active, a, 4, &t.p.ra));
    const uint8_t *in = t.p.samples.data;
    size_t size = t.p.samples.size;
    CHECK_FAILS(pv_chosen_scores(&out, &c, &t.layout, pk, t.blind, t.working, feature, in, size - 1,
                                 &t.p.rp, NULL),
                PV_ERR_PEER, "ciphertexts of 512 were expected");
    pv_chosen_layout narrow = t.layout;
    narrow.slot = narrow.activation_bits;
    CHECK_FAILS(pv_chosen_scores(&out, &c, &narrow, pk, t.blind, t.working, feature, in, size,
                                 &t.p.rp, NULL),
                PV_ERR_RANGE, "no room");
    CHECK_OK(pv_chosen_scores(&out, &c, &t.layout, pk, t.blind, t.working, feature, in, size,
                              &t.p.rp, NULL));
    CHECK_FAILS(pv_chosen_read(got, NULL, &c, out.data, 1), PV_ERR_PEER, "3 residues");
    pv_bytes_clear(&out);
    pv_chosen_clear(&c);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_chosen_scores(&out, &c, &t.layout, pk, t.blind, t.working, feature, in, size,
                                  &t.p.rp, NULL);
        pv_bytes_clear(&out);
        pv_chosen_clear(&c);
    }
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_activations),
        cmocka_unit_test(what_does_not_fit),
    };
    key = test_paillier_key("safe");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pv_paillier_sk_free(key);
    return failed;
}
