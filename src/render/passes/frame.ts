import { type Camera, type HeadPose, REST, rotationMatrix, type Size } from "../scene";
import type { BufferSet } from "./buffers";

/** Side of a tile in pixels. */
export type Tile = 8 | 16;

/** Byte size of `Frame` in shaders/shared/frame.wgsl. */
const FRAME_BYTES = 144;

export interface FrameUniform {
  readonly buffer: GPUBuffer;
  readonly tile: Tile;
  readonly tiles: Size;
  writePose(pose: HeadPose): void;
}

/** The uniform that every pass shares. The camera is scaled from its own canvas to `size`. */
export function createFrameUniform(
  device: GPUDevice,
  buffers: BufferSet,
  camera: Camera,
  size: Size,
  count: number,
  tile: Tile,
): FrameUniform {
  const buffer = buffers.create("frame", FRAME_BYTES, GPUBufferUsage.UNIFORM);
  const data = new ArrayBuffer(FRAME_BYTES);
  const floats = new Float32Array(data);
  const words = new Uint32Array(data);
  const tiles = { width: Math.ceil(size.width / tile), height: Math.ceil(size.height / tile) };
  const { focal, principal, slopeLimit } = pinhole(camera, size);
  floats.set(camera.position, 20);
  floats.set(focal, 24);
  floats.set(principal, 26);
  floats.set(slopeLimit, 28);
  words.set([size.width, size.height, tiles.width, tiles.height, count], 30);
  const writePose = ({ rotation, translation, pivot }: HeadPose) => {
    rotationMatrix(rotation).forEach((row, r) => {
      row.forEach((value, column) => {
        floats[column * 4 + r] = value;
      });
    });
    for (let axis = 0; axis < 3; axis++) {
      floats[12 + axis] = pivot[axis] ?? 0;
      floats[16 + axis] = (pivot[axis] ?? 0) + (translation[axis] ?? 0);
    }
    device.queue.writeBuffer(buffer, 0, data);
  };
  writePose(REST);
  return { buffer, tile, tiles, writePose };
}

type Pair = readonly [x: number, y: number];

/** The camera in pixels of `size`, and the 3DGS limit of X/Z and Y/Z in the Jacobian. */
export function pinhole(camera: Camera, size: Size): { focal: Pair; principal: Pair; slopeLimit: Pair } {
  const { canvas, focalPx, principalPx } = camera;
  const x = size.width / canvas.width;
  const y = size.height / canvas.height;
  return {
    focal: [focalPx * x, focalPx * y],
    principal: [principalPx[0] * x, principalPx[1] * y],
    slopeLimit: [(1.3 * 0.5 * canvas.width) / focalPx, (1.3 * 0.5 * canvas.height) / focalPx],
  };
}
