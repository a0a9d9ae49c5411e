import { createWasmSession } from "../avatar/onnx";
import type { BundleFile } from "../avatar/schema";
import { LipsplatError } from "../player/errors";

/** One run of sound through the model, hop by hop. */
export interface ListenerStream {
  /**
   * Takes whole hops, [n · hop] samples that follow those of the last call.
   * @returns features [n · size]; `firstIndex` is that of the first, which may be negative: drop those.
   */
  push(pcm: Float32Array): Promise<{ firstIndex: number; values: Float32Array }>;
}

/** A model that hears sound hop by hop, with a state between them: `pcm`, `state` → its output, `state_out`. */
export interface Listener {
  /** Samples at 16 kHz. */
  readonly hop: number;
  /** Numbers in a feature. */
  readonly size: number;
  /** Seconds from one feature to the next. */
  readonly step: number;
  /** Seconds of sound after its time that a feature takes in. */
  readonly lookAhead: number;
  /** The time of feature `index` since the stream's start, seconds. */
  timeOf(index: number): number;
  stream(): ListenerStream;
  release(): Promise<void>;
}

export interface ListenerOptions {
  readonly file: BundleFile;
  /** ONNX bytes. */
  readonly model: ArrayBuffer;
  readonly output: string;
  readonly hop: number;
  readonly size: number;
  readonly stateSize: number;
  /** Hop h yields the feature of index h + 1 − lookAheadHops. */
  readonly lookAheadHops: number;
  /** Of a feature's time within its step: 0 its beginning, 0.5 its middle. */
  readonly phase: number;
}

const RATE = 16000;

/** @throws LipsplatError `bundle-corrupt` where the model cannot be run. */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  const { file, model, output, hop, size, stateSize, lookAheadHops, phase } = options;
  const step = hop / RATE;
  const session = await createWasmSession(file.path, model, {
    inputs: ["pcm", "state"],
    outputs: [output, "state_out"],
  });
  return {
    hop,
    size,
    step,
    lookAhead: (lookAheadHops - phase) * step,
    timeOf: (index) => (index + phase) * step,
    stream() {
      let state = new Float32Array(stateSize);
      let hops = 0;
      return {
        async push(pcm) {
          const n = pcm.length / hop;
          const result = await session.run({
            pcm: { data: pcm, dims: [1, pcm.length] },
            state: { data: state, dims: [1, stateSize] },
          });
          const values = result[output];
          const next = result["state_out"];
          if (values?.length !== n * size || next?.length !== stateSize) {
            throw new LipsplatError("bundle-corrupt", `${file.path} gave outputs of the wrong size.`);
          }
          state = Float32Array.from(next);
          const firstIndex = hops + 1 - lookAheadHops;
          hops += n;
          return { firstIndex, values };
        },
      };
    },
    release: session.release,
  };
}
