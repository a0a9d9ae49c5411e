import code from "../../../shaders/scan.wgsl?raw";
import type { BufferSet } from "./buffers";
import { createKernel, divideUp, type Recorder, recorder, sequence, WORKGROUP } from "./kernel";

/** Values each thread sums. */
const CHUNK = 64;

const SLOTS = { values: "storage", sums: "storage" } as const;

/** Exclusive prefix sum, in place, of the first `length` u32 of `values`. */
export async function createScanPass(
  device: GPUDevice,
  buffers: BufferSet,
  values: GPUBuffer,
  length: number,
): Promise<Recorder> {
  const constants = { LENGTH: length, CHUNK };
  const chunks = divideUp(length, CHUNK);
  const entryPoints = { reduce: constants, scan_sums: constants, downsweep: constants };
  const kernel = await createKernel(device, "scan", code, SLOTS, entryPoints, {
    values: length,
    sums: chunks,
  });
  const { reduce, scan_sums, downsweep } = kernel.pipelines;
  const group = kernel.bind({ values, sums: buffers.create("scan.sums", chunks * 4) });
  const workgroups = divideUp(chunks, WORKGROUP);
  return sequence(
    recorder(reduce, group, workgroups),
    recorder(scan_sums, group, 1),
    recorder(downsweep, group, workgroups),
  );
}
