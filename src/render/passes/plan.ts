import type { BufferSet } from "./buffers";
import { type Buffers, createKernel, type Recorder, recorder, type Workgroups } from "./kernel";
import { SCAN_CHUNK } from "./scan";
import { SORT_CHUNK, type SortSize } from "./sort";

const SLOTS = {
  frame: "uniform",
  pairFromRank: "read-only-storage",
  tileFromPair: "read-only-storage",
  plan: "storage",
  tableLength: "storage",
  dispatches: "storage",
} as const;

/** Words of `Plan` in shaders/shared/plan.wgsl. */
export const PLAN = { pairCount: 0, needed: 1, overflow: 2 } as const;
export const PLAN_BYTES = 12;

export interface PlanPass {
  /** [3] see {@link PLAN}. */
  readonly plan: GPUBuffer;
  readonly tableLength: GPUBuffer;
  readonly sizes: {
    readonly emit: Workgroups;
    readonly sort: SortSize;
    readonly tileRanges: Workgroups;
    readonly blend: Workgroups;
  };
  bind(inputs: Pick<Buffers<typeof SLOTS>, "frame" | "pairFromRank" | "tileFromPair">): Recorder;
}

/** Decides whether the tile pairs fit, and how large the later passes are. */
export function createPlanPass(device: GPUDevice, buffers: BufferSet, sortDigitBits: number): PlanPass {
  const kernel = createKernel(device, "plan", SLOTS, {
    make_plan: { SORT_CHUNK, SORT_DIGIT_BITS: sortDigitBits, SCAN_CHUNK },
  });
  const plan = buffers.create("plan", PLAN_BYTES);
  const tableLength = buffers.create("table_length", 4);
  const dispatches = buffers.create("dispatches", 6 * 16, GPUBufferUsage.INDIRECT);
  const entry = (index: number) => ({ buffer: dispatches, offset: index * 16 });
  return {
    plan,
    tableLength,
    sizes: {
      emit: entry(0),
      sort: { runs: entry(1), scan: { chunks: entry(2), sums: entry(3) } },
      tileRanges: entry(4),
      blend: entry(5),
    },
    bind: (inputs) =>
      recorder(kernel.pipelines.make_plan, kernel.bind({ ...inputs, plan, tableLength, dispatches }), 1),
  };
}
