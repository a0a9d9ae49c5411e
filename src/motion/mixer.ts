import { MOTION_ROW } from "../avatar/motion";
import type { AvatarManifest } from "../avatar/schema";
import { type Conditions, EXPRESSION_SIZE, LIP_SIZE } from "./conditions";
import type { Expression } from "./expression";
import type { Gaze } from "./gaze";
import type { IdleMotion } from "./idle";
import type { LipTrack } from "./lip-track";

/** Seconds in which the lips go to and from silence where speech ends or begins. */
const EASE = 0.12;
/** Seconds in which the sway comes to a stand or sets in again. */
const STILLING = 1;

export interface Mixer {
  /** The head stands and nothing sways behind it; lids, eyes, brows and lips move on. */
  still: boolean;
  /**
   * What the next frame shows. The returned record's arrays are reused by the next call.
   * @param elapsed seconds since the last call: moves the idle motion on.
   * @param speechTime context time whose sound goes with the frame; null while nothing speaks.
   */
  next(elapsed: number, speechTime: number | null): Conditions;
  /** The next frame's lips rest. */
  hush(): void;
}

/** What an embedder asks of the face lies over the idle motion. */
export interface Asked {
  readonly expression: Expression;
  readonly gaze: Gaze;
}

/** Head, eyes and brows from the idle motion and what is asked; lips from speech alone, at rest where there is none. */
export function createMixer(
  manifest: AvatarManifest,
  idle: IdleMotion,
  track: LipTrack,
  still = false,
  asked?: Asked,
): Mixer {
  const silence = Float32Array.from(manifest.lip.silence);
  const pose = new Float32Array(MOTION_ROW);
  const face = new Float32Array(MOTION_ROW);
  const spoken = Float32Array.from(silence);
  const lip = new Float32Array(LIP_SIZE);
  const expression = new Float32Array(EXPRESSION_SIZE);
  let faceTime = 0;
  /** Falls behind `faceTime` while the head stands. */
  let poseTime = 0;
  let pace = still ? 0 : 1;
  let presence = 0;
  const mixer: Mixer = {
    still,
    hush() {
      presence = 0;
    },
    next(elapsed, speechTime) {
      pace = clamp(pace + (mixer.still ? -elapsed : elapsed) / STILLING);
      faceTime += elapsed;
      poseTime += elapsed * smooth(pace);
      idle.sample(faceTime, face);
      const torsoFrame = idle.sample(poseTime, pose);
      const speaking = speechTime !== null && track.sample(speechTime, spoken);
      presence = clamp(presence + (speaking ? elapsed : -elapsed) / EASE);
      const weight = smooth(presence);
      for (let i = 0; i < LIP_SIZE; i++) {
        const rest = silence[i] ?? 0;
        lip[i] = rest + weight * ((spoken[i] ?? 0) - rest);
      }
      for (const [i, { min, max }] of manifest.expression.entries()) {
        expression[i] = Math.max(min, Math.min(max, face[6 + i] ?? 0));
      }
      const rotation: [number, number, number] = [pose[0] ?? 0, pose[1] ?? 0, pose[2] ?? 0];
      asked?.expression.apply(elapsed, expression);
      asked?.gaze.apply(elapsed, rotation, expression, mixer.still);
      return {
        lip,
        expression,
        rotation,
        translation: [pose[3] ?? 0, pose[4] ?? 0, pose[5] ?? 0],
        torsoFrame,
      };
    },
  };
  return mixer;
}

const clamp = (x: number) => Math.max(0, Math.min(1, x));
const smooth = (x: number) => x * x * (3 - 2 * x);
