import type { AvatarManifest } from "../avatar/schema";
import { createExpression, type Expression } from "./expression";
import { createGaze, type Gaze } from "./gaze";

/** What an embedder asks of the face lies over all. */
export interface Asked {
  readonly expression: Expression;
  readonly gaze: Gaze;
}

/** @param motion rows of motion.bin, [frames · 19]. */
export function createAsked(manifest: AvatarManifest, motion: Float32Array): Asked {
  return { expression: createExpression(manifest), gaze: createGaze(manifest, motion) };
}
