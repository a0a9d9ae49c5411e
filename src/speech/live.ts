import type { PcmReader } from "../audio/pcm-ring";
import type { Encoder, EncoderStream } from "./encoder";
import { nextTask } from "./next-task";

/** Speech worker → render worker. */
export interface LipMessage {
  readonly type: "lip";
  /** Context time of the first feature, seconds; they follow at 50 Hz. */
  readonly firstTime: number;
  /** [n · 32] */
  readonly values: Float32Array;
}

/** At most this much is encoded at once; what a late worker cannot catch up with is skipped. */
const MAX_BACKLOG_SECONDS = 1;

/** Encodes what the tap writes, block by block as it comes, for as long as `signal` lasts. */
export async function encodeLive(
  encoder: Encoder,
  reader: PcmReader,
  post: (message: LipMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  const { hop, featureRate, featureSize } = encoder;
  const capacity = MAX_BACKLOG_SECONDS * featureRate * hop;
  const pending = new Float32Array(capacity);
  let filled = 0;
  let run = -1;
  let expected = 0;
  /** Context time of feature 0 of the stream. */
  let origin = 0;
  let stream: EncoderStream = encoder.stream();

  function take(samplesRun: number, startTime: number, first: number, samples: Float32Array): void {
    const fits = filled + samples.length <= capacity;
    if (samplesRun !== run || first !== expected || !fits) {
      // A new source, or samples lost on the way: nothing before may colour what comes.
      run = samplesRun;
      stream = encoder.stream();
      origin = startTime + first / (hop * featureRate);
      filled = 0;
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
    const pcm = pending.slice(0, length);
    pending.copyWithin(0, length, filled);
    filled -= length;
    const began = origin;
    const { firstIndex, lip } = await stream.push(pcm);
    const skip = Math.max(0, -firstIndex);
    const values = lip.slice(skip * featureSize);
    if (values.length > 0)
      post({ type: "lip", firstTime: began + (firstIndex + skip) / featureRate, values });
  }
}
