#include "scheme/vertical/files.h"

#include "crypto/paillier/paillier.h"
#include "party/order.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/vertical.h"

#include <inttypes.h>

static pv_status look_at_key(pv_str *about, const pv_vertical_options *o, const char *path)
{
    pv_paillier_sk *sk;
    PV_TRY(pv_paillier_sk_load(&sk, path));
    int bits = pv_paillier_bits(pv_paillier_public(sk)), safe = pv_paillier_safe(sk);
    pv_paillier_sk_free(sk);
    if (bits != o->bits)
        PV_FAIL(PV_ERR_MISMATCH, "%s: a key of %d bits, the scenario asks for key_bits = %lld",
                path, bits, (long long)o->bits);
    return pv_str_printf(about, "%s: a key of %d bits%s", path, bits,
                         safe ? "" : ", whose primes are not safe primes");
}

static pv_status look_at_order(pv_str *about, const pv_vertical_options *o, const pv_local *l)
{
    pv_order order, test;
    int there;
    PV_TRY(pv_order_load(&order, l->order));
    PV_TRY(pv_order_load_test(&test, &there, l->order));
    if (o->task == PV_VERTICAL_TRAIN && l->data != NULL)
        PV_TRY(pv_order_check(&order, l->order, l->data, order.rows));
    return pv_str_printf(about, "%s%s: the order of %" PRId64 " rows", about->size > 0 ? "; " : "",
                         l->order, order.rows);
}

static pv_status look_at_half(pv_str *about, const pv_vertical_options *o, const pv_local *l,
                              const char *who, int active)
{
    pv_half half;
    if (o->task == PV_VERTICAL_TRAIN) return PV_OK;
    if (l->half == NULL)
        PV_FAIL(PV_ERR_INPUT,
                "%s: task is not train, and its local file has no line half = FILE: "
                "half.safetensors of the party's folder in the training",
                who);
    PV_TRY(pv_half_load(&half, l->half, active));
    pv_status status = pv_str_printf(about, "%s%s: half of a model, session %02x%02x%02x%02x",
                                     about->size > 0 ? "; " : "", l->half, half.session[0],
                                     half.session[1], half.session[2], half.session[3]);
    pv_half_clear(&half);
    return status;
}

static pv_status look(pv_str *about, pv_scenario *s, const pv_local *l, const char *who, int active)
{
    pv_vertical_options o;
    PV_TRY(pv_vertical_options_read(&o, s));
    if (active && l->paillier != NULL && o.task != PV_VERTICAL_MERGE)
        PV_TRY(look_at_key(about, &o, l->paillier));
    if (l->order != NULL) PV_TRY(look_at_order(about, &o, l));
    return look_at_half(about, &o, l, who, active);
}

pv_status pv_vertical_active_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                   const char *who)
{
    return look(about, s, l, who, 1);
}

pv_status pv_vertical_passive_files(pv_str *about, pv_scenario *s, const pv_local *l,
                                    const char *who)
{
    return look(about, s, l, who, 0);
}
