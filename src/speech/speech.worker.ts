import * as Comlink from "comlink";
import { createBlockReader } from "../audio/pcm-blocks";
import { createRingReader } from "../audio/pcm-ring";
import type { PcmChannel } from "../audio/tap";
import { loadSpeech, type SpeechModel } from "../avatar/load";
import { warmRuntime } from "../avatar/onnx";
import { toLipsplatError, toRecord } from "../player/errors";
import { exposeWorker, type WorkerEvent } from "../player/rpc";
import { createEncoder, type Encoder } from "./encoder";
import type { Listener } from "./listener";
import { encodeLive } from "./live";
import { createProsody } from "./prosody";

/** What decides how long a sound waits for its features; seconds. */
export interface SpeechTimes {
  readonly hop: number;
  readonly lookAhead: number;
  /** One hop through the encoder. */
  readonly encode: number;
}

let model: SpeechModel | undefined;
let encoder: Encoder | undefined;
let prosody: Listener | undefined;
let tell: (event: WorkerEvent) => void = () => undefined;
let live = new AbortController();

function loaded(): Encoder {
  if (!encoder) throw new Error("load comes first");
  return encoder;
}

const api = {
  /** Fetches, checks and warms what moves the lips. */
  async load(url: string, events: MessagePort): Promise<SpeechTimes> {
    const post = (event: WorkerEvent) => events.postMessage(event);
    tell = post;
    warmRuntime();
    model = await loadSpeech(new URL(url), "live", (loaded, total) =>
      post({ type: "progress", phase: "download", loaded, total }),
    );
    encoder = await createEncoder(model);
    post({ type: "progress", phase: "compile", loaded: 1, total: 1 });
    const { hop, featureRate, lookAhead } = encoder;
    const stream = encoder.stream();
    // The first warms it up; the second tells what a hop takes.
    await stream.push(new Float32Array(hop));
    const start = performance.now();
    await stream.push(new Float32Array(hop));
    const encode = (performance.now() - start) / 1000;
    post({ type: "progress", phase: "warm-up", loaded: 1, total: 1 });
    return { hop: 1 / featureRate, lookAhead, encode };
  },

  /** Then what hears the rest of the face; where it cannot be had the face goes on without. */
  async complete(): Promise<void> {
    try {
      const listener = model && (await createProsody(model));
      await listener?.stream().push(new Float32Array(listener.hop));
      prosody = listener;
    } catch (cause) {
      tell({ type: "error", error: toRecord(toLipsplatError(cause, "worker-died")) });
    }
  },

  /** From now on hears what comes over `pcm` and posts features to `speech`, instead of what came before. */
  connect({ ring, port }: PcmChannel, speech: MessagePort): void {
    live.abort();
    live = new AbortController();
    const reader = ring ? createRingReader(ring) : createBlockReader(port);
    void encodeLive(
      { encoder: loaded(), prosody: () => prosody },
      reader,
      {
        onSpeech: (message) => speech.postMessage(message, [message.values.buffer]),
        onVoice: (time, speaking) => tell({ type: "voice", time, speaking }),
        onLost: (samples) => tell({ type: "lost", samples }),
      },
      live.signal,
    );
  },

  async encode(pcm: Float32Array): Promise<{ times: Float64Array; lip: Float32Array }> {
    const result = await loaded().encode(pcm);
    return Comlink.transfer(result, [result.times.buffer, result.lip.buffer]);
  },
};

export type SpeechApi = typeof api;

exposeWorker(api);
