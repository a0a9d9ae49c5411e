import { LipsplatError } from "../player/errors";
import { createResampler, type Resampler } from "./resampler";
import { type Count, FULL_SCALE } from "./tally";

/** What the Web Audio standard makes every browser take, Hz. */
const MIN_RATE = 3000;
const MAX_RATE = 768000;
/** Samples resampled at once. */
const PIECE = 1024;

/** Pushed sound on its way to the context's rate; neither chunks nor changes of rate leave a gap. */
export interface Intake {
  /** Hz of what was pushed last; 0 at first. */
  readonly rate: number;
  /** @returns what is ready of it, new memory; the last 2 ms wait for what follows. */
  take(samples: Int16Array | Float32Array, rate: number): Float32Array<ArrayBuffer>;
  /** The rest of what was taken, as if silence followed. */
  end(): Float32Array<ArrayBuffer>;
}

/** @throws LipsplatError `bad-sound`, naming what is wrong with it. */
export function checkSound(samples: unknown, rate: unknown): void {
  const refuse = (detail: string) => new LipsplatError("bad-sound", detail);
  if (!(samples instanceof Int16Array || samples instanceof Float32Array))
    throw refuse("samples is neither an Int16Array nor a Float32Array.");
  if (typeof rate !== "number" || !Number.isInteger(rate) || rate < MIN_RATE || rate > MAX_RATE)
    throw refuse(`rate is ${rate}: it must be a whole number of Hz from ${MIN_RATE} to ${MAX_RATE}.`);
}

/** @param contextRate Hz. @param count hears of samples that are clipped, or no numbers and so taken as silence. */
export function createIntake(contextRate: number, count: Count): Intake {
  let rate = 0;
  let resampler: Resampler | undefined;
  let output = new Float32Array(0);
  /** Samples since the resampler was made: those taken, and those given. */
  let taken = 0;
  let given = 0;

  function push(samples: Float32Array): Float32Array<ArrayBuffer> {
    if (!resampler) return Float32Array.from(samples);
    const pieces: Float32Array[] = [];
    for (let at = 0; at < samples.length; at += PIECE) {
      const piece = samples.subarray(at, at + PIECE);
      pieces.push(output.slice(0, resampler.push(piece, piece.length, output)));
    }
    return join(pieces);
  }

  function end(): Float32Array<ArrayBuffer> {
    if (!resampler) return new Float32Array(0);
    const left = Math.ceil((taken * contextRate) / rate) - given;
    const rest = push(new Float32Array(Math.ceil(resampler.delay * rate) + 1)).slice(0, Math.max(0, left));
    resampler.reset();
    taken = 0;
    given = 0;
    return rest;
  }

  return {
    get rate() {
      return rate;
    },
    take(samples, newRate) {
      const clean = toFloat(samples, count);
      let before = new Float32Array(0);
      if (newRate !== rate) {
        before = end();
        rate = newRate;
        resampler = rate === contextRate ? undefined : createResampler(rate, contextRate, PIECE);
        output = new Float32Array(resampler?.maxOutput(PIECE) ?? 0);
      }
      const ready = push(clean);
      taken += clean.length;
      given += ready.length;
      return before.length > 0 ? join([before, ready]) : ready;
    },
    end,
  };
}

function toFloat(samples: Int16Array | Float32Array, count: Count): Float32Array {
  const scale = samples instanceof Int16Array ? 1 / 32768 : 1;
  let clipped = 0;
  let notFinite = 0;
  const result = Float32Array.from(samples, (sample) => {
    const value = sample * scale;
    if (!Number.isFinite(value)) {
      notFinite++;
      return 0;
    }
    if (Math.abs(value) >= FULL_SCALE) clipped++;
    return value;
  });
  count({ clipped, notFinite });
  return result;
}

function join(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
