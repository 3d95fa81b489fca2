#include "scheme/vertical/predictions.h"

#include "base/mem.h"
#include "scheme/vertical/vertical.h"

#include <string.h>

static pv_status room(pv_predictions *p, int64_t rows)
{
    if (p->labels)
        PV_TRY(pv_grow((void **)&p->label, &p->label_room, (size_t)rows, sizeof *p->label));
    if (p->columns > 0)
        PV_TRY(pv_grow((void **)&p->probability, &p->probability_room, (size_t)(rows * p->columns),
                       sizeof *p->probability));
    return PV_OK;
}

pv_status pv_predictions_add(pv_predictions *p, const pv_vertical_answer *a)
{
    if (p->rows == 0) {
        p->labels = a->label != NULL;
        p->columns = a->probability == NULL ? 0 : a->kind == PV_ANSWER_PROBABILITY ? a->classes : 1;
    }
    PV_TRY(room(p, p->rows + a->rows));
    if (p->labels) memcpy(p->label + p->rows, a->label, (size_t)a->rows * sizeof *p->label);
    if (p->columns > 0)
        memcpy(p->probability + p->rows * p->columns, a->probability,
               (size_t)(a->rows * p->columns) * sizeof *p->probability);
    p->rows += a->rows;
    return PV_OK;
}

void pv_predictions_clear(pv_predictions *p)
{
    pv_free(p->label);
    pv_free(p->probability);
    *p = (pv_predictions){0};
}

void pv_predictions_save(const pv_predictions *p, pv_writer *w)
{
    pv_writer_u64le(w, (uint64_t)p->rows);
    pv_writer_u64le(w, (uint64_t)p->columns);
    pv_writer_u8(w, (uint8_t)p->labels);
    if (p->labels) pv_writer_bytes(w, p->label, (size_t)p->rows * sizeof *p->label);
    if (p->columns > 0)
        pv_writer_bytes(w, p->probability, (size_t)(p->rows * p->columns) * sizeof *p->probability);
}

pv_status pv_predictions_load(pv_predictions *p, pv_reader *r)
{
    const int64_t most = (int64_t)1 << 40;
    pv_predictions_clear(p);
    int64_t rows = (int64_t)pv_reader_u64le(r, "predicted rows");
    int64_t columns = (int64_t)pv_reader_u64le(r, "probabilities of a row");
    int labels = pv_reader_u8(r, "labels of predictions");
    if (rows < 0 || rows > most || columns < 0 || columns > 1 << 20)
        pv_reader_fail(r, PV_ERR_FORMAT, "predictions of no size");
    PV_TRY(pv_reader_status(r));
    size_t label_size = labels ? (size_t)rows * sizeof *p->label : 0;
    size_t size = (size_t)rows * (size_t)columns * sizeof *p->probability;
    const uint8_t *label = pv_reader_bytes(r, label_size, "labels of predictions");
    const uint8_t *probability = pv_reader_bytes(r, size, "probabilities");
    PV_TRY(pv_reader_status(r));
    p->columns = columns;
    p->labels = labels;
    PV_TRY(room(p, rows));
    if (label_size > 0) memcpy(p->label, label, label_size);
    if (size > 0) memcpy(p->probability, probability, size);
    p->rows = rows;
    return PV_OK;
}

static pv_status head(pv_str *out, const pv_predictions *p, const pv_model *m)
{
    PV_TRY(pv_str_append(out, p->labels ? "row,label" : "row"));
    if (p->columns == 1) PV_TRY(pv_str_append(out, ",probability"));
    for (int64_t k = 0; p->columns > 1 && k < p->columns; k++) {
        PV_TRY(pv_str_append(out, ","));
        PV_TRY(pv_str_append_csv(out, pv_model_class_name(m, (int)k)));
    }
    return pv_str_append(out, "\n");
}

static pv_status table(pv_str *out, const pv_predictions *p, const pv_model *m)
{
    PV_TRY(head(out, p, m));
    for (int64_t i = 0; i < p->rows; i++) {
        PV_TRY(pv_str_printf(out, "%lld", (long long)i));
        if (p->labels) {
            PV_TRY(pv_str_append(out, ","));
            PV_TRY(pv_str_append_csv(out, pv_model_class_name(m, p->label[i])));
        }
        for (int64_t k = 0; k < p->columns; k++)
            PV_TRY(pv_str_printf(out, ",%.6g", (double)p->probability[i * p->columns + k]));
        PV_TRY(pv_str_append(out, "\n"));
    }
    return PV_OK;
}

pv_status pv_predictions_write(const pv_predictions *p, const pv_model *m, const pv_party *party)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    if (p->rows == 0) return PV_OK;
    char *path = pv_path_join(pv_party_folder(party), "predictions.csv");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(table(&text, p, m));
    PV_TRY_GOTO(pv_file_write(path, pv_str_text(&text), text.size, 0600));
done:
    pv_str_clear(&text);
    pv_free(path);
    return status;
}
