/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPU's copies from references, by its kernel, against transfer.c: the same to the bit. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <stdlib.h>

#include "ops/cuda/transfer_cuda.h"
#include "streams.h"
#include "transfer/transfer.h"

static uint32_t seed = 9;

static uint32_t number(void)
{
    return next_number(&seed);
}

/* Patches of colour with lines between them, moved by `shift`; noise now and then. */
static void picture(int w, int h, int shift, uint8_t *rgb, uint8_t *gray)
{
    for (int i = 0; i < w * h; i++) {
        const int x = i % w + shift, y = i / w + shift / 2;

        gray[i] = (uint8_t)(x % 9 == 0 || y % 7 == 0 ? 20 + number() % 40 : number() % 8 ? 255 : 200 + number() % 56);
        for (int c = 0; c < 3; c++) {
            rgb[i * 3 + c] = (uint8_t)((x / 9 * 57 + y / 7 * 91 + c * 70 + number() % 3) % 256);
        }
    }
}

static void test_transfer(Tally *t, LacBackend *be, int w, int h, int net_w, int net_h, int count, bool inked)
{
    const size_t n = (size_t)w * (size_t)h;
    size_t cells;
    LacLog log = { 0 };
    LacTransfer *transfer;
    LacTransferRef *refs[CUDA_MATCH_FIELDS];
    const LacMatcher *m;
    CudaTransfer cuda = { .width = w, .height = h, .count = count, .inked = inked };
    uint8_t *rgb = malloc(n * 3), *gray = malloc(n), *wanted = malloc(n * 4);
    float *predicted = malloc((size_t)net_w * (size_t)net_h * 3 * sizeof *predicted), lag[CUDA_MATCH_FIELDS];
    int sure = 0;

    if (!expect(t, !lac_transfer_open(&transfer, w, h, net_w, net_h, count, 1, &log), "open %dx%d", w, h)) {
        return;
    }
    for (int r = 0; r < count; r++) {
        const LacImage colour = { w, h, 3, rgb }, line = { w, h, 1, gray };

        picture(w, h, 2 * r + 1, rgb, gray);
        expect(t, !lac_transfer_ref(transfer, &colour, NULL, &line, r != 2, &refs[r]), "reference");
        lag[r] = (float)r * 0.37f;
    }
    for (int i = 0; i < net_w * net_h * 3; i++) {
        predicted[i] = (float)(number() % 256) / 127.5f - 1;
    }
    picture(w, h, 0, rgb, gray);
    lac_transfer_run(transfer, predicted, gray, refs, lag, count, inked, wanted, NULL);
    m = lac_transfer_matcher(transfer);
    cuda.cells_width = m->width;
    cuda.cells_height = m->height;
    cells = (size_t)m->width * (size_t)m->height;
    cuda.gray = device_copy(be, gray, n);
    cuda.out = device_new(n * 4);
    for (int r = 0; r < count; r++) {
        cuda.ref[r] = (CudaTransferRef){ device_copy(be, refs[r]->rgb, n * 3), device_copy(be, refs[r]->gray, n),
                                         device_copy(be, m->field[r].offset, cells * sizeof(CudaOffset)),
                                         device_copy(be, m->field[r].cost, cells * sizeof(int32_t)), lag[r] };
    }
    expect(t, !lac_cuda_transfer(be, &cuda), "transfer");
    expect(t, device_equals(be, cuda.out, wanted, n * 4), "%dx%d, %d references, inked %d: pixels differ", w, h, count, inked);
    for (size_t i = 0; i < n; i++) {
        sure += wanted[i * 4 + 3] > 100;
    }
    expect(t, n < 100 || sure > 0, "%dx%d: nothing is sure", w, h);
    for (int r = 0; r < count; r++) {
        lac_transfer_ref_free(&refs[r]);
        device_free(cuda.ref[r].rgb);
        device_free(cuda.ref[r].gray);
        device_free(cuda.ref[r].offset);
        device_free(cuda.ref[r].cost);
    }
    lac_transfer_close(&transfer);
    device_free(cuda.gray);
    device_free(cuda.out);
    free(rgb);
    free(gray);
    free(wanted);
    free(predicted);
}

int main(void)
{
    static const int size[][5] = { { 203, 151, 96, 72, 3 }, { 64, 64, 64, 64, 1 }, { 1, 1, 64, 64, 2 },
                                   { 37, 5, 64, 64, 2 }, { 71, 67, 64, 64, 8 }, { 151, 100, 96, 64, 2 } };
    Tally t = { .name = "test_cuda_transfer" };
    Streams streams;

    if (streams_open(&t, &streams)) {
        for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
            test_transfer(&t, i % 2 ? streams.backward.be : streams.forward.be, size[i][0], size[i][1], size[i][2], size[i][3], size[i][4],
                          i % 3 == 0);
        }
        streams_close(&streams);
    }
    return tally_end(&t);
}
