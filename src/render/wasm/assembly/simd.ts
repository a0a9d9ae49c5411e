// Four floats at a time: what WASM SIMD lacks.

/** a·b + c; one instruction and one rounding in the relaxed build. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** One float of memory in all lanes. */
export function splat(address: usize, offset: usize): v128 {
  return v128.load32_splat(address + offset);
}

/** 2^x within 2e-7 of itself, x limited to ±126: minimax polynomial of degree 6 on [−½, ½]. */
export function exp2(x: v128): v128 {
  const limited = f32x4.pmax(f32x4.splat(-126), f32x4.pmin(f32x4.splat(126), x));
  const whole = f32x4.nearest(limited);
  const f = f32x4.sub(limited, whole);
  let p = madd(f, f32x4.splat(0.0001534581242594868), f32x4.splat(0.0013399930903688073));
  p = madd(p, f, f32x4.splat(0.009618489071726799));
  p = madd(p, f, f32x4.splat(0.05550328642129898));
  p = madd(p, f, f32x4.splat(0.24022646248340607));
  p = madd(p, f, f32x4.splat(0.6931471824645996));
  p = madd(p, f, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** 2^x within 2e-7 of itself, for |x| < 126 only: minimax polynomial of degree 5 on [−½, ½]. */
export function exp2Near(x: v128): v128 {
  // Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
  const magic = f32x4.splat(12582912);
  const rounded = f32x4.add(x, magic);
  const f = f32x4.sub(x, f32x4.sub(rounded, magic));
  let p = madd(f, f32x4.splat(0.0013276472454890609), f32x4.splat(0.009675540961325169));
  p = madd(p, f, f32x4.splat(0.05550713092088699));
  p = madd(p, f, f32x4.splat(0.24022120237350464));
  p = madd(p, f, f32x4.splat(0.6931469440460205));
  p = madd(p, f, f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(rounded, 23));
}

export function exp(x: v128): v128 {
  return exp2(f32x4.mul(x, f32x4.splat(Math.LOG2E as f32)));
}

/** log₂ x within 1e-7, x positive, finite and normal: the series of atanh about 1. */
export function log2(x: v128): v128 {
  // x = m·2^e, m in [2/3, 4/3)
  const e = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f2aaaab)), 23);
  const m = i32x4.sub(x, i32x4.shl(e, 23));
  const s = f32x4.div(f32x4.sub(m, f32x4.splat(1)), f32x4.add(m, f32x4.splat(1)));
  const ss = f32x4.mul(s, s);
  let series = madd(ss, f32x4.splat(2.0 / 9), f32x4.splat(2.0 / 7));
  series = madd(series, ss, f32x4.splat(2.0 / 5));
  series = madd(series, ss, f32x4.splat(2.0 / 3));
  series = madd(series, ss, f32x4.splat(2));
  return madd(f32x4.mul(series, s), f32x4.splat(Math.LOG2E as f32), f32x4.convert_i32x4_s(e));
}

/** All ones where the value is neither NaN nor infinite; by bits. */
export function finite(value: v128): v128 {
  const exponent = i32x4.splat(0x7f800000);
  return i32x4.ne(v128.and(value, exponent), exponent);
}

/** a·b of three components each. */
export function dot3(ax: v128, ay: v128, az: v128, bx: v128, by: v128, bz: v128): v128 {
  return madd(ax, bx, madd(ay, by, f32x4.mul(az, bz)));
}
