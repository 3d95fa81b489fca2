#include "kernel/dnnl/primitive.h"

#include "base/mem.h"
#include <dnnl.h>
#include <omp.h>
#include <string.h>

#if DNNL_VERSION_MAJOR != 2
#error "kernel/dnnl/primitive.c is written for oneDNN 2.x"
#endif

enum { ROLES = 4 }; /* a, b, bias, out */

/* The weight gradient of strided 1x1 convolutions (jit_1x1, oneDNN 2.6) writes up to a vector
 * beyond the scratchpad it asked for when the channels do not fill one (seen with valgrind). */
enum { OVERRUN = 256 };

struct pv_primitive {
    int threads;
    const char *name;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t desc, forward_desc, reorder_desc;
    dnnl_primitive_t primitive, reorder;
    dnnl_memory_t memory[ROLES], scratchpad, blocked;
    int blocked_role;     /* which of a, b, out is in oneDNN's own layout, or -1 */
    size_t blocked_bytes; /* at the start of the scratch; oneDNN's scratchpad follows */
    size_t scratch_bytes;
    dnnl_exec_arg_t arg[ROLES + 1], reorder_arg[2];
    int args;
};

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

#define DNNL_TRY_GOTO(expr, what)                                                                  \
    do {                                                                                           \
        dnnl_status_t dnnl_status_ = (expr);                                                       \
        if (dnnl_status_ == dnnl_out_of_memory)                                                    \
            PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory: oneDNN, " what);                           \
        if (dnnl_status_ != dnnl_success)                                                          \
            PV_FAIL_GOTO(PV_ERR_RUN, "oneDNN refused " what ", with its status %d",                \
                         (int)dnnl_status_);                                                       \
    } while (0)

/* The number of threads is oneDNN's when it makes and when it runs a primitive. */
static int enter_threads(int threads)
{
    int before = omp_get_max_threads();
    if (before != threads) omp_set_num_threads(threads);
    return before;
}

static void leave_threads(int before, int threads)
{
    if (before != threads) omp_set_num_threads(before);
}

static pv_status begin(pv_primitive **out, int threads)
{
    pv_status status = PV_OK;
    pv_primitive *p = *out = pv_calloc(1, sizeof *p);
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    p->threads = threads;
    p->blocked_role = -1;
    DNNL_TRY_GOTO(dnnl_engine_create(&p->engine, dnnl_cpu, 0), "an engine");
    DNNL_TRY_GOTO(dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags), "a stream");
done:
    return status;
}

/* Scratch comes from the plan; a relu is fused. */
static pv_status attributes(dnnl_primitive_attr_t *attr, int relu)
{
    pv_status status = PV_OK;
    dnnl_post_ops_t ops = NULL;
    DNNL_TRY_GOTO(dnnl_primitive_attr_create(attr), "attributes");
    DNNL_TRY_GOTO(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user),
                  "a scratchpad");
    if (relu) {
        DNNL_TRY_GOTO(dnnl_post_ops_create(&ops), "post-operations");
        DNNL_TRY_GOTO(dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f),
                      "a relu");
        DNNL_TRY_GOTO(dnnl_primitive_attr_set_post_ops(*attr, ops), "post-operations");
    }
done:
    dnnl_post_ops_destroy(ops);
    return status;
}

/* What remains once p->desc is there: the primitive, its memory objects, and the reorder between
 * the plain layout and the one that oneDNN chose for the weights. */
static pv_status finish(pv_primitive *p, const int *dnnl_arg, const dnnl_memory_desc_t *const *md,
                        const dnnl_memory_desc_t *plain)
{
    pv_status status = PV_OK;
    DNNL_TRY_GOTO(dnnl_primitive_create(&p->primitive, p->desc), "a primitive");
    DNNL_TRY_GOTO(dnnl_primitive_desc_query(p->desc, dnnl_query_impl_info_str, 0, &p->name),
                  "to name a primitive");
    for (int role = 0; role < ROLES; role++) {
        if (md[role] == NULL) continue;
        int blocked =
            plain != NULL && role == p->blocked_role && !dnnl_memory_desc_equal(md[role], plain);
        const dnnl_memory_desc_t *outside = blocked ? plain : md[role];
        DNNL_TRY_GOTO(dnnl_memory_create(&p->memory[role], outside, p->engine, DNNL_MEMORY_NONE),
                      "a memory object");
        p->arg[p->args++] = (dnnl_exec_arg_t){dnnl_arg[role], p->memory[role]};
        if (!blocked) continue;
        p->blocked_bytes = aligned(dnnl_memory_desc_get_size(md[role]));
        DNNL_TRY_GOTO(dnnl_memory_create(&p->blocked, md[role], p->engine, DNNL_MEMORY_NONE),
                      "a memory object");
        p->arg[p->args - 1].memory = p->blocked;
        int into = role != ROLES - 1;
        dnnl_memory_t from = into ? p->memory[role] : p->blocked;
        dnnl_memory_t to = into ? p->blocked : p->memory[role];
        DNNL_TRY_GOTO(dnnl_reorder_primitive_desc_create(&p->reorder_desc, into ? plain : md[role],
                                                         p->engine, into ? md[role] : plain,
                                                         p->engine, NULL),
                      "a reorder of weights");
        DNNL_TRY_GOTO(dnnl_primitive_create(&p->reorder, p->reorder_desc), "a reorder of weights");
        p->reorder_arg[0] = (dnnl_exec_arg_t){DNNL_ARG_FROM, from};
        p->reorder_arg[1] = (dnnl_exec_arg_t){DNNL_ARG_TO, to};
    }
    if (p->blocked == NULL) p->blocked_role = -1;
    const dnnl_memory_desc_t *pad =
        dnnl_primitive_desc_query_md(p->desc, dnnl_query_scratchpad_md, 0);
    size_t bytes = pad == NULL ? 0 : dnnl_memory_desc_get_size(pad);
    if (bytes > 0) {
        DNNL_TRY_GOTO(dnnl_memory_create(&p->scratchpad, pad, p->engine, DNNL_MEMORY_NONE),
                      "a scratchpad");
        p->arg[p->args++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, p->scratchpad};
    }
    p->scratch_bytes = p->blocked_bytes + aligned(bytes) + OVERRUN;
done:
    return status;
}

typedef struct conv_layouts {
    dnnl_memory_desc_t x, w, any, bias, y;
    dnnl_dims_t stride, pad, pad_end;
} conv_layouts;

static pv_status describe_conv(conv_layouts *l, const pv_conv_shape *s)
{
    pv_status status = PV_OK;
    const pv_window *win = &s->window;
    int64_t g = win->groups, kh = win->kernel[0], kw = win->kernel[1];
    dnnl_dims_t x = {s->n, s->c, s->h, s->w}, y = {s->n, s->o, s->oh, s->ow}, bias = {s->o};
    dnnl_dims_t w = {s->o, s->c, kh, kw}, wg = {g, s->o / g, s->c / g, kh, kw};
    int wn = g == 1 ? 4 : 5;
    for (int k = 0; k < 2; k++) {
        l->stride[k] = win->stride[k];
        l->pad[k] = win->pad[k];
        l->pad_end[k] = win->pad_end[k];
    }
    DNNL_TRY_GOTO(dnnl_memory_desc_init_by_tag(&l->x, 4, x, dnnl_f32, dnnl_acdb), "a layout");
    DNNL_TRY_GOTO(dnnl_memory_desc_init_by_tag(&l->y, 4, y, dnnl_f32, dnnl_acdb), "a layout");
    DNNL_TRY_GOTO(dnnl_memory_desc_init_by_tag(&l->bias, 1, bias, dnnl_f32, dnnl_a), "a layout");
    DNNL_TRY_GOTO(
        dnnl_memory_desc_init_by_tag(&l->any, wn, g == 1 ? w : wg, dnnl_f32, dnnl_format_tag_any),
        "a layout");
    DNNL_TRY_GOTO(dnnl_memory_desc_init_by_tag(&l->w, wn, g == 1 ? w : wg, dnnl_f32,
                                               g == 1 ? dnnl_acdb : dnnl_abdec),
                  "a layout");
done:
    return status;
}

static pv_status conv_desc(pv_primitive *p, pv_op op, const conv_layouts *l, int has_bias, int relu)
{
    pv_status status = PV_OK;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_convolution_desc_t d;
    PV_TRY_GOTO(attributes(&attr, relu));
    DNNL_TRY_GOTO(dnnl_convolution_forward_desc_init(
                      &d, dnnl_forward_training, dnnl_convolution_direct, &l->x, &l->any,
                      has_bias ? &l->bias : NULL, &l->y, l->stride, l->pad, l->pad_end),
                  "a convolution");
    DNNL_TRY_GOTO(dnnl_primitive_desc_create(&p->forward_desc, &d, attr, p->engine, NULL),
                  "a convolution");
    if (op == PV_OP_CONV) {
        p->desc = p->forward_desc;
        p->forward_desc = NULL;
    } else if (op == PV_OP_CONV_DATA) {
        DNNL_TRY_GOTO(dnnl_convolution_backward_data_desc_init(&d, dnnl_convolution_direct, &l->x,
                                                               &l->any, &l->y, l->stride, l->pad,
                                                               l->pad_end),
                      "a convolution's gradient");
    } else {
        DNNL_TRY_GOTO(dnnl_convolution_backward_weights_desc_init(&d, dnnl_convolution_direct,
                                                                  &l->x, &l->any, NULL, &l->y,
                                                                  l->stride, l->pad, l->pad_end),
                      "a convolution's gradient");
    }
    if (p->desc == NULL)
        DNNL_TRY_GOTO(dnnl_primitive_desc_create(&p->desc, &d, attr, p->engine, p->forward_desc),
                      "a convolution's gradient");
done:
    dnnl_primitive_attr_destroy(attr);
    return status;
}

pv_status pv_primitive_conv(pv_primitive **out, pv_op op, const pv_conv_shape *shape, int has_bias,
                            int relu, int threads)
{
    pv_status status = PV_OK;
    int before = enter_threads(threads);
    conv_layouts l;
    PV_TRY_GOTO(begin(out, threads));
    pv_primitive *p = *out;
    PV_TRY_GOTO(describe_conv(&l, shape));
    PV_TRY_GOTO(conv_desc(p, op, &l, has_bias, relu));
    const dnnl_memory_desc_t *md[ROLES] = {0};
    int arg[ROLES] = {0};
    if (op == PV_OP_CONV) {
        md[0] = &l.x, arg[0] = DNNL_ARG_SRC;
        md[1] = dnnl_primitive_desc_query_md(p->desc, dnnl_query_weights_md, 0);
        arg[1] = DNNL_ARG_WEIGHTS;
        if (has_bias) md[2] = &l.bias, arg[2] = DNNL_ARG_BIAS;
        md[3] = &l.y, arg[3] = DNNL_ARG_DST;
        p->blocked_role = 1;
    } else if (op == PV_OP_CONV_DATA) {
        md[0] = dnnl_primitive_desc_query_md(p->desc, dnnl_query_weights_md, 0);
        arg[0] = DNNL_ARG_WEIGHTS;
        md[1] = &l.y, arg[1] = DNNL_ARG_DIFF_DST;
        md[3] = &l.x, arg[3] = DNNL_ARG_DIFF_SRC;
        p->blocked_role = 0;
    } else {
        md[0] = &l.x, arg[0] = DNNL_ARG_SRC;
        md[1] = &l.y, arg[1] = DNNL_ARG_DIFF_DST;
        md[3] = dnnl_primitive_desc_query_md(p->desc, dnnl_query_diff_weights_md, 0);
        arg[3] = DNNL_ARG_DIFF_WEIGHTS;
        p->blocked_role = 3;
    }
    PV_TRY_GOTO(finish(p, arg, md, &l.w));
done:
    leave_threads(before, threads);
    if (status != PV_OK) {
        pv_primitive_free(*out);
        *out = NULL;
    }
    return status;
}

pv_status pv_primitive_matmul(pv_primitive **out, const pv_matmul_shape *s, int has_bias, int relu,
                              int threads)
{
    pv_status status = PV_OK;
    int before = enter_threads(threads);
    dnnl_memory_desc_t a, b, bias, y;
    dnnl_matmul_desc_t d;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_dims_t ad = {s->batch, s->m, s->k}, bd = {s->batch, s->k, s->n};
    dnnl_dims_t yd = {s->batch, s->m, s->n}, biasd = {1, 1, s->n};
    PV_TRY_GOTO(begin(out, threads));
    pv_primitive *p = *out;
    /* a single product is seen without the batch dimension: its kernels are faster */
    int skip = s->batch == 1, n = 3 - skip;
    DNNL_TRY_GOTO(dnnl_memory_desc_init_by_tag(&a, n, ad + skip, dnnl_f32,
                                               skip ? (s->ta ? dnnl_ba : dnnl_ab)
                                                    : (s->ta ? dnnl_acb : dnnl_abc)),
                  "a layout");
    DNNL_TRY_GOTO(dnnl_memory_desc_init_by_tag(&b, n, bd + skip, dnnl_f32,
                                               skip ? (s->tb ? dnnl_ba : dnnl_ab)
                                                    : (s->tb ? dnnl_acb : dnnl_abc)),
                  "a layout");
    DNNL_TRY_GOTO(
        dnnl_memory_desc_init_by_tag(&y, n, yd + skip, dnnl_f32, skip ? dnnl_ab : dnnl_abc),
        "a layout");
    DNNL_TRY_GOTO(
        dnnl_memory_desc_init_by_tag(&bias, n, biasd + skip, dnnl_f32, skip ? dnnl_ab : dnnl_abc),
        "a layout");
    DNNL_TRY_GOTO(dnnl_matmul_desc_init(&d, &a, &b, has_bias ? &bias : NULL, &y),
                  "a matrix product");
    PV_TRY_GOTO(attributes(&attr, relu));
    DNNL_TRY_GOTO(dnnl_primitive_desc_create(&p->desc, &d, attr, p->engine, NULL),
                  "a matrix product");
    const dnnl_memory_desc_t *md[ROLES] = {&a, &b, has_bias ? &bias : NULL, &y};
    int arg[ROLES] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST};
    PV_TRY_GOTO(finish(p, arg, md, NULL));
done:
    dnnl_primitive_attr_destroy(attr);
    leave_threads(before, threads);
    if (status != PV_OK) {
        pv_primitive_free(*out);
        *out = NULL;
    }
    return status;
}

void pv_primitive_free(pv_primitive *p)
{
    if (p == NULL) return;
    for (int role = 0; role < ROLES; role++) dnnl_memory_destroy(p->memory[role]);
    dnnl_memory_destroy(p->scratchpad);
    dnnl_memory_destroy(p->blocked);
    dnnl_primitive_destroy(p->primitive);
    dnnl_primitive_destroy(p->reorder);
    dnnl_primitive_desc_destroy(p->desc);
    dnnl_primitive_desc_destroy(p->forward_desc);
    dnnl_primitive_desc_destroy(p->reorder_desc);
    dnnl_stream_destroy(p->stream);
    dnnl_engine_destroy(p->engine);
    pv_free(p);
}

const char *pv_primitive_name(const pv_primitive *p)
{
    return p->name;
}

int pv_primitive_is_slow(const pv_primitive *p)
{
    return strstr(p->name, "ref") != NULL;
}

size_t pv_primitive_scratch(const pv_primitive *p)
{
    return p->scratch_bytes;
}

void pv_primitive_run(const pv_primitive *p, const void *a, const void *b, const void *bias,
                      void *out, void *scratch)
{
    int before = enter_threads(p->threads);
    /* oneDNN takes what it only reads without const too */
    void *data[ROLES] = {(void *)a, (void *)b, (void *)bias, out};
    for (int role = 0; role < ROLES; role++)
        if (p->memory[role] != NULL) dnnl_memory_set_data_handle(p->memory[role], data[role]);
    if (p->blocked != NULL) dnnl_memory_set_data_handle(p->blocked, scratch);
    if (p->scratchpad != NULL)
        dnnl_memory_set_data_handle(p->scratchpad, (char *)scratch + p->blocked_bytes);
    int out_blocked = p->blocked_role == ROLES - 1;
    if (p->blocked != NULL && !out_blocked)
        dnnl_primitive_execute(p->reorder, p->stream, 2, p->reorder_arg);
    dnnl_primitive_execute(p->primitive, p->stream, p->args, p->arg);
    if (p->blocked != NULL && out_blocked)
        dnnl_primitive_execute(p->reorder, p->stream, 2, p->reorder_arg);
    leave_threads(before, p->threads);
}

void pv_primitive_sgemm(const pv_matmul_shape *s, const float *a, const float *b, float *out,
                        int threads)
{
    int before = enter_threads(threads);
    dnnl_sgemm(s->ta ? 'T' : 'N', s->tb ? 'T' : 'N', s->m, s->n, s->k, 1.0f, a, s->ta ? s->m : s->k,
               b, s->tb ? s->k : s->n, 0.0f, out, s->n);
    leave_threads(before, threads);
}
