/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References as the network and the painting take them: pictures, encodings, the colour of their ink. */
#ifndef LAC_REFS_ENCODE_H
#define LAC_REFS_ENCODE_H

#include "refs/refs.h"

/* Encodings and copied pictures kept (those in use may be more); the one unused for longest goes, and is made again if a seek asks for it. */
enum { LAC_MAX_CODES = 24, LAC_MAX_PIXELS = 4 };

/* The reference's colour picture into one of the same size or, if it differs, resized. */
int lac_refs_write(const LacRefs *refs, int i, LacPacker *packer, LacPicture *out, int threads);

/* The reference as network inputs are made from it: colour and line art unpacked, with `exact` that too, a model sheet
 * letterboxed onto white to the video's aspect ratio. */
int lac_refs_pictures(const LacRefs *refs, int i, LacPacker *packer, int width, int height, bool exact,
                      LacRefPictures *out);

/* The code of reference i, encoded now if it is not at hand; `keep` of `count` are never dropped for it. */
int lac_refs_code(LacRefs *refs, int i, LacNet *net, LacPacker *packer, const LacLineart *video,
                  const int *keep, int count, LacRefCode **code);

/* The same for what is copied from reference i; exact: with alpha and 16 bits, where it has them. */
int lac_refs_pixels(LacRefs *refs, int i, LacTransfer *transfer, LacPacker *packer, const LacLineart *video,
                    const int *keep, int count, bool exact, LacTransferRef **pixels);

/* The line colours of `count` encoded references, averaged. */
LacLineColour lac_refs_ink(const LacRefs *refs, const int *chosen, int count);

#endif
