import code from "../../../shaders/sort.wgsl?raw";
import type { BufferSet } from "./buffers";
import { createKernel, divideUp, type Recorder, recorder, sequence } from "./kernel";
import { createScanPass } from "./scan";

const SLOTS = {
  shift: "uniform",
  keysIn: "read-only-storage",
  valuesIn: "read-only-storage",
  keysOut: "storage",
  valuesOut: "storage",
  table: "storage",
} as const;

export interface SortSize {
  readonly count: number;
  readonly digitBits: number;
  /** Even, so that the result ends where it began. */
  readonly digits: number;
  /** Threads, each with a run of the keys of its own. */
  readonly runs: number;
  /** Threads of a workgroup. */
  readonly walkers: number;
}

/** Stable radix sort, in place, of u32 keys with u32 values, ascending by the lowest digits · digitBits bits. */
export async function createSortPass(
  device: GPUDevice,
  buffers: BufferSet,
  keys: GPUBuffer,
  values: GPUBuffer,
  { count, digitBits, digits, runs, walkers }: SortSize,
): Promise<Recorder> {
  const constants = { COUNT: count, DIGIT_BITS: digitBits, RUNS: runs, WALKERS: walkers };
  const cells = runs << digitBits;
  const table = buffers.create("sort.table", cells * 4);
  const entryPoints = { histogram: constants, scatter: constants };
  const lengths = { keysIn: count, valuesIn: count, keysOut: count, valuesOut: count, table: cells };
  const [kernel, scan] = await Promise.all([
    createKernel(device, "sort", code, SLOTS, entryPoints, lengths),
    createScanPass(device, buffers, table, cells),
  ]);
  const here = [keys, values] as const;
  const there = [buffers.create("sort.keys", count * 4), buffers.create("sort.values", count * 4)] as const;
  const workgroups = divideUp(runs, walkers);
  const steps = Array.from({ length: digits }, (_, digit) => {
    const shift = buffers.create("sort.shift", 4, GPUBufferUsage.UNIFORM);
    device.queue.writeBuffer(shift, 0, new Uint32Array([digit * digitBits]));
    const [[keysIn, valuesIn], [keysOut, valuesOut]] = digit % 2 === 0 ? [here, there] : [there, here];
    const group = kernel.bind({ shift, keysIn, valuesIn, keysOut, valuesOut, table });
    return sequence(
      recorder(kernel.pipelines.histogram, group, workgroups),
      scan,
      recorder(kernel.pipelines.scatter, group, workgroups),
    );
  });
  return sequence(...steps);
}
