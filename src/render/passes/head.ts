import type { DeformWeights } from "../../avatar/deform-weights";
import { RasterizerLimitError } from "../errors";
import type { GaussianCloud, Size } from "../scene";
import { createBinPass } from "./bin";
import { createBlendPass, emptyPicture } from "./blend";
import { type BufferSet, createBufferSet } from "./buffers";
import type { FrameUniform } from "./frame";
import type { Recorder } from "./kernel";
import type { KernelTraits } from "./kernels";
import { createPlanPass } from "./plan";
import { createProjectPass } from "./project";
import { createScanPass } from "./scan";
import { createSortPass } from "./sort";
import type { PassName, PassTimer } from "./timer";

/** A float32 depth in four digits. */
const DEPTH_DIGIT_BITS = 8;
const DEPTH_DIGITS = 4;
/** First guess of tile pairs per Gaussian; a face at 512² has 4 in tiles of 16 pixels, 8 in tiles of 8. */
const PAIRS_PER_GAUSSIAN = 10;
const PAIRS_AT_LEAST = 1 << 14;
/** A one-dimensional dispatch of 64 threads a workgroup reaches no further. */
const MOST_GAUSSIANS = 65535 * 64;
/** A thread walks over that many splats or more; a cell is of a tile and a run. */
const RUN_AT_LEAST = 16;
const CELLS_AT_MOST = 1 << 21;

/** The passes that draw the head, in the order of a frame. */
export interface HeadPasses {
  /** [height,width] premultiplied rgb and transmittance, f16. */
  readonly picture: GPUBuffer;
  readonly plan: GPUBuffer;
  /** Of what grows. */
  readonly memoryBytes: number;
  writeOffset(offset: Float32Array): void;
  writeConditions(lip: Float32Array, expression: Float32Array): void;
  record(encoder: GPUCommandEncoder, timer: PassTimer): void;
  /** Makes room for that many tile pairs. */
  grow(pairs: number): Promise<void>;
  destroy(): void;
}

export async function createHeadPasses(
  device: GPUDevice,
  buffers: BufferSet,
  frame: FrameUniform,
  cloud: GaussianCloud,
  size: Size,
  kernel: KernelTraits,
  deform?: DeformWeights,
): Promise<HeadPasses> {
  const { count } = cloud;
  if (count > MOST_GAUSSIANS) {
    throw new RasterizerLimitError(
      `${count} Gaussians; this rasterizer reaches ${MOST_GAUSSIANS}: use fewer`,
    );
  }
  const { walkers } = kernel;
  const tiles = frame.tiles.width * frame.tiles.height;
  const wished = Math.min(kernel.runs, Math.ceil(count / RUN_AT_LEAST), Math.floor(CELLS_AT_MOST / tiles));
  const runs = Math.max(1, wished);
  const cells = tiles * runs;
  const sizes = { count, cells, runs, walkers };

  const pairFromCell = buffers.create("pair_from_cell", (cells + 1) * 4);
  const picture = buffers.upload("picture", emptyPicture(size));
  const project = await createProjectPass(device, buffers, frame.buffer, cloud, deform);
  const { splats, splatFromRank, depthKeys } = project;
  const [sortDepth, scanCells, plan] = await Promise.all([
    createSortPass(device, buffers, depthKeys, splatFromRank, {
      ...sizes,
      digitBits: DEPTH_DIGIT_BITS,
      digits: DEPTH_DIGITS,
    }),
    createScanPass(device, buffers, pairFromCell, cells + 1),
    createPlanPass(device, buffers, { frame: frame.buffer, pairFromCell }, sizes),
  ]);

  let pairBuffers = createBufferSet(device);
  let capacity = 0;
  let destroyed = false;
  let steps: readonly (readonly [PassName, Recorder])[] = [];
  const growTo = async (pairs: number) => {
    if (pairs <= capacity) return;
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    const most = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4);
    const room = Math.max(pairs, Math.min(Math.ceil(pairs * 1.25), most));
    const grown = createBufferSet(device);
    const splatFromPair = grown.create("splat_from_pair", room * 4);
    const bound = { splats, splatFromPair, pairFromCell };
    const [bin, blend] = await Promise.all([
      createBinPass(device, grown, { ...bound, frame, splatFromRank, capacity: room }, sizes, plan.place),
      createBlendPass(
        device,
        kernel.name,
        { ...bound, frame: frame.buffer, picture },
        { ...sizes, capacity: room, pixels: size.width * size.height },
        plan.blend,
      ),
    ]);
    if (destroyed) return grown.destroy();
    steps = [
      ["project", project.record],
      ["sort", sortDepth],
      ["count", bin.count],
      ["scan", scanCells],
      ["plan", plan.record],
      ["place", bin.place],
      ["blend", blend],
    ];
    plan.writeCapacity(room);
    pairBuffers.destroy();
    pairBuffers = grown;
    capacity = room;
  };
  let growing = growTo(Math.max(PAIRS_AT_LEAST, count * PAIRS_PER_GAUSSIAN));
  await growing;

  return {
    picture,
    plan: plan.plan,
    get memoryBytes() {
      return pairBuffers.bytes;
    },
    writeOffset: project.writeOffset,
    writeConditions: project.writeConditions,
    record(encoder, timer) {
      encoder.clearBuffer(pairFromCell);
      for (const [name, step] of steps) {
        const pass = encoder.beginComputePass({ label: `lipsplat.${name}`, ...timer.writes(name) });
        step(pass);
        pass.end();
      }
    },
    grow(pairs) {
      growing = growing.catch(() => undefined).then(() => growTo(pairs));
      return growing;
    },
    destroy() {
      destroyed = true;
      pairBuffers.destroy();
    },
  };
}
