/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference bank: order of the references, and which frame each one is. */
#include "refs/refs.h"

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

void lac_refs_pictures_free(LacRefPictures *p)
{
    lac_image_free(&p->color);
    lac_rgba_free(&p->exact);
    lac_image_free(&p->line);
    lac_image_free(&p->black);
}

static void free_packed(LacRef *r)
{
    lac_packed_free(&r->colour);
    lac_packed_free(&r->exact);
    lac_packed_free(&r->line);
    lac_packed_free(&r->black);
    lac_free(r->name);
}

void lac_refs_close(LacRefs *refs, LacNet *net)
{
    for (int i = 0; i < refs->count; i++) {
        LacRef *r = &refs->item[i];
        if (r->code) {
            lac_net_code_free(net, &r->code);
        }
        lac_transfer_ref_free(&r->pixels);
        free_packed(r);
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

static int pack_image(LacPacker *packer, const LacImage *image, LacPacked *out)
{
    const size_t row = (size_t)image->width * image->channels;

    return image->data ? lac_pack(packer, image->data, (ptrdiff_t)row, row, image->height, out) : LAC_OK;
}

int lac_refs_add(LacRefs *refs, LacPacker *packer, enum LacWhen when, int64_t time, const char *name,
                 const LacRefPictures *pictures)
{
    const LacImage *color = &pictures->color, *line = &pictures->line;
    bool has_line = line->data;
    size_t length = strlen(name) + 1;
    LacRef r = {
        .when = when, .time = time, .own_line = has_line, .width = color->width, .height = color->height
    };
    int err = check_order(refs, when, time, name);

    if (!err && when == LAC_WHEN_NEVER && !has_line) {
        err = lac_fail(refs->log, LAC_EINVAL,
                       "model sheet '%s' has no line art of its own: give it (color.png+line.png)", name);
    }
    if (!err && has_line && !lac_same_aspect(line->width, line->height, color->width, color->height)) {
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
    r.line_width = line->width;
    r.line_height = line->height;
    r.alpha = pictures->exact.alpha;
    r.wide = pictures->exact.wide;
    err = pack_image(packer, color, &r.colour);
    err = err ? err : pack_image(packer, line, &r.line);
    err = err ? err : pack_image(packer, &pictures->black, &r.black);
    if (!err && pictures->exact.data) {
        err = lac_rgba_pack(packer, &pictures->exact, &r.exact, refs->log);
    }
    if (err) {
        free_packed(&r);
        return err;
    }
    if (has_line && when != LAC_WHEN_NEVER) { /* a model sheet serves every frame: there is no choice */
        lac_sketch(&r.sketch, line->data, line->width, line->width, line->height);
    }
    refs->alpha = refs->alpha || r.alpha;
    r.frame = INT64_MIN;
    r.shot = -1;
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
        if (r->when != LAC_WHEN_NEVER && !lac_same_aspect(r->width, r->height, width, height)) {
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

int lac_refs_match(LacRefs *refs, const LacPlace *place, int width, int height, LacPacked *line, LacPacked *black,
                   const LacSketch *sketch)
{
    int match = find_match(refs, place);
    char why[96], at[48];

    for (int i = 0; i < refs->count; i++) {
        LacRef *r = &refs->item[i];
        if (i != match && r->when != LAC_WHEN_NEVER && r->state == LAC_REF_WAITING &&
            (beyond(r, place) < 0 || (match >= 0 && i < match))) {
            r->state = LAC_REF_PASSED;
            r->shot = place->shot;
            snprintf(why, sizeof why, "frame %" PRId64 " %s is later", place->index,
                     place_text(LAC_WHEN_TIME, place->time, at));
            warn_passed(refs, r, why);
        }
    }
    if (match >= 0) {
        LacRef *r = &refs->item[match];
        r->state = LAC_REF_MATCHED;
        r->frame = place->index;
        r->shot = place->shot;
        if (!r->line.data) {
            r->line = *line;
            r->black = *black;
            r->line_width = width;
            r->line_height = height;
            *line = *black = (LacPacked){ 0 };
            r->sketch = sketch ? *sketch : r->sketch;
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
        r->shot = -1;
        if (r->state == LAC_REF_PASSED) {
            r->state = LAC_REF_WAITING;
        }
    }
}
