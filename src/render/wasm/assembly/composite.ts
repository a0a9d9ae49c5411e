import { scene, TILE_HEIGHT, TILE_WIDTH } from "./scene";
import { madd } from "./simd";

// final = m·(C + (1 − A)·torso) + (1 − m)·torso, unpremultiplied, rounded and clamped as ImageData does.

/** A blended tile → rgba pixels. */
export function composite(tile: i32, buffer: usize): void {
  const x0 = (tile % scene.tilesX) * TILE_WIDTH;
  const y0 = (tile / scene.tilesX) * TILE_HEIGHT;
  const width = min(TILE_WIDTH, scene.width - x0);
  const height = min(TILE_HEIGHT, scene.height - y0);
  for (let row = 0; row < height; row++) {
    let group = buffer + <usize>(row * TILE_WIDTH * 16);
    const pixel = <usize>((y0 + row) * scene.width + x0);
    for (let x = 0; x < width; x += 4) {
      const at = (pixel + <usize>x) << 2;
      const rgba = compositeGroup(group, scene.torso + at, scene.mask + pixel + <usize>x);
      if (width - x >= 4) v128.store(scene.pixels + at, rgba);
      else storeSome(scene.pixels + at, rgba, width - x);
      group += 64;
    }
  }
}

function compositeGroup(group: usize, torsoAt: usize, maskAt: usize): v128 {
  const one = f32x4.splat(1);
  const full = f32x4.splat(255);
  const trust = scene.hasMask ? f32x4.mul(bytes(v128.load32_zero(maskAt)), f32x4.splat(1 / 255.0)) : one;
  const covered = f32x4.mul(trust, f32x4.sub(one, v128.load(group, 48)));
  const shine = f32x4.mul(trust, full);
  let red = f32x4.mul(shine, v128.load(group));
  let green = f32x4.mul(shine, v128.load(group, 16));
  let blue = f32x4.mul(shine, v128.load(group, 32));
  let alpha = covered;
  if (scene.hasTorso) {
    const rgba = v128.load(torsoAt);
    const byte = i32x4.splat(0xff);
    const under = f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(rgba, 24)), f32x4.splat(1 / 255.0));
    const share = f32x4.mul(f32x4.sub(one, covered), under);
    red = madd(share, f32x4.convert_i32x4_u(v128.and(rgba, byte)), red);
    green = madd(share, f32x4.convert_i32x4_u(v128.and(i32x4.shr_u(rgba, 8), byte)), green);
    blue = madd(share, f32x4.convert_i32x4_u(v128.and(i32x4.shr_u(rgba, 16), byte)), blue);
    alpha = f32x4.add(covered, share);
  }
  // Not quite 1: from rounding, or the torso itself shines through.
  if (!v128.any_true(f32x4.lt(alpha, f32x4.splat(0.9999999)))) return pack(red, green, blue, full);
  const some = f32x4.gt(alpha, f32x4.splat(0));
  const per = v128.and(some, f32x4.div(one, alpha));
  return pack(f32x4.mul(red, per), f32x4.mul(green, per), f32x4.mul(blue, per), f32x4.mul(full, alpha));
}

/** Four low bytes as floats. */
function bytes(value: v128): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(value)));
}

function pack(red: v128, green: v128, blue: v128, alpha: v128): v128 {
  const redBlue = i16x8.narrow_i32x4_s(whole(red), whole(blue));
  const greenAlpha = i16x8.narrow_i32x4_s(whole(green), whole(alpha));
  const planes = i8x16.narrow_i16x8_u(redBlue, greenAlpha); // r4 b4 g4 a4
  return v128.shuffle<u8>(planes, planes, 0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15);
}

/** To the nearest integer, ties to even. */
function whole(value: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(value));
}

/** The first `some` of four pixels. */
function storeSome(address: usize, rgba: v128, some: i32): void {
  store<u32>(address, i32x4.extract_lane(rgba, 0));
  if (some > 1) store<u32>(address, i32x4.extract_lane(rgba, 1), 4);
  if (some > 2) store<u32>(address, i32x4.extract_lane(rgba, 2), 8);
}

/** A blended tile → premultiplied rgb and transmittance, as floats. */
export function copyHead(tile: i32, buffer: usize): void {
  const x0 = (tile % scene.tilesX) * TILE_WIDTH;
  const y0 = (tile / scene.tilesX) * TILE_HEIGHT;
  for (let y = 0; y < min(TILE_HEIGHT, scene.height - y0); y++) {
    for (let x = 0; x < min(TILE_WIDTH, scene.width - x0); x++) {
      const from = buffer + <usize>((y * TILE_WIDTH + (x & ~3)) * 16 + (x & 3) * 4);
      const to = scene.picture + ((<usize>((y0 + y) * scene.width + x0 + x)) << 4);
      store<f32>(to, load<f32>(from));
      store<f32>(to, load<f32>(from, 16), 4);
      store<f32>(to, load<f32>(from, 32), 8);
      store<f32>(to, load<f32>(from, 48), 12);
    }
  }
}
