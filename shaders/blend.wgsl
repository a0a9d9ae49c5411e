// One tile a workgroup, four pixels of a row a thread, front to back. No workgroup memory: a software adapter pays
// more for its barriers than for reading each splat again.
#import shared/frame
#import shared/splat
#import shared/tiles

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> splats: array<Splat>;
@group(0) @binding(2) var<storage, read> splat_from_pair: array<u32>;
@group(0) @binding(3) var<storage, read> range_from_tile: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> picture: array<vec2u>; // premultiplied rgb and coverage, 4 × f16

const THREADS = TILE * TILE / 4u;
const ALPHA_MAX = 0.99;
const TRANSMITTANCE_MIN = 1e-4;

@compute @workgroup_size(THREADS)
fn blend(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Neighbouring lanes form squares of 4 × 4 pixels, so that they mostly agree on what to skip.
  let corner = tile.xy * TILE + vec2u(lane / 4u % (TILE / 4u) * 4u, lane / TILE * 4u + lane % 4u);
  let x = vec4f(vec4u(corner.x) + vec4u(0u, 1u, 2u, 3u)) + 0.5;
  let y = f32(corner.y) + 0.5;
  let range = range_from_tile[tile.y * frame.tiles.x + tile.x];

  var transmittance = vec4f(1.0);
  var red = vec4f(0.0);
  var green = vec4f(0.0);
  var blue = vec4f(0.0);
  for (var pair = range.x; pair < range.y; pair++) {
    let index = splat_from_pair[pair];
    let v = splats[index].l22 * (y - splats[index].mean.y);
    let u = splats[index].l11 * (x - splats[index].mean.x) + splats[index].l21 * (y - splats[index].mean.y);
    let distance = u * u + v * v;
    let inside = distance <= vec4f(splats[index].reach);
    if (!any(inside)) {
      continue;
    }
    let falloff = min(exp2(splats[index].log2_opacity - distance), vec4f(ALPHA_MAX));
    let weight = select(vec4f(0.0), falloff * transmittance, inside);
    red += weight * splats[index].color.r;
    green += weight * splats[index].color.g;
    blue += weight * splats[index].color.b;
    transmittance -= weight;
    if (all(transmittance < vec4f(TRANSMITTANCE_MIN))) {
      break;
    }
  }

  for (var i = 0u; i < 4u; i++) {
    if (corner.x + i < frame.size.x && corner.y < frame.size.y) {
      picture[corner.y * frame.size.x + corner.x + i] = vec2u(
        pack2x16float(vec2f(red[i], green[i])),
        pack2x16float(vec2f(blue[i], 1.0 - transmittance[i])),
      );
    }
  }
}
