# SPDX-License-Identifier: LGPL-2.1-or-later
"""Losses of the colour transform network: those that need no second network (paper 3.4, matching), and the weights
of all of them; discriminator.py and perceptual.py have the rest."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from data import Batch

PLAIN = {"l1": 10.0, "warp": 3.0, "latent": 1.0, "match": 1.0}
PAPER = {"l1": 10.0, "perceptual": 1.0, "style": 1000.0, "latent": 1.0, "gan": 1.0}     # Eq. 11
LOSSES = {"plain": PLAIN, "paper": PAPER, "all": PAPER | PLAIN}
MATCH_QUERIES = 512


def matching(attention: Tensor, region: Tensor, region_r: Tensor) -> tuple[Tensor, float]:
    """-log of the attention mass on the reference positions of the query's own region; also the share of
    queries with most of their mass there. attention [S,T*hw,K*hw]; region [S,T,h,w], region_r [S,K,h,w].

    Queries are drawn at random; small regions (eyes, buttons) weigh more than their area. A shot whose identities
    are unknown (-1, from clips) takes no part."""
    s = attention.shape[0]
    losses, hits, total = [], 0.0, 0
    for i in range(s):
        q, r = region[i].flatten(), region_r[i].flatten()
        if int(q[0]) < 0:
            continue
        count = torch.bincount(torch.cat([q, r]))
        seen = torch.bincount(r, minlength=len(count)) > 0
        weight = torch.where(seen[q], 1.0 / count[q].float().sqrt(), torch.zeros((), device=q.device))
        if not bool((weight > 0).any()):
            continue
        idx = torch.multinomial(weight, min(MATCH_QUERIES, int((weight > 0).sum())))
        rows = attention[i].index_select(0, idx)
        mass = (rows * (q[idx][:, None] == r[None])).sum(1)
        losses.append(-(mass + 1e-4).log().mean())
        hits += float((mass > 0.5).sum())
        total += len(idx)
    loss = torch.stack(losses).mean() if losses else attention.sum() * 0
    return loss, hits / max(total, 1)


def color_losses(stages: dict[str, Tensor], batch: Batch) -> tuple[dict[str, Tensor], float]:
    """Unweighted terms by name, and the matching hit rate."""
    y = batch.y
    small = F.avg_pool2d(y.flatten(0, 1), 4).reshape(stages["warped"].shape)
    match, hit = matching(stages["attention"], batch.region, batch.region_r)
    terms = {
        "l1": (stages["out"] - y).abs().mean(),
        "warp": (stages["warped"].float() - small).abs().mean(),
        "latent": (stages["latent_sim"].float() - small).abs().mean()
        + (stages["latent_mid"].float() - small).abs().mean(),
        "match": match,
    }
    return terms, hit
