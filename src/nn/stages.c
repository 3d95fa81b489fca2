#include "nn/stages.h"

#include "base/str.h"
#include "nn/model_i.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_entry(pv_layer_kind k)
{
    return k == PV_LAYER_CONV || k == PV_LAYER_DENSE || k == PV_LAYER_RESIDUAL;
}

static int is_pool(pv_layer_kind k)
{
    return k == PV_LAYER_AVGPOOL || k == PV_LAYER_MAXPOOL || k == PV_LAYER_GLOBAL_AVGPOOL ||
           k == PV_LAYER_GLOBAL_MAXPOOL;
}

/* The layer behind number i: behind its end, for a residual. */
static size_t behind(const pv_layers *l, size_t i)
{
    int depth = 0;
    do {
        if (l->layer[i].kind == PV_LAYER_RESIDUAL) depth++;
        if (l->layer[i].kind == PV_LAYER_END) depth--;
        i++;
    } while (depth > 0);
    return i;
}

static pv_status append(pv_stages *s, size_t *cap, size_t entry)
{
    PV_TRY(pv_grow((void **)&s->stage, cap, (size_t)s->count + 1, sizeof *s->stage));
    s->stage[s->count++] = (pv_stage){.entry = entry};
    return PV_OK;
}

/* Once all entries are known: where each begins and ends, and its pool. A secret stands between the
 * stage before it and the entry that it belongs to. */
static void bounds(pv_stages *s, const pv_layers *l)
{
    for (int64_t k = 0; k < s->count; k++) {
        pv_stage *now = &s->stage[k];
        size_t next = k + 1 < s->count ? s->stage[k + 1].entry : l->count;
        now->first = k == 0 ? 0 : s->stage[k - 1].end;
        now->end = next;
        for (size_t i = behind(l, now->entry); i < next && now->end == next; i = behind(l, i))
            if (l->layer[i].kind == PV_LAYER_SECRET && k + 1 < s->count) now->end = i;
        now->pool = now->end;
        for (size_t i = behind(l, now->entry); i < now->end && now->pool == now->end;
             i = behind(l, i))
            if (is_pool(l->layer[i].kind)) now->pool = i;
    }
}

pv_status pv_stages_init(pv_stages *s, const pv_model *m)
{
    pv_status status = PV_OK;
    size_t cap = 0;
    *s = (pv_stages){0};
    if (m->domain.kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_MISMATCH,
                "the model %s is for text: what goes from one of its layers to the next is no "
                "image and no row, and can't be cut",
                m->name);
    for (size_t i = 0; i < m->layers.count; i = behind(&m->layers, i))
        if (is_entry(m->layers.layer[i].kind)) PV_TRY_GOTO(append(s, &cap, i));
    if (s->count == 0)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "the model %s has no convolution, dense layer or residual: there is nothing "
                     "to cut",
                     m->name);
    bounds(s, &m->layers);
done:
    if (status != PV_OK) pv_stages_clear(s);
    return status;
}

void pv_stages_clear(pv_stages *s)
{
    pv_free(s->stage);
    *s = (pv_stages){0};
}

static pv_status no_such_cut(const pv_stages *s, const pv_model *m, const char *text)
{
    pv_status status = PV_OK;
    pv_str all = {0};
    for (int64_t k = 0; k < s->count; k++) {
        const char *comma = all.size > 0 ? ", " : "";
        if (s->stage[k].pool < s->stage[k].end)
            PV_TRY_GOTO(pv_str_printf(&all, "%s%lld:before-pool", comma, (long long)k + 1));
        comma = all.size > 0 ? ", " : "";
        if (k + 1 < s->count) PV_TRY_GOTO(pv_str_printf(&all, "%s%lld", comma, (long long)k + 1));
    }
    if (all.size == 0)
        PV_FAIL_GOTO(PV_ERR_OPTION, "the model %s has one stage only and can't be cut", m->name);
    PV_FAIL_GOTO(PV_ERR_OPTION, "'%s' is no cut of the model %s; there are %s", text, m->name,
                 pv_str_text(&all));
done:
    pv_str_clear(&all);
    return status;
}

/* Is there something on both sides? */
static int exists(const pv_stages *s, const pv_cut_at *c)
{
    if (c->stage < 1 || c->stage > s->count) return 0;
    const pv_stage *at = &s->stage[c->stage - 1];
    return c->before_pool ? at->pool < at->end : c->stage < s->count;
}

pv_status pv_cut_parse(pv_cut_at *out, const char *text, const pv_model *m)
{
    pv_status status = PV_OK;
    pv_stages s;
    char *end = NULL;
    *out = (pv_cut_at){0};
    PV_TRY(pv_stages_init(&s, m));
    if (text[0] >= '0' && text[0] <= '9') out->stage = strtoll(text, &end, 10);
    out->before_pool = end != NULL && strcmp(end, ":before-pool") == 0;
    if (end == NULL || (*end != '\0' && !out->before_pool) || !exists(&s, out))
        PV_TRY_GOTO(no_such_cut(&s, m, text));
done:
    pv_stages_clear(&s);
    return status;
}

char *pv_cut_text(const pv_cut_at *c, char buffer[PV_CUT_TEXT])
{
    snprintf(buffer, PV_CUT_TEXT, "%lld%s", (long long)c->stage,
             c->before_pool ? ":before-pool" : "");
    return buffer;
}

pv_status pv_cut_end(size_t *end, const pv_model *m, const pv_cut_at *c)
{
    pv_status status = PV_OK;
    pv_stages s;
    char text[PV_CUT_TEXT];
    PV_TRY(pv_stages_init(&s, m));
    if (!exists(&s, c)) PV_TRY_GOTO(no_such_cut(&s, m, pv_cut_text(c, text)));
    *end = c->before_pool ? s.stage[c->stage - 1].pool : s.stage[c->stage - 1].end;
done:
    pv_stages_clear(&s);
    return status;
}

pv_status pv_cut_shape(pv_shape *out, const pv_model *m, size_t end)
{
    pv_status status = PV_OK;
    pv_graph *g = NULL;
    pv_model_nodes nodes = {0};
    PV_TRY(pv_model_check_bounds(m, 0, end));
    PV_TRY_GOTO(pv_graph_new(&g));
    PV_TRY_GOTO(pv_model_build_part(m, g, 1, 0, PV_NONE, 0, end, &nodes));
    const pv_shape *batch = pv_node_shape(g, nodes.logits);
    *out = (pv_shape){.ndim = batch->ndim - 1};
    memcpy(out->dim, batch->dim + 1, (size_t)out->ndim * sizeof *out->dim);
done:
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    return status;
}
