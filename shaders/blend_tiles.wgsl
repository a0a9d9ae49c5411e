// One tile of 8 × 8 a workgroup of 4 threads, 4 × 4 pixels a thread, front to back. Made for SwiftShader, where it takes
// half the time of a pixel-by-pixel kernel:
// - neither workgroup memory nor barriers;
// - a Gaussian is an exponential of a quadratic, so from pixel to pixel and from row to row it changes by factors that
//   themselves change by a constant factor: three exponentials and three of constants for sixteen pixels;
// - min, max and select cost ten times an addition: step and abs do their work, and halves stand for alphas;
// - rows are written out, for a store to a variable costs as much as a dozen multiplications.
#import shared/frame
#import shared/splat
#import shared/blend

const SIDE = 4u; // px of a thread
const TILE = 2u * SIDE;

@compute @workgroup_size(4)
fn blend(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) lane: u32) {
  let corner = tile.xy * TILE + vec2u(lane % 2u, lane / 2u) * SIDE;
  let center = vec2f(corner) + 0.5;
  let range = tile_range(tile.xy);

  var transmittance0 = vec4f(1.0);
  var transmittance1 = vec4f(1.0);
  var transmittance2 = vec4f(1.0);
  var transmittance3 = vec4f(1.0);
  var red0 = vec4f(0.0);
  var red1 = vec4f(0.0);
  var red2 = vec4f(0.0);
  var red3 = vec4f(0.0);
  var green0 = vec4f(0.0);
  var green1 = vec4f(0.0);
  var green2 = vec4f(0.0);
  var green3 = vec4f(0.0);
  var blue0 = vec4f(0.0);
  var blue1 = vec4f(0.0);
  var blue2 = vec4f(0.0);
  var blue3 = vec4f(0.0);
  for (var pair = range.x; pair < range.y; pair++) {
    let splat = &splats[splat_from_pair[pair]];
    let color = splat.color;
    let l11 = splat.l11;
    let l21 = splat.l21;
    let l22 = splat.l22;
    let d = center - splat.mean;
    let u = l11 * d.x + l21 * d.y;
    let v = l22 * d.y;
    // Half of opacity·exp2(-u² - v²) at the corner, its growth to the right and downwards, and the growth of those.
    let half_alpha = exp2(splat.log2_opacity - 1.0 - u * u - v * v);
    let right = exp2(-l11 * (u + u + l11));
    let down = exp2(-l21 * (u + u + l21) - l22 * (v + v + l22));
    let right_right = exp2(-2.0 * l11 * l11);
    let right_down = exp2(-2.0 * l11 * l21);
    let down_down = exp2(-2.0 * (l21 * l21 + l22 * l22));
    let right1 = right * right_right;
    let right2 = right1 * right_right;
    let half1 = half_alpha * right;
    let half2 = half1 * right1;
    let down1 = down * right_down;
    let down2 = down1 * right_down;
    let growth0 = vec4f(down, down1, down2, down2 * right_down);
    let growth1 = growth0 * down_down;
    let growth2 = growth1 * down_down;
    let half_alpha0 = vec4f(half_alpha, half1, half2, half2 * right2);
    let half_alpha1 = half_alpha0 * growth0;
    let half_alpha2 = half_alpha1 * growth1;
    let half_alpha3 = half_alpha2 * growth2;
    let weight0 = transmittance0 * alpha_from_half(half_alpha0);
    let weight1 = transmittance1 * alpha_from_half(half_alpha1);
    let weight2 = transmittance2 * alpha_from_half(half_alpha2);
    let weight3 = transmittance3 * alpha_from_half(half_alpha3);
    red0 += weight0 * color.r;
    red1 += weight1 * color.r;
    red2 += weight2 * color.r;
    red3 += weight3 * color.r;
    green0 += weight0 * color.g;
    green1 += weight1 * color.g;
    green2 += weight2 * color.g;
    green3 += weight3 * color.g;
    blue0 += weight0 * color.b;
    blue1 += weight1 * color.b;
    blue2 += weight2 * color.b;
    blue3 += weight3 * color.b;
    transmittance0 -= weight0;
    transmittance1 -= weight1;
    transmittance2 -= weight2;
    transmittance3 -= weight3;
    let left = transmittance0 + transmittance1 + transmittance2 + transmittance3;
    if (left.x + left.y + left.z + left.w < TRANSMITTANCE_MIN) {
      break;
    }
  }

  for (var i = 0u; i < SIDE; i++) {
    store(corner + vec2u(i, 0u), vec4f(red0[i], green0[i], blue0[i], transmittance0[i]));
    store(corner + vec2u(i, 1u), vec4f(red1[i], green1[i], blue1[i], transmittance1[i]));
    store(corner + vec2u(i, 2u), vec4f(red2[i], green2[i], blue2[i], transmittance2[i]));
    store(corner + vec2u(i, 3u), vec4f(red3[i], green3[i], blue3[i], transmittance3[i]));
  }
}

// min(2·half, ALPHA_MAX), 0 below ALPHA_MIN.
fn alpha_from_half(half: vec4f) -> vec4f {
  return (half + 0.5 * ALPHA_MAX - abs(half - 0.5 * ALPHA_MAX)) * step(vec4f(0.5 * ALPHA_MIN), half);
}
