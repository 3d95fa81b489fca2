#include "scratch.h"

#include "codec/png.h"
#include <fcntl.h>
#include <sys/stat.h>

static void fails(const char *spec, pv_status status, const char *says)
{
    pv_data *d;
    CHECK_FAILS(pv_data_open(&d, spec, NULL), status, says);
    assert_null(d);
}

/* A data set of the MNIST kind: n images of 2x3, labels 0, 1, ... */
static void write_mnist(const char *folder, const char *split, int images, int labels, int first)
{
    uint8_t idx[256] = {0, 0, 8, 3, 0, 0, 0, (uint8_t)images, 0, 0, 0, 2, 0, 0, 0, 3};
    char name[128];
    for (int i = 0; i < images * 6; i++) idx[16 + i] = (uint8_t)(i + 1);
    snprintf(name, sizeof name, "%s/%s-images-idx3-ubyte", folder, split);
    scratch_write(name, idx, 16 + (size_t)images * 6);
    uint8_t names[64] = {0, 0, 8, 1, 0, 0, 0, (uint8_t)labels};
    for (int i = 0; i < labels; i++) names[8 + i] = (uint8_t)(first + i);
    snprintf(name, sizeof name, "%s/%s-labels.idx1-ubyte", folder, split);
    scratch_write(name, names, 8 + (size_t)labels);
}

static void mnist(void **state)
{
    pv_data *d;
    float x[6];
    (void)state;
    write_mnist("m", "train", 4, 4, 0);
    CHECK_OK(pv_data_open(&d, scratch_spec("mnist", "m", ""), NULL));
    assert_int_equal(pv_data_count(d), 4);
    assert_int_equal(pv_data_classes(d), 10);
    assert_int_equal(pv_data_label(d, 3), 3);
    pv_data_raw(d, 1, x);
    assert_true(x[0] == 7.0f * (1.0f / 255.0f));
    pv_data_free(d);
    assert_int_equal(pv_data_has_test_split(scratch_spec("mnist", "m", "")), 0);
    fails(scratch_spec("mnist", "m", "?split=test"), PV_ERR_NOT_FOUND, "t10k-images-idx3-ubyte.gz");
    write_mnist("m", "t10k", 2, 2, 0);
    assert_int_equal(pv_data_has_test_split(scratch_spec("mnist", "m", "")), 1);
}

static void bad_mnist(void **state)
{
    (void)state;
    fails(scratch_spec("mnist", "none", ""), PV_ERR_NOT_FOUND, "there is no such folder");
    write_mnist("m1", "train", 4, 3, 0);
    fails(scratch_spec("mnist", "m1", ""), PV_ERR_MISMATCH, "4 images but");
    write_mnist("m2", "train", 3, 3, 8);
    fails(scratch_spec("mnist", "m2", ""), PV_ERR_RANGE, "label number 2 is 10; 0 to 9");
    write_mnist("m3", "train", 3, 3, 0);
    scratch_write("m3/train-images-idx3-ubyte", "\0\0\10\1\0\0\0\3abc", 11);
    fails(scratch_spec("mnist", "m3", ""), PV_ERR_FORMAT, "[count,height,width]");
    scratch_write("m3/train-images-idx3-ubyte", "", 0);
    fails(scratch_spec("mnist", "m3", ""), PV_ERR_TRUNCATED, "m3/train-images-idx3-ubyte");
    write_mnist("m4", "train", 3, 3, 0);
    scratch_write("m4/train-labels.idx1-ubyte", "\0\0\10\2\0\0\0\3\0\0\0\1abc", 15);
    fails(scratch_spec("mnist", "m4", ""), PV_ERR_FORMAT, "labels are bytes [count]");
    write_mnist("m5", "train", 0, 0, 0);
    fails(scratch_spec("mnist", "m5", ""), PV_ERR_INPUT, "no sample is left");
}

static void cifar(void **state)
{
    static uint8_t records[2 * 3073];
    pv_data *d;
    float x[3072];
    char name[64];
    (void)state;
    records[0] = 3;
    records[1] = 51; /* red of the first pixel */
    records[1 + 1024] = 102;
    records[3073] = 9;
    for (int i = 1; i <= 5; i++) {
        snprintf(name, sizeof name, "c/cifar-10-batches-bin/data_batch_%d.bin", i);
        scratch_write(name, records, sizeof records);
    }
    CHECK_OK(pv_data_open(&d, scratch_spec("cifar10", "c", ""), NULL));
    assert_int_equal(pv_data_count(d), 10);
    assert_string_equal(pv_data_class_name(d, pv_data_label(d, 8)), "cat");
    assert_string_equal(pv_data_class_name(d, pv_data_label(d, 9)), "truck");
    pv_data_raw(d, 8, x);
    assert_true(x[0] == 51.0f * (1.0f / 255.0f) && x[1] == 102.0f * (1.0f / 255.0f) && x[2] == 0);
    pv_data_free(d);
    assert_int_equal(pv_data_has_test_split(scratch_spec("cifar10", "c", "")), 0);
    fails(scratch_spec("cifar10", "c", "?split=test"), PV_ERR_NOT_FOUND, "test_batch.bin");
    records[3073] = 10;
    scratch_write("c/cifar-10-batches-bin/test_batch.bin", records, sizeof records);
    assert_int_equal(pv_data_has_test_split(scratch_spec("cifar10", "c", "")), 1);
    fails(scratch_spec("cifar10", "c", "?split=test"), PV_ERR_RANGE, "test_batch.bin");
    unlink(scratch("c/cifar-10-batches-bin/data_batch_4.bin"));
    fails(scratch_spec("cifar10", "c", ""), PV_ERR_NOT_FOUND, "data_batch_4.bin");
    fails(scratch_spec("cifar10", "nothing", ""), PV_ERR_NOT_FOUND, "there is no such folder");
    scratch_text("cc/readme", "");
    fails(scratch_spec("cifar10", "cc", ""), PV_ERR_NOT_FOUND, "unpack CIFAR-10 there");
}

/* An image of one colour. */
static void write_image(const char *name, int64_t h, int64_t w, int64_t c, int value)
{
    pv_tensor t;
    CHECK_OK(pv_tensor_init(&t, PV_U8, PV_SHAPE(h, w, c)));
    memset(t.data, value, pv_tensor_bytes(&t));
    CHECK_OK(pv_png_save(scratch(name), &t));
    pv_tensor_clear(&t);
}

static void image_folder(void **state)
{
    pv_data *d;
    float x[12];
    pv_shape expected = PV_SHAPE(2, 2, 3);
    (void)state;
    write_image("i/train/b/1.png", 2, 2, 3, 51);
    write_image("i/train/a/2.png", 2, 2, 3, 102);
    write_image("i/train/a/1.PNG", 2, 2, 3, 153);
    scratch_text("i/train/a/readme.txt", "no image");
    scratch_text("i/train/a/.hidden.png", "no image");
    write_image("i/test/b/1.png", 2, 2, 3, 204);
    for (int round = 0; round < 2; round++) { /* the second time from the cache */
        CHECK_OK(pv_data_open(&d, scratch_spec("images", "i", ""), &(pv_ctx){.threads = 2}));
        pv_shape s = pv_data_sample_shape(d);
        assert_true(pv_shape_equal(&s, &expected));
        assert_int_equal(pv_data_count(d), 3);
        assert_string_equal(pv_data_class_name(d, 0), "a");
        assert_int_equal(pv_data_label(d, 2), 1);
        pv_data_raw(d, 0, x);
        assert_true(x[11] == 153.0f * (1.0f / 255.0f));
        pv_data_free(d);
    }
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "i", "?split=test"), NULL));
    assert_int_equal(pv_data_label(d, 0), 1);
    assert_int_equal(pv_data_classes(d), 2);
    pv_data_free(d);
    assert_int_equal(pv_data_has_test_split(scratch_spec("images", "i", "")), 1);
    assert_int_equal(pv_data_has_test_split(scratch_spec("images", "i/train", "")), 0);
    fails(scratch_spec("images", "i/train", "?split=test"), PV_ERR_NOT_FOUND, "hold samples out");
    write_image("i/test/new/1.png", 2, 2, 3, 1);
    fails(scratch_spec("images", "i", "?split=test"), PV_ERR_INPUT, "'new' is not among");
}

/* A file that changes makes the cache stale; a damaged cache counts as none. */
static void cache(void **state)
{
    pv_data *d;
    float x[4];
    (void)state;
    write_image("k/a/1.png", 2, 2, 1, 10);
    write_image("k/b/1.png", 2, 2, 1, 20);
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "k", ""), NULL));
    pv_data_free(d);
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    write_image("k/b/1.png", 2, 2, 1, 30);
    assert_int_equal(utimensat(AT_FDCWD, scratch("k/b/1.png"), times, 0), 0);
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "k", ""), NULL));
    pv_data_raw(d, 1, x);
    assert_true(x[0] == 30.0f * (1.0f / 255.0f));
    pv_data_free(d);
    /* The cache is believed as long as time and size stay. */
    write_image("k/b/1.png", 2, 2, 1, 40);
    assert_int_equal(utimensat(AT_FDCWD, scratch("k/b/1.png"), times, 0), 0);
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "k", ""), NULL));
    pv_data_raw(d, 1, x);
    assert_true(x[0] == 30.0f * (1.0f / 255.0f));
    pv_data_free(d);
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "k", "?cache=no"), NULL));
    pv_data_raw(d, 1, x);
    assert_true(x[0] == 40.0f * (1.0f / 255.0f));
    pv_data_free(d);
    char command[600];
    snprintf(command, sizeof command,
             "for f in %s/privet/*; do test $(stat -c %%a $f) = 600 && echo broken > $f; done",
             scratch_folder);
    assert_int_equal(system(command), 0);
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "k", ""), NULL));
    pv_data_raw(d, 1, x);
    assert_true(x[0] == 40.0f * (1.0f / 255.0f));
    assert_string_equal(pv_trail_text(), "");
    pv_data_free(d);
    /* Without a place for a cache it goes on. */
    assert_int_equal(setenv("XDG_CACHE_HOME", "/dev/null", 1), 0);
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "k", ""), NULL));
    pv_data_free(d);
    assert_int_equal(setenv("XDG_CACHE_HOME", scratch_folder, 1), 0);
}

static void sizes_and_colours(void **state)
{
    pv_data *d;
    float x[4 * 4 * 3];
    (void)state;
    write_image("z/a/1.png", 8, 8, 1, 51);
    write_image("z/a/2.png", 6, 9, 1, 51);
    fails(scratch_spec("images", "z", ""), PV_ERR_MISMATCH, "z/a/2.png: is 6x9");
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "z", "?size=4x4&channels=3"), NULL));
    for (int64_t i = 0; i < 2; i++) {
        pv_data_raw(d, i, x);
        for (int k = 0; k < 48; k++) assert_true(x[k] == 51.0f * (1.0f / 255.0f));
    }
    pv_data_free(d);
    write_image("y/a/1.png", 2, 2, 1, 51);
    write_image("y/a/2.png", 2, 2, 3, 51);
    fails(scratch_spec("images", "y", ""), PV_ERR_MISMATCH, "y/a/2.png: is coloured");
    CHECK_OK(pv_data_open(&d, scratch_spec("images", "y", "?channels=1"), NULL));
    pv_data_raw(d, 1, x);
    assert_true(x[0] == 51.0f * (1.0f / 255.0f));
    pv_data_free(d);
    fails(scratch_spec("images", "y", "?size=4"), PV_ERR_OPTION, "HEIGHTxWIDTH");
    fails(scratch_spec("images", "y", "?size=0x4"), PV_ERR_OPTION, "from 1 to 4096");
    fails(scratch_spec("images", "y", "?size=4x4x"), PV_ERR_OPTION, "HEIGHTxWIDTH");
    fails(scratch_spec("images", "y", "?channels=2"), PV_ERR_OPTION, "channels=2");
    fails(scratch_spec("images", "y", "?cache=maybe"), PV_ERR_OPTION, "yes or no");
}

static void bad_images(void **state)
{
    (void)state;
    fails(scratch_spec("images", "none", ""), PV_ERR_NOT_FOUND, "none: the folder can't be read");
    scratch_text("e/file.png", "");
    fails(scratch_spec("images", "e", ""), PV_ERR_INPUT, "one folder a class");
    scratch_text("f/a/readme", "");
    fails(scratch_spec("images", "f", ""), PV_ERR_INPUT, "f/a: the class folder holds no");
    write_image("g/a/1.png", 2, 2, 1, 1);
    scratch_text("g/a/2.png", "");
    fails(scratch_spec("images", "g", ""), PV_ERR_TRUNCATED, "g/a/2.png: is empty");
    scratch_text("g/a/2.png", "GIF89a");
    fails(scratch_spec("images", "g", ""), PV_ERR_FORMAT, "neither as a PNG nor as a JPEG");
    scratch_text("g/a/2.png", "\x89PNG\r\n\x1a\n");
    pv_data *d;
    assert_int_equal(
        pv_status_exit(pv_data_open(&d, scratch_spec("images", "g", ""), &(pv_ctx){.threads = 3})),
        3);
    assert_non_null(strstr(pv_trail_text(), "g/a/2.png"));
    scratch_write("g/a/2.png", "\xff\xd8\xff\xe0\0", 5);
    assert_int_equal(pv_status_exit(pv_data_open(&d, scratch_spec("images", "g", ""), NULL)), 3);
    fails(scratch_spec("cifar10", "g", ""), PV_ERR_NOT_FOUND, "neither data_batch_1.bin");
    write_image("h/train/a/1.png", 2, 2, 1, 1);
    write_image("h/test/a/1.png", 2, 2, 1, 1);
    fails(scratch_spec("cifar10", "h", ""), PV_ERR_MISMATCH, "1 classes of 2x2x1");
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void cancelled(void **state)
{
    pv_data *d;
    pv_ctx ctx = {.threads = 2, .cancelled = stop};
    (void)state;
    write_image("x/a/1.png", 2, 2, 1, 1);
    CHECK_FAILS(pv_data_open(&d, scratch_spec("images", "x", "?cache=no"), &ctx), PV_ERR_CANCELLED,
                "");
    CHECK_FAILS(pv_data_open(&d, "glyphs", &ctx), PV_ERR_CANCELLED, "");
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    write_mnist("o", "train", 4, 4, 0);
    write_image("p/a/1.png", 3, 3, 1, 1);
    write_image("p/b/1.png", 2, 2, 3, 1);
    const char *specs[] = {scratch_spec("mnist", "o", ""),
                           scratch_spec("images", "p", "?cache=no&size=2x2&channels=1")};
    for (int i = 0; i < 2; i++) CHECK_OUT_OF_MEMORY(status)
        {
            pv_data *d;
            status = pv_data_open(&d, specs[i], NULL);
            pv_data_free(d);
        }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mnist),         cmocka_unit_test(bad_mnist),
        cmocka_unit_test(cifar),         cmocka_unit_test(image_folder),
        cmocka_unit_test(cache),         cmocka_unit_test(sizes_and_colours),
        cmocka_unit_test(bad_images),    cmocka_unit_test(cancelled),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
