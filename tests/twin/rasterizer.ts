import { pinhole } from "../../src/render/passes/frame";
import {
  type Camera,
  checkCloud,
  type GaussianCloud,
  type HeadPose,
  type Size,
} from "../../src/render/scene";
import { blend } from "./blend";
import { createSplats, project } from "./project";
import { sortByDepth } from "./sort";

/** The head in float64, naively: what the passes are held to. */
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
