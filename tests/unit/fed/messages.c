/* Messages of federated training: what one side makes is what the other takes, and anything else is
 * refused with a sentence. */
#include "check.h"

#include "fed/messages.h"
#include "fed/parts.h"
#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 2 };

static const char WHAT[] = "join from hospital-a";
static pv_model *model;
static pv_fed_layout layout;

static int set_up(void **state)
{
    (void)state;
    static const char text[] = "dense 2\nbatchnorm\ndense classes\n";
    const pv_model_domain d = {
        .size = sizeof d, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(COLUMNS), .classes = 3};
    return pv_model_parse(&model, text, sizeof text - 1, "test", &d, 1) != PV_OK ||
           pv_fed_layout_init(&layout, model) != PV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    pv_fed_layout_clear(&layout);
    pv_model_free(model);
    return 0;
}

/* Through bytes, as a peer gets it; *bytes must outlive the parts. */
static void through(pv_parts *out, uint8_t **bytes, const pv_part *part, size_t count)
{
    size_t size = pv_parts_size(part, count);
    *bytes = malloc(size);
    CHECK_OK(pv_parts_encode(*bytes, part, count));
    CHECK_OK(pv_parts_parse(out, WHAT, *bytes, size));
}

static void joins(void **state)
{
    (void)state;
    const double mean[COLUMNS] = {0.5, -3}, std[COLUMNS] = {0.25, 0}, odd[COLUMNS] = {NAN, 1};
    pv_fed_join j = {.samples = 7, .mean = mean, .std = std, .columns = COLUMNS}, k;
    pv_part part[PV_FED_JOIN_PARTS];
    pv_parts p;
    uint8_t *bytes;
    memset(j.truth.byte, 1, sizeof j.truth);
    memset(j.model.byte, 2, sizeof j.model);
    size_t n = pv_fed_join_parts(part, &j);
    assert_int_equal(n, 5);
    through(&p, &bytes, part, n);
    CHECK_OK(pv_fed_join_take(&k, &p, WHAT, COLUMNS, 1));
    assert_true(pv_hash_equal(&j.truth, &k.truth) && pv_hash_equal(&j.model, &k.model));
    assert_memory_equal(k.mean, mean, sizeof mean);
    assert_memory_equal(k.std, std, sizeof std);
    assert_int_equal(k.samples, 7);
    /* what the scenario does not ask for is refused: nobody tells more than was agreed */
    CHECK_FAILS(pv_fed_join_take(&k, &p, WHAT, COLUMNS, 0), PV_ERR_PEER, "5 tensors, 4 were");
    CHECK_FAILS(pv_fed_join_take(&k, &p, WHAT, 0, 1), PV_ERR_PEER, "hospital-a");
    CHECK_FAILS(pv_fed_join_take(&k, &p, WHAT, 3, 1), PV_ERR_PEER, "mean");
    pv_parts_clear(&p);
    free(bytes);

    j.mean = odd;
    through(&p, &bytes, part, pv_fed_join_parts(part, &j));
    CHECK_FAILS(pv_fed_join_take(&k, &p, WHAT, COLUMNS, 1), PV_ERR_PEER, "mean of column 0 is nan");
    pv_parts_clear(&p);
    free(bytes);

    j = (pv_fed_join){.samples = 0};
    n = pv_fed_join_parts(part, &j);
    assert_int_equal(n, 2);
    through(&p, &bytes, part, n);
    CHECK_OK(pv_fed_join_take(&k, &p, WHAT, 0, 0));
    assert_true(k.mean == NULL && k.samples == 0);
    CHECK_FAILS(pv_fed_join_take(&k, &p, WHAT, 0, 1), PV_ERR_PEER, "samples");
    pv_parts_clear(&p);
    free(bytes);
}

static void setups(void **state)
{
    (void)state;
    const double mean[COLUMNS] = {0, 1}, std[COLUMNS] = {1, -1};
    pv_fed_setup s = {.rounds = 12}, t;
    pv_part part[PV_FED_SETUP_PARTS];
    pv_parts p;
    uint8_t *bytes;
    through(&p, &bytes, part, pv_fed_setup_parts(part, &s));
    CHECK_OK(pv_fed_setup_take(&t, &p, WHAT, 0));
    assert_int_equal(t.rounds, 12);
    pv_parts_clear(&p);
    free(bytes);
    s = (pv_fed_setup){.rounds = 0, .mean = mean, .std = std, .columns = COLUMNS};
    through(&p, &bytes, part, pv_fed_setup_parts(part, &s));
    CHECK_FAILS(pv_fed_setup_take(&t, &p, WHAT, COLUMNS), PV_ERR_PEER, "rounds is 0");
    pv_parts_clear(&p);
    free(bytes);
    s.rounds = 1;
    through(&p, &bytes, part, pv_fed_setup_parts(part, &s));
    CHECK_FAILS(pv_fed_setup_take(&t, &p, WHAT, COLUMNS), PV_ERR_PEER, "std of column 1 is -1");
    pv_parts_clear(&p);
    free(bytes);
}

static void vectors(void **state)
{
    (void)state;
    float *v = pv_fed_vector_new(&layout), *u = pv_fed_vector_new(&layout);
    pv_fed_parts parts;
    pv_parts p;
    uint8_t *bytes;
    int64_t samples;
    for (int64_t i = 0; i < layout.size; i++) v[i] = (float)i - 3.5f;
    CHECK_OK(pv_fed_parts_init(&parts, &layout, v, PV_FORM_GRADIENT, 9));
    assert_int_equal(parts.count, pv_model_params(model) + 1);
    through(&p, &bytes, parts.part, parts.count);
    /* state is told apart by its name */
    assert_non_null(pv_parts_find(&p, "dense1.weight"));
    assert_non_null(pv_parts_find(&p, "state:batchnorm1.running_mean"));
    assert_null(pv_parts_find(&p, "batchnorm1.running_mean"));
    CHECK_OK(pv_fed_parts_take(u, &samples, &p, WHAT, &layout, PV_FORM_GRADIENT));
    assert_memory_equal(u, v, (size_t)layout.size * sizeof *v);
    assert_int_equal(samples, 9);
    CHECK_FAILS(pv_fed_parts_take(u, NULL, &p, WHAT, &layout, PV_FORM_GRADIENT), PV_ERR_PEER,
                "9 tensors, the model has 8");
    CHECK_FAILS(pv_fed_parts_take(u, &samples, &p, WHAT, &layout, PV_FORM_WEIGHTS), PV_ERR_PEER,
                "batchnorm1.running_mean");
    pv_parts_clear(&p);
    free(bytes);
    pv_fed_parts_clear(&parts);

    CHECK_OK(pv_fed_parts_init(&parts, &layout, v, PV_FORM_WEIGHTS, -1));
    through(&p, &bytes, parts.part, parts.count);
    CHECK_OK(pv_fed_parts_take(u, NULL, &p, WHAT, &layout, PV_FORM_WEIGHTS));
    CHECK_FAILS(pv_fed_parts_take(u, &samples, &p, WHAT, &layout, PV_FORM_WEIGHTS), PV_ERR_PEER,
                "samples");
    pv_parts_clear(&p);
    free(bytes);
    v[layout.offset[1]] = INFINITY;
    through(&p, &bytes, parts.part, parts.count);
    CHECK_FAILS(pv_fed_parts_take(u, NULL, &p, WHAT, &layout, PV_FORM_WEIGHTS), PV_ERR_PEER,
                "join from hospital-a: 'dense1.bias' holds a number that is not finite");
    pv_parts_clear(&p);
    free(bytes);
    pv_fed_parts_clear(&parts);
    pv_fed_parts_clear(&parts);
    pv_free(u);
    pv_free(v);
}

static void out_of_memory(void **state)
{
    (void)state;
    float *v = pv_fed_vector_new(&layout);
    pv_fed_parts parts;
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_fed_parts_init(&parts, &layout, v, PV_FORM_WEIGHTS, 1);
        pv_fed_parts_clear(&parts);
    }
    pv_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins),
        cmocka_unit_test(setups),
        cmocka_unit_test(vectors),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
