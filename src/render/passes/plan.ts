import code from "../../../shaders/plan.wgsl?raw";
import type { BufferSet } from "./buffers";
import { createKernel, divideUp, type Recorder, recorder } from "./kernel";

const SLOTS = {
  frame: "uniform",
  pairFromCell: "read-only-storage",
  plan: "storage",
  dispatches: "storage",
  capacity: "read-only-storage",
} as const;

/** Words of `Plan` in shaders/shared/plan.wgsl. */
export const PLAN = { needed: 0, overflow: 1 } as const;
export const PLAN_BYTES = 8;

export interface PlanPass {
  /** [2] see {@link PLAN}. */
  readonly plan: GPUBuffer;
  /** Dispatch sizes of the second walk and of the blending. */
  readonly place: { readonly buffer: GPUBuffer; readonly offset: number };
  readonly blend: { readonly buffer: GPUBuffer; readonly offset: number };
  /** Says how many pairs there is room for, from the next submit on. */
  writeCapacity(pairs: number): void;
  readonly record: Recorder;
}

/** Decides whether the tile pairs fit. */
export async function createPlanPass(
  device: GPUDevice,
  buffers: BufferSet,
  inputs: { readonly frame: GPUBuffer; readonly pairFromCell: GPUBuffer },
  { cells, runs, walkers }: { readonly cells: number; readonly runs: number; readonly walkers: number },
): Promise<PlanPass> {
  const kernel = await createKernel(device, "plan", code, SLOTS, {
    make_plan: { CELLS: cells, PLACERS: divideUp(runs, walkers) },
  });
  const plan = buffers.create("plan", PLAN_BYTES);
  const dispatches = buffers.create("dispatches", 2 * 16, GPUBufferUsage.INDIRECT);
  const capacity = buffers.create("pair_capacity", 4);
  return {
    plan,
    place: { buffer: dispatches, offset: 0 },
    blend: { buffer: dispatches, offset: 16 },
    writeCapacity: (pairs) => device.queue.writeBuffer(capacity, 0, new Uint32Array([pairs])),
    record: recorder(kernel.pipelines.make_plan, kernel.bind({ ...inputs, plan, dispatches, capacity }), 1),
  };
}
