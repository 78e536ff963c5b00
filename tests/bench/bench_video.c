/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times a whole shot through the public API: frames in, coloured frames out, ms of every stage.
 *
 * usage: bench_video CLIP FRAMES [threads [precision [size [device]]]]   CLIP/{line,color}/NNNN.png, as tests/clip draws
 * them; precision auto (the default), fp32, bf16 or fp16, size the short side the network works at. The first and the last frame are the references. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "picture/picture.h"

enum { MAX_FRAMES = 999, FRAME_US = 40000 };

static int add_reference(LacContext *ctx, const char *clip, int frame)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/color/%04d.png", clip, frame);
    return lac_add_reference(ctx, LAC_WHEN_FRAME, frame, path, NULL);
}

/* Every frame is sent before the first is asked for, as when the second reference is the last frame. */
static int run(LacContext *ctx, const char *clip, int frames, const LacLog *log)
{
    LacPicture out = { .format = LAC_RGB24 };
    struct rusage usage;
    double start, ms;
    const char *name;
    int ret = LAC_OK;

    for (int i = 0; i < frames && ret == LAC_OK; i++) {
        LacImage image = { 0 };
        char path[1024];
        snprintf(path, sizeof path, "%s/line/%04d.png", clip, i);
        ret = lac_image_read_png(&image, path, 1, log);
        if (ret == LAC_OK) {
            const LacPicture line = { LAC_GRAY8, image.width, image.height, image.width, image.data };
            out.width = image.width;
            out.height = image.height;
            ret = lac_send_frame(ctx, &line, (int64_t)i * FRAME_US, FRAME_US);
        }
        lac_image_free(&image);
    }
    out.stride = 3 * (ptrdiff_t)out.width;
    out.data = ret == LAC_OK ? lac_alloc((size_t)out.height, (size_t)out.stride) : NULL;
    if (ret == LAC_OK) {
        ret = out.data ? lac_send_frame(ctx, NULL, 0, 0) : LAC_ENOMEM;
    }
    start = now_ms();
    for (int i = 0; i < frames && ret == LAC_OK; i++) {
        ret = lac_receive_frame(ctx, &out);
    }
    /* from the first call on: frames come out of the refinement's window in bursts */
    ms = (now_ms() - start) / (frames - 2);
    lac_free(out.data);
    if (ret == LAC_OK) {
        getrusage(RUSAGE_SELF, &usage);
        printf("%dx%d, %d frames: %.1f ms a coloured frame, references encoded once included, %.2f fps, peak %.0f MiB\n", out.width, out.height, frames,
               ms, 1e3 / ms, (double)usage.ru_maxrss / 1024);
        for (int i = 0; lac_timing(ctx, i, &name, &ms), name; i++) {
            printf("  %-20s %8.2f ms in all\n", name, ms);
        }
    }
    return ret;
}

int main(int argc, char **argv)
{
    LacSettings settings;
    LacContext *ctx = NULL;
    const LacLog log = { print_message, NULL };
    const int frames = argc > 2 ? atoi(argv[2]) : 0;
    int ret;

    if (argc < 3 || frames < 4 || frames > MAX_FRAMES) {
        fprintf(stderr, "usage: bench_video CLIP FRAMES(4..%d) [threads [precision [size [device]]]]\n", MAX_FRAMES);
        return 2;
    }
    lac_settings_default(&settings);
    settings.log = print_message;
    settings.threads = argc > 3 ? atoi(argv[3]) : 2;
    settings.precision = precision_of(argc > 4 ? argv[4] : "auto");
    settings.size = argc > 5 ? atoi(argv[5]) : 384;
    settings.device = argc > 6 ? argv[6] : "cpu";
    ret = lac_open(&ctx, &settings);
    ret = ret ? ret : add_reference(ctx, argv[1], 0);
    ret = ret ? ret : add_reference(ctx, argv[1], frames - 1);
    ret = ret ? ret : run(ctx, argv[1], frames, &log);
    if (ret != LAC_OK) {
        fprintf(stderr, "bench_video: %s\n", lac_strerror(ret));
    }
    lac_close(&ctx);
    return ret != LAC_OK;
}
