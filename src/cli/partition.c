#include "run/partition.h"

#include "cli/commands.h"
#include "cli/console.h"

typedef struct partition_args {
    const char *model, *cut, *data, *out;
    double noise;
} partition_args;

#define AT(field) offsetof(partition_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "MODEL", NULL, 0, 0, NULL,
     "a model with a secret, that privet retrain wrote", AT(model), 1, 0},
    {"cut", 'c', PV_OPTION_TEXT, "CUT", NULL, 0, 0, NULL,
     "K: behind stage K, with its pool; K:before-pool", AT(cut), 1, 0},
    {"data", 'd', PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "rows that give the ranges of the activation; with labels, accuracy is measured on its test "
     "split",
     AT(data), 1, 0},
    {"noise", 0, PV_OPTION_REAL, "SD", NULL, 0, PV_FRONT_NOISE_MOST, NULL,
     "Gaussian noise that customers put on the activation before they send it, in units of its own "
     "spread over the rows of --data; without it, what the model was trained with",
     AT(noise), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "DIR", NULL, 0, 0, NULL, "folder for the two files", AT(out), 1,
     0},
    PV_OPTION_END,
};

static pv_status fill_half(json_t *j, const char *key, const pv_partition *p, int which)
{
    const pv_split_half *half = which ? &p->back : &p->front;
    char text[PV_HASH_TEXT];
    json_t *one = json_object();
    PV_TRY(pv_json_set(j, key, one));
    PV_TRY(pv_json_set(one, "file", json_string(p->path[which])));
    PV_TRY(pv_json_set(one, "bytes", json_integer(p->file_bytes[which])));
    PV_TRY(pv_json_set(one, "weights", json_integer(pv_model_weights(half->model))));
    return pv_json_set(one, "sha256", json_string(pv_hash_text(&half->own, text)));
}

static pv_status fill_forms(json_t *j, const pv_partition *p)
{
    json_t *forms = json_array();
    PV_TRY(pv_json_set(j, "forms", forms));
    for (int i = 0; i < p->forms; i++) {
        const pv_partition_form *f = &p->form[i];
        json_t *one = json_object();
        PV_TRY(pv_json_append(forms, one));
        PV_TRY(pv_json_set(one, "bits", json_integer(f->bits)));
        PV_TRY(pv_json_set(one, "projected", json_boolean(f->projected)));
        PV_TRY(pv_json_set(one, "bytes", json_integer((json_int_t)f->bytes)));
        PV_TRY(pv_json_set(one, "accuracy", pv_json_number(f->accuracy)));
        PV_TRY(pv_json_set(one, "clamped", pv_json_number(f->clamped)));
        PV_TRY(pv_json_set(one, "refused", json_integer(f->refused)));
    }
    return PV_OK;
}

static pv_status fill(json_t *j, const partition_args *a, const pv_partition *p)
{
    char text[PV_HASH_TEXT], cut[PV_CUT_TEXT];
    const pv_shape *shape = &p->front.activation;
    json_t *activation = json_array();
    PV_TRY(pv_json_set(j, "activation", activation));
    for (int i = 0; i < shape->ndim; i++)
        PV_TRY(pv_json_append(activation, json_integer(shape->dim[i])));
    PV_TRY(pv_json_set(j, "model", json_string(a->model)));
    PV_TRY(pv_json_set(j, "cut", json_string(pv_cut_text(&p->front.cut, cut))));
    PV_TRY(pv_json_set(j, "noise", pv_json_number(p->front.noise)));
    PV_TRY(pv_json_set(j, "spread",
                       p->front.noise > 0 ? pv_json_number(p->front.spread) : json_null()));
    PV_TRY(pv_json_set(j, "binding", json_string(pv_hash_text(&p->front.binding, text))));
    PV_TRY(fill_half(j, "customer", p, 0));
    PV_TRY(fill_half(j, "provider", p, 1));
    PV_TRY(pv_json_set(j, "rank", json_integer(p->back.rank)));
    PV_TRY(pv_json_set(j, "unprojected",
                       p->unprojected == NULL ? json_null() : json_string(p->unprojected)));
    PV_TRY(pv_json_set(j, "data", p->rows > 0 ? json_string(p->test) : json_null()));
    PV_TRY(pv_json_set(j, "rows", json_integer(p->rows)));
    PV_TRY(pv_json_set(j, "same_rows", json_boolean(p->same_rows)));
    return fill_forms(j, p);
}

static void print_half(const pv_partition *p, int which)
{
    const pv_split_half *half = which ? &p->back : &p->front;
    char bytes[PV_CONSOLE_TEXT];
    pv_console_print("%s: %lld weights, %s%s\n", p->path[which],
                     (long long)pv_model_weights(half->model),
                     pv_console_bytes((double)p->file_bytes[which], bytes),
                     which ? ", for the provider alone" : "");
}

static void print(const pv_partition *p)
{
    char text[PV_HASH_TEXT], shape[PV_SHAPE_TEXT], cut[PV_CUT_TEXT];
    print_half(p, 0);
    print_half(p, 1);
    pv_console_print("binding     %s\ncut         %s, activation %s\n",
                     pv_hash_text(&p->front.binding, text), pv_cut_text(&p->front.cut, cut),
                     pv_shape_text(&p->front.activation, shape));
    if (p->front.noise > 0)
        pv_console_print("noise       %g deviations of the activation, of %.4g each\n",
                         p->front.noise, p->front.spread);
    if (p->rows > 0)
        pv_console_print("accuracy    on %lld rows of %s%s\n", (long long)p->rows, p->test,
                         p->same_rows ? ", which gave the ranges, too" : "");
    pv_console_print("\n%-22s %12s%s\n", "as it crosses", "bytes a row",
                     p->rows > 0 ? "   accuracy    clamped   refused" : "");
    for (int i = 0; i < p->forms; i++) {
        const pv_partition_form *f = &p->form[i];
        pv_console_print("%2d bits%-15s %12zu", f->bits, f->projected ? ", projected" : "",
                         f->bytes);
        if (p->rows > 0)
            pv_console_print("   %6.2f %%   %6.3f %%   %7lld", 100 * f->accuracy, 100 * f->clamped,
                             (long long)f->refused);
        pv_console_print("\n");
    }
    if (p->unprojected != NULL) pv_console_print("%s\n", p->unprojected);
    if (p->back.rank > 0)
        pv_console_print("projected: %lld coordinates; the customer then learns what part of the "
                         "activation the provider's first layer looks at\n",
                         (long long)p->back.rank);
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const partition_args *a = opaque;
    pv_status status = PV_OK;
    json_t *j = NULL;
    pv_partition p = {.model = a->model,
                      .cut = a->cut,
                      .data = a->data,
                      .out = a->out,
                      .noise = a->noise,
                      .seed = (uint64_t)cli->global.seed};
    PV_TRY_GOTO(pv_partition_run(&p, &cli->ctx));
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(fill(j, a, &p));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else
        print(&p);
done:
    json_decref(j);
    pv_partition_clear(&p);
    return status;
}

const pv_command pv_command_partition = {
    .name = "partition",
    .summary = "cut a model with a secret in two halves",
    .text =
        "Writes customer.safetensors, which is published to customers, and provider.safetensors, "
        "which stays with the provider (mode 0600), bound together by a hash. The cut lies behind "
        "the stage where the secret enters, or later: before it the secret would cross in the "
        "clear. Stages are counted as papers count layers: a convolution or dense layer with its "
        "norm, activation and pool (docs/models.md).\n\n"
        "The rows of --data give the range of every channel of the activation, by which it is "
        "rounded to 8 or 4 bits and by which a provider refuses what no such network gives. The "
        "front carries the noise that it puts on its activation: the same row always gets the "
        "same, "
        "derived from the customer's key, or asking often would average it away. With "
        "labels, the accuracy of the two halves is measured for every form in which the "
        "activation can cross. What a provider can read off it is another question: privet "
        "audit.",
    .examples = "privet partition secret.safetensors --cut 2 --data mnist:DIR -o halves",
    .options = options,
    .args_size = sizeof(partition_args),
    .run = run,
};
