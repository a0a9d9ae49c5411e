import type { DeformWeights } from "../avatar/deform-weights";
import type { RestorerWeights } from "../avatar/restorer-weights";
import { createBufferSet } from "./passes/buffers";
import { createCompositePass } from "./passes/composite";
import { createFrameUniform } from "./passes/frame";
import { createHeadPasses } from "./passes/head";
import { type KernelName, kernelTraits, likelyKernel } from "./passes/kernels";
import { createReadback } from "./passes/readback";
import type { RestorePass } from "./passes/restore";
import { createPassTimer, type PassName } from "./passes/timer";
import { type Camera, checkCloud, type GaussianCloud, type HeadPose, type Size } from "./scene";

export { RasterizerLimitError } from "./errors";
export { PASS_NAMES, type PassName } from "./passes/timer";
export { type Camera, type GaussianCloud, type HeadPose, OFFSET_SIZE, type Size } from "./scene";

export interface RasterizerOptions {
  /** Default: what suits the device. */
  readonly kernel?: KernelName | undefined;
  /** The network for `writeConditions`; not kept. */
  readonly deform?: DeformWeights | undefined;
}

/** The WebGPU rasterizer: one cloud, one picture size, every GPU object made once. */
export interface Rasterizer {
  /** Milliseconds per pass of the latest finished frame; empty where the device lacks `timestamp-query`. */
  readonly timings: ReadonlyMap<PassName, number>;
  /** Buffers and textures on the device. */
  readonly memoryBytes: number;
  /** The next frames take this offset [N,14]; zeros at first. */
  writeOffset(offset: Float32Array): void;
  /**
   * The next frames compute the offset themselves from `lip` [32] and `expression` [13], until `writeOffset` is
   * called; a value that is not finite drops every Gaussian.
   * @throws {TypeError} made without `deform`, or another length.
   */
  writeConditions(lip: Float32Array, expression: Float32Array): void;
  /**
   * The pose is at rest until this is called.
   * @param restored whether the restorer is to go over the frames; ignored where there is none yet.
   */
  writePose(pose: HeadPose, restored?: boolean): void;
  /** The network for frames that are restored, its box on a picture of this size; once. */
  setRestorer(weights: RestorerWeights): Promise<void>;
  /** Premultiplied picture under the head, stretched over the canvas; null: transparent. */
  setTorso(texture: GPUTexture | null): void;
  /** Red channel m: where the render is trusted; null: everywhere. */
  setMask(texture: GPUTexture | null): void;
  /** Records the whole frame; `view` has the `target` format and `size`. Submit in the same task. */
  record(encoder: GPUCommandEncoder, view: GPUTextureView): void;
  /**
   * Call once after each submit; resolves when that frame is finished on the GPU, or this is destroyed.
   * False: the tile pairs overflowed, so that frame shows the head as it was before; buffers have grown, draw again.
   * Rejects with {@link RasterizerLimitError} when the adapter cannot hold the pairs.
   */
  afterSubmit(): Promise<boolean>;
  destroy(): void;
}

/**
 * @param target format of the views given to `record`: `bgra8unorm` or `rgba8unorm`.
 * @throws {RasterizerLimitError} more Gaussians or pixels than the device's buffers hold.
 * @throws {TypeError} an array of the cloud has the wrong length, or `deform` moves another number of Gaussians.
 */
export async function createRasterizer(
  device: GPUDevice,
  cloud: GaussianCloud,
  camera: Camera,
  size: Size,
  target: GPUTextureFormat,
  { kernel = likelyKernel(device), deform }: RasterizerOptions = {},
): Promise<Rasterizer> {
  checkCloud(cloud);
  const traits = kernelTraits(kernel);
  const buffers = createBufferSet(device);
  const timer = createPassTimer(device);
  const frame = createFrameUniform(device, buffers, camera, size, cloud.count, traits.tile);
  const head = await createHeadPasses(device, buffers, frame, cloud, size, traits, deform).catch((error) => {
    buffers.destroy();
    timer.destroy();
    throw error;
  });
  const source = { frame: frame.buffer, picture: head.picture };
  const composite = await createCompositePass(device, target, source, size);
  let restore: RestorePass | undefined;
  let restoring = false;
  let destroyed = false;
  const readback = createReadback(device, head.plan, timer);

  function destroy(): void {
    destroyed = true;
    buffers.destroy();
    head.destroy();
    composite.destroy();
    restore?.destroy();
    readback.destroy();
    timer.destroy();
  }

  return {
    timings: timer.timings,
    get memoryBytes() {
      return (
        buffers.bytes +
        head.memoryBytes +
        composite.memoryBytes +
        (restore?.memoryBytes ?? 0) +
        readback.memoryBytes
      );
    },
    writeOffset: head.writeOffset,
    writeConditions: head.writeConditions,
    writePose(pose, restored = false) {
      frame.writePose(pose);
      restoring = restore !== undefined && restored;
      if (restoring) restore?.prepare(pose);
    },
    async setRestorer(weights) {
      const { createRestorePass } = await import("./passes/restore");
      if (destroyed) return;
      restore = await createRestorePass(device, target, buffers, weights, size);
      if (destroyed) destroy();
    },
    setTorso: composite.setTorso,
    setMask: composite.setMask,
    record(encoder, view) {
      head.record(encoder, timer);
      composite.record(encoder, restoring && restore ? restore.composited : view, timer);
      if (restoring) restore?.record(encoder, view, timer);
      readback.record(encoder);
    },
    async afterSubmit() {
      const { needed, overflow } = await readback.read();
      if (overflow) await head.grow(needed);
      return !overflow;
    },
    destroy,
  };
}
