import type { Cues } from "../cues";
import { createFollow, STEP } from "./follow";

/** How much a cue says about a stressed syllable: brows follow pitch as well (Cavé et al. 1996). */
const WEIGHT = { prominence: 1, pitch: 2, loudness: 0.9 };
/** Seconds of the surroundings that a peak rises from, and after which a speaker's liveliest is forgotten. */
const SURROUNDINGS = 0.8;
const MEMORY = 8;
/** What counts as full stress at least: a voice that stresses nothing is not made to. */
const LEAST = 0.35;

/** How stressed a voice is now beside its own liveliest of late, 0 … 1: some stress all, some nothing. */
export function createStress(): (cues: Cues) => number {
  const level = createFollow(SURROUNDINGS);
  const tone = createFollow(SURROUNDINGS);
  const forget = Math.exp(-STEP / MEMORY);
  let liveliest = LEAST;
  return ({ voiced, loudness, pitch, prominence }) => {
    const louder = Math.max(0, loudness - level.to(loudness));
    const higher = Math.max(0, pitch - tone.to(voiced * pitch));
    const now = voiced * (WEIGHT.prominence * prominence + WEIGHT.pitch * higher + WEIGHT.loudness * louder);
    liveliest = Math.max(LEAST, now, liveliest * forget);
    return now / liveliest;
  };
}
