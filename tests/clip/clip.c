/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The demo clip: a cartoon shot of our own, drawn twice from the same geometry, as line art
 * (OUTDIR/line/NNNN.png, 8-bit gray) and in colour (OUTDIR/color/NNNN.png, RGB), so that the
 * true colours of every line drawing are known; as asked, the character alone with alpha, and
 * line art with the borders of shadows in red. Same bytes on every run. */
#define _POSIX_C_SOURCE 200809L
#include "character.h"

#include <errno.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_LENGTH 4096
#define MIN_SIDE 32
#define MAX_SIDE 8192
#define MAX_FRAMES 10000 /* four digits */

typedef struct Options {
    int width, height, frames;
    bool alpha, marks;
    const char *dir;
} Options;

static const char usage[] =
    "usage: clip [--size WxH] [--frames N] [--alpha] [--marks] OUTDIR\n"
    "Draws the demo shot: OUTDIR/line/0000.png ... (line art, 8-bit gray) and\n"
    "OUTDIR/color/0000.png ... (the same frames in colour, RGB).\n"
    "  --size WxH   picture size, 32x32 to 8192x8192 (default 1280x720); the drawing scales with H\n"
    "  --frames N   frames of the shot, 1 to 10000 (default 36): the same motion, sampled N times\n"
    "  --alpha      the character alone, RGBA\n"
    "  --marks      line art in RGB, with the borders of shadows in red\n";

/* A decimal number lo..hi; *end is set behind it. */
static bool parse_number(const char *text, long lo, long hi, int *value, const char **end)
{
    char *rest;
    long v;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    v = strtol(text, &rest, 10);
    if (errno || v < lo || v > hi)
        return false;
    *value = (int)v;
    *end = rest;
    return true;
}

static bool parse_size(const char *text, Options *o)
{
    return parse_number(text, MIN_SIDE, MAX_SIDE, &o->width, &text) && *text++ == 'x' &&
           parse_number(text, MIN_SIDE, MAX_SIDE, &o->height, &text) && !*text;
}

static bool parse_options(int argc, char **argv, Options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : "", *end;

        if (!strcmp(arg, "--size")) {
            if (!parse_size(value, o)) {
                fprintf(stderr, "clip: --size '%s': expected WxH, each %d to %d\n", value, MIN_SIDE,
                        MAX_SIDE);
                return false;
            }
            i++;
        } else if (!strcmp(arg, "--frames")) {
            if (!parse_number(value, 1, MAX_FRAMES, &o->frames, &end) || *end) {
                fprintf(stderr, "clip: --frames '%s': expected a number, 1 to %d\n", value,
                        MAX_FRAMES);
                return false;
            }
            i++;
        } else if (!strcmp(arg, "--alpha")) {
            o->alpha = true;
        } else if (!strcmp(arg, "--marks")) {
            o->marks = true;
        } else if (arg[0] == '-' && arg[1]) {
            fprintf(stderr, "clip: unknown option '%s'\n%s", arg, usage);
            return false;
        } else if (o->dir) {
            fprintf(stderr, "clip: more than one output folder: '%s' and '%s'\n", o->dir, arg);
            return false;
        } else {
            o->dir = arg;
        }
    }
    if (!o->dir || !*o->dir) {
        fprintf(stderr, "clip: no output folder given\n%s", usage);
        return false;
    }
    return true;
}

static bool make_dir(const char *path)
{
    struct stat st;

    if (!mkdir(path, 0777) || (errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode)))
        return true;
    fprintf(stderr, "clip: cannot make the folder '%s': %s\n", path,
            errno == EEXIST ? "a file of that name exists" : strerror(errno));
    return false;
}

static bool join(char *path, const char *dir, const char *sub, int frame)
{
    int n = frame < 0 ? snprintf(path, PATH_LENGTH, "%s/%s", dir, sub)
                      : snprintf(path, PATH_LENGTH, "%s/%s/%04d.png", dir, sub, frame);

    if (n >= 0 && n < PATH_LENGTH)
        return true;
    fprintf(stderr, "clip: '%s': the name is too long\n", dir);
    return false;
}

/* Rows of an 8-bit gray or RGB picture to an open file; false with errno or a libpng message said. */
static bool encode(FILE *file, const uint8_t *pixels, int width, int height, int channels)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;

    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8,
                 channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < height; y++)
        png_write_row(png, pixels + (size_t)y * (size_t)width * (size_t)channels);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    return true;
}

/* One pixel of a sheet of coloured ink, premultiplied, on white. */
static void on_white(const uint8_t *ink, uint8_t *rgb)
{
    uint32_t v;

    memcpy(&v, ink, sizeof(v));
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)((v >> (16 - 8 * c) & 255) + 255 - (v >> 24));
}

/* The ink sheet on white. `pixels` holds width * height * 3 bytes. */
static bool write_line(const char *path, cairo_surface_t *ink, uint8_t *pixels)
{
    int width = cairo_image_surface_get_width(ink), height = cairo_image_surface_get_height(ink);
    int channels = cairo_image_surface_get_format(ink) == CAIRO_FORMAT_A8 ? 1 : 3;
    size_t stride = (size_t)cairo_image_surface_get_stride(ink);
    const uint8_t *data;
    FILE *file;
    bool ok;

    cairo_surface_flush(ink);
    data = cairo_image_surface_get_data(ink);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t i = (size_t)y * (size_t)width + (size_t)x;

            if (channels == 1)
                pixels[i] = (uint8_t)(255 - data[(size_t)y * stride + (size_t)x]);
            else
                on_white(data + (size_t)y * stride + (size_t)x * 4, pixels + i * 3);
        }
    errno = 0;
    file = fopen(path, "wb");
    ok = file && encode(file, pixels, width, height, channels);
    if (file && fclose(file))
        ok = false;
    if (!ok)
        fprintf(stderr, "clip: cannot write '%s': %s\n", path,
                errno ? strerror(errno) : "PNG encoder failed");
    return ok;
}

static bool write_color(const char *path, cairo_surface_t *picture)
{
    cairo_status_t status;

    errno = 0;
    status = cairo_surface_write_to_png(picture, path);
    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "clip: cannot write '%s': %s\n", path,
                errno ? strerror(errno) : cairo_status_to_string(status));
    return status == CAIRO_STATUS_SUCCESS;
}

static bool draw_frame(Pen *pen, const Options *o, double t)
{
    Pose pose = pose_at(t);
    cairo_t *sheet[2] = { pen->color, pen->line };

    for (int i = o->alpha ? 0 : 1; i < 2; i++) {
        cairo_set_operator(sheet[i], CAIRO_OPERATOR_CLEAR);
        cairo_paint(sheet[i]);
        cairo_set_operator(sheet[i], CAIRO_OPERATOR_OVER);
    }
    for (int i = 0; i < 2; i++) { /* 1280 x 720 units, centred whatever the aspect ratio */
        cairo_identity_matrix(sheet[i]);
        cairo_translate(sheet[i], o->width / 2.0, 0);
        cairo_scale(sheet[i], pen->scale, pen->scale);
        cairo_translate(sheet[i], -640, 0);
    }
    if (!o->alpha)
        draw_background(pen, pose.pan);
    draw_character(pen, &pose);
    if (!pen->failed && !cairo_status(pen->color) && !cairo_status(pen->line))
        return true;
    fprintf(stderr, "clip: drawing failed: %s\n",
            pen->failed ? "a shape has more than SHAPE_MAX points"
            : cairo_status(pen->color) ? cairo_status_to_string(cairo_status(pen->color))
                                       : cairo_status_to_string(cairo_status(pen->line)));
    return false;
}

static bool write_frames(Pen *pen, const Options *o, uint8_t *gray)
{
    char path[PATH_LENGTH];

    for (int i = 0; i < o->frames; i++) {
        double t = o->frames > 1 ? (double)i / (o->frames - 1) : 0;

        if (!draw_frame(pen, o, t) || !join(path, o->dir, "line", i) ||
            !write_line(path, cairo_get_target(pen->line), gray) ||
            !join(path, o->dir, "color", i) || !write_color(path, cairo_get_target(pen->color)))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    Options o = { .width = 1280, .height = 720, .frames = 36 };
    char line_dir[PATH_LENGTH], color_dir[PATH_LENGTH];
    cairo_surface_t *picture, *ink;
    uint8_t *gray;
    Pen pen = { 0 };
    bool ok = false;

    if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (!parse_options(argc, argv, &o) || !join(line_dir, o.dir, "line", -1) ||
        !join(color_dir, o.dir, "color", -1) || !make_dir(o.dir) || !make_dir(line_dir) ||
        !make_dir(color_dir))
        return EXIT_FAILURE;
    picture = cairo_image_surface_create(o.alpha ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24, o.width, o.height);
    ink = cairo_image_surface_create(o.marks ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_A8, o.width, o.height);
    gray = malloc((size_t)o.width * (size_t)o.height * 3);
    pen.marks = o.marks;
    pen.color = cairo_create(picture);
    pen.line = cairo_create(ink);
    pen.scale = o.height / 720.0;
    if (!gray || cairo_status(pen.color) || cairo_status(pen.line))
        fprintf(stderr, "clip: no memory for %dx%d pictures\n", o.width, o.height);
    else
        ok = write_frames(&pen, &o, gray);
    cairo_destroy(pen.line);
    cairo_destroy(pen.color);
    cairo_surface_destroy(ink);
    cairo_surface_destroy(picture);
    free(gray);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
