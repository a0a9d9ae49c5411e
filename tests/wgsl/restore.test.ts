import { afterAll, beforeAll, expect, test } from "vitest";
import type { RestorerWeights } from "../../src/avatar/restorer-weights";
import { createRasterizer } from "../../src/render/rasterizer";
import { defaultRestorer } from "../default-restorer";
import { defaultHead, onnxOffsets } from "../deform";
import { differences, onnxRestored, STATES } from "../restorer";
import { readTexture, requestDevice } from "./gpu";
import { drawFrame, type Image, image, sameBytes, upload } from "./render";

let device: GPUDevice;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.destroy());

const { cloud, camera, pivot, size } = defaultHead();
const { weights, onnx } = defaultRestorer();

/** The first state without, with and again without the restorer. */
async function draw(torso: Image | null, restorer: RestorerWeights | undefined) {
  const [{ motion, pose }] = STATES;
  const rasterizer = await createRasterizer(device, cloud, camera, size, "rgba8unorm");
  if (restorer) await rasterizer.setRestorer(restorer);
  rasterizer.setTorso(torso && upload(device, torso));
  const [offset] = await onnxOffsets([motion]);
  if (offset) rasterizer.writeOffset(offset);
  const target = device.createTexture({
    size: [size.width, size.height],
    format: "rgba8unorm",
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
  });
  const pixels: Uint8Array[] = [];
  for (const restoring of [false, true, false]) {
    rasterizer.writePose({ ...pose, pivot }, restoring);
    while (!(await drawFrame(device, rasterizer, target)));
    pixels.push(await readTexture(device, target));
  }
  rasterizer.destroy();
  target.destroy();
  const [without, restored, again] = pixels as [Uint8Array, Uint8Array, Uint8Array];
  expect(sameBytes(again, without)).toBe(true);
  return { without, restored };
}

test("the band is ONNX Runtime's", async () => {
  const { without, restored } = await draw(
    image(size, (x, y) => 90 + x / 8 + y / 16),
    weights,
  );
  const expected = await onnxRestored(onnx, weights.box, without, size.width, STATES[0]);
  const { worst, outside } = differences(restored, expected, without, weights.box, size.width);
  // Half a step of 8 bits, and sums in another order: 54 dB and more.
  expect(worst).toBeLessThan(0.51);
  expect(outside).toBe(0);
});

test("over nothing it stays premultiplied, and its alpha as it was", async () => {
  const { without, restored } = await draw(null, weights);
  let changed = 0;
  let amiss = 0;
  for (let i = 0; i < without.length; i += 4) {
    const alpha = restored[i + 3] ?? 0;
    if (alpha !== without[i + 3]) amiss++;
    for (let color = i; color < i + 3; color++) {
      if (restored[color] === without[color]) continue;
      changed++;
      if ((restored[color] ?? 0) > alpha) amiss++;
    }
  }
  expect(amiss).toBe(0);
  expect(changed).toBeGreaterThan(1000);
});
