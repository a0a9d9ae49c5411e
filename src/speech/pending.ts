/** Samples that wait for a model, in order. */
export interface Pending {
  /** False, and nothing taken, where there is no room. */
  add(samples: Float32Array): boolean;
  /** All whole hops; undefined where there is none. */
  take(): Float32Array | undefined;
  readonly length: number;
  clear(): void;
}

export function createPending(hop: number, capacity: number): Pending {
  const samples = new Float32Array(capacity);
  let filled = 0;
  return {
    get length() {
      return filled;
    },
    add(more) {
      if (filled + more.length > capacity) return false;
      samples.set(more, filled);
      filled += more.length;
      return true;
    },
    take() {
      const length = filled - (filled % hop);
      if (length === 0) return undefined;
      const whole = samples.slice(0, length);
      samples.copyWithin(0, length, filled);
      filled -= length;
      return whole;
    },
    clear() {
      filled = 0;
    },
  };
}
