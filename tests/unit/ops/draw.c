#include "ops.h"

#include <math.h>
#include <stdio.h>

void draw_begin(draw *d, uint64_t seed, uint64_t number)
{
    pv_rng all = pv_rng_make(seed, PV_STREAM_TEST);
    *d = (draw){.rng = pv_rng_fork(&all, number)};
    CHECK_OK(pv_graph_new(&d->g));
}

void draw_end(draw *d)
{
    for (int i = 0; i < d->count; i++) pv_free(d->input[i].value);
    pv_graph_free(d->g);
    *d = (draw){0};
}

int64_t draw_int(draw *d, int64_t low, int64_t high)
{
    return low + (int64_t)pv_rng_below(&d->rng, (uint64_t)(high - low + 1));
}

pv_shape draw_shape(draw *d, int min_ndim, int max_ndim, int64_t max_dim)
{
    pv_shape s = {.ndim = (int32_t)draw_int(d, min_ndim, max_ndim)};
    for (int k = 0; k < s.ndim; k++) s.dim[k] = draw_int(d, 1, max_dim);
    return s;
}

static draw_input *add(draw *d, pv_shape shape, pv_node (*leaf)(pv_graph *, const char *, pv_shape))
{
    char name[16];
    assert_true(d->count < DRAW_INPUTS);
    draw_input *in = &d->input[d->count];
    snprintf(name, sizeof name, "in%d", d->count++);
    in->node = leaf(d->g, name, shape);
    in->count = pv_shape_count(&shape);
    in->value = pv_alloc((size_t)in->count, sizeof(double));
    assert_non_null(in->value);
    return in;
}

pv_node draw_normal(draw *d, pv_shape shape)
{
    draw_input *in = add(d, shape, pv_input);
    for (int64_t i = 0; i < in->count; i++) in->value[i] = (float)pv_rng_normal(&d->rng);
    return in->node;
}

pv_node draw_param(draw *d, pv_shape shape)
{
    draw_input *in = add(d, shape, pv_param);
    for (int64_t i = 0; i < in->count; i++) in->value[i] = (float)pv_rng_normal(&d->rng);
    return in->node;
}

pv_node draw_between(draw *d, pv_shape shape, double low, double high)
{
    draw_input *in = add(d, shape, pv_input);
    for (int64_t i = 0; i < in->count; i++)
        in->value[i] = (float)(low + (high - low) * pv_rng_uniform(&d->rng));
    return in->node;
}

pv_node draw_index(draw *d, pv_shape shape, int64_t n)
{
    draw_input *in = add(d, shape, pv_input_index);
    for (int64_t i = 0; i < in->count; i++) in->value[i] = (double)draw_int(d, 0, n - 1);
    return in->node;
}

pv_node draw_apart(draw *d, pv_shape shape)
{
    enum { MOST = 512 };
    const double gap = 0.06; /* the two inputs of a case stand at thirds of it, zero at a whole */
    uint32_t place[MOST];
    draw_input *in = add(d, shape, pv_input);
    double offset = gap / 3 * ++d->apart;
    assert_true(in->count <= MOST && d->apart <= 2);
    for (int64_t i = 0; i < in->count; i++) place[i] = (uint32_t)i;
    pv_rng_shuffle(&d->rng, place, (size_t)in->count);
    for (int64_t i = 0; i < in->count; i++)
        in->value[i] = (float)(gap * (double)((int64_t)place[i] - in->count / 2) + offset);
    return in->node;
}

pv_node draw_invertible(draw *d, pv_shape shape)
{
    draw_input *in = add(d, shape, pv_input);
    int64_t n = shape.dim[shape.ndim - 1];
    double spread = 0.8 / sqrt((double)n); /* eigenvalues within about 0.8 of 2 */
    for (int64_t i = 0; i < in->count; i++) {
        int diagonal = i / n % n == i % n;
        in->value[i] = (float)((diagonal ? 2.0 : 0.0) + spread * pv_rng_normal(&d->rng));
    }
    return in->node;
}
