import type { HeadPose } from "./scene";

/** Draws composited frames on the canvas; the one path for live frames and snapshots. */
export interface Picture {
  readonly renderer: "webgpu" | "cpu";
  /** A frame of the torso video, of the canvas' size. */
  setTorso(torso: ImageData): void;
  /** Resolves when the frame is finished. */
  draw(offset: Float32Array | GPUBuffer, pose: HeadPose): Promise<void>;
  /** The same frame, into memory. */
  read(offset: Float32Array | GPUBuffer, pose: HeadPose): Promise<ImageData>;
  /** Milliseconds per GPU pass of the latest frame, where the device can tell. */
  readonly passMs: Readonly<Record<string, number>>;
  destroy(): void;
}
