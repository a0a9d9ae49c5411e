import { MOTION_ROW } from "../avatar/motion";
import type { AvatarManifest } from "../avatar/schema";
import type { Asked } from "./asked";
import { type Conditions, EXPRESSION_SIZE, LIP_SIZE } from "./conditions";
import { cuesOfLips } from "./cues";
import type { FeatureTrack } from "./feature-track";
import type { IdleMotion } from "./idle";
import { createTurnLimit } from "./limits";
import { smooth } from "./smooth";
import type { FaceSpent, UpperFace } from "./upper-face";

/** Seconds in which the lips go to and from silence where speech ends or begins. */
const EASE = 0.12;
/** Seconds in which the sway comes to a stand or sets in again. */
const STILLING = 1;
/** Seconds in which the generated face takes the captured one's place, and back. */
const TAKING_OVER = 0.4;

export interface Mixer {
  /** The head stands and nothing sways behind it; lids, eyes, brows and lips move on. */
  still: boolean;
  /** What lies over all. */
  asked: Asked | undefined;
  /** Makes the upper face; without it that is the capture's, which gives way when it comes. */
  face: UpperFace | undefined;
  /** Whether it may. */
  generates: boolean;
  /** Seconds of cues after its time that a frame takes in, where they are to be had. */
  readonly ahead: number;
  /**
   * What the next frame shows. The returned record's arrays are reused by the next call.
   * @param elapsed seconds since the last call: moves the idle motion on.
   * @param speechTime context time whose sound goes with the frame; null while nothing speaks.
   */
  next(elapsed: number, speechTime: number | null): Conditions;
  /** The same, but waits for all of it: exact and repeatable. */
  exact(elapsed: number, speechTime: number | null): Promise<Conditions>;
  /** The next frame's lips rest. */
  hush(): void;
  /** Milliseconds that generator and codec have taken since the last call. */
  spent(): FaceSpent;
}

export interface MixerParts {
  readonly manifest: AvatarManifest;
  /** Rows of motion.bin, [frames · 19]. */
  readonly motion: Float32Array;
  readonly idle: IdleMotion;
  /** Lip features. */
  readonly track: FeatureTrack;
  /** Cues; where there are none, lip features tell a little. */
  readonly cues?: FeatureTrack;
  /** Without it the upper face is the capture's. */
  readonly face?: UpperFace;
  readonly asked?: Asked;
  readonly still?: boolean;
}

/** Head, eyes and brows from idle motion, generator and what is asked; lips from speech alone, at rest where there is none. */
export function createMixer(parts: MixerParts): Mixer {
  const { manifest, idle, track, still = false } = parts;
  const silence = Float32Array.from(manifest.lip.silence);
  const pose = new Float32Array(MOTION_ROW);
  const captured = new Float32Array(MOTION_ROW);
  const coming = new Float32Array(MOTION_ROW);
  const spoken = Float32Array.from(silence);
  const heard = new Float32Array(LIP_SIZE);
  const lip = new Float32Array(LIP_SIZE);
  const expression = new Float32Array(EXPRESSION_SIZE);
  const generated = new Float32Array(EXPRESSION_SIZE);
  const turn: [number, number, number] = [0, 0, 0];
  const turned = createTurnLimit(parts.motion);
  let faceTime = 0;
  /** Falls behind `faceTime` while the head stands. */
  let poseTime = 0;
  let pace = still ? 0 : 1;
  let presence = 0;
  let taken: number | undefined;

  /** Writes the cues for `ahead` seconds after the frame's time. */
  function cuesAt(speechTime: number | null, ahead: number, out: Float32Array): void {
    out.fill(0);
    if (speechTime === null) return;
    for (const source of [parts.cues, track]) {
      const at = source?.nearest(speechTime + ahead) ?? null;
      if (!source || at === null) continue;
      if (source === track) {
        if (source.sample(at, heard)) cuesOfLips(heard, out);
      } else source.sample(at, out);
      return;
    }
  }

  function advance(elapsed: number, speechTime: number | null): void {
    pace = clamp(pace + (mixer.still ? -elapsed : elapsed) / STILLING);
    faceTime += elapsed;
    poseTime += elapsed * smooth(pace);
    const { face } = mixer;
    const wanted = face && mixer.generates ? 1 : 0;
    taken = taken === undefined ? wanted : clamp(taken + (wanted ? elapsed : -elapsed) / TAKING_OVER);
    if (!face || (!wanted && taken === 0)) return;
    face.advance(faceTime, {
      sway: smooth(pace),
      cues: (time, out) => cuesAt(speechTime, time - faceTime, out),
      pose(time) {
        idle.sample(Math.max(0, poseTime + (time - faceTime) * smooth(pace)), coming);
        return [coming[0] ?? 0, coming[1] ?? 0, coming[2] ?? 0];
      },
    });
  }

  function compose(elapsed: number, speechTime: number | null): Conditions {
    idle.sample(faceTime, captured);
    const torsoFrame = idle.sample(poseTime, pose);
    const speaking = speechTime !== null && track.sample(speechTime, spoken);
    presence = clamp(presence + (speaking ? elapsed : -elapsed) / EASE);
    const weight = smooth(presence);
    for (let i = 0; i < LIP_SIZE; i++) {
      const rest = silence[i] ?? 0;
      lip[i] = rest + weight * ((spoken[i] ?? 0) - rest);
    }
    for (const [i, { min, max }] of manifest.expression.entries()) {
      expression[i] = Math.max(min, Math.min(max, captured[6 + i] ?? 0));
    }
    let rotation: [number, number, number] = [pose[0] ?? 0, pose[1] ?? 0, pose[2] ?? 0];
    const share = smooth(taken ?? 0);
    const { face } = mixer;
    if (face && share > 0) {
      face.sample(faceTime, generated, turn);
      for (let i = 0; i < EXPRESSION_SIZE; i++) {
        expression[i] = (expression[i] ?? 0) + share * ((generated[i] ?? 0) - (expression[i] ?? 0));
      }
      rotation = turned(rotation, [share * turn[0], share * turn[1], share * turn[2]]);
    }
    mixer.asked?.expression.apply(elapsed, expression);
    mixer.asked?.gaze.apply(elapsed, rotation, expression, mixer.still);
    return {
      lip,
      expression,
      rotation,
      translation: [pose[3] ?? 0, pose[4] ?? 0, pose[5] ?? 0],
      torsoFrame,
    };
  }

  const mixer: Mixer = {
    still,
    asked: parts.asked,
    face: parts.face,
    generates: true,
    get ahead() {
      return mixer.generates ? (mixer.face?.ahead ?? 0) : 0;
    },
    hush() {
      presence = 0;
    },
    next(elapsed, speechTime) {
      advance(elapsed, speechTime);
      return compose(elapsed, speechTime);
    },
    spent: () => mixer.face?.spent() ?? { generator: 0, codec: 0 },
    async exact(elapsed, speechTime) {
      advance(elapsed, speechTime);
      await mixer.face?.settled();
      return compose(elapsed, speechTime);
    },
  };
  return mixer;
}

const clamp = (x: number) => Math.max(0, Math.min(1, x));
