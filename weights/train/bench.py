# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peer of `make bench`: the same network in PyTorch, and as ONNX for ONNX Runtime.

    /usr/bin/python3 weights/train/bench.py --size 256x256 --threads 2 --precision bf16
    /usr/bin/python3 weights/train/bench.py --size 256x256 --onnx small.onnx

Prints the median milliseconds of one frame: target encoding to picture, the references encoded before,
as the engine does. Weights do not change the time, so they are random.
"""
from __future__ import annotations

import argparse
import contextlib
import statistics
import time
import warnings

import torch
from torch import Tensor, nn

import device as devices
from model import PRESETS, ColorTransform


class Frame(nn.Module):
    """One frame's share of the network, with flat arguments for the ONNX exporter."""

    def __init__(self, net: ColorTransform) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, d: Tensor, f_d_ref: Tensor, f_y: Tensor, colour: Tensor, style: Tensor) -> Tensor:
        refs = {"f_d_ref": f_d_ref, "f_y": f_y, "colour": colour, "style": style}
        return self.net.color(x, d, refs)["out"]


@torch.no_grad()
def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--preset", default="small", choices=PRESETS)
    ap.add_argument("--size", default="256x256", help="HEIGHTxWIDTH the network works at")
    ap.add_argument("--k", type=int, default=2)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    ap.add_argument("--device", choices=devices.DEVICES, default="cpu")
    ap.add_argument("--frames", type=int, default=10)
    ap.add_argument("--onnx", help="write the frame's network there instead of timing it")
    args = ap.parse_args()
    device = devices.pick(args.device)
    devices.start(device, args.threads)
    torch.manual_seed(0)
    h, w = map(int, args.size.split("x"))
    frame = Frame(ColorTransform(PRESETS[args.preset])).eval().to(device)
    x = torch.rand(1, 1, 1, h, w, device=device)
    xr, yr = (torch.rand(1, args.k, c, h, w, device=device) for c in (1, 3))
    refs = frame.net.references(xr, xr, yr)
    inputs = (x, x, refs["f_d_ref"], refs["f_y"], refs["colour"], refs["style"])
    if args.onnx:
        warnings.simplefilter("ignore")
        torch.onnx.export(frame, inputs, args.onnx, opset_version=16, output_names=["out"],
                          input_names=["x", "d", "f_d_ref", "f_y", "colour", "style"])
        return
    frame = frame.to(memory_format=torch.channels_last)
    auto = devices.autocast(device) if args.precision == "bf16" else contextlib.nullcontext()
    times = []
    with auto:
        for i in range(args.frames + 2):
            start = time.perf_counter()
            frame(*inputs)
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(1e3 * (time.perf_counter() - start))
    print(f"{statistics.median(times[2:]):.2f}")


if __name__ == "__main__":
    main()
