import { createResampler } from "../audio/resampler";

/** Samples handed to the resampler at once. */
const CHUNK = 4096;

/** One channel of a whole sound, piece by piece, at another rate. */
export interface RateChange {
  push(samples: Float32Array): Float32Array;
  /** What the filter still holds: in all, as long as the input to within a sample. */
  end(): Float32Array;
}

export function createRateChange(from: number, to: number): RateChange {
  if (from === to) return { push: (samples) => samples, end: () => new Float32Array(0) };
  const resampler = createResampler(from, to, CHUNK);
  const output = new Float32Array(resampler.maxOutput(CHUNK));
  let taken = 0;
  let given = 0;

  function push(samples: Float32Array): Float32Array {
    const result = new Float32Array(resampler.maxOutput(samples.length) + resampler.maxOutput(CHUNK));
    let length = 0;
    for (let at = 0; at < samples.length; at += CHUNK) {
      const piece = samples.subarray(at, at + CHUNK);
      const written = resampler.push(piece, piece.length, output);
      result.set(output.subarray(0, written), length);
      length += written;
    }
    taken += samples.length;
    given += length;
    return result.subarray(0, length);
  }

  return {
    push,
    end() {
      const missing = Math.ceil((taken * to) / from) - given;
      const silence = new Float32Array(Math.ceil(resampler.delay * from) + Math.ceil(from / to) + 1);
      return push(silence).subarray(0, missing);
    },
  };
}
