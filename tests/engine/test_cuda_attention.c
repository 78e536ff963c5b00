/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index arithmetic of the CUDA attention: everything is held once, where it is looked for. */
#include <stdlib.h>

#include "expect.h"
#include "ops/cuda/attention_index.h"

typedef struct Size {
    int h, w, d, dv, count, steps, pairs;
} Size;

static const Size sizes[] = {
    { 1, 1, 32, 32, 1, 2, 2 },  { 1, 16, 5, 3, 1, 2, 2 },   { 17, 23, 24, 20, 3, 2, 2 }, { 33, 5, 32, 64, 2, 2, 4 },
    { 8, 16, 32, 96, 1, 2, 6 }, { 9, 17, 128, 128, 2, 8, 8 }, { 3, 100, 70, 128, 8, 8, 8 }, { 40, 24, 1, 1, 5, 0, 0 },
    { 7, 31, 32, 33, 2, 0, 0 },
};

/* Every query of the picture is one of exactly one chunk; a block is eight that lie as ops.h says. */
static void test_queries(Tally *t, const Size *z)
{
    AttentionShape s = lac_attention_shape(z->h, z->w, z->d, z->dv, z->count, z->steps, z->pairs);
    int *found = calloc((size_t)z->h * (size_t)z->w, sizeof *found), wrong = 0, misplaced = 0;

    for (int chunk = 0; chunk < s.chunks; chunk++) {
        for (int n = 0; n < ATTENTION_CHUNK; n++) {
            AttentionQuery q = lac_attention_query_unclamped(&s, chunk, n);
            AttentionQuery first = lac_attention_query_unclamped(&s, chunk, n / 8 * 8);
            AttentionQuery inside = lac_attention_query(&s, chunk, n), centre = lac_attention_centre(&s, chunk, n / 8);

            misplaced += first.y % 2 || first.x % 4 || q.y != first.y + n % 8 / 4 || q.x != first.x + n % 4;
            misplaced += inside.y != (q.y < z->h ? q.y : z->h - 1) || inside.x != (q.x < z->w ? q.x : z->w - 1);
            misplaced += centre.y != (first.y + 1 < z->h ? first.y + 1 : z->h - 1);
            misplaced += centre.x != (first.x + 2 < z->w ? first.x + 2 : z->w - 1);
            if (q.y < z->h && q.x < z->w) {
                found[q.y * z->w + q.x]++;
            }
        }
    }
    for (int i = 0; i < z->h * z->w; i++) {
        wrong += found[i] != 1;
    }
    expect(t, wrong == 0 && misplaced == 0, "%dx%d: %d queries not once, %d misplaced", z->w, z->h, wrong, misplaced);
    free(found);
}

/* Groups are runs of 16 along rows; parts take each of them once, whatever the chunk. */
static void test_groups(Tally *t, const Size *z)
{
    AttentionShape s = lac_attention_shape(z->h, z->w, z->d, z->dv, z->count, z->steps, z->pairs);
    int wrong = 0;

    for (int g = 0, ref = 0, y = 0, x = 0; g < s.groups; g++) {
        AttentionGroup at = lac_attention_group(&s, g);

        wrong += at.ref != ref || at.y != y || at.x != x;
        x += 16;
        if (x >= z->w) {
            x = 0;
            y = (y + 1) % z->h;
            ref += y == 0;
        }
        wrong += g == s.groups - 1 && ref != z->count;
    }
    expect(t, wrong == 0, "%dx%d, %d references: %d groups misplaced", z->w, z->h, z->count, wrong);
    for (int splits = 1; splits <= 8 && splits <= s.groups; splits++) {
        int *found = calloc((size_t)s.groups, sizeof *found), chunk = s.chunks / 2;

        wrong = 0;
        for (int split = 0; split < splits; split++) {
            AttentionRange r = lac_attention_range(&s, chunk, split, splits);

            wrong += r.start < r.from || r.start >= r.to;
            for (int i = 0; i < r.to - r.from; i++) {
                int group = lac_attention_nth(&r, i);

                wrong += group < r.from || group >= r.to;
                found[group < 0 || group >= s.groups ? 0 : group]++;
            }
        }
        for (int g = 0; g < s.groups; g++) {
            wrong += found[g] != 1;
        }
        expect(t, wrong == 0, "%dx%d in %d parts: %d groups not once", z->w, z->h, splits, wrong);
        free(found);
    }
}

/* A record holds every dimension and column of its 16 keys once, and a lane of an mma finds in its words what PTX says:
 * of the keys, as columns, key lane / 4 and dimensions 2 (lane % 4); of the values, as rows, the keys. */
static void test_record(Tally *t, const Size *z)
{
    AttentionShape s = lac_attention_shape(z->h, z->w, z->d, z->dv, z->count, z->steps, z->pairs);
    int keys[16 * 128] = { 0 }, values[16 * (128 + ATTENTION_EXTRA)] = { 0 }, wrong = 0;

    if (!z->steps) {
        expect(t, s.words % 4 == 0 && s.k_words % 4 == 0 && s.columns >= z->dv + 4, "fp32 record of %d words", s.words);
        return;
    }
    for (int i = 0; i < s.k_words; i++) {
        for (int half = 0; half < 2; half++) {
            AttentionPlace p = lac_attention_key(i, half);
            int step = i / 128, lane = i % 128 / 4, tile = i % 4 / 2, b = i % 2;

            wrong += p.key != tile * 8 + lane / 4 || p.at != step * 16 + b * 8 + lane % 4 * 2 + half;
            keys[p.key * 16 * z->steps + p.at]++;
        }
    }
    for (int i = 0; i < s.words - s.k_words; i++) {
        for (int half = 0; half < 2; half++) {
            AttentionPlace p = lac_attention_value(&s, i, half);

            values[p.key * s.columns + p.at]++;
            wrong += p.key % 8 / 2 != (i < z->pairs * 128 ? i / 4 : i / 2) % 4 || p.key % 2 != half;
        }
    }
    for (int i = 0; i < 16 * 16 * z->steps; i++) {
        wrong += keys[i] != 1;
    }
    for (int i = 0; i < 16 * s.columns; i++) {
        wrong += values[i] != 1;
    }
    expect(t, wrong == 0 && s.words % 4 == 0 && s.one < s.columns && s.dv <= s.extra,
           "record of %d words: %d places wrong", s.words, wrong);
}

static void test_bits(Tally *t)
{
    static const float numbers[] = { -3e38f, -1e30f, -2, -1.5f, -1e-40f, 0, 1e-40f, 1e-20f, 1, 7, 3e38f };
    int wrong = 0;
    uint32_t before = 0, seed = 1;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t bits, order;

        memcpy(&bits, &numbers[i], sizeof bits);
        order = lac_attention_order(bits);
        wrong += order <= before || lac_attention_unorder(order) != bits;
        before = order;
    }
    expect(t, wrong == 0, "%d floats out of order", wrong);
    wrong = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t rows = 0;

        seed = seed * 1664525u + 1013904223u;
        uint32_t ballot = i < 32 ? 1u << i : seed & seed << 7 & seed << 15;
        for (int lane = 0; lane < 32; lane++) {
            rows |= (ballot >> lane & 1) << lane / 4;
        }
        wrong += lac_attention_rows(ballot) != rows;
    }
    expect(t, wrong == 0, "%d ballots miscounted", wrong);
}

int main(void)
{
    Tally t = { .name = "test_cuda_attention" };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        test_queries(&t, &sizes[i]);
        test_groups(&t, &sizes[i]);
        test_record(&t, &sizes[i]);
    }
    test_bits(&t);
    return tally_end(&t);
}
