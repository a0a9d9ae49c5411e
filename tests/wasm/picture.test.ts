import "./platform";
import { describe, expect, test } from "vitest";
import type { Size } from "../../src/render/scene";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { composite } from "../twin/composite";
import { createCpuHead } from "../twin/rasterizer";
import { ATTRIBUTES, expectAlike, HOSTILE, ODD, poisoned, sceneOf } from "../wgsl/hostile";
import { type Image, image, likeness, noise, type Scene, sameBytes } from "../wgsl/render";
import { CAMERA, emptyCloud, faceCloud, POSE, randomOffset } from "../wgsl/scenes";

const SQUARE: Size = { width: 512, height: 512 };
async function drawWithWasm(scene: Scene, torso: Image | null, mask: Image | null): Promise<ImageData> {
  const { cloud, size, offset, pose } = scene;
  const rasterizer = await createWasmRasterizer(cloud, CAMERA, size, { threads: 1 });
  rasterizer.setTorso(torso);
  rasterizer.setMask(mask);
  const drawn = rasterizer.draw(offset, pose);
  rasterizer.destroy();
  return drawn;
}

function drawTwin({ cloud, size, offset, pose }: Scene, torso: Image | null, mask: Image | null): Image {
  const out = image(size, () => 0);
  composite(createCpuHead(cloud, CAMERA, size).draw(offset, pose), torso, mask, out);
  return out;
}

async function expectLikeTwin(scene: Scene, torso = image(scene.size, () => 0)): Promise<void> {
  expectAlike((await drawWithWasm(scene, torso, null)).data, drawTwin(scene, torso, null).data);
}

test.each([0, 1, 2, 3])("a face of 5000 of degree %i, deformed and posed", async (degree) => {
  const cloud = faceCloud(5000, degree, 1);
  await expectLikeTwin({ cloud, offset: randomOffset(5000, 2), pose: POSE, size: SQUARE });
});

test.each([ODD, { width: 1, height: 1 }, { width: 3, height: 700 }, { width: 130, height: 2 }])(
  "at $width×$height",
  async (size) => {
    await expectLikeTwin(sceneOf(faceCloud(3000, 1, 1), size), noise(size, 3));
  },
);

test.each(Object.entries(HOSTILE))("hostile: %s", async (_, cloud) => {
  await expectLikeTwin(sceneOf(cloud), noise(ODD, 3));
});

test.each(ATTRIBUTES)("NaN and Inf in %s: dropped, the others drawn", async (name) => {
  const { scene, without } = poisoned(name);
  const [drawn, expected] = [await drawWithWasm(scene, null, null), await drawWithWasm(without, null, null)];
  expect(sameBytes(new Uint8Array(drawn.data), new Uint8Array(expected.data))).toBe(true);
  expectAlike(drawn.data, drawTwin(without, null, null).data);
});

describe("composite", () => {
  const scene = { ...sceneOf(faceCloud(2000, 1, 6)), offset: randomOffset(2000, 7) };
  const opaque = noise(ODD, 11);
  const sheer = { ...opaque, data: opaque.data.map((value, i) => (i % 4 === 3 ? (i * 7) % 256 : value)) };
  const clear = { ...opaque, data: new Uint8ClampedArray(opaque.data.length) };
  const ramp = image(ODD, (x) => (300 * x) / ODD.width - 40);
  test.each([
    ["a torso and a mask", opaque, ramp],
    ["a torso", opaque, null],
    ["a torso that shines through", sheer, ramp],
    ["a torso of nothing", clear, ramp],
    ["a mask", null, ramp],
    ["neither", null, null],
  ])("over %s", async (_, torso, mask) => {
    const { data } = await drawWithWasm(scene, torso, mask);
    // Rounding to 8 bits may go either way; a colour divided by a small alpha wants that alpha to be seen.
    const [drawn, expected] = [data, drawTwin(scene, torso, mask).data].map(premultiply);
    expect(likeness(drawn ?? [], expected ?? []).worst).toBeLessThanOrEqual(1);
  });

  test("where the mask is 0 the torso comes out as it is", async () => {
    const { data } = await drawWithWasm(
      scene,
      sheer,
      image(ODD, () => 0),
    );
    const visible = sheer.data.map((value, i) => ((sheer.data[i | 3] ?? 0) > 0 ? value : 0));
    expect(sameBytes(new Uint8Array(data), new Uint8Array(visible))).toBe(true);
  });
});

function premultiply(data: Uint8ClampedArray): number[] {
  return Array.from(data, (value, i) => (i % 4 === 3 ? value : (value * (data[i | 3] ?? 0)) / 255));
}

test("the head alone is the twin's, frame after frame", async () => {
  const cloud = faceCloud(3000, 1, 4);
  const offset = randomOffset(3000, 5);
  const rasterizer = await createWasmRasterizer(cloud, CAMERA, ODD, { threads: 1 });
  rasterizer.setMask(image(ODD, () => 0));
  const twin = createCpuHead(cloud, CAMERA, ODD);
  for (const yaw of [0, 0.4, -0.3]) {
    const pose = { ...POSE, rotation: [0, yaw, 0] as const };
    const [drawn, expected] = [rasterizer.drawHead(offset, pose), twin.draw(offset, pose)].map((head) =>
      head.map((value) => 255 * value),
    );
    // In floats: 2.6e-6 of each alpha, and pixels that an edge of alpha = 1/255 decides.
    expect(likeness(drawn ?? [], expected ?? []).psnr).toBeGreaterThanOrEqual(70);
  }
});

test("alpha stops at 0.99", async () => {
  const cloud = emptyCloud(1, 0);
  cloud.rotation[0] = 1;
  cloud.logScale.fill(4);
  cloud.opacityLogit[0] = 50;
  cloud.sphericalHarmonics.fill(-10);
  const white = image(ODD, () => 255);
  const { data } = await drawWithWasm(sceneOf(cloud), white, null);
  // Black over white: a hundredth of 255 comes through.
  expect([...data.subarray(0, 4)]).toEqual([3, 3, 3, 255]);
});
