import { expect, it } from "vitest";
import { MOTION_ROW } from "../../src/avatar/motion";
import { parseAvatar } from "../../src/avatar/schema";
import { LIP_SIZE } from "../../src/motion/conditions";
import { createIdleMotion } from "../../src/motion/idle";
import { createLipTrack } from "../../src/motion/lip-track";
import { createMixer } from "../../src/motion/mixer";
import { createLiveDelay } from "../../src/render/live-delay";
import { makeFiles, makeManifest } from "./bundle-fixture";

const STEP = 1 / 60;

function makeMixer(motionValue: number) {
  const silence = Array(LIP_SIZE).fill(0.25);
  const manifest = parseAvatar(
    JSON.stringify({ ...makeManifest(makeFiles()), lip: { size: LIP_SIZE, silence } }),
  );
  const motion = new Float32Array(100 * MOTION_ROW).fill(motionValue);
  const track = createLipTrack();
  return { track, mixer: createMixer(manifest, createIdleMotion(motion, 25), track) };
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

it("shows live speech as early as its features allow, and never runs backwards", () => {
  const delay = createLiveDelay();
  let last = Number.NEGATIVE_INFINITY;
  let late = 0;
  for (let k = 0; k < 600; k++) {
    const heard = k * STEP;
    // A block every 20 ms, 80 ms after its sound; one in fifty comes 30 ms late.
    const block = Math.floor(heard / 0.02);
    const newest = block * 0.02 - 0.08 - (block % 50 === 0 ? 0.03 : 0);
    const shown = heard - delay.next(heard - newest, STEP);
    // But for rounding.
    expect(shown).toBeGreaterThanOrEqual(last - 1e-9);
    last = shown;
    if (k > 60) late = Math.max(late, heard - shown);
  }
  // 80 ms, a block of 20 ms, and what the late ones leave behind.
  expect(late).toBeLessThan(0.135);
});
