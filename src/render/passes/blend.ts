import blendTilesShared from "../../../shaders/blend_tiles_shared.wgsl?raw";
import type { Size } from "../scene";
import { type Buffers, createKernel, type Recorder, recorder, type Workgroups } from "./kernel";
import type { KernelName } from "./kernels";

/** A picture of nothing: premultiplied rgb and transmittance, 4 × f16 a pixel. */
export function emptyPicture({ width, height }: Size): Uint32Array<ArrayBuffer> {
  const ONE = 0x3c00;
  return new Uint32Array(width * height * 2).map((_, word) => (word % 2 === 1 ? ONE << 16 : 0));
}

const SLOTS = {
  frame: "uniform",
  splats: "read-only-storage",
  splatFromPair: "read-only-storage",
  pairFromCell: "read-only-storage",
  picture: "storage",
} as const;

/** What only CPUs that play GPU draw with comes when one does. */
const SHADERS: Readonly<Record<KernelName, () => Promise<string>>> = {
  tiles: async () => (await import("../../../shaders/blend_tiles.wgsl?raw")).default,
  "tiles-shared": async () => blendTilesShared,
};

/** Elements of the arrays that are bound. */
export interface BlendSize {
  readonly count: number;
  readonly capacity: number;
  readonly cells: number;
  readonly runs: number;
  readonly pixels: number;
}

/** Blends each tile's splats front to back into the picture. */
export async function createBlendPass(
  device: GPUDevice,
  name: KernelName,
  buffers: Buffers<typeof SLOTS>,
  { count, capacity, cells, runs, pixels }: BlendSize,
  workgroups: Workgroups,
): Promise<Recorder> {
  const lengths = { splats: count, splatFromPair: capacity, pairFromCell: cells + 1, picture: pixels };
  const code = await SHADERS[name]();
  const kernel = await createKernel(device, "blend", code, SLOTS, { blend: { RUNS: runs } }, lengths);
  return recorder(kernel.pipelines.blend, kernel.bind(buffers), workgroups);
}
