import { pinhole } from "../passes/frame";
import { type Camera, checkCloud, type GaussianCloud, type HeadPose, type Size } from "../scene";
import { blend } from "./blend";
import { composite, type Pixels } from "./composite";
import { createSplats, project } from "./project";
import { sortByDepth } from "./sort";

/** The same picture on the CPU: the twin the passes are tested against, and the player's picture without WebGPU. */
export interface CpuRasterizer {
  /**
   * @param offset [N,14], see ARCHITECTURE.
   * @param torso picture under the head, of the canvas' size; null: transparent.
   * @param mask red channel m, of the canvas' size; null: the render is trusted everywhere.
   * @returns the same ImageData at every call.
   */
  draw(offset: Float32Array, pose: HeadPose, torso: Pixels | null, mask: Pixels | null): ImageData;
}

/** @throws {TypeError} an array of the cloud has the wrong length. */
export function createCpuRasterizer(cloud: GaussianCloud, camera: Camera, size: Size): CpuRasterizer {
  const head = createCpuHead(cloud, camera, size);
  const out = new ImageData(size.width, size.height);
  return {
    draw(offset, pose, torso, mask) {
      composite(head.draw(offset, pose), torso, mask, out);
      return out;
    },
  };
}

/** The head alone. */
export interface CpuHead {
  /** @returns [height,width,4] premultiplied rgb and transmittance, the same array at every call. */
  draw(offset: Float32Array, pose: HeadPose): Float32Array;
}

export function createCpuHead(cloud: GaussianCloud, camera: Camera, size: Size): CpuHead {
  checkCloud(cloud);
  const view = { ...pinhole(camera, size), position: camera.position };
  const splats = createSplats(cloud.count);
  const picture = new Float32Array(size.width * size.height * 4);
  return {
    draw(offset, pose) {
      project(cloud, offset, pose, view, splats);
      blend(splats, sortByDepth(splats), size, picture);
      return picture;
    },
  };
}
