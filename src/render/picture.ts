import type { HeadPose } from "./scene";

/** The conditions themselves, for a picture that runs the deformation MLP in its own passes. */
export interface FusedMotion {
  /** [32] */
  readonly lip: Float32Array;
  /** [13] */
  readonly expression: Float32Array;
}

/** How the Gaussians move in a frame: offset [N,14] in memory, the same on the device, or what it is made from. */
export type Motion = Float32Array | GPUBuffer | FusedMotion;

/** Draws composited frames on the canvas; the one path for live frames and snapshots. */
export interface Picture {
  readonly renderer: "webgpu" | "cpu";
  /** A frame of the torso video, of the bundle's canvas size. */
  setTorso(torso: ImageData): void;
  /** Resolves when the frame is finished. */
  draw(motion: Motion, pose: HeadPose): Promise<void>;
  /** The same frame, into memory. */
  read(motion: Motion, pose: HeadPose): Promise<ImageData>;
  /** Draws at this share of the bundle's canvas size from the next frame on; not while one is drawn. */
  setScale?(scale: number): Promise<void>;
  /** Milliseconds per pass of the latest frame, where it can be told. */
  readonly passMs: Readonly<Record<string, number>>;
  destroy(): void;
}
