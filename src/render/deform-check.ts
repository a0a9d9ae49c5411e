import type { Avatar } from "../avatar/load";
import { createOnnxDeform } from "./deform";
import { type Head, poseOf } from "./head";
import { timeFrames, trialConditions } from "./trial";

/** Largest difference of a colour that rounding explains, and the share of values that must keep to it. */
const ROUNDING = 3;
const SHARE = 0.9999;

/**
 * On a graphics card, behind the live picture: is the fused network's picture that of ONNX Runtime, and is it the
 * faster one? Some drivers compute garbage. If not, ONNX Runtime takes over.
 */
export async function holdToOnnx(head: Head, avatar: Avatar): Promise<void> {
  const { picture, deform: fused } = head;
  if (fused.provider === "onnx") return;
  const onnx = await createOnnxDeform(avatar);
  const conditions = trialConditions(avatar, 0.5);
  const pose = poseOf(avatar, conditions);
  // A turn each, so that live frames come between.
  const expected = await head.between(async () => picture.read(await onnx.run(conditions), pose));
  const actual = await head.between(async () => picture.read(await fused.run(conditions), pose));
  const same = alike(actual.data, expected.data);
  const onnxMs = await head.between(() => timeFrames(picture, onnx, avatar));
  const fusedMs = await head.between(() => timeFrames(picture, fused, avatar));
  if (head.picture !== picture || (same && fusedMs <= onnxMs)) return await onnx.release();
  console.warn(
    `lipsplat: ONNX Runtime deforms: the fused pass ${same ? "is slower" : "draws something else"}`,
  );
  head.deform = onnx;
}

function alike(actual: Uint8ClampedArray, expected: Uint8ClampedArray): boolean {
  let within = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs((actual[i] ?? 0) - (expected[i] ?? 0)) <= ROUNDING) within++;
  }
  return within >= SHARE * expected.length;
}
