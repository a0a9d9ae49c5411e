import {
  BufferTarget,
  canEncodeVideo,
  EncodedAudioPacketSource,
  Mp4OutputFormat,
  Output,
  Quality,
  StreamTarget,
  type StreamTargetChunk,
  TextSubtitleSource,
  WebMOutputFormat,
} from "mediabunny";
import { LipsplatError } from "../player/errors";
import { cutCaptions, writeCaptions } from "./captions";
import { tellCodecDelay } from "./codec-delay";
import { createAlphaEncoder, createPictureEncoder } from "./picture-encoder";
import type { VideoPlan } from "./plan";
import type { Pcm, Sound } from "./sound";
import { canEncodeSound, createSoundEncoder, measureDelay, soundFormat } from "./sound-encoder";

/** Bits a pixel of a frame at 25 a second: a clean face, also on H.264 encoders that aim at speed. */
const BITS_PER_PIXEL = 0.2;
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
  { format, fps, videoBitrate, alpha, captions, captionsAs }: VideoPlan,
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

  /** OpusHead, once the encoder has told it. */
  let opusHead: Uint8Array | undefined;
  const finishHead = (bytes: Uint8Array) => opusHead && tellCodecDelay(bytes, opusHead);
  const target = write
    ? new StreamTarget(chunks(write, finishHead), { chunked: true, chunkSize: CHUNK_BYTES })
    : new BufferTarget();
  const output = new Output({ format: mp4 ? new Mp4OutputFormat() : new WebMOutputFormat(), target });
  const pictureFormat = { codec: video, quality, fps, ...size } as const;
  const pictures = alpha ? await createAlphaEncoder(pictureFormat) : createPictureEncoder(pictureFormat);
  const packets = new EncodedAudioPacketSource(kind.codec);
  const cues = captionsAs === "track" ? cutCaptions(captions, sound.seconds || Number.POSITIVE_INFINITY) : [];
  const titles = cues.length > 0 ? new TextSubtitleSource("webvtt") : undefined;
  output.addVideoTrack(pictures.source, { frameRate: fps });
  output.addAudioTrack(packets);
  if (titles) output.addSubtitleTrack(titles, { name: "Captions" });
  output.setMetadataTags({ comment: "A synthetic person, made with lipsplat" });
  await output.start();
  // All at once: a file with an open track waits for its next packet, and holds everything else until then.
  await titles?.add(writeCaptions(cues));
  titles?.close();

  /** Samples of the sound so far, at its own rate; in all, at the codec's rate, once that is known. */
  let samples = 0;
  let total = Number.POSITIVE_INFINITY;
  let adding = Promise.resolve();
  // What Opus puts before the sound its head tells of, and the file's CodecDelay.
  const delay = mp4 ? await measureDelay(kind) : 0;
  const encoder = await createSoundEncoder(kind, sound.rate, (packet, meta) => {
    if (!mp4) opusHead ??= bytesOf(meta?.decoderConfig?.description);
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
    addFrame: pictures.add,
    async addSound(pcm) {
      samples += pcm[0]?.length ?? 0;
      await encoder.push(pcm);
      await adding;
    },
    async finish() {
      total = Math.ceil((samples * kind.rate) / sound.rate) + kind.overhang;
      await Promise.all([encoder.end(), pictures.end()]);
      await adding;
      await output.finalize();
      if (!(target instanceof BufferTarget) || !target.buffer) return undefined;
      finishHead(new Uint8Array(target.buffer));
      return target.buffer;
    },
  };
}

/** @param finishHead gets the file's beginning before it is written. */
function chunks(write: Write, finishHead: (bytes: Uint8Array) => void): WritableStream<StreamTargetChunk> {
  return new WritableStream({
    write({ data, position }) {
      if (position === 0) finishHead(data);
      return write({ data, position });
    },
  });
}

function bytesOf(source: AllowSharedBufferSource | undefined): Uint8Array | undefined {
  if (!source) return undefined;
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
