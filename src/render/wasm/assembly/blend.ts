import { SPLAT_BYTES, scene, TILE_HEIGHT, TILE_WIDTH } from "./scene";
import { madd, splat } from "./simd";
import { listSpans } from "./spans";
import {
  GROUP_BYTES,
  GROUPS,
  LIVE_FIRST,
  LIVE_LAST,
  LIVE_ROWS,
  ROW_BYTES,
  SPAN_BYTES,
  SPANS,
  SPANS_FULL,
} from "./tile";

// One tile, its splats front to back. A row's live groups are an interval that shrinks as its ends saturate; what lies
// outside costs nothing.

const ALPHA_MIN: f32 = 1 / 255.0;
const ALPHA_MAX: f32 = 0.99;
const TRANSMITTANCE_MIN: f32 = 1e-4;

/** Splats of tile number `tile` → its pixels in `buffer`. */
export function blend(tile: i32, buffer: usize): void {
  const x0 = (tile % scene.tilesX) * TILE_WIDTH;
  const y0 = (tile / scene.tilesX) * TILE_HEIGHT;
  if (!clear(x0, y0, buffer)) return;
  const begin = tile === 0 ? 0 : load<u32>(scene.tileEnds + ((<usize>(tile - 1)) << 2));
  const end = load<u32>(scene.tileEnds + ((<usize>tile) << 2));
  const last = scene.pairs + ((<usize>end) << 2);
  const spans = buffer + SPANS;
  let listed = spans;
  for (let at = scene.pairs + ((<usize>begin) << 2); at < last; at += 4) {
    listed = listSpans(scene.splats + <usize>load<u32>(at) * SPLAT_BYTES, x0, y0, buffer, listed);
    if (listed - spans < SPANS_FULL) continue;
    blendSpans(spans, listed);
    listed = spans;
    if (!trim(buffer)) return;
  }
  blendSpans(spans, listed);
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
  }
  for (let row: usize = 0; row < <usize>LIVE_ROWS; row++) {
    store<f32>(buffer + (row << 2), 0, LIVE_FIRST);
    store<f32>(buffer + (row << 2), row < <usize>TILE_HEIGHT ? <f32>(GROUPS - 1) : -1, LIVE_LAST);
  }
  return trim(buffer);
}

/** Takes saturated groups off the ends of the live intervals. @returns whether any group is left. */
function trim(buffer: usize): bool {
  let any = false;
  for (let row: usize = 0; row < <usize>TILE_HEIGHT; row++) {
    const transmittance = buffer + row * ROW_BYTES + 48;
    const live = buffer + (row << 2);
    let first = <i32>load<f32>(live, LIVE_FIRST);
    let last = <i32>load<f32>(live, LIVE_LAST);
    while (first <= last && saturated(transmittance + <usize>first * GROUP_BYTES)) first++;
    while (first <= last && saturated(transmittance + <usize>last * GROUP_BYTES)) last--;
    store<f32>(live, <f32>first, LIVE_FIRST);
    store<f32>(live, <f32>last, LIVE_LAST);
    if (first <= last) any = true;
  }
  return any;
}

function saturated(transmittance: usize): bool {
  return !v128.any_true(f32x4.ge(v128.load(transmittance), f32x4.splat(TRANSMITTANCE_MIN)));
}

function blendSpans(span: usize, end: usize): void {
  for (; span < end; span += SPAN_BYTES) {
    const at = load<usize>(span, 40);
    const red = splat(at, 32);
    const green = splat(at, 36);
    const blue = splat(at, 40);
    const factorFactor = splat(span, 44);
    const last = load<usize>(span, 36);
    let alpha = v128.load(span);
    let factor = v128.load(span, 16);
    let group = load<usize>(span, 32);
    while (true) {
      const transmittance = v128.load(group, 48);
      const counts = v128.and(
        f32x4.ge(alpha, f32x4.splat(ALPHA_MIN)),
        f32x4.ge(transmittance, f32x4.splat(TRANSMITTANCE_MIN)),
      );
      const weight = v128.and(counts, f32x4.mul(transmittance, f32x4.pmin(f32x4.splat(ALPHA_MAX), alpha)));
      v128.store(group, madd(weight, red, v128.load(group)));
      v128.store(group, madd(weight, green, v128.load(group, 16)), 16);
      v128.store(group, madd(weight, blue, v128.load(group, 32)), 32);
      v128.store(group, f32x4.sub(transmittance, weight), 48);
      if (group >= last) break;
      group += GROUP_BYTES;
      alpha = f32x4.mul(alpha, factor);
      factor = f32x4.mul(factor, factorFactor);
    }
  }
}
