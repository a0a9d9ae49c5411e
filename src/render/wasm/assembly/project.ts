import { color } from "./color";
import { DROPPED, GAUSSIANS_BYTES, SPLAT_BYTES, scene, TILE_HEIGHT, TILE_WIDTH } from "./scene";
import { dot3, exp, finite, log2, madd, nmadd, splat } from "./simd";

// A splat, 64 bytes: mean x y, l11, l21 | l22, log2 of the opacity, reach, 1/l11 | r g b, – |
// first and last column, first and last row.
// alpha(d) = min(0.99, exp2(log2 opacity − u² − v²)), u = l11·dx + l21·dy, v = l22·dy; reach: u² + v² at alpha = 1/255.

const NEAR: f32 = 0.2; // dm
const DILATION: f32 = 0.3; // px²
const LOG2_255: f32 = 7.994353436858858;
const BASE: f32 = 0.8493218002880191; // sqrt(log2(e) / 2)
// e^10 dm is beyond every screen, and its square and the square of that still fit a float.
const LOG_SCALE_MAX: f32 = 10;
// Pixels that rounding might lose at an ellipse's end.
const SLACK: f32 = 0.01;

const TILE_SHIFT_X = ctz(TILE_WIDTH);
const TILE_SHIFT_Y = ctz(TILE_HEIGHT);

/** Four Gaussians, number `block` · 4 on → splats and depth keys. `offsets` is the row of the first. */
export function project(block: i32, offsets: usize, stride: usize): void {
  const g = scene.gaussians + <usize>block * GAUSSIANS_BYTES;
  const uniforms = scene.uniforms;
  const row1 = offsets + stride;
  const row2 = row1 + stride;
  const row3 = row2 + stride;

  // Position and w of the quaternion.
  let a = v128.load(offsets);
  let b = v128.load(row1);
  let c = v128.load(row2);
  let d = v128.load(row3);
  let ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  let cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const x = f32x4.add(v128.load(g), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  const y = f32x4.add(v128.load(g, 16), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  ab = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  cd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const z = f32x4.add(v128.load(g, 32), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  let q0 = f32x4.add(v128.load(g, 64), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  const weight = v128.load(g, 48);

  // View space.
  const r00 = splat(uniforms, 0);
  const r01 = splat(uniforms, 4);
  const r02 = splat(uniforms, 8);
  const r10 = splat(uniforms, 12);
  const r11 = splat(uniforms, 16);
  const r12 = splat(uniforms, 20);
  const r20 = splat(uniforms, 24);
  const r21 = splat(uniforms, 28);
  const r22 = splat(uniforms, 32);
  const px = f32x4.sub(x, splat(uniforms, 36));
  const py = f32x4.sub(y, splat(uniforms, 40));
  const pz = f32x4.sub(z, splat(uniforms, 44));
  const turnedX = f32x4.add(dot3(r00, r01, r02, px, py, pz), splat(uniforms, 48));
  const turnedY = f32x4.add(dot3(r10, r11, r12, px, py, pz), splat(uniforms, 52));
  const turnedZ = f32x4.add(dot3(r20, r21, r22, px, py, pz), splat(uniforms, 56));
  const still = f32x4.sub(f32x4.splat(1), weight);
  const viewX = f32x4.sub(madd(still, x, f32x4.mul(weight, turnedX)), splat(uniforms, 60));
  const viewY = f32x4.sub(madd(still, y, f32x4.mul(weight, turnedY)), splat(uniforms, 64));
  const viewZ = f32x4.sub(madd(still, z, f32x4.mul(weight, turnedZ)), splat(uniforms, 68));
  const depth = f32x4.neg(viewZ);
  let valid = v128.and(finite(viewX), v128.and(finite(viewY), finite(viewZ)));
  valid = v128.and(valid, f32x4.gt(depth, f32x4.splat(NEAR)));

  // Rest of the quaternion and the first log-scale.
  a = v128.load(offsets, 16);
  b = v128.load(row1, 16);
  c = v128.load(row2, 16);
  d = v128.load(row3, 16);
  ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  let q1 = f32x4.add(v128.load(g, 80), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  let q2 = f32x4.add(v128.load(g, 96), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  ab = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  cd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  let q3 = f32x4.add(v128.load(g, 112), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  const s0 = f32x4.add(v128.load(g, 128), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  // The other two, the logit and the first colour.
  a = v128.load(offsets, 32);
  b = v128.load(row1, 32);
  c = v128.load(row2, 32);
  d = v128.load(row3, 32);
  ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const s1 = f32x4.add(v128.load(g, 144), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  const s2 = f32x4.add(v128.load(g, 160), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  ab = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  cd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const logit = f32x4.add(v128.load(g, 176), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  const redOffset = v128.shuffle<f32>(ab, cd, 2, 3, 6, 7);
  valid = v128.and(valid, v128.and(finite(logit), v128.and(finite(s0), v128.and(finite(s1), finite(s2)))));
  valid = v128.and(valid, v128.and(finite(q0), v128.and(finite(q1), v128.and(finite(q2), finite(q3)))));

  const log2Opacity = f32x4.neg(
    log2(f32x4.add(f32x4.splat(1), exp(f32x4.pmin(f32x4.splat(60), f32x4.neg(logit))))),
  );
  const reach = f32x4.add(log2Opacity, f32x4.splat(LOG2_255));
  valid = v128.and(valid, f32x4.gt(reach, f32x4.splat(0)));
  const first = block << 2;
  if (!v128.any_true(valid)) {
    drop(first);
    return;
  }

  // R of the quaternion, first divided by its largest component so that no square overflows.
  const largest = f32x4.pmax(
    f32x4.pmax(f32x4.abs(q0), f32x4.abs(q1)),
    f32x4.pmax(f32x4.abs(q2), f32x4.abs(q3)),
  );
  q0 = f32x4.div(q0, largest);
  q1 = f32x4.div(q1, largest);
  q2 = f32x4.div(q2, largest);
  q3 = f32x4.div(q3, largest);
  const squares = madd(q0, q0, dot3(q1, q2, q3, q1, q2, q3));
  const two = f32x4.div(f32x4.splat(2), squares);
  const one = f32x4.splat(1);
  const yx = f32x4.mul(two, f32x4.mul(q1, q2));
  const zx = f32x4.mul(two, f32x4.mul(q1, q3));
  const zy = f32x4.mul(two, f32x4.mul(q2, q3));
  const wx = f32x4.mul(two, f32x4.mul(q0, q1));
  const wy = f32x4.mul(two, f32x4.mul(q0, q2));
  const wz = f32x4.mul(two, f32x4.mul(q0, q3));
  const xx2 = f32x4.mul(two, f32x4.mul(q1, q1));
  const yy2 = f32x4.mul(two, f32x4.mul(q2, q2));
  const zz2 = f32x4.mul(two, f32x4.mul(q3, q3));

  // Rows of J·M, M = (1 − w)·I + w·R of the head.
  const m00 = madd(weight, r00, still);
  const m01 = f32x4.mul(weight, r01);
  const m02 = f32x4.mul(weight, r02);
  const m10 = f32x4.mul(weight, r10);
  const m11 = madd(weight, r11, still);
  const m12 = f32x4.mul(weight, r12);
  const m20 = f32x4.mul(weight, r20);
  const m21 = f32x4.mul(weight, r21);
  const m22 = madd(weight, r22, still);
  const near = f32x4.div(one, depth);
  const focalX = f32x4.mul(splat(uniforms, 72), near);
  const focalY = f32x4.mul(splat(uniforms, 76), near);
  const limitX = splat(uniforms, 88);
  const limitY = splat(uniforms, 92);
  const slopeX = f32x4.pmax(f32x4.neg(limitX), f32x4.pmin(limitX, f32x4.mul(viewX, near)));
  const slopeY = f32x4.pmax(f32x4.neg(limitY), f32x4.pmin(limitY, f32x4.mul(viewY, near)));
  const jx0 = f32x4.mul(focalX, madd(slopeX, m20, m00));
  const jx1 = f32x4.mul(focalX, madd(slopeX, m21, m01));
  const jx2 = f32x4.mul(focalX, madd(slopeX, m22, m02));
  const down = f32x4.neg(focalY);
  const jy0 = f32x4.mul(down, madd(slopeY, m20, m10));
  const jy1 = f32x4.mul(down, madd(slopeY, m21, m11));
  const jy2 = f32x4.mul(down, madd(slopeY, m22, m12));

  // Σ₂ = A·Aᵀ + dilation, A = J·M·R·S, its determinant as a sum of squares, which cannot cancel.
  const most = f32x4.splat(LOG_SCALE_MAX);
  const e0 = exp(f32x4.pmin(most, s0));
  const e1 = exp(f32x4.pmin(most, s1));
  const e2 = exp(f32x4.pmin(most, s2));
  const c00 = f32x4.mul(e0, f32x4.sub(one, f32x4.add(yy2, zz2)));
  const c01 = f32x4.mul(e0, f32x4.add(yx, wz));
  const c02 = f32x4.mul(e0, f32x4.sub(zx, wy));
  const c10 = f32x4.mul(e1, f32x4.sub(yx, wz));
  const c11 = f32x4.mul(e1, f32x4.sub(one, f32x4.add(xx2, zz2)));
  const c12 = f32x4.mul(e1, f32x4.add(zy, wx));
  const c20 = f32x4.mul(e2, f32x4.add(zx, wy));
  const c21 = f32x4.mul(e2, f32x4.sub(zy, wx));
  const c22 = f32x4.mul(e2, f32x4.sub(one, f32x4.add(xx2, yy2)));
  const ax0 = dot3(jx0, jx1, jx2, c00, c01, c02);
  const ax1 = dot3(jx0, jx1, jx2, c10, c11, c12);
  const ax2 = dot3(jx0, jx1, jx2, c20, c21, c22);
  const ay0 = dot3(jy0, jy1, jy2, c00, c01, c02);
  const ay1 = dot3(jy0, jy1, jy2, c10, c11, c12);
  const ay2 = dot3(jy0, jy1, jy2, c20, c21, c22);
  const n0 = nmadd(ax2, ay1, f32x4.mul(ax1, ay2));
  const n1 = nmadd(ax0, ay2, f32x4.mul(ax2, ay0));
  const n2 = nmadd(ax1, ay0, f32x4.mul(ax0, ay1));
  const dilation = f32x4.splat(DILATION);
  const xx = f32x4.add(dot3(ax0, ax1, ax2, ax0, ax1, ax2), dilation);
  const yy = f32x4.add(dot3(ay0, ay1, ay2, ay0, ay1, ay2), dilation);
  const xy = dot3(ax0, ax1, ax2, ay0, ay1, ay2);
  const determinant = madd(dilation, f32x4.sub(f32x4.add(xx, yy), dilation), dot3(n0, n1, n2, n0, n1, n2));

  const base = f32x4.splat(BASE);
  const rootYy = f32x4.sqrt(yy);
  const l22 = f32x4.div(base, rootYy);
  const perRoot = f32x4.div(base, f32x4.sqrt(determinant));
  const l11 = f32x4.mul(perRoot, rootYy);
  const l21 = f32x4.neg(f32x4.div(f32x4.mul(perRoot, xy), rootYy));
  const meanX = madd(f32x4.mul(splat(uniforms, 72), viewX), near, splat(uniforms, 80));
  const meanY = nmadd(f32x4.mul(splat(uniforms, 76), viewY), near, splat(uniforms, 84));
  const zero = f32x4.splat(0);
  valid = v128.and(
    valid,
    v128.and(finite(meanX), v128.and(finite(meanY), v128.and(finite(l11), finite(l21)))),
  );
  valid = v128.and(valid, v128.and(f32x4.gt(l11, zero), f32x4.gt(l22, zero)));

  // Bounds of the pixel centres it reaches; converting to integers saturates.
  const sqrtReach = f32x4.div(f32x4.sqrt(f32x4.pmax(zero, reach)), base);
  const halfWidth = madd(sqrtReach, f32x4.sqrt(xx), f32x4.splat(SLACK));
  const halfHeight = madd(sqrtReach, rootYy, f32x4.splat(SLACK));
  const half = f32x4.splat(0.5);
  const pixelX = f32x4.sub(meanX, half);
  const pixelY = f32x4.sub(meanY, half);
  const none = i32x4.splat(0);
  const left = i32x4.max_s(none, i32x4.trunc_sat_f32x4_s(f32x4.ceil(f32x4.sub(pixelX, halfWidth))));
  const top = i32x4.max_s(none, i32x4.trunc_sat_f32x4_s(f32x4.ceil(f32x4.sub(pixelY, halfHeight))));
  const right = i32x4.min_s(
    i32x4.splat(scene.width - 1),
    i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(pixelX, halfWidth))),
  );
  const bottom = i32x4.min_s(
    i32x4.splat(scene.height - 1),
    i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(pixelY, halfHeight))),
  );
  valid = v128.and(valid, v128.and(i32x4.le_s(left, right), i32x4.le_s(top, bottom)));
  if (!v128.any_true(valid)) {
    drop(first);
    return;
  }

  // Colour along normalize(Mᵀ·view).
  let dx = dot3(m00, m10, m20, viewX, viewY, viewZ);
  let dy = dot3(m01, m11, m21, viewX, viewY, viewZ);
  let dz = dot3(m02, m12, m22, viewX, viewY, viewZ);
  const perLength = f32x4.div(one, f32x4.sqrt(dot3(dx, dy, dz, dx, dy, dz)));
  dx = f32x4.mul(dx, perLength);
  dy = f32x4.mul(dy, perLength);
  dz = f32x4.mul(dz, perLength);
  const coefficients = scene.coefficients;
  const harmonics = scene.harmonics + <usize>(block * coefficients) * 48;
  const greenOffset = f32x4(
    load<f32>(offsets, 48),
    load<f32>(row1, 48),
    load<f32>(row2, 48),
    load<f32>(row3, 48),
  );
  const blueOffset = f32x4(
    load<f32>(offsets, 52),
    load<f32>(row1, 52),
    load<f32>(row2, 52),
    load<f32>(row3, 52),
  );
  const red = f32x4.add(redOffset, color(harmonics, coefficients, dx, dy, dz));
  const green = f32x4.add(greenOffset, color(harmonics + 16, coefficients, dx, dy, dz));
  const blue = f32x4.add(blueOffset, color(harmonics + 32, coefficients, dx, dy, dz));
  valid = v128.and(valid, v128.and(finite(red), v128.and(finite(green), finite(blue))));

  const keys = v128.or(v128.and(depth, valid), v128.not(valid));
  v128.store(scene.depthKeys + ((<usize>first) << 2), keys);
  const splats = scene.splats + <usize>first * SPLAT_BYTES;
  storeRows(splats, meanX, meanY, l11, l21);
  storeRows(splats + 16, l22, log2Opacity, reach, f32x4.div(one, l11));
  storeRows(splats + 32, f32x4.pmax(zero, red), f32x4.pmax(zero, green), f32x4.pmax(zero, blue), zero);
  storeRows(splats + 48, left, right, top, bottom);
  storeTileBounds(scene.tileBounds + ((<usize>first) << 3), left, right, top, bottom);
}

/** Columns and rows of pixels → of tiles, of four splats. */
function storeTileBounds(address: usize, left: v128, right: v128, top: v128, bottom: v128): void {
  const columns = i16x8.narrow_i32x4_s(i32x4.shr_s(left, TILE_SHIFT_X), i32x4.shr_s(right, TILE_SHIFT_X));
  const rows = i16x8.narrow_i32x4_s(i32x4.shr_s(top, TILE_SHIFT_Y), i32x4.shr_s(bottom, TILE_SHIFT_Y));
  v128.store(address, v128.shuffle<u16>(columns, rows, 0, 4, 8, 12, 1, 5, 9, 13));
  v128.store(address, v128.shuffle<u16>(columns, rows, 2, 6, 10, 14, 3, 7, 11, 15), 16);
}

function drop(first: i32): void {
  v128.store(scene.depthKeys + ((<usize>first) << 2), i32x4.splat(DROPPED));
}

/** Four columns as 16 bytes of four splats. */
function storeRows(address: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(address, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(address + SPLAT_BYTES, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(address + 2 * SPLAT_BYTES, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(address + 3 * SPLAT_BYTES, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}
