#include "check.h"

#include "base/clock.h"
#include "party/journal_i.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t KEY[32] = {1, 2, 3};
static const pv_hash SCENARIO = {{9, 8, 7}};

static char folder[64], path_a[96], path_b[96];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/privet-journal-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path_a, sizeof path_a, "%s/journal.a", folder);
    snprintf(path_b, sizeof path_b, "%s/journal.b", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path_a);
    unlink(path_b);
    return rmdir(folder);
}

/* ---- a history: pictures and frames that can be told apart */

static pv_status open_journal(pv_journal **j, pv_journal_picture *p, int *found)
{
    return pv_journal_open(j, p, found, folder, KEY, &SCENARIO);
}

static void fill(uint8_t *out, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((seed * 131 + i * 7 + i / 251) ^ (seed >> 3));
}

enum { BIG = 200000 };

static pv_hub_frame frame_of(uint64_t step, uint64_t number, uint8_t *payload, size_t size)
{
    fill(payload, size, step * 100 + number);
    return (pv_hub_frame){.peer = (uint16_t)(number % 3),
                          .type = (uint16_t)(16 + number),
                          .step = step,
                          .number = number,
                          .payload = payload,
                          .size = size};
}

static pv_status commit(pv_journal *j, uint64_t step, size_t state_size, const pv_hub_frame *kept,
                        size_t count)
{
    pv_hub_store store = pv_journal_store(j);
    uint8_t hub[13], *bytes = test_malloc(state_size + 1);
    fill(bytes, state_size, step);
    fill(hub, sizeof hub, step + 50);
    pv_hub_commit c = {.step = step,
                       .state = bytes,
                       .state_size = state_size,
                       .hub = hub,
                       .hub_size = step == 0 ? 0 : sizeof hub};
    pv_status status = store.flush(store.self, NULL, 0, &c, kept, count);
    test_free(bytes);
    return status;
}

static pv_status append(pv_journal *j, const pv_hub_frame *frame, size_t count)
{
    pv_hub_store store = pv_journal_store(j);
    return store.flush(store.self, frame, count, NULL, NULL, 0);
}

static void check_picture(const pv_journal_picture *p, uint64_t step, size_t state_size,
                          size_t frames, uint64_t attempt)
{
    assert_int_equal(p->step, step);
    assert_int_equal(p->attempt, attempt);
    assert_int_equal(p->state_size, state_size);
    assert_int_equal(p->frames, frames);
    uint8_t *want = test_malloc(state_size + BIG);
    fill(want, state_size, step);
    if (state_size > 0) assert_memory_equal(p->state, want, state_size);
    assert_int_equal(p->hub_size, step == 0 ? 0 : 13);
    fill(want, 13, step + 50);
    if (step > 0) assert_memory_equal(p->hub, want, 13);
    for (size_t i = 0; i < frames; i++) {
        const pv_hub_frame *f = &p->frame[i];
        assert_int_equal(f->step, step + 1);
        assert_int_equal(f->number, i + 1);
        assert_int_equal(f->peer, (i + 1) % 3);
        assert_int_equal(f->type, 16 + i + 1);
        assert_int_equal((uintptr_t)f->payload % 8, 0);
        fill(want, f->size, f->step * 100 + f->number);
        if (f->size > 0) assert_memory_equal(f->payload, want, f->size);
    }
    test_free(want);
}

static void check_there(uint64_t step, size_t state_size, size_t frames, uint64_t attempt)
{
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    assert_int_equal(found, 1);
    check_picture(&p, step, state_size, frames, attempt);
    pv_journal_picture_clear(&p);
    pv_journal_picture_clear(&p);
    pv_journal_free(j);
}

static void what_was_flushed_comes_back(void **state)
{
    (void)state;
    static uint8_t payload[4][BIG];
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    assert_int_equal(found, 0);
    assert_int_equal(p.frames, 0);
    CHECK_FAILS(pv_journal_restart(j, 1), PV_ERR_USAGE, "no step was begun");
    CHECK_OK(commit(j, 0, 40, NULL, 0));
    pv_journal_free(j);
    check_there(0, 40, 0, 0);
    for (uint64_t step = 0; step < 5; step++) {
        /* a chunk exactly, one byte around it, nothing, several */
        static const size_t sizes[] = {PV_JOURNAL_CHUNK, 0, 1, 2 * PV_JOURNAL_CHUNK + 1, BIG};
        size_t state_size = step == 0 ? 40 : sizes[step % 5];
        CHECK_OK(open_journal(&j, &p, &found));
        check_picture(&p, step, state_size, 0, 0);
        pv_journal_picture_clear(&p);
        pv_hub_frame f[4];
        for (uint64_t i = 0; i < 4; i++)
            f[i] = frame_of(step + 1, i + 1, payload[i], sizes[(i + step) % 5]);
        CHECK_OK(append(j, f, 1));
        CHECK_OK(append(j, f, 0));
        CHECK_OK(append(j, f + 1, 2));
        pv_journal_free(j);
        check_there(step, state_size, 3, 0);
        CHECK_OK(open_journal(&j, &p, &found));
        pv_journal_picture_clear(&p);
        CHECK_OK(append(j, f + 3, 1));
        pv_journal_free(j);
        check_there(step, state_size, 4, 0);
        CHECK_OK(open_journal(&j, &p, &found));
        pv_journal_picture_clear(&p);
        CHECK_OK(commit(j, step + 1, sizes[(step + 1) % 5], NULL, 0));
        pv_journal_free(j);
    }
    struct stat st;
    assert_int_equal(stat(path_a, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void frames_of_later_steps_are_kept(void **state)
{
    (void)state;
    uint8_t payload[2][100];
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    pv_hub_frame f[2] = {frame_of(3, 1, payload[0], 100), frame_of(3, 2, payload[1], 99)};
    CHECK_OK(commit(j, 2, 10, f, 2));
    pv_journal_free(j);
    check_there(2, 10, 2, 0);
}

/* A hub without a driver: the first flush has no commit. */
static void frames_before_any_commit(void **state)
{
    (void)state;
    uint8_t payload[2][100];
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    pv_hub_frame f[2] = {frame_of(1, 1, payload[0], 100), frame_of(1, 2, payload[1], 99)};
    CHECK_OK(append(j, f, 1));
    CHECK_OK(append(j, f + 1, 1));
    pv_journal_free(j);
    check_there(0, 0, 2, 0);
}

static void restarts(void **state)
{
    (void)state;
    uint8_t payload[100];
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    CHECK_OK(commit(j, 1, 10, NULL, 0));
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pv_journal_restart(j, i != 2));
        pv_journal_free(j);
        check_there(1, 10, 0, (uint64_t)i + (i < 2));
        CHECK_OK(open_journal(&j, &p, &found));
        assert_int_equal(p.restarts, i + 1);
        pv_journal_picture_clear(&p);
    }
    /* the same step committed again: what was tried after it was tried nonetheless */
    CHECK_OK(commit(j, 1, 10, NULL, 0));
    pv_hub_frame f = frame_of(2, 1, payload, 100);
    CHECK_OK(append(j, &f, 1));
    pv_journal_free(j);
    check_there(1, 10, 1, 3);
    CHECK_OK(open_journal(&j, &p, &found));
    pv_journal_picture_clear(&p);
    CHECK_OK(commit(j, 2, 10, NULL, 0));
    pv_journal_free(j);
    check_there(2, 10, 0, 0);
    CHECK_OK(open_journal(&j, &p, &found));
    assert_int_equal(p.restarts, 4);
    pv_journal_picture_clear(&p);
    pv_journal_free(j);
}

/* ---- damage */

static pv_bytes take(const char *path)
{
    pv_bytes b;
    CHECK_OK(pv_file_read(&b, path, SIZE_MAX));
    return b;
}

/* Not by truncating first: some file systems then sync at every close. */
static void lay(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, 0), size);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

/* Small files: what is set aside beyond is cut off, as it never held anything. */
static void trim(const char *path)
{
    pv_bytes b = take(path);
    uint64_t end = 0; /* the mark's: a last byte that is zero may well be the end of a tag */
    for (int i = 7; i >= 0; i--) end = end << 8 | b.data[PV_JOURNAL_MARK + 8 + i];
    assert_in_range(end, PV_JOURNAL_HEADER, b.size);
    lay(path, b.data, (size_t)end);
    pv_bytes_clear(&b);
}

/* A: commit 1 with a restart; B: commit 2 and one frame. */
static void make_history(void)
{
    uint8_t payload[2][100];
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    CHECK_OK(commit(j, 0, 20, NULL, 0));
    CHECK_OK(commit(j, 1, 20, NULL, 0));
    CHECK_OK(pv_journal_restart(j, 1));
    CHECK_OK(commit(j, 2, 30, NULL, 0));
    pv_hub_frame f[2] = {frame_of(3, 1, payload[0], 100), frame_of(3, 2, payload[1], 99)};
    CHECK_OK(append(j, f, 1));
    CHECK_OK(append(j, f + 1, 1));
    pv_journal_free(j);
    trim(path_a);
    trim(path_b);
}

/* The write that was under way when the machine stopped: any part of its bytes has arrived, in any
 * prefix, over zeros or over what was there; the mark is that of before. */
static void torn_at_every_byte(void **state)
{
    (void)state;
    uint8_t payload[100];
    pv_journal *j;
    pv_journal_picture p;
    int found;
    for (int what = 0; what < 2; what++) {
        make_history(); /* current: a */
        pv_bytes a = take(path_a), b = take(path_b);
        CHECK_OK(open_journal(&j, &p, &found));
        pv_journal_picture_clear(&p);
        pv_hub_frame f = frame_of(3, 3, payload, 50);
        CHECK_OK(what == 0 ? append(j, &f, 1) : commit(j, 3, 25, NULL, 0));
        pv_journal_free(j);
        const char *path = what == 0 ? path_a : path_b;
        trim(path);
        pv_bytes before = what == 0 ? a : b, after = take(path);
        memcpy(after.data + PV_JOURNAL_MARK, before.data + PV_JOURNAL_MARK,
               PV_JOURNAL_HEADER - PV_JOURNAL_MARK);
        size_t same = 0, end = after.size > before.size ? after.size : before.size;
        while (same < before.size && before.data[same] == after.data[same]) same++;
        uint8_t *mix = test_calloc(end, 1);
        for (size_t n = same; n <= after.size; n++) {
            memcpy(mix, before.data, before.size);
            memset(mix + before.size, 0, end - before.size);
            memcpy(mix, after.data, n);
            lay(path, mix, end);
            if (memcmp(mix, after.data, after.size) != 0)
                check_there(2, 30, 2, 0);
            else if (what == 0)
                check_there(2, 30, 3, 0);
            else
                check_there(3, 25, 0, 0);
        }
        test_free(mix);
        pv_bytes_clear(&a);
        pv_bytes_clear(&b);
        pv_bytes_clear(&after);
        unlink(path_a);
        unlink(path_b);
    }
}

static int opens(pv_status *status)
{
    pv_journal *j;
    pv_journal_picture p;
    int found;
    pv_trail_clear();
    *status = open_journal(&j, &p, &found);
    if (*status != PV_OK) {
        assert_null(j);
        assert_null(p.arena);
        assert_true(pv_trail_text()[0] != '\0');
        return 0;
    }
    assert_int_equal(found, 1);
    check_picture(&p, 2, 30, 2, 0);
    pv_journal_picture_clear(&p);
    pv_journal_free(j);
    return 1;
}

/* Any byte changed, in either file: an error, or the very same picture. */
static void flipped_bytes(void **state)
{
    (void)state;
    make_history();
    for (int which = 0; which < 2; which++) {
        const char *path = which == 0 ? path_a : path_b;
        pv_bytes b = take(path);
        size_t refused = 0;
        for (size_t i = 0; i < b.size; i++) {
            pv_status status;
            uint8_t old = b.data[i];
            b.data[i] ^= (uint8_t)(1u << i % 8);
            lay(path, b.data, b.size);
            if (!opens(&status)) {
                refused++;
                assert_true(status == PV_ERR_FORMAT || status == PV_ERR_AUTH ||
                            status == PV_ERR_MISMATCH || status == PV_ERR_VERSION);
            }
            b.data[i] = old;
        }
        /* of the current file everything counts but the mark itself */
        if (which == 0) assert_int_equal(refused, b.size - (PV_JOURNAL_HEADER - PV_JOURNAL_MARK));
        if (which == 1) assert_int_equal(refused, PV_JOURNAL_MARK);
        lay(path, b.data, b.size);
        pv_bytes_clear(&b);
    }
    check_there(2, 30, 2, 0);
}

/* Cut short below what is known to be durable: never an older picture. */
static void cut_files(void **state)
{
    (void)state;
    make_history();
    pv_bytes a = take(path_a), b = take(path_b);
    for (size_t n = 0; n < a.size; n++) {
        pv_status status;
        lay(path_a, a.data, n);
        if (opens(&status)) fail_msg("%zu of %zu bytes were enough", n, a.size);
        assert_int_equal(status, PV_ERR_FORMAT);
    }
    lay(path_a, a.data, a.size);
    for (size_t n = 0; n < b.size; n += 7) {
        pv_status status;
        lay(path_b, b.data, n);
        if (opens(&status)) assert_true(n >= PV_JOURNAL_HEADER);
    }
    unlink(path_b);
    pv_status status;
    assert_int_equal(opens(&status), 0);
    assert_non_null(strstr(pv_trail_text(), "journal.b: is missing or empty"));
    lay(path_b, b.data, b.size);
    unlink(path_a);
    assert_int_equal(opens(&status), 0); /* b knows of commit 2, which is the 3rd picture's elder */
    lay(path_a, a.data, a.size);
    check_there(2, 30, 2, 0);
    pv_bytes_clear(&a);
    pv_bytes_clear(&b);
}

static void not_ours(void **state)
{
    (void)state;
    pv_journal *j;
    pv_journal_picture p;
    int found;
    const uint8_t key[32] = {4};
    const pv_hash other = {{5}};
    make_history();
    CHECK_FAILS(pv_journal_open(&j, &p, &found, folder, key, &SCENARIO), PV_ERR_AUTH,
                "journal.a: was written under another key");
    CHECK_FAILS(pv_journal_open(&j, &p, &found, folder, KEY, &other), PV_ERR_MISMATCH,
                "journal.a: belongs to another scenario");
    CHECK_FAILS(pv_journal_open(&j, &p, &found, "/tmp/no-such-folder", KEY, &SCENARIO), PV_ERR_IO,
                "/tmp/no-such-folder/journal.a");
    pv_bytes a = take(path_a), b = take(path_b);
    lay(path_a, b.data, b.size); /* swapped */
    lay(path_b, a.data, a.size);
    check_there(2, 30, 2, 0);
    lay(path_a, (const uint8_t *)"no journal at all", 17);
    CHECK_FAILS(open_journal(&j, &p, &found), PV_ERR_FORMAT,
                "journal.a: ends within its first 128");
    memset(b.data, 'x', PV_JOURNAL_HEADER);
    lay(path_a, b.data, b.size);
    CHECK_FAILS(open_journal(&j, &p, &found), PV_ERR_FORMAT, "journal.a: is no journal");
    unlink(path_a);
    unlink(path_b);
    make_history();
    pv_bytes_clear(&a);
    a = take(path_a);
    memcpy(b.data, a.data, PV_JOURNAL_HEADER);
    pv_bytes_clear(&b);
    unlink(path_a);
    unlink(path_b);
    make_history(); /* another run */
    lay(path_a, a.data, a.size);
    CHECK_FAILS(open_journal(&j, &p, &found), PV_ERR_MISMATCH, "are of two different runs");
    pv_bytes_clear(&a);
}

static void one_process_at_a_time(void **state)
{
    (void)state;
    pv_journal *j, *second;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    CHECK_FAILS(open_journal(&second, &p, &found), PV_ERR_RUN, "the party runs already");
    pv_journal_free(j);
    CHECK_OK(open_journal(&j, &p, &found));
    assert_int_equal(found, 0); /* made, but nothing was ever recorded */
    pv_journal_free(j);
    unlink(path_b); /* stopped while the files were made */
    CHECK_OK(open_journal(&j, &p, &found));
    assert_int_equal(found, 0);
    CHECK_OK(commit(j, 1, 5, NULL, 0));
    pv_journal_free(j);
    check_there(1, 5, 0, 0);
}

/* The disk is full: the flush fails with a sentence, and what was there is still there. */
static void disk_full(void **state)
{
    (void)state;
    static uint8_t payload[BIG];
    struct rlimit old, small;
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    CHECK_OK(commit(j, 0, 20, NULL, 0));
    CHECK_OK(commit(j, 1, 20, NULL, 0));
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = (2 << 20) + 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    pv_hub_frame f = frame_of(2, 1, payload, BIG);
    pv_status status = PV_OK;
    size_t frames = 0;
    pv_trail_clear();
    while (status == PV_OK && frames < 100) {
        f = frame_of(2, frames + 1, payload, BIG);
        status = append(j, &f, 1);
        if (status == PV_OK) frames++;
    }
    pv_status picture = commit(j, 2, 4 << 20, NULL, 0);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, before);
    assert_int_equal(status, PV_ERR_IO);
    assert_int_equal(picture, PV_ERR_IO);
    assert_true(frames > 5 && frames < 20);
    assert_non_null(strstr(pv_trail_text(), "free some disk space"));
    pv_journal_free(j);
    check_there(1, 20, frames, 0);
    CHECK_OK(open_journal(&j, &p, &found)); /* and it can go on */
    pv_journal_picture_clear(&p);
    f = frame_of(2, frames + 1, payload, BIG);
    CHECK_OK(append(j, &f, 1));
    pv_journal_free(j);
    check_there(1, 20, frames + 1, 0);
}

/* Nothing of state and frames can be read off the disk. */
static void sealed_on_disk(void **state)
{
    (void)state;
    static const char secret[] = "the key to the whole thing, forty bytes!";
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    pv_hub_store store = pv_journal_store(j);
    pv_hub_frame f = {.step = 1, .number = 1, .payload = (const uint8_t *)secret, .size = 40};
    pv_hub_commit c = {.step = 1, .state = secret, .state_size = 40};
    CHECK_OK(store.flush(store.self, &f, 1, &c, &f, 1));
    CHECK_OK(store.flush(store.self, &f, 1, NULL, NULL, 0));
    pv_journal_free(j);
    pv_bytes a = take(path_a);
    for (size_t i = 0; i + 8 <= 40; i++) assert_null(memmem(a.data, a.size, secret + i, 8));
    pv_bytes_clear(&a);
}

/* Sealed by the right key, but not what a segment is. */
static void malformed_records(void **state)
{
    (void)state;
    _Alignas(8) uint8_t good[PV_JOURNAL_PLAIN + PV_JOURNAL_ENTRY + 16 + 8] = {0}, bad[sizeof good];
    good[0] = PV_JOURNAL_PICTURE;
    good[4] = 1;  /* frames */
    good[8] = 6;  /* step */
    good[32] = 9; /* state */
    good[PV_JOURNAL_PLAIN + 24] = 3;
    static const struct {
        size_t at;
        uint8_t value;
        pv_status status;
    } cases[] = {
        {0, 2, PV_ERR_FORMAT},       {0, 0, PV_ERR_FORMAT},     {0, 9, PV_ERR_FORMAT},
        {4, 2, PV_ERR_LIMIT},        {7, 255, PV_ERR_LIMIT},    {32, 200, PV_ERR_TRUNCATED},
        {39, 255, PV_ERR_TRUNCATED}, {40, 1, PV_ERR_TRUNCATED}, {52, 1, PV_ERR_FORMAT},
        {72, 9, PV_ERR_TRUNCATED},   {79, 255, PV_ERR_LIMIT},   {89, 1, PV_ERR_FORMAT},
    };
    pv_journal_picture p = {0};
    CHECK_OK(pv_journal_decode(&p, "x", 0, good, sizeof good));
    assert_int_equal(p.step, 6);
    assert_int_equal(p.frames, 1);
    assert_int_equal(p.state_size, 9);
    pv_journal_picture_clear(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(bad, good, sizeof good);
        bad[cases[i].at] = cases[i].value;
        pv_trail_clear();
        pv_status status = pv_journal_decode(&p, "x", 0, bad, sizeof bad);
        if (status != cases[i].status)
            fail_msg("byte %zu: %s: %s", cases[i].at, pv_status_name(status), pv_trail_text());
        assert_int_equal(p.frames, 0);
        pv_journal_picture_clear(&p);
    }
    for (size_t n = 0; n < sizeof good; n++) {
        assert_int_not_equal(pv_journal_decode(&p, "x", 0, good, n), PV_OK);
        pv_journal_picture_clear(&p);
    }
    assert_int_not_equal(pv_journal_decode(&p, "x", 1, good, sizeof good), PV_OK);
    pv_journal_picture_clear(&p);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    make_history();
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_journal *j;
        pv_journal_picture p;
        int found;
        status = open_journal(&j, &p, &found);
        if (status == PV_OK) {
            check_picture(&p, 2, 30, 2, 0);
            pv_journal_picture_clear(&p);
            pv_journal_free(j);
        }
    }
}

/* What a commit costs: printed, not judged (a shared disk has moods). */
static void speed(void **state)
{
    (void)state;
    enum { STATE = 250000, TIMES = 50 };
    pv_journal *j;
    pv_journal_picture p;
    int found;
    CHECK_OK(open_journal(&j, &p, &found));
    for (uint64_t i = 0; i < 4; i++) CHECK_OK(commit(j, i, STATE, NULL, 0));
    double t = pv_clock_seconds();
    for (uint64_t i = 4; i < 4 + TIMES; i++) CHECK_OK(commit(j, i, STATE, NULL, 0));
    t = pv_clock_seconds() - t;
    print_message("a commit of %d bytes: %.2f ms\n", STATE, 1e3 * t / TIMES);
    pv_journal_free(j);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_flushed_comes_back),
        TEST(frames_of_later_steps_are_kept),
        TEST(frames_before_any_commit),
        TEST(restarts),
        TEST(torn_at_every_byte),
        TEST(flipped_bytes),
        TEST(cut_files),
        TEST(not_ours),
        TEST(one_process_at_a_time),
        TEST(disk_full),
        TEST(sealed_on_disk),
        TEST(malformed_records),
        TEST(out_of_memory),
        TEST(speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
