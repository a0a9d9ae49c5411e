import type { Random } from "./random";

/** Seconds of a step: the generator runs at 25 Hz. */
export const STEP = 1 / 25;

/** A value on its way to a target: no jumps. */
export interface Follow {
  readonly value: number;
  /** Moves on by a step, towards `target`. */
  to(target: number): number;
}

/** @param rise, fall: time constants, seconds. */
export function createFollow(rise: number, fall = rise): Follow {
  let value = 0;
  return {
    get value() {
      return value;
    },
    to(target) {
      value += (1 - Math.exp(-STEP / (target > value ? rise : fall))) * (target - value);
      return value;
    },
  };
}

/** A mass on a spring without overshoot: starts and stops gently. @param seconds its time constant. */
export function createSpring(seconds: number): Follow {
  let value = 0;
  let velocity = 0;
  const decay = Math.exp(-STEP / seconds);
  return {
    get value() {
      return value;
    },
    to(target) {
      // The exact solution of critical damping over a step.
      const away = value - target;
      const slope = velocity + away / seconds;
      value = target + (away + slope * STEP) * decay;
      velocity = (velocity - (slope / seconds) * STEP) * decay;
      return value;
    },
  };
}

/** Wanders about 0 without end: an Ornstein-Uhlenbeck process. @param seconds after which it has forgotten where it was. */
export function createDrift(random: Random, deviation: number, seconds: number): () => number {
  const keep = Math.exp(-STEP / seconds);
  const kick = deviation * Math.sqrt(1 - keep * keep);
  let value = deviation * random.normal();
  const smooth = createFollow(0.2);
  return () => {
    value = keep * value + kick * random.normal();
    return smooth.to(value);
  };
}
