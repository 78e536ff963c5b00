/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole flow through lac.h: order of calls and frames, references that come out as themselves, lookahead, flush,
 * threads. `test_api cpu` runs it on another device. */
#include <stdlib.h>

#include "api_case.h"

static void test_flow(Tally *t)
{
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);
    uint8_t rgb[W * H * 3];
    int got = 0, references = 0;

    if (!ctx) {
        return;
    }
    expect(t, lac_ready(ctx) == 0 && receive(ctx, rgb) == LAC_EAGAIN, "nothing sent yet");
    expect(t,
           add(ctx, LAC_WHEN_TIME, 2 * FRAME, 2, false) == LAC_OK &&
               add(ctx, LAC_WHEN_TIME, 6 * FRAME + 9000, 6, false) == LAC_OK,
           "add: %s", messages.text);
    for (int n = 0; n < 9; n++) {
        /* frames 0 and 1 wait for 2 and 6 (k = 2); from 6 on nothing waits */
        expect(t, send(ctx, n) == LAC_OK, "send %d: %s", n, messages.text);
        bool wait = n < 6;
        expect(t, lac_ready(ctx) == !wait, "frame %d: ready is %d", n, lac_ready(ctx));
        if (wait) {
            expect(t, receive(ctx, rgb) == LAC_EAGAIN, "frame %d: waits", n);
        }
        while (lac_ready(ctx) == 1) {
            expect(t, receive(ctx, rgb) == LAC_OK, "receive %d: %s", got, messages.text);
            references += (got == 2 || got == 6) && is_reference(rgb, got);
            got++;
        }
    }
    expect(t, got == 9 && references == 2, "%d of 9 frames came out, %d of 2 references as themselves", got,
           references);
    expect(t,
           lac_send_frame(ctx, NULL, 0, 0) == LAC_OK && lac_ready(ctx) == LAC_EOF &&
               receive(ctx, rgb) == LAC_EOF,
           "end of stream");
    expect(t, lac_send_frame(ctx, NULL, 0, 0) == LAC_OK, "ending twice is fine");
    expect(t, send(ctx, 20) == LAC_EINVAL && strstr(messages.text, "lac_flush"), "after the end: %s",
           messages.text);

    /* a seek back into the middle: references and their line art are known */
    lac_flush(ctx);
    expect(t, lac_ready(ctx) == 0, "flushed");
    expect(t, send(ctx, 4) == LAC_OK && lac_ready(ctx) == 1 && receive(ctx, rgb) == LAC_OK,
           "after a seek: %s", messages.text);
    expect(t, send(ctx, 6) == LAC_OK && receive(ctx, rgb) == LAC_OK && is_reference(rgb, 6),
           "a reference again");

    const char *name;
    double ms = -1, sum = 0;
    int stages = lac_timing(ctx, 0, &name, &ms);
    for (int i = 0; i < stages; i++) {
        lac_timing(ctx, i, &name, &ms);
        expect(t, name && name[0] && ms >= 0, "stage %d has a name and a time", i);
        sum += ms;
    }
    lac_timing(ctx, stages, &name, &ms);
    expect(t, stages > 4 && !name && sum > 0, "%d stages, %.3f ms", stages, sum);
    lac_close(&ctx);
    expect(t, !ctx, "closed");
}

static void test_end_releases(Tally *t)
{
    LacSettings s = settings();
    LacContext *ctx = open_with(t, &s);
    uint8_t rgb[W * H * 3];
    int got = 0, err;

    add(ctx, LAC_WHEN_FRAME, 1, 1, false);
    add(ctx, LAC_WHEN_FRAME, 50, 5, false); /* never comes */
    for (int n = 0; n < 4; n++) {
        send(ctx, n);
    }
    expect(t, lac_ready(ctx) == 0, "waits for frame 50");
    lac_send_frame(ctx, NULL, 0, 0);
    expect(t, strstr(messages.text, "at frame 50") && strstr(messages.text, "offset"), "warning: %s",
           messages.text);
    while ((err = receive(ctx, rgb)) == LAC_OK) {
        got++;
    }
    expect(t, got == 4 && err == LAC_EOF, "%d of 4 frames, then %d", got, err);
    lac_close(&ctx);
}

static void test_lookahead(Tally *t)
{
    LacSettings s = settings();
    uint8_t rgb[W * H * 3];
    LacContext *ctx;
    int late = 0;

    s.lookahead = LAC_LOOKAHEAD_NONE; /* one in, one out */
    ctx = open_with(t, &s);
    add(ctx, LAC_WHEN_FRAME, 0, 0, false);
    add(ctx, LAC_WHEN_FRAME, 3, 3, false);
    add(ctx, LAC_WHEN_FRAME, 9, 9, true);
    for (int n = 0; n < 6; n++) {
        send(ctx, n);
        late += lac_ready(ctx) != 1 || receive(ctx, rgb) != LAC_OK;
    }
    expect(t, late == 0, "no lookahead: %d frames late", late);
    lac_close(&ctx);

    ctx = open_with(t, &s);
    add(ctx, LAC_WHEN_FRAME, 3, 3, false);
    send(ctx, 0);
    expect(t,
           lac_ready(ctx) == 1 && receive(ctx, rgb) == LAC_EREFERENCE && strstr(messages.text, "lookahead"),
           "none behind: %s", messages.text);
    for (int n = 1; n < 4; n++) {
        send(ctx, n);
    }
    expect(t, receive(ctx, rgb) == LAC_EREFERENCE, "the frame stays pending");
    lac_close(&ctx);

    s.lookahead = 2;
    ctx = open_with(t, &s);
    add(ctx, LAC_WHEN_FRAME, 0, 0, false);
    add(ctx, LAC_WHEN_FRAME, 5, 5, false);
    late = 0;
    for (int n = 0; n < 8; n++) {
        send(ctx, n);
        while (lac_ready(ctx) == 1) {
            receive(ctx, rgb);
            late++;
        }
        /* frame 0 is a reference; 1 waits for 3 to arrive, 2 for 4, 3 for 5, 4 for 5 */
        static const int out[] = { 1, 1, 1, 2, 3, 6, 7, 8 };
        expect(t, late == out[n], "lookahead 2: %d frames out after %d", late, n);
    }
    lac_close(&ctx);
}

/* Bytes do not depend on threads, nor on how sends and receives interleave (packed or not), nor on an earlier
 * flush. */
static void test_same_bytes(Tally *t)
{
    enum { BYTES = 7 * W * H * 3 };
    LacSettings s = settings();
    uint8_t *a = malloc(BYTES), *b = malloc(BYTES);
    LacContext *ctx;

    if (!a || !b) {
        abort();
    }
    s.lookahead = 3;
    ctx = coloured(t, &s, false, a);
    lac_close(&ctx);
    int plain = 0;
    for (int i = 1; i < W * H * 3; i++) {
        plain += a[3 * W * H * 3 + i] != a[3 * W * H * 3 + i - 1];
    }
    expect(t, plain > 100, "the coloured frame is a picture");
    s.threads = 2;
    memset(b, 0, BYTES);
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, !memcmp(a, b, BYTES), "2 threads, all sent before the first is received: other bytes");
    s.lines = LAC_LINES_NONE;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, memcmp(a, b, BYTES) != 0 && is_reference(b, 0), "lines=none differs but for references");
    s = settings();
    s.lookahead = 3;
    s.gap = 4;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, !memcmp(a, b, BYTES), "gap=4 is the default: other bytes");
    s.gap = 0;
    s.fill = LAC_FILL_TRANSFER;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, is_reference(b, 0) && memcmp(a, b, BYTES) != 0, "fill=transfer is fill=auto");
    s.fill = LAC_FILL_SMOOTH;
    ctx = coloured(t, &s, true, b);
    lac_close(&ctx);
    expect(t, memcmp(a, b, BYTES) != 0 && is_reference(b, 0), "fill=smooth differs but for references");
    free(a);
    free(b);
}

static void test_close_anywhere(Tally *t)
{
    LacSettings s = settings();
    uint8_t rgb[W * H * 3];

    for (int stop = 0; stop < 12; stop++) {
        LacContext *ctx = open_with(t, &s);
        int step = 0;
#define STEP(call)                                                                                           \
    if (step++ < stop) {                                                                                     \
        call;                                                                                                \
    }
        STEP(add(ctx, LAC_WHEN_FRAME, 1, 1, false))
        STEP(add(ctx, LAC_WHEN_FRAME, 3, 3, false))
        STEP(send(ctx, 0))
        STEP(send(ctx, 1))
        STEP(send(ctx, 2))
        STEP(receive(ctx, rgb))
        STEP(send(ctx, 3))
        STEP(receive(ctx, rgb))
        STEP(lac_flush(ctx))
        STEP(send(ctx, 2))
        STEP(lac_send_frame(ctx, NULL, 0, 0))
        lac_close(&ctx);
        expect(t, !ctx, "closed after %d steps", stop);
    }
    LacContext *ctx = open_with(t, &s);
    expect(t,
           lac_send_frame(ctx, NULL, 0, 0) == LAC_OK && lac_ready(ctx) == LAC_EOF &&
               receive(ctx, rgb) == LAC_EOF,
           "empty stream");
    lac_close(&ctx);
}

int main(int argc, char **argv)
{
    Tally t = { .name = "test_api" };

    device = argc > 1 ? argv[1] : "ref";
    test_flow(&t);
    test_end_releases(&t);
    test_lookahead(&t);
    test_same_bytes(&t);
    test_close_anywhere(&t);
    return tally_end(&t);
}
