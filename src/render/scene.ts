/** What both rasterizers draw; every convention is in ARCHITECTURE.md, "Spaces and times" and "Gaussian conventions". */

export interface Size {
  width: number;
  height: number;
}

/** Whole pixels. */
export function scaleSize({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** N Gaussians at rest, as `gaussians.ply` stores them. */
export interface GaussianCloud {
  count: number;
  /** 0 to 3. */
  shDegree: number;
  /** [N,3] decimetres. */
  position: Float32Array;
  /** [N,4] quaternion w x y z, any length but zero. */
  rotation: Float32Array;
  /** [N,3] natural log of the standard deviation in decimetres. */
  logScale: Float32Array;
  /** [N] */
  opacityLogit: Float32Array;
  /** [N,(d+1)²,3] coefficient-major, rgb inner. */
  sphericalHarmonics: Float32Array;
  /** [N] 1 head, 0 torso. */
  headWeight: Float32Array;
}

/** Pinhole looking along −z. */
export interface Camera {
  /** The picture size that `focalPx` and `principalPx` are given for; other sizes are scaled to. */
  canvas: Size;
  focalPx: number;
  principalPx: readonly [x: number, y: number];
  /** Decimetres, world axes. */
  position: readonly [x: number, y: number, z: number];
}

/** R = Ry(yaw)·Rx(pitch)·Rz(roll) about `pivot`, then `translation`. */
export interface HeadPose {
  /** Radians. */
  rotation: readonly [pitch: number, yaw: number, roll: number];
  /** Decimetres. */
  translation: readonly [x: number, y: number, z: number];
  /** Decimetres. */
  pivot: readonly [x: number, y: number, z: number];
}

export const REST: HeadPose = { rotation: [0, 0, 0], translation: [0, 0, 0], pivot: [0, 0, 0] };

/** Floats per Gaussian in an offset: position 3, quaternion 4, log-scale 3, opacity logit 1, colour 3. */
export const OFFSET_SIZE = 14;

type Row = readonly [number, number, number];

/** R of a head pose, by rows. */
export function rotationMatrix([pitch, yaw, roll]: HeadPose["rotation"]): readonly [Row, Row, Row] {
  const [cx, sx] = [Math.cos(pitch), Math.sin(pitch)];
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cz, sz] = [Math.cos(roll), Math.sin(roll)];
  return [
    [cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx],
    [cx * sz, cx * cz, -sx],
    [-sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx],
  ];
}

/** @throws {TypeError} names the array whose length does not fit. */
export function checkCloud(cloud: GaussianCloud): void {
  const { count, shDegree } = cloud;
  if (![0, 1, 2, 3].includes(shDegree))
    throw new TypeError(`cloud.shDegree is ${shDegree}: it must be 0 to 3`);
  const lengths = {
    position: count * 3,
    rotation: count * 4,
    logScale: count * 3,
    opacityLogit: count,
    sphericalHarmonics: count * (shDegree + 1) ** 2 * 3,
    headWeight: count,
  };
  for (const [name, expected] of Object.entries(lengths)) {
    const { length } = cloud[name as keyof typeof lengths];
    if (length !== expected)
      throw new TypeError(`cloud.${name} has ${length} values: it must have ${expected}`);
  }
}
