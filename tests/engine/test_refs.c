/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference bank: order of references, matching of frames, choice of the references that serve a
 * frame. */
#include <math.h>
#include <stdlib.h>

#include "expect.h"
#include "refs/refs_choose.h"
#include "refs/refs_encode.h"

static Messages messages;
static LacLog log_to;
static LacPacker *packer;

static LacRefs bank(void)
{
    log_to = messages_log(&messages);
    return (LacRefs){ .log = &log_to };
}

static int add(LacRefs *refs, enum LacWhen when, int64_t time, const char *name, bool line)
{
    uint8_t pixels[16 * 8 * 3] = { 0 };
    LacRefPictures pictures = { .color = { 16, 8, 3, pixels } };

    if (line) {
        pictures.line = (LacImage){ 16, 8, 1, pixels };
    }
    return lac_refs_add(refs, packer, when, time, name, &pictures);
}

static int match_shot(LacRefs *refs, int64_t index, int64_t time, int64_t duration, int64_t shot)
{
    LacPlace place = { index, time, duration, shot };
    LacPacked packed = { 0 }, black = { 0 };
    uint8_t pixels[16 * 8] = { 0 };
    int i;

    if (lac_refs_matches(refs, &place)) {
        lac_pack(packer, pixels, 16, 16, 8, &packed);
    }
    i = lac_refs_match(refs, &place, 16, 8, &packed, &black, NULL);
    lac_packed_free(&packed);
    return i;
}

static int match(LacRefs *refs, int64_t index, int64_t time, int64_t duration)
{
    return match_shot(refs, index, time, duration, 0);
}

/* The chosen ones as text: names' first letters, "?" in front when the frame has to wait. */
static const char *choice_shot(const LacRefs *refs, const LacPlace *place, int k, const LacKnown *known)
{
    static char text[16];
    int chosen[LAC_MAX_REFS], at = 0;
    bool wait;
    int n = lac_refs_choose(refs, place, NULL, k, known, chosen, &wait);

    if (wait) {
        text[at++] = '?';
    }
    for (int i = 0; i < n; i++) {
        text[at++] = refs->item[chosen[i]].name[0];
    }
    text[at] = '\0';
    return text;
}

static const char *choice(const LacRefs *refs, int64_t index, int64_t time, int k, int64_t latest,
                          int64_t sent)
{
    LacPlace place = { index, time, 0, 0 };
    LacKnown known = { latest, sent, 0 };

    return choice_shot(refs, &place, k, &known);
}

static void expect_choice(Tally *t, const char *got, const char *wanted)
{
    expect(t, !strcmp(got, wanted), "chose '%s', not '%s'", got, wanted);
}

static void test_order(Tally *t)
{
    LacRefs r = bank();
    char name[] = "sheet 0";

    expect(t, add(&r, LAC_WHEN_TIME, 1000000, "a.png", false) == LAC_OK, "first");
    expect(t,
           add(&r, LAC_WHEN_TIME, 1000000, "b.png", false) == LAC_EINVAL &&
               strstr(messages.text, "'a.png' and 'b.png'") && strstr(messages.text, "both at 1.000000 s"),
           "doubled: %s", messages.text);
    expect(t,
           add(&r, LAC_WHEN_TIME, -500000, "b.png", false) == LAC_EINVAL &&
               strstr(messages.text, "-0.500000 s") && strstr(messages.text, "time order"),
           "unordered: %s", messages.text);
    expect(t, add(&r, LAC_WHEN_FRAME, 7, "b.png", false) == LAC_EINVAL && strstr(messages.text, "mix"),
           "mixed: %s", messages.text);
    expect(t, add(&r, (enum LacWhen)9, 7, "b.png", false) == LAC_EINVAL, "kind");
    expect(t, add(&r, LAC_WHEN_NEVER, 0, "s.png", false) == LAC_EINVAL && strstr(messages.text, "line art"),
           "sheet without line art: %s", messages.text);
    for (int i = 0; i < LAC_MAX_REFS - 1; i++) {
        name[6] = (char)('0' + i);
        expect(t, add(&r, LAC_WHEN_NEVER, 0, name, true) == LAC_OK, "sheet %d", i);
    }
    expect(t, add(&r, LAC_WHEN_NEVER, 0, "x", true) == LAC_EINVAL, "too many sheets");
    expect(t, r.count == LAC_MAX_REFS, "%d references", r.count);
    lac_refs_close(&r, NULL);
    r = bank();
    expect(t,
           add(&r, LAC_WHEN_FRAME, -1, "a", false) == LAC_EINVAL &&
               add(&r, LAC_WHEN_FRAME, 3, "a", false) == LAC_OK,
           "frame numbers");
    lac_refs_close(&r, NULL);
}

static void test_match(Tally *t)
{
    /* 24 fps in milliseconds as Matroska rounds them; references at exact frame times */
    LacRefs r = bank();
    int found = 0;

    for (int i = 0; i < 20; i++) {
        add(&r, LAC_WHEN_TIME, (int64_t)(i * 3) * 1000000 / 24, "r", false);
    }
    for (int n = 0; n < 60; n++) {
        int64_t time = ((int64_t)n * 1000 + 12) / 24 * 1000;
        int m = match(&r, n, time, 41667);
        found += m == (n % 3 ? -1 : n / 3);
    }
    expect(t, found == 60, "%d of 60 frames matched rightly", found);
    expect(t, messages.lines == 0, "no messages: %s", messages.text);
    lac_refs_close(&r, NULL);

    r = bank(); /* half a frame: 50 ms */
    add(&r, LAC_WHEN_TIME, 40000, "early", false);
    add(&r, LAC_WHEN_TIME, 160000, "late", false);
    add(&r, LAC_WHEN_TIME, 180000, "twice", false);
    expect(t,
           match(&r, 0, 100000, 100000) == -1 && strstr(messages.text, "early") &&
               strstr(messages.text, "offset"),
           "before the first frame: %s", messages.text);
    expect(t, match(&r, 1, 200000, 100000) == 2, "the nearer of two");
    expect(t, r.item[1].state == LAC_REF_PASSED && strstr(messages.text, "late"), "the other is reported: %s",
           messages.text);
    lac_refs_flush(&r);
    expect(t, r.item[0].state == LAC_REF_WAITING && r.item[2].state == LAC_REF_MATCHED && r.item[2].line.data,
           "flush: known line art stays");
    expect(t, match(&r, 0, 40000, 100000) == 0, "after a seek it may match");
    lac_refs_close(&r, NULL);

    r = bank();
    add(&r, LAC_WHEN_FRAME, 2, "two", false);
    add(&r, LAC_WHEN_FRAME, 9, "nine", false);
    expect(t,
           match(&r, 0, 0, 0) == -1 && match(&r, 1, 5, 0) == -1 && match(&r, 2, 6, 0) == 0 &&
               match(&r, 3, 7, 0) == -1,
           "frame numbers");
    lac_refs_end(&r);
    expect(t,
           strstr(messages.text, "nine") && strstr(messages.text, "at frame 9") &&
               !strstr(messages.text, "two"),
           "past the end: %s", messages.text);
    lac_refs_close(&r, NULL);
}

static void test_choice(Tally *t)
{
    const int64_t all = INT64_MAX;
    LacRefs r = bank();

    for (int i = 0; i < 5; i++) { /* a 0, b 10, c 20, d 30, e 40; c with line art of its own */
        char name[2] = { (char)('a' + i), '\0' };
        add(&r, LAC_WHEN_FRAME, i * 10, name, i == 2);
    }
    for (int n = 0; n <= 12; n++) {
        match(&r, n, n, 0);
    }
    expect_choice(t, choice(&r, 1, 1, 2, all, 12), "ab");
    expect_choice(t, choice(&r, 9, 9, 2, all, 12), "ab");
    expect_choice(t, choice(&r, 11, 11, 2, all, 12), "bc");
    expect_choice(t, choice(&r, 12, 12, 1, all, 12), "b");
    expect_choice(t, choice(&r, 15, 15, 1, all, 15), "b");   /* a tie: the earlier */
    expect_choice(t, choice(&r, 12, 12, 3, all, 12), "abc"); /* then the nearest: a is 12, d is 18 away */
    expect_choice(t, choice(&r, 24, 24, 2, all, 24), "?cd");
    expect_choice(t, choice(&r, 24, 24, 2, all, all), "bc"); /* nothing comes after the end */
    expect_choice(t, choice(&r, 12, 12, 8, all, 12), "?abcde");
    /* lookahead: 3 frames, then none */
    expect_choice(t, choice(&r, 8, 8, 2, 11, 12), "ab");
    expect_choice(t, choice(&r, 5, 5, 2, 8, 12), "ac"); /* b's line art is known, but too late for frame 5 */
    expect_choice(t, choice(&r, 28, 28, 2, 31, 29), "?cd");
    expect_choice(t, choice(&r, 24, 24, 2, 27, 27), "bc"); /* d did not come in time */
    expect_choice(t, choice(&r, 4, 4, 2, 4, 4), "ac");
    lac_refs_end(&r);
    expect_choice(t, choice(&r, 35, 35, 2, all, all), "bc"); /* d and e never came */
    add(&r, LAC_WHEN_NEVER, 0, "S", true);
    expect_choice(t, choice(&r, 11, 11, 2, all, 12), "bcS");
    lac_refs_close(&r, NULL);

    r = bank();
    add(&r, LAC_WHEN_NEVER, 0, "S", true);
    expect_choice(t, choice(&r, 3, 3, 2, 3, 3), "S");
    add(&r, LAC_WHEN_TIME, 5, "a", false);
    expect_choice(t, choice(&r, 3, 3, 2, all, 3), "?Sa");
    expect_choice(t, choice(&r, 3, 3, 2, 3, 3), "S");
    lac_refs_close(&r, NULL);
}

static void test_cut(Tally *t)
{
    const int64_t all = INT64_MAX;
    LacPlace place = { 6, 6, 0, 0 }, second = { 14, 14, 0, 1 }, third = { 25, 25, 0, 2 };
    LacRefs r = bank();

    for (int i = 0; i < 4; i++) { /* a 0, b 10, c 20, d 30; cuts at 8 and 22; c with line art of its own */
        char name[2] = { (char)('a' + i), '\0' };
        add(&r, LAC_WHEN_FRAME, i * 10, name, i == 2);
    }
    for (int n = 0; n <= 7; n++) {
        match_shot(&r, n, n, 0, 0);
    }
    expect_choice(t, choice_shot(&r, &place, 2, &(LacKnown){ all, 7, 0 }), "?ab");
    match_shot(&r, 8, 8, 0, 1);
    expect_choice(t, choice_shot(&r, &place, 2, &(LacKnown){ all, 8, 1 }), "ac"); /* b cannot be of this shot */
    for (int n = 9; n <= 21; n++) {
        match_shot(&r, n, n, 0, 1);
    }
    expect_choice(t, choice_shot(&r, &place, 2, &(LacKnown){ all, 21, 1 }), "ac"); /* the same, now that c is known */
    expect_choice(t, choice_shot(&r, &second, 2, &(LacKnown){ all, 21, 1 }), "bc");
    expect_choice(t, choice_shot(&r, &second, 4, &(LacKnown){ all, 21, 1 }), "?bcd");
    for (int n = 22; n <= 40; n++) {
        match_shot(&r, n, n, 0, n == 30 ? 3 : 2);
        if (n == 29) {
            expect_choice(t, choice_shot(&r, &second, 4, &(LacKnown){ all, 29, 2 }), "bc");
            expect_choice(t, choice_shot(&r, &third, 2, &(LacKnown){ all, 29, 2 }), "?d");
        }
    }
    /* d turned out to be of a shot of its own: none of the third shot, so the nearest of others */
    expect_choice(t, choice_shot(&r, &third, 2, &(LacKnown){ all, 40, 2 }), "cd");
    expect(t, lac_refs_strange(&r, &third, (int[]){ 2, 3 }, 2), "strange references");
    expect(t, !lac_refs_strange(&r, &second, (int[]){ 1, 2 }, 2) && !lac_refs_strange(&r, &second, (int[]){ 0, 2 }, 2),
           "references of the shot");
    add(&r, LAC_WHEN_NEVER, 0, "S", true);
    expect_choice(t, choice_shot(&r, &third, 2, &(LacKnown){ all, 40, 2 }), "S");
    lac_refs_flush(&r);
    expect_choice(t, choice_shot(&r, &place, 2, &(LacKnown){ all, 6, 0 }), "abS"); /* a seek: all shots are unknown */
    lac_refs_close(&r, NULL);
}

/* The lags of all of the bank's references, as preprocess.py's reference_lags gives them. */
static void expect_lags(Tally *t, const LacRefs *refs, int64_t index, int64_t time,
                        const float wanted[LAC_MAX_REFS])
{
    LacPlace place = { index, time, 0, 0 };
    int chosen[LAC_MAX_REFS];
    float lag[LAC_MAX_REFS];

    for (int i = 0; i < refs->count; i++) {
        chosen[i] = i;
    }
    lac_refs_lag(refs, &place, chosen, refs->count, lag);
    for (int i = 0; i < refs->count && i < LAC_MAX_REFS; i++) {
        expect(t, fabsf(lag[i] - wanted[i]) < 1e-6f, "frame %d: lag of '%s' is %g, not %g", (int)index,
               refs->item[i].name, lag[i], wanted[i]);
    }
}

static void test_lag(Tally *t)
{
    const int64_t far = (int64_t)1 << 62;
    LacRefs r = bank();

    add(&r, LAC_WHEN_FRAME, 4, "a", false);
    expect_lags(t, &r, 2, 0, (float[LAC_MAX_REFS]){ 0 }); /* alone */
    expect_lags(t, &r, 4, 0, (float[LAC_MAX_REFS]){ 0 });
    add(&r, LAC_WHEN_NEVER, 0, "S", true);
    expect_lags(t, &r, 2, 0, (float[LAC_MAX_REFS]){ 0, 0 }); /* a sheet is no company */
    add(&r, LAC_WHEN_FRAME, 14, "b", false);
    expect_lags(t, &r, 4, 7, (float[LAC_MAX_REFS]){ -1, 0, 1 }); /* frame numbers, not the time 7 */
    expect_lags(t, &r, 6, 0, (float[LAC_MAX_REFS]){ -0.6f, 0, 0.6f });
    expect_lags(t, &r, 9, 0, (float[LAC_MAX_REFS]){ 0, 0, 0 }); /* equal distances */
    expect_lags(t, &r, 0, 0, (float[LAC_MAX_REFS]){ -5 / 9.0f, 0, 5 / 9.0f }); /* outside: 4 and 14 away */
    expect_lags(t, &r, 34, 0, (float[LAC_MAX_REFS]){ 0.2f, 0, -0.2f });
    add(&r, LAC_WHEN_FRAME, 20, "c", false);
    expect_lags(t, &r, 11, 0, (float[LAC_MAX_REFS]){ 0.4f, 0, -0.4f, 0.8f }); /* 7, 3 and 9 away */
    expect_lags(t, &r, 5, 0, (float[LAC_MAX_REFS]){ -0.8f, 0, 0.8f, 1 });     /* 1, 9 and 15 away: at most 1 */
    lac_refs_close(&r, NULL);

    r = bank();
    add(&r, LAC_WHEN_TIME, -far, "a", false);
    add(&r, LAC_WHEN_TIME, far, "b", false);
    expect_lags(t, &r, 0, far, (float[LAC_MAX_REFS]){ 1, -1 });
    expect_lags(t, &r, 1, far / 2, (float[LAC_MAX_REFS]){ 0.5f, -0.5f });
    lac_refs_close(&r, NULL);
}

static void test_fit(Tally *t)
{
    LacRefs r = bank();

    add(&r, LAC_WHEN_TIME, 0, "wide.png", false); /* 16x8 */
    expect(t, lac_refs_fit(&r, 1280, 640) == LAC_OK && lac_refs_fit(&r, 1280, 645) == LAC_OK, "2:1 fits");
    expect(t,
           lac_refs_fit(&r, 1280, 720) == LAC_EREFERENCE && strstr(messages.text, "'wide.png' is 16x8") &&
               strstr(messages.text, "1280x720"),
           "16:9 does not: %s", messages.text);
    lac_refs_close(&r, NULL);
    r = bank();
    add(&r, LAC_WHEN_NEVER, 0, "sheet", true);
    expect(t, lac_refs_fit(&r, 100, 100) == LAC_OK, "a sheet fits always");
    LacRefPictures p;
    expect(t,
           lac_refs_pictures(&r, 0, packer, 100, 100, false, &p) == LAC_OK && p.color.width == 16 &&
               p.color.height == 16 && p.line.height == 16 && p.color.data[0] == 255 &&
               p.color.data[16 * 3 * 8] == 0,
           "a sheet is letterboxed");
    lac_refs_pictures_free(&p);
    lac_refs_close(&r, NULL);
}

/* As `offset` may put them: differences of times do not fit their type. */
static void test_far(Tally *t)
{
    LacRefs r = bank();

    add(&r, LAC_WHEN_TIME, INT64_MIN, "a", true);
    add(&r, LAC_WHEN_TIME, 100000, "b", true);
    add(&r, LAC_WHEN_TIME, INT64_MAX, "c", true);
    expect_choice(t, choice(&r, 0, 0, 1, INT64_MAX, 0), "b");
    expect_choice(t, choice(&r, 5, 200000, 1, INT64_MAX, 5), "b");
    expect_choice(t, choice(&r, 0, 0, 2, INT64_MAX, 0), "ab");
    lac_refs_close(&r, NULL);
}

int main(void)
{
    Tally t = { .name = "test_refs" };
    LacLog log = { 0 };

    if (expect(&t, lac_packer_open(&packer, &log) == LAC_OK, "packer")) {
        test_order(&t);
        test_match(&t);
        test_choice(&t);
        test_cut(&t);
        test_lag(&t);
        test_fit(&t);
        test_far(&t);
        lac_packer_close(&packer);
    }
    return tally_end(&t);
}
