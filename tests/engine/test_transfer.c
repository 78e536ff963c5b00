/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The copying against its plain definition: whatever is left out, looked at together or compared by rows,
 * the bytes are those of one pixel after the other. */
#include <stdlib.h>

#include "expect.h"
#include "transfer/transfer.h"
#include "transfer/transfer_plain.h"

enum { REFS = 2 };

typedef struct Case {
    int w, h;
    bool inked;
    uint8_t *gray;
    LacImage color[REFS], line[REFS];
    LacTransferRef *ref[REFS];
} Case;

/* Boxes of flat colours with lines around them; noisy ones, so that some cells agree on nothing; the second reference is the
 * first, moved. The frame is the first with a corner of it drawn anew. */
static void draw_case(Case *c)
{
    for (int k = 0; k < REFS; k++) {
        uint32_t state = 77;

        if (lac_image_alloc(&c->color[k], c->w, c->h, 3, NULL) || lac_image_alloc(&c->line[k], c->w, c->h, 1, NULL)) {
            abort();
        }
        for (int y = 0; y < c->h; y++) {
            for (int x = 0; x < c->w; x++) {
                const int u = x + 5 * k, v = y + 3 * k, box = u / 40 + 7 * (v / 33);
                const bool line = u % 40 < 2 || v % 33 < 2, soft = u % 40 == 2, noisy = box % 5 == 2;
                const uint8_t noise = (uint8_t)(expect_draw(&state) % 40);

                c->line[k].data[(size_t)y * c->w + x] = line ? 10 : soft ? 140 : noisy ? (uint8_t)(255 - noise) : 255;
                for (int i = 0; i < 3; i++) {
                    c->color[k].data[((size_t)y * c->w + x) * 3 + i] =
                        (uint8_t)(line ? 15 : noisy ? 100 + noise + i : box * 61 % 200 + 9 * i);
                }
            }
        }
    }
    memcpy(c->gray, c->line[0].data, (size_t)c->w * c->h);
    for (int y = c->h / 2; y < c->h; y++) {
        for (int x = c->w / 2; x < c->w; x++) {
            c->gray[(size_t)y * c->w + x] = (x + y) % 31 < 2 ? 0 : 255;
        }
    }
}

typedef struct Plain {
    const Case *c;
    const LacMatcher *m;
    const float *lag;
} Plain;

static int plain_vote(const Plain *p, int cx, int cy, LacSource *list)
{
    LacSource all[LAC_TRANSFER_VOTES * REFS];
    const int w = p->m->width, h = p->m->height;
    int n = 0, kept = 0;

    for (int r = 0; r < REFS; r++) {
        const int base = n;

        for (int y = cy - LAC_TRANSFER_VOTE; y <= cy + LAC_TRANSFER_VOTE; y++) {
            for (int x = cx - LAC_TRANSFER_VOTE; x <= cx + LAC_TRANSFER_VOTE; x++) {
                int k = base;

                if (x < 0 || y < 0 || x >= w || y >= h) {
                    continue;
                }
                const LacOffset o = p->m->field[r].offset[(size_t)y * w + x];
                while (k < n && (all[k].x != o.x || all[k].y != o.y)) {
                    k++;
                }
                if (k == n) {
                    all[n++] = (LacSource){ r, o.x, o.y, 0 };
                }
                all[k].weight += lac_transfer_weight(p->m->field[r].cost[(size_t)y * w + x], lac_transfer_late(p->lag[r]));
            }
        }
    }
    for (; kept < LAC_TRANSFER_SOURCES && kept < n; kept++) {
        int best = kept;

        for (int k = kept + 1; k < n; k++) {
            best = all[k].weight > all[best].weight ? k : best;
        }
        if (kept && all[best].weight < LAC_TRANSFER_LEAST_SHARE * list[0].weight) {
            break;
        }
        list[kept] = all[best];
        all[best] = all[kept];
        list[kept].x = lac_transfer_scaled(list[kept].x, p->c->w, w);
        list[kept].y = lac_transfer_scaled(list[kept].y, p->c->h, h);
    }
    return kept;
}

static void plain_refine(const Case *c, LacBox box, LacSource *s)
{
    const int32_t pixels = (box.right - box.left) * (box.bottom - box.top);
    const LacSource from = *s;
    int32_t least = INT32_MAX;

    for (int i = 0; i < LAC_TRANSFER_PLACES; i++) {
        int dx, dy;
        const int ring = lac_transfer_place(i, &dx, &dy);

        if (lac_transfer_inside(box, from.x + dx, from.y + dy, c->w, c->h)) {
            const int32_t d = ring * pixels + lac_transfer_difference(c->gray, c->ref[s->ref]->gray, c->w, box, from.x + dx,
                                                                      from.y + dy, INT32_MAX);
            if (d < least) {
                least = d;
                s->x = from.x + dx;
                s->y = from.y + dy;
            }
        }
    }
    if (least < INT32_MAX) {
        s->weight = lac_product(s->weight, lac_transfer_agreement(least, pixels));
    }
}

/* What the sources' pixels that count have in common, or their mean. */
static void plain_pixel(const Case *c, const LacSource *list, int n, int x, int y, uint8_t out[4])
{
    const uint8_t *first = NULL, *rgb[LAC_TRANSFER_SOURCES];
    LacBlend blend = { .sum = 0 };
    bool one = true;

    for (int k = 0; k < n; k++) {
        const LacTransferRef *ref = c->ref[list[k].ref];
        const size_t at = (size_t)lac_transfer_clamp(y + list[k].y, c->h) * c->w + lac_transfer_clamp(x + list[k].x, c->w);
        const int line = ref->gray[at], apart = abs(line - c->gray[(size_t)y * c->w + x]);
        const float alike = c->inked || line >= LAC_TRANSFER_LINE ? lac_transfer_alike(apart) : 0;

        rgb[k] = ref->rgb + at * 3;
        if (lac_transfer_add(&blend, rgb[k], list[k].weight, alike) > 0) {
            first = first ? first : rgb[k];
            one = one && !memcmp(first, rgb[k], 3);
        }
    }
    lac_transfer_mean(&blend, out);
    if (one) {
        memcpy(out, first ? first : (const uint8_t[3]){ 0 }, 3);
    }
}

/* The number of pixels that differ. */
static int compare(const Plain *p, const uint8_t *out)
{
    const Case *c = p->c;
    const int w = p->m->width, h = p->m->height;
    int wrong = 0;

    for (int cy = 0; cy < h; cy++) {
        for (int cx = 0; cx < w; cx++) {
            LacSource list[LAC_TRANSFER_SOURCES];
            const LacBox cell = { lac_transfer_first(cx, c->w, w), lac_transfer_first(cy, c->h, h),
                                  lac_transfer_first(cx + 1, c->w, w), lac_transfer_first(cy + 1, c->h, h) };
            const int n = plain_vote(p, cx, cy, list);

            for (int k = 0; k < n && cell.left < cell.right && cell.top < cell.bottom; k++) {
                plain_refine(c, lac_transfer_box(cell.left, cell.top, cell.right, cell.bottom, c->w, c->h), &list[k]);
            }
            for (int y = cell.top; y < cell.bottom; y++) {
                for (int x = cell.left; x < cell.right; x++) {
                    uint8_t pixel[4];

                    plain_pixel(c, list, n, x, y, pixel);
                    wrong += memcmp(pixel, out + ((size_t)y * c->w + x) * 4, 4) != 0;
                }
            }
        }
    }
    return wrong;
}

/* The tint of the place at column x and row y, boxes being wide x high. */
static uint32_t plain_tint(const Case *c, int x, int y, int wide, int high)
{
    const uint8_t *rgb = c->color[0].data, *gray = c->line[0].data;
    const size_t at = (size_t)y * c->w + x;

    if (x + wide > c->w || y + high > c->h) {
        return LAC_PLAIN_NONE;
    }
    for (int v = y; v < y + high; v++) {
        for (int u = x; u < x + wide; u++) {
            const size_t i = (size_t)v * c->w + u;

            if (memcmp(rgb + i * 3, rgb + at * 3, 3) != 0 || gray[i] != gray[at]) {
                return LAC_PLAIN_NONE;
            }
        }
    }
    return (uint32_t)rgb[at * 3] << 24 | (uint32_t)rgb[at * 3 + 1] << 16 | (uint32_t)rgb[at * 3 + 2] << 8 | gray[at];
}

/* The first reference's tints, for fields of w x h. */
static void test_tints(Tally *t, const Case *c, int w, int h)
{
    const int more = 2 * LAC_TRANSFER_AROUND + LAC_PLAIN_STEP - 1, columns = (c->w + LAC_PLAIN_STEP - 1) / LAC_PLAIN_STEP;
    const int wide = (c->w - 1) / w + 1 + more, high = (c->h - 1) / h + 1 + more;
    int wrong = 0, some = 0;

    for (int y = 0; y < c->h; y += LAC_PLAIN_STEP) {
        for (int x = 0; x < c->w; x += LAC_PLAIN_STEP) {
            const uint32_t tint = plain_tint(c, x, y, wide, high);

            wrong += c->ref[0]->tints[(size_t)(y / LAC_PLAIN_STEP) * columns + x / LAC_PLAIN_STEP] != tint;
            some += tint != LAC_PLAIN_NONE;
        }
    }
    expect(t, wrong == 0, "%dx%d: %d places are not as plain as their boxes", c->w, c->h, wrong);
    expect(t, c->w < 90 || some, "%dx%d: no place is plain: the case is no test", c->w, c->h);
}

static void test_copying(Tally *t, int width, int height, int size, bool inked)
{
    const LacLog log = { 0 };
    const float lag[REFS] = { -0.5f, 0.25f };
    const size_t n = (size_t)width * height;
    Case c = { .w = width, .h = height, .inked = inked, .gray = lac_alloc(n, 1) };
    uint8_t *out = lac_alloc(n, 4);
    int w, h, sure = 0, wrong;
    LacTransfer *tr;
    float *rgb;
    LacLineart la;

    draw_case(&c);
    lac_network_size(width, height, size, &w, &h);
    rgb = lac_alloc((size_t)w * h, 3 * sizeof *rgb);
    if (!rgb || lac_lineart_open(&la, width, height, w, h, 1, &log) ||
        lac_transfer_open(&tr, width, height, w, h, REFS, 2, &log)) {
        abort();
    }
    lac_lineart_colour(&la, c.color[0].data, rgb);
    for (int i = 0; i < REFS; i++) {
        if (lac_transfer_ref(tr, &c.color[i], NULL, &c.line[i], i == 0, &c.ref[i])) {
            abort();
        }
    }
    test_tints(t, &c, lac_transfer_matcher(tr)->width, lac_transfer_matcher(tr)->height);
    lac_transfer_run(tr, rgb, c.gray, c.ref, lag, REFS, inked, out, NULL);
    wrong = compare(&(Plain){ &c, lac_transfer_matcher(tr), lag }, out);
    for (size_t i = 0; i < n; i++) {
        sure += out[i * 4 + 3] == 255;
    }
    expect(t, wrong == 0, "%dx%d, %s: %d pixels are not the plain copy's", width, height, inked ? "inked" : "not inked", wrong);
    expect(t, n < 100 || (sure > 0 && sure < (int)n), "%dx%d: %d pixels are sure: the case is no test", width, height, sure);
    for (int i = 0; i < REFS; i++) {
        lac_transfer_ref_free(&c.ref[i]);
        lac_image_free(&c.color[i]);
        lac_image_free(&c.line[i]);
    }
    lac_transfer_close(&tr);
    lac_lineart_close(&la);
    lac_free(rgb);
    lac_free(out);
    lac_free(c.gray);
}

int main(void)
{
    /* cells of less than a pixel to seventeen of them */
    static const int sizes[][3] = { { 7, 5, 64 }, { 96, 70, 96 }, { 150, 101, 64 }, { 233, 131, 48 }, { 301, 199, 40 },
                                    { 401, 205, 40 }, { 561, 272, 16 } };
    Tally t = { "test_transfer", 0, 0 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int inked = 0; inked < 2; inked++) {
            test_copying(&t, sizes[i][0], sizes[i][1], sizes[i][2], inked);
        }
    }
    return tally_end(&t);
}
