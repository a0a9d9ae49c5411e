import { expect, it } from "vitest";
import { createResolution, SCALES } from "../../src/render/resolution";

/** Milliseconds that a frame costs at a scale and a time. */
type Machine = (scale: number, seconds: number) => number;

interface Change {
  readonly at: number;
  readonly scale: number;
}

/** Draws on a machine, at best 60 frames a second: when the scale changed, and the mean rate of the last 10 seconds. */
function run(machine: Machine, seconds: number): { changes: Change[]; scale: number; fps: number } {
  const resolution = createResolution();
  const changes: Change[] = [];
  let scale: number = resolution.scale;
  let frames = 0;
  for (let now = 0; now < seconds; ) {
    const cost = machine(scale, now);
    now += Math.max(cost, 1000 / 60) / 1000;
    const next = resolution.next(cost, now);
    if (next !== scale) changes.push({ at: now, scale: next });
    scale = next;
    if (now > seconds - 10) frames++;
  }
  return { changes, scale, fps: frames / 10 };
}

/** Cost that goes with the pixels, over one that does not. */
const machine =
  (pixelMs: number, otherMs = 0): Machine =>
  (scale) =>
    otherMs + pixelMs * scale ** 2;

/** Seeded: uniform in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A cost between half and one and a half of its own, and one frame in a hundred five times as long. */
function noisy(inner: Machine, seed: number): Machine {
  const next = random(seed);
  return (scale, now) => inner(scale, now) * (0.5 + next()) * (next() < 0.01 ? 5 : 1);
}

const HOUR = 3600;

it("leaves a fast machine alone", () => {
  for (const ms of [2, 15, 30, 38]) expect(run(machine(ms), HOUR).changes).toEqual([]);
});

it("finds on a slow machine, in one step and for good, what holds 25 frames a second", () => {
  for (const [ms, scale] of [
    [50, 0.85],
    [70, 0.7],
    [100, 0.6],
  ] as const) {
    const { changes, fps } = run(machine(ms), HOUR);
    expect(changes.map((change) => change.scale)).toEqual([scale]);
    expect(changes[0]?.at).toBeGreaterThan(2);
    expect(changes[0]?.at).toBeLessThan(3);
    expect(fps).toBeGreaterThan(25);
  }
});

it("goes as low as it may where nothing holds the rate, and stays", () => {
  for (const slow of [machine(300), machine(0, 60), machine(20, 100)]) {
    const { changes, scale } = run(slow, HOUR);
    expect(scale).toBe(SCALES.at(-1));
    expect(changes.length).toBeLessThanOrEqual(3);
  }
});

it("does not pump at the border, nor where frames take long here and short there", () => {
  for (let seed = 1; seed <= 20; seed++) {
    for (const ms of [20, 32, 38, 39, 40, 41, 42, 55, 56, 57, 81, 82, 110]) {
      const { changes } = run(noisy(machine(ms * 0.8, ms * 0.2), seed), HOUR / 4);
      // A rise that is undone doubles the wait: 10 s, 20 s … 320 s; two changes each in a quarter of an hour.
      expect(changes.length, `${ms} ms, seed ${seed}`).toBeLessThanOrEqual(12);
      for (let i = 1; i < changes.length; i++) {
        const [before, after] = [changes[i - 1], changes[i]];
        if (before && after && after.scale > before.scale) expect(after.at - before.at).toBeGreaterThan(10);
      }
    }
  }
});

it("gives way to a sudden load and comes back when it is over", () => {
  const loaded: Machine = (scale, now) => 18 * scale ** 2 * (now > 20 && now < 40 ? 4 : 1);
  const { changes, scale } = run(loaded, 120);
  expect(changes[0]?.at).toBeGreaterThan(22);
  expect(changes[0]?.at).toBeLessThan(24);
  expect(changes[0]?.scale).toBe(0.7);
  expect(changes[1]?.at).toBeGreaterThan(50);
  expect(scale).toBe(1);
});

it("rises ever less often into a load that keeps coming back", () => {
  const beating: Machine = (scale, now) => 18 * scale ** 2 * (now % 30 < 6 ? 4 : 1);
  const { changes } = run(beating, HOUR);
  const quarter = (k: number) =>
    changes.filter(({ at }) => at >= (k * HOUR) / 4 && at < ((k + 1) * HOUR) / 4);
  expect(changes.length).toBeLessThan(40);
  expect(quarter(3).length).toBeLessThanOrEqual(quarter(0).length / 2);
});

it("does not take one stall for a slow machine", () => {
  const stalling: Machine = (scale, now) =>
    Math.floor(now / 7) !== Math.floor((now - 0.02) / 7) ? 3000 : 10 * scale;
  expect(run(stalling, 600).changes).toEqual([]);
});
