import { expect, it } from "vitest";
import { checkSound, createIntake } from "../../src/audio/intake";
import { createTally } from "../../src/audio/tally";

const tone = (rate: number, seconds: number, hertz = 440) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));

/** All that comes out at 48 kHz of a sound pushed in chunks of these sizes, in turn. */
function take(sound: Int16Array | Float32Array, rate: number, sizes: readonly number[]) {
  const tally = createTally();
  const intake = createIntake(48000, tally.count);
  const out: number[] = [];
  for (let at = 0, k = 0; at < sound.length; k++) {
    const chunk = sound.subarray(at, at + (sizes[k % sizes.length] ?? 1));
    out.push(...intake.take(chunk, rate));
    at += chunk.length;
  }
  out.push(...intake.end());
  return { out, counts: tally.take() };
}

it.each([16000, 24000, 44100, 48000, 11111])(
  "%i Hz keeps its length and its tone, in chunks of any size",
  (rate) => {
    const sound = tone(rate, 0.2);
    const whole = take(sound, rate, [sound.length]).out;
    expect(whole.length).toBe(Math.ceil((sound.length * 48000) / rate));
    for (const sizes of [[1], [480], [7, 1000, 333]])
      expect(Float32Array.from(take(sound, rate, sizes).out)).toEqual(Float32Array.from(whole));
    const truth = tone(48000, 0.2);
    // The first and last 10 ms hold the edge of the sound itself. 11111 Hz has 48000 phases, of which the nearest of 1024 is taken.
    const errors = whole.slice(480, -480).map((value, i) => value - (truth[480 + i] ?? 0));
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-3);
  },
);

it("16 bits and floats sound the same", () => {
  const floats = tone(24000, 0.2);
  const ints = Int16Array.from(floats, (value) => Math.round(32768 * value));
  const a = take(floats, 24000, [500]).out;
  const b = take(ints, 24000, [500]).out;
  expect(a.length).toBe(b.length);
  // Half a step of 16 bits, through a filter.
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 9))))).toBeLessThan(1e-4);
});

it("what is no number is silence and counted, and so is what is clipped", () => {
  const sound = tone(24000, 0.1);
  sound[100] = Number.NaN;
  sound[101] = Number.POSITIVE_INFINITY;
  sound.fill(1, 200, 210);
  const { out, counts } = take(sound, 24000, [300]);
  expect(counts).toEqual({ stalls: 0, clipped: 10, notFinite: 2, dropped: 0 });
  expect(out.every(Number.isFinite)).toBe(true);
});

it("a change of rate in the middle loses nothing", () => {
  const intake = createIntake(48000, () => undefined);
  const parts = [intake.take(tone(16000, 0.1), 16000), intake.take(tone(24000, 0.1), 24000), intake.end()];
  expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(9600);
});

it("refuses what is no sound, naming what is wrong", () => {
  expect(() => checkSound([0], 16000)).toThrow("neither an Int16Array nor a Float32Array");
  for (const rate of [0, -16000, Number.NaN, 44100.5, 2999, 1e6, "16000", undefined])
    expect(() => checkSound(new Float32Array(1), rate)).toThrow(`rate is ${rate}`);
  expect(() => checkSound(new Int16Array(1), 8000)).not.toThrow();
});
