import type { Cues } from "../cues";
import { createDrift, createFollow } from "./follow";
import type { Look } from "./moods";
import type { Random } from "./random";
import type { VoiceEvents } from "./voice";

/** While lips articulate so much of a smile, or its opposite, is left: they are the sound's. */
const SPEAKING = 0.7;
/** What a voice's own mood adds. */
const VALENCE = { smile: 0.16, frown: 0.14 };
/** Squint of a full smile: cheeks lift the lower lids (Duchenne). */
const CHEEKS = 0.35;

export interface Warmth {
  readonly smile: readonly [left: number, right: number];
  readonly frown: number;
  readonly squint: number;
}

/** @param rest the avatar's smile and squint at rest. */
export function createWarmth(
  random: Random,
  rest: { readonly smile: number; readonly squint: number },
): (cues: Cues, voice: VoiceEvents, look: Look) => Warmth {
  const smiles = createDrift(random.fork(), 0.035, 4);
  const squints = createDrift(random.fork(), 0.03, 3);
  const valence = createFollow(1);
  const heard = createFollow(0.3);
  const side = 1 + 0.06 * random.normal();

  return ({ valence: now, arousal }, { speech }, look) => {
    const mood = valence.to(now);
    const share = 1 - (1 - SPEAKING) * heard.to(speech);
    const smile = share * (rest.smile + look.smile + VALENCE.smile * Math.max(0, mood) + smiles());
    const happy = Math.max(0, look.smile + VALENCE.smile * mood);
    return {
      smile: [smile * side, smile / side],
      frown: share * (look.frown + VALENCE.frown * Math.max(0, -mood)),
      squint: rest.squint + look.squint + CHEEKS * happy + 0.04 * arousal * speech + squints(),
    };
  };
}
