import { expect } from "vitest";
import type { GaussianCloud, Size } from "../../src/render/scene";
import { likeness, type Scene } from "./render";
import { CAMERA, emptyCloud, faceCloud, POSE, random } from "./scenes";

/** Neither whole tiles nor whole groups of four pixels, and another aspect than the camera's canvas. */
export const ODD: Size = { width: 333, height: 219 };

export function sceneOf(cloud: GaussianCloud, size: Size = ODD): Scene {
  return { cloud, offset: new Float32Array(cloud.count * 14), pose: POSE, size };
}

// 58 dB: rounding two pictures to 8 bits differently at every second pixel would already cost 54 dB.
// 3/255 on 99.99 %: a pixel at the very edge alpha = 1/255 of several splats may fall to either side.
export function expectAlike(drawn: ArrayLike<number>, expected: ArrayLike<number>): void {
  const { psnr, within3 } = likeness(drawn, expected);
  expect(psnr).toBeGreaterThanOrEqual(58);
  expect(within3).toBeGreaterThanOrEqual(0.9999);
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

const [, , cameraZ] = CAMERA.position;
/** What breaks rasterizers, by what is wrong with it. */
export const HOSTILE: Readonly<Record<string, GaussianCloud>> = {
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

/** Where `poisoned` can put what is no number. */
export const ATTRIBUTES = [
  "position",
  "rotation",
  "logScale",
  "opacityLogit",
  "sphericalHarmonics",
  "headWeight",
  "offset",
] as const;

/** A face with NaN and both infinities in some Gaussians' attribute, and the same face without these Gaussians. */
export function poisoned(name: (typeof ATTRIBUTES)[number]): { scene: Scene; without: Scene } {
  const count = 301;
  const scene = sceneOf(faceCloud(count, 1, 8));
  const without = sceneOf(faceCloud(count, 1, 8));
  const array = name === "offset" ? scene.offset : scene.cloud[name];
  const stride = array.length / count;
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].forEach((bad, k) => {
    for (let i = k; i < count; i += 7) {
      array[i * stride + (i % stride)] = bad;
      without.cloud.opacityLogit[i] = -200;
    }
  });
  return { scene, without };
}
