import { expect, it } from "vitest";
import { createAudioClock } from "../../src/audio/clock";

const mark = (audibleTime: number, wallTime: number, running = true) => ({
  audibleTime,
  wallTime,
  lead: 0.04,
  running,
});

it("has no time before its first mark", () => {
  expect(createAudioClock().audible(0)).toBeNull();
});

it("runs on between marks with the wall clock, and tells what the graph renders", () => {
  const clock = createAudioClock();
  clock.update(mark(2, 5000));
  expect(clock.audible(5250)).toBeCloseTo(2.25, 9);
  expect(clock.rendered(5250)).toBeCloseTo(2.29, 9);
});

it("smooths the jitter of its marks to a third", () => {
  const clock = createAudioClock();
  let worst = 0;
  for (let k = 0; k < 200; k++) {
    const jitter = ((k * 7919) % 21) / 1000 - 0.01;
    clock.update(mark(k / 10 + jitter, 100 * k));
    if (k > 50) worst = Math.max(worst, Math.abs((clock.audible(100 * k) ?? 0) - k / 10));
  }
  expect(worst).toBeLessThan(0.01 / 3);
});

it("keeps to an audio clock that is 0.1 % slow", () => {
  const clock = createAudioClock();
  for (let k = 0; k < 600; k++) clock.update(mark((k / 10) * 0.999, 100 * k));
  // The smoothing trails by 0.1 ms a mark over 0.15.
  expect(Math.abs((clock.audible(59_900) ?? 0) - 59.9 * 0.999)).toBeLessThan(0.001);
});

it("stands while suspended and jumps on where it resumes", () => {
  const clock = createAudioClock();
  clock.update(mark(3, 1000));
  clock.update(mark(3.1, 1100, false));
  expect(clock.audible(9000)).toBe(3.1);
  clock.update(mark(3.1, 9000));
  expect(clock.audible(9100)).toBeCloseTo(3.2, 9);
});
