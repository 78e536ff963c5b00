/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One pixel after the other to gray; a second look at the drawing where some of it is coloured. See ink.h. */
#include "picture/ink.h"

#include <math.h>
#include <string.h>

/* Fewer coloured pixels darker than this are noise of a video's colours. */
enum { STRONG = 190, FEW = 4 };

static uint8_t high(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, 2);
    return (uint8_t)((v + 128) / 257);
}

static uint8_t on_paper(int value, int alpha)
{
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

/* One row as 8-bit R, G, B over white. */
static void to_rgb(const uint8_t *p, enum LacFormat format, int width, uint8_t *rgb)
{
    const bool wide = format == LAC_GRAY16 || format == LAC_RGB48 || format == LAC_RGBA64;
    const int channels = format == LAC_GRAY8 || format == LAC_GRAY16 ? 1
                         : format == LAC_RGB24 || format == LAC_RGB48 ? 3
                                                                      : 4;
    const int step = wide ? 2 : 1;

    for (int x = 0; x < width; x++, p += (ptrdiff_t)channels * step) {
        for (int c = 0; c < 3; c++) {
            const uint8_t *s = p + (channels == 1 ? 0 : c * step);
            *rgb++ = wide ? high(s) : *s;
        }
        if (channels == 4) {
            const int alpha = wide ? high(p + 6) : p[3];
            for (int c = -3; c < 0; c++) {
                rgb[c] = on_paper(rgb[c], alpha);
            }
        }
    }
}

static uint8_t luma(const uint8_t *rgb)
{
    return (uint8_t)((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8);
}

/* The gray of a pixel without its coloured ink. */
static uint8_t without_colour(const uint8_t *rgb, uint8_t gray)
{
    const int most = rgb[0] > rgb[1] ? rgb[0] > rgb[2] ? rgb[0] : rgb[2] : rgb[1] > rgb[2] ? rgb[1] : rgb[2];
    const int least = rgb[0] < rgb[1] ? rgb[0] < rgb[2] ? rgb[0] : rgb[2] : rgb[1] < rgb[2] ? rgb[1] : rgb[2];
    const float dark = (float)(255 - least), share = dark > 0 ? (float)(most - least) / dark : 0;
    const float coloured = (share - LAC_INK_BLACK) / (LAC_INK_COLOURED - LAC_INK_BLACK);
    const float rest = (float)gray + coloured * (float)(255 - gray);

    return coloured <= 0 ? gray : coloured >= 1 ? 255 : (uint8_t)lrintf(rest);
}

bool lac_ink_split(const LacPicture *line, uint8_t *gray, uint8_t *black, int threads)
{
    const int w = line->width;
    int64_t ink = 0, coloured = 0, strong = 0;

#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : ink, coloured, strong)
    for (int y = 0; y < line->height; y++) {
        const uint8_t *row = line->data + y * line->stride;
        uint8_t *g = gray + (size_t)y * w, *k = black + (size_t)y * w, block[3 * 256];

        for (int from = 0; from < w; from += 256) {
            const int n = w - from < 256 ? w - from : 256;
            const uint8_t *rgb = line->format == LAC_RGB24 ? row + (ptrdiff_t)from * 3 : block;

            if (line->format != LAC_RGB24) {
                static const int bytes[] = { 1, 3, 4, 2, 6, 8 };
                to_rgb(row + (ptrdiff_t)from * bytes[line->format], line->format, n, block);
            }
            for (int x = from; x < from + n; x++, rgb += 3) {
                g[x] = luma(rgb);
                k[x] = rgb[0] == rgb[1] && rgb[1] == rgb[2] ? g[x] : without_colour(rgb, g[x]);
                ink += 255 - g[x];
                coloured += k[x] - g[x];
                strong += k[x] == 255 && g[x] < STRONG;
            }
        }
    }
    return strong >= FEW && 2 * coloured <= ink;
}
