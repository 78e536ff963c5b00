/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference back end: plain C, fp32, one thread. Its loops define the operations; convolution,
 * attention and the refinement's have files of their own. */
#include "ops/ref/ref.h"

#include <math.h>
#include <string.h>

static void ref_close(LacBackend *be)
{
    lac_free(be);
}

static int ref_upload(LacBackend *be, const float *src, LacTensor *dst)
{
    (void)be;
    memcpy(dst->data, src, lac_tensor_count(dst) * sizeof *src);
    return LAC_OK;
}

static int ref_download(LacBackend *be, const LacTensor *src, float *dst)
{
    (void)be;
    memcpy(dst, src->data, lac_tensor_count(src) * sizeof *dst);
    return LAC_OK;
}

static int ref_norm(LacBackend *be, const LacNormDesc *d, LacTensor *y)
{
    int ret = lac_check_norm(be, d, y);
    size_t area, p;
    int n, c;

    if (ret < 0) {
        return ret;
    }
    area = (size_t)y->h * (size_t)y->w;
    for (n = 0; n < y->n; n++) {
        for (c = 0; c < y->c; c++) {
            size_t stride = (size_t)y->c, base = (size_t)n * area * stride + (size_t)c;
            const float *x = (const float *)d->x->data + base;
            const float *res = d->residual ? (const float *)d->residual->data + base : NULL;
            float *out = (float *)y->data + base;
            double scale = d->gamma ? 1.0 + ((const float *)d->gamma->data)[c] : 1.0;
            double shift = d->beta ? ((const float *)d->beta->data)[c] : 0.0;
            double mean = 0, var = 0;

            for (p = 0; p < area; p++) {
                mean += x[p * stride];
            }
            mean /= (double)area;
            for (p = 0; p < area; p++) {
                var += (x[p * stride] - mean) * (x[p * stride] - mean);
            }
            var /= (double)area;
            for (p = 0; p < area; p++) {
                double v = scale * (x[p * stride] - mean) / sqrt(var + (double)d->eps) + shift;

                v = d->relu && v < 0 ? 0 : v;
                out[p * stride] = (float)(v + (res ? res[p * stride] : 0));
            }
        }
    }
    return LAC_OK;
}

static int ref_add(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y)
{
    int ret = lac_check_add(be, a, b, y);
    size_t i, count;

    if (ret < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
    for (i = 0; i < count; i++) {
        ((float *)y->data)[i] = ((const float *)a->data)[i] + ((const float *)b->data)[i];
    }
    return LAC_OK;
}

static int ref_mean(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_mean(be, x, y);
    size_t area, p;
    int n, c;

    if (ret < 0) {
        return ret;
    }
    area = (size_t)x->h * (size_t)x->w;
    for (n = 0; n < x->n; n++) {
        for (c = 0; c < x->c; c++) {
            const float *src = (const float *)x->data + (size_t)n * area * (size_t)x->c + (size_t)c;
            double sum = 0;

            for (p = 0; p < area; p++) {
                sum += src[p * (size_t)x->c];
            }
            ((float *)y->data)[(size_t)n * (size_t)x->c + (size_t)c] = (float)(sum / (double)area);
        }
    }
    return LAC_OK;
}

static int ref_mask(LacBackend *be, const LacTensor *a, const LacTensor *b, LacTensor *y)
{
    int ret = lac_check_mask(be, a, b, y);
    size_t i, count;

    if (ret < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
    for (i = 0; i < count; i++) {
        double v = (double)((const float *)a->data)[i] + ((const float *)b->data)[i];

        ((float *)y->data)[i] = (float)(1 / (1 + exp(-v)));
    }
    return LAC_OK;
}

static int ref_combine(LacBackend *be, const LacTensor *mat, const LacTensor *const *mask,
                       const LacTensor *const *fy, int count, LacTensor *y)
{
    int ret = lac_check_combine(be, mat, mask, fy, count, y);
    size_t p, area;
    int c, i;

    if (ret < 0) {
        return ret;
    }
    area = (size_t)y->h * (size_t)y->w;
    for (p = 0; p < area; p++) {
        for (c = 0; c < y->c; c++) {
            size_t at = p * (size_t)y->c + (size_t)c;
            float f_mat = ((const float *)mat->data)[at], sum = 0;

            for (i = 0; i < count; i++) {
                float m = ((const float *)mask[i]->data)[2 * p], n = ((const float *)mask[i]->data)[2 * p + 1];

                sum += (1 - n) * f_mat + n * m * ((const float *)fy[i]->data)[at];
            }
            ((float *)y->data)[at] = sum / (float)count;
        }
    }
    return LAC_OK;
}

static int ref_pool4(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_pool4(be, x, y);
    float *out = y->data;
    int n, h, w, c, i, j;

    if (ret < 0) {
        return ret;
    }
    for (n = 0; n < y->n; n++) {
        for (h = 0; h < y->h; h++) {
            for (w = 0; w < y->w; w++) {
                for (c = 0; c < y->c; c++) {
                    float sum = 0;

                    for (i = 0; i < 4; i++) {
                        for (j = 0; j < 4; j++) {
                            sum += *lac_ref_at(x, n, 4 * h + i, 4 * w + j, c);
                        }
                    }
                    *out++ = sum / 16;
                }
            }
        }
    }
    return LAC_OK;
}

/* Position of output `i` of a 4x upsampling between inputs *lo and *hi, both clamped to the edge. */
static float between(int i, int size, int *lo, int *hi)
{
    float at = ((float)i + 0.5f) / 4 - 0.5f;
    int floor_at = (int)floorf(at);

    *lo = floor_at < 0 ? 0 : floor_at;
    *hi = floor_at + 1 > size - 1 ? size - 1 : floor_at + 1;
    return at - (float)floor_at;
}

static int ref_upsample4_add(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_upsample4_add(be, x, y);
    float *out = y->data;
    int n, h, w, c, h0, h1, w0, w1;

    if (ret < 0) {
        return ret;
    }
    for (n = 0; n < y->n; n++) {
        for (h = 0; h < y->h; h++) {
            float fh = between(h, x->h, &h0, &h1);

            for (w = 0; w < y->w; w++) {
                float fw = between(w, x->w, &w0, &w1);

                for (c = 0; c < y->c; c++) {
                    float top = (1 - fw) * *lac_ref_at(x, n, h0, w0, c) + fw * *lac_ref_at(x, n, h0, w1, c);
                    float low = (1 - fw) * *lac_ref_at(x, n, h1, w0, c) + fw * *lac_ref_at(x, n, h1, w1, c);

                    *out++ += (1 - fh) * top + fh * low;
                }
            }
        }
    }
    return LAC_OK;
}

static int ref_tanh(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_tanh(be, x, y);
    size_t i, count;

    if (ret < 0) {
        return ret;
    }
    count = lac_tensor_count(y);
    for (i = 0; i < count; i++) {
        ((float *)y->data)[i] = tanhf(((const float *)x->data)[i]);
    }
    return LAC_OK;
}

static int ref_convert(LacBackend *be, const LacTensor *x, LacTensor *y)
{
    int ret = lac_check_convert(be, x, y);

    if (ret < 0) {
        return ret;
    }
    memmove(y->data, x->data, lac_tensor_count(x) * sizeof(float));
    return LAC_OK;
}

static const LacOps ref_ops = {
    .name = "ref",
    .close = ref_close,
    .tensor_alloc = lac_host_tensor_alloc,
    .tensor_free = lac_host_tensor_free,
    .upload = ref_upload,
    .download = ref_download,
    .conv_create = lac_ref_conv_create,
    .conv_free = lac_ref_conv_free,
    .conv = lac_ref_conv,
    .norm = ref_norm,
    .add = ref_add,
    .mean = ref_mean,
    .mask = ref_mask,
    .attention = lac_ref_attention,
    .combine = ref_combine,
    .pool4 = ref_pool4,
    .upsample4_add = ref_upsample4_add,
    .tanh = ref_tanh,
    .convert = ref_convert,
    .shift = lac_ref_shift,
    .gate = lac_ref_gate,
    .finish = lac_host_finish,
};

int lac_ref_open(LacDevice *dev, enum LacPrecision precision, const LacLog *log)
{
    LacBackend *be;

    if (precision != LAC_PRECISION_AUTO && precision != LAC_PRECISION_FP32) {
        return lac_fail(log, LAC_EDEVICE, "device ref computes in fp32 only; use precision=fp32 or device=cpu");
    }
    be = lac_calloc(1, sizeof *be);
    if (!be) {
        return lac_fail(log, LAC_ENOMEM, "out of memory: device ref");
    }
    be->log = log;
    be->act = LAC_F32;
    *dev = (LacDevice){ .ops = &ref_ops, .be = be, .act = LAC_F32, .log = log };
    return LAC_OK;
}
