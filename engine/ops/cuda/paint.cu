/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Painting on the GPU: a thread a native pixel, with the arithmetic of paint_math.h; the steps are those of
 * engine/paint/paint.c. */
#include "ops/cuda/kernel.cuh"
#include "ops/cuda/paint_cuda.h"

namespace {

constexpr int THREADS = 256;

__device__ __forceinline__ void put(const CudaField &f, size_t i, const float v[3])
{
    reinterpret_cast<uchar4 *>(f.colour)[i] =
        make_uchar4((uint8_t)(v[0] + 0.5f), (uint8_t)(v[1] + 0.5f), (uint8_t)(v[2] + 0.5f), 0);
}

/* What a pixel is; those joined to a clear cell take its colour. */
__global__ void classify(CudaPaint p, const uint8_t *gray)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y, w = p.cells.width;
    const size_t i = (size_t)y * p.width + x;
    size_t cell[4];
    float weight[4], v[3];

    if (x >= p.width) {
        return;
    }
    const LacPlaceOnAxis px = p.x[x], py = p.y[y];

    if (gray[i] < LAC_PAINT_LINE_BELOW) {
        p.field.state[i] = LAC_PIXEL_LINE;
        return;
    }
    if (!p.cells.whole[(size_t)py.at * w + px.at] && !p.cells.clear[(size_t)py.own * w + px.own]) {
        p.field.state[i] = LAC_PIXEL_UNKNOWN;
        return;
    }
    lac_paint_quad(px, py, w, p.cells.height, cell, weight);
    if (p.cells.whole[(size_t)py.at * w + px.at]) {
        const float *q = p.cells.value;

        for (int c = 0; c < 3; c++) {
            v[c] = lac_between(lac_between(q[cell[0] * 4 + c], q[cell[2] * 4 + c], py.frac),
                               lac_between(q[cell[1] * 4 + c], q[cell[3] * 4 + c], py.frac), px.frac);
        }
    } else {
        lac_paint_join(p.cells.clear, cell, (py.own != py.at) * 2 + (px.own != px.at), weight);
        lac_paint_blend(p.cells.value, cell, weight, v);
    }
    put(p.field, i, v);
    p.field.state[i] = LAC_PIXEL_KNOWN;
}

/* What no front reached keeps the prediction. */
__device__ __forceinline__ void sample_plain(const CudaPaint &p, int x, int y, size_t i)
{
    size_t cell[4];
    float weight[4], v[3];

    lac_paint_quad(p.x[x], p.y[y], p.cells.width, p.cells.height, cell, weight);
    lac_paint_lighten(p.cells.value, cell, weight);
    lac_paint_blend(p.cells.value, cell, weight, v);
    put(p.field, i, v);
    p.field.state[i] = LAC_PIXEL_KNOWN;
}

/* Every clear pixel has a colour; `transferred`, where there is one, lies over them. */
__global__ void fill(CudaPaint p, const uint8_t *transferred)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;
    const size_t i = (size_t)y * p.width + x;

    if (x >= p.width || p.field.state[i] == LAC_PIXEL_LINE) {
        return;
    }
    if (p.field.state[i] == LAC_PIXEL_UNKNOWN) {
        sample_plain(p, x, y, i);
    }
    if (transferred) {
        lac_paint_lay_over(transferred + i * 4, p.field.colour + i * 4);
    }
}

struct Drawing {
    const uint8_t *gray; /* of the lines that are drawn */
    enum LacLines lines;
    const uint8_t *over; /* what was transferred lies over all, or NULL */
    uint8_t *out;
};

/* Every pixel has a colour then, and its line is drawn. */
__global__ void draw(CudaPaint p, Drawing d)
{
    const int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;
    const size_t i = (size_t)y * p.width + x;

    if (x >= p.width) {
        return;
    }
    if (p.field.state[i] == LAC_PIXEL_LINE) {
        sample_plain(p, x, y, i);
    }
    const uchar4 c = reinterpret_cast<const uchar4 *>(p.field.colour)[i];
    const int dark = d.lines == LAC_LINES_NONE ? 0 : 255 - d.gray[i];
    uint8_t pixel[3] = { c.x, c.y, c.z };

    if (dark) {
        const float fill[3] = { (float)c.x, (float)c.y, (float)c.z };
        float over[3];

        lac_paint_line_colour(p.cells.line + ((size_t)p.y[y].own * p.cells.width + p.x[x].own) * 4, d.lines != LAC_LINES_REF,
                              fill, over);
        for (int k = 0; k < 3; k++) {
            pixel[k] = lac_paint_mix(pixel[k], over[k], dark);
        }
    }
    if (d.over) {
        lac_paint_lay_over(d.over + i * 4, pixel);
    }
    for (int k = 0; k < 3; k++) {
        d.out[i * 3 + k] = pixel[k];
    }
}

dim3 grid(const CudaPaint *p)
{
    return dim3((unsigned)lac_cover((size_t)p->width, THREADS), (unsigned)p->height);
}

int run_draw(LacBackend *be, const CudaPaint *p, const Drawing &d)
{
    LAC_LAUNCH(draw, grid(p), THREADS, 0, lac_cuda(be)->stream, *p, d);
    return lac_cuda_launched(be, "painting, lines");
}

/* Where the pixels of an axis lie among the cells. */
int copy_places(LacBackend *be, LacPlaceOnAxis *to, int n, int cells)
{
    LacPlaceOnAxis *places = (LacPlaceOnAxis *)lac_alloc((size_t)n, sizeof *places);
    int ret;

    if (!places) {
        return lac_fail(be->log, LAC_ENOMEM, "out of memory: %d pixels", n);
    }
    for (int i = 0; i < n; i++) {
        places[i] = lac_paint_locate(i, n, cells);
    }
    ret = lac_cuda_check(be, cudaMemcpyAsync(to, places, (size_t)n * sizeof *places, cudaMemcpyHostToDevice,
                                             lac_cuda(be)->stream), "painting, places");
    lac_free(places);
    return ret;
}

/* Cuts `base` into all that has a size; a NULL base only counts. Returns the bytes. */
size_t pieces(CudaPaint *p, char *base)
{
    CudaCells *k = &p->cells;
    const size_t native = (size_t)p->width * p->height, cells = (size_t)k->width * k->height;
    size_t used = 0;

    p->field.state = (uint8_t *)lac_cuda_piece(base, &used, native, 1);
    p->field.colour = (uint8_t *)lac_cuda_piece(base, &used, native, 4);
    p->field.cost = (int32_t *)lac_cuda_piece(base, &used, native, sizeof(int32_t));
    p->x = (LacPlaceOnAxis *)lac_cuda_piece(base, &used, (size_t)p->width, sizeof *p->x);
    p->y = (LacPlaceOnAxis *)lac_cuda_piece(base, &used, (size_t)p->height, sizeof *p->y);
    k->shrunk = (float *)lac_cuda_piece(base, &used, k->shrink ? cells : 0, 3 * sizeof(float));
    k->value = (float *)lac_cuda_piece(base, &used, cells, 4 * sizeof(float));
    k->mean = (float *)lac_cuda_piece(base, &used, cells, sizeof(float));
    k->black = (float *)lac_cuda_piece(base, &used, cells, 3 * sizeof(float));
    k->line = (float *)lac_cuda_piece(base, &used, cells, 4 * sizeof(float));
    k->least = (uint8_t *)lac_cuda_piece(base, &used, cells, 1);
    k->clear = (uint8_t *)lac_cuda_piece(base, &used, cells, 1);
    k->core = (uint8_t *)lac_cuda_piece(base, &used, cells, 1);
    k->whole = (uint8_t *)lac_cuda_piece(base, &used, cells, 1);
    k->sums = (LacInkSums *)lac_cuda_piece(base, &used, 3 * (size_t)k->height, sizeof *k->sums);
    k->fit = (float *)lac_cuda_piece(base, &used, 6, sizeof(float));
    return used;
}

} // namespace

extern "C" int lac_cuda_paint_open(LacBackend *be, CudaPaint *p, const CudaAxis lines[2], const CudaAxis *shrinking)
{
    int ret;

    *p = {};
    p->width = p->field.width = lines[0].in;
    p->height = p->field.height = lines[1].in;
    p->cells.width = lines[0].out;
    p->cells.height = lines[1].out;
    p->cells.shrink = shrinking != NULL;
    p->memory.type = LAC_F32;
    p->memory.n = p->memory.c = 1;
    p->memory.h = (int)lac_cover(pieces(p, NULL), 4096);
    p->memory.w = 1024;
    ret = lac_cuda_tensor_alloc(be, &p->memory);
    ret = ret ? ret : lac_cuda_resize_open(be, &p->cells.lines, &lines[0], &lines[1]);
    if (!ret && shrinking) {
        ret = lac_cuda_resize_open(be, &p->cells.shrinking, &shrinking[0], &shrinking[1]);
    }
    if (!ret) {
        pieces(p, (char *)p->memory.data);
        ret = copy_places(be, p->x, p->width, p->cells.width);
    }
    ret = ret ? ret : copy_places(be, p->y, p->height, p->cells.height);
    if (ret) {
        lac_cuda_paint_close(be, p);
    }
    return ret;
}

extern "C" void lac_cuda_paint_close(LacBackend *be, CudaPaint *p)
{
    lac_cuda_resize_close(be, &p->cells.lines);
    lac_cuda_resize_close(be, &p->cells.shrinking);
    if (p->memory.data) {
        lac_cuda_tensor_free(be, &p->memory);
    }
    *p = {};
}

extern "C" int lac_cuda_paint_run(LacBackend *be, CudaPaint *p, const CudaPicture *f)
{
    const bool coloured = f->lines == LAC_LINES_REF;
    cudaStream_t stream = lac_cuda(be)->stream;
    int ret = lac_cuda_cells_run(be, &p->cells, f->rgb, f->gray);

    if (!ret) {
        LAC_LAUNCH(classify, grid(p), THREADS, 0, stream, *p, f->gray);
        ret = lac_cuda_launched(be, "painting, clear cells");
    }
    ret = ret ? ret : lac_cuda_spread(be, &p->field, lac_paint_reach(p->width, p->cells.width));
    if (!ret) {
        LAC_LAUNCH(fill, grid(p), THREADS, 0, stream, *p, coloured ? NULL : f->transferred);
        ret = lac_cuda_launched(be, "painting, the rest");
    }
    ret = ret ? ret : lac_cuda_spread_lines(be, &p->field, f->gray, lac_paint_depth(p->width, p->height));
    if (!ret && coloured) {
        ret = run_draw(be, p, { f->black, LAC_LINES_KEEP, NULL, f->out });
        ret = ret ? ret : lac_cuda_cells_lines(be, &p->cells, f->black == f->gray ? NULL : f->black, f->out, &f->ink);
    }
    return ret ? ret : run_draw(be, p, { f->black, f->lines, coloured ? f->transferred : NULL, f->out });
}
