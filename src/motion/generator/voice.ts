import type { Cues } from "../cues";
import { createFollow, STEP } from "./follow";
import { createStress } from "./stress";

/** What happens in a voice, out of its cues: all parts of the face hear the same. */
export interface VoiceEvents {
  /** Speaks now, eased, 0 … 1. */
  readonly speech: number;
  /** An utterance begins with this step. */
  readonly begins: boolean;
  /** A phrase closes with this step. */
  readonly closes: boolean;
  /** How stressed it is now, 0 … 1. */
  readonly stress: number;
  /** A stressed word begins with this step. */
  readonly accent: boolean;
}

/** Stress at which a stressed word begins and ends: apart, so that one word is one accent. */
const ACCENT = { on: 0.55, off: 0.25 };
const CLOSE = { on: 0.5, off: 0.3 };
const VOICED = 0.5;
/** Seconds without a voice after which the next word begins an utterance, and before it ends one. */
const PAUSE = 0.5;

export function createVoiceEvents(): (cues: Cues) => VoiceEvents {
  const speech = createFollow(0.06, 0.3);
  const stressOf = createStress();
  let silence = PAUSE;
  let closing = false;
  /** A phrase is under way that nothing has closed yet. */
  let open = false;
  let stressed = false;
  return (cues) => {
    const { voiced, phraseEnd } = cues;
    const stress = stressOf(cues);
    const speaks = voiced > VOICED;
    const begins = speaks && silence >= PAUSE;
    const paused = silence < PAUSE && silence + STEP >= PAUSE;
    silence = speaks ? 0 : silence + STEP;
    closing = phraseEnd > (closing ? CLOSE.off : CLOSE.on);
    if (speaks && !closing) open = true;
    // A pause that no cue foretold closes a phrase too.
    const closes = open && (closing || paused);
    if (closes) open = false;
    const wasStressed = stressed;
    stressed = stress > (stressed ? ACCENT.off : ACCENT.on);
    return {
      speech: speech.to(speaks ? 1 : 0),
      begins,
      closes,
      stress,
      accent: stressed && !wasStressed,
    };
  };
}
