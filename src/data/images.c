#include "data/images.h"

#include "base/ctx.h"
#include "base/file.h"
#include "codec/jpeg.h"
#include "codec/png.h"
#include "data/cache.h"
#include "data/resize.h"
#include "data/source.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64, MAX_THREADS = 64, MESSAGE = 1024, MAX_SIDE = 4096 };
#define MAX_FILE ((size_t)256 << 20)

/* How images become samples. Sizes and channels that are 0 are those of the first image. */
typedef struct format {
    int64_t height, width;
    int channels;         /* 1 or 3 */
    int resize, recolour; /* or else an image that is not so is an error */
} format;

static pv_status read_format(format *f, const pv_spec *spec)
{
    static const char *const counts[] = {"as they are", "1", "3", NULL};
    int chosen;
    *f = (format){0};
    PV_TRY(pv_spec_word(spec, "channels", counts, &chosen));
    f->channels = chosen == 2 ? 3 : chosen;
    f->recolour = chosen > 0;
    const char *size = pv_spec_get(spec, "size");
    if (size == NULL) return PV_OK;
    char *end;
    f->height = strtol(size, &end, 10);
    f->width = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    f->resize = 1;
    if (*end != '\0' || f->height < 1 || f->width < 1 || f->height > MAX_SIDE ||
        f->width > MAX_SIDE)
        PV_FAIL(PV_ERR_OPTION, "%s: size=%s: HEIGHTxWIDTH is expected, each from 1 to %d",
                spec->text, size, MAX_SIDE);
    return PV_OK;
}

static pv_status decode(pv_tensor *image, const char *path)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G'}, jpeg[] = {0xFF, 0xD8};
    pv_bytes b;
    PV_TRY(pv_file_read(&b, path, MAX_FILE));
    pv_status s;
    if (b.size >= sizeof png && memcmp(b.data, png, sizeof png) == 0)
        s = pv_png_parse(image, path, b.data, b.size);
    else if (b.size >= sizeof jpeg && memcmp(b.data, jpeg, sizeof jpeg) == 0)
        s = pv_jpeg_parse(image, path, b.data, b.size);
    else
        s = pv_trail_fail(b.size == 0 ? PV_ERR_TRUNCATED : PV_ERR_FORMAT, __FILE__, __LINE__,
                          "%s: %s; replace or remove it", path,
                          b.size == 0 ? "is empty, a PNG or JPEG image is expected"
                                      : "begins neither as a PNG nor as a JPEG file");
    pv_bytes_clear(&b);
    return s;
}

/* One file into one sample. */
static pv_status read_sample(uint8_t *sample, const char *path, const format *f)
{
    pv_status status = PV_OK;
    pv_tensor image = {0};
    PV_TRY(decode(&image, path));
    const int64_t *dim = image.shape.dim;
    int colours = dim[2] < 3 ? 1 : 3;
    if (!f->resize && (dim[0] != f->height || dim[1] != f->width))
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: is %lldx%lld, the images before it are %lldx%lld; make them one size "
                     "with the option size=HxW",
                     path, (long long)dim[0], (long long)dim[1], (long long)f->height,
                     (long long)f->width);
    if (!f->recolour && colours != f->channels)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: is %s, the images before it are %s; make them alike with the option "
                     "channels=1 or channels=3",
                     path, colours == 1 ? "gray" : "coloured",
                     f->channels == 1 ? "gray" : "coloured");
    if (dim[2] != f->channels) PV_TRY_GOTO(pv_recolour(&image, f->channels));
    if (f->resize)
        PV_TRY_GOTO(pv_resize(sample, f->height, f->width, &image));
    else
        memcpy(sample, image.data, pv_tensor_bytes(&image));
done:
    pv_tensor_clear(&image);
    return status;
}

/* What the decoding threads share. */
typedef struct job {
    pv_store *store;
    const pv_listing *listing;
    format how;
    atomic_size_t next, done;
    atomic_int stop;
    pthread_mutex_t lock; /* of what follows */
    pv_status status;
    size_t failed; /* the first file in order that failed */
    char message[MESSAGE];
} job;

static void note_failure(job *j, size_t file, pv_status s)
{
    pthread_mutex_lock(&j->lock);
    if (j->status == PV_OK || file < j->failed) {
        j->status = s;
        j->failed = file;
        snprintf(j->message, MESSAGE, "%s", pv_trail_text());
    }
    pthread_mutex_unlock(&j->lock);
    pv_trail_clear();
    atomic_store(&j->stop, 1);
}

static int work_chunk(job *j)
{
    size_t sample = (size_t)pv_store_sample_count(j->store), n = j->listing->n;
    size_t first = atomic_fetch_add(&j->next, CHUNK);
    if (first >= n || atomic_load(&j->stop)) return 0;
    for (size_t i = first; i < n && i < first + CHUNK; i++) {
        const pv_listed *f = &j->listing->file[i];
        pv_status s = read_sample((uint8_t *)j->store->samples.data + i * sample, f->path, &j->how);
        if (s != PV_OK) {
            note_failure(j, i, s);
            return 0;
        }
    }
    atomic_fetch_add(&j->done, first + CHUNK < n ? CHUNK : n - first);
    return 1;
}

static void *worker(void *arg)
{
    while (work_chunk(arg)) {
    }
    return NULL;
}

static pv_status decode_all(pv_store *store, const pv_listing *listing, const format *how,
                            const pv_ctx *ctx)
{
    job j = {.store = store,
             .listing = listing,
             .how = *how,
             .status = PV_OK,
             .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread[MAX_THREADS];
    int threads = 0, want = pv_ctx_threads(ctx);
    pv_status cancelled = PV_OK;
    while (threads + 1 < want && threads < MAX_THREADS &&
           pthread_create(&thread[threads], NULL, worker, &j) == 0)
        threads++;
    /* This thread works too, and speaks for all of them: it asks before its first chunk, since the
     * others may leave it none. */
    do {
        pv_ctx_progress(ctx, "decoding images", atomic_load(&j.done), listing->n);
        cancelled = pv_ctx_check(ctx);
    } while (cancelled == PV_OK && work_chunk(&j));
    if (cancelled != PV_OK) atomic_store(&j.stop, 1);
    for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    if (cancelled != PV_OK) return cancelled;
    if (j.status != PV_OK) PV_FAIL(j.status, "%s", j.message);
    return PV_OK;
}

/* Size and channels, where the options leave them open, are those of the first image. */
static pv_status settle_format(format *f, const pv_listing *listing)
{
    pv_tensor image = {0};
    PV_TRY(decode(&image, listing->file[0].path));
    if (!f->resize) {
        f->height = image.shape.dim[0];
        f->width = image.shape.dim[1];
    }
    if (!f->recolour) f->channels = image.shape.dim[2] < 3 ? 1 : 3;
    pv_tensor_clear(&image);
    return PV_OK;
}

static pv_status read_files(pv_store *store, const pv_listing *listing, format *f,
                            const pv_cache *cache, const pv_ctx *ctx)
{
    PV_TRY(settle_format(f, listing));
    PV_TRY(pv_store_alloc(store, PV_DATA_IMAGE, PV_U8, (int64_t)listing->n,
                          PV_SHAPE(f->height, f->width, f->channels)));
    PV_TRY(decode_all(store, listing, f, ctx));
    if (cache != NULL) pv_cache_save(cache, store, ctx);
    return PV_OK;
}

static char *below(const char *root, const char *name)
{
    char *path = pv_path_join(root, name);
    if (path == NULL || pv_folder_exists(path)) return path;
    pv_free(path);
    return NULL;
}

int pv_images_has_test(const char *root)
{
    char *train = below(root, "train"), *test = below(root, "test");
    int has = train != NULL && test != NULL;
    pv_free(train);
    pv_free(test);
    return has;
}

pv_status pv_images_read(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    static const char *const yes_no[] = {"yes", "no", NULL};
    pv_status status = PV_OK;
    int test, no_cache, hit = 0;
    format f;
    char how[96];
    pv_names classes = {0};
    pv_listing listing = {0};
    pv_cache cache = {0};
    PV_TRY(pv_spec_split(spec, &test));
    PV_TRY(pv_spec_word(spec, "cache", yes_no, &no_cache));
    PV_TRY(read_format(&f, spec));
    char *train = below(spec->path, "train");
    char *root = test ? below(spec->path, "test") : NULL;
    if (test && (train == NULL || root == NULL))
        PV_FAIL_GOTO(PV_ERR_NOT_FOUND,
                     "%s: there is no test split: the folders train and test are expected in it; "
                     "hold samples out instead",
                     spec->path);
    const char *training = train != NULL ? train : spec->path, *folder = test ? root : training;
    PV_TRY_GOTO(pv_listing_classes(&classes, training));
    if (classes.n > PV_DATA_MAX_CLASSES)
        PV_FAIL_GOTO(PV_ERR_LIMIT, "%s: %zu class folders, at most %d are read", training,
                     classes.n, PV_DATA_MAX_CLASSES);
    PV_TRY_GOTO(pv_listing_read(&listing, folder, &classes));
    snprintf(how, sizeof how, "size=%lldx%lld&channels=%d", (long long)f.height, (long long)f.width,
             f.channels);
    if (!no_cache) {
        PV_TRY_GOTO(pv_cache_init(&cache, folder, how, &listing));
        hit = pv_cache_load(&cache, store, (int64_t)listing.n);
    }
    if (!hit) PV_TRY_GOTO(read_files(store, &listing, &f, no_cache ? NULL : &cache, ctx));
    if (store->label == NULL) store->label = pv_alloc(listing.n, sizeof *store->label);
    if (store->label == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", spec->text);
    for (size_t i = 0; i < listing.n; i++) store->label[i] = listing.file[i].label;
    store->kind = PV_DATA_IMAGE;
    store->classes = listing.classes;
    listing.classes = (pv_names){0};
done:
    pv_free(train);
    pv_free(root);
    pv_names_clear(&classes);
    pv_listing_clear(&listing);
    pv_cache_clear(&cache);
    return status;
}

static int has_test(const pv_spec *spec)
{
    return pv_images_has_test(spec->path);
}

static const pv_data_option options[] = {
    PV_SOURCE_OPTIONS,
    {"size", "HxW", "cut the middle out of each image and scale it; needed when sizes differ"},
    {"channels", "1|3", "make all images gray or coloured; as the first one is"},
    {"cache", "yes|no", "keep the decoded images for the next time; yes"},
    {0},
};

const pv_source pv_source_images = {
    .about = {"images", "DIR", "a folder of class folders of PNG and JPEG files, or train and test",
              options},
    .open = pv_images_read,
    .has_test = has_test,
};
