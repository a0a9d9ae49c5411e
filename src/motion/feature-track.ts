/** Seconds that are kept. */
const KEPT = 5;
/** Beyond so many steps two features belong to different sounds. */
const MAX_GAP = 2.5;
/** The newest feature stands in for a late next one this long: lips a little late beat lips that shut. Seconds. */
export const MAX_LATE = 0.5;

export interface FeatureTrack {
  /** Takes features [n · size], the first for `firstTime` (context seconds), a step apart. Older than the newest: dropped. */
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

/** The last seconds of what a model has heard, on the audio clock. @param step seconds from one feature to the next. */
export function createFeatureTrack({
  size,
  step,
}: {
  readonly size: number;
  readonly step: number;
}): FeatureTrack {
  const capacity = Math.ceil(KEPT / step) + 6;
  const times = new Float64Array(capacity);
  const features = new Float32Array(capacity * size);
  /** Features written in all; feature k lies in slot k mod capacity. */
  let count = 0;
  let oldest = 0;
  const timeOf = (k: number) => times[k % capacity] ?? 0;
  const newest = () => (count > oldest ? timeOf(count - 1) : Number.NEGATIVE_INFINITY);

  /** The last feature at or before `time`, and its distance to the next; undefined where it has no successor near. */
  function find(time: number): { k: number; gap: number } | undefined {
    let k = count - 1;
    while (k >= oldest && timeOf(k) > time) k--;
    if (k < oldest) return undefined;
    if (timeOf(k) === time) return { k, gap: step };
    const gap = k + 1 < count ? timeOf(k + 1) - timeOf(k) : Number.POSITIVE_INFINITY;
    return gap <= MAX_GAP * step ? { k, gap } : undefined;
  }

  return {
    get newest() {
      return newest();
    },
    push(firstTime, values) {
      for (let i = 0; i * size < values.length; i++) {
        const time = firstTime + i * step;
        if (time <= newest()) continue;
        times[count % capacity] = time;
        features.set(values.subarray(i * size, (i + 1) * size), (count % capacity) * size);
        count++;
      }
      oldest = Math.max(oldest, count - capacity);
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
      const from = (k % capacity) * size;
      const to = weight > 0 ? ((k + 1) % capacity) * size : from;
      for (let i = 0; i < size; i++) {
        out[i] = (features[from + i] ?? 0) * (1 - weight) + (features[to + i] ?? 0) * weight;
      }
      return true;
    },
    forgetBefore(time) {
      while (oldest < count && timeOf(oldest) < time) oldest++;
    },
  };
}
