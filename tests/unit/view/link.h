/* link.h - a run that never was: two parties, "a" and "server", with certificates and views,
 * between which a test lets frames and seals cross as a channel would */
#ifndef TESTS_VIEW_LINK_H
#define TESTS_VIEW_LINK_H

#include "check.h"

#include "base/file.h"
#include "view/view.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { UPDATE = PV_TYPE_FIRST, NOTE, A = 0, SERVER = 1 };

static const pv_message_type link_types[] = {
    {UPDATE, "update", "weights f32", 1 << 20, {PV_RETAIN_FULL, 0}},
    {NOTE, "model", "weights f32", 1 << 20, {PV_RETAIN_EVERY, 2}},
};

typedef struct link_end {
    pv_identity *identity;
    pv_view_peer peer[2]; /* the other; "b", with whom nothing is exchanged */
    pv_view_header header;
    pv_transcript sent, received;
    pv_view_writer *writer;
    char path[256];
} link_end;

typedef struct link_run {
    char folder[128];
    link_end end[2];
    pv_hash scenario;
} link_run;

static inline void link_name(const link_run *l, char path[256], const char *name)
{
    char text[256]; /* path may lie in *l */
    snprintf(text, sizeof text, "%s/%s", l->folder, name);
    memcpy(path, text, sizeof text);
}

/* The folder is made (and emptied by link_free) unless one is given. */
static inline void link_init(link_run *l, const char *folder)
{
    static const char *const name[] = {"a", "server"}, *const role[] = {"client", "server"};
    const pv_passphrase none = {NULL};
    char file[16], pem[256], key[256];
    memset(l, 0, sizeof *l);
    snprintf(l->folder, sizeof l->folder, "%s", folder == NULL ? "/tmp/view-XXXXXX" : folder);
    if (folder == NULL) assert_non_null(mkdtemp(l->folder));
    CHECK_OK(pv_hash_of(&l->scenario, "scenario", 8));
    CHECK_OK(pv_ca_make(l->folder, "ca", 10, &none));
    for (int i = 0; i < 2; i++) {
        link_end *e = &l->end[i];
        CHECK_OK(pv_party_make(l->folder, name[i], 10, &none, &none));
        snprintf(file, sizeof file, "%s.pem", name[i]);
        link_name(l, pem, file);
        snprintf(file, sizeof file, "%s.key", name[i]);
        link_name(l, key, file);
        CHECK_OK(pv_identity_load(&e->identity, pem, key, &none));
        snprintf(file, sizeof file, "%s.view", name[i]);
        link_name(l, e->path, file);
    }
    for (int i = 0; i < 2; i++) {
        link_end *e = &l->end[i], *other = &l->end[1 - i];
        pv_view_header *h = &e->header;
        const uint8_t *key_of_other = pv_certificate_key(pv_identity_certificate(other->identity));
        snprintf(e->peer[1].name, PV_PARTY_NAME, "b");
        snprintf(e->peer[1].role, PV_PARTY_NAME, "client");
        snprintf(e->peer[0].name, PV_PARTY_NAME, "%s", name[1 - i]);
        snprintf(e->peer[0].role, PV_PARTY_NAME, "%s", role[1 - i]);
        memcpy(e->peer[0].key, key_of_other, 32);
        *h = (pv_view_header){
            .scenario = l->scenario, .peer = e->peer, .peers = 2, .type = link_types, .types = 2};
        snprintf(h->party, PV_PARTY_NAME, "%s", name[i]);
        snprintf(h->role, PV_PARTY_NAME, "%s", role[i]);
        snprintf(h->scheme, PV_PARTY_NAME, "federated");
        memcpy(h->key, pv_certificate_key(pv_identity_certificate(e->identity)), 32);
        CHECK_OK(pv_transcript_begin(&e->sent, &l->scenario, name[i], name[1 - i]));
        CHECK_OK(pv_transcript_begin(&e->received, &l->scenario, name[1 - i], name[i]));
        CHECK_OK(pv_view_create(&e->writer, e->path, h));
    }
}

static inline void link_close(link_run *l)
{
    for (int i = 0; i < 2; i++) {
        if (l->end[i].writer != NULL) CHECK_OK(pv_view_sync(l->end[i].writer));
        pv_view_writer_free(l->end[i].writer);
        l->end[i].writer = NULL;
    }
}

static inline void link_free(link_run *l)
{
    char path[512];
    link_close(l);
    for (int i = 0; i < 2; i++) pv_identity_free(l->end[i].identity);
    DIR *d = opendir(l->folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", l->folder, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    closedir(d);
    rmdir(l->folder);
}

/* One end's record of a frame, and its transcript. A writer that is NULL is one that crashed. */
static inline void link_record(link_end *e, int sent, uint64_t step, uint16_t type,
                               const void *payload, size_t size, int kept)
{
    pv_transcript *t = sent ? &e->sent : &e->received;
    pv_view_record r = {.step = step,
                        .time = 1800000000000 + (int64_t)step,
                        .kind = sent ? PV_VIEW_SENT : PV_VIEW_RECEIVED,
                        .peer = 0,
                        .type = type,
                        .size = size,
                        .kept = kept};
    CHECK_OK(pv_hash_of(&r.payload, payload, size));
    CHECK_OK(pv_transcript_add(t, step, type, size, &r.payload));
    r.link = t->count;
    if (e->writer != NULL) CHECK_OK(pv_view_append(e->writer, &r, payload));
}

static inline void link_send(link_run *l, int from, uint64_t step, uint16_t type,
                             const void *payload, size_t size, int kept)
{
    link_record(&l->end[from], 1, step, type, payload, size, kept);
    link_record(&l->end[1 - from], 0, step, type, payload, size, kept);
}

/* n numbers "weights" f32, from `first` on; an update whose bytes are kept. */
static inline void link_update(link_run *l, int from, uint64_t step, int n, float first)
{
    float *w = malloc((size_t)n * sizeof *w);
    pv_part part = {"weights", PV_F32, PV_SHAPE(n), w};
    for (int i = 0; i < n; i++) w[i] = first + (float)i;
    size_t size = pv_parts_size(&part, 1);
    void *bytes = malloc(size);
    CHECK_OK(pv_parts_encode(bytes, &part, 1));
    link_send(l, from, step, UPDATE, bytes, size, 1);
    free(bytes);
    free(w);
}

static inline void link_seal(link_run *l, int from, uint64_t step)
{
    uint8_t bytes[PV_SEAL_BYTES];
    link_end *e = &l->end[from];
    pv_seal s = {.step = step, .sent = e->sent, .received = e->received};
    CHECK_OK(pv_seal_sign(&s, e->identity, &l->scenario, e->peer[0].name));
    pv_seal_encode(bytes, &s);
    link_send(l, from, step, PV_TYPE_SEAL, bytes, sizeof bytes, 1);
}

/* A record of its own: derived or published, kept or not. */
static inline void link_note(link_run *l, int who, pv_view_kind kind, uint64_t step, int kept)
{
    static const double s = 0.5;
    _Alignas(8) uint8_t bytes[64];
    pv_part part = {"weights", PV_F64, PV_SHAPE(1), &s};
    pv_view_record r = {.step = step,
                        .time = 1800000000000,
                        .kind = kind,
                        .peer = PV_VIEW_NO_PEER,
                        .type = NOTE,
                        .size = pv_parts_size(&part, 1),
                        .kept = kept};
    CHECK_OK(pv_parts_encode(bytes, &part, 1));
    CHECK_OK(pv_hash_of(&r.payload, bytes, (size_t)r.size));
    CHECK_OK(pv_view_append(l->end[who].writer, &r, bytes));
}

/* Three steps of a client and a server, each sealed by both. */
static inline void link_steps(link_run *l)
{
    for (uint64_t step = 1; step <= 3; step++) {
        link_update(l, SERVER, step, 5, (float)step);
        link_update(l, A, step, 5, -(float)step);
        link_note(l, SERVER, PV_VIEW_DERIVED, step, step % 2 == 0);
        link_seal(l, A, step);
        link_seal(l, SERVER, step);
    }
    link_note(l, SERVER, PV_VIEW_PUBLISHED, 3, 1);
}

/* The whole file of one end. */
static inline pv_bytes link_read(const link_run *l, int who)
{
    pv_bytes b;
    CHECK_OK(pv_file_read(&b, l->end[who].path, 1 << 26));
    return b;
}

#endif
