import "./platform";
import { beforeAll, expect, test } from "vitest";
import { type DeformWeights, readDeformWeights } from "../../src/avatar/deform-weights";
import type { RestorerWeights } from "../../src/avatar/restorer-weights";
import type { FusedMotion } from "../../src/render/picture";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { defaultRestorer } from "../default-restorer";
import { defaultDeform, defaultHead } from "../deform";
import { differences, onnxRestored, STATES } from "../restorer";
import { type Image, image, sameBytes } from "../wgsl/render";

const { cloud, camera, pivot, size } = defaultHead();
const { weights: restorer, onnx } = defaultRestorer();
let deform: DeformWeights;
beforeAll(() => {
  const weights = readDeformWeights(defaultDeform());
  if (!weights) throw new Error("the default avatar's deform.onnx is another graph");
  deform = weights;
});

const wall = image(size, (x, y) => 90 + x / 8 + y / 16);
const clear: Image = { ...wall, data: new Uint8ClampedArray(wall.data.length) };

/** A state without and with the restorer, over a torso. */
async function draw(torso: Image, { motion, pose }: (typeof STATES)[number], weights?: RestorerWeights) {
  const rasterizer = await createWasmRasterizer(cloud, camera, size, { threads: 1, deform });
  if (weights) await rasterizer.setRestorer(weights);
  rasterizer.setTorso(torso);
  const frame = (restoring: boolean) =>
    new Uint8Array(rasterizer.draw(motion as FusedMotion, { ...pose, pivot }, restoring).data);
  const [without, restored, again] = [frame(false), frame(true), frame(false)];
  rasterizer.destroy();
  expect(sameBytes(again, without)).toBe(true);
  return { without, restored };
}

test.each(STATES)("the band is ONNX Runtime's: $name", async (state) => {
  const { without, restored } = await draw(wall, state, restorer);
  const expected = await onnxRestored(onnx, restorer.box, without, size.width, state);
  const { worst, outside } = differences(restored, expected, without, restorer.box, size.width);
  // Half a step of 8 bits, and sums in another order: 54 dB and more.
  expect(worst).toBeLessThan(0.51);
  expect(outside).toBe(0);
});

test("an avatar without a restorer is drawn as before", async () => {
  const [state] = STATES;
  const { without, restored } = await draw(wall, state, undefined);
  expect(sameBytes(restored, without)).toBe(true);
});

test("over nothing its alpha stays, and what is transparent stays so", async () => {
  const [state] = STATES;
  const { without, restored } = await draw(clear, state, restorer);
  let changed = 0;
  let amiss = 0;
  for (let i = 0; i < without.length; i += 4) {
    if (restored[i + 3] !== without[i + 3]) amiss++;
    if (restored[i] === without[i]) continue;
    changed++;
    if (without[i + 3] === 0) amiss++;
  }
  expect(amiss).toBe(0);
  expect(changed).toBeGreaterThan(1000);
});
