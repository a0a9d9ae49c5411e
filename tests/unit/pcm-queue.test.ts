import { expect, it } from "vitest";
import { createPcmQueue } from "../../src/audio/pcm-queue";

const ramp = (from: number, length: number) => Float32Array.from({ length }, (_, i) => (from + i) / 10000);

function open() {
  const told: (number | "dry")[] = [];
  const queue = createPcmQueue({ onMark: (id) => told.push(id), onDry: () => told.push("dry") });
  const pull = (length = 128) => {
    const output = new Float32Array(length);
    queue.pull(output);
    return output;
  };
  return { queue, told, pull };
}

it("plays chunks of any size in order and without a gap", () => {
  const { queue, told, pull } = open();
  let pushed = 0;
  for (const length of [1, 300, 0, 127, 128, 4000, 3, 561]) {
    queue.push(ramp(pushed, length));
    pushed += length;
  }
  expect(queue.left).toBe(pushed);
  const heard = Array.from({ length: pushed / 128 }, () => [...pull()]).flat();
  expect(heard).toEqual([...ramp(0, pushed)]);
  expect(queue.left).toBe(0);
  expect(told).toEqual([]);
});

it("falls silent where it runs dry, tells so once, and goes on at the very next sample", () => {
  const { queue, told, pull } = open();
  expect([...pull()]).toEqual(Array(128).fill(0));
  expect(told, "nothing has begun").toEqual([]);
  queue.push(new Float32Array(200).fill(0.5));
  pull();
  const fading = [...pull(), ...pull(), ...pull()];
  expect(told).toEqual(["dry"]);
  const steps = fading.map((value, i) => Math.abs(value - (fading[i - 1] ?? 0.5)));
  // 0.97 a sample: a click would be a step of 0.5.
  expect(Math.max(...steps)).toBeLessThan(0.02);
  expect(Math.abs(fading.at(-1) ?? 1), "silence").toBeLessThan(1e-3);
  queue.push(ramp(1, 128));
  expect([...pull()]).toEqual([...ramp(1, 128)]);
  expect(told).toEqual(["dry"]);
});

it("tells a mark when all before it is played, and takes the end behind it for no stall", () => {
  const { queue, told, pull } = open();
  queue.push(ramp(0, 130));
  queue.mark(7);
  queue.push(ramp(0, 10));
  queue.mark(8);
  pull();
  expect(told).toEqual([]);
  pull();
  expect(told).toEqual([7, 8]);
  pull();
  expect(told).toEqual([7, 8]);
});
