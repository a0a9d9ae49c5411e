import { beforeAll, expect, it } from "vitest";
import { ARKIT_NAMES, type ArkitName, arkitIndex, readGaze } from "../../src/motion/arkit";
import { createGenerator } from "../../src/motion/generator/generator";
import { MOODS, type Mood } from "../../src/motion/mood-names";

const RATE = 25;
const REST = { smile: 0.18, squint: 0.08 };
const LEVEL = [0, 0, 0] as const;

interface Frame {
  coefficients: Float32Array;
  turn: readonly number[];
}

/** Cues of somebody who speaks in phrases of 2.4 s with pauses of 0.6 s, a stressed word every 0.8 s. */
function speaking(second: number, out: Float32Array): void {
  const inPhrase = second % 3;
  const voiced = inPhrase < 2.4;
  const stressed = voiced && second % 0.8 < 0.24;
  out.set([voiced ? 1 : 0, voiced ? 0.6 : 0, stressed ? 0.4 : 0, stressed ? 0.8 : 0, 0, 0, 0.5, 0]);
  if (voiced && inPhrase > 2.2) out[4] = 1;
}
const silence = (_: number, out: Float32Array) => void out.fill(0);

function perform(
  seed: number,
  seconds: number,
  cuesAt: (second: number, out: Float32Array) => void,
  mood: Mood = "neutral",
): Frame[] {
  const generator = createGenerator(seed, REST);
  generator.setMood(mood, 0);
  const cues = new Float32Array(8);
  return Array.from({ length: seconds * RATE }, (_, i) => {
    cuesAt(i / RATE, cues);
    const { coefficients, turn } = generator.step(cues, LEVEL, 1);
    return { coefficients: coefficients.slice(), turn };
  });
}

const of = (frames: readonly Frame[], name: ArkitName) =>
  frames.map(({ coefficients }) => coefficients[arkitIndex(name)] ?? Number.NaN);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
};

/** Frames in which the lids begin to be shut. */
const blinks = (lids: readonly number[]) =>
  lids.flatMap((lid, i) => (lid > 0.9 && (lids[i - 1] ?? 0) <= 0.9 ? [i] : []));

const inSilence: Frame[][] = [];
const inSpeech: Frame[][] = [];
beforeAll(() => {
  for (const seed of [1, 2]) {
    inSilence.push(perform(seed, 300, silence));
    inSpeech.push(perform(seed, 300, speaking));
  }
});

it.each(["silence", "speech"] as const)("blinks as people do, in %s", (when) => {
  for (const frames of when === "speech" ? inSpeech : inSilence) {
    const left = of(frames, "eyeBlinkLeft");
    expect(of(frames, "eyeBlinkRight"), "both eyes together").toEqual(left);
    const starts = blinks(left);
    const perMinute = starts.length / 5;
    expect(perMinute).toBeGreaterThan(8);
    expect(perMinute).toBeLessThan(25);
    const intervals = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
    const variation = deviation(intervals) / mean(intervals);
    expect(variation).toBeGreaterThan(0.4);
    expect(variation).toBeLessThan(1.2);
    for (const start of starts) {
      expect(Math.max(...left.slice(start, start + 3)), "shut whole").toBe(1);
      const down = left
        .slice(0, start)
        .reverse()
        .findIndex((lid) => lid < 0.05);
      const up = left.slice(start).findIndex((lid) => lid < 0.05);
      if (start + up < left.length) expect(up, "slower up than down").toBeGreaterThan(down);
    }
  }
});

it("says the same for the same seed, and something else for another", () => {
  expect(perform(1, 20, speaking)).toEqual(inSpeech[0]?.slice(0, 20 * RATE));
  const [one = [], other = []] = inSpeech;
  const raises = [one, other].map((frames) => of(frames, "browInnerUp"));
  const starts = [one, other].map((frames) => blinks(of(frames, "eyeBlinkLeft")));
  expect(raises[0]).not.toEqual(raises[1]);
  expect(starts[0]).not.toEqual(starts[1]);
});

it("lives in silence: it looks about, and nothing of it jumps but the eyes", () => {
  for (const frames of [...inSilence, ...inSpeech]) {
    const gazes = frames.map(({ coefficients }) => readGaze(coefficients).yaw);
    expect(Math.max(...gazes) - Math.min(...gazes), "radians").toBeGreaterThan(0.08);
    // Held most of the time: a saccade is over in two steps.
    const moving = gazes.filter((yaw, i) => Math.abs(yaw - (gazes[i - 1] ?? yaw)) > 0.01).length;
    expect(moving / gazes.length).toBeLessThan(0.2);
    for (const axis of [0, 1, 2]) {
      const turns = frames.map(({ turn }) => turn[axis] ?? 0);
      expect(deviation(turns)).toBeGreaterThan(0.002);
      const fastest = Math.max(...turns.map((turn, i) => Math.abs(turn - (turns[i - 1] ?? turn)) * RATE));
      // A quick nod of the capture's own: 0.27 rad/s in pitch, 0.36 in yaw.
      expect(fastest).toBeLessThan(0.5);
    }
    for (const name of ["browInnerUp", "mouthSmileLeft", "browDownRight"] as const) {
      const values = of(frames, name);
      expect(Math.max(...values.map((value, i) => Math.abs(value - (values[i - 1] ?? value))))).toBeLessThan(
        0.25,
      );
    }
  }
});

it("lifts the brows on stressed words, and nods", () => {
  for (const frames of inSpeech) {
    const raise = of(frames, "browInnerUp");
    const stressed = raise.filter(
      (_, i) => (i / RATE) % 3 < 2.2 && (i / RATE) % 0.8 > 0.1 && (i / RATE) % 0.8 < 0.3,
    );
    expect(mean(stressed)).toBeGreaterThan(1.4 * mean(raise));
  }
  const pitch = (frames: Frame[]) => deviation(frames.map(({ turn }) => turn[0] ?? 0));
  expect(pitch(inSpeech[0] ?? [])).toBeGreaterThan(1.3 * pitch(inSilence[0] ?? []));
});

it("smiles less while the lips articulate", () => {
  const voiced = (i: number) => (i / RATE) % 3 < 2.4;
  expect(mean(of(inSpeech[0] ?? [], "mouthSmileLeft").filter((_, i) => voiced(i)))).toBeLessThan(
    0.85 * mean(of(inSilence[0] ?? [], "mouthSmileLeft")),
  );
});

it("shows each mood, and goes there in its time without a jump", () => {
  const shown = Object.fromEntries(
    MOODS.map((mood) => {
      const frames = perform(3, 60, speaking, mood);
      const level = (name: ArkitName) => mean(of(frames, name));
      const bow = mean(frames.map(({ turn }) => turn[0] ?? 0));
      return [
        mood,
        {
          smile: level("mouthSmileLeft"),
          inner: level("browInnerUp"),
          outer: level("browOuterUpLeft"),
          down: level("browDownLeft"),
          bow,
        },
      ];
    }),
  ) as Record<Mood, Record<"smile" | "inner" | "outer" | "down" | "bow", number>>;
  const { neutral, happy, sad, serious, surprised } = shown;
  expect(happy.smile).toBeGreaterThan(neutral.smile + 0.15);
  expect(sad.smile).toBeLessThan(neutral.smile - 0.05);
  expect(sad.inner).toBeGreaterThan(neutral.inner + 0.2);
  expect(sad.outer).toBeLessThan(sad.inner - 0.2);
  expect(sad.bow).toBeGreaterThan(neutral.bow + 0.01);
  expect(serious.down).toBeGreaterThan(neutral.down + 0.2);
  expect(surprised.outer).toBeGreaterThan(neutral.outer + 0.3);

  const generator = createGenerator(4, REST);
  const cues = new Float32Array(8);
  const smiles: number[] = [];
  for (let i = 0; i < 60; i++) {
    if (i === 20) generator.setMood("happy", 300);
    if (i === 24) generator.setMood("sad", 300);
    smiles.push(generator.step(cues, LEVEL, 1).coefficients[arkitIndex("mouthSmileLeft")] ?? 0);
  }
  expect(smiles[24] ?? 0, "on its way").toBeGreaterThan((smiles[19] ?? 0) + 0.1);
  expect(smiles[33] ?? 1, "there after 300 ms").toBeLessThan(0.05);
  expect(Math.max(...smiles.map((value, i) => Math.abs(value - (smiles[i - 1] ?? value))))).toBeLessThan(
    0.12,
  );
});

it.each([
  ["NaN", Number.NaN],
  ["infinite", Number.POSITIVE_INFINITY],
  ["far out of range", -1e9],
])("cues that are %s leave a face", (_, value) => {
  for (const { coefficients, turn } of perform(5, 20, (_, out) => void out.fill(value))) {
    expect(coefficients).toHaveLength(ARKIT_NAMES.length);
    expect(coefficients.every((weight) => weight >= 0 && weight <= 1)).toBe(true);
    expect(turn.every((angle) => Math.abs(angle) < 0.3)).toBe(true);
  }
});
