/* bench/codec/load.c - how fast the readers are: load FILE..., each read as its name says
 *
 *     build/bench/bench_codec_load ../shared/data/mnist/<four files>
 *     find build/data/cifar10 -name '*.jpg' | xargs build/bench/bench_codec_load
 *
 * Prints one line of JSON for the files of a call: how many, their bytes, the seconds of one
 * thread.
 */
#include "base/file.h"
#include "codec/idx.h"
#include "codec/jpeg.h"
#include "codec/npy.h"
#include "codec/png.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef pv_status (*loader)(pv_tensor *out, const char *path);

static loader loader_for(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot != NULL && strcmp(dot, ".jpg") == 0) return pv_jpeg_load;
    if (dot != NULL && strcmp(dot, ".png") == 0) return pv_png_load;
    if (dot != NULL && strcmp(dot, ".npy") == 0) return pv_npy_load;
    return pv_idx_load;
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    uint64_t bytes = 0;
    double begin = now(CLOCK_MONOTONIC);
    for (int i = 1; i < argc; i++) {
        pv_tensor t;
        if (loader_for(argv[i])(&t, argv[i]) != PV_OK) {
            fprintf(stderr, "%s\n", pv_trail_text());
            return pv_status_exit(PV_ERR_INPUT);
        }
        bytes += pv_tensor_bytes(&t);
        pv_tensor_clear(&t);
    }
    printf("{\"files\":%d,\"bytes\":%llu,\"seconds\":%.3f,\"cpu_seconds\":%.3f}\n", argc - 1,
           (unsigned long long)bytes, now(CLOCK_MONOTONIC) - begin, now(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}
