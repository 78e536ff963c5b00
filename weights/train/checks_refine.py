# SPDX-License-Identifier: LGPL-2.1-or-later
"""Self checks of the temporal refinement's training: check.py runs them."""
from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import spectral
import weights_io
from discriminator import Adversary
from discriminator3d import Discriminator3d
from export import with_refinement
from refine import FIRM, PREFIX, REACH, Refine, difference, initial_kernel, steady, temporal_shift
from refine_clips import still_share, tremble
from refine_data import HELD_OUT, WindowPool, load_shot, shots, turned
from refine_export import join, refinement, steadier
from refine_losses import flicker, link_loss, psnr, window_losses


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


def check_steady() -> None:
    """The colours are the solution of their equations; fixed ones stay; strong links make a mean."""
    g = torch.Generator().manual_seed(6)
    colour, trust = torch.rand(1, 5, 3, 1, 1, generator=g), torch.rand(1, 5, 1, 1, 1, generator=g) + 0.1
    link, fixed = torch.exp(4 * torch.randn(1, 4, 1, 1, 1, generator=g)), torch.tensor([[0.0, 0, 1, 0, 0]])
    matrix, right = torch.diag(trust[0, :, 0, 0, 0]), trust[0, :, :, 0, 0] * colour[0, :, :, 0, 0]
    for t, k in enumerate(link[0, :, 0, 0, 0]):
        matrix[t:t + 2, t:t + 2] += k * torch.tensor([[1.0, -1], [-1, 1]])
    matrix[2], right[2] = torch.eye(5)[2], colour[0, 2, :, 0, 0]
    got = steady(colour, link, trust, fixed)[0, :, :, 0, 0]
    assert torch.allclose(got, torch.linalg.solve(matrix, right), atol=1e-4)
    mean = steady(colour, torch.full_like(link, 1e4), torch.ones_like(trust), torch.zeros(1, 5))
    assert torch.allclose(mean, colour.mean(1, keepdim=True).expand_as(mean), atol=1e-2)


def check_difference() -> None:
    """Line art that is the same differs by nothing; a line that comes counts around it and no further."""
    line = torch.ones(1, 3, 1, 48, 48)
    line[:, 1:, :, :, 20] = -1
    d = difference(line)
    assert d.shape == line.shape and float(d[:, 1:].abs().max()) == 0 and float(d[0, 0, 0, 24, 20]) > FIRM + 3
    assert float(d[0, 0, 0, 24, 20 + REACH]) > FIRM + 3 and float(d[0, 0, 0, 24, 20 + REACH + 4]) == 0
    assert float(difference(line[:, :1]).abs().max()) == 0


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
    """Untrained it is the plain rule; it learns to take flicker away where that does not; references stay; the losses
    measure what they say."""
    line, given, truth, reference = stepped_window()
    torch.manual_seed(2)
    net = Refine(4)
    assert flicker(net(line, given, reference)["refined"], truth) < 0.5 * flicker(given, truth)
    line = (torch.rand(line.shape, generator=torch.Generator().manual_seed(7)) - 0.5).sign()    # never the same
    before = window_losses(given, truth, reference)
    untrained = window_losses(net(line, given, reference)["refined"], truth, reference)
    assert untrained["temporal"] > 0.8 * before["temporal"]
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


def check_link_loss() -> None:
    """Little for firm links where the truth stands still and weak ones where it moves, much the other way round."""
    truth = torch.zeros(1, 3, 3, 4, 4)
    truth[:, 2] = 0.5
    link = torch.tensor([50.0, 0.02])[None, :, None, None, None].expand(1, 2, 1, 4, 4)
    assert link_loss(link, truth) < 0.05 and link_loss(1 / link, truth) > 3


def check_refine_data() -> None:
    """Shots are read as they were written, the truth at references; parts have one place in all tensors; changes reach
    every tensor alike; lines tremble where asked and stay on the whole."""
    rng = np.random.default_rng(3)
    colours = rng.integers(0, 256, (5, 40, 48, 3), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for i in range(HELD_OUT + 1):
            shot = Path(folder, f"{i:02d}")
            for kind in ("line", "color", "given"):
                (shot / kind).mkdir(parents=True)
                for t, c in enumerate(colours):
                    Image.fromarray(c if kind == "color" else 255 - c if kind == "given" else c[..., 0]).save(
                        shot / kind / f"{t:04d}.png")
            if i == HELD_OUT:
                try:
                    shots(folder)
                except ValueError as e:
                    assert "refine_clips.py" in str(e)
                else:
                    raise AssertionError("too few shots were accepted")
            (shot / "references.txt").write_text("0 3\n")
        found = shots(folder)
        assert len(found) == HELD_OUT + 1
        w = load_shot(found[0]).whole()
        same = [torch.equal(a, b) for a, b in zip(w.colour, w.truth)]
        assert same == [f == 1 for f in w.reference] == [t in (0, 3) for t in range(5)], same
        assert torch.equal(w.line[:, 0], w.truth[:, 0]) and torch.allclose(w.colour[1], -w.truth[1], atol=1e-6)
        p = turned(w, True, True, torch.eye(3))
        assert torch.equal(p.line[0], w.line[4].flip(-1)) and torch.equal(p.reference, w.reference.flip(0))
        assert torch.equal(turned(w, False, False, torch.eye(3)[[1, 0, 2]]).colour[:, 0], w.colour[:, 1])
        pool = WindowPool(found, 1, count=2, sizes=(32,))
        b = pool.batch()
        assert b.line.shape[0] == 2 and 3 <= b.line.shape[1] == b.reference.shape[1] and b.truth.shape[2:] == (3, 32, 32)
    still = np.full((3, 24, 24, 3), 9, np.uint8)
    still[2] = 30
    assert still_share(still) == 0.5
    line = np.full((4, 64, 64), 255, np.uint8)
    line[:, :, 30:33] = 0
    moved = tremble(line, np.random.default_rng(1))
    assert (moved[0] != moved[3]).any() and (moved[:, :, :24] == 255).all() and moved[:, :, 31].mean() < 128


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
    again.load_state_dict(steadier(state, 0.5, 0.25))
    with torch.no_grad():
        firm, plain = again(line, given, reference), net.eval()(line, given, reference)
    for name, got, wanted in (("link", firm["link"], plain["link"] * np.exp(0.5)),
                              ("trust", firm["trust"], plain["trust"] ** 0.25)):
        error = (got / wanted - 1).abs().median()
        assert error < 1e-3, f"{name} is {error} off"
    with tempfile.TemporaryDirectory() as folder:   # a new colour transform takes it along
        file = Path(folder) / "old.safetensors"
        weights_io.save(file, tensors, metadata)
        base, own = refinement(file)
        assert base == 4 and own.keys() == state.keys() and (own["conv0.bias"] == state["conv0.bias"].half()).all()
        new, said = with_refinement({"enl.conv0.weight": torch.ones(1)}, {"base": "16"}, file)
    assert new["enl.conv0.weight"] == 1 and said == {"base": "16", "refine_base": "4", "refine_provenance": "text"}
    assert {k for k in new if k.startswith(PREFIX)} == {k for k in tensors if k.startswith(PREFIX)}


CHECKS: dict[str, Callable[[], None]] = {
    "shift": check_shift, "steady": check_steady, "difference": check_difference, "refine": check_refine,
    "link-loss": check_link_loss, "refine-discriminator": check_refine_discriminator,
    "refine-data": check_refine_data, "refine-export": check_refine_export}
