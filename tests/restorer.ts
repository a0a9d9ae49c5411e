import * as ort from "onnxruntime-web/wasm";
import type { Box } from "../src/avatar/restorer-weights";
import type { HeadPose } from "../src/render/scene";
import { type DeformInput, largestDifference, randomInput } from "./deform";

export interface State {
  readonly name: string;
  readonly motion: DeformInput;
  readonly pose: Omit<HeadPose, "pivot">;
}

const state = (name: string, seed: number, rotation: HeadPose["rotation"]): State => ({
  name,
  motion: randomInput(seed),
  pose: { rotation, translation: [0.02, -0.01, 0.01] },
});
export const STATES = [
  state("turned", 1, [0.05, 0.2, -0.04]),
  state("nodding", 2, [0.12, -0.1, 0.02]),
] as const;

/** restorer.onnx by ONNX Runtime, the contract, on the box of rgba `pixels`: [3,h,w] in 0 … 255. */
export async function onnxRestored(
  onnx: ArrayBuffer,
  box: Box,
  pixels: Uint8Array,
  width: number,
  { pose }: State,
): Promise<Float32Array> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(new Uint8Array(onnx), { executionProviders: ["wasm"] });
  const picture = planesOf(pixels, width, box).map((value) => value / 255);
  const { restored } = await session.run({
    picture: new ort.Tensor("float32", picture, [1, 3, box.height, box.width]),
    pose: new ort.Tensor("float32", Float32Array.of(...pose.rotation, ...pose.translation), [1, 6]),
  });
  if (!(restored?.data instanceof Float32Array)) throw new Error("restorer.onnx gave no float32 picture");
  const planes = restored.data.map((value) => value * 255);
  await session.release();
  return planes;
}

/** [3,h,w] of a box of rgba pixels. */
function planesOf(pixels: Uint8Array, width: number, box: Box): Float32Array<ArrayBuffer> {
  const planes = new Float32Array(3 * box.width * box.height);
  let to = 0;
  for (let color = 0; color < 3; color++) {
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x; x < box.x + box.width; x++) planes[to++] = pixels[(y * width + x) * 4 + color] ?? 0;
    }
  }
  return planes;
}

/** The largest difference of the restored box from what was expected of it, and how many values outside of it changed. */
export function differences(
  restored: Uint8Array,
  expected: Float32Array,
  without: Uint8Array,
  box: Box,
  width: number,
): { worst: number; outside: number } {
  let outside = 0;
  for (let i = 0; i < restored.length; i++) {
    const x = (i >> 2) % width;
    const y = Math.floor(i / 4 / width);
    const inside = x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
    if (!inside && restored[i] !== without[i]) outside++;
  }
  return { worst: largestDifference(planesOf(restored, width, box), expected), outside };
}
