/* fuzz/replay.c - goes through a corpus without libFuzzer: replay_<reader> FOLDER */
#include "base/file.h"
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int replay(const char *folder, const char *name)
{
    pv_bytes bytes = {0};
    char *path = pv_path_join(folder, name);
    pv_status s = path == NULL ? PV_ERR_MEMORY : pv_file_read(&bytes, path, SIZE_MAX);
    pv_free(path);
    if (s != PV_OK) {
        fprintf(stderr, "%s\n", pv_trail_text());
        return 1;
    }
    /* in memory of its own size, so that a sanitizer sees the first byte too many */
    uint8_t *data = malloc(bytes.size);
    if (bytes.size > 0) memcpy(data, bytes.data, bytes.size);
    LLVMFuzzerTestOneInput(data, bytes.size);
    free(data);
    pv_bytes_clear(&bytes);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0, count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER, a folder of inputs\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL && !failed;)
        if (entry->d_name[0] != '.') {
            failed = replay(argv[1], entry->d_name);
            count++;
        }
    closedir(folder);
    printf("%d inputs of %s\n", count, argv[1]);
    return failed || count == 0;
}
