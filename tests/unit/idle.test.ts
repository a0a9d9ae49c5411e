import { describe, expect, it } from "vitest";
import { MOTION_ROW } from "../../src/avatar/motion";
import { createIdleMotion } from "../../src/motion/idle";

const FRAMES = 400;

/** A head that sways at rates without a common period, so that no loop fits by itself. */
const motion = Float32Array.from({ length: FRAMES * MOTION_ROW }, (_, i) => {
  const [frame, column] = [Math.floor(i / MOTION_ROW), i % MOTION_ROW];
  return 0.1 * Math.sin(0.05 * (1 + 0.37 * column) * frame + column);
});

/** Largest change of any column between two times a millisecond apart. */
function largestStep(idle: ReturnType<typeof createIdleMotion>, from: number, to: number): number {
  let before = new Float32Array(MOTION_ROW);
  let after = new Float32Array(MOTION_ROW);
  idle.sample(from, before);
  let largest = 0;
  for (let time = from + 0.001; time < to; time += 0.001) {
    idle.sample(time, after);
    for (let c = 0; c < MOTION_ROW; c++)
      largest = Math.max(largest, Math.abs((after[c] ?? 0) - (before[c] ?? 0)));
    [before, after] = [after, before];
  }
  return largest;
}

describe("idle motion", () => {
  const idle = createIdleMotion(motion, 25);

  it("keeps at least half of the capture", () => {
    expect(idle.period).toBeGreaterThanOrEqual(FRAMES / 25 / 2);
  });

  it("never jumps, the joint of the loop included", () => {
    const inside = largestStep(idle, 0, 1);
    // The crossfade adds the difference of its two ends to the speed, smoothly, over a second.
    expect(largestStep(idle, idle.period - 1.5, idle.period + 0.5)).toBeLessThan(3 * inside);
  });

  it("comes round", () => {
    const [a, b] = [new Float32Array(MOTION_ROW), new Float32Array(MOTION_ROW)];
    const frames = [idle.sample(1.234, a), idle.sample(1.234 + idle.period, b)];
    expect(frames[0]).toBe(frames[1]);
    for (let c = 0; c < MOTION_ROW; c++) expect(b[c]).toBeCloseTo(a[c] ?? 0, 5);
  });

  it("passes through the captured frames, and names them", () => {
    const row = new Float32Array(MOTION_ROW);
    const frame = idle.sample(3 / 25, row);
    for (let c = 0; c < MOTION_ROW; c++) expect(row[c]).toBeCloseTo(motion[frame * MOTION_ROW + c] ?? 0, 5);
  });

  it("plays the source frames forwards, but for one joint a period", () => {
    const row = new Float32Array(MOTION_ROW);
    let back = 0;
    let last = idle.sample(0, row);
    for (let time = 0.01; time < idle.period; time += 0.01) {
      const frame = idle.sample(time, row);
      expect(frame).toBeGreaterThanOrEqual(0);
      expect(frame).toBeLessThan(FRAMES);
      if (frame < last) back++;
      last = frame;
    }
    expect(back).toBe(1);
  });
});

it("plays a capture of a single frame", () => {
  const row = new Float32Array(MOTION_ROW);
  expect(createIdleMotion(motion.slice(0, MOTION_ROW), 25).sample(12.3, row)).toBe(0);
  expect(row[3]).toBeCloseTo(motion[3] ?? 0, 6);
});
