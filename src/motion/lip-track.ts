import { LIP_SIZE } from "./conditions";

const CAPACITY = 256; // 5 s
/** Lip features come at 50 Hz. */
const STEP = 0.02;
/** Beyond this gap two features belong to different sounds. */
const MAX_GAP = 2.5 * STEP;
/** The newest feature stands in for a late next one this long: lips a little late beat lips that shut. Seconds. */
export const MAX_LATE = 0.5;

export interface LipTrack {
  /** Takes features [n · 32], the first for `firstTime` (context seconds), 20 ms apart. Older than the newest: dropped. */
  push(firstTime: number, values: Float32Array): void;
  /** The time whose feature is to be shown at `time`: that itself, or the newest's where the next is late; null: none. */
  nearest(time: number): number | null;
  /** Writes the feature at `time` to `out`, between its two neighbours; false, and nothing written, where there is none. */
  sample(time: number, out: Float32Array): boolean;
  /** Forgets what is for times before `time`: another sound begins there. */
  forgetBefore(time: number): void;
  /** Context time of the newest feature, −Infinity at first. */
  readonly newest: number;
}

/** The last seconds of lip features on the audio clock. */
export function createLipTrack(): LipTrack {
  const times = new Float64Array(CAPACITY);
  const features = new Float32Array(CAPACITY * LIP_SIZE);
  /** Features written in all; feature k lies in slot k mod CAPACITY. */
  let count = 0;
  let oldest = 0;
  const timeOf = (k: number) => times[k % CAPACITY] ?? 0;
  const newest = () => (count > oldest ? timeOf(count - 1) : Number.NEGATIVE_INFINITY);

  /** The last feature at or before `time`, and its distance to the next; undefined where it has no successor near. */
  function find(time: number): { k: number; gap: number } | undefined {
    let k = count - 1;
    while (k >= oldest && timeOf(k) > time) k--;
    if (k < oldest) return undefined;
    if (timeOf(k) === time) return { k, gap: STEP };
    const gap = k + 1 < count ? timeOf(k + 1) - timeOf(k) : Number.POSITIVE_INFINITY;
    return gap <= MAX_GAP ? { k, gap } : undefined;
  }

  return {
    get newest() {
      return newest();
    },
    push(firstTime, values) {
      for (let i = 0; i * LIP_SIZE < values.length; i++) {
        const time = firstTime + i * STEP;
        if (time <= newest()) continue;
        times[count % CAPACITY] = time;
        features.set(values.subarray(i * LIP_SIZE, (i + 1) * LIP_SIZE), (count % CAPACITY) * LIP_SIZE);
        count++;
      }
      oldest = Math.max(oldest, count - CAPACITY);
    },
    nearest(time) {
      if (find(time)) return time;
      const late = time - newest();
      return late >= 0 && late <= MAX_LATE ? newest() : null;
    },
    sample(time, out) {
      const found = find(time);
      if (!found) return false;
      const { k, gap } = found;
      const weight = (time - timeOf(k)) / gap;
      const from = (k % CAPACITY) * LIP_SIZE;
      const to = weight > 0 ? ((k + 1) % CAPACITY) * LIP_SIZE : from;
      for (let i = 0; i < LIP_SIZE; i++) {
        out[i] = (features[from + i] ?? 0) * (1 - weight) + (features[to + i] ?? 0) * weight;
      }
      return true;
    },
    forgetBefore(time) {
      while (oldest < count && timeOf(oldest) < time) oldest++;
    },
  };
}
