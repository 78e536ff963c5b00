/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failing allocations: every allocation of the engine fails once in its turn; the call says LAC_ENOMEM, the
 * same call succeeds when repeated, and the picture is the same. Run from the top of the tree, best with
 * AddressSanitizer. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>

#include "expect.h"

enum { W = 72, H = 64, TRIES = 3 };

static long countdown = -1; /* allocations until one fails; negative: none does */
static bool failed;

/* Stands before the C library's: the engine allocates through it alone. */
void *aligned_alloc(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size)
{
    void *p = NULL;

    if (countdown >= 0 && countdown-- == 0) {
        failed = true;
        errno = ENOMEM;
        return NULL;
    }
    return posix_memalign(&p, alignment, size) == 0 ? p : NULL;
}

static Messages messages;
static int failures; /* LAC_ENOMEM answers of one run */
static int others;   /* any other failure */

/* Repeats a call that ran out of memory. */
#define RETRY(call)                                                                                          \
    do {                                                                                                     \
        int err_ = LAC_ENOMEM;                                                                               \
        for (int i_ = 0; i_ < TRIES && err_ == LAC_ENOMEM; i_++) {                                           \
            err_ = (call);                                                                                   \
            failures += err_ == LAC_ENOMEM;                                                                  \
        }                                                                                                    \
        others += err_ != LAC_OK;                                                                            \
    } while (0)

/* Every path that allocates: a reference with line art and one without, frames that wait, a model sheet to
 * letterbox. */
static void run(uint8_t *out)
{
    static uint8_t rgb[W * H * 3], gray[W * H];
    LacPicture color = { LAC_RGB24, W, H, W * 3, rgb }, line = { LAC_GRAY8, W, H, W, gray };
    LacPicture square_color = { LAC_RGB24, H / 2, H, W * 3, rgb },
               square_line = { LAC_GRAY8, H / 2, H, W, gray };
    LacContext *ctx = NULL;
    LacSettings s = small_settings(&messages, "tests/engine/vectors/tiny.weights.safetensors", "cpu");

    s.temporal = LAC_TEMPORAL_ON;
    for (int i = 0; i < W * H; i++) {
        rgb[i * 3] = (uint8_t)(i * 3);
        rgb[i * 3 + 1] = (uint8_t)(i / W * 4);
        gray[i] = i % 37 == 0 || i / W == 20 ? 0 : 255;
    }
    failures = others = 0;
    RETRY(lac_open(&ctx, &s));
    if (ctx) {
        RETRY(lac_add_reference_picture(ctx, LAC_WHEN_FRAME, 2, "two", &color, NULL));
        RETRY(lac_add_reference_picture(ctx, LAC_WHEN_NEVER, 0, "sheet", &square_color, &square_line));
        for (int n = 0; n < 3; n++) {
            RETRY(lac_send_frame(ctx, &line, n, 1));
        }
        RETRY(lac_send_frame(ctx, NULL, 0, 0));
        for (int n = 0; n < 3; n++) {
            LacPicture p = { LAC_RGB24, W, H, W * 3, out + (size_t)n * W * H * 3 };
            RETRY(lac_receive_frame(ctx, &p));
        }
    }
    lac_close(&ctx);
}

int main(void)
{
    static uint8_t wanted[3 * W * H * 3], got[3 * W * H * 3];
    Tally t = { .name = "test_alloc" };
    long n = 0;

    run(wanted);
    expect(&t, failures == 0 && others == 0, "without failures: %s", messages.text);
    do {
        memset(got, 0, sizeof got);
        failed = false;
        countdown = n;
        run(got);
        countdown = -1;
        if (failed) {
            expect(&t, failures == 1 && others == 0,
                   "allocation %ld: %d times LAC_ENOMEM, %d other errors: %s", n, failures, others,
                   messages.text);
            expect(&t, messages.lines > 0 && !memcmp(wanted, got, sizeof got),
                   "allocation %ld: message and picture", n);
        }
        n++;
    } while (failed && n < 100000);
    expect(&t, n > 100, "%ld allocations in all", n - 1);
    return tally_end(&t);
}
