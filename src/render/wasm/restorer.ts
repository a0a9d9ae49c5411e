import { type Convolution, FOLDED, movedBy, type RestorerWeights, ramp } from "../../avatar/restorer-weights";
import type { HeadPose } from "../scene";
import type { Kernel } from "./kernel";

/** Outputs that are computed together. */
const BLOCK = 8;

/** As `restorerAddress` counts them. */
const ARRAYS = [
  ...(["place", "moved", "enter", "down", "deep", "deepest", "middle", "top", "leave"] as const),
  ...(["rise", "riseAgain", "rows", "columns"] as const),
] as const;

/** Bytes of memory that a restorer takes. */
export function restorerBytes({ box, enter, down, deep }: RestorerWeights): number {
  const pixels = (halved: number) => ((box.width >> halved) + 2) * ((box.height >> halved) + 2);
  const layers =
    pixels(1) * (3 * enter.outputs + 2 * FOLDED) +
    2 * pixels(2) * down.outputs +
    2 * pixels(3) * deep.outputs;
  return 4 * layers + 2 ** 20;
}

export interface WasmRestorer {
  /** Before a frame that is restored. */
  prepare(pose: HeadPose, lip: Float32Array): void;
}

/** Lays the restorer out and writes its weights. @returns null: there is not so much memory. */
export function placeRestorer(
  weights: RestorerWeights,
  kernel: Kernel,
  memory: WebAssembly.Memory,
): WasmRestorer | null {
  const { box, enter, down, deep } = weights;
  const sizes = [enter.outputs, down.outputs, deep.outputs] as const;
  if (!kernel.reserveRestorer(box.x, box.y, box.width, box.height, ...sizes)) return null;
  const write = (name: (typeof ARRAYS)[number], values: Float32Array) => {
    const address = kernel.restorerAddress(ARRAYS.indexOf(name));
    new Float32Array(memory.buffer, address, values.length).set(values);
  };
  write("place", channelsLast(weights.place, enter.outputs));
  for (const name of ["enter", "down", "deep", "deepest", "middle", "top", "leave"] as const) {
    write(name, packConvolution(weights[name]));
  }
  write("rise", channelsLast(weights.rise.weight, weights.rise.outputs));
  write("riseAgain", channelsLast(weights.riseAgain.weight, weights.riseAgain.outputs));
  write("rows", ramp(box.height));
  write("columns", ramp(box.width));
  return {
    prepare: ({ rotation, translation }, lip) =>
      write("moved", movedBy(weights, [...rotation, ...translation], lip)),
  };
}

/** [channels, n] → [n, channels] */
function channelsLast(values: Float32Array, channels: number): Float32Array {
  const count = values.length / channels;
  return Float32Array.from(
    values,
    (_, at) => values[(at % channels) * count + Math.floor(at / channels)] ?? 0,
  );
}

/** [outputs / 8, ky, kx, input, 8] and the bias; 12 inputs or outputs, the picture's, become 16. */
function packConvolution({ inputs, outputs, weight, bias }: Convolution): Float32Array {
  const [wideIn, wideOut] = [padded(inputs), padded(outputs)];
  const packed = new Float32Array((wideIn * 9 + 1) * wideOut);
  for (let output = 0; output < outputs; output++) {
    const block = Math.floor(output / BLOCK) * 9 * wideIn * BLOCK + (output % BLOCK);
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < 9; tap++) {
        packed[block + (tap * wideIn + input) * BLOCK] = weight[(output * inputs + input) * 9 + tap] ?? 0;
      }
    }
  }
  if (bias) packed.set(bias, wideIn * 9 * wideOut);
  return packed;
}

const padded = (channels: number) => Math.ceil(channels / BLOCK) * BLOCK;
