#include "nn/model_i.h"
#include "privet/rng.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t MAX_WEIGHTS = INT64_C(1) << 30, MAX_ACTIVATIONS = INT64_C(1) << 30;

typedef struct builder {
    const pv_model *m;
    pv_model *collect; /* m itself while its list of parameters is made, else NULL */
    pv_graph *g;
    int train;
    int64_t batch;
    pv_node tokens; /* the I32 input of text, for masks; else PV_NONE */
    pv_node secret; /* what a `secret` layer appends; PV_NONE before one */
    pv_node *param; /* where nodes go when not collecting */
    size_t next;
    size_t end; /* layers before this one are built */
    int64_t weights;
} builder;

static pv_status collect_param(builder *b, const pv_layer *l, const char *name,
                               const pv_shape *shape, pv_param_role role, double fan_in)
{
    pv_model *m = b->collect;
    int64_t count = pv_shape_count(shape);
    if (count < 0 || count > MAX_WEIGHTS - b->weights)
        PV_FAIL(PV_ERR_LIMIT,
                "%s:%d: %s would bring the model beyond %lld weights; make it smaller", m->name,
                l->line, name, (long long)MAX_WEIGHTS);
    b->weights += count;
    PV_TRY(pv_grow((void **)&m->param, &m->param_cap, m->params + 1, sizeof *m->param));
    pv_model_parameter *p = &m->param[m->params];
    *p = (pv_model_parameter){.role = role, .init = l->init, .fan_in = fan_in};
    p->name = pv_strdup(name);
    if (p->name == NULL) PV_FAIL_MEMORY(strlen(name));
    m->params++;
    p->value.shape =
        *shape; /* the data is allocated once the whole network has been found to fit */
    p->value.dtype = PV_F32;
    return PV_OK;
}

/* The next parameter: a leaf of the graph, shared with an earlier build in the same graph. */
static pv_status param(builder *b, const pv_layer *l, const char *part, pv_shape shape,
                       pv_param_role role, double fan_in, pv_node *node)
{
    char name[2 * PV_LAYER_NAME];
    snprintf(name, sizeof name, "%s.%s", l->name, part);
    if (b->collect != NULL) PV_TRY(collect_param(b, l, name, &shape, role, fan_in));
    *node = pv_graph_find(b->g, name);
    if (*node == PV_NONE) *node = pv_param(b->g, name, shape);
    if (b->collect == NULL) b->param[b->next] = *node;
    b->next++;
    return pv_graph_check(b->g);
}

static pv_status need_dims(const builder *b, const pv_layer *l, const pv_shape *in, int dims,
                           const char *remedy)
{
    char text[PV_SHAPE_TEXT];
    if (in->ndim == dims) return PV_OK;
    PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s gets %s (batch first), %d dimensions were expected; %s",
            b->m->name, l->line, l->name, pv_shape_text(in, text), dims, remedy);
}

static const char *const NEEDS_IMAGES =
    "it works on images: put it before 'flatten', or use other data";
static const char *const NEEDS_TOKENS = "it works on token vectors: put 'embedding' before it";

static pv_status build_conv(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape in = *pv_node_shape(b->g, x);
    const double *v = l->value;
    int64_t channels = (int64_t)v[PV_CONV_CHANNELS], k = (int64_t)v[PV_CONV_KERNEL];
    int64_t groups = (int64_t)v[PV_CONV_GROUPS];
    pv_node w, bias = PV_NONE;
    PV_TRY(need_dims(b, l, &in, 4, NEEDS_IMAGES));
    if (in.dim[3] % groups != 0 || channels % groups != 0)
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s: %lld groups do not divide %lld channels in and %lld out",
                b->m->name, l->line, l->name, (long long)groups, (long long)in.dim[3],
                (long long)channels);
    double fan_in = (double)(k * k) * (double)(in.dim[3] / groups);
    PV_TRY(param(b, l, "weight", PV_SHAPE(channels, k, k, in.dim[3] / groups), PV_ROLE_WEIGHT,
                 fan_in, &w));
    if (v[PV_CONV_BIAS] != 0)
        PV_TRY(param(b, l, "bias", PV_SHAPE(channels), PV_ROLE_BIAS, fan_in, &bias));
    int stride = (int)v[PV_CONV_STRIDE], pad = (int)v[PV_CONV_PAD];
    *out = pv_conv2d(
        b->g, x, w, bias,
        (pv_conv_options){.stride = {stride, stride}, .pad = {pad, pad}, .groups = (int)groups});
    return PV_OK;
}

/* x·wᵀ + b over the last dimension of x, whatever stands before it. */
static pv_status dense(builder *b, const pv_layer *l, const char *prefix, pv_node x,
                       int64_t outputs, int with_bias, pv_node *out)
{
    pv_shape in = *pv_node_shape(b->g, x);
    int64_t features = in.dim[in.ndim - 1];
    char part[PV_LAYER_NAME];
    pv_node w, bias = PV_NONE;
    snprintf(part, sizeof part, "%sweight", prefix);
    PV_TRY(param(b, l, part, PV_SHAPE(outputs, features), PV_ROLE_WEIGHT, (double)features, &w));
    snprintf(part, sizeof part, "%sbias", prefix);
    if (with_bias)
        PV_TRY(param(b, l, part, PV_SHAPE(outputs), PV_ROLE_BIAS, (double)features, &bias));
    if (in.ndim > 2) x = pv_reshape(b->g, x, PV_SHAPE(pv_shape_count(&in) / features, features));
    *out = pv_dense(b->g, x, w, bias);
    if (in.ndim > 2) {
        in.dim[in.ndim - 1] = outputs;
        *out = pv_reshape(b->g, *out, in);
    }
    return PV_OK;
}

static pv_status build_dense(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape *in = pv_node_shape(b->g, x);
    if (in->ndim == 4) PV_TRY(need_dims(b, l, in, 2, "put 'flatten' or a global pool before it"));
    return dense(b, l, "", x, (int64_t)l->value[PV_DENSE_OUT], l->value[PV_DENSE_BIAS] != 0, out);
}

static pv_status build_pool(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    PV_TRY(need_dims(b, l, pv_node_shape(b->g, x), 4, NEEDS_IMAGES));
    int k = (int)l->value[PV_POOL_KERNEL], s = (int)l->value[PV_POOL_STRIDE];
    int p = (int)l->value[PV_POOL_PAD];
    pv_pool_options o = {.kernel = {k, k}, .stride = {s, s}, .pad = {p, p}};
    *out = l->kind == PV_LAYER_AVGPOOL ? pv_avgpool(b->g, x, o) : pv_maxpool(b->g, x, o);
    return PV_OK;
}

static pv_status build_on_image(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape *in = pv_node_shape(b->g, x);
    PV_TRY(need_dims(b, l, in, 4, NEEDS_IMAGES));
    if (l->kind == PV_LAYER_SQUEEZE2 && (in->dim[1] % 2 != 0 || in->dim[2] % 2 != 0))
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s needs an even height and width, not %lldx%lld", b->m->name,
                l->line, l->name, (long long)in->dim[1], (long long)in->dim[2]);
    *out = l->kind == PV_LAYER_SQUEEZE2         ? pv_squeeze2(b->g, x)
           : l->kind == PV_LAYER_GLOBAL_AVGPOOL ? pv_global_avgpool(b->g, x)
                                                : pv_global_maxpool(b->g, x);
    return PV_OK;
}

static pv_status build_reshape(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape in = *pv_node_shape(b->g, x);
    char a[PV_SHAPE_TEXT], c[PV_SHAPE_TEXT];
    if (l->kind == PV_LAYER_FLATTEN) {
        *out = in.ndim == 2 ? x : pv_flatten(b->g, x);
        return PV_OK;
    }
    pv_shape shape = {.ndim = l->given + 1, .dim = {b->batch}};
    if (shape.ndim > PV_MAX_DIMS)
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s: at most %d dimensions", b->m->name, l->line, l->name,
                PV_MAX_DIMS - 1);
    for (int i = 0; i < l->given; i++) shape.dim[i + 1] = (int64_t)l->value[i];
    if (pv_shape_count(&shape) != pv_shape_count(&in))
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s: %s does not have as many numbers as %s (batch first)",
                b->m->name, l->line, l->name, pv_shape_text(&shape, a), pv_shape_text(&in, c));
    *out = pv_reshape(b->g, x, shape);
    return PV_OK;
}

static pv_status build_batchnorm(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape in = *pv_node_shape(b->g, x);
    int64_t c = in.dim[in.ndim - 1], n = pv_shape_count(&in) / c;
    double momentum = l->value[PV_BATCHNORM_MOMENTUM], eps = l->value[PV_BATCHNORM_EPS];
    pv_node gamma, beta, running_mean, running_var, mean, var;
    PV_TRY(param(b, l, "weight", PV_SHAPE(c), PV_ROLE_ONES, 0, &gamma));
    PV_TRY(param(b, l, "bias", PV_SHAPE(c), PV_ROLE_ZEROS, 0, &beta));
    PV_TRY(param(b, l, "running_mean", PV_SHAPE(c), PV_ROLE_STATE_ZEROS, 0, &running_mean));
    PV_TRY(param(b, l, "running_var", PV_SHAPE(c), PV_ROLE_STATE_ONES, 0, &running_var));
    if (!b->train) {
        *out = pv_batch_norm_eval(b->g, x, gamma, beta, running_mean, running_var, eps);
        return PV_OK;
    }
    *out = pv_batch_norm(b->g, x, gamma, beta, eps, &mean, &var);
    /* The batch is normalised with the biased variance, the running one is unbiased (as PyTorch).
     */
    double unbiased = n > 1 ? (double)n / (double)(n - 1) : 1.0;
    pv_assign(
        b->g, running_mean,
        pv_add(b->g, pv_scale(b->g, running_mean, 1 - momentum), pv_scale(b->g, mean, momentum)));
    pv_assign(b->g, running_var,
              pv_add(b->g, pv_scale(b->g, running_var, 1 - momentum),
                     pv_scale(b->g, var, momentum * unbiased)));
    return PV_OK;
}

static pv_status build_norm(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape in = *pv_node_shape(b->g, x);
    int64_t c = in.dim[in.ndim - 1];
    int64_t groups = l->kind == PV_LAYER_GROUPNORM ? (int64_t)l->value[0] : 1;
    pv_node gamma, beta;
    if (l->kind == PV_LAYER_GROUPNORM) {
        PV_TRY(need_dims(b, l, &in, 4, NEEDS_IMAGES));
        if (c % groups != 0)
            PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s: %lld groups do not divide %lld channels", b->m->name,
                    l->line, l->name, (long long)groups, (long long)c);
    }
    PV_TRY(param(b, l, "weight", PV_SHAPE(c), PV_ROLE_ONES, 0, &gamma));
    PV_TRY(param(b, l, "bias", PV_SHAPE(c), PV_ROLE_ZEROS, 0, &beta));
    *out = l->kind == PV_LAYER_LAYERNORM
               ? pv_layer_norm(b->g, x, gamma, beta, l->value[0])
               : pv_group_norm(b->g, x, (int)groups, gamma, beta, l->value[1]);
    return PV_OK;
}

static pv_status build_embedding(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    pv_node table;
    int64_t width = (int64_t)l->value[0];
    if (x != b->tokens)
        PV_FAIL(PV_ERR_SHAPE,
                "%s:%d: %s works on tokens: it must be the first layer of a text model", b->m->name,
                l->line, l->name);
    PV_TRY(param(b, l, "weight", PV_SHAPE(b->m->domain.vocabulary, width), PV_ROLE_EMBEDDING,
                 (double)width, &table));
    *out = pv_embedding(b->g, x, table);
    return PV_OK;
}

static pv_status build_positions(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape in = *pv_node_shape(b->g, x);
    pv_node table;
    PV_TRY(need_dims(b, l, &in, 3, NEEDS_TOKENS));
    PV_TRY(param(b, l, "weight", PV_SHAPE(in.dim[1], in.dim[2]), PV_ROLE_EMBEDDING,
                 (double)in.dim[2], &table));
    *out = pv_add(b->g, x, table);
    return PV_OK;
}

/* [n,t,1]: 1 where there is a token, 0 at padding (token 0). */
static pv_node token_mask(builder *b)
{
    pv_node padding = pv_const(b->g, 0.0, PV_SHAPE(1, 1));
    int64_t others = b->m->domain.vocabulary - 1;
    if (others < 1) return pv_embedding(b->g, b->tokens, padding);
    pv_node table[2] = {padding, pv_const(b->g, 1.0, PV_SHAPE(others, 1))};
    return pv_embedding(b->g, b->tokens, pv_concat(b->g, table, 2, 0));
}

static pv_status build_mean_tokens(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    pv_graph *g = b->g;
    PV_TRY(need_dims(b, l, pv_node_shape(g, x), 3, NEEDS_TOKENS));
    if (b->tokens == PV_NONE) {
        *out = pv_mean(g, x, 1u << 1, 0);
        return PV_OK;
    }
    pv_node mask = token_mask(b), one = pv_const(g, 1.0, PV_SHAPE(b->batch, 1));
    pv_node count = pv_max(g, pv_sum(g, mask, 1u << 1, 0), one);
    *out = pv_div(g, pv_sum(g, pv_mul(g, x, mask), 1u << 1, 0), count);
    return PV_OK;
}

/* [n,t,d] -> [n,heads,t,d/heads] */
static pv_node split_heads(builder *b, pv_node x, const pv_shape *in, int64_t heads)
{
    x = pv_reshape(b->g, x, PV_SHAPE(in->dim[0], in->dim[1], heads, in->dim[2] / heads));
    return pv_permute(b->g, x, 4, (const int[]){0, 2, 1, 3});
}

static pv_status build_attention(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    pv_graph *g = b->g;
    const pv_shape in = *pv_node_shape(g, x);
    int64_t heads = (int64_t)l->value[0];
    PV_TRY(need_dims(b, l, &in, 3, NEEDS_TOKENS));
    if (in.dim[2] % heads != 0)
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s: %lld heads do not divide a width of %lld", b->m->name,
                l->line, l->name, (long long)heads, (long long)in.dim[2]);
    static const char *const prefix[3] = {"query.", "key.", "value."};
    pv_node part[3];
    for (int i = 0; i < 3; i++) {
        PV_TRY(dense(b, l, prefix[i], x, in.dim[2], 1, &part[i]));
        part[i] = split_heads(b, part[i], &in, heads);
    }
    pv_node y;
    if (b->tokens == PV_NONE) {
        y = pv_attention(g, part[0], part[1], part[2]);
    } else {
        /* Padding gets a weight of e^-30 of what it would have, which float32 keeps finite. */
        pv_node mask = pv_reshape(g, token_mask(b), PV_SHAPE(in.dim[0], 1, 1, in.dim[1]));
        double scale = 1.0 / sqrt((double)(in.dim[2] / heads));
        pv_node score = pv_scale(g, pv_matmul(g, part[0], part[1], 0, 1), scale);
        score = pv_add(g, score, pv_affine(g, mask, 30.0, -30.0));
        y = pv_matmul(g, pv_softmax(g, score), part[2], 0, 0);
    }
    y = pv_reshape(g, pv_permute(g, y, 4, (const int[]){0, 2, 1, 3}), in);
    return dense(b, l, "out.", y, in.dim[2], 1, out);
}

static pv_status build_activation(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    pv_graph *g = b->g;
    double v = l->value[0];
    switch (l->kind) {
    case PV_LAYER_RELU:
        *out = pv_relu(g, x);
        break;
    case PV_LAYER_LEAKY_RELU:
        *out = pv_leaky_relu(g, x, v);
        break;
    case PV_LAYER_ELU:
        *out = pv_elu(g, x, v);
        break;
    case PV_LAYER_SIGMOID:
        *out = pv_sigmoid(g, x);
        break;
    case PV_LAYER_TANH:
        *out = pv_tanh(g, x);
        break;
    case PV_LAYER_GELU:
        *out = pv_gelu(g, x);
        break;
    case PV_LAYER_SOFTPLUS:
        *out = pv_softplus(g, x);
        break;
    default:
        assert(l->kind == PV_LAYER_SCALE);
        *out = pv_scale(g, x, v);
    }
    return PV_OK;
}

static pv_status build_dropout(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    pv_rng purpose = pv_rng_make(0, PV_STREAM_DROPOUT);
    *out = b->train && l->value[0] > 0
               ? pv_dropout(b->g, x, l->value[0], pv_rng_fork(&purpose, (uint64_t)l->line).stream)
               : x;
    return PV_OK;
}

/* An input of its own, behind the channels that come in; a second build in the same graph shares
 * it, as it shares the weights. */
static pv_status build_secret(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    pv_shape shape = *pv_node_shape(b->g, x);
    if (shape.ndim != 2 && shape.ndim != 4)
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s joins an image or a vector, not %d dimensions", b->m->name,
                l->line, l->name, shape.ndim);
    if (b->secret != PV_NONE)
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s: a model has one secret at most", b->m->name, l->line,
                l->name);
    shape.dim[shape.ndim - 1] = (int64_t)l->value[0];
    b->secret = pv_graph_find(b->g, "secret");
    if (b->secret == PV_NONE) b->secret = pv_input(b->g, "secret", shape);
    *out = pv_concat(b->g, (const pv_node[]){x, b->secret}, 2, shape.ndim - 1);
    return PV_OK;
}

static pv_status build_input(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    const pv_shape *sample = &b->m->domain.sample;
    char a[PV_SHAPE_TEXT], c[PV_SHAPE_TEXT];
    pv_shape wanted = {.ndim = l->given};
    for (int i = 0; i < l->given; i++) wanted.dim[i] = (int64_t)l->value[i];
    if (!pv_shape_equal(&wanted, sample))
        PV_FAIL(PV_ERR_SHAPE, "%s:%d: the model is for samples of %s, the data has %s", b->m->name,
                l->line, pv_shape_text(&wanted, a), pv_shape_text(sample, c));
    *out = x;
    return PV_OK;
}

typedef pv_status layer_builder(builder *b, const pv_layer *l, pv_node x, pv_node *out);

static layer_builder *const builders[PV_LAYER_COUNT] = {
    [PV_LAYER_INPUT] = build_input,
    [PV_LAYER_CONV] = build_conv,
    [PV_LAYER_DENSE] = build_dense,
    [PV_LAYER_AVGPOOL] = build_pool,
    [PV_LAYER_MAXPOOL] = build_pool,
    [PV_LAYER_GLOBAL_AVGPOOL] = build_on_image,
    [PV_LAYER_GLOBAL_MAXPOOL] = build_on_image,
    [PV_LAYER_SQUEEZE2] = build_on_image,
    [PV_LAYER_FLATTEN] = build_reshape,
    [PV_LAYER_RESHAPE] = build_reshape,
    [PV_LAYER_BATCHNORM] = build_batchnorm,
    [PV_LAYER_LAYERNORM] = build_norm,
    [PV_LAYER_GROUPNORM] = build_norm,
    [PV_LAYER_DROPOUT] = build_dropout,
    [PV_LAYER_EMBEDDING] = build_embedding,
    [PV_LAYER_POSITIONS] = build_positions,
    [PV_LAYER_ATTENTION] = build_attention,
    [PV_LAYER_MEAN_TOKENS] = build_mean_tokens,
    [PV_LAYER_SCALE] = build_activation,
    [PV_LAYER_SECRET] = build_secret,
    [PV_LAYER_RELU] = build_activation,
    [PV_LAYER_LEAKY_RELU] = build_activation,
    [PV_LAYER_ELU] = build_activation,
    [PV_LAYER_SIGMOID] = build_activation,
    [PV_LAYER_TANH] = build_activation,
    [PV_LAYER_GELU] = build_activation,
    [PV_LAYER_SOFTPLUS] = build_activation,
};

static pv_status refuse_tokens(const builder *b, const pv_layer *l, pv_node x)
{
    if (x != b->tokens) return PV_OK;
    PV_FAIL(PV_ERR_SHAPE, "%s:%d: %s can't work on tokens; begin with 'embedding'", b->m->name,
            l->line, l->name);
}

static pv_status build_layer(builder *b, const pv_layer *l, pv_node x, pv_node *out)
{
    char text[PV_SHAPE_TEXT];
    if (l->kind != PV_LAYER_EMBEDDING && l->kind != PV_LAYER_INPUT) PV_TRY(refuse_tokens(b, l, x));
    PV_TRY(builders[l->kind](b, l, x, out));
    PV_TRY_CONTEXT(pv_graph_check(b->g), "%s:%d: %s got %s (batch first)", b->m->name, l->line,
                   l->name, pv_shape_text(pv_node_shape(b->g, x), text));
    const pv_shape *shape = pv_node_shape(b->g, *out);
    int64_t count = pv_shape_count(shape);
    if (count < 0 || count / b->batch > MAX_ACTIVATIONS)
        PV_FAIL(PV_ERR_LIMIT, "%s:%d: %s gives %s numbers: more than %lld a sample", b->m->name,
                l->line, l->name, pv_shape_text(shape, text), (long long)MAX_ACTIVATIONS);
    if (*out != x) pv_node_set_name(b->g, *out, l->name);
    return PV_OK;
}

/* Layers from *at up to the `shortcut`, `}` or end that closes them, where *at then stands.
 * Residuals nest, so this recurs, at most PV_NESTING_MAX deep. */
static pv_status build_sequence(builder *b, size_t *at, pv_node x, pv_node *out)
{
    const pv_layers *ls = &b->m->layers;
    char text[2][PV_SHAPE_TEXT];
    for (; *at < b->end; (*at)++) {
        const pv_layer *l = &ls->layer[*at];
        if (l->kind == PV_LAYER_END || l->kind == PV_LAYER_SHORTCUT) break;
        if (l->kind != PV_LAYER_RESIDUAL) {
            PV_TRY(build_layer(b, l, x, &x));
            continue;
        }
        PV_TRY(refuse_tokens(b, l, x));
        pv_node body, other = x;
        (*at)++;
        PV_TRY(build_sequence(b, at, x, &body));
        if (ls->layer[*at].kind == PV_LAYER_SHORTCUT) {
            (*at)++;
            PV_TRY(build_sequence(b, at, x, &other));
        }
        const pv_shape *s = pv_node_shape(b->g, body), *t = pv_node_shape(b->g, other);
        if (!pv_shape_equal(s, t))
            PV_FAIL(PV_ERR_SHAPE,
                    "%s:%d: %s: its body gives %s and its shortcut %s (batch first); give it a "
                    "'shortcut { conv ... }' that ends in the same shape",
                    b->m->name, l->line, l->name, pv_shape_text(s, text[0]),
                    pv_shape_text(t, text[1]));
        x = pv_add(b->g, body, other);
        PV_TRY(pv_graph_check(b->g));
        pv_node_set_name(b->g, x, l->name);
    }
    *out = x;
    return PV_OK;
}

/* What the first layer gets: x, or an input. */
static pv_status take_input(builder *b, pv_node x, pv_node *input)
{
    const pv_model_domain *d = &b->m->domain;
    char text[PV_SHAPE_TEXT], wanted[PV_SHAPE_TEXT];
    pv_shape shape = {.ndim = d->sample.ndim + 1, .dim = {b->batch}};
    for (int i = 0; i < d->sample.ndim; i++) shape.dim[i + 1] = d->sample.dim[i];
    if (x == PV_NONE)
        x = d->kind == PV_DATA_TEXT ? pv_input_index(b->g, "x", shape) : pv_input(b->g, "x", shape);
    PV_TRY(pv_graph_check(b->g));
    if (!pv_shape_equal(pv_node_shape(b->g, x), &shape))
        PV_FAIL(PV_ERR_SHAPE, "%s: the node to build on is %s, the model takes %s (batch first)",
                b->m->name, pv_shape_text(pv_node_shape(b->g, x), text),
                pv_shape_text(&shape, wanted));
    b->tokens = d->kind == PV_DATA_TEXT ? x : PV_NONE;
    *input = x;
    return PV_OK;
}

static pv_status build(builder *b, pv_node x, pv_node *input, pv_node *logits)
{
    char text[PV_SHAPE_TEXT], wanted[PV_SHAPE_TEXT];
    size_t at = 0;
    PV_TRY(take_input(b, x, input));
    PV_TRY(build_sequence(b, &at, *input, logits));
    if (b->m->domain.classes == PV_MODEL_PART) return PV_OK;
    const pv_shape *s = pv_node_shape(b->g, *logits),
                   end = PV_SHAPE(b->batch, b->m->domain.classes);
    if (!pv_shape_equal(s, &end))
        PV_FAIL(PV_ERR_SHAPE,
                "%s: the last layer gives %s, %s was expected (batch, classes); end with 'dense "
                "classes'",
                b->m->name, pv_shape_text(s, text), pv_shape_text(&end, wanted));
    return PV_OK;
}

pv_status pv_model_collect(pv_model *m)
{
    pv_graph *g = NULL;
    pv_node input, logits;
    pv_status status = PV_OK;
    PV_TRY(pv_graph_new(&g));
    builder b = {
        .m = m, .collect = m, .g = g, .batch = 1, .secret = PV_NONE, .end = m->layers.count};
    PV_TRY_GOTO(build(&b, PV_NONE, &input, &logits));
done:
    pv_graph_free(g);
    return status;
}

pv_status pv_model_build(const pv_model *m, pv_graph *g, int64_t batch, int train, pv_node x,
                         pv_model_nodes *out)
{
    pv_status status = PV_OK;
    *out = (pv_model_nodes){
        .input = PV_NONE, .logits = PV_NONE, .secret = PV_NONE, .params = (int)m->params};
    if (batch < 1) PV_FAIL(PV_ERR_USAGE, "a batch of %lld samples; at least 1", (long long)batch);
    out->param = pv_alloc(m->params, sizeof *out->param);
    if (out->param == NULL) PV_FAIL_MEMORY(m->params * sizeof *out->param);
    builder b = {.m = m,
                 .g = g,
                 .train = train,
                 .batch = batch,
                 .param = out->param,
                 .secret = PV_NONE,
                 .end = m->layers.count};
    PV_TRY_GOTO(build(&b, x, &out->input, &out->logits));
    out->secret = b.secret;
    assert(b.next == m->params);
done:
    if (status != PV_OK) pv_model_nodes_clear(out);
    return status;
}

size_t pv_model_first_param(const pv_model *m, size_t first)
{
    for (size_t i = 0; i < m->params; i++)
        for (size_t k = first; k < m->layers.count; k++) {
            const char *name = m->layers.layer[k].name;
            size_t n = strlen(name);
            if (strncmp(m->param[i].name, name, n) == 0 && m->param[i].name[n] == '.') return i;
        }
    return m->params;
}

pv_status pv_model_build_part(const pv_model *m, pv_graph *g, int64_t batch, int train, pv_node x,
                              size_t first, size_t end, pv_model_nodes *out)
{
    pv_status status = PV_OK;
    *out = (pv_model_nodes){
        .input = PV_NONE, .logits = PV_NONE, .secret = PV_NONE, .params = (int)m->params};
    if (batch < 1) PV_FAIL(PV_ERR_USAGE, "a batch of %lld samples; at least 1", (long long)batch);
    out->param = pv_alloc(m->params, sizeof *out->param);
    if (out->param == NULL) PV_FAIL_MEMORY(m->params * sizeof *out->param);
    for (size_t i = 0; i < m->params; i++) out->param[i] = PV_NONE;
    builder b = {.m = m,
                 .g = g,
                 .train = train,
                 .batch = batch,
                 .tokens = PV_NONE,
                 .secret = PV_NONE,
                 .param = out->param,
                 .next = pv_model_first_param(m, first),
                 .end = end};
    out->input = x;
    if (first == 0) PV_TRY_GOTO(take_input(&b, x, &out->input));
    PV_TRY_GOTO(build_sequence(&b, &first, out->input, &out->logits));
    out->secret = b.secret;
done:
    if (status != PV_OK) pv_model_nodes_clear(out);
    return status;
}

void pv_model_nodes_clear(pv_model_nodes *nodes)
{
    pv_free(nodes->param);
    *nodes = (pv_model_nodes){.input = PV_NONE, .logits = PV_NONE, .secret = PV_NONE};
}
