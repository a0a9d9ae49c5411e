import { OFFSET_BYTES, scene } from "./scene";
import { madd } from "./simd";

// offset = relu(relu([lip ⊙ lipAttention, expression ⊙ expressionAttention]·W₁ + first)·W₂ + b₂)·W₃ + b₃, one Gaussian
// at a time: most inputs of each layer are exactly zero (attention, rest expressions, relu), and their rows are skipped.

/** Bytes of scratch: conditions 48 and two layers of 64 floats. */
export const DEFORM_BYTES: usize = 704;
const CONDITIONS: i32 = 48;
const ROW: usize = 256;

/** Gaussians `first` … `end` − 1 → rows of OFFSET_BYTES at `out`. */
export function deform(first: i32, end: i32, out: usize, scratch: usize): void {
  const hidden = scratch + 192;
  const second = hidden + ROW;
  const bias = scene.second + 64 * ROW;
  for (let i = first; i < end; i++) {
    const conditions = attend(scene.attention + <usize>(i * CONDITIONS * 4), scratch);
    const feature = scene.firstFromFeature + <usize>i * ROW;
    let active = layer(scratch, conditions, scene.firstFromConditions, feature, hidden);
    active = layer(hidden, active, scene.second, bias, second);
    lastLayer(second, active, out);
    out += OFFSET_BYTES;
  }
}

/** Attended conditions → `values`. @returns which of them are not zero, as bits. */
function attend(attention: usize, values: usize): u64 {
  const conditions = scene.conditions;
  let active: u64 = 0;
  for (let k: usize = 0; k < 48; k += 4) {
    const value = f32x4.mul(v128.load(conditions + (k << 2)), v128.load(attention + (k << 2)));
    v128.store(values + (k << 2), value);
    active |= (<u64>nonZero(value)) << k;
  }
  return active;
}

/** relu of 64 sums. @returns which of them are not zero, as bits. */
function layer(values: usize, active: u64, weights: usize, bias: usize, out: usize): u64 {
  const low = halfLayer(values, active, weights, bias, out);
  return low | (halfLayer(values, active, weights + 128, bias + 128, out + 128) << 32);
}

/** 32 of the sums: as many as the registers hold. */
function halfLayer(values: usize, active: u64, weights: usize, bias: usize, out: usize): u64 {
  let a = v128.load(bias);
  let b = v128.load(bias, 16);
  let c = v128.load(bias, 32);
  let d = v128.load(bias, 48);
  let e = v128.load(bias, 64);
  let f = v128.load(bias, 80);
  let g = v128.load(bias, 96);
  let h = v128.load(bias, 112);
  while (active !== 0) {
    const k = <usize>ctz(active);
    active &= active - 1;
    const value = v128.load32_splat(values + (k << 2));
    const row = weights + k * ROW;
    a = madd(value, v128.load(row), a);
    b = madd(value, v128.load(row, 16), b);
    c = madd(value, v128.load(row, 32), c);
    d = madd(value, v128.load(row, 48), d);
    e = madd(value, v128.load(row, 64), e);
    f = madd(value, v128.load(row, 80), f);
    g = madd(value, v128.load(row, 96), g);
    h = madd(value, v128.load(row, 112), h);
  }
  let bits = relu(a, out, 0) | relu(b, out + 16, 4) | relu(c, out + 32, 8) | relu(d, out + 48, 12);
  bits |= relu(e, out + 64, 16) | relu(f, out + 80, 20) | relu(g, out + 96, 24) | relu(h, out + 112, 28);
  return <u64>bits;
}

function lastLayer(values: usize, active: u64, out: usize): void {
  const weights = scene.last;
  let a = v128.load(weights, 4096);
  let b = v128.load(weights, 4112);
  let c = v128.load(weights, 4128);
  let d = v128.load(weights, 4144);
  while (active !== 0) {
    const k = <usize>ctz(active);
    active &= active - 1;
    const value = v128.load32_splat(values + (k << 2));
    const row = weights + (k << 6);
    a = madd(value, v128.load(row), a);
    b = madd(value, v128.load(row, 16), b);
    c = madd(value, v128.load(row, 32), c);
    d = madd(value, v128.load(row, 48), d);
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

function relu(value: v128, out: usize, shift: u32): u32 {
  // In this order a NaN stays one, and its Gaussian is dropped.
  const positive = f32x4.pmax(value, f32x4.splat(0));
  v128.store(out, positive);
  return nonZero(positive) << shift;
}

function nonZero(value: v128): u32 {
  return <u32>i32x4.bitmask(f32x4.ne(value, f32x4.splat(0)));
}
