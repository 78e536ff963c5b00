/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References read: colour over white and exact, line art as gray and black ink. */
#include "refs/refs_read.h"

#include "picture/ink.h"

static int split_line(LacRefPictures *p, const LacPicture *line, int threads, const LacLog *log)
{
    int err = lac_image_alloc(&p->line, line->width, line->height, 1, log);

    err = err ? err : lac_image_alloc(&p->black, line->width, line->height, 1, log);
    if (!err && !lac_ink_split(line, p->line.data, p->black.data, threads)) {
        lac_image_free(&p->black);
    }
    return err;
}

static int read_line(LacRefPictures *p, const char *path, int threads, const LacLog *log)
{
    LacImage image;
    int err = lac_image_read_png(&image, path, 3, log);

    if (!err) {
        const LacPicture line = { LAC_RGB24, image.width, image.height, (ptrdiff_t)image.width * 3, image.data };
        err = split_line(p, &line, threads, log);
    }
    lac_image_free(&image);
    return err;
}

int lac_refs_read(LacRefPictures *p, const char *color, const char *line, int threads, const LacLog *log)
{
    const int err = lac_image_read_png_exact(&p->color, &p->exact, color, log);

    return err || !line ? err : read_line(p, line, threads, log);
}

static int copy_color(LacRefPictures *p, const LacPicture *color, const LacLog *log)
{
    int err;

    if (color->format == LAC_RGB24) {
        return lac_image_copy(&p->color, color, log);
    }
    err = lac_rgba_copy(&p->exact, color, log);
    err = err ? err : lac_rgba_flatten(&p->color, &p->exact, log);
    if (!err) {
        lac_rgba_settle(&p->exact);
    }
    return err;
}

int lac_refs_copy(LacRefPictures *p, const LacPicture *color, const LacPicture *line, const char *name, int threads,
                  const LacLog *log)
{
    int err = lac_picture_check(color, LAC_COLOUR_FORMATS, name, log);

    err = err || !line ? err : lac_picture_check(line, LAC_LINE_FORMATS, name, log);
    err = err ? err : copy_color(p, color, log);
    return err || !line ? err : split_line(p, line, threads, log);
}
