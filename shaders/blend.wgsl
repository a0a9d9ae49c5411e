// One tile a workgroup, 4 × 2 pixels a thread, front to back. No workgroup memory: a software adapter pays more for its
// barriers than for reading each splat again. Written out rather than looped or factored: SwiftShader runs it a fifth faster.
#import shared/frame
#import shared/splat
#import shared/tiles

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> splats: array<Splat>;
@group(0) @binding(2) var<storage, read> splat_from_pair: array<u32>;
@group(0) @binding(3) var<storage, read> range_from_tile: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> picture: array<vec2u>; // premultiplied rgb and transmittance, 4 × f16

override THREADS = TILE * TILE / 8u;
const ALPHA_MAX = 0.99;
const TRANSMITTANCE_MIN = 1e-4;

@compute @workgroup_size(THREADS)
fn blend(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) lane: u32) {
  let corner = tile.xy * TILE + vec2u(lane % (TILE / 4u) * 4u, lane / (TILE / 4u) * 2u);
  let x = vec4f(vec4u(corner.x) + vec4u(0u, 1u, 2u, 3u)) + 0.5;
  let y = f32(corner.y) + 0.5;
  let range = range_from_tile[tile.y * frame.tiles.x + tile.x];

  // Suffixes 0 and 1: the upper and the lower row.
  var transmittance0 = vec4f(1.0);
  var transmittance1 = vec4f(1.0);
  var red0 = vec4f(0.0);
  var red1 = vec4f(0.0);
  var green0 = vec4f(0.0);
  var green1 = vec4f(0.0);
  var blue0 = vec4f(0.0);
  var blue1 = vec4f(0.0);
  for (var pair = range.x; pair < range.y; pair++) {
    let splat = splats[splat_from_pair[pair]];
    let dy = y - splat.mean.y;
    let u_x = splat.l11 * (x - splat.mean.x);
    let u0 = u_x + splat.l21 * dy;
    let u1 = u_x + splat.l21 * (dy + 1.0);
    let v0 = splat.l22 * dy;
    let v1 = splat.l22 * (dy + 1.0);
    let distance0 = u0 * u0 + v0 * v0;
    let distance1 = u1 * u1 + v1 * v1;
    let alpha0 = min(exp2(splat.log2_opacity - distance0), vec4f(ALPHA_MAX));
    let alpha1 = min(exp2(splat.log2_opacity - distance1), vec4f(ALPHA_MAX));
    let weight0 = select(vec4f(0.0), alpha0 * transmittance0, distance0 <= vec4f(splat.reach));
    let weight1 = select(vec4f(0.0), alpha1 * transmittance1, distance1 <= vec4f(splat.reach));
    red0 += weight0 * splat.color.r;
    red1 += weight1 * splat.color.r;
    green0 += weight0 * splat.color.g;
    green1 += weight1 * splat.color.g;
    blue0 += weight0 * splat.color.b;
    blue1 += weight1 * splat.color.b;
    transmittance0 -= weight0;
    transmittance1 -= weight1;
    if (all(max(transmittance0, transmittance1) < vec4f(TRANSMITTANCE_MIN))) {
      break;
    }
  }

  for (var i = 0u; i < 4u; i++) {
    store(corner + vec2u(i, 0u), vec4f(red0[i], green0[i], blue0[i], transmittance0[i]));
    store(corner + vec2u(i, 1u), vec4f(red1[i], green1[i], blue1[i], transmittance1[i]));
  }
}

fn store(pixel: vec2u, value: vec4f) {
  if (all(pixel < frame.size)) {
    picture[pixel.y * frame.size.x + pixel.x] = vec2u(pack2x16float(value.rg), pack2x16float(value.ba));
  }
}
