/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What passes leaves no ghost: far from lines, beside lines that move, colours far apart stay as they are, while colours that are near
 * agree. Run from the top of the tree. */
#include <stdlib.h>

#include "expect.h"
#include "load.h"
#include "settings.h"
#include "window.h"

#define PLAIN "tests/engine/vectors/tiny-paper.weights.safetensors" /* links by the line art alone */

enum { SIDE = 256, FRAMES = 4, MIDDLE = SIDE / 2 * SIDE + SIDE / 2 };

/* A frame of two lines that slide by a pixel; nothing is near its middle. */
static void draw(uint8_t *gray, int n)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int x = i % SIDE;

        gray[i] = abs(x - 24 - n) < 2 || abs(x - 230 - n) < 2 ? 0 : 255;
    }
}

/* How far the middle of the first frame moves towards the others', which are `apart` levels away. */
static int pull(Tally *t, const LacTools *tools, int apart)
{
    static uint8_t gray[SIDE * SIDE], rgb[SIDE * SIDE * 3];
    LacPicture picture, out = { LAC_RGB24, SIDE, SIDE, SIDE * 3, rgb };
    LacWindow *w;
    double confidence;

    if (!expect(t, lac_window_open(&w, tools, SIDE, SIDE) == LAC_OK, "open")) {
        return -1;
    }
    for (int n = 0; n < FRAMES; n++) {
        const LacPlace place = { n, n * 40000, 40000, 0 };

        draw(gray, n);
        expect(t, lac_window_picture(w, LAC_RGB24, &picture) == LAC_OK, "picture");
        memset(picture.data, n ? 40 + apart : 40, (size_t)SIDE * SIDE * 3);
        lac_window_push(w, &place, false, gray, 1);
    }
    expect(t, lac_window_pop(w, &out, &confidence) == LAC_OK, "pop");
    lac_window_close(&w);
    return rgb[(size_t)MIDDLE * 3] - 40;
}

int main(void)
{
    Tally t = { "test_ghost", 0, 0 };
    Messages messages;
    const LacLog log = messages_log(&messages);
    LacSettings asked, set;
    LacDevice device = { 0 };
    LacNet *net = NULL;
    LacTimes times = { { 0 } };
    int near, far;

    lac_settings_default(&asked);
    asked.weights = PLAIN;
    asked.device = "cpu";
    asked.precision = LAC_PRECISION_FP32;
    asked.threads = 1;
    asked.window = FRAMES;
    if (expect(&t, !lac_settings_resolve(&set, &asked, &log) && !lac_load_network(&net, &device, &set, &log), "%s", messages.text)) {
        const LacTools tools = { .net = net, .times = &times, .set = &set, .log = &log };

        near = pull(&t, &tools, 40);
        far = pull(&t, &tools, 200);
        expect(&t, near > 20, "colours 40 levels apart: pulled by %d", near);
        expect(&t, far >= 0 && far < 20, "colours 200 levels apart: pulled by %d", far);
    }
    lac_net_close(&net);
    lac_device_close(&device);
    return tally_end(&t);
}
