#include "party/journal_i.h"

#include "base/secret.h"
#include "view/le.h"
#include "wire/reader.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t MAGIC[PV_JOURNAL_MAGIC] = {'P', 'V', 'J', 'O', 'U', 'R', 'N', 1};

enum { GROW = 1 << 20 };

typedef struct file {
    char *path;
    int fd;
    uint64_t size; /* set aside on disk */
    pv_journal_extent extent;
    enum { FILE_NEW, FILE_BLANK, FILE_READY } state; /* not there, torn when it was made, ready */
    uint64_t mark_generation, mark_end;
} file;

struct pv_journal {
    file file[2];
    int current; /* has the picture; -1: none yet */
    uint64_t step, attempt, restarts;
    pv_hash scenario;
    uint8_t run[PV_JOURNAL_RUN];
    pv_journal_keys *keys; /* secret memory */
    uint8_t *plain, *sealed;
};

/* ---- writing bytes */

static pv_status write_all(const file *f, const void *data, size_t size, uint64_t offset)
{
    const uint8_t *p = data;
    while (size > 0) {
        ssize_t n = pwrite(f->fd, p, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            PV_FAIL(PV_ERR_IO, "%s: writing failed: %s%s", f->path, strerror(errno),
                    errno == ENOSPC ? "; free some disk space and start the party again" : "");
        p += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return PV_OK;
}

static pv_status sync_file(const file *f)
{
    if (fdatasync(f->fd) != 0)
        PV_FAIL(PV_ERR_IO, "%s: syncing to disk failed: %s", f->path, strerror(errno));
    return PV_OK;
}

/* So much of the file is set aside that `need` bytes fit: a full disk is noticed before anything
 * was written. */
static pv_status set_aside(file *f, uint64_t need)
{
    if (need <= f->size) return PV_OK;
    uint64_t want = (need + need / 4 + GROW - 1) / GROW * GROW;
    int e = posix_fallocate(f->fd, 0, (off_t)want);
    if (e == ENOSPC || e == EFBIG || e == EDQUOT) {
        want = need;
        e = posix_fallocate(f->fd, 0, (off_t)want);
    }
    if (e != 0 && e != EOPNOTSUPP && e != EINVAL)
        PV_FAIL(PV_ERR_IO,
                "%s: %llu bytes could not be set aside: %s; free some disk space and start the "
                "party again",
                f->path, (unsigned long long)need, strerror(e));
    if (e == 0) f->size = want;
    return PV_OK;
}

/* ---- header and mark */

static void header_tag(uint8_t *tag, const pv_journal *j, const uint8_t *head)
{
    crypto_generichash(tag, PV_JOURNAL_TAG, head, PV_JOURNAL_SIGNED, j->keys->header,
                       sizeof j->keys->header);
}

static void mark_tag(uint8_t *tag, const pv_journal *j, const uint8_t *mark)
{
    uint8_t all[16 + PV_JOURNAL_RUN];
    memcpy(all, mark, 16);
    memcpy(all + 16, j->run, sizeof j->run);
    crypto_generichash(tag, PV_JOURNAL_MARK_TAG, all, sizeof all, j->keys->header,
                       sizeof j->keys->header);
}

static pv_status write_header(const pv_journal *j, const file *f)
{
    uint8_t head[PV_JOURNAL_HEADER] = {0};
    uint8_t *p = pv_le_bytes(head, MAGIC, sizeof MAGIC);
    p = pv_le_bytes(p, j->run, sizeof j->run);
    pv_le_bytes(p, j->scenario.byte, PV_HASH_BYTES);
    header_tag(head + PV_JOURNAL_SIGNED, j, head);
    PV_TRY(write_all(f, head, sizeof head, 0));
    return sync_file(f);
}

static pv_status write_mark(const pv_journal *j, file *f)
{
    uint8_t mark[16 + PV_JOURNAL_MARK_TAG];
    f->mark_generation = f->extent.generation;
    f->mark_end = f->extent.end;
    pv_le_put(pv_le_put(mark, f->mark_generation, 8), f->mark_end, 8);
    mark_tag(mark + 16, j, mark);
    return write_all(f, mark, sizeof mark, PV_JOURNAL_MARK);
}

static int all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++) any |= p[i];
    return any == 0;
}

static pv_status read_header(pv_journal *j, file *f, const uint8_t *head, const uint8_t *other_run)
{
    uint8_t tag[PV_JOURNAL_TAG], mark[PV_JOURNAL_MARK_TAG];
    const uint8_t *run = head + PV_JOURNAL_MAGIC, *scenario = run + PV_JOURNAL_RUN;
    if (memcmp(head, MAGIC, sizeof MAGIC - 1) != 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: is no journal, or was damaged", f->path);
    if (head[sizeof MAGIC - 1] != MAGIC[sizeof MAGIC - 1])
        PV_FAIL(PV_ERR_VERSION, "%s: is of format version %u, this program knows version %u",
                f->path, head[sizeof MAGIC - 1], MAGIC[sizeof MAGIC - 1]);
    if (memcmp(scenario, j->scenario.byte, PV_HASH_BYTES) != 0)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: belongs to another scenario; give this run a folder of its own, or go back to "
                "the scenario it was started with",
                f->path);
    header_tag(tag, j, head);
    if (!pv_secret_equal(tag, head + PV_JOURNAL_SIGNED, sizeof tag))
        PV_FAIL(PV_ERR_AUTH,
                "%s: was written under another key; start the party with the key it had before",
                f->path);
    if (other_run != NULL && memcmp(run, other_run, PV_JOURNAL_RUN) != 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s and its twin are of two different runs", f->path);
    memcpy(j->run, run, PV_JOURNAL_RUN);
    f->state = FILE_READY;
    mark_tag(mark, j, head + PV_JOURNAL_MARK);
    if (!pv_secret_equal(mark, head + PV_JOURNAL_MARK + 16, sizeof mark)) return PV_OK;
    pv_reader r = pv_reader_make(f->path, head + PV_JOURNAL_MARK, 16);
    f->mark_generation = pv_reader_u64le(&r, "generation");
    f->mark_end = pv_reader_u64le(&r, "end");
    return PV_OK;
}

/* ---- opening */

static pv_status open_file(pv_journal *j, int which, const char *folder)
{
    file *f = &j->file[which];
    uint8_t head[PV_JOURNAL_HEADER] = {0};
    struct stat st;
    size_t got = 0;
    f->path = pv_path_join(folder, which == 0 ? "journal.a" : "journal.b");
    if (f->path == NULL) PV_FAIL_MEMORY(strlen(folder));
    int there = pv_file_exists(f->path);
    f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0) PV_FAIL(PV_ERR_IO, "%s: could not be opened: %s", f->path, strerror(errno));
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
        PV_FAIL(PV_ERR_RUN, "%s: is in use; the party runs already%s%s", f->path,
                errno == EWOULDBLOCK ? "" : ": ", errno == EWOULDBLOCK ? "" : strerror(errno));
    if (fstat(f->fd, &st) != 0) PV_FAIL(PV_ERR_IO, "%s: %s", f->path, strerror(errno));
    f->size = (uint64_t)st.st_size;
    f->state = there ? FILE_BLANK : FILE_NEW;
    PV_TRY(pv_journal_pread(&got, f->fd, f->path, head, sizeof head, 0));
    if (all_zero(head, sizeof head)) return PV_OK;
    if (got < sizeof head)
        PV_FAIL(PV_ERR_FORMAT, "%s: ends within its first %zu bytes; it was damaged", f->path,
                sizeof head);
    return read_header(j, f, head, which == 1 && j->file[0].state == FILE_READY ? j->run : NULL);
}

/* Reads a file's picture unless the other has a later one already. */
static pv_status read_picture(pv_journal *j, int which, pv_journal_picture *picture)
{
    pv_journal_picture p;
    file *f = &j->file[which], *other = &j->file[!which];
    if (f->state != FILE_READY) return PV_OK;
    PV_TRY(pv_journal_read(&p, &f->extent, f->fd, f->path, j->keys));
    if (f->extent.generation <= other->extent.generation) {
        pv_journal_picture_clear(&p);
        return PV_OK;
    }
    pv_journal_picture_clear(picture);
    *picture = p;
    j->current = which;
    return PV_OK;
}

/* The latest picture, unless a mark or a missing file shows that there was a later one. */
static pv_status find_picture(pv_journal *j, pv_journal_picture *picture)
{
    PV_TRY(read_picture(j, 0, picture));
    PV_TRY(read_picture(j, 1, picture));
    const file *now = j->current < 0 ? NULL : &j->file[j->current];
    for (int i = 0; i < 2; i++) {
        const file *f = &j->file[i];
        if (f->mark_generation == 0 || (now != NULL && now->extent.generation > f->mark_generation))
            continue;
        if (now == f && f->extent.generation == f->mark_generation && f->extent.end >= f->mark_end)
            continue;
        PV_FAIL(PV_ERR_FORMAT,
                "%s: was damaged: what it recorded last (commit %llu) can't be read; going on from "
                "something older could give wrong results, start the run anew",
                f->path, (unsigned long long)f->mark_generation);
    }
    for (int i = 0; now != NULL && i < 2; i++)
        if (j->file[i].state != FILE_READY)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s: is missing or empty, though its twin is in use; start the run anew",
                    j->file[i].path);
    return PV_OK;
}

static pv_status sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) PV_FAIL(PV_ERR_IO, "%s: could not be opened: %s", folder, strerror(errno));
    (void)fsync(fd); /* some file systems refuse to sync folders */
    close(fd);
    return PV_OK;
}

static pv_status make_files(pv_journal *j, const char *folder)
{
    if (j->file[0].state == FILE_READY && j->file[1].state == FILE_READY) return PV_OK;
    if (j->file[0].state != FILE_READY && j->file[1].state != FILE_READY)
        randombytes_buf(j->run, sizeof j->run);
    for (int i = 0; i < 2; i++) {
        if (j->file[i].state == FILE_READY) continue;
        PV_TRY(write_header(j, &j->file[i]));
        j->file[i].state = FILE_READY;
    }
    return sync_folder(folder);
}

pv_status pv_journal_open(pv_journal **out, pv_journal_picture *picture, int *found,
                          const char *folder, const uint8_t key[32], const pv_hash *scenario)
{
    pv_status status = PV_OK;
    *out = NULL;
    *found = 0;
    *picture = (pv_journal_picture){0};
    if (sodium_init() < 0) PV_FAIL(PV_ERR_RUN, "libsodium could not be initialised");
    pv_journal *j = pv_calloc(1, sizeof *j);
    if (j == NULL) PV_FAIL_MEMORY(sizeof *j);
    j->file[0].fd = j->file[1].fd = j->current = -1;
    j->scenario = *scenario;
    j->plain = pv_alloc(PV_JOURNAL_CHUNK, 1);
    j->sealed = pv_alloc(PV_JOURNAL_CHUNK + PV_JOURNAL_SEAL, 1);
    j->keys = pv_secret_alloc(sizeof *j->keys);
    if (j->plain == NULL || j->sealed == NULL || j->keys == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the journal");
    pv_journal_keys_derive(j->keys, key, scenario);
    for (int i = 0; i < 2; i++) PV_TRY_GOTO(open_file(j, i, folder));
    PV_TRY_GOTO(find_picture(j, picture));
    PV_TRY_GOTO(make_files(j, folder));
    j->step = picture->step;
    j->attempt = picture->attempt;
    j->restarts = picture->restarts;
    *found = j->current >= 0;
    *out = j;
    j = NULL;
done:
    pv_journal_free(j);
    if (status != PV_OK) pv_journal_picture_clear(picture);
    return status;
}

void pv_journal_free(pv_journal *j)
{
    if (j == NULL) return;
    for (int i = 0; i < 2; i++) {
        if (j->file[i].fd >= 0) close(j->file[i].fd);
        pv_free(j->file[i].path);
    }
    if (j->plain != NULL) pv_secret_wipe(j->plain, PV_JOURNAL_CHUNK);
    pv_free(j->plain);
    pv_free(j->sealed);
    pv_secret_free(j->keys);
    pv_free(j);
}

/* ---- a segment on its way to the disk */

typedef struct sink {
    pv_journal *j;
    file *f;
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t ad[PV_JOURNAL_AD];
    uint64_t at, left; /* offset in the file; plain bytes still to come, those in j->plain too */
    size_t used;       /* of j->plain */
    pv_status status;
} sink;

static void seal(sink *s, const uint8_t *plain, size_t n)
{
    uint8_t tag = n == s->left ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
    crypto_secretstream_xchacha20poly1305_push(&s->stream, s->j->sealed, NULL, plain, n, s->ad,
                                               sizeof s->ad, tag);
    s->status = write_all(s->f, s->j->sealed, n + PV_JOURNAL_SEAL, s->at);
    s->at += n + PV_JOURNAL_SEAL;
    s->left -= n;
}

static void put(sink *s, const void *data, size_t size)
{
    const uint8_t *p = data;
    while (size > 0 && s->status == PV_OK) {
        if (s->used == 0 && size >= PV_JOURNAL_CHUNK) { /* as it lies, without copying */
            seal(s, p, PV_JOURNAL_CHUNK);
            p += PV_JOURNAL_CHUNK;
            size -= PV_JOURNAL_CHUNK;
            continue;
        }
        size_t n = PV_JOURNAL_CHUNK - s->used < size ? PV_JOURNAL_CHUNK - s->used : size;
        memcpy(s->j->plain + s->used, p, n);
        s->used += n;
        p += n;
        size -= n;
        if (s->used < PV_JOURNAL_CHUNK && s->used < s->left) continue;
        size_t used = s->used;
        s->used = 0;
        seal(s, s->j->plain, used);
    }
}

static void put_padded(sink *s, const void *data, size_t size)
{
    static const uint8_t zero[8] = {0};
    put(s, data, size);
    put(s, zero, -size & 7);
}

static uint64_t padded_size(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

typedef struct segment {
    uint32_t kind;
    uint64_t step, attempt, restarts;
    const void *state, *hub;
    size_t state_size, hub_size;
    const pv_hub_frame *frame;
    size_t frames;
} segment;

static uint64_t plain_size(const segment *g)
{
    uint64_t size = PV_JOURNAL_PLAIN + padded_size(g->state_size) + padded_size(g->hub_size);
    for (size_t i = 0; i < g->frames; i++) size += PV_JOURNAL_ENTRY + padded_size(g->frame[i].size);
    return size;
}

static void put_segment(sink *s, const segment *g)
{
    uint8_t head[PV_JOURNAL_PLAIN], entry[PV_JOURNAL_ENTRY], *p = head;
    p = pv_le_put(p, g->kind, 4);
    p = pv_le_put(p, g->frames, 4);
    p = pv_le_put(p, g->step, 8);
    p = pv_le_put(p, g->attempt, 8);
    p = pv_le_put(p, g->restarts, 8);
    p = pv_le_put(p, g->state_size, 8);
    pv_le_put(p, g->hub_size, 8);
    put(s, head, sizeof head);
    for (size_t i = 0; i < g->frames; i++) {
        const pv_hub_frame *f = &g->frame[i];
        p = pv_le_put(entry, f->peer, 2);
        p = pv_le_put(p, f->type, 2);
        p = pv_le_put(p, 0, 4);
        p = pv_le_put(p, f->step, 8);
        p = pv_le_put(p, f->number, 8);
        pv_le_put(p, f->size, 8);
        put(s, entry, sizeof entry);
    }
    put_padded(s, g->state, g->state_size);
    put_padded(s, g->hub, g->hub_size);
    for (size_t i = 0; i < g->frames; i++) put_padded(s, g->frame[i].payload, g->frame[i].size);
}

/* Writes the segment at the end of what f has, or of what `e` says it has, syncs and marks it. */
static pv_status write_segment(pv_journal *j, file *f, pv_journal_extent e, const segment *g)
{
    uint8_t head[PV_JOURNAL_SEGMENT];
    uint64_t size = plain_size(g);
    if (g->frames > UINT32_MAX) PV_FAIL(PV_ERR_LIMIT, "%s: %zu frames at once", f->path, g->frames);
    PV_TRY(set_aside(f, e.end + pv_journal_segment_size(size)));
    sink s = {.j = j, .f = f, .at = e.end + sizeof head, .left = size, .status = PV_OK};
    pv_le_put(pv_le_put(pv_le_put(s.ad, e.generation, 8), e.segments, 8), size, 8);
    memcpy(head, s.ad, sizeof s.ad);
    crypto_secretstream_xchacha20poly1305_init_push(&s.stream, head + sizeof s.ad, j->keys->seal);
    put_segment(&s, g);
    pv_secret_wipe(&s.stream, sizeof s.stream);
    PV_TRY(s.status);
    PV_TRY(write_all(f, head, sizeof head, e.end));
    PV_TRY(sync_file(f));
    f->extent = (pv_journal_extent){e.generation, e.segments + 1, s.at};
    return write_mark(j, f);
}

static pv_status write_picture(pv_journal *j, const segment *g)
{
    int other = j->current < 0 ? 0 : !j->current;
    uint64_t generation = j->current < 0 ? 1 : j->file[j->current].extent.generation + 1;
    pv_journal_extent e = {generation, 0, PV_JOURNAL_HEADER};
    PV_TRY(write_segment(j, &j->file[other], e, g));
    j->current = other;
    j->step = g->step;
    j->attempt = g->attempt; /* the step after it may have been tried already */
    return PV_OK;
}

static pv_status append(pv_journal *j, const segment *g)
{
    file *f = &j->file[j->current];
    return write_segment(j, f, f->extent, g);
}

static pv_status flush(void *self, const pv_hub_frame *frame, size_t frames,
                       const pv_hub_commit *commit, const pv_hub_frame *kept, size_t kept_count)
{
    pv_journal *j = self;
    if (commit != NULL)
        return write_picture(j, &(segment){.kind = PV_JOURNAL_PICTURE,
                                           .step = commit->step,
                                           .attempt = commit->step == j->step ? j->attempt : 0,
                                           .restarts = j->restarts,
                                           .state = commit->state,
                                           .state_size = commit->state_size,
                                           .hub = commit->hub,
                                           .hub_size = commit->hub_size,
                                           .frame = kept,
                                           .frames = kept_count});
    if (frames == 0) return PV_OK;
    segment g = {.kind = j->current < 0 ? PV_JOURNAL_PICTURE : PV_JOURNAL_FRAMES,
                 .step = j->step,
                 .attempt = j->attempt,
                 .restarts = j->restarts,
                 .frame = frame,
                 .frames = frames};
    return j->current < 0 ? write_picture(j, &g) : append(j, &g);
}

pv_hub_store pv_journal_store(pv_journal *j)
{
    return (pv_hub_store){.self = j, .flush = flush};
}

pv_status pv_journal_restart(pv_journal *j, int again)
{
    uint64_t attempt = j->attempt + (again != 0), restarts = j->restarts + 1;
    if (j->current < 0)
        PV_FAIL(PV_ERR_USAGE, "%s: no step was begun, so none can be tried again", j->file[0].path);
    PV_TRY(append(j, &(segment){.kind = PV_JOURNAL_RESTART,
                                .step = j->step,
                                .attempt = attempt,
                                .restarts = restarts}));
    j->attempt = attempt;
    j->restarts = restarts;
    return PV_OK;
}
