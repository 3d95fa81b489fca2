#include "check.h"

#include "base/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own for each run; *state is its path. */
static int make_folder(void **state)
{
    char *folder = strdup("build-test-XXXXXX");
    if (folder == NULL || mkdtemp(folder) == NULL) return -1;
    *state = folder;
    return 0;
}

/* Fails when a test left something behind: no temporary file may survive. */
static int remove_folder(void **state)
{
    int failed = rmdir(*state);
    free(*state);
    return failed;
}

static void what_is_written_is_read(void **state)
{
    char *path = pv_path_join(*state, "a");
    pv_bytes b;
    CHECK_OK(pv_file_write(path, "hello", 5, 0600));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(pv_file_read(&b, path, 5));
    assert_int_equal(b.size, 5);
    assert_memory_equal(b.data, "hello", 6); /* with the NUL behind */
    pv_bytes_clear(&b);
    pv_bytes_clear(&b);
    CHECK_FAILS(pv_file_read(&b, path, 4), PV_ERR_LIMIT, "at most 4");
    assert_null(b.data);
    assert_true(pv_file_exists(path));
    assert_false(pv_folder_exists(path));
    unlink(path);
    pv_free(path);
}

static void what_is_missing_is_named(void **state)
{
    pv_bytes b;
    char *inside = pv_path_join("CMakeLists.txt", "x");
    CHECK_FAILS(pv_file_read(&b, "no/such/file", 10), PV_ERR_NOT_FOUND, "no/such/file");
    CHECK_FAILS(pv_file_read(&b, inside, 10), PV_ERR_NOT_FOUND, inside);
    CHECK_FAILS(pv_file_read(&b, *state, 10), PV_ERR_NOT_FOUND, "folder");
    CHECK_FAILS(pv_file_write("no/such/file", "", 0, 0644), PV_ERR_IO, "no/such/file");
    CHECK_FAILS(pv_file_write(*state, "", 0, 0644), PV_ERR_IO, *state);
    pv_free(inside);
}

static void folders_are_made_with_parents(void **state)
{
    char *one = pv_path_join(*state, "one"), *two = pv_path_join(one, "two");
    CHECK_OK(pv_folder_make(two));
    CHECK_OK(pv_folder_make(two));
    assert_true(pv_folder_exists(two));
    CHECK_FAILS(pv_folder_make("CMakeLists.txt"), PV_ERR_IO, "in the way");
    CHECK_FAILS(pv_folder_make("CMakeLists.txt/x"), PV_ERR_IO, "CMakeLists.txt");
    rmdir(two);
    rmdir(one);
    pv_free(one);
    pv_free(two);
}

static void paths_join_with_one_slash(void **state)
{
    (void)state;
    char *a = pv_path_join("x", "y"), *b = pv_path_join("x/", "y"), *c = pv_path_join("", "y");
    assert_string_equal(a, "x/y");
    assert_string_equal(b, "x/y");
    assert_string_equal(c, "y");
    pv_free(a);
    pv_free(b);
    pv_free(c);
}

static void large_files_pass_the_buffer(void **state)
{
    char *path = pv_path_join(*state, "large");
    size_t n = 300001;
    uint8_t *data = pv_alloc(n, 1);
    for (size_t i = 0; i < n; i++) data[i] = (uint8_t)(i * 7 >> 3);
    pv_outfile f;
    CHECK_OK(pv_outfile_open(&f, path, 0644));
    for (size_t at = 0; at < n; at += 1000)
        CHECK_OK(pv_outfile_write(&f, data + at, n - at < 1000 ? n - at : 1000));
    CHECK_OK(pv_outfile_printf(&f, "%s %d", "end", 12));
    assert_false(pv_file_exists(path)); /* not before commit */
    CHECK_OK(pv_outfile_commit(&f));
    pv_outfile_discard(&f);
    pv_bytes b;
    CHECK_OK(pv_file_read(&b, path, n + 6));
    assert_int_equal(b.size, n + 6);
    assert_memory_equal(b.data, data, n);
    assert_string_equal((char *)b.data + n, "end 12");
    pv_bytes_clear(&b);
    unlink(path);
    pv_free(data);
    pv_free(path);
}

static void a_discarded_file_changes_nothing(void **state)
{
    char *path = pv_path_join(*state, "kept");
    pv_outfile f, zero = {0};
    pv_bytes b;
    CHECK_OK(pv_file_write(path, "old", 3, 0644));
    CHECK_OK(pv_outfile_open(&f, path, 0644));
    CHECK_OK(pv_outfile_write(&f, "new", 3));
    pv_outfile_discard(&f);
    pv_outfile_discard(&f);
    pv_outfile_discard(&zero);
    CHECK_OK(pv_file_read(&b, path, 10));
    assert_string_equal((char *)b.data, "old");
    pv_bytes_clear(&b);
    CHECK_OK(pv_file_writable(path));
    CHECK_OK(pv_file_read(&b, path, 10));
    assert_string_equal((char *)b.data, "old");
    pv_bytes_clear(&b);
    unlink(path);
    CHECK_OK(pv_file_writable(path));
    assert_false(pv_file_exists(path));
    pv_free(path);
    path = pv_path_join(*state, "none/file");
    CHECK_FAILS(pv_file_writable(path), PV_ERR_IO, "could not be created");
    pv_free(path);
}

/* A limit on file sizes stands for a full disk: write() fails the same way. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    char *path = pv_path_join(*state, "full");
    static uint8_t data[1 << 18];
    struct rlimit old, small;
    pv_bytes b;
    CHECK_OK(pv_file_write(path, "old", 3, 0644));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    pv_status s = pv_file_write(path, data, sizeof data, 0644);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(s, PV_ERR_IO);
    assert_non_null(strstr(pv_trail_text(), path));
    assert_non_null(strstr(pv_trail_text(), "nothing was changed"));
    CHECK_OK(pv_file_read(&b, path, 10));
    assert_string_equal((char *)b.data, "old");
    pv_bytes_clear(&b);
    unlink(path);
    pv_free(path);
}

static void out_of_memory(void **state)
{
    char *path = pv_path_join(*state, "oom"), *sub = pv_path_join(*state, "sub");
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    status = pv_file_write(path, "x", 1, 0644);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_bytes b;
        status = pv_file_read(&b, path, 10);
        pv_bytes_clear(&b);
    }
    CHECK_OUT_OF_MEMORY(status)
    status = pv_folder_make(sub);
    unlink(path);
    rmdir(sub);
    pv_free(path);
    pv_free(sub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(folders_are_made_with_parents, make_folder, remove_folder),
        cmocka_unit_test(paths_join_with_one_slash),
        cmocka_unit_test_setup_teardown(large_files_pass_the_buffer, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_discarded_file_changes_nothing, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_old_file, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(out_of_memory, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
