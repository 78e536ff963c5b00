/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* liblac: colours line art video from a few coloured references (Shi et al., TVCG 2023).
 *
 * Flow: lac_open, lac_add_reference for each reference in time order, then lac_send_frame /
 * lac_receive_frame in turn, lac_send_frame(ctx, NULL, ...) at the end of the stream, lac_receive_frame
 * until LAC_EOF, lac_close. Frames come out in the order they went in, one for one.
 *
 * Frames lie in host memory (LacPicture), or, with a host's CUDA context in the settings, in that GPU's memory
 * (LacDevicePicture).
 *
 * Threads: a context may be used by one thread at a time; different contexts are independent. */
#ifndef LAC_H
#define LAC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(LAC_BUILD) && defined(__GNUC__)
#define LAC_API __attribute__((visibility("default")))
#else
#define LAC_API
#endif

/* API version of this header. Same major: source and binary compatible. */
#define LAC_VERSION_MAJOR 0
#define LAC_VERSION_MINOR 2
#define LAC_VERSION_PATCH 0

/* Version of the library in use, "MAJOR.MINOR.PATCH". Static string. */
LAC_API const char *lac_version(void);

/* Every failing call returns one of these; the reason in words goes through the log callback. */
enum LacError {
    LAC_OK = 0,
    LAC_EAGAIN = -1,       /* not an error: send more frames first */
    LAC_EOF = -2,          /* not an error: the stream was ended and everything came out */
    LAC_EINVAL = -3,       /* an argument or setting is out of range or contradicts another */
    LAC_ENOMEM = -4,
    LAC_EIO = -5,          /* a file cannot be opened or read */
    LAC_EFORMAT = -6,      /* a file is not what it should be (PNG, safetensors) */
    LAC_EMODEL = -7,       /* the weights are valid but do not describe a network this library runs */
    LAC_EDEVICE = -8,      /* the device or precision asked for is not to be had */
    LAC_EREFERENCE = -9,   /* a reference does not fit the stream, or no reference serves a frame */
};

/* Short name of a code above, "unknown error" for others. Static string. */
LAC_API const char *lac_strerror(int code);

enum LacLogLevel { LAC_LOG_ERROR, LAC_LOG_WARNING, LAC_LOG_INFO, LAC_LOG_DEBUG };

/* One line without newline; `message` lives for the call only. Called on the thread that called liblac. */
typedef void LacLogCallback(void *opaque, enum LacLogLevel level, const char *message);

enum LacPrecision { LAC_PRECISION_AUTO, LAC_PRECISION_FP32, LAC_PRECISION_BF16, LAC_PRECISION_FP16 };

enum LacLines {
    LAC_LINES_REF,  /* the input's lines in the colours the references' lines have (default) */
    LAC_LINES_KEEP, /* the input's lines as they are, black over the colour layer */
    LAC_LINES_NONE, /* the colour layer only, filled under the lines */
};

/* Where the colours come from. */
enum LacFill {
    LAC_FILL_AUTO,     /* TRANSFER, and each closed region keeps to the colours of the reference regions it comes from
                          (default) */
    LAC_FILL_TRANSFER, /* the references' pixels where they are found again, the network's colours elsewhere */
    LAC_FILL_SMOOTH,   /* the network's colours */
    LAC_FILL_FLAT,     /* TRANSFER, and each region in exact colours of the references */
};

/* What comes out. */
enum LacOutput {
    LAC_OUTPUT_COLOR,      /* the coloured frame (default) */
    LAC_OUTPUT_CONFIDENCE, /* how likely each region's colours are right, from black to white; not with SMOOTH */
    LAC_OUTPUT_REGIONS,    /* each closed region in a colour of its own, kept from frame to frame as far as it is found
                              again, lines black; not with SMOOTH */
};

/* Whether neighbouring frames are made to agree (3.2; docs/refinement.md). */
enum LacTemporal {
    LAC_TEMPORAL_AUTO, /* if the weights hold a refinement; not with LAC_LOOKAHEAD_NONE, which allows no delay, nor with
                          LAC_FILL_FLAT, whose colours are exact, nor in pictures less than 256 high or wide (default) */
    LAC_TEMPORAL_ON,   /* without one, too: then pixels agree whose line art is the same in both frames */
    LAC_TEMPORAL_OFF,  /* each frame by itself */
};

/* A host's CUDA context, for device frames. Both stay the host's and must outlive the LacContext. Every call on that LacContext
 * makes `context` current on the calling thread and, before it returns, what was current before. All of liblac's work on the
 * GPU is queued on `stream`: after the work the host queued there before a call, before the work it queues there after it. */
typedef struct LacCudaHost {
    void *context; /* CUcontext, of the driver API; a primary context will do */
    void *stream;  /* CUstream of that context; NULL: its default stream */
} LacCudaHost;

/* A zeroed struct means the defaults; lac_settings_default() states them. Strings and *cuda are copied by lac_open. */
typedef struct LacSettings {
    const char *weights;     /* safetensors file; NULL: $LAC_WEIGHTS, else the installed preset for the device */
    const char *device;      /* "auto" (or NULL), "cpu", "ref", "cuda", "cuda:N" */
    enum LacPrecision precision; /* FP32, asked for by name, also computes the attention over all keys, of which
                                else the far-off ones are left out (docs/MODEL.md) */
    int k;                   /* references used per frame, 1..8; 0: 2 */
    int size;                /* short side the network works at, 64..8192; 0: 384; LAC_SIZE_NATIVE: native */
    int lookahead;           /* most frames kept waiting for a later reference; 0: no limit; LAC_LOOKAHEAD_NONE:
                                references behind only, zero delay */
    enum LacLines lines;
    enum LacFill fill;
    enum LacOutput output;
    int gap;                 /* largest gap in lines, in pixels, that still closes a region, 1..64; 0: 4;
                                LAC_GAP_NONE */
    float scene;             /* a frame that differs this much from the one before begins a new shot, which references
                                of other shots do not serve, 0 to 1; 0: 0.5; LAC_SCENE_NONE: all is one shot */
    enum LacTemporal temporal;
    int window;              /* frames the refinement looks at together, 2..64; 0: 8. A frame comes out when window - 1
                                frames after it are coloured, or its shot has ended */
    int threads;             /* CPU threads, 1..256; 0: one per core the process may use */
    LacLogCallback *log;     /* NULL: silent */
    void *log_opaque;
    const LacCudaHost *cuda; /* NULL: liblac's own stream, where device is cuda at all. Else `device` must be NULL, "auto",
                                "cuda" or the "cuda:N" this context is of, and there is no falling back to the CPU */
} LacSettings;

#define LAC_SIZE_NATIVE (-1)
#define LAC_LOOKAHEAD_NONE (-1)
#define LAC_GAP_NONE (-1)
#define LAC_SCENE_NONE (-1.0f)

/* Fills in the defaults: k 2, size 384, lookahead unlimited, everything else automatic. */
LAC_API void lac_settings_default(LacSettings *s);

enum LacFormat {
    LAC_GRAY8,  /* 1 byte: line art, black lines 0 on white 255, full range */
    LAC_RGB24,  /* 3 bytes R, G, B, sRGB as stored */
    LAC_RGBA32, /* 4 bytes R, G, B, A; alpha is straight: colours are not multiplied by it */
    LAC_GRAY16, /* as GRAY8, 2 bytes in the machine's order; so are the samples of the next two */
    LAC_RGB48,  /* 3 samples of 16 bits R, G, B */
    LAC_RGBA64, /* 4 samples of 16 bits R, G, B, A */
};

/* One picture in host memory. The caller owns the pixels. */
typedef struct LacPicture {
    enum LacFormat format;
    int width, height;     /* pixels, 1..16384 each */
    ptrdiff_t stride;      /* bytes from a row to the next, may be negative; need not be even */
    uint8_t *data;         /* first pixel of the first row; only read by lac_send_frame */
} LacPicture;

/* Planes of a picture in GPU memory. */
enum LacPlanes {
    LAC_PLANES_NV12,    /* Y, then U and V in turn at half width and half height; 8 bits */
    LAC_PLANES_P010,    /* the same, 10 bits in the upper bits of 16 */
    LAC_PLANES_YUV420P, /* Y, U, V; 8 bits, U and V at half width and half height */
    LAC_PLANES_YUV444P, /* Y, U, V; 8 bits */
};

enum LacMatrix { LAC_MATRIX_BT709, LAC_MATRIX_BT601, LAC_MATRIX_BT2020 /* non-constant luminance */ };

/* One picture in the memory of the GPU whose context lac_open was given. The caller owns the memory. */
typedef struct LacDevicePicture {
    enum LacPlanes planes;
    int width, height;     /* pixels, 1..16384 each; odd ones have chroma for the last pixel, too */
    uint64_t plane[3];     /* CUdeviceptr of each plane's first row; of line art the first one alone is read */
    ptrdiff_t stride[3];   /* bytes from a row to the next, no less than a row has */
    enum LacMatrix matrix; /* of output; line art is luma alone */
    int full_range;        /* 0: 16 to 235 and so on */
    int chroma_centred;    /* of output in 4:2:0. 0: chroma lies beside the left one of its pixels, as in H.264; 1: in the middle */
} LacDevicePicture;

/* When a reference's frame is shown. */
enum LacWhen {
    LAC_WHEN_TIME,   /* at `time` microseconds: the nearest frame within half a frame duration */
    LAC_WHEN_FRAME,  /* frame number `time`, from 0 in order of lac_send_frame */
    LAC_WHEN_NEVER,  /* a model sheet, no frame of the video; it must bring its line art */
};

typedef struct LacContext LacContext;

/* Reads the weights, opens the device. *ctx is NULL on failure. */
LAC_API int lac_open(LacContext **ctx, const LacSettings *settings);

/* Adds a reference before the first frame is sent. Times and frame numbers must ascend strictly; kinds
 * TIME and FRAME may not be mixed. `color` is a PNG file (8 or 16 bit, palette, gray, alpha).
 * `line` is the PNG file of its line art, or NULL: then the line art of the frame it matches is used and
 * frames wait for it. Both files are read now, so a missing or broken one fails here. */
LAC_API int lac_add_reference(LacContext *ctx, enum LacWhen when, int64_t time,
                              const char *color, const char *line);

/* The same with the colour picture (RGB or RGBA, copied) given instead of a PNG file; `name` for messages. */
LAC_API int lac_add_reference_picture(LacContext *ctx, enum LacWhen when, int64_t time, const char *name,
                                      const LacPicture *color, const LacPicture *line);

/* 1 when a reference added so far is not opaque everywhere: then LAC_RGBA32 and LAC_RGBA64 carry more than LAC_RGB24,
 * which is over white. */
LAC_API int lac_has_alpha(const LacContext *ctx);

/* Takes one frame of line art (any format; copied and packed). `time` and `duration` in microseconds;
 * times must ascend. duration <= 0: taken from the distance to the frame before. NULL line: end of
 * stream. Never LAC_EAGAIN: pending frames are kept packed. Size must be the same for all frames. */
LAC_API int lac_send_frame(LacContext *ctx, const LacPicture *line, int64_t time, int64_t duration);

/* The same with a frame in GPU memory; luma alone counts, so coloured separation lines are lines like others. LAC_EINVAL
 * without `cuda` in the settings. When the call returns the picture has been read. Device frames and others may be mixed. */
LAC_API int lac_send_device_frame(LacContext *ctx, const LacDevicePicture *line, int64_t time, int64_t duration);

/* 1 when lac_receive_frame has a frame to give, 0 for LAC_EAGAIN, LAC_EOF when drained. Cheap. */
LAC_API int lac_ready(LacContext *ctx);

/* Colours the oldest pending frame into the caller's RGB or RGBA picture, same size as the line art. A frame that is a
 * reference has its very samples; 8 bits out of 16 and 16 out of 8 are rounded. The format may change from frame to frame.
 * LAC_EAGAIN when it still waits for a reference, LAC_EOF after the last. On failure the frame stays pending. */
LAC_API int lac_receive_frame(LacContext *ctx, LacPicture *out);

/* The same into GPU memory, over white where references have alpha. The last writes may still be queued on the host's stream
 * when the call returns: work queued there afterwards sees them, other streams and the CPU have to wait for it. LAC_EINVAL
 * without `cuda` in the settings. */
LAC_API int lac_receive_device_frame(LacContext *ctx, const LacDevicePicture *out);

/* How likely the last received frame is right, 0..1: the mean over its pixels, lines left out, of the probability that
 * more than half of a region's pixels are within 8 levels of the true colours (docs/match.md says how that was
 * measured). 1 for a reference. -1 before the first frame and with LAC_FILL_SMOOTH, where it is not known. */
LAC_API double lac_confidence(const LacContext *ctx);

/* Forgets pending frames and the position in the stream (a seek); references, their encodings and those
 * line arts that are known stay. */
LAC_API void lac_flush(LacContext *ctx);

/* Frees everything and sets *ctx to NULL. NULL and a NULL *ctx are fine, at any moment of the flow. */
LAC_API void lac_close(LacContext **ctx);

/* Milliseconds spent in each stage since lac_open (for benchmarks). Returns the number of stages, and for
 * stage i < that number its static name and sum; i out of range leaves *name NULL. */
LAC_API int lac_timing(const LacContext *ctx, int i, const char **name, double *ms);

#ifdef __cplusplus
}
#endif
#endif
