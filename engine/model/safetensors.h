/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* safetensors: file bytes -> validated named views. Knows nothing of networks.
 *
 * Accepted: F32, F16, BF16 tensors that tile the data section exactly, each aligned to its element size,
 * at most LAC_SAFETENSORS_MAX_RANK dimensions, and string metadata. Everything else is LAC_EFORMAT with
 * source, tensor and reason in the log. */
#ifndef LAC_SAFETENSORS_H
#define LAC_SAFETENSORS_H

#include "model/safetensors_view.h"

enum { LAC_SAFETENSORS_MAX_HEADER = 4 << 20 }; /* bytes */

typedef struct LacSafetensors LacSafetensors;

/* Reads the whole file. LAC_EIO, LAC_EFORMAT, LAC_ENOMEM; *out is NULL on failure. */
int lac_safetensors_open(LacSafetensors **out, const char *path, const LacLog *log);
/* The same from memory; `bytes` stay the caller's and must outlive *out. `source` names them in messages. */
int lac_safetensors_parse(LacSafetensors **out, const uint8_t *bytes, size_t size, const char *source,
                          const LacLog *log);
void lac_safetensors_close(LacSafetensors **st);

/* Path or source name given at opening. */
const char *lac_safetensors_source(const LacSafetensors *st);

/* Tensors in the order of their names. */
size_t lac_safetensors_count(const LacSafetensors *st);
const LacView *lac_safetensors_at(const LacSafetensors *st, size_t i);
/* NULL when there is none. */
const LacView *lac_safetensors_find(const LacSafetensors *st, const char *name);
/* Value of a metadata key, NULL when absent. */
const char *lac_safetensors_metadata(const LacSafetensors *st, const char *key);

#endif
