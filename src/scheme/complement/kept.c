#include "scheme/complement/halves.h"

#include "base/file.h"
#include "base/mem.h"

static const char FORM_FILE[] = "form.bin";
enum { FORM_MAX = 1 << 28 };

static pv_status form_path(char **out, const char *folder)
{
    *out = pv_path_join(folder, FORM_FILE);
    if (*out == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    return PV_OK;
}

pv_status pv_complement_keep(const char *folder, const pv_split_half *front,
                             const pv_activation_form *f)
{
    pv_status status = PV_OK;
    char *half = NULL, *form = NULL;
    pv_bytes bytes = {0};
    PV_TRY_GOTO(pv_split_half_path(&half, folder, 0));
    PV_TRY_GOTO(form_path(&form, folder));
    if (front != NULL) PV_TRY_GOTO(pv_split_half_save(front, half));
    PV_TRY_GOTO(pv_activation_form_bytes(&bytes, f));
    PV_TRY_GOTO(pv_file_write(form, bytes.data, bytes.size, 0644));
done:
    pv_bytes_clear(&bytes);
    pv_free(half);
    pv_free(form);
    return status;
}

pv_status pv_complement_kept(pv_split_half *front, pv_activation_form *f, const char *folder)
{
    pv_status status = PV_OK;
    char *half = NULL, *form = NULL;
    pv_bytes bytes = {0};
    *front = (pv_split_half){0};
    *f = (pv_activation_form){0};
    PV_TRY_GOTO(pv_split_half_path(&half, folder, 0));
    PV_TRY_GOTO(form_path(&form, folder));
    if (!pv_file_exists(half) || !pv_file_exists(form))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND, "%s: no published half of a model, with %s, is here", folder,
                     FORM_FILE);
    PV_TRY_GOTO(pv_split_half_load(front, half, 0));
    PV_TRY_GOTO(pv_file_read(&bytes, form, FORM_MAX));
    PV_TRY_GOTO(pv_activation_form_parse(f, form, bytes.data, bytes.size, front));
done:
    pv_bytes_clear(&bytes);
    pv_free(half);
    pv_free(form);
    if (status != PV_OK) pv_split_half_clear(front);
    return status;
}

/* ---- for `privet check` */
static pv_status say_half(pv_str *about, const pv_split_half *half, const char *path)
{
    char text[PV_HASH_TEXT], cut[PV_CUT_TEXT];
    return pv_str_printf(about, "%s%s: the %s's half, cut %s, of the model %.16s...",
                         about->size > 0 ? "; " : "", path,
                         half->provider ? "provider" : "customer", pv_cut_text(&half->cut, cut),
                         pv_hash_text(&half->binding, text));
}

pv_status pv_complement_provider_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                       const char *who)
{
    pv_complement_options o;
    pv_complement_halves h;
    pv_hidden hidden;
    PV_TRY(pv_complement_options_read(&o, s));
    if (l->model != NULL) { /* not cut here: that reads all its data */
        PV_TRY(pv_hidden_load(&hidden, l->model));
        pv_status status = pv_str_printf(about, "%s: a model with a secret", l->model);
        pv_hidden_clear(&hidden);
        return status;
    }
    if (l->half == NULL) return PV_OK;
    PV_TRY(pv_complement_halves_open(&h, l, &o, s, NULL, who));
    pv_status status = say_half(about, &h.back, l->half);
    if (status == PV_OK && h.published) status = say_half(about, &h.front, l->front);
    pv_complement_halves_clear(&h);
    return status;
}

pv_status pv_complement_customer_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                       const char *who)
{
    pv_complement_options o;
    pv_split_half half;
    (void)who;
    PV_TRY(pv_complement_options_read(&o, s));
    if (l->half == NULL) return PV_OK;
    PV_TRY(pv_split_half_load(&half, l->half, 0));
    pv_status status = pv_complement_half_check(&half, &o, s, l->half);
    if (status == PV_OK) status = say_half(about, &half, l->half);
    pv_split_half_clear(&half);
    return status;
}
