import { movedBy, type RestorerWeights, ramp } from "../../avatar/restorer-weights";
import { channelsLast, FOLDED_CHANNELS, LAYERS, packConvolution } from "../restorer-layout";
import type { HeadPose } from "../scene";
import type { Kernel } from "./kernel";

/** As `restorerAddress` counts them. */
const ARRAYS = [
  ...(["place", "moved"] as const),
  ...LAYERS,
  ...(["rise", "riseAgain", "rows", "columns"] as const),
] as const;

/** Bytes of memory that a restorer takes. */
export function restorerBytes({ box, enter, down, deep }: RestorerWeights): number {
  const pixels = (halved: number) => ((box.width >> halved) + 2) * ((box.height >> halved) + 2);
  const layers =
    pixels(1) * (3 * enter.outputs + FOLDED_CHANNELS) +
    2 * pixels(2) * down.outputs +
    2 * pixels(3) * deep.outputs;
  return 4 * layers + box.width * box.height * enter.outputs + 2 ** 20;
}

export interface WasmRestorer {
  /** Before a frame that is restored. */
  prepare(pose: HeadPose): void;
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
  for (const name of LAYERS) write(name, packConvolution(weights[name]));
  write("rise", channelsLast(weights.rise.weight, weights.rise.outputs));
  write("riseAgain", channelsLast(weights.riseAgain.weight, weights.riseAgain.outputs));
  write("rows", ramp(box.height));
  write("columns", ramp(box.width));
  return {
    prepare: (pose) => write("moved", movedBy(weights, pose)),
  };
}
