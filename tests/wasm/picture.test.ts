import "./platform";
import { describe, expect, test } from "vitest";
import type { GaussianCloud, Size } from "../../src/render/scene";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { composite } from "../twin/composite";
import { createCpuHead } from "../twin/rasterizer";
import { type Image, image, likeness, noise, type Scene, sameBytes } from "../wgsl/render";
import { CAMERA, emptyCloud, faceCloud, POSE, random, randomOffset } from "../wgsl/scenes";

const SQUARE: Size = { width: 512, height: 512 };
// Neither whole tiles nor whole groups of four pixels, and another aspect than the camera's canvas.
const ODD: Size = { width: 333, height: 219 };

function sceneOf(cloud: GaussianCloud, size: Size = ODD): Scene {
  return { cloud, offset: new Float32Array(cloud.count * 14), pose: POSE, size };
}

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

// 58 dB: rounding two pictures to 8 bits differently at every second pixel would already cost 54 dB.
// 3/255 on 99.99 %: a pixel at the very edge alpha = 1/255 of several splats may fall to either side.
async function expectLikeTwin(scene: Scene, torso = image(scene.size, () => 0)): Promise<void> {
  const { data } = await drawWithWasm(scene, torso, null);
  const { psnr, within3 } = likeness(data, drawTwin(scene, torso, null).data);
  expect(psnr).toBeGreaterThanOrEqual(58);
  expect(within3).toBeGreaterThanOrEqual(0.9999);
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
    "larger than floats hold": hostile(90, (cloud, i) => {
      cloud.logScale.fill(60, i * 3, i * 3 + 3);
      cloud.opacityLogit[i] = -2;
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
    "quaternions of any length": hostile(900, (cloud, i, next) => {
      const length = 10 ** (60 * next() - 30);
      for (let k = i * 4; k < i * 4 + 4; k++) cloud.rotation[k] = (cloud.rotation[k] ?? 0) * length;
    }),
  };
  test.each(Object.entries(cases))("%s", async (_, cloud) => {
    await expectLikeTwin(sceneOf(cloud), noise(ODD, 3));
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
    const count = 301;
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
    const [drawn, without] = [await drawWithWasm(scene, null, null), await drawWithWasm(kept, null, null)];
    expect(sameBytes(new Uint8Array(drawn.data), new Uint8Array(without.data))).toBe(true);
    expect(likeness(drawn.data, drawTwin(kept, null, null).data).psnr).toBeGreaterThanOrEqual(58);
  });
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
