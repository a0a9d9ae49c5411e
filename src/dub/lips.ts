import type { LipTrack } from "../motion/lip-track";
import type { Encoder } from "../speech/encoder";
import { createRateChange } from "./rate";
import type { Pcm } from "./sound";

/** Hops encoded at once: half a second. */
const BLOCK_HOPS = 25;
const RATE = 16000;

/** Takes a sound piece by piece, and writes its lip features to the track. */
export interface Lips {
  push(pcm: Pcm): Promise<void>;
  /** Silence follows: what the look-ahead holds back comes out. */
  end(): Promise<void>;
}

/** @param track gets feature j for the time j/50 s of the sound. */
export function createLips(encoder: Encoder, lookAheadHops: number, rate: number, track: LipTrack): Lips {
  const { hop, featureSize, featureRate } = encoder;
  const change = createRateChange(rate, RATE);
  const stream = encoder.stream();
  const block = new Float32Array(BLOCK_HOPS * hop);
  let filled = 0;

  async function encode(length: number): Promise<void> {
    const { firstIndex, lip } = await stream.push(block.slice(0, length));
    const skip = Math.max(0, -firstIndex);
    track.push((firstIndex + skip) / featureRate, lip.subarray(skip * featureSize));
    filled = 0;
  }

  async function take(samples: Float32Array): Promise<void> {
    for (let at = 0; at < samples.length; ) {
      const piece = samples.subarray(at, at + block.length - filled);
      block.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled === block.length) await encode(filled);
    }
  }

  return {
    push: (pcm) => take(change.push(mono(pcm))),
    async end() {
      await take(change.end());
      await take(new Float32Array((lookAheadHops + 1) * hop));
      const whole = hop * Math.ceil(filled / hop);
      block.fill(0, filled, whole);
      if (whole > 0) await encode(whole);
    },
  };
}

/** The mean of the channels, as the live tap takes it; a sample that is no number is silence. */
function mono(pcm: Pcm): Float32Array {
  const mean = new Float32Array(pcm[0]?.length ?? 0);
  for (const channel of pcm) {
    for (let i = 0; i < mean.length; i++) {
      const sample = channel[i] ?? 0;
      if (!Number.isNaN(sample)) mean[i] = (mean[i] ?? 0) + sample / pcm.length;
    }
  }
  return mean;
}
