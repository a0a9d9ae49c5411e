/** What both rasterizers draw; every convention is in ARCHITECTURE.md, "Spaces and times" and "Gaussian conventions". */

export interface Size {
  width: number;
  height: number;
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

/** Floats per Gaussian in an offset: position 3, quaternion 4, log-scale 3, opacity logit 1, colour 3. */
export const OFFSET_SIZE = 14;
