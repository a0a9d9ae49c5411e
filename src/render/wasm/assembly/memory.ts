import { DEFORM_BYTES } from "./deform";
import { FOLDED, restorer } from "./restore";
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

/** Room for a restorer of this box and these channels; once. @returns false: there is not so much memory. */
export function reserveRestorer(
  x: i32,
  y: i32,
  width: i32,
  height: i32,
  wide: i32,
  middle: i32,
  deep: i32,
): bool {
  next = scene.pairs;
  const r = restorer;
  r.x = x;
  r.y = y;
  r.width = width;
  r.height = height;
  r.wide = wide;
  r.middle = middle;
  r.deep = deep;
  r.place = take(<u64>(width * height * wide));
  r.moved = take(<u64>wide * 4);
  r.enter = takeKernel(FOLDED, wide);
  r.down = takeKernel(wide, middle);
  r.deepen = takeKernel(middle, deep);
  r.deepest = takeKernel(deep, deep);
  r.level = takeKernel(middle, middle);
  r.top = takeKernel(wide, wide);
  r.leave = takeKernel(wide, FOLDED);
  r.rise = take(<u64>(deep * middle * 4));
  r.riseAgain = take(<u64>(middle * wide * 4));
  r.rows = take(<u64>height * 4);
  r.columns = take(<u64>width * 4);
  r.folded = takeLayer(1, FOLDED);
  r.first = takeLayer(1, wide);
  r.last = takeLayer(1, wide);
  r.second = takeLayer(2, middle);
  r.secondAgain = takeLayer(2, middle);
  r.third = takeLayer(3, deep);
  r.thirdAgain = takeLayer(3, deep);
  scene.pairs = take(0);
  return growPairs(scene.count * 2);
}

/** 3×3 weights and a bias. */
function takeKernel(inputs: i32, outputs: i32): usize {
  return take(<u64>((inputs * 9 + 1) * outputs * 4));
}

/** A layer with its border, of the box halved so often. */
function takeLayer(halved: i32, channels: i32): usize {
  const width = (restorer.width >> halved) + 2;
  const height = (restorer.height >> halved) + 2;
  return take(<u64>(width * height * channels * 4));
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
