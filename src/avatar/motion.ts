import { LipsplatError } from "../player/errors";

/** Floats in a row of motion.bin: rotation (3), translation (3), expression (13). */
export const MOTION_ROW = 19;

/**
 * Reads motion.bin: `frames` rows of 19 float32, little-endian.
 * @throws LipsplatError `bundle-corrupt` where the length or a value is wrong.
 */
export function readMotion(data: ArrayBuffer, frames: number): Float32Array {
  const expected = frames * MOTION_ROW * 4;
  if (data.byteLength !== expected) {
    throw new LipsplatError(
      "bundle-corrupt",
      `motion.bin has ${data.byteLength} bytes, not ${expected} (${frames} frames).`,
    );
  }
  const view = new DataView(data);
  const motion = new Float32Array(frames * MOTION_ROW);
  for (let i = 0; i < motion.length; i++) {
    const value = view.getFloat32(i * 4, true);
    if (!Number.isFinite(value)) {
      throw new LipsplatError(
        "bundle-corrupt",
        `motion.bin, row ${Math.floor(i / MOTION_ROW)}: value ${i % MOTION_ROW} is not finite.`,
      );
    }
    motion[i] = value;
  }
  return motion;
}
