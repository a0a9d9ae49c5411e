import * as ort from "onnxruntime-web/wasm";
import type { Box } from "../src/avatar/restorer-weights";

/** Of an image, what a box of it holds: [3,h,w] in 0 … 1. */
export function planesOf(data: Uint8ClampedArray, width: number, box: Box): Float32Array<ArrayBuffer> {
  const planes = new Float32Array(3 * box.width * box.height);
  for (let c = 0, to = 0; c < 3; c++) {
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x; x < box.x + box.width; x++)
        planes[to++] = (data[(y * width + x) * 4 + c] ?? 0) / 255;
    }
  }
  return planes;
}

/** restorer.onnx by ONNX Runtime, the contract: [3,h,w] in 0 … 1 → the same restored. */
export async function onnxRestored(
  model: ArrayBuffer,
  box: Box,
  picture: Float32Array,
  pose: readonly number[],
  lip: Float32Array,
): Promise<Float32Array> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  const feeds = {
    picture: new ort.Tensor("float32", picture, [1, 3, box.height, box.width]),
    pose: new ort.Tensor("float32", Float32Array.from(pose), [1, 6]),
    lip: new ort.Tensor("float32", lip, [1, 32]),
  };
  const { restored } = await session.run(feeds);
  const data = new Float32Array((restored?.data ?? []) as Float32Array);
  await session.release();
  return data;
}
