# SPDX-License-Identifier: LGPL-2.1-or-later
"""Self checks of the temporal refinement's training: check.py runs them."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

import spectral
from buckets import Bucket
from discriminator import Adversary
from discriminator3d import Discriminator3d
from items import prepare
from model import PRESETS, ColorTransform
from refine import PREFIX, Refine, initial_kernel, temporal_shift
from refine_data import WindowPool, colour, part
from refine_export import join
from refine_losses import flicker, psnr, window_losses


def check_shift() -> None:
    """Every frame sees its neighbours, ends see themselves; channels may come several times; gradients are right."""
    x, k = torch.randn(6, 2, 3, 4, dtype=torch.double), torch.randn(6, 3, dtype=torch.double)
    y = temporal_shift(x, 3, k).reshape(2, 3, 6, 3, 4)
    f = x.reshape(2, 3, 2, 3, 4)
    for t in range(3):
        for c in range(6):
            want = sum(k[c, i] * f[:, min(max(t + i - 1, 0), 2), c % 2] for i in range(3))
            assert torch.allclose(y[:, t, c], want)
    for frames in (1, 3):
        a, b = x[:frames].clone().requires_grad_(), k.clone().requires_grad_()
        assert torch.autograd.gradcheck(lambda a, b, n=frames: temporal_shift(a, n, b), (a, b))
    assert torch.equal(initial_kernel(8, 0.25).sum(1), torch.ones(8)) and initial_kernel(8, 0.25)[:, 0].sum() == 2


def stepped_window(frames: int = 5, size: int = 32) -> tuple[torch.Tensor, ...]:
    """Truth that stands still and colours that jump about it, in a window with a reference at each end."""
    g = torch.Generator().manual_seed(4)
    truth = (torch.rand(1, 1, 3, size // 8, size // 8, generator=g) * 2 - 1).expand(1, frames, -1, -1, -1)
    truth = truth.repeat_interleave(8, 3).repeat_interleave(8, 4)
    reference = torch.zeros(1, frames)
    reference[:, 0] = reference[:, -1] = 1
    noise = 0.3 * torch.randn(1, frames, 3, 1, 1, generator=g) * (1 - reference)[:, :, None, None, None]
    return torch.ones(1, frames, 1, size, size), truth + noise, truth, reference


def check_refine() -> None:
    """Untrained it changes little; it learns to take flicker away; references stay; the losses measure what they say."""
    line, given, truth, reference = stepped_window()
    torch.manual_seed(2)
    net = Refine(4)
    change = (net(line, given, reference)["refined"] - given).abs().mean()
    assert change < 0.2 * (given - truth).abs().mean(), change
    before = window_losses(given, truth, reference)
    opt = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(80):
        terms = window_losses(net(line, given, reference)["refined"], truth, reference)
        opt.zero_grad()
        (10 * terms["l1"] + 20 * terms["temporal"]).backward()
        opt.step()
    out = net(line, given, reference)["refined"].detach()
    after = window_losses(out, truth, reference)
    assert all(after[k] < 0.6 * before[k] for k in after), f"{before} -> {after}"
    assert torch.equal(out[:, 0], given[:, 0]) and torch.equal(out[:, -1], given[:, -1])
    assert flicker(out, truth) < 0.6 * flicker(given, truth) and psnr(out, truth) > psnr(given, truth) + 3
    assert all(float(v) == 0 for v in window_losses(truth, truth, reference).values())
    level = truth.clone()
    level[:, 2] += 10 * 2 / 255             # one frame of five, ten levels: 20 in four changes
    assert abs(flicker(level.clamp(-1, 1), truth) - 5) < 0.7


def check_refine_discriminator() -> None:
    """Tells a window whose colours stay from one where they turn into their opposite from frame to frame, though each
    frame alone is as likely in either."""
    torch.manual_seed(1)
    adversary = Adversary("hinge", 2e-3, net=Discriminator3d(8))
    g, first, last = torch.Generator().manual_seed(5), 0.0, 0.0
    turn = torch.tensor([1.0, -1, 1, -1])[None, :, None, None, None]
    for step in range(40):
        real = (torch.rand(4, 1, 3, 1, 1, generator=g) - 0.5).sign().expand(-1, 4, -1, 16, 16)
        fake = (real * turn).requires_grad_()
        term, loss = adversary.step(torch.ones(4, 4, 1, 16, 16), real, fake, 1.0)
        first, last = (float(loss) if step == 0 else first), float(loss)
    assert last < 0.5 * first, f"loss {first:.3f} -> {last:.3f}"
    term.backward()
    assert float(fake.grad.abs().sum()) > 0
    logits = Discriminator3d(8)(torch.zeros(2, 3, 1, 64, 48), torch.zeros(2, 3, 3, 64, 48))
    assert logits.shape == (2, 3, 1, 8, 6)


def check_refine_data() -> None:
    """Windows hold the truth at references alone; changes reach every tensor alike; batches have one length."""
    torch.manual_seed(3)
    net = ColorTransform(PRESETS["tiny"]).eval().requires_grad_(False)
    w = colour(net, prepare(11, 64, 64), [0, 3, 7], torch.eye(3))
    same = [torch.equal(a, b) for a, b in zip(w.colour, w.truth)]
    assert same == [f == 1 for f in w.reference] == [t in (0, 3, 7) for t in range(8)], same
    p = part(w, 2, 5, True, True, torch.eye(3))
    assert torch.equal(p.line[0], w.line[6].float().flip(-1)) and torch.equal(p.reference, w.reference[2:7].flip(0))
    assert torch.equal(p.colour[3], p.truth[3]) and len(p.line) == 5
    pool = WindowPool(net, 1, first=1, buckets=(Bucket(64, 64, 2, 8, 1.0),))
    try:
        b = pool.batch()
        assert b.line.shape[0] == 2 and b.line.shape[1] == b.reference.shape[1] >= 3 and b.truth.shape[2:] == (3, 64, 64)
    finally:
        pool.close()


def check_refine_export() -> None:
    """The refinement joins a weights file's tensors and replaces one that is there; spectral norm is folded."""
    torch.manual_seed(5)
    net = Refine(4)
    spectral.add_everywhere(net)
    net.train()(*stepped_window(3)[:2], torch.zeros(1, 3))
    state = spectral.fold(net.state_dict())
    tensors, metadata = join({"enl.conv0.weight": torch.zeros(1), PREFIX + "old": torch.zeros(1)}, {"base": "8"}, 4, state,
                             "text")
    assert metadata["refine_base"] == "4" and metadata["base"] == "8" and "enl.conv0.weight" in tensors
    assert {k for k in tensors if k.startswith(PREFIX)} == {PREFIX + k for k in Refine(4).state_dict()}
    again = Refine(4).eval()
    again.load_state_dict(state)
    line, given, _, reference = stepped_window(3)
    with torch.no_grad():
        error = (again(line, given, reference)["refine_d1"] - net.eval()(line, given, reference)["refine_d1"]).abs().max()
    assert error < 1e-4, f"folded and normed network differ by {error}"
    assert np.isfinite(sum(float(t.float().sum()) for t in tensors.values()))


CHECKS: dict[str, Callable[[], None]] = {
    "shift": check_shift, "refine": check_refine, "refine-discriminator": check_refine_discriminator,
    "refine-data": check_refine_data, "refine-export": check_refine_export}
