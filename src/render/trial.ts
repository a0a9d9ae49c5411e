import type { Avatar } from "../avatar/load";
import { type Conditions, EXPRESSION_SIZE } from "../motion/conditions";
import type { Deform } from "./deform";
import { poseOf } from "./head";
import type { Picture } from "./picture";

const FRAMES = 3;
/** Of the lip feature: how far the lips are apart. */
const OPENING = 15;

/** Frames that nobody sees, each another: the head turns and the mouth opens with `phase` from 0 to 1. */
export function trialConditions({ manifest }: Avatar, phase: number): Conditions {
  const lip = Float32Array.from(manifest.lip.silence);
  lip[OPENING] = phase;
  const expression = Float32Array.from({ length: EXPRESSION_SIZE }, (_, i) => {
    const { rest = 0, max = 0 } = manifest.expression[i] ?? {};
    return rest + phase * (max - rest);
  });
  return { lip, expression, rotation: [0, 0.1 * phase, 0], translation: [0, 0, 0], torsoFrame: 0 };
}

/** Median milliseconds from conditions to pixels, after one frame that warms up. */
export async function timeFrames(picture: Picture, deform: Deform, avatar: Avatar): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= FRAMES; i++) {
    const conditions = trialConditions(avatar, i / FRAMES);
    const start = performance.now();
    await picture.rehearse(await deform.run(conditions), poseOf(avatar, conditions));
    times.push(performance.now() - start);
  }
  return times.slice(1).sort((a, b) => a - b)[FRAMES >> 1] ?? Number.POSITIVE_INFINITY;
}
