import type { Tile } from "./frame";
import { type Buffers, createKernel, type Recorder, recorder, type Workgroups } from "./kernel";

const SLOTS = {
  frame: "uniform",
  splats: "read-only-storage",
  splatFromRank: "read-only-storage",
  pairFromRank: "read-only-storage",
  tileFromPair: "storage",
  splatFromPair: "storage",
} as const;

export type EmitPass = (buffers: Buffers<typeof SLOTS>, workgroups: Workgroups) => Recorder;

/** Writes each splat's tile pairs, in depth order. */
export function createEmitPass(device: GPUDevice, tile: Tile): EmitPass {
  const kernel = createKernel(device, "emit", SLOTS, { emit: { TILE: tile } });
  return (buffers, workgroups) => recorder(kernel.pipelines.emit, kernel.bind(buffers), workgroups);
}
