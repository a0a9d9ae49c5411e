import { BufferSource, Input, MP4, type VideoSample, VideoSampleSink } from "mediabunny";
import type { AvatarManifest } from "../avatar/schema";
import { createPixelReader } from "./pixels";

/** Frames decoded ahead of the one shown. */
const AHEAD = 5;
/** Decoding on through this many unwanted frames is cheaper than beginning anew. */
const MAX_SKIP = 25;

export interface Torso {
  /** Frame `index` if it is decoded, and sees to it that it and those after it soon are. */
  get(index: number): ImageData | undefined;
  /** Resolves when `get` gives frame `index`, or never will any more. */
  ready(index: number): Promise<void>;
  /** Frame `index`, whenever it comes. Rejects where it cannot be decoded. */
  exact(index: number): Promise<ImageData>;
  destroy(): void;
}

/**
 * The torso video, random access.
 * @param onFailure is called once where decoding breaks down; `get` gives nothing new from then on.
 */
export async function openTorso(
  data: ArrayBuffer,
  { frames, fps, canvas: { width, height } }: Pick<AvatarManifest, "frames" | "fps" | "canvas">,
  onFailure: (cause: unknown) => void,
): Promise<Torso> {
  const input = new Input({ source: new BufferSource(data), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  if (!track || !(await track.canDecode())) throw new Error("no video track that can be decoded");
  const sink = new VideoSampleSink(track);
  const read = createPixelReader(width, height);
  const take = (sample: VideoSample): ImageData => {
    const pixels = read((context) => sample.draw(context, 0, 0, width, height));
    sample.close();
    return pixels;
  };
  const decoded = new Map<number, ImageData>();
  let wanted = 0;
  let pumping = false;
  let broken = false;
  /** Resolves when another frame is decoded, or no more come. */
  let news = Promise.withResolvers<void>();

  const inWindow = (index: number) => index >= wanted && index <= wanted + AHEAD;

  function forget(): void {
    for (const index of decoded.keys()) if (!inWindow(index)) decoded.delete(index);
  }

  function tell(): void {
    news.resolve();
    news = Promise.withResolvers();
  }

  let samples: AsyncGenerator<VideoSample, void> | undefined;
  /** The frame that `samples` gives next. */
  let next = 0;

  /** Decodes on until the window is full; begins anew where the wish has jumped. */
  async function pump(): Promise<void> {
    while (!broken) {
      const jumped = !decoded.has(wanted) && (next > wanted || next < wanted - MAX_SKIP);
      if (!samples || jumped) {
        await samples?.return();
        samples = sink.samples((wanted + 0.5) / fps);
        next = wanted;
      }
      if (next > Math.min(wanted + AHEAD, frames - 1)) return;
      const { value: sample } = await samples.next();
      next = sample ? Math.round(sample.timestamp * fps) + 1 : frames;
      if (sample && inWindow(next - 1)) decoded.set(next - 1, take(sample));
      else sample?.close();
      forget();
      tell();
    }
  }

  function get(index: number): ImageData | undefined {
    wanted = index;
    forget();
    if (!pumping && !broken) {
      pumping = true;
      pump()
        .catch((cause: unknown) => {
          if (!broken) onFailure(cause);
          broken = true;
        })
        .finally(() => {
          pumping = false;
          tell();
        });
    }
    return decoded.get(index);
  }

  return {
    get,
    async ready(index) {
      while (!get(index) && !broken) await news.promise;
    },
    async exact(index) {
      const sample = await sink.getSample((index + 0.5) / fps);
      if (!sample) throw new Error(`torso frame ${index} is missing`);
      return take(sample);
    },
    destroy() {
      broken = true;
      tell();
      void samples?.return();
      decoded.clear();
      input.dispose();
    },
  };
}
