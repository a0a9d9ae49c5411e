import { type Mp4Sample, readMp4 } from "../avatar/mp4";
import type { AvatarManifest } from "../avatar/schema";
import { createPixelReader } from "./pixels";

/** Frames decoded ahead of the one shown. */
const AHEAD = 5;
/** Decoding on through this many unwanted frames is cheaper than beginning anew. */
const MAX_SKIP = 25;
/** Some decoders give their first frame only when they have so many. */
const MAX_HELD = 16;

export interface Torso {
  /** Frame `index` if it is decoded, and sees to it that it and those after it soon are. */
  get(index: number): ImageData | undefined;
  /** Resolves when `get` gives frame `index`, or never will any more. */
  ready(index: number): Promise<void>;
  /** Frame `index`, whenever it comes. Rejects where it cannot be decoded, or the torso is destroyed meanwhile. */
  exact(index: number): Promise<ImageData>;
  destroy(): void;
}

/**
 * The torso video, random access; one frame is asked for at a time.
 * @param onFailure is called once where decoding breaks down; `get` gives nothing new from then on.
 */
export async function openTorso(
  data: ArrayBuffer,
  { frames, fps, canvas: { width, height } }: Pick<AvatarManifest, "frames" | "fps" | "canvas">,
  onFailure: (cause: unknown) => void,
): Promise<Torso> {
  const { config, samples } = readMp4(data);
  if (samples.length < frames) throw new Error(`the torso has ${samples.length} frames, not ${frames}`);
  if (!(await VideoDecoder.isConfigSupported(config)).supported) throw new Error(`no ${config.codec} here`);
  const read = createPixelReader(width, height);
  const decoded = new Map<number, ImageData>();
  let wanted = 0;
  let broken = false;
  /** Resolves when another frame is decoded, or no more come. */
  let news = Promise.withResolvers<void>();
  /** The sample that the decoder takes next; undefined: decoding has to begin anew. */
  let next: number | undefined;
  /** The frame that it gives next, and how many samples it has taken for it and later ones. */
  let coming = 0;
  let held = 0;
  /** The frame for which decoding has begun anew. */
  let sought: number | undefined;
  let draining = false;

  function forget(): void {
    for (const index of decoded.keys()) {
      if (index < wanted || index > wanted + AHEAD + MAX_HELD) decoded.delete(index);
    }
  }

  function tell(): void {
    news.resolve();
    news = Promise.withResolvers();
  }

  function fail(cause: unknown): void {
    if (broken) return;
    broken = true;
    onFailure(cause);
    tell();
  }

  function take(frame: VideoFrame): void {
    const index = Math.round((frame.timestamp * fps) / 1e6);
    if (index >= wanted) {
      decoded.set(
        index,
        read((context) => context.drawImage(frame, 0, 0, width, height)),
      );
    }
    frame.close();
    held--;
    coming = index + 1;
    if (index === sought) sought = undefined;
    forget();
    tell();
    pump();
  }

  const decoder = new VideoDecoder({ output: take, error: fail });
  decoder.addEventListener("dequeue", pump);

  /** Back to the last sample from which the wanted frame can be decoded. */
  function begin(): void {
    if (sought === wanted) {
      fail(new Error(`torso frame ${wanted} is missing`));
      return;
    }
    sought = wanted;
    let at = samples.findIndex(({ frame }) => frame === wanted);
    while (at > 0 && !samples[at]?.key) at--;
    decoder.reset();
    decoder.configure(config);
    next = at;
    held = 0;
    coming = samples[at]?.frame ?? 0;
  }

  function decode({ at, bytes, key, frame }: Mp4Sample): void {
    const type = key ? "key" : "delta";
    const timestamp = Math.round((frame * 1e6) / fps);
    decoder.decode(new EncodedVideoChunk({ type, timestamp, data: new Uint8Array(data, at, bytes) }));
    held++;
  }

  /** Decodes on until the window is full; begins anew where the wish has jumped. */
  function pump(): void {
    if (broken || draining) return;
    const astray = next === undefined || coming > wanted || coming < wanted - MAX_SKIP;
    if (astray && !decoded.has(wanted)) begin();
    while (next !== undefined && !broken) {
      const sample = samples[next];
      if (!sample) break;
      const starved = coming <= wanted && decoder.decodeQueueSize === 0 && held < MAX_HELD;
      if (sample.frame > wanted + AHEAD && !starved) return;
      decode(sample);
      next++;
    }
    if (held > 0 && !broken) drain();
  }

  /** The last frames come only when the decoder knows that they are; it begins anew after that. */
  function drain(): void {
    draining = true;
    decoder
      .flush()
      .catch(fail)
      .finally(() => {
        draining = false;
        next = undefined;
        pump();
      });
  }

  function get(index: number): ImageData | undefined {
    wanted = index;
    forget();
    pump();
    return decoded.get(index);
  }

  async function ready(index: number): Promise<void> {
    while (!get(index) && !broken) await news.promise;
  }

  return {
    get,
    ready,
    async exact(index) {
      await ready(index);
      const pixels = decoded.get(index);
      if (!pixels) throw new Error(`torso frame ${index} is missing`);
      return pixels;
    },
    destroy() {
      broken = true;
      if (decoder.state !== "closed") decoder.close();
      decoded.clear();
      tell();
    },
  };
}
