import { ALL_FORMATS, type AudioSample, AudioSampleSink, BlobSource, Input } from "mediabunny";
import { LipsplatError } from "../player/errors";
import { readMp3Extent } from "./mp3";

/** A stretch of sound: one array per channel, all equally long. */
export type Pcm = readonly Float32Array[];

/** A sound as it is read: at its own rate, from time 0 on without gaps. */
export interface Sound {
  /** Hz. */
  readonly rate: number;
  /** 1 or 2. */
  readonly channels: number;
  /** As the file tells it, seconds; 0 where it does not. */
  readonly seconds: number;
  blocks(): AsyncGenerator<Pcm, void>;
}

/** The same sound in pieces of `length` samples, the last one shorter. */
export async function* inPieces(blocks: AsyncIterable<Pcm>, length: number): AsyncGenerator<Pcm, void> {
  let piece: Float32Array[] = [];
  let filled = 0;
  for await (const block of blocks) {
    const size = block[0]?.length ?? 0;
    for (let at = 0; at < size; ) {
      if (filled === 0) piece = block.map(() => new Float32Array(length));
      const taken = Math.min(length - filled, size - at);
      piece.forEach((channel, c) => {
        channel.set(block[c]?.subarray(at, at + taken) ?? [], filled);
      });
      at += taken;
      filled += taken;
      if (filled < length) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.map((channel) => channel.subarray(0, filled));
}

const MAX_CHANNELS = 2;
/** Stamps are rounded by their container; only beyond this is there a gap to fill or an overlap to drop, seconds. */
const JITTER = 0.03;
/** A gap longer than this is a broken stamp, not a pause, seconds. */
const MAX_GAP = 60;

/** Decodes a file as it is read, through WebCodecs; undefined where this browser cannot. */
export async function openSound(file: Blob): Promise<Sound | undefined> {
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  const track = await input.getPrimaryAudioTrack().catch(() => null);
  if (!track || !(await track.canDecode())) return undefined;
  const samples = new AudioSampleSink(track).samples();
  // The decoder tells the rate: a container may tell half of it (HE-AAC).
  const first = (await samples.next().catch(() => undefined))?.value || undefined;
  if (!first) return undefined;
  const rate = first.sampleRate;
  const channels = Math.min(MAX_CHANNELS, first.numberOfChannels);
  const seconds = await track.computeDuration().catch(() => 0);
  const extent = (await track.getCodec()) === "mp3" ? await readMp3Extent(file) : undefined;
  const length = extent?.length ?? Number.POSITIVE_INFINITY;

  async function* blocks(): AsyncGenerator<Pcm, void> {
    let position = 0;
    let sample: AudioSample | undefined = first;
    while (sample) {
      if (sample.sampleRate !== rate)
        throw new LipsplatError("export-failed", "the sound changes its rate on the way.");
      const start = Math.round(sample.timestamp * rate) - (extent?.skip ?? 0);
      const jitters = position > 0 && Math.abs(start - position) <= JITTER * rate;
      const gap = jitters ? 0 : start - position;
      if (gap > 0 && gap < MAX_GAP * rate) {
        yield Array.from({ length: channels }, () => new Float32Array(gap));
        position += gap;
      }
      // What stands before 0 is the codec's run-up.
      const skip = Math.min(sample.numberOfFrames, Math.max(0, -gap));
      const taken = Math.min(sample.numberOfFrames - skip, length - position);
      if (taken > 0) {
        const pcm = planes(sample, channels, skip, taken);
        position += taken;
        yield pcm;
      }
      sample.close();
      const next = await samples.next();
      sample = next.done ? undefined : next.value;
    }
    input.dispose();
  }
  return { rate, channels, seconds, blocks };
}

/** A sound that lies in memory. */
export function soundOf(pcm: Pcm, rate: number): Sound {
  const length = pcm[0]?.length ?? 0;
  const channels = pcm.slice(0, MAX_CHANNELS);
  return {
    rate,
    channels: channels.length,
    seconds: length / rate,
    async *blocks() {
      for (let from = 0; from < length; from += rate)
        yield channels.map((c) => c.subarray(from, from + rate));
    },
  };
}

function planes(sample: AudioSample, channels: number, skip: number, frameCount: number): Pcm {
  return Array.from({ length: channels }, (_, planeIndex) => {
    const plane = new Float32Array(frameCount);
    if (planeIndex < sample.numberOfChannels)
      sample.copyTo(plane, { planeIndex, format: "f32-planar", frameOffset: skip, frameCount });
    return plane;
  });
}
