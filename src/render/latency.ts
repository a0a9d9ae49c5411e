import type { AudioClock } from "../audio/clock";
import type { LatencyMs } from "../player/types";
import type { LipMessage } from "../speech/live";

/** Seconds: what is shown now came less than this ago. */
const KEPT = 2;
/** Stamps are sums of floats. */
const EPSILON = 1e-6;
/** Lip features come at 50 Hz. */
const RATE = 50;
const FEATURE = 32;

/** What is remembered of a message. Times of the AudioContext; wall times in milliseconds since the epoch. */
interface Arrival {
  readonly lastTime: number;
  readonly read: number;
  readonly ready: number;
  readonly lookAhead: number;
}

/** Follows features from the microphone to the screen. */
export interface Latency {
  heard(message: LipMessage): void;
  /**
   * Where the time went of a frame that shows the sound of context time `shown`; null where that is not known.
   * @param start wall time. @param end when it was complete.
   */
  of(shown: number, start: number, end: number): LatencyMs | null;
}

export function createLatency(clock: AudioClock): Latency {
  let arrivals: Arrival[] = [];
  return {
    heard({ firstTime, values, read, ready, lookAhead }) {
      const lastTime = firstTime + (values.length / FEATURE - 1) / RATE;
      arrivals = arrivals.filter((a) => a.lastTime > lastTime - KEPT && a.lastTime < firstTime);
      arrivals.push({ lastTime, read, ready, lookAhead });
    },
    of(shown, start, end) {
      // Between two features the later one was waited for.
      const arrival = arrivals.find(({ lastTime }) => lastTime >= shown - EPSILON);
      const graphTime = arrival && clock.rendered(arrival.read);
      if (!arrival || graphTime === null || graphTime === undefined) return null;
      const stages = {
        capture: 0,
        tap: 1000 * (graphTime - shown - arrival.lookAhead),
        encode: arrival.ready - arrival.read,
        wait: start - arrival.ready,
        draw: end - start,
        lookAhead: 1000 * arrival.lookAhead,
      };
      return { ...stages, total: Object.values(stages).reduce((a, b) => a + b) };
    },
  };
}
