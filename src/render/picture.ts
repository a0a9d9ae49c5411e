import type { HeadPose } from "./scene";

/** A frame of the torso video, or the poster in its stead. */
export type TorsoPicture = VideoFrame | ImageBitmap;

/** Draws composited frames on the canvas; the one path for live frames and snapshots. */
export interface Picture {
  readonly renderer: "webgpu" | "cpu";
  /** Copies the picture: it may be closed afterwards. */
  setTorso(torso: TorsoPicture): void;
  /** Resolves when the frame is finished. */
  draw(offset: Float32Array | GPUBuffer, pose: HeadPose): Promise<void>;
  /** The same frame, into memory. */
  read(offset: Float32Array | GPUBuffer, pose: HeadPose): Promise<ImageData>;
  /** Milliseconds per GPU pass of the latest frame, where the device can tell. */
  readonly passMs: Readonly<Record<string, number>>;
  destroy(): void;
}
