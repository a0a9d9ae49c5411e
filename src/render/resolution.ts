/** Shares of the bundle's canvas size that a head is drawn at, finest first. */
export const SCALES = [1, 0.85, 0.7, 0.6] as const;
export type Scale = (typeof SCALES)[number];

/** 25 frames a second, the rate of the capture. */
const LIMIT_MS = 40;
/** A finer scale must promise frames this short: what is just fast enough would soon be too slow. */
const CLEAR_MS = 0.7 * LIMIT_MS;
/** Below the rate this long before it gets coarser, seconds. */
const DOWN_AFTER = 2;
/** Headroom this long before it gets a step finer, seconds; twice as long after each rise that was undone, up to a limit. */
const UP_AFTER = 10;
const MAX_UP_AFTER = 320;
/** Time constant in which single slow frames are forgiven, seconds. */
const SMOOTHING = 0.5;
/** No frame says more than this: one long stall is not a slow machine. */
const MAX_COST_MS = 250;

/** `auto` gives up pixels before it gives up the rate; `full` never does; `low` has the fewest pixels from the start. */
export type Quality = "auto" | "full" | "low";

export interface Resolution {
  readonly scale: Scale;
  /** Seen at the next frame. */
  quality: Quality;
  /**
   * Takes a frame, answers with the scale of the next.
   * @param costMs what it took of the machine's time; waiting for the display not counted.
   * @param now when it ended, seconds.
   */
  next(costMs: number, now: number): Scale;
  /** Frames stood still meanwhile: what was seen before the gap says nothing of what comes. */
  restart(): void;
}

/**
 * Holds the rate on a machine too slow for the full size: down soon, up late, so that it never pumps.
 * A frame's cost is taken to go with its pixels; where part of it does not, a rise promises less than it brings.
 */
export function createResolution(): Resolution {
  let scale: Scale = 1;
  let mean: number | undefined;
  let last: number | undefined;
  /** Since when it has been too slow, and clearly fast enough for a finer scale. */
  let slowSince: number | undefined;
  let clearSince: number | undefined;
  let wait = UP_AFTER;
  let rose = false;

  function restart(): void {
    mean = last = slowSince = clearSince = undefined;
  }

  return {
    get scale() {
      return scale;
    },
    restart,
    quality: "auto",
    next(costMs, now) {
      if (this.quality !== "auto") {
        scale = this.quality === "full" ? 1 : (SCALES.at(-1) ?? 1);
        restart();
        return scale;
      }
      const elapsed = last === undefined ? 0 : Math.max(0, now - last);
      last = now;
      const cost = Math.min(costMs, MAX_COST_MS);
      const smoothed =
        mean === undefined ? cost : mean + (1 - Math.exp(-elapsed / SMOOTHING)) * (cost - mean);
      mean = smoothed;
      const foreseen = (other: Scale) => smoothed * (other / scale) ** 2;

      const finer = SCALES[SCALES.indexOf(scale) - 1];
      const coarser = SCALES.slice(SCALES.indexOf(scale) + 1);
      slowSince = smoothed > LIMIT_MS ? (slowSince ?? now) : undefined;
      clearSince = finer && foreseen(finer) <= CLEAR_MS ? (clearSince ?? now) : undefined;

      let next: Scale | undefined;
      if (slowSince !== undefined && now - slowSince >= DOWN_AFTER) {
        next = coarser.find((s) => foreseen(s) <= LIMIT_MS) ?? coarser.at(-1);
        if (next && rose) wait = Math.min(MAX_UP_AFTER, 2 * wait);
        if (next) rose = false;
      } else if (clearSince !== undefined && now - clearSince >= wait) {
        next = finer;
        rose = true;
      }
      if (next) {
        scale = next;
        restart();
      }
      return scale;
    },
  };
}
