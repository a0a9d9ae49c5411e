import { expect, it } from "vitest";
import { MOTION_ROW } from "../../src/avatar/motion";
import { parseAvatar } from "../../src/avatar/schema";
import { createExpression } from "../../src/motion/expression";
import { amiss, EXPRESSION_NAMES } from "../../src/motion/expression-names";
import { createGaze } from "../../src/motion/gaze";
import { makeFiles, makeManifest } from "./bundle-fixture";

const STEP = 1 / 60;
const channel = (name: (typeof EXPRESSION_NAMES)[number]) => EXPRESSION_NAMES.indexOf(name);
const range = { min: 0, max: 0.5, rest: 0.1 };
const manifest = parseAvatar(
  JSON.stringify({
    ...makeManifest(makeFiles()),
    expression: EXPRESSION_NAMES.map((name) =>
      name.startsWith("gaze") ? { name, min: -0.15, max: 0.15, rest: 0 } : { name, ...range },
    ),
  }),
);
/** The captured head turned by ± 0.2 in pitch and yaw. */
const motion = Float32Array.from({ length: 2 * MOTION_ROW }, (_, i) => (i < MOTION_ROW ? 0.2 : -0.2));

/** Applies it over an idle face for some seconds; values of each frame. */
function play(expression: ReturnType<typeof createExpression>, seconds: number, idle = 0.2): Float32Array[] {
  return Array.from({ length: Math.round(seconds / STEP) }, () => {
    const values = new Float32Array(13).fill(idle);
    expression.apply(STEP, values);
    return values;
  });
}
const of = (frames: Float32Array[], name: (typeof EXPRESSION_NAMES)[number]) =>
  frames.map((values) => values[channel(name)] ?? Number.NaN);

it("blends to a named expression in 300 ms, within the avatar's range, and leaves the rest to the idle motion", () => {
  const expression = createExpression(manifest);
  expression.set({ smile: 0.5 }, 300);
  const frames = play(expression, 0.5);
  const smile = of(frames, "mouthSmileLeft");
  // Half of the way from rest, 0.1, to the most, 0.5.
  expect(smile[17]).toBeCloseTo(0.3, 5);
  expect(smile.at(-1)).toBeCloseTo(0.3, 5);
  expect(smile[8]).toBeGreaterThan(0.22);
  expect(smile[8]).toBeLessThan(0.28);
  expect(of(frames, "browInnerUp").every((value) => Math.abs(value - 0.2) < 1e-6)).toBe(true);
});

it("never jumps: from one expression to another on the way, and back", () => {
  const expression = createExpression(manifest);
  const values: number[] = [];
  for (const weights of [
    { mouthSmileLeft: 0.5 },
    { frown: 1 },
    null,
    { smile: 1 },
    { browInnerUp: 9 },
    null,
  ]) {
    expression.set(weights, 300);
    values.push(...of(play(expression, 0.2), "mouthSmileLeft"));
  }
  values.push(...of(play(expression, 0.3), "mouthSmileLeft"));
  // Smoothstep is at most 1.5 times as steep as its mean.
  const most = (1.5 * 0.5 * STEP) / 0.3 + 1e-6;
  values.forEach((value, i) => {
    expect(Math.abs(value - (values[i - 1] ?? value))).toBeLessThan(most);
  });
  expect(values.at(-1), "the idle motion's").toBeCloseTo(0.2, 5);
});

it("takes coefficients as they are, no further than the avatar goes, and lids held half open blink on", () => {
  const expression = createExpression(manifest);
  expression.set({ browInnerUp: 7, eyeBlinkLeft: 0.4 }, 0);
  expect(of(play(expression, STEP), "browInnerUp")).toEqual([0.5]);
  expect(of(play(expression, STEP, 0), "eyeBlinkLeft")[0]).toBeCloseTo(0.4, 5);
  expect(of(play(expression, STEP, 1), "eyeBlinkLeft")[0]).toBeCloseTo(1, 5);
});

it("says what is wrong with weights", () => {
  expect(amiss({ smile: 0.6, browInnerUp: 1 })).toBeUndefined();
  expect(amiss({ grin: 1 })).toContain('no expression "grin"; there are smile');
  expect(amiss({ smile: Number.NaN })).toContain("smile");
  expect(amiss("smile")).toContain("record");
});

it("looks at a target with eyes and head, the eyes first, within the captured turn, and comes back", () => {
  const gaze = createGaze(manifest, motion);
  const looks: { turn: number; tilt: number; eyes: number }[] = [];
  const look = (seconds: number, still = false) => {
    for (let frame = 0; frame < seconds / STEP; frame++) {
      const rotation: [number, number, number] = [0, 0, 0];
      const values = new Float32Array(13);
      gaze.apply(STEP, rotation, values, still);
      looks.push({ turn: rotation[1], tilt: rotation[0], eyes: values[channel("gazeYaw")] ?? 0 });
    }
    return looks.at(-1) ?? { turn: 0, tilt: 0, eyes: 0 };
  };
  gaze.lookAt({ yaw: 0.2, pitch: 0.1 });
  look(0.3);
  const early = looks.at(-1);
  const there = look(2);
  expect(early?.eyes, "the eyes go ahead of the head").toBeGreaterThan(there.eyes);
  expect(there.turn + there.eyes, "head and eyes meet the target").toBeCloseTo(0.2, 2);
  expect(there.tilt, "upwards is negative in the avatar's pitch").toBeLessThan(0);
  gaze.lookAt({ yaw: 3, pitch: 0 });
  const far = look(3);
  expect(far.turn).toBeCloseTo(0.2, 5);
  expect(far.eyes).toBeCloseTo(0.15, 5);
  expect(look(1, true).turn, "a head that stands").toBeCloseTo(0, 5);
  gaze.lookAt(null);
  expect(look(1)).toEqual({ turn: 0, tilt: 0, eyes: 0 });
  const most = Math.max(...looks.map(({ turn }, i) => Math.abs(turn - (looks[i - 1]?.turn ?? turn))));
  expect(most, "radians a frame").toBeLessThan(0.02);
});
