#include "data/cache.h"

#include "base/ctx.h"
#include "base/file.h"
#include "codec/safetensors.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 16, PRINT_BYTES = 32 };

void pv_cache_clear(pv_cache *cache)
{
    pv_free(cache->path);
    *cache = (pv_cache){0};
}

static void add_text(crypto_generichash_state *state, const char *text)
{
    crypto_generichash_update(state, (const unsigned char *)text, strlen(text) + 1);
}

static void end(crypto_generichash_state *state, char *hex, size_t bytes)
{
    unsigned char digest[PRINT_BYTES];
    crypto_generichash_final(state, digest, bytes);
    sodium_bin2hex(hex, 2 * bytes + 1, digest, bytes);
}

/* The path of the cache file; NULL when there is no place for one or no memory. */
static char *cache_path(const char *root, const char *how)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    crypto_generichash_state state;
    char hex[2 * NAME_BYTES + 1], name[64];
    int given = xdg != NULL && xdg[0] == '/';
    if (!given && (home == NULL || home[0] != '/')) return NULL;
    char *real = realpath(root, NULL);
    if (real == NULL) return NULL;
    crypto_generichash_init(&state, NULL, 0, NAME_BYTES);
    add_text(&state, real);
    add_text(&state, how);
    end(&state, hex, NAME_BYTES);
    free(real);
    snprintf(name, sizeof name, "privet/images-%s.safetensors", hex);
    char *base = given ? pv_strdup(xdg) : pv_path_join(home, ".cache");
    char *path = base == NULL ? NULL : pv_path_join(base, name);
    pv_free(base);
    return path;
}

pv_status pv_cache_init(pv_cache *cache, const char *root, const char *how,
                        const pv_listing *listing)
{
    crypto_generichash_state state;
    *cache = (pv_cache){0};
    if (sodium_init() < 0) PV_FAIL(PV_ERR_RUN, "libsodium could not be initialised");
    cache->path = cache_path(root, how);
    crypto_generichash_init(&state, NULL, 0, PRINT_BYTES);
    for (size_t i = 0; i < listing->n; i++) {
        const pv_listed *f = &listing->file[i];
        const char *below = f->path + strlen(root); /* root may end in a slash */
        add_text(&state, below + strspn(below, "/"));
        crypto_generichash_update(&state, (const unsigned char *)&f->size, sizeof f->size);
        crypto_generichash_update(&state, (const unsigned char *)&f->changed, sizeof f->changed);
    }
    end(&state, cache->fingerprint, PRINT_BYTES);
    return PV_OK;
}

int pv_cache_load(const pv_cache *cache, pv_store *store, int64_t count)
{
    pv_safetensors *file = NULL;
    int hit = 0;
    if (cache->path == NULL || !pv_file_exists(cache->path)) return 0;
    if (pv_safetensors_open(&file, cache->path) == PV_OK) {
        const char *print = pv_safetensors_metadata(file, "fingerprint");
        if (print != NULL && strcmp(print, cache->fingerprint) == 0 &&
            pv_safetensors_get(file, "x", &store->samples) == PV_OK) {
            const pv_tensor *x = &store->samples;
            hit = x->dtype == PV_U8 && x->shape.ndim == 4 && x->shape.dim[0] == count &&
                  pv_shape_count(&x->shape) > 0;
            if (!hit) pv_tensor_clear(&store->samples);
        }
        pv_safetensors_free(file);
    }
    /* A damaged cache is no failure of the caller's. */
    pv_trail_clear();
    return hit;
}

void pv_cache_save(const pv_cache *cache, const pv_store *store, const pv_ctx *ctx)
{
    if (cache->path == NULL) return;
    pv_named_tensor x = {"x", &store->samples};
    pv_metadata print = {"fingerprint", cache->fingerprint};
    char *folder = pv_strdup(cache->path);
    if (folder == NULL) return;
    *strrchr(folder, '/') = '\0';
    pv_status s = pv_folder_make(folder);
    if (s == PV_OK) s = pv_safetensors_save(cache->path, &x, 1, &print, 1, 0600);
    if (s == PV_OK)
        pv_ctx_log(ctx, PV_LOG_INFO, "the decoded images are kept in %s", cache->path);
    else
        pv_ctx_log(ctx, PV_LOG_WARN, "the decoded images could not be kept: %s", pv_trail_text());
    pv_trail_clear();
    pv_free(folder);
}
