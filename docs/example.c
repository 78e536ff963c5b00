/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colours raw line art with liblac: gray frames from standard input, RGB frames to standard output.
 *   example WIDTH HEIGHT FRAME=KEY.png [FRAME=KEY.png ...] <lines.gray >coloured.rgb */
#include <lac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_message(void *opaque, enum LacLogLevel level, const char *message)
{
    (void)opaque;
    if (level <= LAC_LOG_WARNING) {
        fprintf(stderr, "%s: %s\n", level == LAC_LOG_ERROR ? "error" : "warning", message);
    }
}

/* Writes every frame that is ready. */
static int drain(LacContext *ctx, LacPicture *out)
{
    int err;

    while ((err = lac_receive_frame(ctx, out)) == LAC_OK) {
        fwrite(out->data, 3, (size_t)out->width * out->height, stdout);
    }
    return err == LAC_EAGAIN || err == LAC_EOF ? LAC_OK : err;
}

int main(int argc, char **argv)
{
    LacSettings settings;
    LacContext *ctx = NULL;
    LacPicture line = { .format = LAC_GRAY8 }, out = { .format = LAC_RGB24 };
    size_t area;
    int err;

    line.width = out.width = argc > 1 ? atoi(argv[1]) : 0;
    line.height = out.height = argc > 2 ? atoi(argv[2]) : 0;
    if (argc < 4 || line.width < 1 || line.height < 1) {
        fprintf(stderr, "usage: example WIDTH HEIGHT FRAME=KEY.png ... <lines.gray >coloured.rgb\n");
        return 2;
    }
    area = (size_t)line.width * line.height;
    line.stride = line.width;
    out.stride = 3 * (ptrdiff_t)line.width;
    line.data = malloc(area);
    out.data = malloc(3 * area);

    lac_settings_default(&settings);
    settings.log = on_message;
    err = line.data && out.data ? lac_open(&ctx, &settings) : LAC_ENOMEM;
    for (int i = 3; i < argc && !err; i++) {
        const char *file = strchr(argv[i], '=');
        err = file ? lac_add_reference(ctx, LAC_WHEN_FRAME, atoll(argv[i]), file + 1, NULL) : LAC_EINVAL;
    }
    for (int64_t n = 0; !err && fread(line.data, 1, area, stdin) == area; n++) {
        err = lac_send_frame(ctx, &line, n * 1000000 / 24, 1000000 / 24);
        err = err ? err : drain(ctx, &out);
    }
    if (!err) {
        lac_send_frame(ctx, NULL, 0, 0); /* no more frames */
        err = drain(ctx, &out);
    }
    if (err) {
        fprintf(stderr, "failed: %s\n", lac_strerror(err));
    }
    lac_close(&ctx);
    free(line.data);
    free(out.data);
    return err != LAC_OK;
}
