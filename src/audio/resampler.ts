/** Sinc half width in periods of the lower rate; with the window below, the pass band ends at 6.9 kHz of 8. */
const HALF_WIDTH = 28;
/** Kaiser parameter for 75 dB of stop band. */
const BETA = 7.3;
/** Cutoff as a share of the lower Nyquist frequency, so that the transition ends there. */
const CUTOFF = 0.93;
/** Beyond this many phases (odd rates), the nearest is taken. */
const MAX_PHASES = 1024;

/** Input samples that an output waits for. */
const halfKernel = (inputRate: number, outputRate: number) =>
  Math.ceil((HALF_WIDTH * inputRate) / Math.min(inputRate, outputRate));

/** Seconds of input after an output's stamp that it waits for. */
export const resamplerDelay = (inputRate: number, outputRate: number): number =>
  halfKernel(inputRate, outputRate) / inputRate;

export interface Resampler {
  /** Seconds of input after an output's stamp that it waits for. */
  readonly delay: number;
  /**
   * Takes `length` samples and writes what comes of them to `output` from index 0.
   * Output sample k since `reset` stands for the time of input sample k · inputRate / outputRate. Allocates nothing.
   * @returns the number of samples written, at most `maxOutput(length)`.
   */
  push(input: Float32Array, length: number, output: Float32Array): number;
  maxOutput(length: number): number;
  reset(): void;
}

/** Streaming windowed-sinc polyphase resampler; positions are exact fractions, so it never drifts. Rates in whole Hz. */
export function createResampler(inputRate: number, outputRate: number, maxInput = 128): Resampler {
  const divisor = gcd(inputRate, outputRate);
  const up = outputRate / divisor;
  const down = inputRate / divisor;
  const lower = Math.min(inputRate, outputRate);
  const half = halfKernel(inputRate, outputRate);
  const taps = 2 * half;
  const phases = Math.min(up, MAX_PHASES);
  const kernel = polyphaseKernel(phases, half, (CUTOFF * lower) / inputRate);
  // What came last and may still be needed, oldest first.
  const history = new Float32Array(taps + maxInput);
  let filled = 0;
  /** Index in `history` of the input at or before the next output, and the fraction after it in 1/up. */
  let at = 0;
  let fraction = 0;

  function reset(): void {
    history.fill(0);
    // Half a kernel of silence stands before the first sample.
    filled = half - 1;
    at = half - 1;
    fraction = 0;
  }
  reset();

  return {
    delay: half / inputRate,
    maxOutput: (length) => Math.ceil((length * up) / down) + 1,
    reset,
    push(input, length, output) {
      if (length > maxInput) throw new RangeError(`length ${length} is over maxInput ${maxInput}`);
      for (let i = 0; i < length; i++) history[filled + i] = input[i] ?? 0;
      filled += length;
      let written = 0;
      while (at + half < filled) {
        const row = Math.floor((fraction * phases) / up) * taps;
        const from = at - half + 1;
        let sum = 0;
        for (let i = 0; i < taps; i++) sum += (kernel[row + i] ?? 0) * (history[from + i] ?? 0);
        output[written++] = sum;
        fraction += down;
        const whole = Math.floor(fraction / up);
        at += whole;
        fraction -= whole * up;
      }
      const spent = Math.min(at - half + 1, filled);
      if (spent > 0) {
        history.copyWithin(0, spent, filled);
        filled -= spent;
        at -= spent;
      }
      return written;
    },
  };
}

/** [phases, 2 · half]: tap i of phase p weighs the input at i − half + 1, for an output at p / phases. Rows sum to 1. */
function polyphaseKernel(phases: number, half: number, cutoff: number): Float32Array {
  const taps = 2 * half;
  const kernel = new Float32Array(phases * taps);
  for (let p = 0; p < phases; p++) {
    const row = Array.from({ length: taps }, (_, i) => {
      const x = i - half + 1 - p / phases;
      return sinc(cutoff * x) * kaiser(x / half);
    });
    const sum = row.reduce((a, b) => a + b, 0);
    kernel.set(
      row.map((value) => value / sum),
      p * taps,
    );
  }
  return kernel;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const kaiser = (x: number) => (Math.abs(x) >= 1 ? 0 : bessel0(BETA * Math.sqrt(1 - x * x)) / bessel0(BETA));

/** Modified Bessel function of order 0, by its power series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
