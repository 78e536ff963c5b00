/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a reference's files or the caller's pictures to what the reference bank takes. */
#ifndef LAC_REFS_READ_H
#define LAC_REFS_READ_H

#include "refs/refs.h"

/* PNG files; line may be NULL. *p, which must be empty, is to be freed also after a failure, which is logged. */
int lac_refs_read(LacRefPictures *p, const char *color, const char *line, int threads, const LacLog *log);

/* The same from pictures; `name` is for messages. */
int lac_refs_copy(LacRefPictures *p, const LacPicture *color, const LacPicture *line, const char *name, int threads,
                  const LacLog *log);

#endif
