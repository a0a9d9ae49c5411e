import { MOTION_ROW } from "../avatar/motion";
import { smooth } from "./smooth";

/** Seconds over which the end of the loop turns into its beginning. */
const CROSSFADE = 1;
/** The loop keeps at least this share of the capture. */
const MIN_SHARE = 0.5;
/** Weight of a velocity (per second) beside a position, in the search for the joint. */
const VELOCITY_WEIGHT = 0.3;

export interface IdleMotion {
  /** Seconds after which it repeats. */
  readonly period: number;
  /**
   * Writes pose and expression [19] at `time` ≥ 0 seconds, continuous everywhere, always played forwards.
   * @returns the source frame that goes with it.
   */
  sample(time: number, out: Float32Array): number;
}

/** @param motion rows of motion.bin, [frames · 19], frame i at (i + 0.5)/fps. */
export function createIdleMotion(motion: Float32Array, fps: number): IdleMotion {
  const frames = motion.length / MOTION_ROW;
  const fade = Math.max(1, Math.min(Math.round(CROSSFADE * fps), Math.floor(frames / 4)));
  const { from, to } = findLoop(motion, frames, fade, fps);
  const length = Math.max(1, to - from);
  const behind = new Float32Array(MOTION_ROW);

  return {
    period: length / fps,
    sample(time, out) {
      const at = from + ((time * fps) % length);
      catmullRom(motion, frames, at, out);
      const left = from + length - at;
      if (left >= fade) return Math.min(frames - 1, Math.round(at));
      // The last stretch gives way to the one before the loop's start, which leads into it.
      catmullRom(motion, frames, at - length, behind);
      const share = smooth(1 - left / fade);
      for (let i = 0; i < MOTION_ROW; i++) out[i] = (out[i] ?? 0) * (1 - share) + (behind[i] ?? 0) * share;
      return Math.max(0, Math.min(frames - 1, Math.round(share < 0.5 ? at : at - length)));
    },
  };
}

/** Frames [from, to) whose ends are most alike in place and velocity. */
function findLoop(
  motion: Float32Array,
  frames: number,
  fade: number,
  fps: number,
): { from: number; to: number } {
  const scale = deviations(motion, frames);
  const value = (frame: number, column: number) => motion[frame * MOTION_ROW + column] ?? 0;
  let best = { from: fade, to: frames - 1, distance: Number.POSITIVE_INFINITY };
  // The crossfade hides what is left: every fourth frame is near enough.
  for (let from = fade; from < frames * (1 - MIN_SHARE); from += 4) {
    for (let to = Math.ceil(from + frames * MIN_SHARE); to < frames - 1; to += 4) {
      let distance = 0;
      for (let c = 0; c < MOTION_ROW; c++) {
        const place = value(to, c) - value(from, c);
        const velocity = (value(to + 1, c) - value(to, c) - value(from + 1, c) + value(from, c)) * fps;
        distance += (place ** 2 + (VELOCITY_WEIGHT * velocity) ** 2) * (scale[c] ?? 0);
      }
      if (distance < best.distance) best = { from, to, distance };
    }
  }
  return best;
}

/** 1 / variance of each column, 0 for one that stands still; the pose, seen everywhere, counts fourfold. */
function deviations(motion: Float32Array, frames: number): Float64Array {
  return Float64Array.from({ length: MOTION_ROW }, (_, column) => {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < frames; i++) {
      const value = motion[i * MOTION_ROW + column] ?? 0;
      sum += value;
      squares += value * value;
    }
    const variance = squares / frames - (sum / frames) ** 2;
    return variance > 1e-9 ? (column < 6 ? 4 : 1) / variance : 0;
  });
}

/** Cubic through the frames around `at` (fractional frame number, ends held): no kinks at 25 Hz. */
function catmullRom(motion: Float32Array, frames: number, at: number, out: Float32Array): void {
  const base = Math.floor(at);
  const t = at - base;
  const row = (frame: number) => Math.max(0, Math.min(frames - 1, frame)) * MOTION_ROW;
  const [a, b, c, d] = [row(base - 1), row(base), row(base + 1), row(base + 2)];
  for (let i = 0; i < MOTION_ROW; i++) {
    const p0 = motion[a + i] ?? 0;
    const p1 = motion[b + i] ?? 0;
    const p2 = motion[c + i] ?? 0;
    const p3 = motion[d + i] ?? 0;
    out[i] = p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
  }
}
