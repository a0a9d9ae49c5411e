/** The stages of a frame in their order; names of the timings. */
export const PASS_NAMES = [
  "project",
  "sort_depth",
  "scan",
  "emit",
  "sort_tile",
  "tile_ranges",
  "blend",
  "composite",
] as const;
export type PassName = (typeof PASS_NAMES)[number];
