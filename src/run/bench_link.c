#include "run/bench_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const pv_passphrase none = {NULL};

static void path_of(char out[PV_BENCH_LINK_PATH], const pv_bench_link *l, const char *name,
                    const char *ending)
{
    snprintf(out, PV_BENCH_LINK_PATH, "%s/%s%s", l->folder, name, ending);
}

static pv_status make_identity(pv_identity **id, const pv_bench_link *l, const char *name)
{
    char certificate[PV_BENCH_LINK_PATH], key[PV_BENCH_LINK_PATH];
    PV_TRY(pv_party_make(l->folder, name, 1, &none, &none));
    path_of(certificate, l, name, ".pem");
    path_of(key, l, name, ".key");
    return pv_identity_load(id, certificate, key, &none);
}

pv_status pv_bench_link_init(pv_bench_link *l, const char *first, const char *second)
{
    char path[PV_BENCH_LINK_PATH];
    const char *temporary = getenv("TMPDIR");
    *l = (pv_bench_link){.name = {first, second}};
    snprintf(l->folder, sizeof l->folder, "%.100s/privet-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    if (mkdtemp(l->folder) == NULL) {
        l->folder[0] = '\0';
        PV_FAIL(PV_ERR_IO, "no folder for keys and views in %s; set TMPDIR",
                temporary == NULL ? "/tmp" : temporary);
    }
    path_of(path, l, "ca", ".pem");
    PV_TRY(pv_ca_make(l->folder, "ca", 1, &none));
    PV_TRY(pv_certificate_load(&l->ca, path));
    for (int i = 0; i < 2; i++) PV_TRY(make_identity(&l->identity[i], l, l->name[i]));
    return PV_OK;
}

static pv_status open_end(pv_bench_link *l, int i, const pv_bench_link_options *o,
                          const pv_ctx *ctx)
{
    const pv_certificate *other = pv_identity_certificate(l->identity[!i]);
    l->peer[i] = (pv_hub_peer){.name = l->name[!i],
                               .role = l->name[!i],
                               .fingerprint = *pv_certificate_fingerprint(other),
                               .address = i == 0 ? l->address : NULL,
                               .channel = -1};
    path_of(l->view[i], l, l->name[i], ".view");
    return pv_hub_open(&l->hub[i], ctx,
                       &(pv_hub_options){.size = sizeof(pv_hub_options),
                                         .name = l->name[i],
                                         .role = l->name[i],
                                         .scheme = o->scheme,
                                         .identity = l->identity[i],
                                         .ca = l->ca,
                                         .agreement = o->agreement,
                                         .peer = &l->peer[i],
                                         .peers = 1,
                                         .type = o->type,
                                         .types = o->types,
                                         .listen = i == 1 ? "127.0.0.1:0" : NULL,
                                         .view = l->view[i],
                                         .window = o->window});
}

pv_status pv_bench_link_open(pv_bench_link *l, const pv_bench_link_options *o, const pv_ctx *ctx)
{
    PV_TRY(open_end(l, 1, o, NULL));
    snprintf(l->address, sizeof l->address, "127.0.0.1:%d", pv_hub_port(l->hub[1]));
    return open_end(l, 0, o, ctx);
}

void pv_bench_link_close(pv_bench_link *l)
{
    for (int i = 0; i < 2; i++) {
        pv_hub_free(l->hub[i]);
        l->hub[i] = NULL;
        if (l->view[i][0] != '\0') (void)unlink(l->view[i]);
    }
}

void pv_bench_link_clear(pv_bench_link *l)
{
    static const char *const ending[] = {".pem", ".key"};
    pv_bench_link_close(l);
    for (int i = 0; i < 2; i++) pv_identity_free(l->identity[i]);
    pv_certificate_free(l->ca);
    const char *const name[] = {"ca", l->name[0], l->name[1]};
    for (int i = 0; l->folder[0] != '\0' && i < 6; i++) {
        char path[PV_BENCH_LINK_PATH];
        path_of(path, l, name[i / 2], ending[i % 2]);
        (void)unlink(path);
    }
    if (l->folder[0] != '\0') (void)rmdir(l->folder);
    *l = (pv_bench_link){0};
}
