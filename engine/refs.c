/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference bank: order, matching, choice and encodings of references. */
#include "refs.h"

#include <math.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "at 2.500000 s", "at frame 12", "(model sheet)" */
static const char *place_text(enum LacWhen when, int64_t time, char text[48])
{
    if (when == LAC_WHEN_NEVER) {
        snprintf(text, 48, "(model sheet)");
    } else if (when == LAC_WHEN_FRAME) {
        snprintf(text, 48, "at frame %" PRId64, time);
    } else {
        /* integers only: a host's locale may print commas */
        uint64_t us = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
        snprintf(text, 48, "at %s%" PRIu64 ".%06" PRIu64 " s", time < 0 ? "-" : "", us / 1000000,
                 us % 1000000);
    }
    return text;
}

static bool same_aspect(int64_t w, int64_t h, int64_t width, int64_t height)
{
    int64_t a = w * height, b = h * width;

    return llabs(a - b) * 100 <= b;
}

void lac_refs_close(LacRefs *refs, LacNet *net)
{
    for (int i = 0; i < refs->count; i++) {
        LacRef *r = &refs->item[i];
        if (r->code) {
            lac_net_code_free(net, &r->code);
        }
        lac_packed_free(&r->colour);
        lac_packed_free(&r->line);
        lac_free(r->name);
    }
    lac_free(refs->item);
    *refs = (LacRefs){ .log = refs->log };
}

static int check_order(const LacRefs *refs, enum LacWhen when, int64_t time, const char *name)
{
    char a[48], b[48];
    const char *last = "";

    for (int i = 0; i < refs->count; i++) {
        last = refs->item[i].when == LAC_WHEN_NEVER ? last : refs->item[i].name;
    }
    if (when != LAC_WHEN_TIME && when != LAC_WHEN_FRAME && when != LAC_WHEN_NEVER) {
        return lac_fail(refs->log, LAC_EINVAL, "reference '%s': unknown kind of place %d", name, (int)when);
    }
    if (when == LAC_WHEN_NEVER) {
        return refs->sheets < LAC_MAX_REFS - 1
                   ? LAC_OK
                   : lac_fail(refs->log, LAC_EINVAL, "model sheet '%s' is one too many: at most %d", name,
                              LAC_MAX_REFS - 1);
    }
    if (when == LAC_WHEN_FRAME && time < 0) {
        return lac_fail(refs->log, LAC_EINVAL,
                        "reference '%s': frame number %" PRId64 " is negative; frames count from 0", name,
                        time);
    }
    if (!refs->timed) {
        return LAC_OK;
    }
    place_text(when, time, a);
    place_text(refs->kind, refs->last, b);
    if (when != refs->kind) {
        return lac_fail(refs->log, LAC_EINVAL,
                        "references '%s' %s and '%s' %s mix times and frame numbers: use one of them", last,
                        b, name, a);
    }
    if (time == refs->last) {
        return lac_fail(refs->log, LAC_EINVAL, "references '%s' and '%s' are both %s: keep one of them", last,
                        name, a);
    }
    if (time < refs->last) {
        return lac_fail(refs->log, LAC_EINVAL,
                        "reference '%s' %s comes after '%s' %s: give references in time order", name, a, last,
                        b);
    }
    return LAC_OK;
}

static int grow(LacRefs *refs)
{
    int capacity = refs->capacity ? refs->capacity * 2 : 8;
    LacRef *item;

    if (refs->count < refs->capacity) {
        return LAC_OK;
    }
    item = refs->capacity < 1 << 20 ? lac_calloc((size_t)capacity, sizeof *item) : NULL;
    if (!item) {
        return lac_fail(refs->log, LAC_ENOMEM, "no memory for reference number %d", refs->count + 1);
    }
    if (refs->item) {
        memcpy(item, refs->item, (size_t)refs->count * sizeof *item);
    }
    lac_free(refs->item);
    refs->item = item;
    refs->capacity = capacity;
    return LAC_OK;
}

int lac_refs_add(LacRefs *refs, LacPacker *packer, enum LacWhen when, int64_t time, const char *name,
                 const LacImage *color, const LacImage *line)
{
    bool has_line = line && line->data;
    size_t length = strlen(name) + 1;
    LacRef r = {
        .when = when, .time = time, .own_line = has_line, .width = color->width, .height = color->height
    };
    int err = check_order(refs, when, time, name);

    if (!err && when == LAC_WHEN_NEVER && !has_line) {
        err = lac_fail(refs->log, LAC_EINVAL,
                       "model sheet '%s' has no line art of its own: give it (color.png+line.png)", name);
    }
    if (!err && has_line && !same_aspect(line->width, line->height, color->width, color->height)) {
        err = lac_fail(refs->log, LAC_EREFERENCE,
                       "reference '%s' is %dx%d but its line art is %dx%d: their shapes must agree", name,
                       color->width, color->height, line->width, line->height);
    }
    err = err ? err : grow(refs);
    if (err) {
        return err;
    }
    r.name = lac_alloc(length, 1);
    if (!r.name) {
        return lac_fail(refs->log, LAC_ENOMEM, "no memory for reference '%s'", name);
    }
    memcpy(r.name, name, length);
    err = lac_pack(packer, color->data, (ptrdiff_t)color->width * 3, (size_t)color->width * 3, color->height,
                   &r.colour);
    if (!err && has_line) {
        r.line_width = line->width;
        r.line_height = line->height;
        err = lac_pack(packer, line->data, line->width, (size_t)line->width, line->height, &r.line);
    }
    if (err) {
        lac_packed_free(&r.colour);
        lac_free(r.name);
        return err;
    }
    r.frame = INT64_MIN;
    if (when == LAC_WHEN_NEVER) {
        r.state = LAC_REF_MATCHED;
        refs->sheets++;
    } else {
        refs->timed = true;
        refs->kind = when;
        refs->last = time;
    }
    refs->item[refs->count++] = r;
    return LAC_OK;
}

int lac_refs_fit(const LacRefs *refs, int width, int height)
{
    int err = LAC_OK;

    for (int i = 0; i < refs->count; i++) {
        const LacRef *r = &refs->item[i];
        if (r->when != LAC_WHEN_NEVER && !same_aspect(r->width, r->height, width, height)) {
            err = lac_fail(refs->log, LAC_EREFERENCE,
                           "reference '%s' is %dx%d, the video %dx%d: aspect ratios differ by more than 1 "
                           "%%; crop or pad it",
                           r->name, r->width, r->height, width, height);
        }
    }
    return err;
}

/* 0: the reference matches the frame; 1: it lies after the frame's reach, -1: before. The reach is half a
 * frame, and backwards half a millisecond more: containers that count in milliseconds leave such gaps between
 * frames. */
static int beyond(const LacRef *r, const LacPlace *place)
{
    int64_t half = place->duration > 1000 ? place->duration / 2 : 500;

    if (r->when == LAC_WHEN_FRAME) {
        return (r->time > place->index) - (r->time < place->index);
    }
    return (r->time > place->time + half) - (r->time < place->time - half - 500);
}

static bool can_match(const LacRef *r)
{
    /* after a flush a known reference may meet its frame again */
    return r->when != LAC_WHEN_NEVER && (r->state == LAC_REF_WAITING || r->frame == INT64_MIN);
}

/* The nearest of the references that match and still have no frame. */
static int find_match(const LacRefs *refs, const LacPlace *place)
{
    int best = -1;
    int64_t distance = 0;

    for (int i = 0; i < refs->count; i++) {
        const LacRef *r = &refs->item[i];
        if (can_match(r) && r->state != LAC_REF_PASSED && beyond(r, place) == 0) {
            int64_t d = r->when == LAC_WHEN_FRAME ? 0 : llabs(r->time - place->time);
            if (best < 0 || d < distance) {
                best = i;
                distance = d;
            }
        }
    }
    return best;
}

bool lac_refs_matches(const LacRefs *refs, const LacPlace *place)
{
    return find_match(refs, place) >= 0;
}

static void warn_passed(const LacRefs *refs, const LacRef *r, const char *why)
{
    char at[48];

    if (!r->line.data) {
        lac_log(refs->log, LAC_LOG_WARNING,
                "reference '%s' %s matches no frame (%s) and is not used; correct its time, shift all with "
                "`offset`, "
                "or give it its own line art",
                r->name, place_text(r->when, r->time, at), why);
    }
}

int lac_refs_match(LacRefs *refs, const LacPlace *place, int width, int height, LacPacked *line)
{
    int match = find_match(refs, place);
    char why[96], at[48];

    for (int i = 0; i < refs->count; i++) {
        LacRef *r = &refs->item[i];
        if (i != match && r->when != LAC_WHEN_NEVER && r->state == LAC_REF_WAITING &&
            (beyond(r, place) < 0 || (match >= 0 && i < match))) {
            r->state = LAC_REF_PASSED;
            snprintf(why, sizeof why, "frame %" PRId64 " %s is later", place->index,
                     place_text(LAC_WHEN_TIME, place->time, at));
            warn_passed(refs, r, why);
        }
    }
    if (match >= 0) {
        LacRef *r = &refs->item[match];
        r->state = LAC_REF_MATCHED;
        r->frame = place->index;
        if (!r->line.data) {
            r->line = *line;
            r->line_width = width;
            r->line_height = height;
            *line = (LacPacked){ 0 };
        }
    }
    return match;
}

void lac_refs_end(LacRefs *refs)
{
    for (int i = 0; i < refs->count; i++) {
        LacRef *r = &refs->item[i];
        if (r->state == LAC_REF_WAITING) {
            r->state = LAC_REF_PASSED;
            warn_passed(refs, r, "the stream has ended");
        }
    }
}

void lac_refs_flush(LacRefs *refs)
{
    for (int i = 0; i < refs->count; i++) {
        LacRef *r = &refs->item[i];
        r->frame = INT64_MIN;
        if (r->state == LAC_REF_PASSED) {
            r->state = LAC_REF_WAITING;
        }
    }
}

/* Usable now, or (*coming) perhaps later. */
static bool candidate(const LacRef *r, int64_t latest, int64_t sent, bool *coming)
{
    *coming = false;
    if (r->line.data) {
        return r->own_line || r->frame <= latest;
    }
    *coming = r->state == LAC_REF_WAITING && sent < latest;
    return *coming;
}

int lac_refs_choose(const LacRefs *refs, const LacPlace *place, int k, int64_t latest, int64_t sent,
                    int *chosen, bool *wait)
{
    int64_t at = refs->kind == LAC_WHEN_FRAME ? place->index : place->time;
    int left = -1, right, count = 0, lefts = 0, rights = 0;
    bool coming;

    *wait = false;
    if (k > LAC_MAX_REFS - refs->sheets) {
        k = LAC_MAX_REFS - refs->sheets;
    }
    for (int i = 0; i < refs->count; i++) {
        if (refs->item[i].when != LAC_WHEN_NEVER && refs->item[i].time <= at) {
            left = i;
        }
    }
    right = left + 1;
    while (count < k) {
        bool to_left;

        while (left >= 0 && (refs->item[left].when == LAC_WHEN_NEVER ||
                             !candidate(&refs->item[left], latest, sent, &coming))) {
            left--;
        }
        while (right < refs->count && (refs->item[right].when == LAC_WHEN_NEVER ||
                                       !candidate(&refs->item[right], latest, sent, &coming))) {
            right++;
        }
        if (left < 0 && right >= refs->count) {
            break;
        }
        if (left < 0 || right >= refs->count) {
            to_left = left >= 0;
        } else if (k >= 2 && (lefts == 0) != (rights == 0)) {
            to_left = lefts == 0;
        } else {
            to_left = at - refs->item[left].time <= refs->item[right].time - at;
        }
        lefts += to_left;
        rights += !to_left;
        chosen[count] = to_left ? left-- : right++;
        candidate(&refs->item[chosen[count]], latest, sent, &coming);
        *wait = *wait || coming;
        count++;
    }
    for (int i = 0; i < refs->count; i++) {
        if (refs->item[i].when == LAC_WHEN_NEVER) {
            chosen[count++] = i;
        }
    }
    /* the bank's order, so that the same set is always the same list */
    for (int i = 1; i < count; i++) {
        for (int j = i; j > 0 && chosen[j] < chosen[j - 1]; j--) {
            int t = chosen[j];
            chosen[j] = chosen[j - 1];
            chosen[j - 1] = t;
        }
    }
    return count;
}

static int unpack(const LacRefs *refs, LacPacker *packer, const LacPacked *packed, int width, int height,
                  int channels, LacImage *image)
{
    int err = lac_image_alloc(image, width, height, channels, refs->log);

    return err ? err : lac_unpack(packer, packed, image->data);
}

static int letterbox(const LacRefs *refs, LacImage *image, int width, int height)
{
    LacImage boxed;
    int err = lac_image_letterbox(&boxed, image, width, height, refs->log);

    if (!err) {
        lac_image_free(image);
        *image = boxed;
    }
    return err;
}

int lac_refs_colour(const LacRefs *refs, int i, LacPacker *packer, LacImage *color)
{
    const LacRef *r = &refs->item[i];
    int err = unpack(refs, packer, &r->colour, r->width, r->height, 3, color);

    if (err) {
        lac_image_free(color);
    }
    return err;
}

int lac_refs_pictures(const LacRefs *refs, int i, LacPacker *packer, int width, int height, LacImage *color,
                      LacImage *line)
{
    const LacRef *r = &refs->item[i];
    int err;

    *color = *line = (LacImage){ 0 };
    err = lac_refs_colour(refs, i, packer, color);
    err = err ? err : unpack(refs, packer, &r->line, r->line_width, r->line_height, 1, line);
    if (!err && r->when == LAC_WHEN_NEVER && !same_aspect(r->width, r->height, width, height)) {
        err = letterbox(refs, color, width, height);
        err = err ? err : letterbox(refs, line, width, height);
    }
    if (err) {
        lac_image_free(color);
        lac_image_free(line);
    }
    return err;
}

/* Makes room for one more code. */
static void drop_oldest(LacRefs *refs, LacNet *net, const int *keep, int count)
{
    int live = 0, oldest = -1;

    for (int i = 0; i < refs->count; i++) {
        bool kept = refs->item[i].code == NULL;
        live += refs->item[i].code != NULL;
        for (int j = 0; j < count; j++) {
            kept = kept || keep[j] == i;
        }
        if (!kept && (oldest < 0 || refs->item[i].used < refs->item[oldest].used)) {
            oldest = i;
        }
    }
    if (live >= LAC_MAX_CODES && oldest >= 0) {
        lac_net_code_free(net, &refs->item[oldest].code);
    }
}

enum { LINE_CORE = 64 }; /* line art this dark or darker is ink, hardly any fill shows through */

static LacLineColour measure_ink(const LacImage *color, const LacImage *line)
{
    LacLineColour ink = { 0 };
    double sum[3] = { 0 }, square[3] = { 0 };
    int64_t n = 0;

    for (int y = 0; y < line->height; y++) {
        const int cy = (int)((int64_t)y * color->height / line->height);
        for (int x = 0; x < line->width; x++) {
            if (line->data[(size_t)y * line->width + x] <= LINE_CORE) {
                const int cx = (int)((int64_t)x * color->width / line->width);
                const uint8_t *c = color->data + ((size_t)cy * color->width + cx) * 3;
                for (int i = 0; i < 3; i++) {
                    sum[i] += c[i];
                    square[i] += c[i] * c[i];
                }
                n++;
            }
        }
    }
    ink.known = n > 0;
    for (int i = 0; i < 3 && n > 0; i++) {
        const double mean = sum[i] / (double)n, variance = square[i] / (double)n - mean * mean;
        ink.mean[i] = (float)mean;
        ink.deviation[i] = (float)sqrt(variance > 0 ? variance : 0);
    }
    return ink;
}

LacLineColour lac_refs_ink(const LacRefs *refs, const int *chosen, int count)
{
    LacLineColour ink = { 0 };
    int known = 0;

    for (int i = 0; i < count; i++) {
        const LacLineColour *r = &refs->item[chosen[i]].ink;
        for (int c = 0; c < 3 && r->known; c++) {
            ink.mean[c] += r->mean[c];
            ink.deviation[c] += r->deviation[c];
        }
        known += r->known;
    }
    for (int c = 0; c < 3 && known; c++) {
        ink.mean[c] /= (float)known;
        ink.deviation[c] /= (float)known;
    }
    ink.known = known > 0;
    return ink;
}

static int encode(LacRefs *refs, int i, LacNet *net, LacPacker *packer, const LacLineart *video,
                  LacRefCode **code)
{
    LacImage color, line;
    LacLineart a = { 0 }, b = { 0 }; /* the sizes of colour and line art may differ */
    float *y = NULL;
    const int w = video->net_width, h = video->net_height;
    int err = lac_refs_pictures(refs, i, packer, video->width, video->height, &color, &line);

    if (err) {
        return err;
    }
    y = lac_alloc((size_t)w * h, 3 * sizeof *y);
    if (!y) {
        err = lac_fail(refs->log, LAC_ENOMEM, "no memory to encode reference '%s'", refs->item[i].name);
    }
    err = err ? err : lac_lineart_open(&a, line.width, line.height, w, h, video->threads, refs->log);
    err = err ? err : lac_lineart_open(&b, color.width, color.height, w, h, video->threads, refs->log);
    if (!err) {
        lac_lineart_run(&a, line.data, line.width);
        lac_lineart_colour(&b, color.data, y);
        refs->item[i].ink = measure_ink(&color, &line);
        err = lac_net_encode(net, h, w, a.line, a.distance, y, refs->item[i].when != LAC_WHEN_NEVER, code);
    }
    lac_lineart_close(&a);
    lac_lineart_close(&b);
    lac_free(y);
    lac_image_free(&color);
    lac_image_free(&line);
    return err;
}

int lac_refs_code(LacRefs *refs, int i, LacNet *net, LacPacker *packer, const LacLineart *video,
                  const int *keep, int count, LacRefCode **code)
{
    LacRef *r = &refs->item[i];
    int err = LAC_OK;

    if (!r->code) {
        drop_oldest(refs, net, keep, count);
        err = encode(refs, i, net, packer, video, &r->code);
    }
    r->used = ++refs->clock;
    *code = r->code;
    return err;
}
