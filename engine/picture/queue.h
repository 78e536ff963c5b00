/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pending frames: in order, line art packed, all but the newest, which is packed only if it has to wait. */
#ifndef LAC_QUEUE_H
#define LAC_QUEUE_H

#include "picture/likeness.h"
#include "picture/pack.h"

/* A frame's place in the stream; times in microseconds. */
typedef struct LacPlace {
    int64_t index, time, duration;
    int64_t shot; /* 0 and up, one more after each cut */
} LacPlace;

typedef struct LacPending {
    LacPlace place;
    int reference;    /* the frame is this reference, or -1 */
    LacPacked packed; /* empty: the line art is the queue's `newest` */
    LacPacked black;  /* the line art without coloured ink; empty, with `packed` not: it has none */
    LacSketch *sketch; /* NULL: its references are chosen by time alone */
} LacPending;

typedef struct LacQueue {
    LacPending *ring;
    int first, count, room;
    uint8_t *newest; /* dense, width x height */
    bool newest_raw; /* the last frame's line art is there and nowhere else */
    uint8_t *newest_black; /* the same without coloured ink; NULL until there was some */
    bool newest_inked;     /* newest_raw, and newest_black is used */
    int width, height;
    int64_t sent, last_time; /* frames added since it was opened or cleared; time of the last of them */
    const LacLog *log;
} LacQueue;

/* Frames of width x height. LAC_ENOMEM is logged. */
int lac_queue_open(LacQueue *q, int width, int height, const LacLog *log);
void lac_queue_close(LacQueue *q);

/* Where the next frame stands, in shot 0; `q` may still be zeroed. duration <= 0: the time since the frame before. LAC_EINVAL,
 * logged, unless the time follows that of the frame before. */
int lac_queue_place(const LacQueue *q, int64_t time, int64_t duration, LacPlace *place, const LacLog *log);

/* Makes sure that one more frame can be added, packing the newest if it still waits; inked: one with coloured ink. */
int lac_queue_prepare(LacQueue *q, LacPacker *packer, bool inked);

/* Adds a frame after a successful prepare; cannot fail. line: its art, `stride` bytes from row to row; black: the same
 * without coloured ink, dense, or NULL; sketch: taken over, or NULL. */
void lac_queue_push(LacQueue *q, const LacPlace *place, int reference, const uint8_t *line, ptrdiff_t stride,
                    const uint8_t *black, LacSketch *sketch);

/* The frame i after the oldest, or NULL. Owned by the queue. */
const LacPending *lac_queue_at(const LacQueue *q, int i);

/* Drops the oldest frame; all frames. */
void lac_queue_pop(LacQueue *q);
void lac_queue_clear(LacQueue *q);

#endif
