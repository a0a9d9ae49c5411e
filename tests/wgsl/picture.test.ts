import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KERNELS } from "../../src/render/passes/kernels";
import type { GaussianCloud, Size } from "../../src/render/scene";
import { createCpuHead } from "../twin/rasterizer";
import { requestDevice } from "./gpu";
import { drawOnGpu, drawWithTwin, image, likeness, noise, type Scene, sameBytes } from "./render";
import { CAMERA, emptyCloud, faceCloud, POSE, random, randomOffset } from "./scenes";

let device: GPUDevice;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.destroy());

const NAMES = KERNELS.map(({ name }) => name);
const SQUARE: Size = { width: 512, height: 512 };
// Not whole tiles, and another aspect than the camera's canvas.
const ODD: Size = { width: 333, height: 219 };

function sceneOf(cloud: GaussianCloud, size: Size = ODD): Scene {
  return { cloud, offset: new Float32Array(cloud.count * 14), pose: POSE, size };
}

/** Changes some Gaussians of a face. */
function hostile(
  count: number,
  change: (cloud: GaussianCloud, i: number, next: () => number) => void,
): GaussianCloud {
  const cloud = faceCloud(count, 1, 21);
  const next = random(22);
  for (let i = 0; i < count; i += 3) change(cloud, i, next);
  return cloud;
}

// 58 dB: rounding two pictures to 8 bits differently at every second pixel would already cost 54 dB.
// 3/255 on 99.99 %: a pixel at the very edge alpha = 1/255 of several splats may fall to either side.
async function expectLikeTwin(scene: Scene, torso = image(scene.size, () => 0)): Promise<void> {
  const gpu = await drawOnGpu(device, scene, torso, null);
  const twin = drawWithTwin(scene, torso, null);
  const { psnr, within3 } = likeness(gpu, twin.data);
  expect(psnr).toBeGreaterThanOrEqual(58);
  expect(within3).toBeGreaterThanOrEqual(0.9999);
}

test.each(NAMES)("a face of 5000, deformed and posed, by %s", async (kernel) => {
  const cloud = faceCloud(5000, 3, 1);
  await expectLikeTwin({ cloud, offset: randomOffset(5000, 2), pose: POSE, size: SQUARE, kernel });
});

test("at another size than the camera's canvas", async () => {
  await expectLikeTwin(sceneOf(faceCloud(3000, 1, 1)), noise(ODD, 3));
});

describe("hostile", () => {
  const [, , cameraZ] = CAMERA.position;
  const cases: Record<string, GaussianCloud> = {
    "an empty scene": emptyCloud(0, 1),
    "one Gaussian": faceCloud(1, 0, 3),
    "behind the camera": hostile(900, (cloud, i, next) => {
      cloud.position[i * 3 + 2] = cameraZ + 5 * next();
      cloud.headWeight[i] = 0;
    }),
    "across the near plane": hostile(900, (cloud, i, next) => {
      cloud.position.set([0.1 * next(), 0.1 * next(), cameraZ - 0.15 - 0.1 * next()], i * 3);
      cloud.logScale.fill(-4, i * 3, i * 3 + 3);
      cloud.opacityLogit[i] = -3;
      cloud.headWeight[i] = 0;
    }),
    "needle-thin": hostile(900, (cloud, i) => {
      cloud.logScale.set([0.5, -12, -12], i * 3);
    }),
    "screen-filling": hostile(90, (cloud, i) => {
      cloud.logScale.fill(3, i * 3, i * 3 + 3);
      cloud.opacityLogit[i] = -2;
    }),
    "opacity 0 and 1": hostile(900, (cloud, i, next) => {
      cloud.opacityLogit[i] = next() < 0.5 ? -200 : 200;
    }),
    "many in one tile": hostile(30_000, (cloud, i, next) => {
      cloud.position.set([0.02 * next(), -0.8 + 0.02 * next(), 0.5 * next()], i * 3);
      cloud.opacityLogit[i] = -4;
    }),
    "equal depths": hostile(900, (cloud, i) => {
      cloud.headWeight[i] = 0;
      cloud.position[i * 3 + 2] = 0.5;
    }),
    "outside the field of view": hostile(900, (cloud, i, next) => {
      cloud.position.set([40 * next() - 20, 40 * next() - 20, cameraZ - 0.3 - next()], i * 3);
      cloud.headWeight[i] = 0;
    }),
  };
  describe.each(NAMES)("by %s", (kernel) => {
    test.each(Object.entries(cases))("%s", async (_, cloud) => {
      await expectLikeTwin({ ...sceneOf(cloud), kernel }, noise(ODD, 3));
    });
  });
});

describe("NaN and Inf in", () => {
  const arrays = [
    "position",
    "rotation",
    "logScale",
    "opacityLogit",
    "sphericalHarmonics",
    "headWeight",
  ] as const;
  test.each([...arrays, "offset"] as const)("%s: dropped, the others drawn", async (name) => {
    const count = 300;
    const scene = sceneOf(faceCloud(count, 1, 8));
    const kept = sceneOf(faceCloud(count, 1, 8));
    const array = name === "offset" ? scene.offset : scene.cloud[name];
    const stride = array.length / count;
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].forEach((bad, k) => {
      for (let i = k; i < count; i += 7) {
        array[i * stride + (i % stride)] = bad;
        kept.cloud.opacityLogit[i] = -200;
      }
    });
    const black = image(ODD, () => 0);
    const drawn = await drawOnGpu(device, scene, black, null);
    expect(sameBytes(drawn, await drawOnGpu(device, kept, black, null))).toBe(true);
    expect(likeness(drawn, drawWithTwin(scene, black, null).data).psnr).toBeGreaterThanOrEqual(58);
  });
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

test("without a torso the background is transparent", async () => {
  const { cloud, offset, pose } = sceneOf(faceCloud(2000, 1, 6));
  const pixels = await drawOnGpu(device, { cloud, offset, pose, size: ODD }, null, null);
  const head = createCpuHead(cloud, CAMERA, ODD).draw(offset, pose);
  // Premultiplied, as canvases of alphaMode "premultiplied" take it.
  const expected = head.map((value, i) => Math.min(255, 255 * (i % 4 === 3 ? 1 - value : value)));
  expect(likeness(pixels, expected).worst).toBeLessThanOrEqual(1);
  expect(pixels.subarray(0, 4)).toEqual(new Uint8Array(4));
});
