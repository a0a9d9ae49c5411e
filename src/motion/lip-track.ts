import { LIP_SIZE } from "./conditions";

const CAPACITY = 256; // 5 s
/** Lip features come at 50 Hz. */
const STEP = 0.02;
/** Beyond this gap two features belong to different sounds. */
const MAX_GAP = 2.5 * STEP;
/** The newest feature stands in for a late next one this long. */
const HOLD = 2 * STEP;

export interface LipTrack {
  /** Takes features [n · 32], the first for `firstTime` (context seconds), 20 ms apart. Older than the newest: dropped. */
  push(firstTime: number, values: Float32Array): void;
  /** Writes the feature at `time` to `out`, between its two neighbours; false, and nothing written, where there is none. */
  sample(time: number, out: Float32Array): boolean;
  /** Context time of the newest feature, −Infinity at first. */
  readonly newest: number;
}

/** The last seconds of lip features on the audio clock. */
export function createLipTrack(): LipTrack {
  const times = new Float64Array(CAPACITY).fill(Number.NEGATIVE_INFINITY);
  const features = new Float32Array(CAPACITY * LIP_SIZE);
  /** Features written in all; feature k lies in slot k mod CAPACITY. */
  let count = 0;
  const timeOf = (k: number) => times[k % CAPACITY] ?? Number.NEGATIVE_INFINITY;
  const newest = () => (count > 0 ? timeOf(count - 1) : Number.NEGATIVE_INFINITY);

  /** out = feature a · (1 − weight) + feature b · weight. */
  function mix(a: number, b: number, weight: number, out: Float32Array): void {
    const from = (a % CAPACITY) * LIP_SIZE;
    const to = (b % CAPACITY) * LIP_SIZE;
    for (let i = 0; i < LIP_SIZE; i++) {
      out[i] = (features[from + i] ?? 0) * (1 - weight) + (features[to + i] ?? 0) * weight;
    }
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
    },
    sample(time, out) {
      const oldest = Math.max(0, count - CAPACITY);
      let k = count - 1;
      while (k >= oldest && timeOf(k) > time) k--;
      if (k < oldest) return false;
      const next = k + 1 < count ? timeOf(k + 1) : Number.POSITIVE_INFINITY;
      const gap = next - timeOf(k);
      if (gap <= MAX_GAP) mix(k, k + 1, (time - timeOf(k)) / gap, out);
      else if (time - timeOf(k) <= HOLD) mix(k, k, 0, out);
      else return false;
      return true;
    },
  };
}
