import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readMotion } from "../../src/avatar/motion";
import { type AvatarManifest, parseAvatar } from "../../src/avatar/schema";
import { ARKIT_SIZE, type ArkitName, arkitIndex, writeGaze } from "../../src/motion/arkit";
import { type Codec, createCodec } from "../../src/motion/codec";

const folder = new URL("../../public/models/default/", import.meta.url);
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, folder))).buffer;
const manifest = parseAvatar(readFileSync(new URL("avatar.json", folder), "utf8"));
const codecPath = manifest.files.codec?.path ?? "";
/** Of a row of motion.bin, where the expression begins. */
const FACE = 6;
let codec: Codec;

beforeAll(async () => {
  // Node does not fetch files.
  const runtime = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  ort.env.wasm.wasmBinary = readFileSync(runtime);
  codec = await createCodec(manifest, read(codecPath));
});

afterAll(() => codec.release());

/** What the avatar showed in a frame of its motion, as coefficients; and the same as channels. */
function shown(frame: number): { coefficients: Float32Array; channels: Float32Array } {
  const motion = readMotion(read(manifest.files.motion.path), manifest.frames);
  const channels = motion.subarray(frame * 19 + FACE, (frame + 1) * 19);
  const coefficients = new Float32Array(ARKIT_SIZE);
  for (const [i, { name }] of manifest.expression.entries()) {
    if (!name.startsWith("gaze")) coefficients[arkitIndex(name as ArkitName)] = channels[i] ?? 0;
  }
  writeGaze(coefficients, channels[7] ?? 0, channels[8] ?? 0);
  return { coefficients, channels };
}

/** Answers to a fresh run of frames. */
async function answers(frames: readonly Float32Array[]): Promise<Float32Array[]> {
  codec.restart();
  const out: Float32Array[] = [];
  for (const frame of frames) out.push(await codec.push(frame));
  return out;
}

it("shows what the avatar has shown, blinks and all, no more than 120 ms late", async () => {
  // Both lids shut once in these three seconds and a wink is in them.
  const frames = Array.from({ length: 75 }, (_, i) => shown(900 + i));
  const said = await answers(frames.map((frame) => frame.coefficients));
  // The frame itself is 40 ms of it.
  expect((codec.lookAhead + 1) * 40).toBeLessThanOrEqual(120);
  let sum = 0;
  let count = 0;
  for (const [i, out] of said.entries()) {
    const truth = frames[i - codec.lookAhead]?.channels;
    if (!truth) continue;
    for (let channel = 0; channel < 7; channel++) {
      sum += Math.abs((out[channel] ?? 9) - (truth[channel] ?? 0));
      count++;
    }
    // The gaze is not coded.
    expect(out[7]).toBeCloseTo(truth[7] ?? 0, 5);
  }
  // What the codec is promised to keep of the core seven.
  expect(sum / count).toBeLessThan(0.04);
});

it("answers with the first frame until it has seen past it", async () => {
  const { coefficients, channels } = shown(900);
  const said = await answers(Array.from({ length: codec.lookAhead + 1 }, () => coefficients));
  for (const out of said) {
    for (const [i, value] of out.entries()) expect(Math.abs(value - (channels[i] ?? 9))).toBeLessThan(0.1);
  }
});

it("keeps whatever comes within what the avatar has shown; NaN rests, what is out of range is clamped", async () => {
  const broken = Float32Array.from({ length: ARKIT_SIZE }, (_, i) => [Number.NaN, 1e9, -1e9, 2][i % 4] ?? 0);
  const mended = broken.map((value) => (value > 0 ? 1 : 0));
  const [said, same] = [await answers(Array(20).fill(broken)), await answers(Array(20).fill(mended))];
  expect(said).toEqual(same);
  for (const out of said) {
    for (const [i, { min, max }] of manifest.expression.entries()) {
      // A float32 cannot say min and max as avatar.json does.
      expect(out[i]).toBeGreaterThanOrEqual(min - 1e-6);
      expect(out[i]).toBeLessThanOrEqual(max + 1e-6);
    }
  }
});

it.each([0, 51, 53])("%i coefficients are refused by name", async (count) => {
  await expect(codec.push(new Float32Array(count))).rejects.toThrow(
    expect.objectContaining({ code: "bad-option", message: expect.stringMatching(/coefficients: .* 52/) }),
  );
});

it.each<[string, RegExp, (codec: NonNullable<AvatarManifest["codec"]>) => object]>([
  ["made for another avatar", /field codec\.motion/, (c) => ({ codec: { ...c, motion: "0".repeat(64) } })],
  ["without its entry", /field codec/, () => ({ codec: undefined })],
])("a codec %s is refused by name", async (_, message, change) => {
  const entry = manifest.codec ?? { frames: 1, lookAhead: 0, motion: "" };
  await expect(createCodec({ ...manifest, ...change(entry) }, read(codecPath))).rejects.toThrow(
    expect.objectContaining({ code: "bundle-corrupt", message: expect.stringMatching(message) }),
  );
});

it("a window of another length than the codec's is refused by name when it is used", async () => {
  const entry = manifest.codec ?? { frames: 1, lookAhead: 0, motion: "" };
  const wrong = await createCodec(
    { ...manifest, codec: { ...entry, frames: entry.frames + 1 } },
    read(codecPath),
  );
  await expect(wrong.push(new Float32Array(ARKIT_SIZE))).rejects.toThrow(/field codec\.frames/);
  await wrong.release();
});
