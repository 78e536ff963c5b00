/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON header of a safetensors file, for safetensors.c alone. */
#ifndef LAC_SAFETENSORS_HEADER_H
#define LAC_SAFETENSORS_HEADER_H

#include "model/safetensors_view.h"

typedef struct LacEntry {   /* one tensor; its data is placed by safetensors.c */
    LacView view;
    uint64_t begin, end;    /* bytes from the start of the data */
} LacEntry;

typedef struct LacPair {
    const char *key, *value;
} LacPair;

typedef struct LacHeader {
    char *strings;          /* all names, keys and values */
    LacEntry *entries;      /* in file order */
    size_t count;
    LacPair *pairs;         /* the metadata */
    size_t pair_count;
} LacHeader;

/* Fills a zeroed header from its JSON. Free it on failure as well. LAC_EFORMAT, LAC_ENOMEM. */
int lac_header_parse(LacHeader *header, const uint8_t *json, size_t size, const char *source, const LacLog *log);
void lac_header_free(LacHeader *header);

#endif
