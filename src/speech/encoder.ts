import type { SpeechModel } from "../avatar/load";
import { createWasmSession } from "../avatar/onnx";
import { LipsplatError } from "../player/errors";

/** Hops encoded at once: half a second, so that a long sound does not keep live speech waiting. */
const BLOCK_HOPS = 25;

/** One run of sound through the encoder, hop by hop. */
export interface EncoderStream {
  /**
   * Encodes whole hops, [n · hop] samples that follow those of the last call.
   * @returns features [n · featureSize]; `firstIndex` is that of the first, which may be negative: drop those.
   */
  push(pcm: Float32Array): Promise<{ firstIndex: number; lip: Float32Array }>;
}

export interface Encoder {
  readonly hop: number;
  readonly featureSize: number;
  readonly featureRate: number;
  /** Seconds of sound after its time that a feature takes in. */
  readonly lookAhead: number;
  stream(): EncoderStream;
  /** A whole sound: one feature for each whole hop of it. */
  encode(pcm: Float32Array): Promise<{ times: Float64Array; lip: Float32Array }>;
  release(): Promise<void>;
}

export async function createEncoder({ manifest, encoder }: SpeechModel): Promise<Encoder> {
  const { hop, stateSize, featureSize, featureRate, lookAheadHops } = manifest;
  const session = await createWasmSession(manifest.file.path, encoder, {
    inputs: ["pcm", "state"],
    outputs: ["lip", "state_out"],
  });

  function stream(): EncoderStream {
    let state = new Float32Array(stateSize);
    let hops = 0;
    return {
      async push(pcm) {
        const n = pcm.length / hop;
        const result = await session.run({
          pcm: { data: pcm, dims: [1, pcm.length] },
          state: { data: state, dims: [1, stateSize] },
        });
        const lip = result["lip"];
        const next = result["state_out"];
        if (lip?.length !== n * featureSize || next?.length !== stateSize) {
          throw new LipsplatError("bundle-corrupt", `${manifest.file.path} gave outputs of the wrong size.`);
        }
        state = Float32Array.from(next);
        const firstIndex = hops + 1 - lookAheadHops;
        hops += n;
        return { firstIndex, lip };
      },
    };
  }

  return {
    hop,
    featureSize,
    featureRate,
    lookAhead: lookAheadHops / featureRate,
    stream,
    async encode(pcm) {
      const count = Math.floor(pcm.length / hop);
      const times = Float64Array.from({ length: count }, (_, j) => j / featureRate);
      const lip = new Float32Array(count * featureSize);
      const run = stream();
      // Silence after the end lets the last features out.
      const padded = new Float32Array((count + lookAheadHops) * hop);
      padded.set(pcm.subarray(0, count * hop));
      for (let from = 0; from < padded.length; from += BLOCK_HOPS * hop) {
        const block = await run.push(padded.subarray(from, from + BLOCK_HOPS * hop));
        for (let i = 0; i * featureSize < block.lip.length; i++) {
          const j = block.firstIndex + i;
          if (j < 0 || j >= count) continue;
          lip.set(block.lip.subarray(i * featureSize, (i + 1) * featureSize), j * featureSize);
        }
      }
      return { times, lip };
    },
    release: session.release,
  };
}
