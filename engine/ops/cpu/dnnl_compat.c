/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* oneDNN 2.x describes memory by value and operations by descriptors; 3.x hides the first and drops the second. */
#include "ops/cpu/dnnl_compat.h"

#include <string.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t MdRef;
#else
typedef const dnnl_memory_desc_t *MdRef;
#endif

/* Memory descriptor with its life time: begin, use ref, end. */
typedef struct Md {
    dnnl_memory_desc_t md;
    MdRef ref;
} Md;

static dnnl_status_t md_begin(Md *m, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type,
                              dnnl_format_tag_t tag)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_status_t s = dnnl_memory_desc_create_with_tag(&m->md, ndims, dims, type, tag);

    m->ref = s == dnnl_success ? m->md : NULL;
#else
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&m->md, ndims, dims, type, tag);

    m->ref = s == dnnl_success ? &m->md : NULL;
#endif
    return s;
}

static void md_end(Md *m)
{
#if DNNL_VERSION_MAJOR >= 3
    if (m->ref) {
        dnnl_memory_desc_destroy(m->md);
    }
#endif
    m->ref = NULL;
}

static dnnl_status_t attr_create(dnnl_primitive_attr_t *attr, bool relu)
{
    dnnl_post_ops_t post = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(attr);

    if (s != dnnl_success) {
        *attr = NULL;
        return s;
    }
    s = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (s == dnnl_success && relu) {
        s = dnnl_post_ops_create(&post);
        if (s == dnnl_success) {
#if DNNL_VERSION_MAJOR >= 3
            s = dnnl_post_ops_append_eltwise(post, dnnl_eltwise_relu, 0, 0);
#else
            s = dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0);
#endif
            if (s == dnnl_success) {
                s = dnnl_primitive_attr_set_post_ops(*attr, post);
            }
            dnnl_post_ops_destroy(post);
        }
    }
    return s;
}

/* Padding behind the last input that makes `out` outputs come out; may be negative where the stride skips inputs. */
static dnnl_dim_t pad_after(int in, int out, int kernel, int stride, int dilation, int before)
{
    return (dnnl_dim_t)(out - 1) * stride + (dnnl_dim_t)(kernel - 1) * dilation + 1 - in - before;
}

static dnnl_status_t conv_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const LacDnnlConvDesc *d, MdRef src,
                             MdRef weights, MdRef bias, MdRef dst, const_dnnl_primitive_attr_t attr)
{
    dnnl_dims_t strides = { d->stride, d->stride };
    dnnl_dims_t dilates = { d->dilation - 1, d->dilation - 1 };
    dnnl_dims_t before = { d->pad_top, d->pad_left };
    dnnl_dims_t after = { pad_after(d->h, d->ho, d->kh, d->stride, d->dilation, d->pad_top),
                          pad_after(d->w, d->wo, d->kw, d->stride, d->dilation, d->pad_left) };
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_forward_primitive_desc_create(pd, engine, dnnl_forward_inference,
                                                          dnnl_convolution_direct, src, weights, bias, dst, strides,
                                                          dilates, before, after, attr);
#else
    dnnl_convolution_desc_t op;
    dnnl_status_t s = dnnl_dilated_convolution_forward_desc_init(&op, dnnl_forward_inference,
                                                                 dnnl_convolution_direct, src, weights, bias, dst,
                                                                 strides, dilates, before, after);

    return s != dnnl_success ? s : dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

dnnl_status_t lac_dnnl_conv_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const LacDnnlConvDesc *d)
{
    dnnl_dims_t src_dims = { d->n, d->cin, d->h, d->w };
    dnnl_dims_t dst_dims = { d->n, d->cout, d->ho, d->wo };
    dnnl_dims_t weight_dims = { d->cout, d->cin, d->kh, d->kw };
    dnnl_dims_t bias_dims = { d->cout };
    Md src = { .ref = NULL }, dst = { .ref = NULL }, weights = { .ref = NULL }, bias = { .ref = NULL };
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t s = attr_create(&attr, d->relu);

    if (s == dnnl_success) {
        s = md_begin(&src, 4, src_dims, d->in, dnnl_nhwc);
    }
    if (s == dnnl_success) {
        s = md_begin(&dst, 4, dst_dims, d->out, dnnl_nhwc);
    }
    if (s == dnnl_success) {
        s = md_begin(&weights, 4, weight_dims, d->in, dnnl_format_tag_any);
    }
    if (s == dnnl_success && d->bias) {
        s = md_begin(&bias, 1, bias_dims, dnnl_f32, dnnl_x);
    }
    if (s == dnnl_success) {
        s = conv_pd(pd, engine, d, src.ref, weights.ref, bias.ref, dst.ref, attr);
    }
    md_end(&src);
    md_end(&dst);
    md_end(&weights);
    md_end(&bias);
    if (attr) {
        dnnl_primitive_attr_destroy(attr);
    }
    return s;
}

dnnl_status_t lac_dnnl_memory(dnnl_memory_t *memory, dnnl_engine_t engine, int ndims, const dnnl_dims_t dims,
                              dnnl_data_type_t type, dnnl_format_tag_t tag, void *handle)
{
    Md m;
    dnnl_status_t s = md_begin(&m, ndims, dims, type, tag);

    if (s == dnnl_success) {
        s = dnnl_memory_create(memory, m.ref, engine, handle);
    }
    md_end(&m);
    return s;
}

static MdRef query(const_dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(pd, what, 0);
}

dnnl_status_t lac_dnnl_pd_memory(dnnl_memory_t *memory, dnnl_engine_t engine, const_dnnl_primitive_desc_t pd,
                                 dnnl_query_t what, void *handle)
{
    MdRef md = query(pd, what);

    return md ? dnnl_memory_create(memory, md, engine, handle) : dnnl_invalid_arguments;
}

size_t lac_dnnl_pd_bytes(const_dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    MdRef md = query(pd, what);

    return md ? dnnl_memory_desc_get_size(md) : 0;
}

bool lac_dnnl_pd_by_gemm(const_dnnl_primitive_desc_t pd)
{
    const char *name = NULL;

    return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) == dnnl_success && name && strstr(name, "gemm");
}

dnnl_status_t lac_dnnl_reorder(dnnl_engine_t engine, dnnl_stream_t stream, dnnl_memory_t src, dnnl_memory_t dst)
{
    MdRef from, to;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t reorder;
    dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, src }, { DNNL_ARG_TO, dst } };
    dnnl_status_t s = dnnl_memory_get_memory_desc(src, &from);

    if (s == dnnl_success) {
        s = dnnl_memory_get_memory_desc(dst, &to);
    }
    if (s == dnnl_success) {
        s = dnnl_reorder_primitive_desc_create(&pd, from, engine, to, engine, NULL);
    }
    if (s != dnnl_success) {
        return s;
    }
    s = dnnl_primitive_create(&reorder, pd);
    dnnl_primitive_desc_destroy(pd);
    if (s == dnnl_success) {
        s = dnnl_primitive_execute(reorder, stream, 2, args);
        if (s == dnnl_success) {
            s = dnnl_stream_wait(stream);
        }
        dnnl_primitive_destroy(reorder);
    }
    return s;
}
