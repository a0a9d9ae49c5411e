import { expect, it } from "vitest";
import { faceDelay } from "../../src/player/face-delay";
import { createLatency } from "../../src/render/latency";

/** A graph that renders context second 0 at wall second 1000. */
const clock = {
  update: () => undefined,
  audible: (wall: number) => wall / 1000 - 1000.03,
  rendered: (wall: number) => wall / 1000 - 1000,
};
const message = (firstTime: number, n: number, read: number, ready: number) => ({
  type: "lip" as const,
  firstTime,
  values: new Float32Array(32 * n),
  read,
  ready,
  lookAhead: 0.04,
});

it("splits the time from the sound that a frame shows to the frame, and leaves none of it out", () => {
  const latency = createLatency(clock);
  // The feature of 4.96 s takes in sound to 5 s, which was read 3 ms after it had come in.
  latency.heard(message(4.94, 2, 1005_003, 1005_006));
  latency.heard(message(4.98, 1, 1005_023, 1005_026));
  const stages = latency.of(4.96, 1005_008, 1005_024);
  const wanted = { capture: 0, tap: 3, encode: 3, wait: 2, draw: 16, lookAhead: 40, total: 64 };
  for (const [stage, ms] of Object.entries(wanted))
    expect(stages?.[stage as keyof typeof wanted], stage).toBeCloseTo(ms, 6);
  // Between two features the later one was waited for.
  expect(latency.of(4.97, 1005_030, 1005_046)?.wait).toBeCloseTo(4, 6);
  expect(latency.of(4.99, 1005_030, 1005_046), "nothing has come of it").toBeNull();
});

it("forgets the times of another clock", () => {
  const latency = createLatency(clock);
  latency.heard(message(900, 1, 1900_003, 1900_006));
  latency.heard(message(4.94, 1, 1005_003, 1005_006));
  expect(latency.of(4.94, 1005_008, 1005_024)?.encode).toBeCloseTo(3, 6);
});

it("a sound waits for its face alone: less where the device is slow, never more than 150 ms", () => {
  const speech = { hop: 0.02, lookAhead: 0.04, encode: 0.003 };
  const graph = { sampleRate: 48000, baseLatency: 0.01, lead: 0.03 };
  // 40 + 20 + 3 + 10 + 20 − 30 ms, and 1.75 ms of resampler.
  expect(faceDelay(speech, graph, 0.02)).toBeCloseTo(0.06475, 9);
  expect(faceDelay(speech, { ...graph, lead: 0.25 }, 0.02), "Bluetooth").toBe(0);
  expect(faceDelay(speech, graph, 2), "a very slow machine").toBe(0.15);
});
