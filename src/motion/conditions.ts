export const LIP_SIZE = 32;
/** Seconds from one lip feature to the next. */
export const LIP_STEP = 1 / 50;
export const EXPRESSION_SIZE = 13;

/** All that decides one frame. */
export interface Conditions {
  /** Lip feature, [32]. */
  readonly lip: Float32Array;
  /** Expression in the order of `avatar.json`, [13]. */
  readonly expression: Float32Array;
  /** Pitch, yaw, roll in radians. */
  readonly rotation: readonly [number, number, number];
  /** Decimetres. */
  readonly translation: readonly [number, number, number];
  /** Source frame of the torso video, 0 … frames − 1. */
  readonly torsoFrame: number;
}
