/** Component of a lip feature that is the probability of silence: noise, breath, clicks and music count as silence. */
const SILENCE = 0;
const LIKELY = 0.5;
/** Seconds on end of likely voice, or silence, that make a change: a cough is none, nor is a pause between words. */
const START = 0.06;
const END = 0.4;

export interface VoiceChange {
  /** Of the first feature of the new state. */
  readonly index: number;
  readonly speaking: boolean;
}

/** Tells speech from all else by the encoder's own judgement, feature by feature. */
export interface VoiceActivity {
  readonly speaking: boolean;
  /** @param lip features [n · featureSize] that follow the last, the first of them number `firstIndex`. */
  push(firstIndex: number, lip: Float32Array): VoiceChange[];
}

export function createVoiceActivity(featureRate: number, featureSize: number): VoiceActivity {
  const starts = Math.round(START * featureRate);
  const ends = Math.round(END * featureRate);
  let speaking = false;
  /** Features on end that speak against `speaking`. */
  let against = 0;
  return {
    get speaking() {
      return speaking;
    },
    push(firstIndex, lip) {
      const changes: VoiceChange[] = [];
      for (let i = 0; i * featureSize < lip.length; i++) {
        const voiced = (lip[i * featureSize + SILENCE] ?? 1) < LIKELY;
        against = voiced === speaking ? 0 : against + 1;
        if (against < (speaking ? ends : starts)) continue;
        changes.push({ index: firstIndex + i + 1 - against, speaking: !speaking });
        speaking = !speaking;
        against = 0;
      }
      return changes;
    },
  };
}
