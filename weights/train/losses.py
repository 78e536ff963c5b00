# SPDX-License-Identifier: LGPL-2.1-or-later
"""Losses of the colour transform network: those that need no second network (paper 3.4, matching), and the weights
of all of them; discriminator.py and perceptual.py have the rest."""
from __future__ import annotations

from collections.abc import Container

import torch
import torch.nn.functional as F
from torch import Tensor

from data import Batch

PLAIN = {"l1": 10.0, "warp": 3.0, "latent": 1.0, "match": 1.0}
PAPER = {"l1": 10.0, "perceptual": 1.0, "style": 1000.0, "latent": 1.0, "gan": 1.0}     # Eq. 11
LOSSES = {"plain": PLAIN, "paper": PAPER, "all": PAPER | PLAIN}
TEACHING = {"teacher": 5.0, "attend": 0.2}      # besides, where there is a teacher: distill.py
MATCHING = ("warp", "match")      # those that need no picture: model.matching's
MATCH_QUERIES = 512


def matching(attention: Tensor, region: Tensor, region_r: Tensor) -> tuple[Tensor, float]:
    """-log of the attention mass on the reference positions of the query's own region; also the share of
    queries with most of their mass there. attention [S,T*hw,K*hw]; region [S,T,h,w], region_r [S,K,h,w].

    Queries are drawn at random; small regions (eyes, buttons) weigh more than their area. A shot whose identities
    are unknown (-1, from clips) takes no part."""
    rows, same, sizes = [], [], []
    for i, (q, r) in enumerate(zip(region.flatten(1), region_r.flatten(1))):
        if int(q[0]) < 0:
            continue
        count = torch.bincount(torch.cat([q, r]))
        seen = torch.bincount(r, minlength=len(count)) > 0
        weight = seen[q] / count[q].float().sqrt()
        queries = min(MATCH_QUERIES, int((weight > 0).sum()))
        if not queries:
            continue
        idx = torch.multinomial(weight, queries)
        rows.append(idx + i * len(q))
        same.append(q[idx][:, None] == r[None])
        sizes.append(queries)
    if not rows:
        return attention.sum() * 0, 0.0
    # one selection for all shots: each has a gradient of the whole matrix's size
    chosen = attention.flatten(0, 1).index_select(0, torch.cat(rows))
    mass = (chosen * torch.cat(same)).sum(1)
    of_shot = [part.mean() for part in (mass + 1e-4).log().neg().split(sizes)]
    return torch.stack(of_shot).mean(), float((mass > 0.5).float().mean())


def color_losses(stages: dict[str, Tensor], batch: Batch,
                 wanted: Container[str] = PLAIN) -> tuple[dict[str, Tensor], float]:
    """The `wanted` ones of these terms, unweighted, by name, and the matching hit rate in any case."""
    y = batch.y
    small = F.avg_pool2d(y.flatten(0, 1), 4).reshape(stages["warped"].shape)
    terms = {}
    if "l1" in wanted:
        terms["l1"] = (stages["out"] - y).abs().mean()
    if "warp" in wanted:
        terms["warp"] = (stages["warped"].float() - small).abs().mean()
    if "latent" in wanted:
        terms["latent"] = sum((stages[k].float() - small).abs().mean() for k in ("latent_sim", "latent_mid"))
    attention = stages["attention"] if "match" in wanted else stages["attention"].detach()
    match, hit = matching(attention, batch.region, batch.region_r)
    if "match" in wanted:
        terms["match"] = match
    return terms, hit
