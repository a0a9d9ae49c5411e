import { madd, nmadd } from "./simd";

// Real spherical harmonics in the order and signs of 3DGS, as shaders/project.wgsl.
const BAND_0: f32 = 0.28209479177387814;
const BAND_1: f32 = 0.4886025119029199;
const XY: f32 = 1.0925484305920792;
const ZZ: f32 = 0.31539156525252005;
const XX_YY: f32 = 0.5462742152960396;
const XXX: f32 = 0.5900435899266435;
const XYZ: f32 = 2.890611442640554;
const XZZ: f32 = 0.4570457994644658;
const ZZZ: f32 = 0.3731763325901154;
const ZXX: f32 = 1.445305721320277;

/** SH + 0.5 of one channel of four Gaussians at a unit direction. `at`: its first coefficient; the next is 48 bytes on. */
export function color(at: usize, coefficients: i32, x: v128, y: v128, z: v128): v128 {
  let sum = madd(v128.load(at), f32x4.splat(BAND_0), f32x4.splat(0.5));
  if (coefficients === 1) return sum;
  let band = f32x4.mul(z, v128.load(at, 96));
  band = nmadd(y, v128.load(at, 48), band);
  band = nmadd(x, v128.load(at, 144), band);
  sum = madd(band, f32x4.splat(BAND_1), sum);
  if (coefficients === 4) return sum;

  const xx = f32x4.mul(x, x);
  const yy = f32x4.mul(y, y);
  const zz = f32x4.mul(z, z);
  const xy = f32x4.mul(x, y);
  const even = f32x4.sub(xx, yy);
  const sum2 = f32x4.add(xx, yy);
  band = f32x4.mul(xy, v128.load(at, 192));
  band = nmadd(f32x4.mul(y, z), v128.load(at, 240), band);
  band = nmadd(f32x4.mul(x, z), v128.load(at, 336), band);
  sum = madd(band, f32x4.splat(XY), sum);
  const zz2 = f32x4.add(zz, zz);
  sum = madd(f32x4.mul(f32x4.sub(zz2, sum2), f32x4.splat(ZZ)), v128.load(at, 288), sum);
  sum = madd(f32x4.mul(even, f32x4.splat(XX_YY)), v128.load(at, 384), sum);
  if (coefficients === 9) return sum;

  const three = f32x4.splat(3);
  const zz4 = f32x4.sub(f32x4.add(zz2, zz2), sum2);
  const y3 = f32x4.mul(y, f32x4.sub(f32x4.mul(three, xx), yy));
  const x3 = f32x4.mul(x, f32x4.sub(xx, f32x4.mul(three, yy)));
  const z3 = f32x4.mul(z, f32x4.sub(zz2, f32x4.mul(three, sum2)));
  sum = nmadd(f32x4.mul(y3, f32x4.splat(XXX)), v128.load(at, 432), sum);
  sum = madd(f32x4.mul(f32x4.mul(xy, z), f32x4.splat(XYZ)), v128.load(at, 480), sum);
  sum = nmadd(f32x4.mul(f32x4.mul(y, zz4), f32x4.splat(XZZ)), v128.load(at, 528), sum);
  sum = madd(f32x4.mul(z3, f32x4.splat(ZZZ)), v128.load(at, 576), sum);
  sum = nmadd(f32x4.mul(f32x4.mul(x, zz4), f32x4.splat(XZZ)), v128.load(at, 624), sum);
  sum = madd(f32x4.mul(f32x4.mul(z, even), f32x4.splat(ZXX)), v128.load(at, 672), sum);
  return nmadd(f32x4.mul(x3, f32x4.splat(XXX)), v128.load(at, 720), sum);
}
