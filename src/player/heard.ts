import type { ClockMark } from "../audio/clock";

/** Calls back when something has been heard. */
export interface Heard {
  /** @param time of the AudioContext, the loudspeaker's delay not counted. */
  at(time: number, then: () => void): void;
  /** Nothing that waits is called any more. */
  clear(): void;
}

/** A clock that stands is looked at again this often. */
const LOOK_MS = 50;

export function createHeard(read: () => ClockMark): Heard {
  const timers = new Set<ReturnType<typeof setTimeout>>();
  function at(time: number, then: () => void): void {
    const { audibleTime, running } = read();
    const left = 1000 * (time - audibleTime);
    if (left <= 0) {
      then();
      return;
    }
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        at(time, then);
      },
      running ? left : Math.max(left, LOOK_MS),
    );
    timers.add(timer);
  }
  return {
    at,
    clear() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
