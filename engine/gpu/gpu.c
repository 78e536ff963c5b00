/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stages of a frame on the GPU; gpu.h says how they join the others. */
#include "gpu/gpu_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lac_gpu_enter(const LacDevice *dev)
{
    return dev->frames ? dev->frames->enter(dev->be) : LAC_OK;
}

void lac_gpu_leave(const LacDevice *dev)
{
    if (dev->frames) {
        dev->frames->leave(dev->be);
    }
}

bool lac_gpu_hosted(const LacDevice *dev)
{
    return dev->frames && dev->frames->hosted(dev->be);
}

static void say(const LacGpu *gpu, bool here)
{
    static const char *const names[LAC_GPU_STAGES] = {
        [LAC_GPU_LINEART] = "line art", [LAC_GPU_MATCH] = "correspondences", [LAC_GPU_COPY] = "copying",
        [LAC_GPU_PAINT] = "painting", [LAC_GPU_REGIONS] = "regions", [LAC_GPU_VOTE] = "votes by region",
        [LAC_GPU_WINDOW] = "windows", [LAC_GPU_FORMATS] = "formats of CUDA frames",
    };
    char text[256] = "";
    size_t used = 0;

    for (int i = 0; i < LAC_GPU_STAGES; i++) {
        if (gpu->has[i] == here && used < sizeof text) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", names[i]);
        }
    }
    lac_log(gpu->log, LAC_LOG_DEBUG, "stages besides the network on the %s: %s", here ? "GPU" : "host", text);
}

/* For tests, and to find out which side is wrong. */
static bool only_host(void)
{
    const char *env = getenv("LAC_CUDA_STAGES");

    return env && !strcmp(env, "host");
}

int lac_gpu_open(LacGpu **out, const LacDevice *dev, int width, int height, const LacLog *log)
{
    LacGpu *gpu;

    *out = NULL;
    if (!dev->frames) {
        return LAC_OK;
    }
    gpu = lac_calloc(1, sizeof *gpu);
    if (!gpu) {
        return lac_fail(log, LAC_ENOMEM, "no memory for frames on the GPU");
    }
    *gpu = (LacGpu){ .dev = dev, .ops = dev->frames, .width = width, .height = height, .kept_index = -1, .gray_index = -1,
                     .log = log };
    gpu->has[LAC_GPU_LINEART] = !only_host() && gpu->ops->lineart_run && gpu->ops->inputs;
    gpu->has[LAC_GPU_MATCH] = gpu->has[LAC_GPU_LINEART] && gpu->ops->describe && gpu->ops->match;
    gpu->has[LAC_GPU_COPY] = gpu->has[LAC_GPU_MATCH] && gpu->ops->transfer;
    gpu->has[LAC_GPU_PAINT] = gpu->has[LAC_GPU_LINEART] && gpu->ops->paint_run;
    gpu->has[LAC_GPU_VOTE] = gpu->has[LAC_GPU_COPY] && gpu->has[LAC_GPU_PAINT] && gpu->ops->vote && gpu->ops->flat;
    gpu->has[LAC_GPU_REGIONS] = gpu->has[LAC_GPU_VOTE] && gpu->ops->regions && gpu->ops->measure;
    gpu->has[LAC_GPU_WINDOW] = gpu->has[LAC_GPU_LINEART] && gpu->ops->window_answer && gpu->ops->steady;
    gpu->has[LAC_GPU_FORMATS] = gpu->ops->gray && gpu->ops->write;
    say(gpu, true);
    say(gpu, false);
    *out = gpu;
    return LAC_OK;
}

bool lac_gpu_has(const LacGpu *gpu, enum LacGpuStage stage)
{
    return gpu && gpu->has[stage];
}

int lac_gpu_table_grow(LacGpu *gpu, LacGpuTable *t, size_t bytes)
{
    if (t->room >= bytes) {
        return LAC_OK;
    }
    lac_gpu_table_free(gpu, t);
    bytes += bytes / 4;
    t->host = lac_alloc(bytes, 1);
    if (!t->host) {
        return lac_fail(gpu->log, LAC_ENOMEM, "no memory for the regions of frames of %dx%d", gpu->width, gpu->height);
    }
    if (gpu->ops->alloc(gpu->dev->be, bytes, &t->there)) {
        lac_gpu_table_free(gpu, t);
        return LAC_ENOMEM;
    }
    t->room = bytes;
    return LAC_OK;
}

void lac_gpu_table_free(LacGpu *gpu, LacGpuTable *t)
{
    gpu->ops->free(gpu->dev->be, t->there);
    lac_free(t->host);
    *t = (LacGpuTable){ 0 };
}

void lac_gpu_close(LacGpu **out)
{
    LacGpu *gpu = *out;

    if (!gpu) {
        return;
    }
    void *const all[] = { gpu->kept, gpu->sent, gpu->frame, gpu->colour, gpu->offset, gpu->cost, gpu->rgb,
                          gpu->transferred, gpu->prediction, gpu->black, gpu->label, gpu->opinion, gpu->cell, gpu->place,
                          gpu->source, gpu->squared, gpu->found, gpu->shrunk[0], gpu->shrunk[1], gpu->told, gpu->bad, gpu->insane, gpu->classes };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gpu->ops->free(gpu->dev->be, all[i]);
    }
    gpu->ops->lineart_close(gpu->dev->be, &gpu->net);
    gpu->ops->lineart_close(gpu->dev->be, &gpu->match);
    gpu->ops->lineart_close(gpu->dev->be, &gpu->window);
    gpu->ops->resize_close(gpu->dev->be, &gpu->resize);
    if (gpu->has[LAC_GPU_PAINT]) {
        gpu->ops->paint_close(gpu->dev->be, &gpu->paint);
    }
    lac_gpu_table_free(gpu, &gpu->regions);
    lac_gpu_table_free(gpu, &gpu->results);
    lac_gpu_table_free(gpu, &gpu->table);
    lac_gpu_table_free(gpu, &gpu->flat);
    lac_free(gpu->dense);
    lac_free(gpu);
    *out = NULL;
}

void *lac_gpu_need(LacGpu *gpu, void *at, size_t bytes, int *err)
{
    if (!at && !*err) {
        *err = gpu->ops->alloc(gpu->dev->be, bytes, &at);
    }
    return at;
}

/* CUdeviceptr is a number in C, a pointer for kernels. */
static void *address(uint64_t device)
{
    const uintptr_t number = (uintptr_t)device;
    void *pointer;

    memcpy(&pointer, &number, sizeof pointer);
    return pointer;
}

static size_t area(const LacGpu *gpu)
{
    return (size_t)gpu->width * (size_t)gpu->height;
}

/* ---- line art ---- */

int lac_gpu_take(LacGpu *gpu, const LacDevicePicture *line, int64_t index, uint8_t *gray)
{
    const CudaLuma luma = { address(line->plane[0]), line->stride[0], line->planes == LAC_PLANES_P010,
                            !line->full_range };
    int err = LAC_OK;

    gpu->kept_index = -1;
    gpu->gray_index = gpu->gray == gpu->kept ? -1 : gpu->gray_index;
    gpu->kept = lac_gpu_need(gpu, gpu->kept, area(gpu), &err);
    err = err ? err : gpu->ops->gray(gpu->dev->be, &luma, gpu->width, gpu->height, gpu->kept);
    err = err ? err : gpu->ops->down(gpu->dev->be, gpu->kept, gray, area(gpu));
    gpu->kept_index = err ? -1 : index;
    return err;
}

void lac_gpu_flush(LacGpu *gpu)
{
    gpu->kept_index = gpu->gray_index = -1;
}

int lac_gpu_run_lineart(LacGpu *gpu, CudaLineart *to, const LacLineart *la)
{
    const CudaAxis x = lac_gpu_axis(&la->resize.x), y = lac_gpu_axis(&la->resize.y);
    const CudaLuma luma = { gpu->gray, gpu->width, false, false };
    const int err = to->memory.data ? LAC_OK : gpu->ops->lineart_open(gpu->dev->be, to, &x, &y);

    return err ? err : gpu->ops->lineart_run(gpu->dev->be, to, &luma);
}

int lac_gpu_gray(LacGpu *gpu, int64_t index, const uint8_t *gray)
{
    int err = LAC_OK;

    if (gpu->gray && index == gpu->gray_index) {
        return LAC_OK;
    }
    gpu->gray_index = -1;
    if (index == gpu->kept_index) {
        gpu->gray = gpu->kept;
    } else {
        gpu->sent = lac_gpu_need(gpu, gpu->sent, area(gpu), &err);
        err = err ? err : gpu->ops->up(gpu->dev->be, gray, gpu->sent, area(gpu));
        gpu->gray = gpu->sent;
    }
    gpu->gray_index = err ? -1 : index;
    return err;
}

int lac_gpu_lineart(LacGpu *gpu, const LacLineart *la, int64_t index, const uint8_t *gray)
{
    const int err = lac_gpu_gray(gpu, index, gray);

    return err ? err : lac_gpu_run_lineart(gpu, &gpu->net, la);
}

/* ---- search ---- */

static int match_memory(LacGpu *gpu, size_t cells, int fields)
{
    int err = LAC_OK;

    if (fields > gpu->fields) {
        gpu->ops->free(gpu->dev->be, gpu->offset);
        gpu->ops->free(gpu->dev->be, gpu->cost);
        gpu->offset = NULL;
        gpu->cost = NULL;
        gpu->fields = 0;
    }
    gpu->frame = lac_gpu_need(gpu, gpu->frame, cells * CUDA_MATCH_DIMS, &err);
    gpu->colour = lac_gpu_need(gpu, gpu->colour, cells * 3 * sizeof *gpu->colour, &err);
    gpu->offset = lac_gpu_need(gpu, gpu->offset, cells * (size_t)fields * sizeof *gpu->offset, &err);
    gpu->cost = lac_gpu_need(gpu, gpu->cost, cells * (size_t)fields * sizeof *gpu->cost, &err);
    gpu->fields = !err && fields > gpu->fields ? fields : gpu->fields;
    return err;
}

int lac_gpu_send_copy(LacGpu *gpu, LacGpuCopy *copy, const void *host, size_t bytes)
{
    int err;

    if (copy->data) {
        return LAC_OK;
    }
    copy->gpu = gpu;
    err = gpu->ops->alloc(gpu->dev->be, bytes, &copy->data);
    err = err ? err : gpu->ops->up(gpu->dev->be, host, copy->data, bytes);
    if (err) {
        lac_gpu_copy_free(copy);
    }
    return err;
}

/* The prediction at the search's size -> gpu->colour. */
static int resize_prediction(LacGpu *gpu, const LacResize *resize)
{
    const CudaAxis x = lac_gpu_axis(&resize->x), y = lac_gpu_axis(&resize->y);
    const int err = gpu->resize.memory.data ? LAC_OK : gpu->ops->resize_open(gpu->dev->be, &gpu->resize, &x, &y);

    return err ? err : gpu->ops->resize_f32(gpu->dev->be, &gpu->resize, gpu->prediction, 3, gpu->colour);
}

int lac_gpu_match(LacGpu *gpu, LacMatcher *m, const LacLineart *la, const LacResize *resize, const LacMatchRef *refs,
                  LacGpuCopy *const *copies, int count, bool stays)
{
    const size_t cells = (size_t)m->width * (size_t)m->height;
    LacBackend *be = gpu->dev->be;
    CudaMatch match = { .width = m->width, .height = m->height, .count = count };
    int err = match_memory(gpu, cells, count);

    for (int i = 0; i < count && !err; i++) {
        CudaMatchField *f = &match.field[i];

        err = lac_gpu_send_copy(gpu, copies[i], refs[i].described, cells * CUDA_MATCH_DIMS);
        *f = (CudaMatchField){ .ref = copies[i]->data, .offset = gpu->offset + (size_t)i * cells,
                               .cost = gpu->cost + (size_t)i * cells };
        lac_matcher_limits(m, refs[i].local, &f->prior, &f->radius);
    }
    err = err ? err : lac_gpu_run_lineart(gpu, &gpu->match, la);
    err = err ? err : resize_prediction(gpu, resize);
    err = err ? err : gpu->ops->describe(be, m->width, m->height, gpu->match.line, gpu->match.distance, gpu->colour,
                                         gpu->frame);
    match.frame = gpu->frame;
    err = err ? err : gpu->ops->match(be, &match);
    for (int i = 0; i < count && !err && !stays; i++) {
        err = gpu->ops->down(be, match.field[i].offset, m->field[i].offset, cells * sizeof *m->field[i].offset);
        err = err ? err : gpu->ops->down(be, match.field[i].cost, m->field[i].cost, cells * sizeof *m->field[i].cost);
    }
    return err;
}

void lac_gpu_copy_free(LacGpuCopy *copy)
{
    if (copy->data) {
        copy->gpu->ops->free(copy->gpu->dev->be, copy->data);
    }
    *copy = (LacGpuCopy){ 0 };
}

void lac_gpu_settle(LacGpu *gpu, bool there)
{
    gpu->settled = there;
}

/* ---- coloured frames ---- */

/* rgb: in device memory. */
static int write_planes(LacGpu *gpu, const uint8_t *rgb, const LacDevicePicture *out)
{
    static const enum CudaPixels pixels[] = {
        [LAC_PLANES_NV12] = CUDA_NV12, [LAC_PLANES_P010] = CUDA_P010,
        [LAC_PLANES_YUV420P] = CUDA_YUV420P, [LAC_PLANES_YUV444P] = CUDA_YUV444P,
    };
    static const enum PixelMatrix matrix[] = {
        [LAC_MATRIX_BT709] = PIXELS_709, [LAC_MATRIX_BT601] = PIXELS_601, [LAC_MATRIX_BT2020] = PIXELS_2020,
    };
    CudaFrame frame = { .pixels = pixels[out->planes], .width = out->width, .height = out->height,
                        .matrix = matrix[out->matrix], .limited = !out->full_range, .left = !out->chroma_centred };

    for (int i = 0; i < 3; i++) {
        frame.plane[i] = address(out->plane[i]);
        frame.stride[i] = out->stride[i];
    }
    return gpu->ops->write(gpu->dev->be, rgb, &frame);
}

int lac_gpu_write(LacGpu *gpu, const uint8_t *rgb, const LacDevicePicture *out)
{
    int err = LAC_OK;

    gpu->settled = false;
    gpu->rgb = lac_gpu_need(gpu, gpu->rgb, area(gpu) * 3, &err);
    err = err ? err : gpu->ops->up(gpu->dev->be, rgb, gpu->rgb, area(gpu) * 3);
    return err ? err : write_planes(gpu, gpu->rgb, out);
}

int lac_gpu_write_there(LacGpu *gpu, const uint8_t *there, const LacDevicePicture *out)
{
    return write_planes(gpu, there ? there : gpu->rgb, out);
}
