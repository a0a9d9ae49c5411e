import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web/wasm";
import type { DeformWeights } from "../src/avatar/deform-weights";
import { readPly } from "../src/avatar/ply";
import { parseAvatar } from "../src/avatar/schema";
import { EXPRESSION_SIZE, LIP_SIZE } from "../src/motion/conditions";
import { type Camera, type GaussianCloud, type HeadPose, OFFSET_SIZE, type Size } from "../src/render/scene";
import { random } from "./wgsl/scenes";

const model = (path: string): ArrayBuffer =>
  new Uint8Array(readFileSync(new URL(`../public/models/${path}`, import.meta.url))).buffer;
export const defaultDeform = () => model("default/deform.onnx");
export const speechEncoder = () => model("speech/encoder.onnx");

/** The default avatar's Gaussians and the view of it that ships. */
export function defaultHead(): {
  cloud: GaussianCloud;
  camera: Camera;
  pivot: HeadPose["pivot"];
  size: Size;
} {
  const { canvas, camera, pivot, ...manifest } = parseAvatar(
    new TextDecoder().decode(model("default/avatar.json")),
  );
  return {
    cloud: readPly(model("default/gaussians.ply"), manifest),
    camera: { canvas, ...camera },
    pivot,
    size: canvas,
  };
}

export interface DeformInput {
  lip: Float32Array<ArrayBuffer>;
  expression: Float32Array<ArrayBuffer>;
}

/** Over the whole range of both: lip features within ±1.5, expressions within 0 … 1 or a little below. */
export function randomInput(seed: number): DeformInput {
  const next = random(seed);
  return {
    lip: Float32Array.from({ length: LIP_SIZE }, () => 3 * next() - 1.5),
    expression: Float32Array.from({ length: EXPRESSION_SIZE }, () => 1.2 * next() - 0.2),
  };
}

/** offset [N·14] in float64, written straight from the formula of DeformWeights. */
export function naiveOffset(weights: DeformWeights, { lip, expression }: DeformInput): Float64Array {
  const { count, lipAttention, expressionAttention, firstFromFeature } = weights;
  const offset = new Float64Array(count * OFFSET_SIZE);
  const relu = (x: Float64Array) => x.map((value) => Math.max(0, value));
  for (let n = 0; n < count; n++) {
    const conditions = Float64Array.of(
      ...lip.map((value, i) => value * at(lipAttention, n * LIP_SIZE + i)),
      ...expression.map((value, i) => value * at(expressionAttention, n * EXPRESSION_SIZE + i)),
    );
    const feature = firstFromFeature.subarray(n * 64, n * 64 + 64);
    const first = relu(layer(conditions, weights.firstFromConditions, feature));
    const second = relu(layer(first, weights.secondWeight, weights.secondBias));
    offset.set(layer(second, weights.offsetWeight, weights.offsetBias), n * OFFSET_SIZE);
  }
  return offset;
}

/** x·weight + bias. */
function layer(x: Float64Array, weight: Float32Array, bias: Float32Array): Float64Array {
  const sum = Float64Array.from(bias);
  for (let row = 0; row < x.length; row++) {
    for (let column = 0; column < sum.length; column++) {
      sum[column] = (sum[column] ?? 0) + (x[row] ?? 0) * at(weight, row * sum.length + column);
    }
  }
  return sum;
}

const at = (array: Float32Array, index: number): number => array[index] ?? Number.NaN;

/** offset [N·14] of deform.onnx by ONNX Runtime, the contract. */
export async function onnxOffsets(inputs: readonly DeformInput[]): Promise<Float32Array<ArrayBuffer>[]> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(new Uint8Array(defaultDeform()), {
    executionProviders: ["wasm"],
  });
  const offsets: Float32Array<ArrayBuffer>[] = [];
  for (const { lip, expression } of inputs) {
    const { offset } = await session.run({
      lip: new ort.Tensor("float32", lip, [1, LIP_SIZE]),
      expression: new ort.Tensor("float32", expression, [1, EXPRESSION_SIZE]),
    });
    if (!(offset?.data instanceof Float32Array)) throw new Error("deform.onnx gave no float32 offset");
    offsets.push(new Float32Array(offset.data));
  }
  await session.release();
  return offsets;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
