/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence and confidence on a drawn case: what agrees with its reference is sure, what does not is not, and the picture
 * shows it. How reliable the probabilities are is measured on shots (docs/match.md). */
#include <math.h>

#include "region_case.h"
#include "regions/confidence_rows.h"

typedef struct Confident {
    RegionCase *c;
    LacConfidence confidence;
    float backed[64], prediction[NET_W * NET_H * 3];
    uint8_t transferred[N * 4];
} Confident;

/* The left box: right in every way. The right one: as a bad match leaves it, where `bad`. */
static Confident *confident(bool bad)
{
    Confident *f = lac_calloc(1, sizeof *f);
    const float lag = -0.5f;

    if (!f) {
        exit(1);
    }
    f->c = region_case();
    for (int y = 9; y < 56 && bad; y++) {
        for (int x = 49; x < 88; x++) {
            put(f->c->picture, x, y, shade);
            f->c->cost[y / CELL * NET_W + x / CELL] = 1500;
            f->c->offset[y / CELL * NET_W + x / CELL].x = (int16_t)((x * 13 + y * 7) % 9 - 30);
        }
    }
    region_case_run(f->c);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            const uint8_t *rgb = f->c->reference + (y * W + x) * 3;
            f->transferred[(y * W + x) * 4 + 3] = bad && x > 48 ? 100 : 255;
            for (int k = 0; k < 3; k++) {
                f->prediction[(y / CELL * NET_W + x / CELL) * 3 + k] = (float)rgb[k] / 127.5f - 1;
            }
        }
    }
    for (int i = 1; i <= f->c->regions.count; i++) {
        f->backed[i] = bad && i == region_at(f->c, 70, 20) ? 0.1f : 1;
    }
    const LacConfidenceFrame frame = {&f->c->origins, &f->c->source, &lag, f->backed, f->transferred,
                                      f->prediction, NET_W, NET_H, f->c->picture};
    if (lac_confidence_run(&f->confidence, &f->c->regions, &frame, &(LacLog){0})) {
        exit(1);
    }
    return f;
}

static void confident_free(Confident *f)
{
    lac_confidence_close(&f->confidence);
    region_case_free(f->c);
    lac_free(f);
}

static void test_sure(Tally *t)
{
    Confident *good = confident(false), *bad = confident(true);
    const int left = region_at(good->c, 20, 20), right = region_at(good->c, 70, 20);
    const LacEvidence *e = &bad->confidence.evidence[right];

    expect(t, good->confidence.region[left] > 0.9f && good->confidence.region[right] > 0.9f,
           "what is right is sure to %g and %g", (double)good->confidence.region[left],
           (double)good->confidence.region[right]);
    expect(t, fabsf(bad->confidence.region[left] - good->confidence.region[left]) < 0.02f, "a region depends on another");
    expect(t, bad->confidence.region[right] < 0.3f, "what is wrong is sure to %g", (double)bad->confidence.region[right]);
    expect(t, bad->confidence.mean < good->confidence.mean && good->confidence.mean <= 1 && bad->confidence.mean > 0,
           "means %g and %g", (double)bad->confidence.mean, (double)good->confidence.mean);
    expect(t, e->item[LAC_EVIDENCE_AGREED] < 0.3f && e->item[LAC_EVIDENCE_PREDICTED] < 0.1f &&
                  e->item[LAC_EVIDENCE_SURE] < 0.5f && e->item[LAC_EVIDENCE_LAG] == 0.5f,
           "evidence: agreed %g, predicted %g, sure %g", (double)e->item[LAC_EVIDENCE_AGREED],
           (double)e->item[LAC_EVIDENCE_PREDICTED], (double)e->item[LAC_EVIDENCE_SURE]);
    confident_free(good);
    confident_free(bad);
}

static void test_picture(Tally *t)
{
    static uint8_t out[N * 3];
    Confident *f = confident(true);
    int wrong = 0, dark = 0;

    expect(t, !lac_confidence_picture(&f->confidence, &f->c->regions, out, W * 3, &(LacLog){0}), "no memory");
    for (int i = 0; i < N; i++) {
        const int label = f->c->regions.label[i];
        wrong += label && fabs(out[i * 3] - 255 * (double)f->confidence.region[label]) > 1.5;
        wrong += out[i * 3] != out[i * 3 + 1] || out[i * 3] != out[i * 3 + 2];
        dark += !out[i * 3];
    }
    expect(t, !wrong && !dark, "picture: %d pixels wrong, %d without a value", wrong, dark);
    confident_free(f);
}

/* A frame without any region is not in doubt. */
static void test_nothing(Tally *t)
{
    Confident *f = confident(false);
    uint8_t out[3] = {0};
    LacRegions none = {.width = 1, .height = 1, .label = &(int32_t){0}, .region = f->c->regions.region};
    const LacConfidenceFrame frame = {&f->c->origins, &f->c->source, &(float){0}, f->backed, f->transferred,
                                      f->prediction, NET_W, NET_H, f->c->picture};

    expect(t, !lac_confidence_run(&f->confidence, &none, &frame, &(LacLog){0}) && f->confidence.mean == 1,
           "no region: mean %g", (double)f->confidence.mean);
    expect(t, !lac_confidence_picture(&f->confidence, &none, out, 3, &(LacLog){0}) && out[0] == 255 && out[2] == 255,
           "no region: %d", out[0]);
    confident_free(f);
}

/* The limits of what is near a prediction, against asking of each value. */
static void test_near(Tally *t)
{
    int wrong = 0;

    for (int i = -1200; i <= 1200; i++) {
        const float prediction[3] = {(float)i / 1000, ((float)i / 8 - 127.5f) / 127.5f, nextafterf((float)i / 1000, 2)};

        for (int k = 0; k < 3; k++) {
            uint8_t low, high;

            lac_confidence_near(prediction[k], &low, &high);
            for (int v = 0; v < 256; v++) {
                const bool near = fabsf((prediction[k] + 1) * 127.5f - (float)v) <= LAC_EVIDENCE_FORESEEN;
                wrong += near != (v >= low && v <= high);
            }
        }
    }
    expect(t, !wrong, "%d values are taken for near, or not, wrongly", wrong);
}

static bool close_to(const uint8_t *a, const uint8_t *b, int levels)
{
    return abs(a[0] - b[0]) <= levels && abs(a[1] - b[1]) <= levels && abs(a[2] - b[2]) <= levels;
}

/* Sums of rows against sums pixel by pixel, fields pointing anywhere, beyond the edges as well. */
static void test_rows(Tally *t)
{
    enum { SUMS = LAC_SUM_SOURCES + LAC_SUMS, PW = 41, PH = 23 };
    static uint8_t transferred[N * 4], coherent[NET_W * NET_H];
    static float prediction[PW * PH * 3];
    RegionCase *c = region_case();
    uint32_t state = 11;
    int wrong = 0;

    for (int i = 0; i < NET_W * NET_H; i++) {
        state = state * 1664525U + 1013904223U;
        c->offset[i] = (LacOffset){(int16_t)((int)(state >> 20) % 61 - 30), (int16_t)((int)(state >> 9) % 41 - 20)};
        c->cost[i] = (int32_t)(state >> 11);
        coherent[i] = (uint8_t)(state % 13);
    }
    for (int i = 0; i < N * 4; i++) {
        state = state * 1664525U + 1013904223U;
        transferred[i] = (uint8_t)(state >> 20);
    }
    for (int i = 0; i < PW * PH * 3; i++) {
        state = state * 1664525U + 1013904223U;
        prediction[i] = (float)(state >> 8) / 8388608 - 1;
    }
    region_case_run(c);
    const LacConfidenceFrame f = {&c->origins, &c->source, NULL, NULL, transferred, prediction, PW, PH, c->picture};
    void *scratch = lac_alloc(lac_confidence_rows_room(&f), 1);
    int64_t *sum = lac_calloc((size_t)c->regions.count + 1, SUMS * sizeof *sum), *plain = lac_calloc((size_t)c->regions.count + 1, SUMS * sizeof *plain);

    lac_confidence_rows(&c->regions, &f, coherent, scratch, sum);
    for (int i = 0; i < N; i++) {
        const int x = i % W, y = i / W, label = c->regions.label[i], cell = y * NET_H / H * NET_W + x * NET_W / W;
        const LacOffset d = c->origins.shift[cell];
        const int px = x + d.x < 0 ? 0 : x + d.x >= W ? W - 1 : x + d.x, py = y + d.y < 0 ? 0 : y + d.y >= H ? H - 1 : y + d.y;
        const float *p = prediction + (y * PH / H * PW + x * PW / W) * 3;
        int64_t *of = plain + (ptrdiff_t)label * SUMS;
        bool near = true;

        if (!label || !lac_origin_core(&c->origins.pixels[label], &c->regions, i)) {
            continue;
        }
        for (int k = 0; k < 3; k++) {
            near = near && fabsf((p[k] + 1) * 127.5f - (float)c->picture[i * 3 + k]) <= LAC_EVIDENCE_FORESEEN;
        }
        of[LAC_SUM_PIXELS]++;
        of[LAC_SUM_SURE] += transferred[i * 4 + 3];
        of[LAC_SUM_PREDICTED] += near;
        of[LAC_SUM_SOURCES + LAC_SUM_AGREED] += close_to(c->reference + (py * W + px) * 3, c->picture + i * 3, LAC_EVIDENCE_LIKE);
        of[LAC_SUM_SOURCES + LAC_SUM_COHERENT] += coherent[cell];
        of[LAC_SUM_SOURCES + LAC_SUM_COST] += c->cost[cell];
    }
    for (int i = 0; i < (c->regions.count + 1) * SUMS; i++) {
        wrong += sum[i] != plain[i];
    }
    expect(t, !wrong && c->regions.count > 2, "%d sums of %d regions are wrong", wrong, c->regions.count);
    lac_free(scratch);
    lac_free(sum);
    lac_free(plain);
    region_case_free(c);
}

int main(void)
{
    Tally t = {"confidence", 0, 0};

    test_near(&t);
    test_rows(&t);
    test_sure(&t);
    test_picture(&t);
    test_nothing(&t);
    return tally_end(&t);
}
