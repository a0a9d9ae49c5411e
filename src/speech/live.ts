import { wallNow } from "../audio/clock";
import type { PcmReader } from "../audio/pcm-ring";
import type { Encoder } from "./encoder";
import type { Listener, ListenerStream } from "./listener";
import { nextTask } from "./next-task";
import { createPending, type Pending } from "./pending";
import { createVoiceActivity, type VoiceActivity } from "./voice";

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

export interface CueMessage {
  readonly type: "cues";
  /** Context time of the first cue, seconds; they follow at 25 Hz. */
  readonly firstTime: number;
  /** [n · 8] */
  readonly values: Float32Array;
}

/** Speech worker → render worker. */
export type SpeechMessage = LipMessage | CueMessage;

/** Who hears of live speech. */
export interface LiveEvents {
  onSpeech(message: SpeechMessage): void;
  /** A voice begins or ends at this context time. */
  onVoice(time: number, speaking: boolean): void;
  /** So many samples never reached the encoder. */
  onLost(samples: number): void;
}

/** At most this much waits; what a late worker cannot catch up with is skipped. */
const MAX_BACKLOG_SECONDS = 1;
const RATE = 16000;

/** One run of sound on its way to cues. */
interface CueRun {
  readonly listener: Listener;
  readonly stream: ListenerStream;
  readonly waiting: Pending;
  /** Context time at which it begins. */
  readonly origin: number;
}

/**
 * Hears what the tap writes, block by block as it comes, for as long as `signal` lasts: lips first, cues where nothing else waits.
 * @param hearing `prosody` is what hears cues: once it is there they begin, in the middle of a sound too.
 */
export async function encodeLive(
  hearing: { readonly encoder: Encoder; prosody?(): Listener | undefined },
  reader: PcmReader,
  { onSpeech, onVoice, onLost }: LiveEvents,
  signal: AbortSignal,
): Promise<void> {
  const { encoder } = hearing;
  const { featureRate, size, lookAhead } = encoder;
  const capacity = MAX_BACKLOG_SECONDS * RATE;
  const forLips = createPending(encoder.hop, capacity);
  let run = -1;
  let expected = 0;
  /** Context time at which the lips' stream begins. */
  let origin = 0;
  let lips: ListenerStream = encoder.stream();
  let cues: CueRun | undefined;
  let voice: VoiceActivity = createVoiceActivity(featureRate, size);

  /** Begins at sample `first` of the run; of what is too much the newest is kept. */
  function beginLips(startTime: number, first: number, samples: Float32Array): void {
    const skip = Math.max(0, samples.length - capacity);
    lips = encoder.stream();
    origin = startTime + (first + skip) / RATE;
    forLips.clear();
    forLips.add(samples.subarray(skip));
    if (skip > 0) onLost(skip);
  }

  function beginCues(startTime: number, first: number, samples: Float32Array): void {
    const listener = hearing.prosody?.();
    if (!listener) return;
    const skip = Math.max(0, samples.length - capacity);
    const waiting = createPending(listener.hop, capacity);
    waiting.add(samples.subarray(skip));
    cues = { listener, stream: listener.stream(), waiting, origin: startTime + (first + skip) / RATE };
  }

  function take(samplesRun: number, startTime: number, first: number, samples: Float32Array): void {
    const gap = first - expected;
    const follows = samplesRun === run && gap === 0;
    const waiting = forLips.length;
    expected = first + samples.length;
    if (!follows || !cues?.waiting.add(samples)) beginCues(startTime, first, samples);
    if (follows && forLips.add(samples)) return;
    // A new source, or samples lost on the way: nothing before may colour what comes.
    if (samplesRun === run) onLost(follows ? waiting : gap);
    run = samplesRun;
    beginLips(startTime, first, samples);
    if (voice.speaking) onVoice(origin, false);
    voice = createVoiceActivity(featureRate, size);
  }

  async function hearLips(pcm: Float32Array): Promise<void> {
    const read = wallNow();
    const began = origin;
    const { firstIndex, values: all } = await lips.push(pcm);
    const skip = Math.max(0, -firstIndex);
    const values = all.slice(skip * size);
    if (values.length === 0) return;
    const timeOf = (index: number) => began + encoder.timeOf(index);
    for (const { index, speaking } of voice.push(firstIndex + skip, values)) onVoice(timeOf(index), speaking);
    onSpeech({
      type: "lip",
      firstTime: timeOf(firstIndex + skip),
      values,
      read,
      ready: wallNow(),
      lookAhead,
    });
  }

  async function hearCues(pcm: Float32Array, { listener, stream, origin }: CueRun): Promise<void> {
    const { firstIndex, values: all } = await stream.push(pcm);
    const skip = Math.max(0, -firstIndex);
    const values = all.slice(skip * listener.size);
    if (values.length === 0) return;
    onSpeech({ type: "cues", firstTime: origin + listener.timeOf(firstIndex + skip), values });
  }

  while (!signal.aborted) {
    // What has come meanwhile is encoded together: a worker that is late catches up.
    await nextTask();
    reader.read(take);
    const toLips = forLips.take();
    if (toLips) {
      await hearLips(toLips);
      continue;
    }
    const toCues = cues?.waiting.take();
    if (cues && toCues) await hearCues(toCues, cues);
    else await reader.wait();
  }
}
