import { expect, it } from "vitest";
import { MOTION_ROW, readMotion } from "../../src/avatar/motion";
import { parseAvatar } from "../../src/avatar/schema";
import { type Conditions, EXPRESSION_SIZE, LIP_SIZE, LIP_STEP } from "../../src/motion/conditions";
import { CUE_SIZE, CUE_STEP } from "../../src/motion/cues";
import { createExpression } from "../../src/motion/expression";
import { EXPRESSION_NAMES, type ExpressionName } from "../../src/motion/expression-names";
import { createFeatureTrack } from "../../src/motion/feature-track";
import { createGaze } from "../../src/motion/gaze";
import { createIdleMotion } from "../../src/motion/idle";
import { createMixer, type Mixer } from "../../src/motion/mixer";
import { createUpperFace, type FaceCodec } from "../../src/motion/upper-face";
import { defaultAvatarFile } from "../models";

const manifest = parseAvatar(new TextDecoder().decode(defaultAvatarFile("avatar.json")));
const motion = readMotion(defaultAvatarFile(manifest.files.motion.path), manifest.frames);
const idle = createIdleMotion(motion, manifest.fps);
const channel = (name: ExpressionName) => EXPRESSION_NAMES.indexOf(name);

/** Five seconds of somebody who speaks: stressed words, and lips that move. */
function heard() {
  const track = createFeatureTrack({ size: LIP_SIZE, step: LIP_STEP });
  const cues = createFeatureTrack({ size: CUE_SIZE, step: CUE_STEP });
  track.push(
    0,
    Float32Array.from({ length: 250 * LIP_SIZE }, (_, i) => Math.sin(i)),
  );
  const stressed = (i: number) => Number(i % 20 < 6);
  const rows = Array.from({ length: 125 }, (_, i) => [1, 0.6, 0.3 * stressed(i), stressed(i), 0, 0, 0.5, 0]);
  cues.push(CUE_STEP / 2, Float32Array.from(rows.flat()));
  return { track, cues };
}

interface Options {
  readonly seed?: number;
  readonly codec?: FaceCodec;
  readonly generates?: boolean;
  readonly fps?: number;
  readonly prepare?: (mixer: Mixer, face: ReturnType<typeof createUpperFace>) => void;
}

/** Frames of the five seconds, each awaited. */
async function film({
  seed = 1,
  codec,
  generates = true,
  fps = 25,
  prepare,
}: Options): Promise<Conditions[]> {
  const face = createUpperFace(manifest, seed);
  if (codec) face.codec = codec;
  const mixer = createMixer({ manifest, motion, idle, ...heard(), face });
  mixer.generates = generates;
  prepare?.(mixer, face);
  const frames: Conditions[] = [];
  for (let i = 0; i < 4 * fps; i++) {
    frames.push(copy(await mixer.exact(i === 0 ? 0.5 / fps : 1 / fps, (i + 0.5) / fps)));
  }
  return frames;
}

const copy = (frame: Conditions): Conditions => ({
  ...frame,
  lip: frame.lip.slice(),
  expression: frame.expression.slice(),
});

const of = (frames: readonly Conditions[], name: ExpressionName) =>
  frames.map(({ expression }) => expression[channel(name)] ?? Number.NaN);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Answers after a while, two steps late, with half of what it was given. */
function slowCodec(): FaceCodec & { readonly pushed: Float32Array[] } {
  const pushed: Float32Array[] = [];
  return {
    lookAhead: 2,
    pushed,
    restart: () => undefined,
    async push(coefficients) {
      pushed.push(coefficients);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return new Float32Array(EXPRESSION_SIZE).fill(0.01 * (pushed.length - 3));
    },
  };
}

it("a dub is the same each time, with and without a codec, and another for another seed", async () => {
  expect(await film({})).toEqual(await film({}));
  expect(await film({ codec: slowCodec() })).toEqual(await film({ codec: slowCodec() }));
  expect(of(await film({ seed: 2 }), "browInnerUp")).not.toEqual(of(await film({}), "browInnerUp"));
});

it("each frame of a dub has the codec's answer for its own time", async () => {
  const frames = await film({ codec: slowCodec() });
  // Step k of the face, which stands for k/25 s, is the answer to push k + 2, and says 0.01 · k.
  for (const [i, smile] of of(frames, "eyeBlinkLeft").entries()) {
    expect(smile, `frame ${i}`).toBeCloseTo(Math.max(0, Math.min(1, 0.01 * (i + 0.5))), 5);
  }
});

it("a live face does not wait for a slow codec, and comes to its answers", async () => {
  const codec = slowCodec();
  const face = createUpperFace(manifest, 1);
  face.codec = codec;
  const mixer = createMixer({ manifest, motion, idle, ...heard(), face });
  let last: Conditions | undefined;
  for (let i = 0; i < 60; i++) {
    last = mixer.next(1 / 60, i / 60);
    expect(last.expression.every(Number.isFinite)).toBe(true);
    if (i % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 3));
  }
  expect(last?.expression[channel("eyeBlinkLeft")]).toBeGreaterThan(0.1);
});

it("switched off it is the captured face as ever; switched over there is no jump", async () => {
  const plain = createMixer({ manifest, motion, idle, ...heard() });
  const captured = Array.from({ length: 100 }, (_, i) =>
    copy(plain.next(i === 0 ? 0.02 : 0.04, (i + 0.5) / 25)),
  );
  expect(await film({ generates: false })).toEqual(captured);

  const face = createUpperFace(manifest, 1);
  const mixer = createMixer({ manifest, motion, idle, ...heard(), face });
  const looks: Conditions[] = [];
  for (let i = 0; i < 300; i++) {
    if (i % 60 === 30) mixer.generates = !mixer.generates;
    looks.push(copy(mixer.next(1 / 60, i / 60)));
  }
  for (const axis of [0, 1, 2] as const) {
    const steps = looks.map(({ rotation }, i) =>
      Math.abs(rotation[axis] - (looks[i - 1]?.rotation[axis] ?? rotation[axis])),
    );
    // The quickest turn of the capture is 0.36 rad/s; taking over adds what lies between the two.
    expect(Math.max(...steps)).toBeLessThan(0.8 / 60);
  }
});

it("a mood raises the smile and leaves the lips alone", async () => {
  const happy = await film({ prepare: (_, face) => face.setMood("happy", 0) });
  const neutral = await film({});
  expect(mean(of(happy, "mouthSmileLeft"))).toBeGreaterThan(mean(of(neutral, "mouthSmileLeft")) + 0.08);
  expect(happy.map(({ lip }) => lip)).toEqual(neutral.map(({ lip }) => lip));
});

it("never turns the head further than the capture did, nor shows what the avatar has not", async () => {
  const ranges = [0, 1, 2].map((axis) => {
    const column = Array.from({ length: manifest.frames }, (_, i) => motion[i * MOTION_ROW + axis] ?? 0);
    return [Math.min(...column), Math.max(...column)] as const;
  });
  for (const seed of [1, 2, 3]) {
    const mood = seed === 1 ? "sad" : seed === 2 ? "surprised" : "happy";
    for (const { rotation, expression } of await film({
      seed,
      fps: 60,
      prepare: (_, face) => face.setMood(mood, 0),
    })) {
      for (const [axis, [least, most]] of ranges.entries()) {
        expect(rotation[axis]).toBeGreaterThanOrEqual(least);
        expect(rotation[axis]).toBeLessThanOrEqual(most);
      }
      for (const [i, { min, max }] of manifest.expression.entries()) {
        expect(expression[i]).toBeGreaterThanOrEqual(Math.fround(min));
        expect(expression[i]).toBeLessThanOrEqual(Math.fround(max));
      }
    }
  }
});

it("what an embedder asks lies over it: an expression, a look, a head that stands", () => {
  const asked = { expression: createExpression(manifest), gaze: createGaze(manifest, motion) };
  const face = createUpperFace(manifest, 1);
  const mixer = createMixer({ manifest, motion, idle, ...heard(), face, asked, still: true });
  asked.expression.set({ browInnerUp: 0.6 }, 0);
  asked.gaze.lookAt({ yaw: 0.12, pitch: 0 });
  const frames = Array.from({ length: 120 }, (_, i) => copy(mixer.next(1 / 60, i / 60)));
  expect(new Set(of(frames, "browInnerUp").map((value) => value.toFixed(4)))).toEqual(new Set(["0.6000"]));
  const { rotation, expression } = frames.at(-1) ?? frames[0] ?? mixer.next(0, null);
  expect(Math.abs(rotation[1] + (expression[channel("gazeYaw")] ?? 0) - 0.12)).toBeLessThan(0.03);
  expect(new Set(frames.slice(30).map((frame) => frame.rotation[2])).size, "the head stands").toBe(1);
});
