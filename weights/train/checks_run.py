# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks of how a run is made: its pictures and windows, and what computes faster than the plain formula. check.py runs
them."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

import attention
import buckets
from data import WINDOWS, Batch, Feed, Pool, make
from instance_norm import InstanceNorm, instance_norm
from items import Item, prepare, windows
from model import PRESETS, ColorTransform


def check_buckets() -> None:
    """Shares sum to one, large pictures have a quarter; a scale multiplies shots until the attention is too large."""
    shares = {b: b.share for b in buckets.BUCKETS}
    assert abs(sum(shares.values()) - 1) < 1e-9
    assert 0.2 < sum(v for b, v in shares.items() if b.size > 256) < 0.3
    only = buckets.select(sizes=(128,))
    assert {b.size for b in only} == {128} and abs(sum(b.share for b in only) - 1) < 1e-9
    large = {(b.height, b.width, b.short): b for b in buckets.select(16)}
    assert large[128, 128, 0].shots == 32 and (384, 384, 0) in large
    for b in large.values():
        elements = b.shots * b.targets * 3 * (b.height * b.width // 16) ** 2
        assert b.shots <= 2 or elements <= buckets.ATTENTION_LIMIT, b
    try:
        buckets.select(sizes=(100,))
    except ValueError as e:
        assert "100" in str(e) and "512" in str(e)
    else:
        raise AssertionError("an unknown size was accepted")


def check_windows() -> None:
    """All frames are cut at one place, the distance field is the whole picture's, and empty places are avoided."""
    whole, rng = prepare(41, 256, 320), np.random.default_rng(5)
    for window in windows(whole, 96, 128, 2, rng):
        assert window.x.shape == (buckets.FRAMES, 96, 128) and window.region.shape == (buckets.FRAMES, 24, 32)
        places = [(top, left) for top in range(0, 161, 4) for left in range(0, 193, 4)
                  if np.array_equal(window.y[0], whole.y[0, top:top + 96, left:left + 128])]
        assert any(np.array_equal(window.d, whole.d[:, t:t + 96, a:a + 128])
                   and np.array_equal(window.x, whole.x[:, t:t + 96, a:a + 128]) for t, a in places), places
        assert set(np.unique(window.region)) == set(range(window.region.max() + 1))
    blank = np.ones((2, 256, 256), np.float16)
    blank[:, 200:210, 16:60] = -1
    corner = Item(blank, blank, np.zeros((2, 256, 256, 3), np.uint8), np.full((2, 64, 64), -1, np.int32))
    found = windows(corner, 64, 64, 50, rng)
    assert sum((w.x < 0).any() for w in found) == 50 and (found[0].region == -1).all()


def check_pool() -> None:
    """Two workers fill every bucket; windows come as their size with their picture's short side; no colour change
    without augmentation."""
    chosen = (replace(buckets.BUCKETS[0], height=64, width=64, shots=2, share=0.5),
              replace(buckets.BUCKETS[0], height=64, width=96, shots=1, share=0.5, short=128))
    pool = Pool(3, capacity=48, minimum=2, buckets=chosen, workers=2, fresh=2, augment=False)
    try:
        batches = [pool.batch() for _ in range(12)]
    finally:
        pool.close()
    assert {(b.x.shape[0], b.x.shape[4], b.short) for b in batches} == {(2, 64, 0), (1, 96, 128)}
    colors = {tuple(p) for i in pool.items[0] for p in i.y.reshape(-1, 3).tolist()}
    y = next(b for b in batches if not b.short).y
    seen = ((y.permute(0, 1, 3, 4, 2).reshape(-1, 3) / 2 + 0.5) * 255).round().int().tolist()
    assert {tuple(p) for p in seen} <= colors, "colours that no item has"
    assert len(make(chosen[1], prepare, 7)) == WINDOWS and not pool.workers[0].is_alive()


def check_feed() -> None:
    """Batches made ahead are those made when they are asked for."""
    chosen = (replace(buckets.BUCKETS[0], height=64, width=64, share=1.0),)
    sums = []
    for ahead in (False, True):
        feed = Feed(Pool(8, capacity=6, minimum=2, buckets=chosen), torch.device("cpu"), ahead)
        try:
            sums.append([float(feed.batch().y.double().sum()) for _ in range(4)])
        finally:
            feed.close()
        assert not feed.pool.workers[0].is_alive()
    assert sums[0] == sums[1] and len(set(sums[0])) == 4


def check_attention() -> None:
    """The gradient by hand is that of the plain formula; a window's prior has the unit of its picture."""
    s, t, k, h, w = 2, 3, 2, 4, 6
    n, g = h * w, torch.Generator().manual_seed(2)
    inputs = [torch.randn(s, t * n, k * n, generator=g), torch.rand(s, t, k, generator=g) * 3,
              torch.randn(s, t, k, generator=g)]
    place, grad = attention.places(h, w, 5, torch.device("cpu")), torch.randn(s, t * n, k * n, generator=g)
    results = []
    for plain in (False, True):
        leaves = [v.clone().requires_grad_() for v in inputs]
        if plain:
            rows = leaves[0].reshape(s, t, n, k, n) - leaves[2][:, :, None, :, None] \
                - leaves[1][:, :, None, :, None] * attention.distances(place)[:, None]
            out = torch.softmax(rows.reshape(s, t * n, k * n), -1)
        else:
            out = attention.prior_softmax(*leaves, place)
        out.backward(grad)
        results.append([out, *(v.grad for v in leaves)])
    with torch.no_grad():
        results.append([attention.prior_softmax(*inputs, place)])
    for other in results[:2]:
        for a, b in zip(other, results[1]):
            assert torch.allclose(a, b, rtol=1e-4, atol=1e-5), (a - b).abs().max()
    assert torch.allclose(results[2][0], results[0][0], atol=1e-6)

    sim = ColorTransform(PRESETS["tiny"]).sim.eval()
    with torch.no_grad():
        sim.q.weight.zero_()
        sim.q.bias.zero_()                                      # nothing but the prior is left
        c = PRESETS["tiny"].width
        f = torch.zeros(1, 1, c, 12, 12)
        whole = sim.attention(f, f)[0].reshape(12, 12, 12, 12)[4:8, 4:8, 4:8, 4:8]
        f = torch.zeros(1, 1, c, 4, 4)
        window = sim.attention(f, f, short=12)[0].reshape(4, 4, 4, 4)
    ratio = window / whole
    assert torch.allclose(ratio, ratio[:, :, :1, :1].expand_as(ratio), rtol=1e-4), "another unit than the picture's"


def check_instance_norm() -> None:
    """Result and gradient of the norm by hand are PyTorch's, in both types and with dense and strided gradients."""
    g = torch.Generator().manual_seed(6)
    for kind, tolerance in ((torch.float32, 1e-5), (torch.bfloat16, 0.03)):
        x = (torch.randn(3, 8, 10, 12, generator=g) * 3 + 1).to(kind).contiguous(memory_format=torch.channels_last)
        for grad in (torch.randn(3, 8, 10, 12, generator=g), torch.randn(3, 8, 1, 1, generator=g).expand_as(x)):
            a, b = (x.clone().requires_grad_() for _ in range(2))
            by_hand, own = instance_norm(a, 1e-5), torch.nn.functional.instance_norm(b.float(), eps=1e-5)
            assert isinstance(by_hand.grad_fn, InstanceNorm._backward_cls) and by_hand.dtype == kind
            by_hand.backward(grad.to(kind))
            own.backward(grad.float())
            assert torch.allclose(by_hand.float(), own, atol=tolerance) and a.grad.dtype == kind
            error = (a.grad.float() - b.grad.float()).abs().max()
            assert error < tolerance, error


def check_short() -> None:
    """The network passes a batch's short side on: the picture depends on it."""
    torch.manual_seed(4)
    net = ColorTransform(PRESETS["tiny"]).eval()
    x, y = torch.rand(1, 1, 1, 32, 32), torch.rand(1, 1, 3, 32, 32)
    b = Batch(x, x, y, torch.zeros(1), x, x, y, torch.zeros(1), torch.zeros(1, 1, 1), 64)
    with torch.no_grad():
        outs = [net(b.x, b.d, b.xr, b.dr, b.yr, lag=b.lag, short=s)["warped"] for s in (0, 32, b.short)]
    assert torch.equal(outs[0], outs[1]) and not torch.allclose(outs[0], outs[2])
    assert b.to(torch.device("cpu")).short == 64


CHECKS = {"buckets": check_buckets, "windows": check_windows, "pool": check_pool, "feed": check_feed,
          "attention": check_attention, "instance_norm": check_instance_norm, "short": check_short}
