import type { SpeechModel } from "../avatar/load";
import { createListener, type Listener } from "./listener";

/** Hops encoded at once: half a second, so that a long sound does not keep live speech waiting. */
const BLOCK_HOPS = 25;

/** Hears what the lips do. */
export interface Encoder extends Listener {
  readonly featureRate: number;
  /** A whole sound: one feature for each whole hop of it. */
  encode(pcm: Float32Array): Promise<{ times: Float64Array; lip: Float32Array }>;
}

export async function createEncoder({
  manifest,
  encoder,
}: Pick<SpeechModel, "manifest" | "encoder">): Promise<Encoder> {
  const { file, hop, stateSize, featureSize, featureRate, lookAheadHops } = manifest;
  const listener = await createListener({
    ...{ file, hop, stateSize, lookAheadHops },
    ...{ model: encoder, output: "lip", size: featureSize, phase: 0 },
  });
  return {
    ...listener,
    featureRate,
    async encode(pcm) {
      const count = Math.floor(pcm.length / hop);
      const times = Float64Array.from({ length: count }, (_, j) => j / featureRate);
      const lip = new Float32Array(count * featureSize);
      const run = listener.stream();
      // Silence after the end lets the last features out.
      const padded = new Float32Array((count + lookAheadHops) * hop);
      padded.set(pcm.subarray(0, count * hop));
      for (let from = 0; from < padded.length; from += BLOCK_HOPS * hop) {
        const { firstIndex, values } = await run.push(padded.subarray(from, from + BLOCK_HOPS * hop));
        for (let i = 0; i * featureSize < values.length; i++) {
          const j = firstIndex + i;
          if (j < 0 || j >= count) continue;
          lip.set(values.subarray(i * featureSize, (i + 1) * featureSize), j * featureSize);
        }
      }
      return { times, lip };
    },
  };
}
