/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine knows of each region of a shot whose colours are known, and whether it came out right: the material of
 * weights/train/confidence.py. Writes one line a region: shot, frame, pixels, 1 if right, its evidence. */
#include <stdio.h>
#include <stdlib.h>

#include "colour.h"

/* NNNN.png of a folder; false when there is none. */
static bool read_frame(const char *shot, const char *kind, int number, int channels, LacImage *image, const LacLog *log)
{
    char path[4096];
    FILE *file;
    int err;

    snprintf(path, sizeof path, "%s/%s/%04d.png", shot, kind, number);
    file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    err = lac_image_read_png_file(image, file, path, channels, log);
    fclose(file);
    return !err;
}

static LacPicture picture(const LacImage *image)
{
    return (LacPicture){ image->channels == 3 ? LAC_RGB24 : LAC_GRAY8, image->width, image->height,
                         (ptrdiff_t)image->width * image->channels, image->data };
}

/* More than half of the pixels that count are within LAC_CONFIDENCE_RIGHT levels of the truth. */
static bool is_right(const LacVoteFrame *f, int region, const uint8_t *rgb, const uint8_t *truth)
{
    const LacOriginPixels *p = &f->origins.pixels[region];
    size_t core = 0, near = 0;

    for (size_t k = 0; k < p->n; k++) {
        const size_t i = (size_t)p->at[k] * 3;
        bool same = true;

        if (lac_origin_core(p, &f->regions, p->at[k])) {
            for (int c = 0; c < 3; c++) {
                same = same && abs(rgb[i + c] - truth[i + c]) <= LAC_CONFIDENCE_RIGHT;
            }
            core++;
            near += same;
        }
    }
    return 2 * near > core;
}

static void tell(const LacVoteFrame *f, const char *shot, int frame, const uint8_t *rgb, const uint8_t *truth)
{
    for (int c = 1; c <= f->regions.count; c++) {
        printf("%s %d %zu %d", shot, frame, f->origins.pixels[c].n, is_right(f, c, rgb, truth));
        for (int i = 0; i < LAC_EVIDENCE_COUNT; i++) {
            printf(" %.5g", (double)f->confidence.evidence[c].item[i]);
        }
        printf(" %.4f\n", (double)f->confidence.region[c]);
    }
}

static int first_frame(const char *shot, const LacLog *log)
{
    LacImage image = { 0 };

    for (int i = 0; i < 2; i++) {
        if (read_frame(shot, "line", i, 1, &image, log)) {
            lac_image_free(&image);
            return i;
        }
    }
    return -1;
}

/* First and last frame are the references. */
static int run(const char *shot, const LacSettings *settings, const LacLog *log)
{
    LacImage color = { 0 }, line = { 0 }, out = { 0 };
    LacContext *ctx = NULL;
    int first = first_frame(shot, log), last = first, err;

    while (first >= 0 && read_frame(shot, "line", last + 1, 1, &line, log)) {
        lac_image_free(&line);
        last++;
    }
    err = first < 0 || last < first + 2 ? LAC_EIO : lac_open(&ctx, settings);
    for (int i = 0; i < 2 && !err; i++) {
        err = read_frame(shot, "color", i ? last : first, 3, &color, log) ? LAC_OK : LAC_EIO;
        LacPicture p = picture(&color);
        err = err ? err : lac_add_reference_picture(ctx, LAC_WHEN_FRAME, i ? last - first : 0, shot, &p, NULL);
        lac_image_free(&color);
    }
    for (int i = first; i <= last && !err; i++) {
        err = read_frame(shot, "line", i, 1, &line, log) ? LAC_OK : LAC_EIO;
        LacPicture p = picture(&line);
        err = err ? err : lac_send_frame(ctx, &p, (int64_t)(i - first) * 40000, 40000);
        lac_image_free(&line);
    }
    for (int i = first; i <= last && !err; i++) {
        err = read_frame(shot, "color", i, 3, &color, log) ? LAC_OK : LAC_EIO;
        err = err ? err : lac_image_alloc(&out, color.width, color.height, 3, log);
        LacPicture p = picture(&out);
        err = err ? err : lac_receive_frame(ctx, &p);
        if (!err && i > first && i < last) {
            tell(lac_colour_regions(ctx), shot, i, out.data, color.data);
        }
        lac_image_free(&out);
        lac_image_free(&color);
    }
    lac_close(&ctx);
    return err;
}

static void print(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        fprintf(stderr, "%s\n", message);
    }
}

int main(int argc, char **argv)
{
    const LacLog log = { print, NULL };
    LacSettings settings;

    if (argc < 2) {
        fprintf(stderr, "usage: %s SHOT...: folders with line/NNNN.png and color/NNNN.png\n", argv[0]);
        return 2;
    }
    lac_settings_default(&settings);
    settings.log = print;
    settings.threads = 1;
    settings.temporal = LAC_TEMPORAL_OFF; /* what is known of a frame's regions is asked for as it comes out */
    for (int i = 1; i < argc; i++) {
        if (run(argv[i], &settings, &log)) {
            fprintf(stderr, "%s: cannot be coloured\n", argv[i]);
            return 1;
        }
    }
    return 0;
}
