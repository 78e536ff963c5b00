/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights of both networks in host memory: names and shapes -> structs (docs/MODEL.md, "Weights"). */
#ifndef LAC_MODEL_H
#define LAC_MODEL_H

#include "model/safetensors.h"

enum {
    LAC_MODEL_VERSION = 1,      /* metadata "format_version" this library reads */
    LAC_MODEL_MAX_BLOCKS = 32,  /* middle blocks, and matching blocks */
    LAC_REFINE_LAYERS = 11,     /* of the temporal refinement */
    LAC_REFINE_INPUTS = 6,      /* its channels: line, colour, 1 on references, agreement of the line art */
};

/* Shape of the network, from the file's metadata. B = base, C = 4 B. */
typedef struct LacConfig {
    int base;                                  /* B, 8..256, a multiple of 8 */
    int mid_blocks;                            /* AdaIN residual blocks, 1..LAC_MODEL_MAX_BLOCKS */
    int match_count;                           /* blocks of the wide matching encoder; 0: EnD sees d alone */
    int match_dilation[LAC_MODEL_MAX_BLOCKS];  /* 1..64 each */
    int head;                                  /* channels of q and k, 1..512 */
    int style;                                 /* hidden width of the AdaIN MLP, 1..4096 */
    bool warp;                                 /* (a) warped reference colour */
    bool skip;                                 /* EnL's features enter the decoder */
    bool locality;                             /* locality prior on the logits */
    bool lag;                                  /* logits know how far in time a reference is */
    int refine_base;                           /* R of the temporal refinement, 0..64; 0: the file has none */
    char preset[32];                           /* for messages; "" where the file names none */
} LacConfig;

/* One convolution or linear layer: weight [cout][cin][kernel][kernel] (linear: kernel 1), bias [cout] or NULL. fp32. */
typedef struct LacLayer {
    int cin, cout, kernel;
    float *weight, *bias;
} LacLayer;

typedef struct LacModel {
    LacConfig config;
    LacLayer enl[3], end[3], enc[3];
    LacLayer match[LAC_MODEL_MAX_BLOCKS][2];
    LacLayer embedder[5];
    LacLayer mlp[2];
    LacLayer q, k, v, o, mask_tgt, mask_ref;
    float locality;                            /* log of the prior's strength; 0 without the flag, which decides */
    float nearness, reach;                     /* 0 without lag */
    LacLayer warp_in;                          /* weight NULL without warp */
    LacLayer mid[LAC_MODEL_MAX_BLOCKS][2];
    LacLayer decoder[4];
    LacLayer refine[LAC_REFINE_LAYERS];        /* cout: f and g, but the last's; none without refine_base */
    float *refine_shift[LAC_REFINE_LAYERS];    /* [cin][3]: weight of the frame before, the frame, the frame after */
} LacModel;

/* Reads a weights file. Every missing, unexpected and misshapen tensor is logged, then LAC_EMODEL.
 * LAC_EIO, LAC_EFORMAT, LAC_ENOMEM as lac_safetensors_open. *model is NULL on failure. */
int lac_model_load(LacModel **model, const char *path, const LacLog *log);
/* The same from an open file, which may be closed afterwards. */
int lac_model_read(LacModel **out, const LacSafetensors *st, const LacLog *log);
void lac_model_free(LacModel **model);

/* The shape alone. LAC_EMODEL, logged, where the file is of another kind or version, or a field is not what it should be. */
int lac_model_config(LacConfig *c, const LacSafetensors *st, const LacLog *log);

#endif
