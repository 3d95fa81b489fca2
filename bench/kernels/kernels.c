/* bench/kernels - how long the products and convolutions of the zoo take
 *
 *     bench_kernels [threads [filter]]        "bench_kernels 2 lenet5": two threads, names with
 * lenet5
 *
 * One line a shape and operation: what the kernel chose, median and best milliseconds of many runs,
 * Gflop/s (a multiply-add is two) of the median; then the same for every other way that could have
 * been chosen. The rules in kernel/dnnl/conv.c and matmul.c rest on these lines.
 */
#include "base/mem.h"
#include "kernel/dnnl/direct.h"
#include "kernel/dnnl/dnnl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 400, WARM = 3 };
static const double SECONDS = 0.08; /* for each line */

typedef struct shape {
    const char *name;
    int64_t n, h, c, o, k, stride, pad;
} shape;

static const shape convolutions[] = {
    {"pooled-1 b1", 1, 28, 1, 6, 6, 2, 0},
    {"pooled-2 b1", 1, 12, 6, 16, 6, 2, 0},
    {"pooled-1 b64", 64, 28, 1, 6, 6, 2, 0},
    {"pooled-2 b64", 64, 12, 6, 16, 6, 2, 0},
    {"lenet5-1 b1", 1, 28, 1, 6, 5, 1, 0},
    {"lenet5-2 b1", 1, 12, 6, 16, 5, 1, 0},
    {"lenet5-1 b64", 64, 28, 1, 6, 5, 1, 0},
    {"lenet5-2 b64", 64, 12, 6, 16, 5, 1, 0},
    {"conv1 b64", 64, 28, 1, 5, 5, 2, 0},
    {"dlg-1 b1", 1, 32, 3, 12, 5, 2, 2},
    {"dlg-2 b1", 1, 16, 12, 12, 5, 2, 2},
    {"dlg-3 b1", 1, 8, 12, 12, 5, 1, 2},
    {"dlg-1 b8", 8, 32, 3, 12, 5, 2, 2},
    {"dlg-3 b8", 8, 8, 12, 12, 5, 1, 2},
    {"resnet-stem b1", 1, 32, 3, 64, 3, 1, 1},
    {"resnet-64 b1", 1, 32, 64, 64, 3, 1, 1},
    {"resnet-stem b32", 32, 32, 3, 64, 3, 1, 1},
    {"resnet-64 b32", 32, 32, 64, 64, 3, 1, 1},
    {"resnet-128/2 b32", 32, 32, 64, 128, 3, 2, 1},
    {"resnet-128s b32", 32, 32, 64, 128, 1, 2, 0},
    {"resnet-128 b32", 32, 16, 128, 128, 3, 1, 1},
    {"resnet-256/2 b32", 32, 16, 128, 256, 3, 2, 1},
    {"resnet-256 b32", 32, 8, 256, 256, 3, 1, 1},
    {"resnet-512/2 b32", 32, 8, 256, 512, 3, 2, 1},
    {"resnet-512s b32", 32, 8, 256, 512, 1, 2, 0},
    {"resnet-512 b32", 32, 4, 512, 512, 3, 1, 1},
};

static const struct {
    const char *name;
    int64_t n, in, out;
} denses[] = {
    {"lenet5-a b64", 64, 256, 120}, {"lenet5-b b64", 64, 120, 84}, {"lenet5-c b64", 64, 84, 10},
    {"mlp-a b64", 64, 784, 128},    {"mlp-b b64", 64, 128, 10},    {"lenet5-a b1", 1, 256, 120},
    {"lenet5-b b1", 1, 120, 84},    {"lenet5-c b1", 1, 84, 10},    {"dlg b1", 1, 768, 10},
    {"mlp-a b128", 128, 784, 128},  {"resnet b32", 32, 512, 10},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static float *numbers(size_t bytes)
{
    float *p = pv_alloc_aligned(bytes, 1);
    if (p == NULL) exit(1);
    for (size_t i = 0; i < bytes / sizeof *p; i++) p[i] = (float)(i * 7919 % 1000) / 1000.0f - 0.5f;
    return p;
}

/* One way to do a call: a prepared kernel, a primitive, or the direct loops. */
typedef struct way {
    const pv_call *call;
    const pv_primitive *primitive;
    const pv_conv_shape *direct;
} way;

static void once(const way *w)
{
    const pv_call *c = w->call;
    if (w->primitive != NULL)
        pv_primitive_run(w->primitive, c->in[0].data, c->in[1].data, NULL, c->out.data, c->scratch);
    else if (w->direct != NULL)
        pv_direct_run(c->op, w->direct, c->threads, c->in[0].data, c->in[1].data, NULL, 0,
                      c->out.data, c->scratch);
    else
        pv_backend_dnnl.kernel[c->op]->run(c);
}

static void measure(const char *name, const char *mark, const char *implementation, double flops,
                    way w)
{
    double t[RUNS], start;
    int n = 0;
    for (int i = 0; i < WARM; i++) once(&w);
    start = now();
    while (n < 5 || (n < RUNS && now() - start < SECONDS)) {
        double begin = now();
        once(&w);
        t[n++] = now() - begin;
    }
    qsort(t, (size_t)n, sizeof *t, ascending);
    printf("%-18s %-12s %s %-22s %9.4f ms (best %9.4f) %7.1f Gflop/s\n", name,
           pv_op_name(w.call->op), mark, implementation, 1e3 * t[n / 2], 1e3 * t[0],
           1e-9 * flops / t[n / 2]);
    fflush(stdout);
}

static int call_begin(pv_call *c)
{
    if (pv_backend_dnnl.kernel[c->op]->prepare(c) != PV_OK) {
        fprintf(stderr, "%s\n", pv_trail_text());
        return 0;
    }
    for (int k = 0; k < 2; k++)
        c->in[k].data = numbers((size_t)pv_shape_count(&c->in[k].shape) * sizeof(float));
    c->out.data = numbers((size_t)pv_shape_count(&c->out.shape) * sizeof(float));
    c->scratch = numbers(c->scratch_bytes + 64);
    return 1;
}

static void call_end(pv_call *c)
{
    pv_backend_dnnl.kernel[c->op]->release(c);
    for (int k = 0; k < 2; k++) pv_free(c->in[k].data);
    pv_free(c->out.data);
    pv_free(c->scratch);
}

static void other_convolutions(const char *name, pv_call *c, const pv_conv_shape *s, double flops)
{
    pv_primitive *p;
    pv_free(c->scratch);
    if (strcmp(pv_dnnl_implementation(c), "own:direct") != 0) {
        c->scratch = NULL;
        if (!pv_direct_fits(c->op, s)) return;
        c->scratch = numbers(pv_direct_scratch(c->op, s, c->threads));
        measure(name, " ", "own:direct", flops, (way){.call = c, .direct = s});
    } else if (pv_primitive_conv(&p, c->op, s, 0, 0, c->threads) == PV_OK) {
        c->scratch = numbers(pv_primitive_scratch(p) + 64);
        measure(name, " ", pv_primitive_name(p), flops, (way){.call = c, .primitive = p});
        pv_primitive_free(p);
    } else {
        c->scratch = NULL;
    }
}

static void convolution(const shape *l, int threads)
{
    int64_t out = (l->h + 2 * l->pad - l->k) / l->stride + 1;
    int32_t k = (int32_t)l->k, stride = (int32_t)l->stride, pad = (int32_t)l->pad;
    pv_conv_shape s = {
        l->n,
        l->h,
        l->h,
        l->c,
        out,
        out,
        l->o,
        {{k, k}, {stride, stride}, {pad, pad}, {pad, pad}, 1, {(int32_t)l->h, (int32_t)l->h}}};
    pv_shape x = PV_SHAPE(l->n, l->h, l->h, l->c), w = PV_SHAPE(l->o, l->k, l->k, l->c);
    pv_shape y = PV_SHAPE(l->n, out, out, l->o);
    double flops = 2.0 * (double)(l->n * out * out) * (double)(l->o * l->k * l->k * l->c);
    for (pv_op op = PV_OP_CONV; op <= PV_OP_CONV_WEIGHTS; op++) {
        pv_call c = {.op = op, .nin = 2, .threads = threads, .attr = {.window = s.window}};
        c.in[0].shape = op == PV_OP_CONV_DATA ? w : x;
        c.in[1].shape = op == PV_OP_CONV ? w : y;
        c.out.shape = op == PV_OP_CONV ? y : op == PV_OP_CONV_DATA ? x : w;
        if (!call_begin(&c)) continue;
        measure(l->name, "*", pv_dnnl_implementation(&c), flops, (way){.call = &c});
        other_convolutions(l->name, &c, &s, flops);
        call_end(&c);
    }
}

/* Forward x·wᵀ, gradient to the input g·w, gradient to the weights gᵀ·x. */
static void dense(const char *name, int64_t n, int64_t in, int64_t out, int threads)
{
    pv_shape x = PV_SHAPE(n, in), w = PV_SHAPE(out, in), y = PV_SHAPE(n, out);
    const pv_matmul_shape products[] = {
        {1, n, out, in, 0, 1}, {1, n, in, out, 0, 0}, {1, out, in, n, 1, 0}};
    for (int k = 0; k < 3; k++) {
        const pv_matmul_shape *m = &products[k];
        pv_call c = {
            .op = PV_OP_MATMUL, .nin = 2, .threads = threads, .attr = {.ta = m->ta, .tb = m->tb}};
        c.in[0].shape = k == 0 ? x : y;
        c.in[1].shape = k == 2 ? x : w;
        c.out.shape = k == 0 ? y : k == 1 ? x : w;
        double flops = 2.0 * (double)(n * in) * (double)out;
        pv_primitive *p;
        if (!call_begin(&c)) continue;
        measure(name, "*", pv_dnnl_implementation(&c), flops, (way){.call = &c});
        if (pv_primitive_matmul(&p, m, 0, 0, threads) == PV_OK) {
            pv_free(c.scratch);
            c.scratch = numbers(pv_primitive_scratch(p) + 64);
            measure(name, " ", pv_primitive_name(p), flops, (way){.call = &c, .primitive = p});
            pv_primitive_free(p);
        }
        call_end(&c);
    }
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    const char *filter = argc > 2 ? argv[2] : "";
    if (threads < 1) return 2;
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
        if (strstr(convolutions[i].name, filter) != NULL) convolution(&convolutions[i], threads);
    for (size_t i = 0; i < sizeof denses / sizeof *denses; i++)
        if (strstr(denses[i].name, filter) != NULL)
            dense(denses[i].name, denses[i].n, denses[i].in, denses[i].out, threads);
    return 0;
}
