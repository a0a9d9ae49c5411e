import { MAX_LATE } from "../motion/lip-track";

/** Seconds per second in which the delay shrinks again after a late block. */
const RELAX = 0.1;

/** How far behind the ear a live face stays, so that the next feature is there in time: the least that lately sufficed. */
export function createLiveDelay(): { next(lag: number, elapsed: number): number } {
  let delay: number | undefined;
  return {
    /** @param lag audible time minus that of the newest feature, seconds. @param elapsed seconds since the last call. */
    next(lag, elapsed) {
      if (lag > MAX_LATE) {
        delay = undefined;
        return MAX_LATE;
      }
      // Growing faster than time passes would show the sound backwards.
      delay =
        delay === undefined ? lag : lag > delay ? Math.min(lag, delay + elapsed) : delay - RELAX * elapsed;
      return delay;
    },
  };
}
