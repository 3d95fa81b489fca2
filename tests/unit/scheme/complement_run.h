/* complement_run.h - a provider and its customers in one process, with halves of a model whose
 * weights are drawn */
#ifndef TESTS_SCHEME_COMPLEMENT_RUN_H
#define TESTS_SCHEME_COMPLEMENT_RUN_H

#include "run.h"

#include "../encode/complement/halves.h"
#include "base/str.h"
#include "net/hub_i.h"
#include "privet/rng.h"
#include "scheme/complement/complement.h"
#include "scheme/complement/messages.h"
#include "scheme/complement/secrets.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

enum { SEED = 11, MOST = 64 };

static const char *const names[] = {"lab", "anna", "bert", "cora"};
static const char *const asked[] = {NULL, "glyphs?split=test&limit=45&seed=2",
                                    "glyphs?split=test&limit=20&seed=3",
                                    "glyphs?split=test&limit=33&seed=4"};

static const struct {
    pv_secret_kind kind;
    const char *data, *name;
} kind_of[] = {{PV_SECRET_OFFSET, "glyphs?limit=1000", "offset"},
               {PV_SECRET_PERMUTATION, "glyphs?limit=1000", "permutation"},
               {PV_SECRET_OFFSET, "glyphs?limit=500&seed=5", "offset"}};

typedef struct fixture {
    run r;
    pv_data *data;
    pv_hidden hidden;
    char front[128], back[128];
} fixture;

/* Halves of a model whose weights are drawn, in files; its front puts noise on what it gives. */
static inline void make_noised(fixture *f, int kind, uint64_t seed, double noise)
{
    pv_split_half front, back;
    const pv_cut_at cut = {2, 0};
    CHECK_OK(pv_data_open(&f->data, kind_of[kind].data, NULL));
    hidden_make(&f->hidden, "lenet5", f->data, 1, kind_of[kind].kind);
    for (int i = 0; seed > 0 && i < pv_model_params(f->hidden.model); i++)
        ((float *)pv_model_param(f->hidden.model, i)->data)[0] += (float)seed;
    f->hidden.noise = noise;
    CHECK_OK(pv_split_make(&front, &back, &f->hidden, &cut, f->data, SEED));
    snprintf(f->front, sizeof f->front, "%s/front-%llu.safetensors", f->r.folder,
             (unsigned long long)seed);
    snprintf(f->back, sizeof f->back, "%s/back-%llu.safetensors", f->r.folder,
             (unsigned long long)seed);
    CHECK_OK(pv_split_half_save(&front, f->front));
    CHECK_OK(pv_split_half_save(&back, f->back));
    pv_split_half_clear(&front);
    pv_split_half_clear(&back);
}

static inline void make_halves(fixture *f, int kind, uint64_t seed)
{
    make_noised(f, kind, seed, 0);
}

static inline void drop_halves(fixture *f)
{
    pv_model_free(f->hidden.model);
    pv_data_free(f->data);
}

static inline void set_up(fixture *f, int customers, int kind)
{
    memset(f, 0, sizeof *f);
    f->r.scheme = &pv_scheme_complement;
    f->r.parties = customers + 1;
    for (int i = 0; i < f->r.parties; i++) {
        snprintf(f->r.party[i].name, sizeof f->r.party[i].name, "%s", names[i]);
        f->r.party[i].role = i == 0 ? "provider" : "customer";
    }
    run_prepare(&f->r);
    make_halves(f, kind, 0);
}

static inline void tear_down(fixture *f)
{
    drop_halves(f);
    run_clear(&f->r);
}

static inline void add(run *r, const char *format, ...)
{
    va_list ap;
    size_t n = strlen(r->text);
    va_start(ap, format);
    n += (size_t)vsnprintf(r->text + n, RUN_TEXT - n, format, ap);
    va_end(ap);
    assert_true(n < RUN_TEXT);
}

/* head: lines of [scenario]; settings: of [scheme], beside kind, keep and cut. */
static inline void write_text(fixture *f, int kind, const char *head, const char *settings)
{
    run *r = &f->r;
    r->text[0] = '\0';
    add(r,
        "[scenario]\nname = test\nscheme = complement\nseed = 11\n%s\n[schema]\nkind = image\n"
        "shape = 28,28,1\nclasses = 10\n[scheme]\nkind = %s\nkeep = 1\ncut = 2\n%s\n",
        head, kind_of[kind].name, settings);
    for (int i = 0; i < r->parties; i++) run_add_party(r, i);
    add(r, "[local lab]\nhalf = %s\nfront = %s\n", f->back, f->front);
    for (int i = 1; i < r->parties; i++) add(r, "[local %s]\ndata = %s\n", names[i], asked[i]);
}

#endif
