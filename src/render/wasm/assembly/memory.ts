import { DEFORM_BYTES } from "./deform";
import { CHUNK, GAUSSIANS_BYTES, OFFSET_BYTES, SPLAT_BYTES, scene, TILE_HEIGHT, TILE_WIDTH } from "./scene";
import { SORT_BYTES } from "./sort";
import { BLEND_BYTES } from "./tile";

// Arrays one behind the other, each on a cache line of its own.

const START: usize = 2048;
const PAGE: usize = 65536;
/** One thread's own memory: rows of offsets, and what each pass keeps for itself. */
export const SCRATCH_BYTES: usize =
  ((<usize>CHUNK * OFFSET_BYTES + DEFORM_BYTES + SORT_BYTES + BLEND_BYTES) | 63) + 1;

let next: usize = START;
/** Beyond what 32 bits address. */
let tooMuch = false;

/**
 * Lays out a scene; all of it is zero, which stands for a Gaussian at the origin.
 * @param fused whether there are weights to deform with.
 * @returns false: there is not so much memory.
 */
export function reserve(
  count: i32,
  coefficients: i32,
  width: i32,
  height: i32,
  threads: i32,
  fused: bool,
): bool {
  const rows = (<u64>count + 3) & ~3;
  const pixels = <u64>width * height;
  scene.count = count;
  scene.coefficients = coefficients;
  scene.width = width;
  scene.height = height;
  scene.tilesX = (width + TILE_WIDTH - 1) / TILE_WIDTH;
  scene.tilesY = (height + TILE_HEIGHT - 1) / TILE_HEIGHT;
  const tiles = <u64>scene.tilesX * scene.tilesY;
  scene.uniforms = take(96);
  scene.conditions = take(192);
  scene.gaussians = take((rows / 4) * GAUSSIANS_BYTES);
  scene.harmonics = take(rows * coefficients * 12);
  scene.offsets = take(rows * 56);
  if (fused) {
    scene.attention = take(rows * 192);
    scene.firstFromFeature = take(rows * 256);
    scene.firstFromConditions = take(48 * 256);
    scene.second = take(65 * 256);
    scene.last = take(65 * 64);
  }
  scene.splats = take(rows * SPLAT_BYTES);
  scene.tileBounds = take(rows * 8);
  scene.depthKeys = take(rows * 4);
  scene.ranked = take(rows * 8);
  scene.rankedSpare = take(rows * 8);
  scene.tileEnds = take(tiles * 4);
  scene.tileDead = take(tiles);
  scene.torso = take(pixels * 4);
  scene.mask = take(pixels);
  scene.pixels = take(pixels * 4);
  scene.scratch = take(<u64>threads * SCRATCH_BYTES);
  scene.pairs = take(0);
  // Twice a Gaussian is what portraits need; a frame that needs more grows it.
  return growPairs(count * 2);
}

/** Room for the head alone; once. @returns its address, 0: there is not so much memory. */
export function reservePicture(): usize {
  if (scene.picture === 0) {
    const pairs = scene.pairs;
    next = pairs;
    scene.picture = take(<u64>scene.width * scene.height * 16);
    scene.pairs = take(0);
    if (!growPairs(scene.count * 2)) {
      scene.picture = 0;
      scene.pairs = pairs;
    }
  }
  return scene.picture;
}

/** Room for so many pairs and half as many again. @returns false: there is not so much memory. */
export function growPairs(count: u32): bool {
  const bytes = (<u64>count + count / 2) * 4;
  if (tooMuch || <u64>scene.pairs + bytes > 0xffff0000) return false;
  const end = scene.pairs + <usize>bytes;
  const pages = <i32>((end + PAGE - 1) / PAGE) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  scene.pairCapacity = <i32>(bytes / 4);
  scene.end = end;
  return true;
}

function take(bytes: u64): usize {
  const address = next;
  const end = <u64>address + ((bytes + 79) & ~63); // 16 bytes more, which loads of four may read at the end
  if (end > 0xffff0000) tooMuch = true;
  else next = <usize>end;
  return address;
}
