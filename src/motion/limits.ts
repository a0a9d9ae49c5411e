import { MOTION_ROW } from "../avatar/motion";
import type { AvatarManifest } from "../avatar/schema";

/** From here on, as a share of what an avatar has shown, more asks for less: a face that is held at its limit looks frozen. */
const KNEE = 0.7;

/** `value` within ± `most`, without a corner. */
export function softly(value: number, most: number): number {
  const knee = KNEE * most;
  const beyond = Math.abs(value) - knee;
  if (beyond <= 0) return value;
  const room = most - knee;
  return room > 0 ? Math.sign(value) * (knee + room * (1 - Math.exp(-beyond / room))) : 0;
}

/** Brings channels [13] into what the avatar has shown, in place; what is no number rests. Lids shut whole. */
export function limitExpression(expression: AvatarManifest["expression"], values: Float32Array): void {
  for (const [i, { name, min, max, rest }] of expression.entries()) {
    const value = values[i] ?? rest;
    const soft = name.startsWith("eyeBlink") ? value : softly(value, value < 0 ? -min : max);
    values[i] = Number.isFinite(value) ? Math.max(min, Math.min(max, soft)) : rest;
  }
}

type Angles = readonly [pitch: number, yaw: number, roll: number];

/** Adds a turn to the head's pose without ever leaving what the capture showed. @param motion rows of motion.bin. */
export function createTurnLimit(
  motion: Float32Array,
): (pose: Angles, turn: Angles) => [number, number, number] {
  const ranges = [0, 1, 2].map((column) => rangeOf(motion, column));
  const add = (pose: number, turn: number, axis: number) => {
    const [least, most] = ranges[axis] ?? [0, 0];
    const room = Math.max(0, turn > 0 ? most - pose : pose - least);
    // What is no number turns nothing.
    return pose + softly(turn || 0, room);
  };
  return (pose, turn) => [add(pose[0], turn[0], 0), add(pose[1], turn[1], 1), add(pose[2], turn[2], 2)];
}

/** Least and most of a column of motion.bin, 0 included. */
export function rangeOf(motion: Float32Array, column: number): [number, number] {
  let [least, most] = [0, 0];
  for (let i = column; i < motion.length; i += MOTION_ROW) {
    least = Math.min(least, motion[i] ?? 0);
    most = Math.max(most, motion[i] ?? 0);
  }
  return [least, most];
}
