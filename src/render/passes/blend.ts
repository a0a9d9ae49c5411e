import type { Tile } from "./frame";
import { type Buffers, createKernel, type Recorder, recorder, type Workgroups } from "./kernel";

/** Bytes per pixel of the picture: premultiplied rgb and coverage as f16. */
export const PIXEL_BYTES = 8;

const SLOTS = {
  frame: "uniform",
  splats: "read-only-storage",
  splatFromPair: "read-only-storage",
  rangeFromTile: "read-only-storage",
  picture: "storage",
} as const;

export type BlendPass = (buffers: Buffers<typeof SLOTS>, workgroups: Workgroups) => Recorder;

/** Blends each tile's splats front to back into the picture. */
export function createBlendPass(device: GPUDevice, tile: Tile): BlendPass {
  const kernel = createKernel(device, "blend", SLOTS, { blend: { TILE: tile } });
  return (buffers, workgroups) => recorder(kernel.pipelines.blend, kernel.bind(buffers), workgroups);
}
