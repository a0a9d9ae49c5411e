import { TILE_HEIGHT, TILE_WIDTH } from "./scene";

// A tile's pixels while they are blended: for each four neighbours of a row, a group, their r g b T.

export const GROUPS: i32 = TILE_WIDTH / 4;
export const GROUP_BYTES: usize = 64;
export const ROW_BYTES: usize = <usize>GROUPS * GROUP_BYTES;
export const TILE_BYTES: usize = <usize>TILE_HEIGHT * ROW_BYTES;

/** Behind the pixels, as floats: the first live group of each row, then the last; outside of these all is saturated. */
export const LIVE_FIRST: usize = TILE_BYTES;
/** Three rows more, never live: rows are looked at four at a time. */
export const LIVE_ROWS: i32 = TILE_HEIGHT + 4;
export const LIVE_LAST: usize = LIVE_FIRST + <usize>LIVE_ROWS * 4;

/** Behind those: the spans about to be blended; see spans.ts. A splat lists at most one a row, and writes beyond it. */
export const SPANS: usize = LIVE_LAST + <usize>LIVE_ROWS * 4;
export const SPAN_BYTES: usize = 48;
/** As many as stay in the level-1 cache beside the pixels. */
export const SPANS_FULL: usize = 192 * SPAN_BYTES;

export const BLEND_BYTES: usize = SPANS + SPANS_FULL + (<usize>TILE_HEIGHT + 4) * SPAN_BYTES;
