#include "base/ini.h"
#include "fuzz.h"

/* Every entry is found under its own name, and once all were asked for none is unknown. */
static void look_at(pv_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        const pv_ini_entry *e = &ini->entry[i];
        int64_t n = 0;
        double x = 0.0;
        PV_FUZZ_CHECK(e->line > 0 && e->section[0] != '\0' && e->key[0] != '\0');
        PV_FUZZ_CHECK(pv_ini_text(ini, e->section, e->key, NULL) == e->value);
        (void)pv_fuzz_ok(pv_ini_integer(&n, ini, e->section, e->key, -10, 10));
        (void)pv_fuzz_ok(pv_ini_real(&x, ini, e->section, e->key, -1.0, 1.0));
        PV_FUZZ_CHECK(n >= -10 && n <= 10 && x >= -1.0 && x <= 1.0);
    }
    PV_FUZZ_CHECK(pv_ini_unused(ini) == PV_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_ini ini;
    if (pv_fuzz_ok(pv_ini_parse(&ini, "input", data, size)))
        look_at(&ini);
    else
        PV_FUZZ_CHECK(ini.name == NULL && ini.entry == NULL && ini.count == 0);
    pv_ini_clear(&ini);
    return 0;
}
