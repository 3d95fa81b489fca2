#include "attack/attack.h"

#include "base/mem.h"
#include "wire/writer.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "arrays are hashed as they lie in memory");

pv_status pv_guess_init(pv_guess *g, size_t targets)
{
    *g = (pv_guess){0};
    g->item = pv_calloc(targets, sizeof *g->item);
    if (g->item == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu guesses", targets);
    g->count = targets;
    return PV_OK;
}

static void item_clear(pv_guess_item *i)
{
    pv_free(i->x);
    pv_free(i->label);
    pv_free(i->confidence);
    pv_free(i->inner);
    *i = (pv_guess_item){0};
}

void pv_guess_clear(pv_guess *g)
{
    for (size_t i = 0; i < g->count; i++) item_clear(&g->item[i]);
    pv_free(g->item);
    pv_free(g->tried);
    *g = (pv_guess){0};
}

pv_status pv_guess_add_try(pv_guess *g, const pv_guess_try *t)
{
    size_t n = g->tries + 1;
    pv_guess_try *grown = pv_realloc(g->tried, n, sizeof *grown);
    if (grown == NULL) PV_FAIL_MEMORY(n * sizeof *grown);
    g->tried = grown;
    g->tried[g->tries++] = *t;
    return PV_OK;
}

pv_status pv_guess_claim(pv_guess *g, size_t i, int64_t batch, int64_t count, int labels,
                         int confidences)
{
    pv_guess_item *item = &g->item[i];
    size_t n = (size_t)batch;
    item_clear(item);
    if (count > 0) item->x = pv_calloc(n, (size_t)count * sizeof(float));
    if (labels) item->label = pv_alloc(n, sizeof *item->label);
    if (confidences) item->confidence = pv_calloc(n, sizeof *item->confidence);
    if ((count > 0 && item->x == NULL) || (labels && item->label == NULL) ||
        (confidences && item->confidence == NULL)) {
        item_clear(item);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a guess of %zu samples of %lld numbers", n,
                (long long)count);
    }
    for (size_t k = 0; labels && k < n; k++) item->label[k] = -1;
    item->batch = batch;
    return PV_OK;
}

pv_status pv_guess_claim_inner(pv_guess *g, size_t i)
{
    pv_guess_item *item = &g->item[i];
    size_t n = (size_t)item->batch;
    pv_free(item->inner);
    item->inner = pv_calloc(n, n * sizeof *item->inner);
    if (item->inner == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the inner products of %zu samples", n);
    return PV_OK;
}

static void hash_item(pv_hasher *h, pv_writer *w, const pv_guess_item *item, size_t sample)
{
    size_t n = (size_t)item->batch;
    w->size = 0;
    pv_writer_u64le(w, (uint64_t)item->batch);
    pv_writer_u8(w, item->x != NULL);
    pv_writer_u8(w, item->label != NULL);
    pv_writer_u8(w, (item->confidence != NULL) | (item->inner != NULL) << 1);
    pv_writer_f64le(w, item->loss);
    pv_writer_f64le(w, item->seconds);
    pv_writer_u64le(w, (uint64_t)item->evaluations);
    pv_writer_u8(w, item->finished != 0);
    if (pv_writer_status(w) != PV_OK) return;
    pv_hasher_add(h, w->data, w->size);
    if (item->x != NULL) pv_hasher_add(h, item->x, n * sample * sizeof *item->x);
    if (item->label != NULL) pv_hasher_add(h, item->label, n * sizeof *item->label);
    if (item->confidence != NULL) pv_hasher_add(h, item->confidence, n * sizeof *item->confidence);
    if (item->inner != NULL) pv_hasher_add(h, item->inner, n * n * sizeof *item->inner);
}

pv_status pv_guess_hash(pv_hash *out, const pv_guess *g, const pv_shape *sample)
{
    static const char magic[] = "privet/1 guess";
    pv_status status = PV_OK;
    pv_hasher h = {0};
    pv_writer w = pv_writer_make("guess", 256);
    PV_TRY_GOTO(pv_hasher_init(&h));
    pv_writer_bytes(&w, magic, sizeof magic);
    pv_writer_u64le(&w, g->count);
    pv_writer_u32le(&w, (uint32_t)sample->ndim);
    for (int i = 0; i < sample->ndim; i++) pv_writer_u64le(&w, (uint64_t)sample->dim[i]);
    PV_TRY_GOTO(pv_writer_status(&w));
    pv_hasher_add(&h, w.data, w.size);
    for (size_t i = 0; i < g->count; i++)
        hash_item(&h, &w, &g->item[i], (size_t)pv_shape_count(sample));
    PV_TRY_GOTO(pv_writer_status(&w));
    PV_TRY_GOTO(pv_hasher_end(&h, out));
done:
    pv_hasher_clear(&h);
    pv_writer_clear(&w);
    return status;
}
