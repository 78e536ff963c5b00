/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the network: what the stage files share. One file per stage, in reading order:
 *
 *   line --EnL-> f_line --------------------------------(+)-> Mid (AdaIN) -> Decoder -> out
 *   line, distance --EnD-> f_d --+                       ^      ^              ^
 *   reference --EnD-> f_d_ref, EnC-> f_y --> Sim --> f_sim      |              |
 *   reference colour ---------------------> Sim --> warped -----|--------------+
 *   reference line, colour -> Embedder -> mean -> MLP ----------+
 *
 * Every function returns LAC_OK or a negative LacError after logging. h, w: the frame; B, C: docs/MODEL.md. */
#ifndef LAC_NET_STAGES_H
#define LAC_NET_STAGES_H

#include "net/net.h"

enum LacStage {
    LAC_STAGE_INPUT,      /* host -> device */
    LAC_STAGE_ENCODER,    /* EnL */
    LAC_STAGE_MATCH,      /* EnD */
    LAC_STAGE_ATTENTION,  /* Sim */
    LAC_STAGE_STYLE,      /* AdaIN parameters, once per set of references */
    LAC_STAGE_MIDDLE,     /* AdaIN blocks */
    LAC_STAGE_DECODER,
    LAC_STAGE_OUTPUT,     /* device -> host */
    LAC_STAGE_REFERENCE,  /* all of lac_net_encode */
    LAC_STAGE_REFINE,     /* all of lac_net_refine */
    LAC_STAGE_COUNT
};

typedef struct LacEncoder {        /* EnL, EnC and the first part of EnD */
    LacConv *conv[3];
} LacEncoder;

typedef struct LacSim {
    LacConv *q, *k, *v, *o, *mask_tgt, *mask_ref;
    float locality, nearness, reach;
} LacSim;

typedef struct LacAdain {          /* the MLP, on the host: it runs once per set of references */
    int in, hidden, out;
    float *w0, *b0, *w1, *b1;      /* [hidden][in], [hidden], [out][hidden], [out] */
    float *mean, *mid;             /* [in], [hidden]: scratch */
    float *params;                 /* [mid_blocks][4][C]: gamma, beta, gamma, beta of each block */
    LacTensor device;              /* the same as f32 [mid_blocks * 4, 1, 1, C] */
    uint64_t *ids;                 /* codes the parameters belong to; id_count 0: none */
    int id_count, id_capacity;
} LacAdain;

/* Tensors of one frame. f32 where said, else of the activation type. full: h, w; half, quarter, ...: of it. */
typedef struct LacWorkspace {
    int h, w;                      /* 0: nothing allocated */
    int refs;                      /* references `mask` has room for */
    LacTensor line, match;         /* inputs [h,w,1], [h,w,1 or 2] */
    LacTensor colour, style;       /* inputs of a reference [h,w,3], [h,w,4] */
    LacTensor e0, e1, f_line;      /* EnL: [h,w,B], half 2B, quarter C */
    LacTensor full, half;          /* scratch like e0, e1 */
    LacTensor t0, t1;              /* scratch, quarter C */
    LacTensor f_d;                 /* quarter C */
    LacTensor eighth, sixteenth, mean;      /* embedder: C; mean f32 [1,1,1,C] */
    LacTensor q, mat, f_mat, f_sim;         /* quarter: head, C/2, C, C */
    LacTensor mask_tgt, mask;      /* quarter f32: [1,..,2], [refs,..,2] */
    LacTensor warped, warped_act;  /* quarter 3: f32, activation type */
    LacTensor out;                 /* [h,w,3] f32 */
    LacAttentionRef *attention_refs;        /* [refs] */
    LacTensor *mask_views;                  /* [refs] */
    const LacTensor **mask_list, **f_y_list;
    float *staging;                /* host [h][w][4] */
} LacWorkspace;

typedef struct LacRefine {
    LacConv *conv[LAC_REFINE_LAYERS];
    LacTensor kernel[LAC_REFINE_LAYERS];    /* f32 [3,1,1,cin] */
    int h, w, frames;              /* what the memory below is for; 0: there is none */
    LacTensor input;               /* [frames,h,w,6]: line, colour, 1 on references, agreement with the next frame */
    LacTensor e0, e1, e2, mid;     /* [frames,...]: R, half 2R, quarter 4R, quarter 4R */
    LacTensor seen, wide;          /* one frame's, of any layer: shifted input, output of the convolution */
    LacTensor wide_f32, residual, ties; /* f32 [1,h,w,6], [1,h,w,3], [1,h,w,3] */
} LacRefine;

/* Of windows on the host. */
typedef struct LacLinks {
    size_t area;                   /* h w */
    int frames;
    float *staging;                /* [h][w][6] */
    float *differs;                /* [frames][h][w]: of the line art, from the next frame's */
    float *scratch;                /* [2][h][w] */
} LacLinks;

struct LacRefCode {
    uint64_t id;                   /* unique in its net: addresses are used again, ids are not */
    int h, w;
    bool local;
    LacTensor k, v, f_y;           /* quarter: head, C/2, C */
    LacTensor mask_ref, colour;    /* quarter f32: 2, 3 */
    float *style;                  /* [C]: the embedder's mean, on the host */
};

struct LacNet {
    LacConfig config;
    const LacDevice *dev;
    LacEncoder enl, end, enc;
    LacConv *match[LAC_MODEL_MAX_BLOCKS][2];
    LacConv *embedder[5];
    LacSim sim;
    LacConv *warp_in;
    LacAdain adain;
    LacConv *mid[LAC_MODEL_MAX_BLOCKS][2];
    LacConv *decoder[4];
    LacRefine refine;
    LacLinks links;
    LacWorkspace ws;
    uint64_t next_id;
    LacStageCallback *callback;
    void *callback_opaque;
    double ms[LAC_STAGE_COUNT];
    double lap;                    /* when the current stage began */
    bool wait;                     /* a stage's time ends when its work is done, on devices that queue it, too */
};

#define LAC_NORM_EPS 1e-5f

/* stages.c: what every stage uses. */
/* How a layer is applied; a zeroed struct is a plain convolution of stride 1. */
typedef struct LacConvUse {
    int stride, dilation;          /* 0: 1 */
    bool upsample, relu, out_f32;
} LacConvUse;
int lac_net_conv_open(LacNet *net, LacConv **conv, const LacLayer *layer, LacConvUse use);
void lac_net_conv_close(LacNet *net, LacConv **conv, int count);
int lac_net_conv(LacNet *net, LacConv *conv, const LacTensor *x, LacTensor *y);
/* x <- [relu](norm(x)) [+ residual]; residual NULL: none. */
int lac_net_norm(LacNet *net, LacTensor *x, bool relu, const LacTensor *residual);
/* Gives a stage's values to the callback, which must be set; returns LAC_OK. shape's type and data do not count. */
int lac_net_give(LacNet *net, const char *name, LacTensor shape, const float *values);
/* The same for a tensor on the device, if a callback is set. */
int lac_net_emit(LacNet *net, const char *name, const LacTensor *t);
/* Picture i of t's n. */
LacTensor lac_net_slice(const LacTensor *t, int i);

/* workspace.c */
/* LAC_EINVAL after logging unless h, w are a network size. */
int lac_net_check_size(const LacNet *net, int h, int w);
/* Makes the workspace fit h, w and `refs` references; nothing happens when it does already. */
int lac_workspace_fit(LacNet *net, int h, int w, int refs);
void lac_workspace_free(LacNet *net);
/* Allocates one tensor; frees it, if it has memory. */
int lac_net_tensor(LacNet *net, LacTensor *t, enum LacType type, int n, int h, int w, int c);
void lac_net_tensor_free(LacNet *net, LacTensor *t);

/* encoder.c */
int lac_encoder_open(LacNet *net, LacEncoder *encoder, const LacLayer layer[3]);
void lac_encoder_close(LacNet *net, LacEncoder *encoder);
int lac_encoder_run(LacNet *net, const LacEncoder *encoder, const LacTensor *x, LacTensor *e0, LacTensor *e1,
                    LacTensor *y);
int lac_match_open(LacNet *net, const LacModel *model);
void lac_match_close(LacNet *net);
int lac_match_run(LacNet *net, const LacTensor *x, LacTensor *f_d); /* uses full, half, t0, t1 */

/* attention.c */
int lac_sim_open(LacNet *net, const LacModel *model);
void lac_sim_close(LacNet *net);
int lac_sim_reference(LacNet *net, const LacTensor *f_d_ref, LacRefCode *code); /* code->f_y is there */
/* ws.f_d -> ws.f_sim, ws.warped; lag as lac_net_color's */
int lac_sim_run(LacNet *net, LacRefCode *const *codes, const float *lag, int count);

/* embedder.c */
int lac_embedder_open(LacNet *net, const LacModel *model);
void lac_embedder_close(LacNet *net);
int lac_embedder_run(LacNet *net, const LacTensor *xy, float *style); /* -> host [C] */

/* adain.c */
int lac_adain_open(LacNet *net, const LacModel *model);
void lac_adain_close(LacNet *net);
int lac_adain_style(LacNet *net, LacRefCode *const *codes, int count); /* the parameters, if the set changed */
int lac_adain_run(LacNet *net, LacTensor *f);                          /* Mid, in place; uses t0, t1 */

/* decoder.c */
int lac_decoder_open(LacNet *net, const LacModel *model);
void lac_decoder_close(LacNet *net);
int lac_decoder_run(LacNet *net, const LacTensor *f);                  /* -> ws.out; overwrites ws.e0 */

/* refine.c */
int lac_refine_open(LacNet *net, const LacModel *model);               /* nothing without refine_base */
void lac_refine_close(LacNet *net);
int lac_refine_fit(LacNet *net, int h, int w, int frames);
int lac_refine_run(LacNet *net, const LacRefineWindow *window, int count);

/* links.c */
int lac_links_fit(LacNet *net, int h, int w, int frames);              /* lac_refine_fit beforehand */
void lac_links_free(LacLinks *l);
int lac_links_run(LacNet *net, int h, int w, const LacRefineFrame *frames, int count);

/* differ.c */
/* Line art of two frames [h][w] in [-1, 1] -> out [h][w] in 0..LAC_DIFFER_MOST: how much it differs around each pixel;
 * scratch [2][h][w]. */
void lac_line_difference(const float *a, const float *b, int h, int w, float *scratch, float *out);

#endif
