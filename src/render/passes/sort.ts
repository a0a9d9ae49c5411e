import type { BufferSet } from "./buffers";
import {
  createKernel,
  divideUp,
  type Recorder,
  recorder,
  sequence,
  WORKGROUP,
  type Workgroups,
} from "./kernel";
import { SCAN_CHUNK, type ScanPass, type ScanSize, scanSize } from "./scan";

/** Pairs each thread moves. */
export const SORT_CHUNK = 128;

const SLOTS = {
  shift: "uniform",
  count: "read-only-storage",
  keysIn: "read-only-storage",
  valuesIn: "read-only-storage",
  keysOut: "storage",
  valuesOut: "storage",
  table: "storage",
} as const;

export interface SortBuffers {
  /** [1] pairs to sort. */
  count: GPUBuffer;
  /** [1] cells of the table: 2^digitBits · ceil(count / SORT_CHUNK). */
  tableLength: GPUBuffer;
  /** [capacity] */
  keys: GPUBuffer;
  /** [capacity] */
  values: GPUBuffer;
}

export interface SortSize {
  runs: Workgroups;
  scan: ScanSize;
}

/** Sorts `keys` and `values` where they are; makes its scratch buffers in `scratch`. */
export type SortPass = (
  scratch: BufferSet,
  buffers: SortBuffers,
  capacity: number,
  size: SortSize,
) => Recorder;

/**
 * Stable radix sort of u32 keys with u32 values, ascending by the lowest digits · digitBits bits.
 * @param digits even, so that the result ends where it began.
 */
export function createSortPass(
  device: GPUDevice,
  buffers: BufferSet,
  scan: ScanPass,
  digitBits: number,
  digits: number,
): SortPass {
  const constants = { DIGIT_BITS: digitBits, CHUNK: SORT_CHUNK };
  const kernel = createKernel(device, "sort", SLOTS, { histogram: constants, scatter: constants });
  const shifts = Array.from({ length: digits }, (_, digit) => {
    const shift = buffers.create("sort.shift", 4, GPUBufferUsage.UNIFORM);
    device.queue.writeBuffer(shift, 0, new Uint32Array([digit * digitBits]));
    return shift;
  });
  return (scratch, { count, tableLength, keys, values }, capacity, size) => {
    const cells = divideUp(capacity, SORT_CHUNK) << digitBits;
    const table = scratch.create("sort.table", cells * 4);
    const sums = scratch.create("sort.sums", divideUp(cells, SCAN_CHUNK) * 4);
    const here = [keys, values] as const;
    const there = [
      scratch.create("sort.keys", capacity * 4),
      scratch.create("sort.values", capacity * 4),
    ] as const;
    const scanTable = scan({ length: tableLength, values: table, sums }, size.scan);
    return sequence(
      ...shifts.map((shift, digit) => {
        const [[keysIn, valuesIn], [keysOut, valuesOut]] = digit % 2 === 0 ? [here, there] : [there, here];
        const group = kernel.bind({ shift, count, keysIn, valuesIn, keysOut, valuesOut, table });
        return sequence(
          recorder(kernel.pipelines.histogram, group, size.runs),
          scanTable,
          recorder(kernel.pipelines.scatter, group, size.runs),
        );
      }),
    );
  };
}

/** @param count pairs. */
export function sortSize(count: number, digitBits: number): SortSize & { tableLength: number } {
  const runs = divideUp(count, SORT_CHUNK);
  const tableLength = runs << digitBits;
  return { runs: divideUp(runs, WORKGROUP), scan: scanSize(tableLength), tableLength };
}
