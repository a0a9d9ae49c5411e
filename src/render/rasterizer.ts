import type { PassName } from "./passes/timer.ts";
import type { Camera, GaussianCloud, HeadPose, Size } from "./scene.ts";

export type { PassName } from "./passes/timer.ts";
export { type Camera, type GaussianCloud, type HeadPose, OFFSET_SIZE, type Size } from "./scene.ts";

/** The WebGPU rasterizer: one cloud, one picture size, every GPU object made once. */
export interface Rasterizer {
  /** [N,14] f32, zeros at first; write it with `queue.writeBuffer`. */
  readonly offsetBuffer: GPUBuffer;
  /** Milliseconds per pass of the latest finished frame; empty where the device lacks `timestamp-query`. */
  readonly timings: ReadonlyMap<PassName, number>;
  /** Reads the offset from another STORAGE buffer of at least N·56 bytes (an ONNX output); null goes back to `offsetBuffer`. */
  setOffsetBuffer(buffer: GPUBuffer | null): void;
  writePose(pose: HeadPose): void;
  /** Premultiplied picture under the head, stretched over the canvas; null: transparent. */
  setTorso(texture: GPUTexture | null): void;
  /** Red channel m: where the render is trusted; null: everywhere. */
  setMask(texture: GPUTexture | null): void;
  /** Records the whole frame; `view` has the `target` format. Submit in the same task. */
  record(encoder: GPUCommandEncoder, view: GPUTextureView): void;
  /**
   * Call once after each submit; resolves when that frame is finished on the GPU.
   * False: the tile pairs overflowed, so the frame shows the previous head; buffers have grown, draw again.
   * Rejects with {@link RasterizerLimitError} when the adapter cannot hold the pairs.
   */
  afterSubmit(): Promise<boolean>;
  destroy(): void;
}

/** The scene needs more than this adapter can hold. */
export class RasterizerLimitError extends Error {
  override name = "RasterizerLimitError";
}

/**
 * @param target format of the views given to `record`: `bgra8unorm` or `rgba8unorm`.
 * @throws {RasterizerLimitError} more Gaussians or pixels than the device's buffers hold.
 * @throws {TypeError} an array of the cloud has the wrong length.
 */
export declare function createRasterizer(
  device: GPUDevice,
  cloud: GaussianCloud,
  camera: Camera,
  size: Size,
  target: GPUTextureFormat,
): Rasterizer;
