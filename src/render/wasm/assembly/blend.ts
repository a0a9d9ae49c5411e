import { SPLAT_BYTES, scene, TILE_HEIGHT, TILE_WIDTH } from "./scene";
import { madd, nmadd, splat } from "./simd";

// One tile, its splats front to back, in a buffer that the level-1 cache holds: for each four neighbours r g b T.
// A row's live groups are an interval that shrinks as its ends saturate; what lies outside costs nothing.

const GROUPS: i32 = TILE_WIDTH / 4;
const GROUP_BYTES: usize = 64;
const ROW_BYTES: usize = <usize>GROUPS * GROUP_BYTES;
/** Bytes of scratch: the tile, then each row's first and last live group, then four rows' spans. */
export const BLEND_BYTES: usize = <usize>TILE_HEIGHT * (ROW_BYTES + 8) + 64;
const LIVE_FIRST: usize = <usize>TILE_HEIGHT * ROW_BYTES;
const LIVE_LAST: usize = LIVE_FIRST + <usize>TILE_HEIGHT * 4;
const SPANS: usize = LIVE_LAST + <usize>TILE_HEIGHT * 4;

const ALPHA_MAX: f32 = 0.99;
const TRANSMITTANCE_MIN: f32 = 1e-4;
const LOG2_255: f32 = 7.994353436858858;
const SLACK: f32 = 0.01;
/** Splats between two looks at which rows are still live. */
const TRIM_EVERY: i32 = 32;

/** Splats of tile number `tile` → its pixels in `buffer`. */
export function blend(tile: i32, buffer: usize): void {
  const x0 = (tile % scene.tilesX) * TILE_WIDTH;
  const y0 = (tile / scene.tilesX) * TILE_HEIGHT;
  if (!clear(x0, y0, buffer)) return;
  const begin = tile === 0 ? 0 : load<u32>(scene.tileEnds + ((<usize>(tile - 1)) << 2));
  const end = load<u32>(scene.tileEnds + ((<usize>tile) << 2));
  let at = scene.pairs + ((<usize>begin) << 2);
  const last = scene.pairs + ((<usize>end) << 2);
  while (at < last) {
    const stop = min(last, at + <usize>TRIM_EVERY * 4);
    for (; at < stop; at += 4) {
      blendSplat(scene.splats + <usize>load<u32>(at) * SPLAT_BYTES, x0, y0, buffer);
    }
    if (at < last && !trim(buffer)) return;
  }
}

/** Nothing drawn yet; T = 0 where the picture ends or the mask ignores the head. @returns whether a pixel is live. */
function clear(x0: i32, y0: i32, buffer: usize): bool {
  const zero = f32x4.splat(0);
  const lanes = i32x4(0, 1, 2, 3);
  const masked = scene.hasMask !== 0 && scene.headOnly === 0;
  for (let row = 0; row < TILE_HEIGHT; row++) {
    const y = y0 + row;
    const live = y < scene.height;
    const mask = scene.mask + <usize>(y * scene.width + x0);
    let group = buffer + <usize>row * ROW_BYTES;
    for (let x = 0; x < TILE_WIDTH; x += 4) {
      let open = i32x4.lt_s(i32x4.add(i32x4.splat(x0 + x), lanes), i32x4.splat(live ? scene.width : 0));
      if (masked && live) {
        const trust = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(mask + <usize>x)));
        open = v128.and(open, i32x4.ne(trust, i32x4.splat(0)));
      }
      v128.store(group, zero);
      v128.store(group, zero, 16);
      v128.store(group, zero, 32);
      v128.store(group, v128.and(open, f32x4.splat(1)), 48);
      group += GROUP_BYTES;
    }
    store<i32>(buffer + LIVE_FIRST + ((<usize>row) << 2), 0);
    store<i32>(buffer + LIVE_LAST + ((<usize>row) << 2), GROUPS - 1);
  }
  return trim(buffer);
}

/** Takes saturated groups off the ends of the live intervals. @returns whether any group is left. */
function trim(buffer: usize): bool {
  let any = false;
  for (let row: usize = 0; row < <usize>TILE_HEIGHT; row++) {
    const transmittance = buffer + row * ROW_BYTES + 48;
    let first = load<i32>(buffer + LIVE_FIRST + (row << 2));
    let last = load<i32>(buffer + LIVE_LAST + (row << 2));
    while (first <= last && saturated(transmittance + <usize>first * GROUP_BYTES)) first++;
    while (first <= last && saturated(transmittance + <usize>last * GROUP_BYTES)) last--;
    store<i32>(buffer + LIVE_FIRST + (row << 2), first);
    store<i32>(buffer + LIVE_LAST + (row << 2), last);
    if (first <= last) any = true;
  }
  return any;
}

function saturated(transmittance: usize): bool {
  return !v128.any_true(f32x4.ge(v128.load(transmittance), f32x4.splat(TRANSMITTANCE_MIN)));
}

function blendSplat(at: usize, x0: i32, y0: i32, buffer: usize): void {
  const top = max(load<i32>(at, 56) - y0, 0) & ~3;
  const bottom = min(load<i32>(at, 60) - y0, TILE_HEIGHT - 1);
  const meanX = f32x4.splat(load<f32>(at) - <f32>x0 - 0.5);
  const l11 = splat(at, 8);
  const l21 = splat(at, 12);
  const l22 = splat(at, 16);
  const log2Opacity = splat(at, 20);
  const reach = splat(at, 24);
  const perL11 = splat(at, 28);
  const skew = f32x4.mul(l21, perL11);
  const step = f32x4.mul(l11, f32x4.splat(4));
  const slack = f32x4.splat(SLACK);
  const zero = f32x4.splat(0);
  const red = splat(at, 32);
  const green = splat(at, 36);
  const blue = splat(at, 40);
  // u at the centres of the row's first four pixels, without its part of dy.
  const corner = f32x4.mul(l11, f32x4.sub(f32x4(0, 1, 2, 3), meanX));
  let dy = f32x4.add(f32x4.splat(<f32>(y0 + top) + 0.5 - load<f32>(at, 4)), f32x4(0, 1, 2, 3));
  for (let rows = top; rows <= bottom; rows += 4) {
    // The spans of four rows.
    const v = f32x4.mul(l22, dy);
    const rest = nmadd(v, v, reach);
    const halfWidth = madd(f32x4.sqrt(f32x4.pmax(zero, rest)), perL11, slack);
    const centre = nmadd(skew, dy, meanX);
    const left = i32x4.shr_s(i32x4.trunc_sat_f32x4_s(f32x4.ceil(f32x4.sub(centre, halfWidth))), 2);
    const right = i32x4.shr_s(i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(centre, halfWidth))), 2);
    const live = buffer + LIVE_FIRST + ((<usize>rows) << 2);
    const first = i32x4.max_s(left, v128.load(live));
    const last = i32x4.min_s(right, v128.load(live, LIVE_LAST - LIVE_FIRST));
    const reached = v128.and(f32x4.ge(rest, zero), i32x4.le_s(first, last));
    v128.store(buffer + SPANS, first);
    v128.store(buffer + SPANS, last, 16);
    v128.store(buffer + SPANS, f32x4.mul(l21, dy), 32);
    v128.store(buffer + SPANS, nmadd(v, v, log2Opacity), 48);
    let bits = i32x4.bitmask(reached);
    while (bits !== 0) {
      const k = ctz(bits);
      bits &= bits - 1;
      const span = buffer + SPANS + ((<usize>k) << 2);
      const from = load<i32>(span);
      const row = buffer + <usize>(rows + k) * ROW_BYTES;
      const along = madd(f32x4.splat(<f32>from), step, f32x4.add(corner, splat(span, 32)));
      blendSpan(
        row + <usize>from * GROUP_BYTES,
        row + <usize>load<i32>(span, 16) * GROUP_BYTES,
        along,
        step,
        splat(span, 48),
        red,
        green,
        blue,
      );
    }
    dy = f32x4.add(dy, f32x4.splat(4));
  }
}

/** One splat over the groups at `group` … `last` of a row; `most`: log2 of its alpha where u = 0. */
function blendSpan(
  group: usize,
  last: usize,
  u: v128,
  step: v128,
  most: v128,
  red: v128,
  green: v128,
  blue: v128,
): void {
  for (; group <= last; group += GROUP_BYTES) {
    const transmittance = v128.load(group, 48);
    const power = nmadd(u, u, most);
    const counts = v128.and(
      f32x4.ge(power, f32x4.splat(-LOG2_255)),
      f32x4.ge(transmittance, f32x4.splat(TRANSMITTANCE_MIN)),
    );
    const alpha = v128.and(counts, f32x4.pmin(f32x4.splat(ALPHA_MAX), exp2Small(power)));
    const weight = f32x4.mul(transmittance, alpha);
    v128.store(group, madd(weight, red, v128.load(group)));
    v128.store(group, madd(weight, green, v128.load(group, 16)), 16);
    v128.store(group, madd(weight, blue, v128.load(group, 32)), 32);
    v128.store(group, f32x4.sub(transmittance, weight), 48);
    u = f32x4.add(u, step);
  }
}

/** 2^x within 2.6e-6 of itself, for |x| < 126: minimax polynomial of degree 4 on [−½, ½]. */
function exp2Small(x: v128): v128 {
  // Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
  const magic = f32x4.splat(12582912);
  const rounded = f32x4.add(x, magic);
  const f = f32x4.sub(x, f32x4.sub(rounded, magic));
  let p = madd(f, f32x4.splat(0.009570102207362652), f32x4.splat(0.05591785907745361));
  p = madd(p, f, f32x4.splat(0.240247443318367));
  p = madd(p, f, f32x4.splat(0.6931217908859253));
  p = madd(p, f, f32x4.splat(0.9999992847442627));
  return i32x4.add(p, i32x4.shl(rounded, 23));
}
