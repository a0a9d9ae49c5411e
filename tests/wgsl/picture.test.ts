import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KERNELS } from "../../src/render/passes/kernels";
import type { Size } from "../../src/render/scene";
import { createCpuHead } from "../twin/rasterizer";
import { requestDevice } from "./gpu";
import { ATTRIBUTES, expectAlike, HOSTILE, ODD, poisoned, sceneOf } from "./hostile";
import { drawOnGpu, drawWithTwin, image, likeness, noise, type Scene, sameBytes } from "./render";
import { CAMERA, emptyCloud, faceCloud, POSE, randomOffset } from "./scenes";

let device: GPUDevice;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.destroy());

const NAMES = KERNELS.map(({ name }) => name);
const SQUARE: Size = { width: 512, height: 512 };
async function expectLikeTwin(scene: Scene, torso = image(scene.size, () => 0)): Promise<void> {
  expectAlike(await drawOnGpu(device, scene, torso, null), drawWithTwin(scene, torso, null).data);
}

test.each(NAMES)("a face of 5000, deformed and posed, by %s", async (kernel) => {
  const cloud = faceCloud(5000, 3, 1);
  await expectLikeTwin({ cloud, offset: randomOffset(5000, 2), pose: POSE, size: SQUARE, kernel });
});

test("at another size than the camera's canvas", async () => {
  await expectLikeTwin(sceneOf(faceCloud(3000, 1, 1)), noise(ODD, 3));
});

describe.each(NAMES)("hostile, by %s", (kernel) => {
  test.each(Object.entries(HOSTILE))("%s", async (_, cloud) => {
    await expectLikeTwin({ ...sceneOf(cloud), kernel }, noise(ODD, 3));
  });
});

test.each(ATTRIBUTES)("NaN and Inf in %s: dropped, the others drawn", async (name) => {
  const { scene, without } = poisoned(name);
  const black = image(ODD, () => 0);
  const drawn = await drawOnGpu(device, scene, black, null);
  expect(sameBytes(drawn, await drawOnGpu(device, without, black, null))).toBe(true);
  expectAlike(drawn, drawWithTwin(without, black, null).data);
});

test("composite: final = m·(C + (1 − A)·torso) + (1 − m)·torso", async () => {
  const scene = { ...sceneOf(faceCloud(2000, 1, 6)), offset: randomOffset(2000, 7) };
  const torso = noise(ODD, 11);
  const mask = image(ODD, (x) => (255 * x) / ODD.width);
  const gpu = await drawOnGpu(device, scene, torso, mask);
  const { worst } = likeness(gpu, drawWithTwin(scene, torso, mask).data);
  // Rounding to 8 bits may go either way.
  expect(worst).toBeLessThanOrEqual(1);
});

test("alpha stops at 0.99", async () => {
  const cloud = emptyCloud(1, 0);
  cloud.rotation[0] = 1;
  cloud.logScale.fill(4);
  cloud.opacityLogit[0] = 50;
  cloud.sphericalHarmonics.fill(-10);
  const pixels = await drawOnGpu(
    device,
    sceneOf(cloud),
    image(ODD, () => 255),
    null,
  );
  // Black over white: a hundredth of 255 comes through.
  expect([...pixels.subarray(0, 4)]).toEqual([3, 3, 3, 255]);
});

test("over a torso that shines through, all of it premultiplied", async () => {
  const scene = sceneOf(faceCloud(2000, 1, 6));
  const opaque = noise(ODD, 11);
  const sheer = { ...opaque, data: opaque.data.map((value, i) => (i % 4 === 3 ? (i * 7) % 256 : value)) };
  const mask = image(ODD, (x) => (300 * x) / ODD.width - 40);
  const shares = (data: ArrayLike<number>) =>
    Array.from(data, (value, i) => (i % 4 === 3 ? value : (value * (data[i | 3] ?? 0)) / 255));
  const torso = { ...sheer, data: Uint8ClampedArray.from(shares(sheer.data)) };
  const { worst } = likeness(
    await drawOnGpu(device, scene, torso, mask),
    shares(drawWithTwin(scene, sheer, mask).data),
  );
  // Torso and twin are rounded to 8 bits before they are multiplied, the picture after.
  expect(worst).toBeLessThanOrEqual(2);
});

test("without a torso the background is transparent", async () => {
  const { cloud, offset, pose } = sceneOf(faceCloud(2000, 1, 6));
  const pixels = await drawOnGpu(device, { cloud, offset, pose, size: ODD }, null, null);
  const head = createCpuHead(cloud, CAMERA, ODD).draw(offset, pose);
  // Premultiplied, as canvases of alphaMode "premultiplied" take it.
  const expected = head.map((value, i) => Math.min(255, 255 * (i % 4 === 3 ? 1 - value : value)));
  expect(likeness(pixels, expected).worst).toBeLessThanOrEqual(1);
  expect(pixels.subarray(0, 4)).toEqual(new Uint8Array(4));
});
