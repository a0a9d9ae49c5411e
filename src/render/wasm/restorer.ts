import { movedBy, type RestorerWeights, ramp } from "../../avatar/restorer-weights";
import { channelsLast, LAYERS, packConvolution } from "../restorer-layout";
import type { HeadPose } from "../scene";
import type { Kernel } from "./kernel";

/** As `restorerAddress` counts them. */
const ARRAYS = [
  ...(["place", "moved"] as const),
  ...LAYERS,
  ...(["rise", "riseAgain", "rows", "columns"] as const),
] as const;

export interface WasmRestorer {
  /** Before a frame that is restored. */
  prepare(pose: HeadPose): void;
}

/** Lays the restorer out and writes its weights. @returns undefined: there is not so much memory. */
export function placeRestorer(
  weights: RestorerWeights,
  kernel: Kernel,
  memory: WebAssembly.Memory,
): WasmRestorer | undefined {
  const { box, enter, down, deep } = weights;
  const sizes = [enter.outputs, down.outputs, deep.outputs] as const;
  if (!kernel.reserveRestorer(box.x, box.y, box.width, box.height, ...sizes)) return undefined;
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
