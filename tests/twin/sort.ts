import type { Splats } from "./project";

/** Indices of the splats to draw, nearest first; equal depths by index. */
export function sortByDepth(splats: Splats): Uint32Array {
  const { reach, depth } = splats;
  const drawn = Uint32Array.from(reach.keys()).filter((i) => (reach[i] as number) > 0);
  return drawn.sort((i, j) => (depth[i] as number) - (depth[j] as number) || i - j);
}
