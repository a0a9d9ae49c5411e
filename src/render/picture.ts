import type { RestorerWeights } from "../avatar/restorer-weights";
import type { HeadPose } from "./scene";

/** The conditions themselves, for a picture that runs the deformation MLP in its own passes. */
export interface FusedMotion {
  /** [32] */
  readonly lip: Float32Array;
  /** [13] */
  readonly expression: Float32Array;
}

/** How the Gaussians move in a frame: offset [N,14] in memory, or what a picture made with the weights computes it from. */
export type Motion = Float32Array | FusedMotion;

/** Draws composited frames on the canvas; the one path for live frames and snapshots. */
export interface Picture {
  readonly renderer: "webgpu" | "cpu";
  /** A frame of the torso video, of the bundle's canvas size; what of it is not opaque lets the page through. */
  setTorso(torso: ImageData, opaque: boolean): void;
  /**
   * Draws on the canvas; resolves when the frame is finished. The first call takes the canvas' context.
   * @param restored whether the avatar's restorer is to go over the frame.
   */
  draw(motion: Motion, pose: HeadPose, restored?: boolean): Promise<void>;
  /** The same work, shown to nobody. */
  rehearse(motion: Motion, pose: HeadPose): Promise<void>;
  /** The same frame at the bundle's canvas size, into memory. */
  read(motion: Motion, pose: HeadPose, restored?: boolean): Promise<ImageData>;
  /** The avatar's restorer, once it has come; full-size frames alone have time for it, and its box lies on those. */
  setRestorer(weights: RestorerWeights): Promise<void>;
  /** Draws at this share of the bundle's canvas size as soon as that is prepared, from one frame to the next. */
  setScale(scale: number): Promise<void>;
  /** Milliseconds per pass of the latest frame, where it can be told. */
  readonly passMs: Readonly<Record<string, number>>;
  destroy(): void;
}
