import { ARKIT_SIZE, type ArkitName, arkitIndex, writeGaze } from "../arkit";
import { readCues } from "../cues";
import type { Mood } from "../mood-names";
import { createBlinks } from "./blinks";
import { createBrows } from "./brows";
import { createGlances } from "./glances";
import { createMoodBlend } from "./moods";
import { createNods } from "./nods";
import { createRandom } from "./random";
import { createVoiceEvents } from "./voice";
import { createWarmth } from "./warmth";

type Turn = readonly [pitch: number, yaw: number, roll: number];

/** One 25th of a second of a face. Its arrays are reused by the next. */
export interface FaceStep {
  /** ARKit's, [52], 0 … 1; the mouth's articulation is not in them. */
  readonly coefficients: Float32Array;
  /** Added to the head's pose: radians. */
  readonly turn: Turn;
}

export interface Generator {
  /** Blends there in `blendMs` from what is shown now. */
  setMood(mood: Mood, blendMs: number): void;
  /**
   * Moves on by a 25th of a second.
   * @param cues what the voice says then, [8]; all 0 in silence.
   * @param pose of the head before anything is added, radians.
   * @param sway how much of nods and sways is wanted, 0 … 1.
   */
  step(cues: Float32Array, pose: Turn, sway: number): FaceStep;
}

/** What the avatar's face does at rest, 0 … 1. */
export interface RestingFace {
  readonly smile: number;
  readonly squint: number;
}

/**
 * A voice's cues to the upper face, the smile and the head: rules, their sizes from studies of people, driven by cues that
 * are learned. The same seed and cues give the same motion; it lives in silence too.
 */
export function createGenerator(seed: number, rest: RestingFace): Generator {
  const random = createRandom(seed);
  const moods = createMoodBlend();
  const voice = createVoiceEvents();
  const glances = createGlances(random.fork());
  const blinks = createBlinks(random.fork());
  const brows = createBrows(random.fork());
  const warmth = createWarmth(random.fork(), rest);
  const nods = createNods(random.fork());
  const coefficients = new Float32Array(ARKIT_SIZE);
  let headed = { yaw: 0, pitch: 0 };

  function write(name: ArkitName, value: number): void {
    coefficients[arkitIndex(name)] = Math.max(0, Math.min(1, value));
  }

  return {
    setMood: moods.set,
    step(row, pose, sway) {
      const cues = readCues(row);
      const heard = voice(cues);
      const look = moods.next();
      const [pitch, yaw, roll] = nods(cues, heard, look);
      const turn = [sway * (pitch + headed.pitch), sway * (yaw + headed.yaw), sway * roll] as const;
      const glance = glances.next(heard, [pose[0] + turn[0], pose[1] + turn[1]], look);
      headed = { yaw: glance.headYaw, pitch: glance.headPitch };
      const lid = blinks.next(heard, glance.shift, look.blinks);
      const { innerUp, outerUp, down } = brows(cues, heard, look);
      const { smile, frown, squint } = warmth(cues, heard, look);

      writeGaze(coefficients, glance.yaw, glance.pitch);
      write("browInnerUp", innerUp);
      for (const [i, side] of (["Left", "Right"] as const).entries()) {
        write(`browOuterUp${side}`, outerUp[i] ?? 0);
        write(`browDown${side}`, down[i] ?? 0);
        write(`mouthSmile${side}`, smile[i] ?? 0);
        write(`mouthFrown${side}`, frown);
        write(`cheekSquint${side}`, 0.5 * squint);
        // Lids that are shut neither squint nor stare.
        write(`eyeSquint${side}`, squint * (1 - lid));
        write(`eyeWide${side}`, look.wide * (1 - lid));
        write(`eyeBlink${side}`, look.lids + (1 - look.lids) * lid);
      }
      return { coefficients, turn };
    },
  };
}
