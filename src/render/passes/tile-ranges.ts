import { type Buffers, createKernel, type Recorder, recorder, type Workgroups } from "./kernel";

const SLOTS = {
  plan: "read-only-storage",
  tileFromPair: "read-only-storage",
  rangeFromTile: "storage",
} as const;

export type TileRangesPass = (buffers: Buffers<typeof SLOTS>, workgroups: Workgroups) => Recorder;

/** First and past-the-end pair of each tile; clear `rangeFromTile` before. */
export function createTileRangesPass(device: GPUDevice): TileRangesPass {
  const kernel = createKernel(device, "tile_ranges", SLOTS, { tile_ranges: {} });
  return (buffers, workgroups) => recorder(kernel.pipelines.tile_ranges, kernel.bind(buffers), workgroups);
}
