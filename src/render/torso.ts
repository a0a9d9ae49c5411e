import { BufferSource, Input, MP4, VideoSampleSink } from "mediabunny";

/** Frames decoded ahead of the one shown; few, as a hardware decoder lends only some at a time. */
const AHEAD = 5;

export interface Torso {
  /** Frame `index` if it is decoded, and sees to it that it and those after it soon are; the torso keeps what it gives. */
  get(index: number): VideoFrame | undefined;
  /** Frame `index`, whenever it comes; the caller closes it. Rejects where it cannot be decoded. */
  exact(index: number): Promise<VideoFrame>;
  destroy(): void;
}

/**
 * The torso video, random access.
 * @param onFailure is called once where decoding breaks down; `get` gives nothing new from then on.
 */
export async function openTorso(
  data: ArrayBuffer,
  frames: number,
  fps: number,
  onFailure: (cause: unknown) => void,
): Promise<Torso> {
  const input = new Input({ source: new BufferSource(data), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  if (!track || !(await track.canDecode())) throw new Error("no video track that can be decoded");
  const sink = new VideoSampleSink(track);
  const decoded = new Map<number, VideoFrame>();
  let wanted = 0;
  let pumping = false;
  let broken = false;

  const inWindow = (index: number) => index >= wanted && index <= wanted + AHEAD;

  function drop(keep: (index: number) => boolean): void {
    for (const [index, frame] of decoded) {
      if (keep(index)) continue;
      frame.close();
      decoded.delete(index);
    }
  }

  /** Decodes on from `wanted` until the window is full or the wish jumps elsewhere. */
  async function pump(): Promise<void> {
    const from = [...Array(AHEAD + 1).keys()]
      .map((i) => wanted + i)
      .find((i) => i < frames && !decoded.has(i));
    if (from === undefined) return;
    for await (const sample of sink.samples(from / fps)) {
      const index = Math.round(sample.timestamp * fps);
      if (inWindow(index) && !decoded.has(index)) decoded.set(index, sample.toVideoFrame());
      sample.close();
      drop(inWindow);
      if (broken || !inWindow(index + 1)) break;
    }
  }

  return {
    get(index) {
      wanted = index;
      drop(inWindow);
      if (!pumping && !broken && !decoded.has(Math.min(index + AHEAD - 2, frames - 1))) {
        pumping = true;
        pump()
          .catch((cause: unknown) => {
            if (!broken) onFailure(cause);
            broken = true;
          })
          .finally(() => {
            pumping = false;
          });
      }
      return decoded.get(index);
    },
    async exact(index) {
      const sample = await sink.getSample((index + 0.5) / fps);
      if (!sample) throw new Error(`torso frame ${index} is missing`);
      const frame = sample.toVideoFrame();
      sample.close();
      return frame;
    },
    destroy() {
      broken = true;
      drop(() => false);
      input.dispose();
    },
  };
}
