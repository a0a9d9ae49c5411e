import type { Cues } from "../cues";
import { createDrift, createFollow } from "./follow";
import type { Look } from "./moods";
import type { Random } from "./random";
import type { VoiceEvents } from "./voice";

/** Not every stressed word lifts the brows: 71 % of the rises of pitch in Cavé et al. 1996. */
const OFTEN = 0.85;
/** Of the others so much is left. */
const HINT = 0.45;
/** Raises at full stress: of a flat voice and a lively one. */
const RAISE = { flat: 0.36, lively: 0.85 };
const QUESTION = 0.4;
/** Up soon, down slowly: a raise peaks with its word (Kim, Cvejic and Davis 2014). */
const UP = 0.07;
const DOWN = 0.19;
/** Muscles start and stop gently. */
const SOFT = 0.04;
/** Nobody lifts both sides alike. */
const SIDES = 0.12;

export interface Brows {
  readonly innerUp: number;
  readonly outerUp: readonly [left: number, right: number];
  readonly down: readonly [left: number, right: number];
}

export function createBrows(random: Random): (cues: Cues, voice: VoiceEvents, look: Look) => Brows {
  const raise = createFollow(UP, DOWN);
  const soft = createFollow(SOFT);
  const question = createFollow(0.15, 0.5);
  const wander = createDrift(random.fork(), 0.02, 2.5);
  const furrow = createDrift(random.fork(), 0.03, 3);
  let gain = 1;
  let sides: readonly [number, number] = [1, 1];

  return (cues, { accent, stress }, look) => {
    if (accent) {
      gain = (random.chance(OFTEN) ? 1 : HINT) * random.logNormal(1, 0.2);
      sides = [1 + SIDES * random.normal(), 1 + SIDES * random.normal()];
    }
    const lively = RAISE.flat + (RAISE.lively - RAISE.flat) * cues.arousal;
    const lift =
      look.raises * (soft.to(raise.to(gain * lively * stress)) + QUESTION * question.to(cues.question));
    const up = (1 - look.furrow) * lift + wander();
    const down = look.browDown + 0.5 * look.furrow * lift + furrow();
    return {
      innerUp: look.browInnerUp + 0.85 * up,
      outerUp: [look.browOuterUp + 0.7 * sides[0] * up, look.browOuterUp + 0.7 * sides[1] * up],
      down: [down, down],
    };
  };
}
