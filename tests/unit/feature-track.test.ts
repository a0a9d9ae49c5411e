import { expect, it } from "vitest";
import { LIP_SIZE } from "../../src/motion/conditions";
import { createFeatureTrack, type FeatureTrack } from "../../src/motion/feature-track";

/** n features whose every channel is value(j). */
const features = (n: number, value: (j: number) => number) =>
  Float32Array.from({ length: n * LIP_SIZE }, (_, i) => value(Math.floor(i / LIP_SIZE)));

function at(track: FeatureTrack, time: number): number | undefined {
  const out = new Float32Array(LIP_SIZE);
  return track.sample(time, out) ? out[LIP_SIZE - 1] : undefined;
}

it("gives what lies between two features, on the line between them", () => {
  const track = createFeatureTrack({ size: LIP_SIZE, step: 0.02 });
  track.push(
    10,
    features(5, (j) => j),
  );
  for (const time of [10, 10.003, 10.05, 10.0799]) expect(at(track, time)).toBeCloseTo((time - 10) / 0.02, 4);
});

it("joins blocks that follow one another", () => {
  const track = createFeatureTrack({ size: LIP_SIZE, step: 0.02 });
  track.push(
    1,
    features(2, (j) => j),
  );
  track.push(
    1.04,
    features(2, (j) => 2 + j),
  );
  expect(at(track, 1.03)).toBeCloseTo(1.5, 4);
});

it("lets the newest stand in for a late next one, for half a second", () => {
  const track = createFeatureTrack({ size: LIP_SIZE, step: 0.02 });
  track.push(
    1,
    features(2, (j) => 7 + j),
  );
  expect(track.nearest(1.01)).toBe(1.01);
  expect(track.nearest(1.3)).toBe(1.02);
  expect(at(track, 1.02)).toBe(8);
  expect(track.nearest(1.53)).toBeNull();
  expect(track.nearest(0.999)).toBeNull();
  expect(at(track, 1.021)).toBeUndefined();
});

it("forgets one sound where another begins", () => {
  const track = createFeatureTrack({ size: LIP_SIZE, step: 0.02 });
  expect(track.nearest(0)).toBeNull();
  track.push(
    1,
    features(3, (j) => j),
  );
  track.forgetBefore(1.01);
  expect(at(track, 1.005)).toBeUndefined();
  expect(at(track, 1.03)).toBeCloseTo(1.5, 4);
  track.forgetBefore(1.1);
  expect(track.newest).toBe(Number.NEGATIVE_INFINITY);
  expect(track.nearest(1.11)).toBeNull();
  track.push(
    1.12,
    features(1, () => 9),
  );
  expect(track.nearest(1.2)).toBe(1.12);
});

it("does not draw a line from one sound to the next", () => {
  const track = createFeatureTrack({ size: LIP_SIZE, step: 0.02 });
  track.push(
    1,
    features(2, () => 1),
  );
  track.push(
    5,
    features(2, () => 9),
  );
  expect(at(track, 3)).toBeUndefined();
  expect(at(track, 5)).toBe(9);
});

it("drops what comes late, and keeps the last five seconds", () => {
  const track = createFeatureTrack({ size: LIP_SIZE, step: 0.02 });
  track.push(
    0,
    features(400, (j) => j),
  );
  track.push(
    3,
    features(2, () => -1),
  );
  expect(track.newest).toBeCloseTo(399 * 0.02, 9);
  expect(at(track, 7.9)).toBeCloseTo(395, 3);
  expect(at(track, 3.01)).toBeCloseTo(150.5, 3);
  expect(at(track, 2)).toBeUndefined();
});
