import {
  BufferTarget,
  canEncodeVideo,
  EncodedAudioPacketSource,
  Mp4OutputFormat,
  Output,
  Quality,
  StreamTarget,
  type StreamTargetChunk,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from "mediabunny";
import { LipsplatError } from "../player/errors";
import type { VideoPlan } from "./plan";
import type { Pcm, Sound } from "./sound";
import { canEncodeSound, createSoundEncoder, measureDelay, soundFormat } from "./sound-encoder";

/** Bits a pixel of a frame at 25 a second: a clean face, also on H.264 encoders that aim at speed. */
const BITS_PER_PIXEL = 0.2;
const KEY_FRAME_SECONDS = 2;
/** Gathered before it is written: a quarter minute or so. */
const CHUNK_BYTES = 2 ** 21;

/** Takes the file as it comes; some bytes of its beginning come again at the end. */
export type Write = (chunk: { data: Uint8Array<ArrayBuffer>; position: number }) => Promise<void>;

/** The file under way. */
export interface VideoOutput {
  /** Encodes what the canvas shows as frame `i`. */
  addFrame(canvas: OffscreenCanvas, i: number): Promise<void>;
  /** The sound that follows what came before. */
  addSound(pcm: Pcm): Promise<void>;
  /** The whole file, unless it was written to `write` as it came. */
  finish(): Promise<ArrayBuffer | undefined>;
}

/** @throws LipsplatError `no-video-encoder`. */
export async function openOutput(
  { format, fps, videoBitrate }: VideoPlan,
  size: { readonly width: number; readonly height: number },
  sound: Sound,
  write: Write | undefined,
): Promise<VideoOutput> {
  const mp4 = format === "mp4";
  const video = mp4 ? "avc" : "vp9";
  const bitrate =
    videoBitrate ?? Math.round(BITS_PER_PIXEL * size.width * size.height * 25 * Math.sqrt(fps / 25));
  const quality = new Quality({ bitrate });
  const kind = soundFormat(mp4 ? "aac" : "opus", sound.rate, sound.channels);
  const [canVideo, canSound] = await Promise.all([
    canEncodeVideo(video, { ...size, quality }),
    canEncodeSound(kind),
  ]);
  if (!canVideo) throw new LipsplatError("no-video-encoder", mp4 ? "H.264 for mp4." : "VP9 for webm.");
  if (!canSound) throw new LipsplatError("no-video-encoder", mp4 ? "AAC for mp4." : "Opus for webm.");

  const target = write
    ? new StreamTarget(chunks(write), { chunked: true, chunkSize: CHUNK_BYTES })
    : new BufferTarget();
  const output = new Output({ format: mp4 ? new Mp4OutputFormat() : new WebMOutputFormat(), target });
  const frames = new VideoSampleSource({
    codec: video,
    quality,
    keyFrameInterval: KEY_FRAME_SECONDS,
    latencyMode: "quality",
  });
  const packets = new EncodedAudioPacketSource(kind.codec);
  output.addVideoTrack(frames, { frameRate: fps });
  output.addAudioTrack(packets);
  output.setMetadataTags({ comment: "A synthetic person, made with lipsplat" });
  await output.start();

  /** Samples of the sound so far, at its own rate; in all, at the codec's rate, once that is known. */
  let samples = 0;
  let total = Number.POSITIVE_INFINITY;
  let adding = Promise.resolve();
  const delay = await measureDelay(kind);
  const encoder = await createSoundEncoder(kind, sound.rate, (packet, meta) => {
    // The run-up lies before time 0, and the last packet ends with the sound.
    const start = Math.round(packet.timestamp * kind.rate) - delay;
    const length = Math.min(Math.round(packet.duration * kind.rate), total - start);
    if (length <= 0) return;
    const placed = packet.clone({ timestamp: start / kind.rate, duration: length / kind.rate });
    adding = adding.then(() => packets.add(placed, meta));
    // Told where it is awaited.
    adding.catch(() => undefined);
  });

  return {
    async addFrame(canvas, i) {
      const frame = new VideoSample(canvas, { timestamp: i / fps, duration: 1 / fps });
      await frames.add(frame);
      frame.close();
    },
    async addSound(pcm) {
      samples += pcm[0]?.length ?? 0;
      await encoder.push(pcm);
      await adding;
    },
    async finish() {
      total = Math.ceil((samples * kind.rate) / sound.rate) + kind.overhang;
      await encoder.end();
      await adding;
      await output.finalize();
      return target instanceof BufferTarget ? (target.buffer ?? undefined) : undefined;
    },
  };
}

function chunks(write: Write): WritableStream<StreamTargetChunk> {
  return new WritableStream({ write: ({ data, position }) => write({ data, position }) });
}
