/* The first byte chooses what the model is for; a 0 byte parts the text from settings of its
 * options. */
#include "fuzz.h"
#include "nn/model_i.h"

#include <string.h>

static const pv_model_domain domains[] = {
    {sizeof(pv_model_domain), PV_DATA_IMAGE, {3, {12, 12, 3}}, 10, 0},
    {sizeof(pv_model_domain), PV_DATA_TABLE, {1, {8}}, 3, 0},
    {sizeof(pv_model_domain), PV_DATA_TEXT, {1, {6}}, 2, 50},
};

/* The parser alone also accepts what fits no data; what it accepts it gives whole. */
static void parse(const char *text, size_t size)
{
    pv_layers l;
    int ok = pv_fuzz_ok(pv_model_text_parse(&l, text, size, "fuzz.model", 10, 50));
    PV_FUZZ_CHECK(ok == (l.layer != NULL));
    for (size_t i = 0; ok && i < l.count; i++)
        PV_FUZZ_CHECK(l.layer[i].kind < PV_LAYER_COUNT &&
                      memchr(l.layer[i].name, 0, PV_LAYER_NAME));
    pv_layers_clear(&l);
}

static void create(const pv_model_domain *domain, const char *text, size_t size)
{
    pv_model *m;
    if (pv_fuzz_ok(pv_model_create(&m, "fuzz.model", text, size, domain)))
        PV_FUZZ_CHECK(pv_model_weights(m) >= 0);
    pv_model_free(m);
}

static void set(const char *text, size_t size, const char *settings)
{
    char *out;
    pv_status s = pv_model_text_set(&out, text, size, "fuzz.model", settings);
    PV_FUZZ_CHECK((s == PV_OK) == (out != NULL));
    if (s != PV_ERR_OPTION) pv_fuzz_ok(s);
    pv_trail_clear();
    pv_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096) return 0;
    const char *text = (const char *)data + 1;
    const char *zero = memchr(text, 0, size - 1);
    size_t length = zero == NULL ? size - 1 : (size_t)(zero - text);
    parse(text, length);
    create(&domains[data[0] % 3], text, length);
    if (zero == NULL) return 0;
    size_t left = size - 1 - length - 1;
    char settings[4096];
    memcpy(settings, zero + 1, left);
    settings[left] = '\0';
    set(text, length, settings);
    return 0;
}
