import { describe, expect, it } from "vitest";
import { createResampler } from "../../src/audio/resampler";

/** Resamples `seconds` of a sine, fed in blocks whose sizes vary. */
function resampleSine(
  rate: number,
  frequency: number,
  seconds: number,
  blocks: readonly number[],
): Float32Array {
  const resampler = createResampler(rate, 16000, 128);
  const total = Math.round(rate * seconds);
  const result: number[] = [];
  const output = new Float32Array(resampler.maxOutput(128));
  for (let at = 0, b = 0; at < total; b++) {
    const length = Math.min(blocks[b % blocks.length] ?? 128, total - at);
    const input = Float32Array.from({ length }, (_, i) =>
      Math.sin((2 * Math.PI * frequency * (at + i)) / rate),
    );
    const written = resampler.push(input, length, output);
    for (let i = 0; i < written; i++) result.push(output[i] ?? 0);
    at += length;
  }
  return Float32Array.from(result);
}

const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

describe.each([48000, 44100, 96000, 22050])("from %i Hz to 16 kHz", (rate) => {
  it("keeps a 1 kHz sine, at its time", () => {
    const output = resampleSine(rate, 1000, 0.5, [128]).subarray(800);
    const error = output.map((v, i) => v - Math.sin((2 * Math.PI * 1000 * (i + 800)) / 16000));
    expect(20 * Math.log10(rms(error) / Math.SQRT1_2)).toBeLessThan(-60);
  });

  it.runIf(rate > 17000)("keeps out what would alias, by 60 dB", () => {
    for (const frequency of [8100, 9000, 10500]) {
      const output = resampleSine(rate, frequency, 0.25, [128]).subarray(800);
      expect(20 * Math.log10(rms(output) / Math.SQRT1_2), `${frequency} Hz`).toBeLessThan(-60);
    }
  });

  it("gives the same samples whatever the block sizes", () => {
    expect(resampleSine(rate, 700, 0.2, [1, 127, 64, 3, 128])).toEqual(resampleSine(rate, 700, 0.2, [128]));
  });

  it("does not drift in half a minute", () => {
    const output = resampleSine(rate, 250, 30, [128, 100]);
    const first = 16000 * 29;
    expect(Math.abs(output.length - 16000 * 30)).toBeLessThan(64);
    const error = output
      .subarray(first, first + 8000)
      .map((v, i) => v - Math.sin((2 * Math.PI * 250 * (i + first)) / 16000));
    // −60 dB of error in a 250 Hz sine is a drift of 0.6 µs: 20 parts in a thousand million.
    expect(20 * Math.log10(rms(error) / Math.SQRT1_2)).toBeLessThan(-60);
  });
});

it("refuses a block larger than it was made for", () => {
  const resampler = createResampler(48000, 16000, 128);
  expect(() => resampler.push(new Float32Array(129), 129, new Float32Array(64))).toThrow(/maxInput/);
});

it("does not drift in half an hour", () => {
  // 44.1 to 16 kHz at a tenth of both: the same fractions.
  const [from, to, minutes] = [4410, 1600, 30];
  const resampler = createResampler(from, to, 441);
  const block = new Float32Array(441);
  const output = new Float32Array(resampler.maxOutput(441));
  const blocks = minutes * 600;
  let count = 0;
  let worst = 0;
  for (let b = 0; b < blocks; b++) {
    const last = b >= blocks - 20;
    if (last) block.set(block.map((_, i) => Math.sin((2 * Math.PI * 50 * (b * 441 + i)) / from)));
    const written = resampler.push(block, 441, output);
    for (let i = 0; i < written && b >= blocks - 10; i++)
      worst = Math.max(worst, Math.abs((output[i] ?? 9) - Math.sin((2 * Math.PI * 50 * (count + i)) / to)));
    count += written;
  }
  expect(minutes * 60 * to - count, "only what waits for its filter is not there").toBeLessThan(30);
  // 0.001 of a 50 Hz sine is 3 µs.
  expect(worst).toBeLessThan(1e-3);
});
