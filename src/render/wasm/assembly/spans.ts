import { TILE_HEIGHT } from "./scene";
import { exp2Near, madd, nmadd, splat } from "./simd";
import { GROUP_BYTES, GROUPS, LIVE_FIRST, LIVE_LAST, ROW_BYTES, SPAN_BYTES } from "./tile";

// Which groups of each row a splat reaches and its alpha there: four rows at once, and apart from the blending, whose
// loops are too short to be foretold.
// Along a row alpha is exp2 of a parabola: from group to group it changes by a factor that itself changes by a constant,
// (u + h)² = u² + 2hu + h². The dilation bounds l11, so that all of it stays within a float's range.
// A span, 48 bytes: alpha of the first group's pixels | factors to the next | first group, last group, splat,
// factor of the factors.

/** Groups: a hundredth of a pixel, which rounding might lose at the ends. */
const SLACK: f32 = 0.0025;
/** 1.5·2²³: a number added to it is rounded, and lies in the low bits. */
const MAGIC: f32 = 12582912;

/** Lists a splat's live spans in the tile whose first pixel is x0, y0. @returns the list's end. */
export function listSpans(at: usize, x0: i32, y0: i32, tile: usize, end: usize): usize {
  const top = max(load<i32>(at, 56) - y0, 0);
  const bottom = min(load<i32>(at, 60) - y0, TILE_HEIGHT - 1);
  // Along x in groups, not pixels.
  const meanX = f32x4.splat((load<f32>(at) - <f32>x0 - 0.5) * 0.25);
  const l11 = f32x4.splat(load<f32>(at, 8) * 4);
  const l21 = splat(at, 12);
  const l22 = splat(at, 16);
  const log2Opacity = splat(at, 20);
  const reach = splat(at, 24);
  const perL11 = f32x4.splat(load<f32>(at, 28) * 0.25);
  const skew = f32x4.mul(l21, perL11);
  const origin = f32x4.mul(l11, meanX);
  // −h² in alpha of the pixels behind the first, and in the factor to the next group.
  const square = f32x4.mul(f32x4.mul(l11, l11), f32x4.splat(-1.0 / 16));
  const bend = exp2Near(f32x4.mul(square, f32x4(0, 1, 4, 9)));
  const factorBend = exp2Near(f32x4.mul(square, f32x4(16, 24, 32, 40)));
  const twice = f32x4.mul(l11, f32x4.splat(-0.5));
  // The splat, and the factor of the factors: −32·h², as in the third lane above.
  const tail = v128.shuffle<f32>(i32x4.splat(<i32>at), factorBend, 0, 6, 0, 6);
  const zero = f32x4.splat(0);
  const magic = f32x4.splat(MAGIC);
  // In this form the magic's own bits go, and the tile's address comes.
  const base = i32x4.splat(<i32>tile - reinterpret<i32>(MAGIC));
  let rows = f32x4.add(f32x4.splat(<f32>top), f32x4(0, 1, 2, 3));
  let dy = f32x4.add(f32x4.splat(<f32>(y0 + top) + 0.5 - load<f32>(at, 4)), f32x4(0, 1, 2, 3));
  for (let row = top; row <= bottom; row += 4) {
    const v = f32x4.mul(l22, dy);
    const rest = nmadd(v, v, reach);
    const halfWidth = f32x4.mul(f32x4.sqrt(f32x4.pmax(zero, rest)), perL11);
    const centre = nmadd(skew, dy, meanX);
    const live = tile + ((<usize>row) << 2);
    const left = floorNear(f32x4.add(f32x4.sub(centre, halfWidth), f32x4.splat(0.25 - SLACK)));
    const right = floorNear(f32x4.add(f32x4.add(centre, halfWidth), f32x4.splat(SLACK)));
    const first = f32x4.pmax(v128.load(live, LIVE_FIRST), left);
    const last = f32x4.pmin(v128.load(live, LIVE_LAST), right);
    const reached = i32x4.bitmask(v128.and(f32x4.ge(rest, zero), f32x4.le(first, last)));
    if (reached !== 0) {
      const u = madd(first, l11, f32x4.sub(f32x4.mul(l21, dy), origin));
      const alpha0 = exp2Near(nmadd(u, u, nmadd(v, v, log2Opacity)));
      const ratio = exp2Near(f32x4.mul(twice, u));
      const ratio2 = f32x4.mul(ratio, ratio);
      const factor = f32x4.mul(ratio2, ratio2);
      const alpha1 = f32x4.mul(alpha0, ratio);
      const alpha2 = f32x4.mul(alpha0, ratio2);
      const alpha3 = f32x4.mul(alpha1, ratio2);
      const low01 = v128.shuffle<f32>(alpha0, alpha1, 0, 4, 1, 5);
      const low23 = v128.shuffle<f32>(alpha2, alpha3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(alpha0, alpha1, 2, 6, 3, 7);
      const high23 = v128.shuffle<f32>(alpha2, alpha3, 2, 6, 3, 7);
      // Bytes from the tile's begin are few enough for a float's mantissa.
      const rowBytes = madd(rows, f32x4.splat(<f32>ROW_BYTES), magic);
      const from = i32x4.add(base, madd(first, f32x4.splat(<f32>GROUP_BYTES), rowBytes));
      const to = i32x4.add(base, madd(last, f32x4.splat(<f32>GROUP_BYTES), rowBytes));
      const lowEnds = v128.shuffle<f32>(from, to, 0, 4, 1, 5);
      const highEnds = v128.shuffle<f32>(from, to, 2, 6, 3, 7);
      // Every row writes, the next writes over it unless it was reached.
      v128.store(end, f32x4.mul(bend, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5)));
      v128.store(end, f32x4.mul(factorBend, v128.shuffle<f32>(factor, factor, 0, 0, 0, 0)), 16);
      v128.store(end, v128.shuffle<f32>(lowEnds, tail, 0, 1, 4, 5), 32);
      end += <usize>(reached & 1) * SPAN_BYTES;
      v128.store(end, f32x4.mul(bend, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7)));
      v128.store(end, f32x4.mul(factorBend, v128.shuffle<f32>(factor, factor, 1, 1, 1, 1)), 16);
      v128.store(end, v128.shuffle<f32>(lowEnds, tail, 2, 3, 4, 5), 32);
      end += <usize>((reached >> 1) & 1) * SPAN_BYTES;
      v128.store(end, f32x4.mul(bend, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5)));
      v128.store(end, f32x4.mul(factorBend, v128.shuffle<f32>(factor, factor, 2, 2, 2, 2)), 16);
      v128.store(end, v128.shuffle<f32>(highEnds, tail, 0, 1, 4, 5), 32);
      end += <usize>((reached >> 2) & 1) * SPAN_BYTES;
      v128.store(end, f32x4.mul(bend, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7)));
      v128.store(end, f32x4.mul(factorBend, v128.shuffle<f32>(factor, factor, 3, 3, 3, 3)), 16);
      v128.store(end, v128.shuffle<f32>(highEnds, tail, 2, 3, 4, 5), 32);
      end += <usize>(reached >> 3) * SPAN_BYTES;
    }
    rows = f32x4.add(rows, f32x4.splat(4));
    dy = f32x4.add(dy, f32x4.splat(4));
  }
  return end;
}

/** The integer below, limited to just outside of the tile; at an integer itself perhaps the one before. */
function floorNear(value: v128): v128 {
  const limited = f32x4.pmax(f32x4.splat(-1), f32x4.pmin(f32x4.splat(<f32>GROUPS + 1), value));
  const magic = f32x4.splat(MAGIC);
  return f32x4.sub(f32x4.add(f32x4.sub(limited, f32x4.splat(0.5)), magic), magic);
}
