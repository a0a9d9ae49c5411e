/** What a voice says beside its words, 25 times a second: the columns of cues.onnx, each 0 … 1 unless said. */
export interface Cues {
  /** A voice speaks. */
  readonly voiced: number;
  /** Relative to the speaker's running level. */
  readonly loudness: number;
  /** −1 … 1: ± an octave about the speaker's running mean; 0 where unvoiced. */
  readonly pitch: number;
  /** A stressed word now. */
  readonly prominence: number;
  /** A boundary is here or near. */
  readonly phraseEnd: number;
  /** A rising close. */
  readonly question: number;
  /** How lively the voice is over the last seconds. */
  readonly arousal: number;
  /** −1 … 1; 0 where it cannot be told. */
  readonly valence: number;
}

export const CUE_SIZE = 8;
/** Seconds from one cue to the next; cue j stands for (j + 0.5) of them. */
export const CUE_STEP = 1 / 25;

/** Reads a row of cues [8]; what is no number is 0, what is out of range is held at it. */
export function readCues(row: Float32Array): Cues {
  const value = (i: number, least = 0) => Math.max(least, Math.min(1, row[i] || 0));
  return {
    voiced: value(0),
    loudness: value(1),
    pitch: value(2, -1),
    prominence: value(3),
    phraseEnd: value(4),
    question: value(5),
    arousal: value(6),
    valence: value(7, -1),
  };
}

/** Components of a lip feature: how likely it is silence, and how loud. */
const SILENCE = 0;
const LOUDNESS = 31;

/** The little that lip features [32] tell, for a speech model without cues. */
export function cuesOfLips(lip: Float32Array, out: Float32Array): void {
  out.fill(0);
  out[0] = 1 - (lip[SILENCE] ?? 1);
  out[1] = lip[LOUDNESS] ?? 0;
}
