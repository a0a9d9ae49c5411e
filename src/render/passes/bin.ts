import code from "../../../shaders/bin.wgsl?raw";
import type { BufferSet } from "./buffers";
import type { FrameUniform } from "./frame";
import { createKernel, divideUp, type Recorder, recorder, type Workgroups } from "./kernel";

const SLOTS = {
  frame: "uniform",
  placing: "uniform",
  splats: "read-only-storage",
  splatFromRank: "read-only-storage",
  pairFromCell: "storage",
  splatFromPair: "storage",
} as const;

export interface BinInputs {
  readonly frame: FrameUniform;
  readonly splats: GPUBuffer;
  readonly splatFromRank: GPUBuffer;
  /** [cells + 1] zeros before the first walk; scanned before the second. */
  readonly pairFromCell: GPUBuffer;
  readonly splatFromPair: GPUBuffer;
  /** Pairs that `splatFromPair` holds. */
  readonly capacity: number;
}

export interface BinSize {
  readonly count: number;
  readonly cells: number;
  readonly runs: number;
  readonly walkers: number;
}

/** Two walks over the splats in depth order: `count` their tiles, then `place` them. */
export async function createBinPass(
  device: GPUDevice,
  buffers: BufferSet,
  { frame, capacity, ...bound }: BinInputs,
  { count, cells, runs, walkers }: BinSize,
  placers: Workgroups,
): Promise<{ count: Recorder; place: Recorder }> {
  const kernel = await createKernel(
    device,
    "bin",
    code,
    SLOTS,
    { bin: { TILE: frame.tile, RUNS: runs, WALKERS: walkers } },
    { splats: count, splatFromRank: count, pairFromCell: cells + 1, splatFromPair: capacity },
  );
  const bind = (placing: number) => {
    const uniform = buffers.create("placing", 4, GPUBufferUsage.UNIFORM);
    device.queue.writeBuffer(uniform, 0, new Uint32Array([placing]));
    return kernel.bind({ ...bound, frame: frame.buffer, placing: uniform });
  };
  return {
    count: recorder(kernel.pipelines.bin, bind(0), divideUp(runs, walkers)),
    place: recorder(kernel.pipelines.bin, bind(1), placers),
  };
}
