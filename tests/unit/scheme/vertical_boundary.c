/* The boundary against an integer program of its own (vertical_reference.h), with the published
 * 2,048-bit key: weights, velocities, scores and gradients bit for bit, through whole runs. */
#include "vertical_run.h"

static void corners(void **state)
{
    (void)state;
    pv_boundary_settings s[8];
    for (int i = 0; i < 8; i++) s[i] = pair_small();
    s[0].momentum = 0;
    s[1].decay = 0;
    s[2].momentum = s[2].decay = 0;
    s[3].weak = 10;
    s[4].width = 1;
    s[4].outputs = 2;
    s[5].batch = 1;
    s[6].width = 90; /* two full packs and a rest, two packs of features and more */
    s[7].width = 40; /* with slots of just this width there would be no rest */
    s[7].gradient = 3;
    for (int i = 0; i < 8; i++) {
        run t;
        begin(&t, &s[i], 10 + (uint64_t)i);
        int64_t rows = s[i].batch;
        for (int k = 0; k < 3; k++) step(&t, k == 1 ? (rows + 1) / 2 : rows, 0.1, 0);
        end(&t);
    }
}

static void prediction_only(void **state)
{
    (void)state;
    run t;
    pv_boundary_settings s = pair_small();
    s.steps = 0;
    s.lr = s.momentum = s.decay = 0;
    begin(&t, &s, 20);
    for (int64_t rows = 1; rows <= 4; rows++) predict(&t, rows);
    end(&t);
}

/* W_0 from outside is W_0 to the last digit of F. */
static void known_weights(void **state)
{
    (void)state;
    pair p;
    pv_boundary_settings s = pair_small();
    double init[15], w[15];
    for (int i = 0; i < 15; i++) init[i] = ldexp(i - 7, -3) + ldexp(i, -40);
    pair_open(&p, &s, key, 30, init);
    pv_boundary_weights(w, &p.b, pv_passive_share(p.passive), pv_active_share(p.active));
    same_numbers(w, init, 15);
    pair_close(&p);
}

/* Secret initial weights have the standard deviation that was asked for, 0.3, and the distribution
 * of a sum of two uniform ones; shares are spread over their whole width. */
static void secret_weights(void **state)
{
    (void)state;
    enum { D = 200, C = 10, COUNT = D * C };
    pair p;
    pv_boundary_settings s = pair_small();
    double w[COUNT], sum = 0, square = 0, share = 0;
    s.width = D;
    s.outputs = C;
    pair_open(&p, &s, key, 31, NULL);
    pv_boundary_weights(w, &p.b, pv_passive_share(p.passive), pv_active_share(p.active));
    for (int i = 0; i < COUNT; i++) {
        assert_true(fabs(w[i]) <= 0.3 * 2 * sqrt(1.5));
        sum += w[i];
        square += w[i] * w[i];
        double e = pv_wide_double(pv_active_share(p.active)[i], 1 - (int)p.b.share_bits);
        share += e * e;
    }
    /* standard errors: 0.3/√2000 = 0.0067; 4 of them; of the deviation about 1.3 %; of the
     * variance 1/3 of a uniform number about 2 % */
    assert_true(fabs(sum / COUNT) < 0.027);
    assert_true(fabs(sqrt(square / COUNT) - 0.3) < 0.016);
    assert_true(fabs(share / COUNT - 1.0 / 3) < 0.027);
    pair_close(&p);
}

/* Activations and gradients that do not depend on the masks: two runs whose masks differ. */
static void other_masks(void **state)
{
    (void)state;
    enum { STEPS = 20, ROWS = 4, D = 5, C = 3 };
    pv_boundary_settings s = pair_small();
    pair p[2];
    double init[C * D], z[2][ROWS * C], g[ROWS * C], da[ROWS * D], w[2][C * D], bias[C] = {0};
    float a[ROWS * D];
    int different = 0;
    pv_rng r = pv_rng_make(5, 5);
    for (int i = 0; i < C * D; i++) init[i] = 0.1 * (i % 7 - 3);
    for (uint64_t k = 0; k < 2; k++) pair_open(&p[k], &s, key, 40 + k, init);
    for (int n = 0; n < STEPS; n++) {
        pair_activations(a, ROWS * D, 4, &r);
        for (int k = 0; k < 2; k++) pair_predict(&p[k], z[k], a, ROWS);
        different += memcmp(p[0].scores.data, p[1].scores.data, p[0].scores.size) != 0;
        different += memcmp(p[0].opened.data, p[1].opened.data, p[0].opened.size) != 0;
        for (int i = 0; i < ROWS; i++)
            for (int c = 0; c < C; c++) {
                double most = 0; /* a unit in the last place of every working weight, and W's own */
                for (int j = 0; j < D; j++) most += fabs((double)a[i * D + j]) + 0x1p-17;
                assert_true(fabs(z[0][i * C + c] - z[1][i * C + c]) <= 1.001 * ldexp(most, -16));
            }
        pair_gradient(g, bias, z[0], ROWS, &s, 0.1, &r);
        for (int k = 0; k < 2; k++) {
            pair_learn(&p[k], da, g, NULL, 0.1);
            pv_boundary_weights(w[k], &p[k].b, pv_passive_share(p[k].passive),
                                pv_active_share(p[k].active));
        }
        different += memcmp(p[0].u.data, p[1].u.data, p[0].u.size) != 0;
        /* at most two units of V a step, remembered for 1/(1-μ) steps, times η at each step */
        for (int i = 0; i < C * D; i++)
            assert_true(fabs(w[0][i] - w[1][i]) <= (n + 1) * 0.1001 * ldexp(2 * 10.1, -40));
    }
    assert_int_equal(different, 3 * STEPS);
    for (int k = 0; k < 2; k++) pair_close(&p[k]);
}

static void clamped(void **state)
{
    (void)state;
    pair p;
    pv_boundary_settings s = pair_small();
    float a[20] = {0}, cut[20] = {0};
    double z[12], z_cut[12];
    const float odd[] = {4.0f,   -4.0f,    4.00001f, -4.00001f, 1e30f,
                         -1e30f, 3.99999f, 0x1p-17f, -0x1p-17f};
    const float even[] = {4.0f, -4.0f, 4.0f, -4.0f, 4.0f, -4.0f, 3.99999f, 0x1p-16f, 0};
    memcpy(a, odd, sizeof odd);
    memcpy(cut, even, sizeof even);
    pair_open(&p, &s, key, 50, NULL);
    pair_predict(&p, z, a, 4);
    assert_int_equal(pv_active_clamped(p.active), 4);
    pair_predict(&p, z_cut, cut, 4);
    assert_int_equal(pv_active_clamped(p.active), 4);
    same_numbers(z, z_cut, 12); /* also: halves are rounded up */
    pair_close(&p);
}

static void save(pair *p, pv_bytes *active, pv_bytes *passive)
{
    pv_writer w = pv_writer_make("half", 1 << 20);
    CHECK_OK(pv_active_save(p->active, &w));
    CHECK_OK(pv_writer_take(&w, active));
    CHECK_OK(pv_passive_save(p->passive, &w));
    CHECK_OK(pv_writer_take(&w, passive));
}

/* Saved and loaded in between, with the same randomness the end is the same, bit for bit; with
 * other randomness messages differ and weights agree as far as other masks let them. */
static void resumed(void **state)
{
    (void)state;
    enum { STEPS = 6, ROWS = 4, D = 5, C = 3 };
    pv_boundary_settings s = pair_small();
    pair p[3];
    pv_bytes half[3][2];
    double z[ROWS * C], da[ROWS * D], w[3][C * D];
    for (int k = 0; k < 3; k++) pair_open(&p[k], &s, key, 60, NULL);
    for (int n = 0; n < STEPS; n++)
        for (int k = 0; k < 3; k++) {
            pv_rng r = pv_rng_make((uint64_t)n, 9);
            float a[ROWS * D];
            double g[ROWS * C];
            if (n == 3 && k > 0) {
                pv_bytes active, passive;
                save(&p[k], &active, &passive);
                pv_csprng ra = p[k].ra, rp = p[k].rp;
                pair_close(&p[k]);
                pair_make(&p[k], &s, key, 60);
                pv_reader from = pv_reader_make("half", active.data, active.size);
                CHECK_OK(pv_active_load(p[k].active, &from));
                pv_reader_end(&from);
                CHECK_OK(pv_reader_status(&from));
                from = pv_reader_make("half", passive.data, passive.size);
                CHECK_OK(pv_passive_load(p[k].passive, &from));
                pv_reader_end(&from);
                CHECK_OK(pv_reader_status(&from));
                if (k == 1) {
                    p[k].ra = ra;
                    p[k].rp = rp;
                } else {
                    pv_csprng_test(&p[k].ra, 1000);
                    pv_csprng_test(&p[k].rp, 1001);
                }
                pv_bytes_clear(&active);
                pv_bytes_clear(&passive);
            }
            pair_activations(a, ROWS * D, 4.5, &r);
            for (int i = 0; i < ROWS * C; i++)
                g[i] = (i % C == 0 ? -0.2 : 0.1) * pv_rng_uniform(&r);
            pair_predict(&p[k], z, a, ROWS);
            pair_learn(&p[k], da, g, NULL, 0.1);
        }
    /* blinds differ (each party makes one), shares do not */
    for (int k = 0; k < 3; k++) {
        save(&p[k], &half[k][0], &half[k][1]);
        pv_boundary_weights(w[k], &p[k].b, pv_passive_share(p[k].passive),
                            pv_active_share(p[k].active));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(half[0][i].size, half[1][i].size);
        assert_memory_equal(half[0][i].data, half[1][i].data, half[0][i].size);
        assert_memory_not_equal(half[0][i].data, half[2][i].data, half[0][i].size);
    }
    same_numbers(w[0], w[1], C * D);
    for (int i = 0; i < C * D; i++)
        assert_true(fabs(w[0][i] - w[2][i]) <= STEPS * 0.1001 * ldexp(2 * 10.1, -40));
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 2; i++) pv_bytes_clear(&half[k][i]);
        pair_close(&p[k]);
    }
}

/* Where activations are the data themselves there is nothing to learn from dA: neither [E] nor [X]
 * crosses, and the weights learn all the same. A saved half gives its share without a key. */
static void raw_features(void **state)
{
    (void)state;
    enum { ROWS = 4, D = 5, C = 3 };
    pv_boundary_settings s = pair_small();
    pair p[2];
    float a[ROWS * D];
    double z[ROWS * C], g[ROWS * C], da[ROWS * D];
    pv_rng r = pv_rng_make(2, 2);
    for (int k = 0; k < 2; k++) pair_open(&p[k], &s, key, 80, NULL);
    for (int n = 0; n < 3; n++) {
        pair_activations(a, ROWS * D, 4, &r);
        for (int i = 0; i < ROWS * C; i++) g[i] = (i % C == 0 ? -0.2 : 0.1) * pv_rng_uniform(&r);
        for (int k = 0; k < 2; k++) pair_predict(&p[k], z, a, ROWS);
        pair_learn(&p[0], da, g, NULL, 0.1);
        pair *q = &p[1];
        CHECK_OK(pv_active_send_rest(&q->features, NULL, q->active, &q->ra));
        CHECK_OK(pv_passive_gradients(&q->d, NULL, q->passive, q->features.data, q->features.size,
                                      NULL, 0, g, NULL, "enc-features 1 from shop", &q->rp));
        CHECK_OK(pv_active_update(&q->u, &q->s, q->active, q->d.data, q->d.size, 0.1,
                                  "enc-weight-gradient 1 from bank", &q->ra));
        CHECK_OK(pv_passive_update(q->passive, q->u.data, q->u.size, q->s.data, q->s.size, 0.1,
                                   "opened-weight-gradient 1 from shop"));
    }
    double w[2][C * D];
    for (int k = 0; k < 2; k++)
        pv_boundary_weights(w[k], &p[k].b, pv_passive_share(p[k].passive),
                            pv_active_share(p[k].active));
    for (int i = 0; i < C * D; i++)
        assert_true(fabs(w[0][i] - w[1][i]) <= 3 * 0.1001 * ldexp(2 * 10.1, -40));
    pv_bytes half[2];
    pv_wide share[C * D];
    save(&p[1], &half[0], &half[1]);
    for (int party = 0; party < 2; party++) {
        pv_reader from = pv_reader_make("half", half[party].data, half[party].size);
        CHECK_OK(pv_boundary_read_share(share, &p[1].b, party, &from));
        assert_memory_equal(
            share, party == 0 ? pv_active_share(p[1].active) : pv_passive_share(p[1].passive),
            sizeof share);
        from = pv_reader_make("half", half[party].data, half[party].size);
        CHECK_FAILS(pv_boundary_read_share(share, &p[1].b, 1 - party, &from), PV_ERR_MISMATCH,
                    "party is");
    }
    for (int k = 0; k < 2; k++) {
        pv_bytes_clear(&half[k]);
        pair_close(&p[k]);
    }
}

/* What the active party gets back does not remember its own randomness: the n-th residue of [Y] for
 * the same plaintexts and masks differs from one time to the next, and so do masks. */
static void fresh_every_time(void **state)
{
    (void)state;
    pair p;
    pv_boundary_settings s = pair_small();
    float a[20];
    double z[2][12];
    pv_bytes scores, opened;
    pv_rng r = pv_rng_make(3, 3);
    pair_activations(a, 20, 4, &r);
    pair_open(&p, &s, key, 70, NULL);
    pair_predict(&p, z[0], a, 4);
    scores = p.scores;
    opened = p.opened;
    p.scores = p.opened = (pv_bytes){0};
    pv_csprng_test(&p.ra, 140); /* the active party repeats itself exactly */
    pair_predict(&p, z[1], a, 4);
    same_numbers(z[0], z[1], 12);
    size_t cipher = scores.size / 3, residue = opened.size / 3;
    for (size_t i = 0; i < 3; i++) {
        assert_memory_not_equal(scores.data + i * cipher, p.scores.data + i * cipher, cipher);
        assert_memory_not_equal(opened.data + i * residue, p.opened.data + i * residue, residue);
    }
    pv_bytes_clear(&scores);
    pv_bytes_clear(&opened);
    pair_close(&p);
}

/* Weights, and E's digits below the working ones: those decide how Wu is rounded. */
static void look(double *w, int *up, const pair *p)
{
    const unsigned low = (unsigned)(p->b.scale - p->b.set.fw);
    const pv_wide *mine = pv_active_share(p->active), *theirs = pv_passive_share(p->passive);
    pv_boundary_weights(w, &p->b, theirs, mine);
    for (int64_t i = 0; i < p->b.set.width * p->b.set.outputs; i++) {
        pv_wide whole = pv_wide_sub(theirs[i], mine[i]),
                worked = pv_wide_sub(pv_wide_shr(theirs[i], low), pv_wide_shr(mine[i], low)),
                more = pv_wide_sub(worked, pv_wide_shr(whole, low));
        up[i] = (int)pv_wide_double(more, 0);
        assert_true(up[i] == 0 || up[i] == 1);
    }
}

/* W shared anew is W to its last digit, in shares as narrow as was said; scores change by how Wu is
 * rounded and by nothing else; saved and loaded it is the same; and nothing is trained any more. */
static void settled(void **state)
{
    (void)state;
    enum { ROWS = 4, D = 5, C = 3, COUNT = C * D };
    pv_boundary_settings s = pair_small();
    pair p, again;
    float a[ROWS * D];
    double z[3][ROWS * C], g[ROWS * C], da[ROWS * D], w[2][COUNT], bias[C] = {0};
    int up[2][COUNT];
    pv_bytes half[2], copy[2], narrow, out, more;
    pv_rng r = pv_rng_make(8, 8);
    pair_open(&p, &s, key, 90, NULL);
    for (int n = 0; n < 3; n++) {
        pair_activations(a, ROWS * D, s.clamp, &r);
        pair_predict(&p, z[0], a, ROWS);
        pair_gradient(g, bias, z[0], ROWS, &s, 0.1, &r);
        pair_learn(&p, da, g, NULL, 0.1);
    }
    pair_predict(&p, z[0], a, ROWS);
    look(w[0], up[0], &p);
    save(&p, &half[0], &half[1]);

    assert_true(pv_boundary_settles(&p.b));
    assert_true(p.b.settled_exponent_bits < p.b.exponent_bits);
    CHECK_OK(pv_active_settle(&narrow, p.active, &p.ra));
    assert_int_equal(narrow.size, COUNT * p.b.share_bytes);
    CHECK_OK(pv_passive_settle(p.passive, narrow.data, narrow.size, "share-settled 1 from shop"));
    look(w[1], up[1], &p);
    same_numbers(w[0], w[1], COUNT);
    pv_wide whole[2][COUNT];
    for (int i = 0; i < 2; i++) {
        pv_wide share[2][COUNT];
        for (int party = 0; party < 2; party++) {
            const pair *q = &p;
            pv_reader from = pv_reader_make("half", half[party].data, half[party].size);
            if (i == 0)
                CHECK_OK(pv_boundary_read_share(share[party], &q->b, party, &from));
            else
                memcpy(share[party],
                       party == 0 ? pv_active_share(q->active) : pv_passive_share(q->passive),
                       sizeof share[party]);
        }
        for (int k = 0; k < COUNT; k++) whole[i][k] = pv_wide_sub(share[1][k], share[0][k]);
    }
    assert_memory_equal(whole[0], whole[1], sizeof whole[0]);
    double most = 0;
    for (int i = 0; i < COUNT; i++) {
        const unsigned low = (unsigned)(p.b.scale - p.b.set.fw);
        pv_wide mine = pv_active_share(p.active)[i], theirs = pv_passive_share(p.passive)[i];
        assert_true(pv_wide_fits(mine, p.b.settled_bits));
        assert_true(pv_wide_fits(theirs, p.b.settled_masked_bits));
        assert_true(pv_wide_fits(pv_wide_shr(theirs, low), p.b.settled_exponent_bits));
        most = fmax(most, fabs(pv_wide_double(mine, 1 - (int)p.b.settled_bits)));
        for (int v = 0; v < 2; v++) {
            pv_wide none =
                v == 0 ? pv_active_velocity(p.active)[i] : pv_passive_velocity(p.passive)[i];
            assert_true(pv_wide_double(none, 0) == 0);
        }
    }
    assert_true(most > 0.5); /* spread over their width: 2^-15 that they aren't */

    /* 2^(fa+fw)·z is an integer sum of Â·Wu, exactly: what differs is where Wu is W's or one more
     */
    pair_predict(&p, z[1], a, ROWS);
    int moved = 0;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < C; k++) {
            double by = 0;
            for (int j = 0; j < D; j++)
                by += floor(ldexp(a[i * D + j], p.b.set.fa) + 0.5) *
                      (up[1][k * D + j] - up[0][k * D + j]);
            assert_true(z[1][i * C + k] - z[0][i * C + k] == ldexp(by, -p.b.set.fa - p.b.set.fw));
            moved += by != 0;
        }
    assert_true(moved > 0);

    /* once; and no step after it, on either side */
    CHECK_FAILS(pv_active_settle(&out, p.active, &p.ra), PV_ERR_USAGE, "shared anew once");
    CHECK_FAILS(pv_passive_settle(p.passive, narrow.data, narrow.size, "m"), PV_ERR_USAGE,
                "shared anew once");
    CHECK_FAILS(pv_active_send_rest(&out, &more, p.active, &p.ra), PV_ERR_USAGE,
                "nothing is trained after that");
    CHECK_FAILS(pv_passive_gradients(&out, &more, p.passive, NULL, 0, NULL, 0, g, NULL, "m", &p.rp),
                PV_ERR_USAGE, "nothing is trained after that");

    pair_make(&again, &s, key, 91);
    save(&p, &copy[0], &copy[1]);
    pv_reader from = pv_reader_make("half", copy[0].data, copy[0].size);
    CHECK_OK(pv_active_load(again.active, &from));
    from = pv_reader_make("half", copy[1].data, copy[1].size);
    CHECK_OK(pv_passive_load(again.passive, &from));
    pair_predict(&again, z[2], a, ROWS);
    same_numbers(z[1], z[2], ROWS * C);
    CHECK_FAILS(pv_active_settle(&out, again.active, &again.ra), PV_ERR_USAGE, "shared anew once");
    CHECK_FAILS(pv_active_send_rest(&out, &more, again.active, &again.ra), PV_ERR_USAGE,
                "nothing is trained after that");
    for (int i = 0; i < 2; i++) {
        pv_bytes_clear(&half[i]);
        pv_bytes_clear(&copy[i]);
    }
    pv_bytes_clear(&narrow);
    pair_close(&again);
    pair_close(&p);
}

/* What would not be narrow, or is not S at all, is refused and changes nothing. */
static void settled_wrongly(void **state)
{
    (void)state;
    enum { D = 5, C = 3, COUNT = C * D };
    pv_boundary_settings s = pair_small();
    pair p;
    pv_bytes narrow, before[2], after[2], none;
    pv_status status = PV_OK;
    pair_open(&p, &s, key, 92, NULL);
    save(&p, &before[0], &before[1]);
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_active_settle(&narrow, p.active, &p.ra);
        if (status != PV_OK) assert_null(narrow.data);
    }
    const size_t whole = COUNT * p.b.share_bytes;
    const struct {
        size_t at, size;
        uint8_t high; /* byte of one number */
        const char *text;
    } wrong[] = {
        {0, whole, 0x40, "share-settled 1 from shop: a share would be wider than"},
        {COUNT - 1, whole, 0xc0, "bits that the scenario gives for predictions"},
        {0, whole - 1, 0x40, "share-settled 1 from shop"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t *high = narrow.data + (wrong[i].at + 1) * p.b.share_bytes - 1, was = *high;
        *high = wrong[i].high;
        CHECK_FAILS(
            pv_passive_settle(p.passive, narrow.data, wrong[i].size, "share-settled 1 from shop"),
            PV_ERR_PEER, wrong[i].text);
        *high = was;
        save(&p, &after[0], &after[1]);
        assert_memory_equal(after[1].data, before[1].data, before[1].size);
        pv_bytes_clear(&after[0]);
        pv_bytes_clear(&after[1]);
    }
    CHECK_OUT_OF_MEMORY(status)
    status = pv_passive_settle(p.passive, narrow.data, narrow.size, "share-settled 1 from shop");
    pv_bytes_clear(&narrow);
    for (int i = 0; i < 2; i++) pv_bytes_clear(&before[i]);
    pair_close(&p);

    /* before shares are there; without training; with weak masks, which are as narrow already */
    pair_make(&p, &s, key, 93);
    CHECK_FAILS(pv_active_settle(&none, p.active, &p.ra), PV_ERR_USAGE, "shared anew once");
    CHECK_FAILS(pv_passive_settle(p.passive, NULL, 0, "m"), PV_ERR_USAGE, "shared anew once");
    pair_close(&p);
    for (int i = 0; i < 2; i++) {
        s = pair_small();
        s.weak = 10 * i;
        if (i == 0) s.steps = 0;
        if (i == 0) s.lr = s.momentum = s.decay = 0;
        pair_open(&p, &s, key, 94, NULL);
        assert_false(pv_boundary_settles(&p.b));
        assert_int_equal(p.b.settled_exponent_bits, p.b.exponent_bits);
        CHECK_FAILS(pv_active_settle(&none, p.active, &p.ra), PV_ERR_USAGE,
                    "where that makes shares narrower");
        CHECK_FAILS(pv_passive_settle(p.passive, NULL, 0, "m"), PV_ERR_USAGE,
                    "where that makes shares narrower");
        pair_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(corners),          cmocka_unit_test(prediction_only),
        cmocka_unit_test(known_weights),    cmocka_unit_test(secret_weights),
        cmocka_unit_test(other_masks),      cmocka_unit_test(clamped),
        cmocka_unit_test(resumed),          cmocka_unit_test(raw_features),
        cmocka_unit_test(fresh_every_time), cmocka_unit_test(settled),
        cmocka_unit_test(settled_wrongly),
    };
    return cmocka_run_group_tests(tests, open_key, close_key);
}
