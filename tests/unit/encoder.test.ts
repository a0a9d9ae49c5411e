import { beforeAll, describe, expect, it } from "vitest";
import { createEncoder, type Encoder } from "../../src/speech/encoder";
import { readSpeech } from "../models";

const hop = 320;
const size = 32;

/** Two seconds of a buzz of 120 Hz that swells and rests, and a little noise. */
function buzz(): Float32Array {
  let seed = 1;
  return Float32Array.from({ length: 100 * hop }, (_, i) => {
    const t = i / 16000;
    seed = (seed * 48271) % 2147483647;
    const noise = 0.002 * (seed / 2147483647 - 0.5);
    let voice = 0;
    for (let k = 1; k < 30; k++) voice += Math.sin(2 * Math.PI * 120 * k * t) / k;
    return noise + 0.2 * Math.max(0, Math.sin(2 * Math.PI * 2 * t)) * voice;
  });
}

describe.each(["live", "known"] as const)("the encoder of sounds that are %s", (sound) => {
  let encoder: Encoder;

  beforeAll(async () => {
    encoder = await createEncoder(readSpeech(sound));
  });

  /** Features of all hops, encoded in blocks of so many hops, in turn. */
  async function inBlocks(sound: Float32Array, hops: readonly number[]): Promise<number[]> {
    const stream = encoder.stream();
    const lip: number[] = [];
    for (let at = 0, k = 0; at < sound.length; k++) {
      const block = sound.slice(at, at + hop * (hops[k % hops.length] ?? 1));
      lip.push(...(await stream.push(block)).values);
      at += block.length;
    }
    return lip;
  }

  it("blocks of any size give what the whole sound gives", async () => {
    const sound = buzz();
    const whole = await inBlocks(sound, [100]);
    const opening = whole.filter((_, i) => i % size === 15);
    expect(Math.max(...opening) - Math.min(...opening), "the sound says something").toBeGreaterThan(0.1);
    for (const hops of [[1], [1, 2, 7], [25]]) {
      const lip = await inBlocks(sound, hops);
      const difference = Math.max(...lip.map((value, i) => Math.abs(value - (whole[i] ?? 9))));
      // Float32 sums in another order.
      expect(difference, `${hops} hops`).toBeLessThan(1e-4);
    }
  });

  it.each([
    ["an offset", (v: number) => v + 0.2],
    ["clipping", (v: number) => Math.max(-1, Math.min(1, 40 * v))],
    ["full scale for ever", () => 1],
  ])("%s breaks nothing, and silence after it shuts the mouth", async (_, damage) => {
    const sound = new Float32Array(150 * hop);
    sound.set(buzz().map(damage));
    const lip = await inBlocks(sound, [10]);
    expect(lip.every((value) => Math.abs(value) <= 1.5)).toBe(true);
    const [silence = 0, opening = 1] = [lip.at(-size), lip.at(-size + 15)];
    expect(silence).toBeGreaterThan(0.9);
    expect(opening).toBeLessThan(0.05);
  });
});
