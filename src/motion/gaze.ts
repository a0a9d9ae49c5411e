import type { AvatarManifest } from "../avatar/schema";
import { EXPRESSION_NAMES } from "./expression-names";
import { rangeOf } from "./limits";
import { smooth } from "./smooth";

/** Radians from the camera: yaw to the right of the picture, pitch upwards. */
export interface GazeTarget {
  readonly yaw: number;
  readonly pitch: number;
}

/** A saccade is short, the head follows it slowly: time constants, seconds. */
const EYES = 0.045;
const HEAD = 0.28;
/** The head's share of a glance; the eyes do the rest. */
const HEAD_SHARE = 0.4;
/** Seconds in which the idle motion gives way, and comes back. */
const EASE = 0.4;
/** The eyes' own small wandering goes on at this share: a dead stare is uncanny. */
const WANDER = 0.15;

const YAW = EXPRESSION_NAMES.indexOf("gazeYaw");
const PITCH = EXPRESSION_NAMES.indexOf("gazePitch");

/** Where an embedder has asked it to look. */
export interface Gaze {
  /** null: the idle motion's glances again. */
  lookAt(target: GazeTarget | null): void;
  /**
   * Moves on by `elapsed` seconds; turns `rotation` [3] (pitch, yaw, roll) towards the target, and the eyes of `expression` [13].
   * @param still the head stands, the eyes look.
   */
  apply(elapsed: number, rotation: [number, number, number], expression: Float32Array, still: boolean): void;
}

/** @param motion rows of motion.bin: the head turns no further than the capture did. */
export function createGaze({ expression }: Pick<AvatarManifest, "expression">, motion: Float32Array): Gaze {
  const turns = [rangeOf(motion, 0), rangeOf(motion, 1)] as const;
  let target: GazeTarget | null = null;
  /** How much of it is ours, 0 … 1. */
  let hold = 0;
  /** How much the head takes part, 0 … 1. */
  let turn = 1;
  /** Angles from the camera; the head's pitch as the avatar counts it. */
  const head = { yaw: 0, pitch: 0 };
  const eyes = { yaw: 0, pitch: 0 };

  return {
    lookAt(next) {
      // Not from where it looked long ago.
      if (hold === 0 && next) {
        Object.assign(head, { yaw: 0, pitch: 0 });
        Object.assign(eyes, next);
      }
      target = next;
    },
    apply(elapsed, rotation, values, still) {
      hold = clamp(hold + (target ? elapsed : -elapsed) / EASE, 0, 1);
      if (hold === 0) return;
      const weight = smooth(hold);
      turn = clamp(turn + (still ? -elapsed : elapsed) / EASE, 0, 1);
      if (target) {
        follow(eyes, target, elapsed / EYES);
        // Downwards is positive in the avatar's pitch; no further than the capture turned.
        const pitch = clamp(-HEAD_SHARE * target.pitch, ...turns[0]);
        const yaw = clamp(HEAD_SHARE * target.yaw, ...turns[1]);
        follow(head, { yaw, pitch }, elapsed / HEAD);
      }
      const turning = weight * smooth(turn);
      rotation[0] += turning * (head.pitch - rotation[0] * (1 - WANDER));
      rotation[1] += turning * (head.yaw - rotation[1] * (1 - WANDER));
      values[YAW] = limited(YAW, weight, eyes.yaw - rotation[1], values);
      values[PITCH] = limited(PITCH, weight, -eyes.pitch - rotation[0], values);
    },
  };

  /** The gaze relative to the head, in the avatar's range. */
  function limited(channel: number, weight: number, wanted: number, values: Float32Array): number {
    const { min, max } = expression[channel] ?? { min: 0, max: 0 };
    const idle = values[channel] ?? 0;
    return clamp(idle + weight * (wanted + WANDER * idle - idle), min, max);
  }
}

function follow(angle: { yaw: number; pitch: number }, to: GazeTarget, steps: number): void {
  const share = 1 - Math.exp(-steps);
  angle.yaw += share * (to.yaw - angle.yaw);
  angle.pitch += share * (to.pitch - angle.pitch);
}

const clamp = (x: number, least: number, most: number) => Math.max(least, Math.min(most, x));
