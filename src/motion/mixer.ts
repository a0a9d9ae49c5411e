import { MOTION_ROW } from "../avatar/motion";
import type { AvatarManifest } from "../avatar/schema";
import { type Conditions, EXPRESSION_SIZE, LIP_SIZE } from "./conditions";
import type { IdleMotion } from "./idle";
import type { LipTrack } from "./lip-track";

/** Seconds in which the lips go to and from silence where speech ends or begins. */
const EASE = 0.12;

export interface Mixer {
  /**
   * What the next frame shows. The returned record's arrays are reused by the next call.
   * @param elapsed seconds since the last call: moves the idle motion on.
   * @param speechTime context time whose sound goes with the frame; null while nothing speaks.
   */
  next(elapsed: number, speechTime: number | null): Conditions;
}

/** Head, eyes and brows from the idle motion; lips from speech alone, at rest where there is none. */
export function createMixer(manifest: AvatarManifest, idle: IdleMotion, track: LipTrack): Mixer {
  const silence = Float32Array.from(manifest.lip.silence);
  const row = new Float32Array(MOTION_ROW);
  const spoken = Float32Array.from(silence);
  const lip = new Float32Array(LIP_SIZE);
  const expression = new Float32Array(EXPRESSION_SIZE);
  let time = 0;
  let presence = 0;
  return {
    next(elapsed, speechTime) {
      time += elapsed;
      const torsoFrame = idle.sample(time, row);
      const speaking = speechTime !== null && track.sample(speechTime, spoken);
      presence = Math.max(0, Math.min(1, presence + (speaking ? elapsed : -elapsed) / EASE));
      const weight = presence * presence * (3 - 2 * presence);
      for (let i = 0; i < LIP_SIZE; i++) {
        const rest = silence[i] ?? 0;
        lip[i] = rest + weight * ((spoken[i] ?? 0) - rest);
      }
      for (const [i, { min, max }] of manifest.expression.entries()) {
        expression[i] = Math.max(min, Math.min(max, row[6 + i] ?? 0));
      }
      return {
        lip,
        expression,
        rotation: [row[0] ?? 0, row[1] ?? 0, row[2] ?? 0],
        translation: [row[3] ?? 0, row[4] ?? 0, row[5] ?? 0],
        torsoFrame,
      };
    },
  };
}
