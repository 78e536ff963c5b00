/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Step 1 of flat.h. */
#include "regions/flat_classes.h"

/* Adds to the weight of a class that is there, or puts a new one in the place of the lightest. */
static void add_class(LacFlatClasses *k, LacFlatClass one)
{
    int at = 0;

    while (at < k->n && memcmp(k->list[at].rgb, one.rgb, 3) != 0) {
        at++;
    }
    if (at == k->n && k->n < LAC_FLAT_CLASSES) {
        k->n++;
    } else if (at == k->n && k->list[--at].weight >= one.weight) {
        return;
    } else if (memcmp(k->list[at].rgb, one.rgb, 3) == 0) {
        const float weight = one.weight + k->list[at].weight;
        one = one.weight > k->list[at].weight ? one : k->list[at];
        one.weight = weight;
    }
    for (; at > 0 && k->list[at - 1].weight < one.weight; at--) {
        k->list[at] = k->list[at - 1];
    }
    k->list[at] = one;
}

static LacFlatClass class_from(const LacPaletteColour *p, int source, float weight)
{
    return (LacFlatClass){{p->rgb[0], p->rgb[1], p->rgb[2]}, (uint8_t)source, p->at, weight};
}

void lac_flat_classes_of(const LacOrigins *o, const LacVoteSource *sources, int region, LacFlatClasses *k)
{
    k->n = 0;
    for (int s = 0; s < o->sources; s++) {
        const LacPalette *p = &sources[s].ref->palette;
        const LacOrigin *origin = lac_origins_of(o, region, s);
        const float least = origin->share < LAC_ORIGIN_SHARE ? origin->share : LAC_ORIGIN_SHARE;

        for (int i = 0; i < LAC_ORIGINS && origin[i].label && origin[i].share >= least; i++) {
            const size_t from = p->first[origin[i].label], to = p->first[origin[i].label + 1];
            for (size_t c = from; c < to; c++) {
                add_class(k, class_from(&p->colour[c], s, origin[i].share * p->colour[c].share));
            }
        }
    }
}

void lac_flat_classes_of_all(const LacOrigins *o, const LacVoteSource *sources, LacFlatClasses *k)
{
    k->n = 0;
    for (int region = 1; region <= o->regions; region++) {
        for (int s = 0; s < o->sources; s++) {
            const LacPalette *p = &sources[s].ref->palette;
            const int32_t label = lac_origins_of(o, region, s)->label;

            for (size_t c = p->first[label]; label && c < p->first[label + 1]; c++) {
                add_class(k, class_from(&p->colour[c], s,
                                        p->colour[c].share * (float)o->pixels[region].n));
            }
        }
    }
}

void lac_flat_classes_extend(LacFlatClasses *k, const LacFlatClasses *all)
{
    for (int i = 0; i < all->n; i++) {
        LacFlatClass one = all->list[i];

        one.weight *= 1e-9f;
        add_class(k, one);
    }
}
