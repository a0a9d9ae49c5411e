import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";
import { readMotion } from "../../src/avatar/motion";
import { parseAvatar } from "../../src/avatar/schema";
import { type Conditions, LIP_SIZE, LIP_STEP } from "../../src/motion/conditions";
import { createFeatureTrack } from "../../src/motion/feature-track";
import { createIdleMotion } from "../../src/motion/idle";
import { createMixer } from "../../src/motion/mixer";
import { lipsAhead } from "./ahead";

/** The mouth of the default avatar in its 512 × 512 picture, in every pose of the idle motion. */
const mouth = { x: 210, y: 258, width: 115, height: 67 };

/** What the container tells. */
export async function inspect(file: Buffer) {
  const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  if (!video || !audio) throw new Error("the file lacks a track");
  return {
    codecs: [await video.getCodec(), await audio.getCodec()],
    size: [await video.getDisplayWidth(), await video.getDisplayHeight()],
    rate: await audio.getSampleRate(),
    frames: (await video.computePacketStats()).packetCount,
    seconds: await input.computeDuration(),
    soundSeconds: await audio.computeDuration(),
  };
}

/** One picture's mouth: its luma, and the dark area between the lips in pixels. */
export interface Mouth {
  readonly luma: readonly number[];
  readonly opening: number;
}

/** The mouth in every frame of a video. */
export const mouthsIn = (page: Page, file: Buffer) => look(page, file, mouth, "mouthOf");

/** White pixels in every frame, in the lower left, where only a caption is white. */
export const whiteOnSuit = (page: Page, file: Buffer) =>
  look(page, file, { x: 30, y: 440, width: 120, height: 60 }, "whiteOf");

type Looks = Pick<Window, "mouthOf" | "whiteOf">;

/** What one of the page's looks finds in each frame, decoded one by one: a player that seeks may still show the last. */
async function look<L extends keyof Looks>(
  page: Page,
  file: Buffer,
  box: typeof mouth,
  name: L,
): Promise<ReturnType<Looks[L]>[]> {
  const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  const config = await track?.getDecoderConfig();
  if (!track || !config) throw new Error("the file has no video");
  const chunks: { type: "key" | "delta"; timestamp: number; data: string }[] = [];
  for await (const { type, microsecondTimestamp, data } of new EncodedPacketSink(track).packets())
    chunks.push({ type, timestamp: microsecondTimestamp, data: Buffer.from(data).toString("base64") });
  const { codec, codedWidth, codedHeight, description } = config;
  const bytes = description && Buffer.from(description as Uint8Array).toString("base64");
  return page.evaluate(
    async ([chunks, config, bytes, box, name]) => {
      const context = new OffscreenCanvas(512, 512).getContext("2d", { willReadFrequently: true });
      if (!context) throw new Error("no 2D canvas");
      const read = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const found: ReturnType<Looks[L]>[] = [];
      const broken = Promise.withResolvers<never>();
      const decoder = new VideoDecoder({
        output(frame) {
          context.drawImage(frame, 0, 0, 512, 512);
          frame.close();
          const pixels = context.getImageData(box.x, box.y, box.width, box.height);
          found.push(window[name](pixels) as ReturnType<Looks[L]>);
        },
        error: broken.reject,
      });
      decoder.configure(bytes ? { ...config, description: read(bytes) } : config);
      for (const { data, ...chunk } of chunks)
        decoder.decode(new EncodedVideoChunk({ ...chunk, data: read(data) }));
      await Promise.race([decoder.flush(), broken.promise]);
      decoder.close();
      return found;
    },
    [
      chunks,
      { codec, ...(codedWidth && codedHeight && { codedWidth, codedHeight }) },
      bytes,
      box,
      name,
    ] as const,
  );
}

/** The mouth in frames drawn one by one for these conditions by the head on the page. */
export async function mouthsDrawn(page: Page, conditions: readonly Conditions[]): Promise<Mouth[]> {
  const mouths: Mouth[] = [];
  for (const { lip, expression, ...rest } of conditions) {
    mouths.push(
      await page.evaluate(
        async ([lip, expression, rest, box]) => {
          const player = document.querySelector("lip-splat")?.player;
          const image = await player?.snapshot({
            ...rest,
            lip: Float32Array.from(lip),
            expression: Float32Array.from(expression),
          });
          const context = new OffscreenCanvas(512, 512).getContext("2d");
          if (!image || !context) throw new Error("no snapshot");
          context.putImageData(image, 0, 0);
          return window.mouthOf(context.getImageData(box.x, box.y, box.width, box.height));
        },
        [[...lip], [...expression], rest, mouth] as const,
      ),
    );
  }
  return mouths;
}

/** Gives the page its looks. */
export async function teachMouths(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.mouthOf = ({ data, width, height }) => {
      const luma = Array.from(
        { length: width * height },
        (_, i) =>
          0.299 * (data[4 * i] ?? 0) + 0.587 * (data[4 * i + 1] ?? 0) + 0.114 * (data[4 * i + 2] ?? 0),
      );
      // Darker than 60 counts whole, lighter than 100 not at all: what an encoder does to a level weighs little.
      const opening = luma.reduce((sum, value) => sum + Math.max(0, Math.min(1, (100 - value) / 40)), 0);
      return { luma, opening };
    };
    window.whiteOf = ({ data }) => data.filter((value, at) => at % 4 === 1 && value > 220).length;
  });
}

/** What each frame of a video of this sound, its upper face the captured one, is to show, made here from the bundle. */
export async function conditionsFor(
  pcm16k: Float32Array,
  frames: number,
  fps: number,
): Promise<Conditions[]> {
  const folder = new URL("../../public/models/default/", import.meta.url);
  const manifest = parseAvatar(readFileSync(new URL("avatar.json", folder), "utf8"));
  const rows = readFileSync(new URL(manifest.files.motion.path, folder));
  const motion = readMotion(new Uint8Array(rows).buffer, manifest.frames);
  // Silence follows the sound.
  const lips = await lipsAhead(Float32Array.of(...pcm16k, ...new Float32Array(8000)));
  const track = createFeatureTrack({ size: LIP_SIZE, step: LIP_STEP });
  track.push(0, lips);
  const mixer = createMixer({ manifest, motion, idle: createIdleMotion(motion, manifest.fps), track });
  return Array.from({ length: frames }, (_, i) => {
    const { lip, expression, ...rest } = mixer.next(i === 0 ? 0.5 / fps : 1 / fps, (i + 0.5) / fps);
    return { ...rest, lip: lip.slice(), expression: expression.slice() };
  });
}

/** Samples by which `later` comes after `first`, −`range` … `range`, where the two agree best. */
export function bestLag(first: Float32Array, later: Float32Array, range: number): number {
  let best = { lag: 0, sum: Number.NEGATIVE_INFINITY };
  for (let lag = -range; lag <= range; lag++) {
    let sum = 0;
    for (let i = range; i < first.length - range; i++) sum += (first[i] ?? 0) * (later[i + lag] ?? 0);
    if (sum > best.sum) best = { lag, sum };
  }
  return best.lag;
}

declare global {
  interface Window {
    mouthOf(image: ImageData): Mouth;
    whiteOf(image: ImageData): number;
  }
}
