/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Origins of regions, and the numbers they keep from frame to frame and from reference to reference. */
#include "region_case.h"
#include "regions/identity.h"

static const LacLog quiet = {0};

static LacIdentity *open_identity(void)
{
    LacIdentity *id = lac_calloc(1, sizeof *id);

    if (!id || lac_identity_open(id, W, H, &quiet)) {
        exit(1);
    }
    return id;
}

/* Votes that went astray to a region that is another's clear origin do not count; without that other they do. */
static void test_settle(Tally *t)
{
    for (int other = 0; other < 2; other++) {
        RegionCase *c = region_case();

        for (int y = 10; y < 30; y++) { /* part of the left box is found in the right one */
            for (int x = 10; x < 22; x++) {
                c->offset[y / CELL * NET_W + x / CELL].x = 60 / CELL;
            }
        }
        for (int y = 8; !other && y <= 56; y++) { /* and the right box nowhere */
            for (int x = 48; x <= 88; x++) {
                c->offset[y / CELL * NET_W + x / CELL].x = -40 / CELL;
            }
        }
        region_case_run(c);
        const LacOrigin *o = lac_origins_of(&c->origins, region_at(c, 20, 20), 0);
        expect(t, o[0].label == region_at(c, 20, 20) && o[0].share > 0.5f && o[0].share < 0.95f,
               "origin: region %d with share %g", o[0].label, (double)o[0].share);
        expect(t, (o[1].label == 0) == (other == 1), "origin: %s", other ? "stray votes count" : "a part is lost");
        region_case_free(c);
    }
}

/* A speck that comes from a large region does not take it from the region that lies open to it. */
static void test_speck(Tally *t)
{
    RegionCase *c = region_case(), *open = region_case();

    for (int y = 9; y < 56; y++) { /* both boxes in one, but for a speck in the right one */
        open->gray[y * W + 48] = 255;
    }
    for (int i = 0; i <= 8; i++) {
        open->gray[(20 + i) * W + 70] = open->gray[(20 + i) * W + 78] = 0;
        open->gray[20 * W + 70 + i] = open->gray[28 * W + 70 + i] = 0;
    }
    for (int y = 9; y < 30; y++) { /* most of it is found in the left box */
        for (int x = 48; x < 66; x++) {
            open->offset[y / CELL * NET_W + x / CELL].x = -24 / CELL;
        }
    }
    region_case_run(c);
    region_case_run(open);
    open->source.ref = &c->ref;
    expect(t, !lac_origins_run(&open->origins, &open->regions, &open->source, 1, &quiet), "no memory");
    const LacOrigin *o = lac_origins_of(&open->origins, region_at(open, 20, 20), 0);
    expect(t, lac_origins_of(&open->origins, region_at(open, 74, 24), 0)->label == region_at(c, 70, 20),
           "speck: not from the right box");
    expect(t, o[0].label == region_at(c, 20, 20) && o[1].label == region_at(c, 70, 20),
           "speck: origins %d %g and %d", o[0].label, (double)o[0].share, o[1].label);
    region_case_free(open);
    region_case_free(c);
}

/* The same regions in three frames: the reference itself, a frame, and one that has the left box in two. */
static void test_numbers(Tally *t)
{
    RegionCase *c = region_case(), *split = region_case();
    LacIdentity *id = open_identity();
    int before[4];

    region_case_run(c);
    expect(t, !lac_identity_run(id, &c->regions, NULL, &c->source, &quiet), "no memory");
    const int left = region_at(c, 20, 20), right = region_at(c, 70, 20), around = region_at(c, 2, 2);
    before[1] = id->number[left];
    before[2] = id->number[right];
    before[3] = id->number[around];
    expect(t, before[1] && before[2] && before[3] && before[1] != before[2] && before[2] != before[3] &&
                  before[1] != before[3], "numbers are not distinct");

    for (int y = 0; y < H; y++) { /* a bar across the left box, a third from below */
        for (int x = 9; x < 48 && y == 40; x++) {
            split->gray[y * W + x] = 0;
        }
    }
    region_case_run(split);
    split->source.ref = &c->ref; /* the reference has the box in one */
    expect(t, !lac_origins_run(&split->origins, &split->regions, &split->source, 1, &quiet), "no memory");
    lac_identity_flush(id);
    expect(t, !lac_identity_run(id, &split->regions, &split->origins, &split->source, &quiet), "no memory");
    expect(t, id->number[region_at(split, 20, 20)] == before[1] && id->number[region_at(split, 70, 20)] == before[2],
           "regions lost their numbers");
    const int part = id->number[region_at(split, 20, 50)];
    expect(t, part > 0 && part != before[1] && part != before[2] && part != before[3], "two regions, one number");
    expect(t, !lac_identity_run(id, &split->regions, &split->origins, &split->source, &quiet), "no memory");
    expect(t, id->number[region_at(split, 20, 50)] == part, "the part's number changed although it stayed");

    lac_identity_close(id);
    lac_free(id);
    region_case_free(c);
    region_case_free(split);
}

/* A second reference learns the numbers through the frames that come from both. */
static void test_second_reference(Tally *t)
{
    RegionCase *c = region_case();
    LacIdentity *id = open_identity();
    LacVoteRef second;
    LacOrigins both;

    region_case_run(c);
    if (lac_vote_ref_open(&second, &c->regions, c->reference, false, &quiet) ||
        lac_origins_open(&both, W, H, NET_W, NET_H, 2, &quiet)) {
        exit(1);
    }
    const LacVoteSource sources[2] = {c->source, {&second, &c->field, c->reference}};
    expect(t, !lac_identity_run(id, &c->regions, NULL, sources, &quiet), "no memory");
    const int number = id->number[region_at(c, 70, 20)];
    expect(t, !lac_origins_run(&both, &c->regions, sources, 2, &quiet), "no memory");
    expect(t, !lac_identity_run(id, &c->regions, &both, sources, &quiet), "no memory");
    expect(t, second.number[region_at(c, 70, 20)] == number, "the second reference did not learn the number");
    lac_identity_close(id);
    lac_free(id);
    lac_origins_close(&both);
    lac_vote_ref_close(&second);
    region_case_free(c);
}

static void test_picture(Tally *t)
{
    static uint8_t out[N * 3];
    RegionCase *c = region_case();
    LacIdentity *id = open_identity();

    region_case_run(c);
    expect(t, !lac_identity_run(id, &c->regions, NULL, &c->source, &quiet), "no memory");
    lac_identity_picture(id, &c->regions, out, W * 3);
    const uint8_t *left = out + (20 * W + 20) * 3, *below = out + (50 * W + 20) * 3, *right = out + (20 * W + 70) * 3,
                  *line = out + (20 * W + 48) * 3;
    expect(t, !memcmp(left, below, 3) && memcmp(left, right, 3) != 0 && left[0] >= 48, "picture: colours of regions");
    expect(t, !line[0] && !line[1] && !line[2], "picture: the line is not black");
    lac_identity_close(id);
    lac_free(id);
    region_case_free(c);
}

int main(void)
{
    Tally t = {"identity", 0, 0};

    test_settle(&t);
    test_speck(&t);
    test_numbers(&t);
    test_second_reference(&t);
    test_picture(&t);
    return tally_end(&t);
}
