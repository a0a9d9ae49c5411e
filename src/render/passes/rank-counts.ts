import { type Buffers, createKernel, divideUp, type Recorder, recorder, WORKGROUP } from "./kernel";

const SLOTS = {
  count: "read-only-storage",
  splats: "read-only-storage",
  splatFromRank: "read-only-storage",
  pairFromRank: "storage",
} as const;

/** Gathers the tile counts in depth order; `pairFromRank` is [count + 1]. */
export function createRankCountsPass(
  device: GPUDevice,
  buffers: Buffers<typeof SLOTS>,
  count: number,
): Recorder {
  const kernel = createKernel(device, "rank_counts", SLOTS, { rank_counts: {} });
  return recorder(kernel.pipelines.rank_counts, kernel.bind(buffers), divideUp(count + 1, WORKGROUP));
}
