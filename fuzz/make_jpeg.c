/* fuzz/make_jpeg.c - small JPEG files of every kind that the reader takes or refuses: make_jpeg
 * FOLDER */
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

typedef struct kind {
    const char *name;
    int width, height, components, quality, sampling, progressive, restart, arithmetic;
    J_COLOR_SPACE space;
} kind;

static const kind kinds[] = {
    {"gray", 17, 9, 1, 75, 1, 0, 0, 0, JCS_GRAYSCALE},
    {"gray-8x8", 8, 8, 1, 95, 1, 0, 0, 0, JCS_GRAYSCALE},
    {"gray-1x1", 1, 1, 1, 50, 1, 0, 0, 0, JCS_GRAYSCALE},
    {"gray-progressive", 24, 24, 1, 75, 1, 1, 0, 0, JCS_GRAYSCALE},
    {"rgb-444", 16, 16, 3, 75, 1, 0, 0, 0, JCS_RGB},
    {"rgb-420", 32, 32, 3, 75, 2, 0, 0, 0, JCS_RGB},
    {"rgb-odd", 13, 21, 3, 30, 2, 0, 0, 0, JCS_RGB},
    {"rgb-progressive", 32, 32, 3, 75, 2, 1, 0, 0, JCS_RGB},
    {"rgb-restart", 48, 16, 3, 75, 1, 0, 1, 0, JCS_RGB},
    {"rgb-wide", 200, 2, 3, 10, 2, 0, 0, 0, JCS_RGB},
    {"many-scans", 8, 8, 1, 75, 1, 2, 0, 0, JCS_GRAYSCALE},
    {"cmyk", 16, 16, 4, 75, 1, 0, 0, 0, JCS_CMYK},
    {"arithmetic", 16, 16, 3, 75, 1, 0, 0, 1, JCS_RGB},
};

/* A scan for each coefficient but its last bit, and for the last bit of each: 128 scans. */
static int many_scans(jpeg_scan_info *scan)
{
    for (int i = 0; i < 128; i++)
        scan[i] = (jpeg_scan_info){.comps_in_scan = 1,
                                   .Ss = i % 64,
                                   .Se = i % 64,
                                   .Ah = i < 64 ? 0 : 1,
                                   .Al = i < 64 ? 1 : 0};
    return 128;
}

static void write_jpeg(FILE *f, const kind *k)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    JSAMPLE row[4 * 256];
    JSAMPROW rows = row;
    jpeg_scan_info scans[128];
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, f);
    info.image_width = (JDIMENSION)k->width;
    info.image_height = (JDIMENSION)k->height;
    info.input_components = k->components;
    info.in_color_space = k->space;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, k->quality, TRUE);
    info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = k->sampling;
    info.restart_in_rows = k->restart;
    info.arith_code = k->arithmetic;
    if (k->progressive == 1) jpeg_simple_progression(&info);
    if (k->progressive == 2) {
        info.num_scans = many_scans(scans);
        info.scan_info = scans;
    }
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < k->height; y++) {
        for (int x = 0; x < k->width; x++)
            for (int c = 0; c < k->components; c++)
                row[x * k->components + c] = (JSAMPLE)(x * 5 + y * (7 + 4 * c) + (x * y * c) % 31);
        jpeg_write_scanlines(&info, &rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof kinds / sizeof *kinds; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.jpg", argv[1], kinds[i].name);
        FILE *f = fopen(path, "wb");
        if (f == NULL) {
            perror(path);
            return 1;
        }
        write_jpeg(f, &kinds[i]);
        fclose(f);
    }
    return argc != 2;
}
