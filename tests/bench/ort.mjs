// SPDX-License-Identifier: LGPL-2.1-or-later
// The ONNX Runtime peer of `make bench`: median milliseconds of one frame of MODEL.onnx (weights/train/bench.py --onnx).
// usage: node ort.mjs PATH_OF_onnxruntime-node MODEL.onnx HEIGHT WIDTH K B STYLE_BLOCKS THREADS FRAMES
import { createRequire } from "node:module";

const [lib, model, ...numbers] = process.argv.slice(2);
const [h, w, k, b, blocks, threads, frames] = numbers.map(Number);
const ort = createRequire(import.meta.url)(lib);
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1 });
const random = (...shape) => {
    const n = shape.reduce((p, v) => p * v, 1);
    return new ort.Tensor("float32", Float32Array.from({ length: n }, Math.random), shape);
};
const c = 4 * b;
const feeds = {
    x: random(1, 1, 1, h, w), d: random(1, 1, 1, h, w),
    f_d_ref: random(1, k, c, h / 4, w / 4), f_y: random(1, k, c, h / 4, w / 4),
    colour: random(1, k, 3, h / 4, w / 4), style: random(1, blocks, 4, c),
};
const times = [];
for (let i = 0; i < frames + 2; i++) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
}
const sorted = times.slice(2).sort((p, q) => p - q);
console.log(sorted[sorted.length >> 1].toFixed(2));
