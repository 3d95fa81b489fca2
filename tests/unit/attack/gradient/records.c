/* Weights and gradients out of views: the server's and the client's own, updates, aggregates, what
 * is missing, not kept, masked or of another shape. */
#include "../recorded.h"

#include "attack/gradient/records.h"
#include <math.h>

enum { SIDE = 4, PIXELS = SIDE * SIDE, CLASSES = 3 };

static const char net[] = "conv 2 kernel=3\nbatchnorm\nflatten\ndense classes\n";

typedef struct scene {
    pv_model *model;
    victim v;
    float x[4 * PIXELS];
    pv_public known;
    recorded r;
    pv_part part[RECORDED_PARTS + 1];
} scene;

static void scene_init(scene *s, const char *party)
{
    const int32_t label[4] = {0, 1, 2, 1};
    memset(s, 0, sizeof *s);
    s->model = recorded_model(net, SIDE, CLASSES);
    s->known = (pv_public){.model = s->model};
    recorded_image(s->x, 4 * PIXELS, 1);
    victim_init(&s->v, s->model, s->x, label, 4);
    recorded_begin(&s->r, party);
}

static void scene_clear(scene *s)
{
    recorded_free(&s->r);
    victim_clear(&s->v);
    pv_model_free(s->model);
}

static void add_model(scene *s, pv_view_kind kind, uint16_t peer, uint64_t step)
{
    size_t n = recorded_parts(s->part, s->model, NULL, 1);
    recorded_add(&s->r, kind, peer, RECORDED_MODEL, step, s->part, n, 1);
}

static void add_given(scene *s, pv_view_kind kind, uint16_t peer, uint16_t type, uint64_t step,
                      int64_t samples, int kept)
{
    size_t n = recorded_parts(s->part, s->model, s->v.gradient, 0);
    if (samples != 0) s->part[n++] = (pv_part){"samples", PV_I64, PV_SHAPE(1), &samples};
    recorded_add(&s->r, kind, peer, type, step, s->part, n, kept);
}

static void compare(const scene *s, const pv_gradient_record *r, double factor)
{
    for (int i = 0; i < pv_model_params(s->model); i++) {
        const pv_tensor *t = pv_model_param(s->model, i);
        assert_memory_equal(r->weight[i], t->data, pv_tensor_bytes(t));
        if (pv_model_param_is_state(s->model, i)) {
            assert_null(r->gradient[i]);
            continue;
        }
        for (int64_t k = 0; k < pv_tensor_count(t); k++)
            assert_true(fabs(r->gradient[i][k] - factor * s->v.gradient[i][k]) <=
                        1e-6 * fabs(factor * s->v.gradient[i][k]));
    }
}

static const pv_attack_target alice = {.victim = "alice", .step = 3, .batch = 4};

static void as_the_server_saw_it(void **state)
{
    (void)state;
    scene s;
    pv_gradient_record r;
    int64_t batch;
    const int32_t *label;
    scene_init(&s, "server");
    /* what must not be taken: other clients, steps and directions */
    add_given(&s, PV_VIEW_RECEIVED, 1, RECORDED_GRADIENT, 3, 9, 1);
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 2, 9, 1);
    add_given(&s, PV_VIEW_SENT, 0, RECORDED_GRADIENT, 3, 9, 1);
    add_model(&s, PV_VIEW_SENT, 0, 3);
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 3, 4, 1);
    const pv_view *view = recorded_open(&s.r);
    CHECK_OK(pv_gradient_record_init(&r, &view, 1, &s.known, &alice));
    compare(&s, &r, 1);
    assert_int_equal(r.samples, 4);
    assert_int_equal(r.local_steps, 1);
    assert_false(r.aggregate);
    const int32_t known[4] = {0, 1, 2, 1};
    const pv_attack_target told = {.victim = "alice", .step = 3, .batch = 4, .label = known};
    const pv_attack_target open = {.victim = "alice", .step = 3};
    CHECK_OK(pv_gradient_record_batch(&batch, &label, &r, &told, 8));
    assert_int_equal(batch, 4);
    assert_ptr_equal(label, known);
    CHECK_OK(pv_gradient_record_batch(&batch, &label, &r, &open, 8));
    assert_int_equal(batch, 4);
    assert_null(label);
    CHECK_FAILS(pv_gradient_record_batch(&batch, &label, &r, &open, 3), PV_ERR_UNSUPPORTED,
                "4 samples are behind the gradient of alice at step 3");
    r.samples = 0;
    CHECK_FAILS(pv_gradient_record_batch(&batch, &label, &r, &open, 8), PV_ERR_USAGE,
                "how many samples");
    pv_gradient_record_clear(&r);
    pv_gradient_record_clear(&r);
    scene_clear(&s);
}

static void as_the_client_saw_it(void **state)
{
    (void)state;
    scene s;
    pv_gradient_record r;
    scene_init(&s, "alice");
    add_model(&s, PV_VIEW_RECEIVED, 0, 3);
    add_given(&s, PV_VIEW_SENT, 0, RECORDED_GRADIENT, 3, 4, 1);
    const pv_view *view = recorded_open(&s.r);
    CHECK_OK(pv_gradient_record_init(&r, &view, 1, &s.known, &alice));
    compare(&s, &r, 1);
    pv_gradient_record_clear(&r);
    /* alice's view says nothing about bob */
    const pv_attack_target bob = {.victim = "bob", .step = 3, .batch = 4};
    CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &bob), PV_ERR_NOT_FOUND,
                "what alice saw holds no gradient or update of bob at step 3");
    scene_clear(&s);
}

static void updates(void **state)
{
    (void)state;
    scene s;
    pv_gradient_record r;
    scene_init(&s, "server");
    add_model(&s, PV_VIEW_SENT, 0, 3);
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_UPDATE, 3, 4, 1);
    const pv_view *view = recorded_open(&s.r);
    CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &alice), PV_ERR_USAGE,
                "learning rate must be known");
    s.known.local_lr = 0.5;
    s.known.local_epochs = 1;
    CHECK_OK(pv_gradient_record_init(&r, &view, 1, &s.known, &alice));
    assert_int_equal(r.local_steps, 1); /* local_batch 0: all samples at once */
    compare(&s, &r, -2);
    pv_gradient_record_clear(&r);
    s.known.local_batch = 2;
    s.known.local_epochs = 5;
    CHECK_OK(pv_gradient_record_init(&r, &view, 1, &s.known, &alice));
    assert_int_equal(r.local_steps, 10);
    compare(&s, &r, -0.2);
    pv_gradient_record_clear(&r);
    scene_clear(&s);
}

static void masked_and_their_average(void **state)
{
    (void)state;
    scene s;
    pv_gradient_record r;
    int64_t batch;
    const int32_t *label;
    const int64_t word[4] = {1, 2, 3, 4};
    const pv_part masked = {"sum", PV_I64, PV_SHAPE(4), word};
    scene_init(&s, "server");
    for (uint64_t step = 3; step <= 4; step++) {
        add_model(&s, PV_VIEW_SENT, 0, step);
        recorded_add(&s.r, PV_VIEW_RECEIVED, 0, RECORDED_MASKED, step, &masked, 1, 1);
    }
    add_given(&s, PV_VIEW_DERIVED, PV_VIEW_NO_PEER, RECORDED_AGGREGATE, 4, 40, 1);
    const pv_view *view = recorded_open(&s.r);
    CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &alice), PV_ERR_NOT_FOUND,
                "there is a masked one");
    const int32_t known[4] = {0};
    const pv_attack_target t = {.victim = "alice", .step = 4, .batch = 4, .label = known};
    CHECK_OK(pv_gradient_record_init(&r, &view, 1, &s.known, &t));
    assert_true(r.aggregate);
    compare(&s, &r, 1);
    CHECK_OK(pv_gradient_record_batch(&batch, &label, &r, &t, 64));
    assert_int_equal(batch, 40); /* of all clients: the labels of one are no use */
    assert_null(label);
    pv_gradient_record_clear(&r);
    scene_clear(&s);
}

static void views_of_those_who_collude(void **state)
{
    (void)state;
    scene bob, server;
    pv_gradient_record r;
    scene_init(&bob, "bob");
    add_model(&bob, PV_VIEW_RECEIVED, 0, 3);
    scene_init(&server, "server");
    add_model(&server, PV_VIEW_SENT, 0, 3);
    add_given(&server, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 3, 4, 1);
    const pv_view *view[2] = {recorded_open(&bob.r), recorded_open(&server.r)};
    CHECK_OK(pv_gradient_record_init(&r, view, 2, &server.known, &alice));
    compare(&server, &r, 1);
    pv_gradient_record_clear(&r);
    CHECK_FAILS(pv_gradient_record_init(&r, view, 1, &server.known, &alice), PV_ERR_NOT_FOUND,
                "what bob saw");
    scene_clear(&bob);
    scene_clear(&server);
}

static void what_is_not_the_models(void **state)
{
    (void)state;
    static const struct {
        const char *name, *message;
        pv_dtype dtype;
        int shape;
        pv_status status;
    } wrong[] = {
        {"dense2.weight", "dense1.weight", PV_F32, 0, PV_ERR_PEER},
        {"dense1.weight", "the gradient of alice at step 3", PV_F64, 0, PV_ERR_PEER},
        {"dense1.weight", "dense1.weight", PV_F32, 1, PV_ERR_PEER},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        scene s;
        pv_gradient_record r;
        double big[256] = {0};
        scene_init(&s, "server");
        add_model(&s, PV_VIEW_SENT, 0, 3);
        size_t n = recorded_parts(s.part, s.model, s.v.gradient, 0);
        for (size_t k = 0; k < n; k++) {
            if (strcmp(s.part[k].name, "dense1.weight") != 0) continue;
            s.part[k].name = wrong[i].name;
            s.part[k].dtype = wrong[i].dtype;
            s.part[k].data = big;
            if (wrong[i].shape) s.part[k].shape = PV_SHAPE(7);
        }
        recorded_add(&s.r, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 3, s.part, n, 1);
        const pv_view *view = recorded_open(&s.r);
        CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &alice), wrong[i].status,
                    wrong[i].message);
        assert_null(r.weight);
        scene_clear(&s);
    }
}

static void values_that_make_no_sense(void **state)
{
    (void)state;
    scene s;
    pv_gradient_record r;
    scene_init(&s, "server");
    add_model(&s, PV_VIEW_SENT, 0, 3);
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 3, -4, 1);
    add_model(&s, PV_VIEW_SENT, 0, 4);
    s.v.gradient[0][1] = INFINITY;
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 4, 4, 1);
    add_model(&s, PV_VIEW_SENT, 0, 5);
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 5, 4, 0);
    const pv_view *view = recorded_open(&s.r);
    pv_attack_target t = alice;
    CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &t), PV_ERR_RANGE, "-4 samples");
    t.step = 4;
    CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &t), PV_ERR_RANGE,
                "value 1 of conv1.weight is not finite");
    t.step = 5;
    CHECK_FAILS(pv_gradient_record_init(&r, &view, 1, &s.known, &t), PV_ERR_NOT_FOUND, "");
    scene_clear(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    scene s;
    pv_status status = PV_OK;
    scene_init(&s, "server");
    add_model(&s, PV_VIEW_SENT, 0, 3);
    add_given(&s, PV_VIEW_RECEIVED, 0, RECORDED_UPDATE, 3, 4, 1);
    s.known.local_lr = 0.5;
    const pv_view *view = recorded_open(&s.r);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_gradient_record r;
        status = pv_gradient_record_init(&r, &view, 1, &s.known, &alice);
        pv_gradient_record_clear(&r);
    }
    scene_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_server_saw_it),
        cmocka_unit_test(as_the_client_saw_it),
        cmocka_unit_test(updates),
        cmocka_unit_test(masked_and_their_average),
        cmocka_unit_test(views_of_those_who_collude),
        cmocka_unit_test(what_is_not_the_models),
        cmocka_unit_test(values_that_make_no_sense),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
