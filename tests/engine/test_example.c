/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The example of docs/api.md compiles and does what it says. Run from the top of the tree. */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include <unistd.h>

#define main example_main
#include "../../docs/example.c" /* NOLINT(bugprone-suspicious-include) */
#undef main

#include "expect.h"
#include "png_file.h"

enum { W = 64, H = 64, FRAMES = 3 };

int main(void)
{
    static uint8_t gray[W * H], rgb[W * H * 3], out[W * H * 3 * FRAMES + 1];
    char folder[] = "/tmp/lac-example-XXXXXX", in[64], key[64], result[64], reference[80];
    char width[] = "64", height[] = "64", program[] = "example";
    char *argv[] = { program, width, height, reference, NULL };
    PngFile png = { W, H, PNG_COLOR_TYPE_RGB, 8, false, 0, rgb, NULL, NULL };
    Tally t = { .name = "test_example" };
    size_t size = 0;
    FILE *f;

    setenv("LAC_WEIGHTS", "tests/engine/vectors/tiny.weights.safetensors", 1);
    if (!expect(&t, mkdtemp(folder) != NULL, "temporary folder")) {
        return tally_end(&t);
    }
    snprintf(in, sizeof in, "%s/in.gray", folder);
    snprintf(key, sizeof key, "%s/key.png", folder);
    snprintf(result, sizeof result, "%s/out.rgb", folder);
    snprintf(reference, sizeof reference, "1=%s", key);
    for (int i = 0; i < W * H; i++) {
        gray[i] = i % 23 ? 255 : 0;
        rgb[i * 3] = (uint8_t)i;
    }
    f = fopen(in, "wb");
    for (int n = 0; f && n < FRAMES; n++) {
        fwrite(gray, 1, sizeof gray, f);
    }
    expect(&t, f && !fclose(f) && png_file_write(key, &png), "test files");

    int saved = dup(STDOUT_FILENO);
    if (expect(&t,
               freopen(in, "rb", stdin) && saved >= 0 && fflush(stdout) == 0 && freopen(result, "wb", stdout),
               "files")) {
        int status = example_main(4, argv), usage = example_main(1, argv);
        fflush(stdout);
        dup2(saved, STDOUT_FILENO);
        expect(&t, status == 0 && usage == 2, "status %d, usage %d", status, usage);
        f = fopen(result, "rb");
        size = f ? fread(out, 1, sizeof out, f) : 0;
        expect(&t, f && !fclose(f) && size == sizeof out - 1, "%zu bytes", size);
        expect(&t, !memcmp(out + W * H * 3, rgb, sizeof rgb), "the second frame is the reference");
        expect(&t, memcmp(out, rgb, sizeof rgb) != 0, "the first is not");
    }
    unlink(in);
    unlink(key);
    unlink(result);
    rmdir(folder);
    return tally_end(&t);
}
