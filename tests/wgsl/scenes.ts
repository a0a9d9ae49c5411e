import type { Camera, GaussianCloud, HeadPose } from "../../src/render/scene";

/** Deterministic uniform numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function emptyCloud(count: number, shDegree: number): GaussianCloud {
  return {
    count,
    shDegree,
    position: new Float32Array(count * 3),
    rotation: new Float32Array(count * 4),
    logScale: new Float32Array(count * 3),
    opacityLogit: new Float32Array(count),
    sphericalHarmonics: new Float32Array(count * (shDegree + 1) ** 2 * 3),
    headWeight: new Float32Array(count),
  };
}

/** Head-sized: the surface of an ellipsoid with a neck below, as a trained avatar has; dense enough to be opaque. */
export function faceCloud(count: number, shDegree: number, seed: number): GaussianCloud {
  const next = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const cloud = emptyCloud(count, shDegree);
  const coefficients = (shDegree + 1) ** 2;
  const spacing = Math.sqrt((4 * Math.PI * 1.1) / count);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [normal(), normal(), normal()];
    const r = 1 / Math.hypot(x, y, z);
    cloud.position.set([x * r * 0.8, y * r * 1.15, z * r * 0.95], i * 3);
    cloud.rotation.set([normal(), normal(), normal(), normal()], i * 4);
    for (let axis = 0; axis < 3; axis++)
      cloud.logScale[i * 3 + axis] = Math.log(spacing * 0.5) + 0.5 * normal();
    cloud.opacityLogit[i] = 1 + 2 * normal();
    cloud.headWeight[i] = Math.min(1, Math.max(0, 1.8 + y * r * 1.15 * 1.5));
    for (let c = 0; c < coefficients; c++) {
      for (let rgb = 0; rgb < 3; rgb++) {
        const shade = c === 0 ? ([0.6, 0.1, -0.2][rgb] ?? 0) : 0;
        cloud.sphericalHarmonics[(i * coefficients + c) * 3 + rgb] =
          shade + (c === 0 ? 0.6 : 0.12) * normal();
      }
    }
  }
  return cloud;
}

/** The size of motion that a trained deformation shows. */
export function randomOffset(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = random(seed);
  const size = [0.02, 0.02, 0.02, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.05, 0.05, 0.05];
  return Float32Array.from({ length: count * 14 }, (_, i) => (2 * next() - 1) * (size[i % 14] ?? 0));
}

export const CAMERA: Camera = {
  canvas: { width: 512, height: 512 },
  focalPx: 1400,
  principalPx: [256, 250],
  position: [0, 0, 8],
};

export const POSE: HeadPose = {
  rotation: [0.1, -0.25, 0.06],
  translation: [0.05, -0.03, 0.02],
  pivot: [0, -0.8, -0.2],
};
