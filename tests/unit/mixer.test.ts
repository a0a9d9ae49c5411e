import { expect, it } from "vitest";
import { MOTION_ROW } from "../../src/avatar/motion";
import { parseAvatar } from "../../src/avatar/schema";
import { LIP_SIZE, LIP_STEP } from "../../src/motion/conditions";
import { createFeatureTrack } from "../../src/motion/feature-track";
import { createIdleMotion } from "../../src/motion/idle";
import { createMixer } from "../../src/motion/mixer";
import { makeFiles, makeManifest } from "./bundle-fixture";

const STEP = 1 / 60;

/** Every column of the motion swings about `motionValue` once a second, by its own amplitude. */
function makeMixer(motionValue: number, amplitude: (column: number) => number = () => 0) {
  const silence = Array(LIP_SIZE).fill(0.25);
  const manifest = parseAvatar(
    JSON.stringify({ ...makeManifest(makeFiles()), lip: { size: LIP_SIZE, silence } }),
  );
  const motion = Float32Array.from(
    { length: 100 * MOTION_ROW },
    (_, i) =>
      motionValue + amplitude(i % MOTION_ROW) * Math.sin((2 * Math.PI * Math.floor(i / MOTION_ROW)) / 25),
  );
  const track = createFeatureTrack({ size: LIP_SIZE, step: LIP_STEP });
  return { track, mixer: createMixer({ manifest, motion, idle: createIdleMotion(motion, 25), track }) };
}

it("rests the lips without speech, and keeps the expression in its range", () => {
  const { mixer } = makeMixer(7);
  const conditions = mixer.next(STEP, null);
  expect([...conditions.lip]).toEqual(Array(LIP_SIZE).fill(0.25));
  expect([...conditions.expression]).toEqual(Array(13).fill(1));
  expect(conditions.rotation).toEqual([7, 7, 7]);
});

it("eases from silence to speech and back in 120 ms, without a jump, and is speech alone between", () => {
  const { mixer, track } = makeMixer(0);
  track.push(0, new Float32Array(100 * LIP_SIZE).fill(1));
  const lips: number[] = [];
  for (let time = 0; time < 3; time += STEP) lips.push(mixer.next(STEP, time < 1 ? time : null).lip[5] ?? 0);
  expect(lips[8]).toBe(1);
  expect(lips[59]).toBe(1);
  expect(lips[60 + 9]).toBe(0.25);
  // Smoothstep rises by at most 1.5 times its mean slope.
  const most = (1.5 * 0.75 * STEP) / 0.12;
  for (let i = 1; i < lips.length; i++)
    expect(Math.abs((lips[i] ?? 0) - (lips[i - 1] ?? 0))).toBeLessThanOrEqual(most);
});

it("stands still where asked to, while lids, brows and lips move on, and comes to it and from it without a jump", () => {
  const { mixer, track } = makeMixer(0, (i) => (i < 6 ? 0.2 : 0.5));
  track.push(0, new Float32Array(200 * LIP_SIZE).fill(1));
  const seconds = (from: number, to: number) =>
    Array.from({ length: Math.round((to - from) / STEP) }, (_, i) => {
      const { rotation, expression, lip, torsoFrame } = mixer.next(STEP, from + i * STEP);
      return { pitch: rotation[0], blink: expression[5] ?? 0, lip: lip[5], torsoFrame };
    });
  const swaying = seconds(0, 1);
  mixer.still = true;
  const stopping = seconds(1, 2);
  const standing = seconds(2, 3);
  mixer.still = false;
  const again = seconds(3, 4);
  expect(new Set(standing.map((look) => look.pitch)).size).toBe(1);
  expect(new Set(standing.map((look) => look.torsoFrame)).size).toBe(1);
  expect(new Set(standing.map((look) => look.blink)).size).toBeGreaterThan(30);
  expect(standing.every((look) => look.lip === 1)).toBe(true);
  expect(new Set(again.map((look) => look.pitch)).size).toBeGreaterThan(30);
  const looks = [...swaying, ...stopping, ...standing, ...again];
  // The motion itself turns by at most 0.2 · 2π radians a second.
  const most = 0.2 * 2 * Math.PI * STEP * 1.01;
  for (let i = 1; i < looks.length; i++)
    expect(Math.abs((looks[i]?.pitch ?? 0) - (looks[i - 1]?.pitch ?? 0))).toBeLessThan(most);
});
