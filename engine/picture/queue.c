/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pending frames: a ring that grows, and the packing of frames that wait. */
#include "picture/queue.h"

#include <inttypes.h>
#include <string.h>

int lac_queue_open(LacQueue *q, int width, int height, const LacLog *log)
{
    *q = (LacQueue){ .width = width, .height = height, .log = log };
    q->newest = lac_alloc((size_t)width, (size_t)height);
    return q->newest ? LAC_OK : lac_fail(log, LAC_ENOMEM, "no memory for frames of %dx%d", width, height);
}

void lac_queue_close(LacQueue *q)
{
    lac_queue_clear(q);
    lac_free(q->ring);
    lac_free(q->newest);
    lac_free(q->newest_black);
    *q = (LacQueue){ 0 };
}

static LacPending *at(const LacQueue *q, int i)
{
    return &q->ring[(q->first + i) % q->room];
}

static int grow(LacQueue *q)
{
    int room = q->room ? 2 * q->room : 16;
    LacPending *ring = q->room < 1 << 29 ? lac_calloc((size_t)room, sizeof *ring) : NULL;

    if (!ring) {
        return lac_fail(q->log, LAC_ENOMEM, "no memory for one more pending frame after %d", q->count);
    }
    for (int i = 0; i < q->count; i++) {
        ring[i] = *at(q, i);
    }
    lac_free(q->ring);
    q->ring = ring;
    q->first = 0;
    q->room = room;
    return LAC_OK;
}

int lac_queue_place(const LacQueue *q, int64_t time, int64_t duration, LacPlace *place, const LacLog *log)
{
    if (time < -INT64_MAX / 4 || time > INT64_MAX / 4 || duration > INT64_MAX / 4) {
        return lac_fail(log, LAC_EINVAL,
                        "frame %" PRId64 ": time %" PRId64 " or duration %" PRId64
                        " is no time in microseconds",
                        q->sent, time, duration);
    }
    if (q->sent && time <= q->last_time) {
        return lac_fail(log, LAC_EINVAL,
                        "frame %" PRId64 ": time %" PRId64 " us does not follow %" PRId64 " us", q->sent, time,
                        q->last_time);
    }
    *place = (LacPlace){ .index = q->sent, .time = time, .duration = duration };
    if (duration <= 0) {
        place->duration = q->sent ? time - q->last_time : 0;
    }
    return LAC_OK;
}

int lac_queue_prepare(LacQueue *q, LacPacker *packer, bool inked)
{
    int err = q->count == q->room ? grow(q) : LAC_OK;

    if (!err && inked && !q->newest_black) {
        q->newest_black = lac_alloc((size_t)q->width, (size_t)q->height);
        err = q->newest_black ? LAC_OK
                              : lac_fail(q->log, LAC_ENOMEM, "no memory for frames of %dx%d", q->width, q->height);
    }
    if (!err && q->newest_inked) {
        err = lac_pack(packer, q->newest_black, q->width, (size_t)q->width, q->height, &at(q, q->count - 1)->black);
        q->newest_inked = err != LAC_OK;
    }
    if (!err && q->newest_raw) {
        err =
            lac_pack(packer, q->newest, q->width, (size_t)q->width, q->height, &at(q, q->count - 1)->packed);
        q->newest_raw = err != LAC_OK;
    }
    return err;
}

void lac_queue_push(LacQueue *q, const LacPlace *place, int reference, const uint8_t *line, ptrdiff_t stride,
                    const uint8_t *black, LacSketch *sketch)
{
    q->count++;
    *at(q, q->count - 1) = (LacPending){ .place = *place, .reference = reference, .sketch = sketch };
    q->newest_raw = true;
    q->newest_inked = black != NULL;
    q->sent++;
    q->last_time = place->time;
    for (int y = 0; y < q->height; y++) {
        memcpy(q->newest + (size_t)y * q->width, line + y * stride, (size_t)q->width);
    }
    if (q->newest_inked) {
        memcpy(q->newest_black, black, (size_t)q->width * q->height);
    }
}

const LacPending *lac_queue_at(const LacQueue *q, int i)
{
    return i < q->count ? at(q, i) : NULL;
}

void lac_queue_pop(LacQueue *q)
{
    lac_packed_free(&at(q, 0)->packed);
    lac_packed_free(&at(q, 0)->black);
    lac_free(at(q, 0)->sketch);
    q->first = (q->first + 1) % q->room;
    q->count--;
    q->newest_raw = q->newest_raw && q->count > 0;
    q->newest_inked = q->newest_inked && q->count > 0;
}

void lac_queue_clear(LacQueue *q)
{
    while (q->count) {
        lac_queue_pop(q);
    }
    q->sent = 0;
}
