/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few calls of oneDNN's C API that changed between 2.x and 3.x, under one name. All return oneDNN's
 * status. Activations are NHWC, weights OIHW or whatever the primitive likes best. */
#ifndef LAC_OPS_CPU_DNNL_COMPAT_H
#define LAC_OPS_CPU_DNNL_COMPAT_H

#include <stdbool.h>
#include <stddef.h>

#include <oneapi/dnnl/dnnl.h>

/* A convolution with the weights' layout left to the primitive. dilation 1 = dense. */
typedef struct LacDnnlConvDesc {
    int n, cin, h, w, cout, ho, wo;
    int kh, kw, stride, dilation;
    int pad_top, pad_left;         /* the other two follow from the sizes */
    bool bias, relu;
    dnnl_data_type_t in, out;      /* source and weights; destination. Bias is f32. */
} LacDnnlConvDesc;

dnnl_status_t lac_dnnl_conv_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const LacDnnlConvDesc *desc);

/* A memory object over `handle` in a plain layout (NHWC, OIHW, vector). */
dnnl_status_t lac_dnnl_memory(dnnl_memory_t *memory, dnnl_engine_t engine, int ndims, const dnnl_dims_t dims,
                              dnnl_data_type_t type, dnnl_format_tag_t tag, void *handle);

/* A memory object over `handle` in the layout `pd` wants for `what`, and the bytes it takes (0: none). */
dnnl_status_t lac_dnnl_pd_memory(dnnl_memory_t *memory, dnnl_engine_t engine, const_dnnl_primitive_desc_t pd,
                                 dnnl_query_t what, void *handle);
size_t lac_dnnl_pd_bytes(const_dnnl_primitive_desc_t pd, dnnl_query_t what);

/* Whether it multiplies matrices instead of having a kernel of its own. */
bool lac_dnnl_pd_by_gemm(const_dnnl_primitive_desc_t pd);

/* Copies src into dst, changing type and layout. */
dnnl_status_t lac_dnnl_reorder(dnnl_engine_t engine, dnnl_stream_t stream, dnnl_memory_t src, dnnl_memory_t dst);

#endif
