// One tile of 16 × 16 a workgroup of 64 threads, 4 pixels in a row a thread, front to back. Threads fetch a splat each
// into workgroup memory, then all read them all; the tile stops when every thread has voted that it is opaque.
#import shared/frame
#import shared/splat
#import shared/blend

const TILE = 16u;
const THREADS = 64u;

var<workgroup> batch: array<Splat, THREADS>;
var<workgroup> votes: atomic<u32>; // threads that still see through
var<workgroup> seen_through: u32;

@compute @workgroup_size(THREADS)
fn blend(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) lane: u32) {
  let corner = tile.xy * TILE + vec2u(lane % 4u * 4u, lane / 4u);
  let x = f32(corner.x) + vec4f(0.5, 1.5, 2.5, 3.5);
  let y = f32(corner.y) + 0.5;
  let range = tile_range(tile.xy);

  var transmittance = vec4f(1.0);
  var red = vec4f(0.0);
  var green = vec4f(0.0);
  var blue = vec4f(0.0);
  for (var first = range.x; first < range.y; first += THREADS) {
    let count = min(THREADS, range.y - first);
    if (lane < count) {
      batch[lane] = splats[splat_from_pair[first + lane]];
    }
    if (any(transmittance >= vec4f(TRANSMITTANCE_MIN))) {
      atomicAdd(&votes, 1u);
    }
    workgroupBarrier();
    if (lane == 0u) {
      seen_through = atomicExchange(&votes, 0u);
    }
    if (workgroupUniformLoad(&seen_through) == 0u) {
      break;
    }
    for (var i = 0u; i < count; i++) {
      let splat = batch[i];
      let dy = y - splat.mean.y;
      let u = splat.l11 * (x - splat.mean.x) + splat.l21 * dy;
      let v = splat.l22 * dy;
      let distance = u * u + v * v;
      let alpha = min(exp2(splat.log2_opacity - distance), vec4f(ALPHA_MAX));
      let weight = select(vec4f(0.0), alpha * transmittance, distance <= vec4f(splat.reach));
      red += weight * splat.color.r;
      green += weight * splat.color.g;
      blue += weight * splat.color.b;
      transmittance -= weight;
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < 4u; i++) {
    store(corner + vec2u(i, 0u), vec4f(red[i], green[i], blue[i], transmittance[i]));
  }
}
