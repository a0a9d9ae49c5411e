import type { FeatureTrack } from "../motion/feature-track";
import type { Listener } from "../speech/listener";
import { createPending } from "../speech/pending";
import { createRateChange } from "./rate";
import type { Pcm } from "./sound";

const RATE = 16000;
/** Samples heard at once: half a second, in whole hops of either model. */
const BLOCK = 12 * 640;

/** A model, and the track that its features go to: feature j for the time j of its steps of the sound. */
export interface Ear {
  readonly listener: Listener;
  readonly track: FeatureTrack;
}

/** Takes a sound piece by piece, and writes its lip features and cues to their tracks. */
export interface Hearing {
  push(pcm: Pcm): Promise<void>;
  /** Silence follows: what the look-ahead holds back comes out. */
  end(): Promise<void>;
  /** Up to here a frame has all that it takes in, seconds. @param ahead of its time, of cues. */
  until(ahead: number): number;
}

/** @param rate of the sound, Hz. */
export function createHearing(rate: number, lips: Ear, cues: Ear | undefined): Hearing {
  const change = createRateChange(rate, RATE);
  const ears = [lips, ...(cues ? [cues] : [])].map(({ listener, track }) => {
    const pending = createPending(listener.hop, 2 * BLOCK);
    return { listener, track, pending, stream: listener.stream() };
  });

  async function hear(samples: Float32Array): Promise<void> {
    for (const { listener, track, pending, stream } of ears) {
      for (let at = 0; at < samples.length; ) {
        const piece = samples.subarray(at, at + BLOCK - pending.length);
        pending.add(piece);
        at += piece.length;
        if (pending.length < BLOCK) continue;
        const { firstIndex, values } = await stream.push(pending.take() ?? new Float32Array(0));
        const skip = Math.max(0, -firstIndex);
        track.push(listener.timeOf(firstIndex + skip), values.subarray(skip * listener.size));
      }
    }
  }

  return {
    push: async (pcm) => hear(change.push(mono(pcm))),
    async end() {
      await hear(change.end());
      const longest = Math.max(...ears.map(({ listener }) => listener.lookAhead + 2 * listener.step));
      // Whole blocks: what is heard beyond the end is silence.
      await hear(new Float32Array(BLOCK * Math.ceil((longest * RATE) / BLOCK + 1)));
    },
    until: (ahead) => Math.min(lips.track.newest, (cues?.track.newest ?? Number.POSITIVE_INFINITY) - ahead),
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
