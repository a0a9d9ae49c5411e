import {
  type AudioCodec,
  AudioSample,
  AudioSampleSource,
  canEncodeAudio,
  type EncodedPacket,
  MkvOutputFormat,
  NullTarget,
  Output,
  Quality,
} from "mediabunny";
import { createRateChange } from "./rate";
import type { Pcm } from "./sound";

/** Rates that AAC has; Opus always runs at 48 kHz. */
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const FULL_RATE = 48000;
/** Samples that Opus decoders drop at the start by themselves: the sound comes out as much later at the end. */
const OPUS_RUN_UP = 312;
/** Samples given to the encoder at once: half a second at most, for the one that runs in a worker answers each call. */
const MAX_PIECE = 24000;

export interface SoundFormat {
  readonly codec: Extract<AudioCodec, "aac" | "opus">;
  /** Hz. */
  readonly rate: number;
  readonly channels: number;
  /** Samples by which the packets reach beyond the sound. */
  readonly overhang: number;
}

export interface SoundEncoder {
  push(pcm: Pcm): Promise<void>;
  end(): Promise<void>;
}

/** What a sound of this rate is encoded as: at its own rate where the codec has it. */
export function soundFormat(codec: SoundFormat["codec"], rate: number, channels: number): SoundFormat {
  const own = codec === "aac" && AAC_RATES.includes(rate);
  return { codec, rate: own ? rate : FULL_RATE, channels, overhang: codec === "opus" ? OPUS_RUN_UP : 0 };
}

/** Whether this browser encodes it; fetches an AAC encoder (1 MB) where the browser has none. */
export async function canEncodeSound({ codec, rate, channels }: SoundFormat): Promise<boolean> {
  const can = () =>
    canEncodeAudio(codec, { sampleRate: rate, numberOfChannels: channels, quality: quality(rate, channels) });
  if (await can()) return true;
  if (codec !== "aac") return false;
  const { registerAacEncoder } = await import("@mediabunny/aac-encoder");
  registerAacEncoder();
  return true;
}

/**
 * Encodes a sound of any rate as `format`.
 * @param onPacket gets packets in order, the first stamped 0, whatever run-up the codec puts before the sound.
 */
export async function createSoundEncoder(
  format: SoundFormat,
  rate: number,
  onPacket: (packet: EncodedPacket, meta: EncodedAudioChunkMetadata | undefined) => void,
): Promise<SoundEncoder> {
  const { codec, channels } = format;
  const source = new AudioSampleSource({
    codec,
    quality: quality(format.rate, channels),
    onEncodedPacket: onPacket,
  });
  // Only an output drives an encoder; this one keeps nothing.
  const output = new Output({ format: new MkvOutputFormat(), target: new NullTarget() });
  output.addAudioTrack(source);
  await output.start();
  const changes = Array.from({ length: channels }, () => createRateChange(rate, format.rate));
  let position = 0;

  async function add(pcm: Pcm): Promise<void> {
    const length = pcm[0]?.length ?? 0;
    for (let from = 0; from < length; from += MAX_PIECE) {
      const numberOfFrames = Math.min(MAX_PIECE, length - from);
      const data = new Float32Array(channels * numberOfFrames);
      pcm.forEach((channel, c) => {
        data.set(channel.subarray(from, from + numberOfFrames), c * numberOfFrames);
      });
      const sample = new AudioSample({
        data,
        format: "f32-planar",
        numberOfChannels: channels,
        sampleRate: format.rate,
        timestamp: position / format.rate,
      });
      position += numberOfFrames;
      await source.add(sample);
      sample.close();
    }
  }

  return {
    push: (pcm) => add(pcm.map((channel, c) => changes[c]?.push(channel) ?? channel)),
    async end() {
      await add(changes.map((change) => change.end()));
      if (format.overhang > 0) await add(changes.map(() => new Float32Array(format.overhang)));
      await output.finalize();
    },
  };
}

/**
 * Samples that a decoder gives before the sound itself: a run-up that no encoder tells of, so it is measured.
 * A click goes through the encoder and back.
 */
export async function measureDelay(format: SoundFormat): Promise<number> {
  const usual = format.codec === "aac" ? 1024 : 0;
  const clickAt = Math.round(format.rate / 8);
  const packets: EncodedPacket[] = [];
  let config: AudioDecoderConfig | undefined;
  const encoder = await createSoundEncoder(format, format.rate, (packet, meta) => {
    packets.push(packet);
    config ??= meta?.decoderConfig;
  });
  await encoder.push(click(format, clickAt));
  await encoder.end();
  if (!config || typeof AudioDecoder === "undefined") return usual;
  if (!(await AudioDecoder.isConfigSupported(config)).supported) return usual;

  let at = 0;
  let loudest = { level: 0, at: 0 };
  const decoder = new AudioDecoder({
    output(data) {
      const plane = new Float32Array(data.numberOfFrames);
      data.copyTo(plane, { planeIndex: 0, format: "f32-planar" });
      plane.forEach((value, i) => {
        if (Math.abs(value) > loudest.level) loudest = { level: Math.abs(value), at: at + i };
      });
      at += data.numberOfFrames;
      data.close();
    },
    error: (cause) => console.warn("lipsplat: the sound's run-up could not be measured", cause),
  });
  decoder.configure(config);
  for (const packet of packets) decoder.decode(packet.toEncodedAudioChunk());
  await decoder.flush();
  decoder.close();
  return loudest.level > 0.1 ? Math.max(0, loudest.at - clickAt) : usual;
}

/** A quarter second with one narrow pulse, which any bandwidth lets through with its peak in place. */
function click({ channels }: SoundFormat, at: number): Pcm {
  const pulse = new Float32Array(2 * at);
  for (let i = -24; i <= 24; i++)
    pulse[at + i] = 0.8 * Math.exp(-((i / 6) ** 2)) * Math.cos((i * Math.PI) / 8);
  return Array.from({ length: channels }, () => pulse);
}

function quality(rate: number, channels: number): Quality {
  return new Quality({ bitrate: rate < 44100 ? 96_000 : channels === 1 ? 128_000 : 192_000 });
}
