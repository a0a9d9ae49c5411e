// What is where in the one memory that all threads share.

/** Tiles: their pixels as r g b T of four neighbours fit the level-1 cache. */
export const TILE_WIDTH: i32 = 64;
export const TILE_HEIGHT: i32 = 32;

/** Bytes of four Gaussians, an attribute of all four together: position 3, head weight, quaternion 4, log-scale 3, logit. */
export const GAUSSIANS_BYTES: usize = 192;
/** Bytes of a projected Gaussian; see project.ts. */
export const SPLAT_BYTES: usize = 64;
/** Depth key of a Gaussian that is not drawn. */
export const DROPPED: u32 = 0xffffffff;
/** Bytes from one row of offsets that `deform` writes to the next: 14 floats, and two that nobody reads. */
export const OFFSET_BYTES: usize = 64;
/** Gaussians that a thread takes at once. */
export const CHUNK: i32 = 64;

/** Addresses and sizes; one at address 1024, the arrays behind it. */
export class Scene {
  count: i32;
  coefficients: i32;
  width: i32;
  height: i32;
  tilesX: i32;
  tilesY: i32;
  /** Whether `deform` runs; else `offsets` is what the host wrote, 14 floats a row. */
  fused: i32;
  /** Whether `picture` is wanted instead of `pixels`. */
  headOnly: i32;
  hasTorso: i32;
  hasMask: i32;
  /** Whether the restorer's box is restored. */
  restoring: i32;
  drawn: i32;
  pairCount: i32;
  /** Pairs that fit. */
  pairCapacity: i32;
  /** f32: rotation 9 by rows, pivot 3, pivot + translation 3, camera 3, focal 2, principal 2, slope limit 2. */
  uniforms: usize;
  /** f32: lip 32, expression 13, zeros 3. */
  conditions: usize;
  gaussians: usize;
  /** f32 [N/4, coefficients, 3, 4] */
  harmonics: usize;
  /** f32 [N, 14] */
  offsets: usize;
  /** f32 [N, 48] lip and expression attention; 0: no weights. */
  attention: usize;
  firstFromFeature: usize;
  /** f32 [48, 64] */
  firstFromConditions: usize;
  /** f32 [65, 64], the last row the bias */
  second: usize;
  /** f32 [65, 16], the last row the bias */
  last: usize;
  /** [N] by index of the Gaussian */
  splats: usize;
  /** u16 [N, 4] first and last column and row of tiles around the splat */
  tileBounds: usize;
  /** u32 [N] bits of the depth, or DROPPED */
  depthKeys: usize;
  /** u64 [N] twice: depth key and index, before and after a pass of the sort. */
  ranked: usize;
  rankedSpare: usize;
  /** u32 [tiles + 1] where a tile's pairs begin, after `bin` where they end. */
  tileEnds: usize;
  /** u8 [tiles] 1: the mask is 0 all over the tile. */
  tileDead: usize;
  /** u8 [h, w, 4] */
  torso: usize;
  /** u8 [h, w] */
  mask: usize;
  /** u8 [h, w, 4] */
  pixels: usize;
  /** f32 [h, w, 4] premultiplied rgb and T, for tests; 0 until asked for. */
  picture: usize;
  /** Per thread: see SCRATCH_BYTES. */
  scratch: usize;
  /** u32 splat of each pair, tile by tile; last, since it grows. */
  pairs: usize;
  end: usize;
}

export const scene = changetype<Scene>(1024);
