import { growPairs } from "./memory";
import { DROPPED, SPLAT_BYTES, scene, TILE_HEIGHT, TILE_WIDTH } from "./scene";

// Lists for each tile the splats that reach it, nearest first.

const SLACK: f32 = 0.01;

/** Notes the tiles where the mask is 0: their splats need not be listed. */
export function markDeadTiles(): void {
  const tiles = scene.tilesX * scene.tilesY;
  memory.fill(scene.tileDead, 1, <usize>tiles);
  for (let y = 0; y < scene.height; y++) {
    const row = scene.mask + <usize>(y * scene.width);
    const dead = scene.tileDead + <usize>((y / TILE_HEIGHT) * scene.tilesX);
    for (let x = 0; x < scene.width; x++) {
      if (load<u8>(row + <usize>x)) store<u8>(dead + <usize>(x / TILE_WIDTH), 0);
    }
  }
}

/** @returns false: the memory cannot hold the pairs. */
export function bin(): bool {
  const ends = scene.tileEnds;
  const tiles = scene.tilesX * scene.tilesY;
  memory.fill(ends, 0, (<usize>tiles) << 2);
  for (let i = 0; i < scene.count; i++) {
    if (load<u32>(scene.depthKeys + ((<usize>i) << 2)) !== DROPPED) add(i, false);
  }
  let place: u32 = 0;
  for (let end = ends; end < ends + ((<usize>tiles) << 2); end += 4) {
    const many = load<u32>(end);
    store<u32>(end, place);
    place += many;
  }
  scene.pairCount = <i32>place;
  if (place > <u32>scene.pairCapacity && !growPairs(place)) return false;
  const last = scene.ranked + ((<usize>scene.drawn) << 3);
  for (let at = scene.ranked; at < last; at += 8) add(load<u32>(at), true);
  return true;
}

/** Counts a splat in its tiles, or writes it down. */
function add(index: u32, write: bool): void {
  const bounds = load<u64>(scene.tileBounds + ((<usize>index) << 3));
  const left = <i32>(bounds & 0xffff);
  const right = <i32>((bounds >> 16) & 0xffff);
  const top = <i32>((bounds >> 32) & 0xffff);
  const bottom = <i32>(bounds >> 48);
  if (left === right || top === bottom) {
    for (let row = top; row <= bottom; row++) addRow(index, row, left, right, write);
  } else {
    const splat = scene.splats + <usize>index * SPLAT_BYTES;
    for (let row = top; row <= bottom; row++) addEllipseRow(index, splat, row, left, right, write);
  }
}

function addRow(index: u32, row: i32, left: i32, right: i32, write: bool): void {
  const dead = scene.tileDead;
  const masked = scene.hasMask !== 0 && scene.headOnly === 0;
  const ends = scene.tileEnds;
  const pairs = scene.pairs;
  const first = row * scene.tilesX;
  for (let tile = first + left; tile <= first + right; tile++) {
    if (masked && load<u8>(dead + <usize>tile)) continue;
    const end = ends + ((<usize>tile) << 2);
    const place = load<u32>(end);
    if (write) store<u32>(pairs + ((<usize>place) << 2), index);
    store<u32>(end, place + 1);
  }
}

/** Only the tiles of the row that the ellipse itself reaches. */
function addEllipseRow(index: u32, splat: usize, row: i32, left: i32, right: i32, write: bool): void {
  const meanX = load<f32>(splat);
  const meanY = load<f32>(splat, 4);
  const l11 = load<f32>(splat, 8);
  const l21 = load<f32>(splat, 12);
  const l22 = load<f32>(splat, 16);
  const reach = load<f32>(splat, 24);
  const root = sqrt<f32>(reach);
  const halfHeight = root / l22;
  const top = max<f32>(<f32>(row * TILE_HEIGHT) + 0.5 - meanY, -halfHeight);
  const bottom = min<f32>(<f32>(row * TILE_HEIGHT + TILE_HEIGHT) - 0.5 - meanY, halfHeight);
  if (top > bottom + SLACK) return;
  // dy where the ellipse is widest to the right; to the left it is −widest.
  const skew = l21 / l11;
  const widest = (-root * l21) / (sqrt<f32>(l21 * l21 + l22 * l22) * l22);
  const rightDy = max<f32>(top, min<f32>(bottom, widest));
  const leftDy = max<f32>(top, min<f32>(bottom, -widest));
  const low = meanX - skew * leftDy - halfWidth(l11, l22, reach, leftDy) - SLACK - 0.5;
  const high = meanX - skew * rightDy + halfWidth(l11, l22, reach, rightDy) + SLACK - 0.5;
  addRow(
    index,
    row,
    max(left, <i32>max<f32>(0, min<f32>(<f32>scene.width, ceil<f32>(low))) / TILE_WIDTH),
    min(right, <i32>max<f32>(-1, min<f32>(<f32>scene.width, floor<f32>(high))) / TILE_WIDTH),
    write,
  );
}

function halfWidth(l11: f32, l22: f32, reach: f32, dy: f32): f32 {
  const v = l22 * dy;
  return sqrt<f32>(max<f32>(reach - v * v, 0)) / l11;
}
