/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution as its definition reads: for each output, the sum over the kernel's taps and input channels. */
#include "ops/ref/ref.h"

#include <string.h>

typedef struct RefConv {
    LacConv head;
    float *weight; /* [cout][kernel][kernel][cin], to run along the channels of x */
    float *bias;   /* [cout] */
} RefConv;

int lac_ref_conv_create(LacBackend *be, const LacConvDesc *d, LacConv **conv)
{
    int ret = lac_check_conv_desc(be->log, d);
    size_t taps, cin, cout, o, i, t;
    RefConv *r;

    *conv = NULL;
    if (ret < 0) {
        return ret;
    }
    taps = (size_t)d->kernel * (size_t)d->kernel;
    cin = (size_t)d->cin;
    cout = (size_t)d->cout;
    r = lac_calloc(1, sizeof *r);
    if (r) {
        r->weight = lac_alloc(cout * cin * taps, sizeof *r->weight);
        r->bias = lac_calloc(cout, sizeof *r->bias);
    }
    if (!r || !r->weight || !r->bias) {
        lac_ref_conv_free(be, (LacConv *)r);
        return lac_fail(be->log, LAC_ENOMEM, "out of memory: conv of %zu x %zu x %zu weights", cout, cin, taps);
    }
    r->head.desc = *d;
    r->head.desc.weight = r->head.desc.bias = NULL;
    for (o = 0; o < cout; o++) {
        for (i = 0; i < cin; i++) {
            for (t = 0; t < taps; t++) {
                r->weight[(o * taps + t) * cin + i] = d->weight[(o * cin + i) * taps + t];
            }
        }
    }
    if (d->bias) {
        memcpy(r->bias, d->bias, cout * sizeof *r->bias);
    }
    *conv = &r->head;
    return LAC_OK;
}

void lac_ref_conv_free(LacBackend *be, LacConv *conv)
{
    RefConv *r = (RefConv *)conv;

    (void)be;
    if (r) {
        lac_free(r->weight);
        lac_free(r->bias);
        lac_free(r);
    }
}

/* One output value before bias, at row h and column w; weight points at this output channel's taps. */
static float taps_sum(const LacConvDesc *d, const float *weight, const LacTensor *x, int n, int h, int w)
{
    int up = d->upsample ? 2 : 1;
    int pad = d->dilation * (d->kernel / 2);
    float sum = 0;
    int i, j, c;

    for (i = 0; i < d->kernel; i++) {
        for (j = 0; j < d->kernel; j++) {
            int row = h * d->stride - pad + i * d->dilation;
            int col = w * d->stride - pad + j * d->dilation;

            if (row >= 0 && row < up * x->h && col >= 0 && col < up * x->w) {
                const float *src = lac_ref_at(x, n, row / up, col / up, 0);
                const float *k = weight + (i * d->kernel + j) * d->cin;

                for (c = 0; c < d->cin; c++) {
                    sum += src[c] * k[c];
                }
            }
        }
    }
    return sum;
}

int lac_ref_conv(LacBackend *be, LacConv *conv, const LacTensor *x, LacTensor *y)
{
    const RefConv *r = (const RefConv *)conv;
    const LacConvDesc *d = &conv->desc;
    int ret = lac_check_conv(be, conv, x, y);
    size_t per_out = (size_t)d->kernel * (size_t)d->kernel * (size_t)d->cin;
    float *out = y->data;
    int n, h, w, o;

    if (ret < 0) {
        return ret;
    }
    for (n = 0; n < y->n; n++) {
        for (h = 0; h < y->h; h++) {
            for (w = 0; w < y->w; w++) {
                for (o = 0; o < y->c; o++) {
                    float v = taps_sum(d, r->weight + (size_t)o * per_out, x, n, h, w) + r->bias[o];

                    *out++ = d->relu && v < 0 ? 0 : v;
                }
            }
        }
    }
    return LAC_OK;
}
