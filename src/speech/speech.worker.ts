import * as Comlink from "comlink";
import { createBlockReader } from "../audio/pcm-blocks";
import { createRingReader } from "../audio/pcm-ring";
import type { PcmChannel } from "../audio/tap";
import { loadSpeech } from "../avatar/load";
import { warmRuntime } from "../avatar/onnx";
import { exposeWorker, type WorkerEvent } from "../player/rpc";
import { createEncoder, type Encoder } from "./encoder";
import { encodeLive } from "./live";

let encoder: Encoder | undefined;
let live = new AbortController();

function loaded(): Encoder {
  if (!encoder) throw new Error("load comes first");
  return encoder;
}

const api = {
  /** Fetches, checks and warms the speech model. */
  async load(url: string, events: MessagePort): Promise<void> {
    const post = (event: WorkerEvent) => events.postMessage(event);
    warmRuntime();
    const model = await loadSpeech(new URL(url), (loaded, total) =>
      post({ type: "progress", phase: "download", loaded, total }),
    );
    encoder = await createEncoder(model);
    post({ type: "progress", phase: "compile", loaded: 1, total: 1 });
    await encoder.stream().push(new Float32Array(encoder.hop));
    post({ type: "progress", phase: "warm-up", loaded: 1, total: 1 });
  },

  /** From now on encodes what comes over `pcm` and posts it to `lip`, instead of what came before. */
  connect({ ring, port }: PcmChannel, lip: MessagePort): void {
    live.abort();
    live = new AbortController();
    const reader = ring ? createRingReader(ring) : createBlockReader(port);
    void encodeLive(
      loaded(),
      reader,
      (message) => lip.postMessage(message, [message.values.buffer]),
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
