import type { Size } from "../scene";
import type { Tile } from "./frame";
import { type Buffers, createKernel, type Recorder, recorder, type Workgroups } from "./kernel";

/** A picture of nothing: premultiplied rgb and transmittance, 4 × f16 a pixel. */
export function emptyPicture({ width, height }: Size): Uint32Array<ArrayBuffer> {
  const ONE = 0x3c00;
  return new Uint32Array(width * height * 2).map((_, word) => (word % 2 === 1 ? ONE << 16 : 0));
}

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
