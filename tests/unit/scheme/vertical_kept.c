/* What is found in the parties' folders when a run is over: the halves of a training, in the folder
 * or where local.ini says, and the layer that they add up to. */
#include "vertical_pair.h"

#include "base/file.h"
#include "nn/model_i.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { D = 5, C = 3, CELLS = C * D };
static const char net[] = "dense 5\nrelu\ndense classes\n";
static const char *const side[2] = {"passive", "active"};

typedef struct kept {
    char root[64], folder[2][96], half[2][128], local[2][128];
    const char *in[2]; /* the folders in the order of the scenario */
    pv_scenario s;
    double w[CELLS], bias[C];
    pv_model *m;
} kept;

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
}

static void take_share(pv_bytes *out, pair *p, int active)
{
    pv_writer w = pv_writer_make("a share", 1 << 20);
    w.secret = 1;
    CHECK_OK(active ? pv_active_save(p->active, &w) : pv_passive_save(p->passive, &w));
    CHECK_OK(pv_writer_take(&w, out));
    pv_writer_clear(&w);
}

static void save_half(const kept *k, pair *p, int active, const char *path, uint8_t session)
{
    pv_vertical_cut cut;
    pv_half h = {.active = active, .head = 1, .model = k->m, .set = p->b.set};
    CHECK_OK(pv_vertical_cut_find(&cut, k->m, 1));
    memset(h.session, session, sizeof h.session);
    take_share(&h.share, p, active);
    CHECK_OK(pv_half_save(&h, &cut, path));
    h.model = NULL;
    pv_half_clear(&h);
}

static void begin(kept *k)
{
    static const char text[] =
        "[scenario]\nname = later\nscheme = vertical\nmodel = mlr\nseed = 1\n"
        "[scheme]\ntask = predict\n"
        "[schema]\nkind = table\nshape = 4\nclasses = 3\n"
        "[party shop]\nrole = active\n[party bank]\nrole = passive\n";
    char path[128];
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(4), .classes = C};
    pv_paillier_sk *key = test_paillier_key("safe");
    pv_boundary_settings set = pair_small();
    pair p;
    *k = (kept){0};
    char root[] = "/tmp/kept-XXXXXX";
    assert_non_null(mkdtemp(root));
    snprintf(k->root, sizeof k->root, "%s", root);
    snprintf(path, sizeof path, "%s/scenario.ini", root);
    write_text(path, text);
    CHECK_OK(pv_scenario_load(&k->s, path));
    CHECK_OK(pv_model_parse(&k->m, net, strlen(net), "net.model", &domain, 2));
    for (int i = 0; i < 2; i++) {
        char folder[96];
        snprintf(folder, sizeof folder, "%.60s/%s", root, side[i]);
        CHECK_OK(pv_folder_make(folder));
        snprintf(k->folder[i], sizeof k->folder[i], "%s", folder);
        snprintf(k->half[i], sizeof k->half[i], "%s/half.safetensors", folder);
        snprintf(k->local[i], sizeof k->local[i], "%s/local.ini", folder);
    }
    k->in[0] = k->folder[1];
    k->in[1] = k->folder[0];
    pair_open(&p, &set, key, 5, NULL);
    pv_boundary_weights(k->w, &p.b, pv_passive_share(p.passive), pv_active_share(p.active));
    for (int i = 0; i < 2; i++) save_half(k, &p, i, k->half[i], 7);
    const float *bias = k->m->param[k->m->params - 1].value.data;
    for (int i = 0; i < C; i++) k->bias[i] = bias[i];
    pair_close(&p);
    pv_paillier_sk_free(key);
}

static void end(kept *k)
{
    char path[128];
    for (int i = 0; i < 2; i++) {
        (void)unlink(k->half[i]);
        (void)unlink(k->local[i]);
        rmdir(k->folder[i]);
    }
    snprintf(path, sizeof path, "%s/scenario.ini", k->root);
    unlink(path);
    rmdir(k->root);
    pv_model_free(k->m);
    pv_scenario_clear(&k->s);
}

static void check_layer(kept *k)
{
    double *w = NULL;
    int64_t c = 0, d = 0;
    CHECK_OK(pv_vertical_weights(&w, &c, &d, &k->s, k->in));
    assert_int_equal(c, C);
    assert_int_equal(d, D);
    for (int i = 0; i < C; i++) {
        for (int j = 0; j < D; j++) assert_true(w[i * (D + 1) + j] == k->w[i * D + j]);
        assert_true(w[i * (D + 1) + D] == k->bias[i]);
    }
    pv_free(w);
}

static void halves_add_up(void **state)
{
    (void)state;
    kept k;
    pv_model *m;
    int64_t head = 0;
    double size = 0;
    begin(&k);
    for (int i = 0; i < CELLS; i++) size += fabs(k.w[i]);
    assert_true(size > 0);
    check_layer(&k);
    CHECK_OK(pv_vertical_own_model(&m, &head, &k.s, "shop", k.folder[1]));
    assert_int_equal(head, 1);
    assert_memory_equal(m->param[0].value.data, k.m->param[0].value.data,
                        pv_tensor_bytes(&m->param[0].value));
    pv_model_free(m);
    CHECK_FAILS(pv_vertical_own_model(&m, &head, &k.s, "nobody", k.folder[1]), PV_ERR_OPTION,
                "names no party 'nobody'");
    end(&k);
}

/* A later run has no half of its own; its local.ini says where that of the training is. */
static void named_halves(void **state)
{
    (void)state;
    kept k;
    begin(&k);
    for (int i = 0; i < 2; i++) {
        char text[192], moved[160];
        snprintf(moved, sizeof moved, "%s.of-training", k.half[i]);
        assert_int_equal(rename(k.half[i], moved), 0);
        snprintf(text, sizeof text, "[local]\nhalf = %s\n", moved);
        write_text(k.local[i], text);
    }
    check_layer(&k);
    write_text(k.local[0], "[local]\n");
    double *w;
    int64_t c, d;
    CHECK_FAILS(pv_vertical_weights(&w, &c, &d, &k.s, k.in), PV_ERR_NOT_FOUND, "half = FILE");
    assert_null(w);
    for (int i = 0; i < 2; i++) {
        char moved[160];
        snprintf(moved, sizeof moved, "%s.of-training", k.half[i]);
        unlink(moved);
    }
    end(&k);
}

static void two_trainings(void **state)
{
    (void)state;
    kept k;
    double *w;
    int64_t c, d;
    pair p;
    pv_boundary_settings set = pair_small();
    pv_paillier_sk *key = test_paillier_key("safe");
    begin(&k);
    pair_open(&p, &set, key, 6, NULL);
    save_half(&k, &p, 0, k.half[0], 8);
    CHECK_FAILS(pv_vertical_weights(&w, &c, &d, &k.s, k.in), PV_ERR_MISMATCH,
                "not those of one training");
    pair_close(&p);
    pv_paillier_sk_free(key);
    end(&k);
}

static void out_of_memory(void **state)
{
    (void)state;
    kept k;
    pv_status status;
    begin(&k);
    CHECK_OUT_OF_MEMORY(status)
    {
        double *w;
        int64_t c, d;
        status = pv_vertical_weights(&w, &c, &d, &k.s, k.in);
        pv_free(w);
    }
    end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_add_up),
        cmocka_unit_test(named_halves),
        cmocka_unit_test(two_trainings),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
