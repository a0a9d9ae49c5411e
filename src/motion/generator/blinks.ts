import { smooth } from "../smooth";
import { STEP } from "./follow";
import type { Random } from "./random";
import type { VoiceEvents } from "./voice";

/** Mean seconds between blinks at rest, and deviation over mean: log-normal, 17 a minute (Bentivoglio et al. 1997; 8 … 21 by Doughty 2001). */
const REST = { mean: 4.8, spread: 0.75 };
/** Who speaks blinks more (26 a minute there); part of that comes by the ends of phrases. */
const SPEECH_PACE = 1.05;
/** Blinks gather at breakpoints of speech (Nakano and Kitazawa 2010). */
const PHRASE_END = 0.25;
/** Large saccades bring one along (Evinger et al. 1994): surely from this amplitude on, radians. */
const SURE_SHIFT = 0.4;
/** Some come in pairs. */
const DOUBLE = { chance: 0.05, seconds: 0.5 };
/** No two nearer than this, seconds, but for pairs. */
const APART = 0.9;
/** Quickly down, slowly up (Guitton et al. 1991): seconds. Closed for longer than a step, so that each is seen shut. */
const DOWN = 0.09;
const SHUT = 0.05;
const UP = 0.2;

export interface Blinks {
  /** How far both lids are shut, 0 … 1. @param pace of the mood. @param shift the saccade that begins now, radians. */
  next(voice: VoiceEvents, shift: number, pace: number): number;
}

export function createBlinks(random: Random): Blinks {
  /** Seconds to the next one at the pace of rest, and since the last began. */
  let left = random.logNormal(REST.mean / 2, REST.spread);
  let since = Number.POSITIVE_INFINITY;
  /** Seconds to one that something has called for. */
  let called = Number.POSITIVE_INFINITY;

  function begin(): void {
    // Anywhere within the step: lids know no frames.
    since = STEP * random.uniform();
    called = random.chance(DOUBLE.chance) ? DOUBLE.seconds : Number.POSITIVE_INFINITY;
    left = Math.max(APART, random.logNormal(REST.mean, REST.spread));
  }

  return {
    next({ speech, closes }, shift, pace) {
      since += STEP;
      called -= STEP;
      left -= STEP * pace * (1 + (SPEECH_PACE - 1) * speech);
      if (since > APART && called > APART) {
        if (closes && random.chance(PHRASE_END)) called = random.logNormal(0.2, 0.5);
        else if (shift > 0 && random.chance(shift / SURE_SHIFT)) called = 0;
      }
      if (left <= 0 || called <= 0) begin();
      return lid(since);
    },
  };
}

function lid(seconds: number): number {
  if (seconds < DOWN) return smooth(seconds / DOWN);
  const opening = (seconds - DOWN - SHUT) / UP;
  return opening <= 0 ? 1 : opening >= 1 ? 0 : (1 - opening) ** 1.6;
}
