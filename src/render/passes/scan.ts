import {
  type Buffers,
  createKernel,
  divideUp,
  type Recorder,
  recorder,
  sequence,
  WORKGROUP,
  type Workgroups,
} from "./kernel";

/** Values each thread sums. */
export const SCAN_CHUNK = 64;

const SLOTS = { length: "read-only-storage", values: "storage", sums: "storage" } as const;

export interface ScanSize {
  chunks: Workgroups;
  sums: Workgroups;
}

/** Binds `length` [1], `values` [≥ length], scanned in place, and `sums` [≥ length / SCAN_CHUNK]. */
export type ScanPass = (buffers: Buffers<typeof SLOTS>, size: ScanSize) => Recorder;

/** Exclusive prefix sum of u32. */
export function createScanPass(device: GPUDevice): ScanPass {
  const chunk = { CHUNK: SCAN_CHUNK };
  const kernel = createKernel(device, "scan", SLOTS, { reduce: chunk, scan_sums: chunk, downsweep: chunk });
  const { reduce, scan_sums, downsweep } = kernel.pipelines;
  return (buffers, size) => {
    const group = kernel.bind(buffers);
    return sequence(
      recorder(reduce, group, size.chunks),
      recorder(scan_sums, group, size.sums),
      recorder(downsweep, group, size.chunks),
    );
  };
}

export function scanSize(length: number): ScanSize {
  return { chunks: divideUp(divideUp(length, SCAN_CHUNK), WORKGROUP), sums: 1 };
}
