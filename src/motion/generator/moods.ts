import { MOODS, type Mood } from "../mood-names";
import { smooth } from "../smooth";
import { STEP } from "./follow";

/** What a mood does to the face; the lips go on to follow the sound alone. */
export interface Look {
  /** Added to the coefficients of both sides. */
  readonly smile: number;
  readonly frown: number;
  readonly browDown: number;
  readonly browInnerUp: number;
  readonly browOuterUp: number;
  readonly squint: number;
  readonly wide: number;
  /** How far the lids hang. */
  readonly lids: number;
  /** Of the head, radians, downwards. */
  readonly bow: number;
  /** Times what the neutral face does: brows on stressed words, nods and sways, blinks, glances away. */
  readonly raises: number;
  readonly nods: number;
  readonly blinks: number;
  readonly glances: number;
  /** How much of a raise is a furrow instead, 0 … 1. */
  readonly furrow: number;
  /** Of the eyes away from the viewer, radians, downwards. */
  readonly downcast: number;
}

// biome-ignore format: a table
const NEUTRAL: Look = {
  smile: 0, frown: 0, browDown: 0, browInnerUp: 0, browOuterUp: 0, squint: 0, wide: 0, lids: 0, bow: 0,
  raises: 1, nods: 1, blinks: 1, glances: 1, furrow: 0, downcast: 0,
};

/** After the facial action units of Ekman and Friesen's EMFACS: 6 + 12; 1 + 4 + 15; 4 + 7; 1 + 2 + 5. */
// biome-ignore format: a table
const LOOKS: Readonly<Record<Mood, Look>> = {
  neutral: NEUTRAL,
  happy: { ...NEUTRAL, smile: 0.3, squint: 0.14, browOuterUp: 0.1, nods: 1.25, raises: 1.1 },
  sad: {
    ...NEUTRAL, smile: -0.3, frown: 0.35, browInnerUp: 0.5, browDown: 0.05, lids: 0.1, bow: 0.03,
    raises: 0.5, nods: 0.6, blinks: 0.9, glances: 1.2, downcast: 0.03,
  },
  serious: {
    ...NEUTRAL, smile: -0.16, frown: 0.06, browDown: 0.3, squint: 0.1, raises: 0.7, nods: 0.8, glances: 0.6, furrow: 0.6,
  },
  surprised: {
    ...NEUTRAL, smile: -0.08, browInnerUp: 0.55, browOuterUp: 0.6, squint: -0.12, wide: 0.5, bow: -0.02,
    raises: 0.6, blinks: 0.8, glances: 0.5,
  },
};

export interface MoodBlend {
  /** Goes there in `blendMs` from whatever is shown now. */
  set(mood: Mood, blendMs: number): void;
  /** Moves on by a step. */
  next(): Look;
}

export function createMoodBlend(): MoodBlend {
  const weight = { from: one("neutral"), to: one("neutral"), now: one("neutral") };
  let seconds = 0;
  let passed = 0;
  return {
    set(mood, blendMs) {
      weight.from = weight.now;
      weight.to = one(mood);
      seconds = blendMs / 1000;
      passed = 0;
    },
    next() {
      passed = Math.min(seconds, passed + STEP);
      const share = seconds > 0 ? smooth(passed / seconds) : 1;
      weight.now = weight.to.map((to, i) => {
        const from = weight.from[i] ?? 0;
        return from + share * (to - from);
      });
      return mix(weight.now);
    },
  };
}

const one = (mood: Mood): readonly number[] => MOODS.map((name) => (name === mood ? 1 : 0));

function mix(weights: readonly number[]): Look {
  const look = { ...NEUTRAL };
  for (const key of Object.keys(look) as (keyof Look)[]) {
    look[key] = MOODS.reduce((sum, mood, i) => sum + (weights[i] ?? 0) * LOOKS[mood][key], 0);
  }
  return look;
}
