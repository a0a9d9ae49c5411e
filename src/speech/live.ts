import { wallNow } from "../audio/clock";
import type { PcmReader } from "../audio/pcm-ring";
import type { Encoder, EncoderStream } from "./encoder";
import { nextTask } from "./next-task";
import { createVoiceActivity, type VoiceActivity } from "./voice";

/** Speech worker → render worker. */
export interface LipMessage {
  readonly type: "lip";
  /** Context time of the first feature, seconds; they follow at 50 Hz. */
  readonly firstTime: number;
  /** [n · 32] */
  readonly values: Float32Array;
  /** Wall times at which their sound was read, and they were ready: milliseconds since the epoch. */
  readonly read: number;
  readonly ready: number;
  /** Seconds of sound after its time that a feature takes in. */
  readonly lookAhead: number;
}

/** Who hears of live speech. */
export interface LiveEvents {
  onLip(message: LipMessage): void;
  /** A voice begins or ends at this context time. */
  onVoice(time: number, speaking: boolean): void;
  /** So many samples never reached the encoder. */
  onLost(samples: number): void;
}

/** At most this much is encoded at once; what a late worker cannot catch up with is skipped. */
const MAX_BACKLOG_SECONDS = 1;

/** Encodes what the tap writes, block by block as it comes, for as long as `signal` lasts. */
export async function encodeLive(
  encoder: Encoder,
  reader: PcmReader,
  { onLip, onVoice, onLost }: LiveEvents,
  signal: AbortSignal,
): Promise<void> {
  const { hop, featureRate, featureSize, lookAhead } = encoder;
  const capacity = MAX_BACKLOG_SECONDS * featureRate * hop;
  const pending = new Float32Array(capacity);
  let filled = 0;
  let run = -1;
  let expected = 0;
  /** Context time of feature 0 of the stream. */
  let origin = 0;
  let stream: EncoderStream = encoder.stream();
  let voice: VoiceActivity = createVoiceActivity(featureRate, featureSize);

  function take(samplesRun: number, startTime: number, first: number, samples: Float32Array): void {
    const fits = filled + samples.length <= capacity;
    if (samplesRun !== run || first !== expected || !fits) {
      // A new source, or samples lost on the way: nothing before may colour what comes.
      if (samplesRun === run) onLost(first - expected + (fits ? 0 : filled));
      run = samplesRun;
      stream = encoder.stream();
      origin = startTime + first / (hop * featureRate);
      filled = 0;
      if (voice.speaking) onVoice(origin, false);
      voice = createVoiceActivity(featureRate, featureSize);
    }
    expected = first + samples.length;
    pending.set(samples.subarray(0, capacity - filled), filled);
    filled += Math.min(samples.length, capacity - filled);
  }

  while (!signal.aborted) {
    // What has come meanwhile is encoded together: a worker that is late catches up.
    await nextTask();
    reader.read(take);
    const length = filled - (filled % hop);
    if (length === 0) {
      await reader.wait();
      continue;
    }
    const read = wallNow();
    const pcm = pending.slice(0, length);
    pending.copyWithin(0, length, filled);
    filled -= length;
    const began = origin;
    const { firstIndex, lip } = await stream.push(pcm);
    const skip = Math.max(0, -firstIndex);
    const values = lip.slice(skip * featureSize);
    if (values.length === 0) continue;
    const timeOf = (index: number) => began + index / featureRate;
    for (const { index, speaking } of voice.push(firstIndex + skip, values)) onVoice(timeOf(index), speaking);
    onLip({ type: "lip", firstTime: timeOf(firstIndex + skip), values, read, ready: wallNow(), lookAhead });
  }
}
