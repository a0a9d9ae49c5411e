import type { Camera, GaussianCloud, HeadPose, Size } from "../scene";

/** The same picture on the CPU: the twin the passes are tested against, and the player's picture without WebGPU. */
export interface CpuRasterizer {
  /**
   * @param offset [N,14], see ARCHITECTURE.
   * @param torso picture under the head, of the canvas' size; null: transparent.
   * @param mask red channel m, of the canvas' size; null: the render is trusted everywhere.
   * @returns the same ImageData at every call.
   */
  draw(offset: Float32Array, pose: HeadPose, torso: ImageData | null, mask: ImageData | null): ImageData;
}

export declare function createCpuRasterizer(cloud: GaussianCloud, camera: Camera, size: Size): CpuRasterizer;
