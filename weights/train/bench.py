# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peer of `make bench`: the same network in PyTorch, and as ONNX for ONNX Runtime.

    /usr/bin/python3 weights/train/bench.py --size 256x256 --threads 2 --precision bf16
    /usr/bin/python3 weights/train/bench.py --size 256x256 --onnx small.onnx
    /usr/bin/python3 weights/train/bench.py --size 256x256 --device cuda --precision fp16 --compile
    /usr/bin/python3 weights/train/bench.py --preset base --base 64 --save base64.safetensors

Prints the median milliseconds of one frame: target encoding to picture, the references encoded before,
as the engine does; with --transfers the inputs come from the host and the picture goes there, as with bench_frame.
Weights do not change the time, so they are random.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import statistics
import time
import warnings

import torch
from torch import Tensor, nn

import device as devices
import weights_io
from export import runtime_tensors, weights_metadata
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
    ap.add_argument("--precision", choices=("fp32", "bf16", "fp16"), default="fp32")
    ap.add_argument("--device", choices=devices.DEVICES, default="cpu")
    ap.add_argument("--frames", type=int, default=10)
    ap.add_argument("--base", type=int, help="another base width than the preset's")
    ap.add_argument("--compile", action="store_true", help="torch.compile")
    ap.add_argument("--transfers", action="store_true", help="time the copies from and to the host, too")
    ap.add_argument("--save", help="write the random weights there, for the engine, instead of timing")
    ap.add_argument("--onnx", help="write the frame's network there instead of timing it")
    args = ap.parse_args()
    device = devices.pick(args.device)
    devices.start(device, args.threads)
    torch.manual_seed(0)
    h, w = map(int, args.size.split("x"))
    if args.precision == "fp32" and device.type == "cuda":  # as exact as the engine's
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    cfg = PRESETS[args.preset]
    cfg = dataclasses.replace(cfg, base=args.base) if args.base else cfg
    frame = Frame(ColorTransform(cfg)).eval().to(device)
    if args.save:
        weights_io.save(args.save, runtime_tensors(frame.net.state_dict(), torch.float16),
                        weights_metadata(cfg, args.preset, "random, for timings"))
        return
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
    call = torch.compile(frame) if args.compile else frame
    auto: contextlib.AbstractContextManager = contextlib.nullcontext()
    if args.precision == "bf16":
        auto = devices.autocast(device)
    elif args.precision == "fp16":
        auto = torch.autocast(device.type, torch.float16)
    host = x.cpu().pin_memory() if args.transfers and device.type == "cuda" else None
    times = []
    with auto:
        for i in range(args.frames + 2):
            start = time.perf_counter()
            if host is not None:
                line = host.to(device, non_blocking=True)
                call(line, host.to(device, non_blocking=True), *inputs[2:]).cpu()
            else:
                call(*inputs)
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(1e3 * (time.perf_counter() - start))
    print(f"{statistics.median(times[2:]):.2f}")


if __name__ == "__main__":
    main()
