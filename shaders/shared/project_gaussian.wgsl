// Offset, head pose, covariance, colour → splat and depth key: what every way to an offset shares.
// Needs shared/frame and shared/splat.
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> gaussians: array<Gaussian>;
@group(0) @binding(2) var<storage, read> spherical_harmonics: array<f32>; // [N,(d+1)²,3]
@group(0) @binding(3) var<storage, read_write> splats: array<Splat>;
@group(0) @binding(4) var<storage, read_write> depth_keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> splat_from_rank: array<u32>;

override SH_DEGREE: u32;

const NEAR = 0.2; // dm
const DILATION = 0.3; // px²
const LOG2_E = 1.44269504;
const LOG2_255 = 7.9943534;
const BEHIND_ALL = 0xffffffffu;

struct Gaussian {
  position: vec3f,
  head_weight: f32,
  rotation: vec4f, // w x y z
  log_scale: vec3f,
  opacity_logit: f32,
}

// Added to a Gaussian at rest.
struct Offset {
  position: vec3f,
  rotation: vec4f,
  log_scale: vec3f,
  opacity_logit: f32,
  color: vec3f,
}

fn put_splat(index: u32, splat: Splat) {
  splats[index] = splat;
  depth_keys[index] = select(BEHIND_ALL, bitcast<u32>(splat.depth), splat.reach > 0.0);
  splat_from_rank[index] = index;
}

// A splat with no reach: dropped.
fn project_gaussian(index: u32, offset: Offset) -> Splat {
  let rest = gaussians[index];
  let position = rest.position + offset.position;
  let quaternion = rest.rotation + offset.rotation;
  let log_scale = rest.log_scale + offset.log_scale;
  let logit = rest.opacity_logit + offset.opacity_logit;

  let w = rest.head_weight;
  let turned = frame.head_rotation * (position - frame.pivot) + frame.head_translation;
  let posed = (1.0 - w) * position + w * turned;
  let view = posed - frame.camera;
  let depth = -view.z;
  let finite = finite3(view) && finite4(quaternion) && finite3(log_scale) && finite1(logit);
  if (!finite || depth <= NEAR) {
    return Splat();
  }

  // Σ₂ = A·Aᵀ + dilation, A = J·M·R·S; the determinant as a sum of squares, which cannot cancel.
  let identity = mat3x3f(1, 0, 0, 0, 1, 0, 0, 0, 1);
  let blend = (1.0 - w) * identity + w * frame.head_rotation;
  let axes = blend * rotation_matrix(quaternion);
  // e^10 dm is beyond every screen, and its fourth power still a float.
  let scale = exp(min(log_scale, vec3f(10.0)));
  let slope = clamp(view.xy / depth, -frame.slope_limit, frame.slope_limit);
  let jacobian_x = vec3f(1.0, 0.0, slope.x) * (frame.focal.x / depth);
  let jacobian_y = vec3f(0.0, 1.0, slope.y) * (-frame.focal.y / depth);
  let row_x = (jacobian_x * axes) * scale;
  let row_y = (jacobian_y * axes) * scale;
  let minors = cross(row_x, row_y);
  let xx = dot(row_x, row_x) + DILATION;
  let xy = dot(row_x, row_y);
  let yy = dot(row_y, row_y) + DILATION;
  let determinant = dot(minors, minors) + DILATION * (xx + yy - DILATION);

  let direction = normalize(view * blend);
  let color = sh_color(index, direction) + offset.color;

  var splat: Splat;
  splat.mean = frame.principal + vec2f(frame.focal.x, -frame.focal.y) * view.xy / depth;
  let base = sqrt(0.5 * LOG2_E);
  splat.l11 = base * sqrt(yy / determinant);
  splat.l21 = -base * xy / sqrt(yy) / sqrt(determinant);
  splat.l22 = base / sqrt(yy);
  splat.log2_opacity = -log2(1.0 + exp(clamp(-logit, -60.0, 60.0)));
  splat.depth = depth;
  splat.color = max(color, vec3f(0.0));
  let reach = splat.log2_opacity + LOG2_255;
  let drawable = reach > 0.0 && splat.l11 > 0.0 && splat.l22 > 0.0;
  if (!drawable || !finite3(color) || !finite4(vec4f(splat.mean, splat.l11, splat.l21))) {
    return Splat();
  }
  splat.reach = reach;
  return splat;
}

fn rotation_matrix(quaternion: vec4f) -> mat3x3f {
  let largest = max(max(abs(quaternion.x), abs(quaternion.y)), max(abs(quaternion.z), abs(quaternion.w)));
  let q = normalize(quaternion / largest);
  let r = q.x;
  let x = q.y;
  let y = q.z;
  let z = q.w;
  return mat3x3f(
    1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + r * z), 2.0 * (x * z - r * y),
    2.0 * (x * y - r * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + r * x),
    2.0 * (x * z + r * y), 2.0 * (y * z - r * x), 1.0 - 2.0 * (x * x + y * y),
  );
}

fn sh(index: u32, coefficient: u32) -> vec3f {
  let at = (index * (SH_DEGREE + 1u) * (SH_DEGREE + 1u) + coefficient) * 3u;
  return vec3f(spherical_harmonics[at], spherical_harmonics[at + 1u], spherical_harmonics[at + 2u]);
}

// Real spherical harmonics in the order and signs of 3DGS.
fn sh_color(index: u32, direction: vec3f) -> vec3f {
  let x = direction.x;
  let y = direction.y;
  let z = direction.z;
  var color = 0.5 + 0.2820948 * sh(index, 0u);
  if (SH_DEGREE > 0u) {
    color += 0.48860251 * (-y * sh(index, 1u) + z * sh(index, 2u) - x * sh(index, 3u));
  }
  if (SH_DEGREE > 1u) {
    color += 1.09254843 * (x * y * sh(index, 4u) - y * z * sh(index, 5u) - x * z * sh(index, 7u));
    color += 0.31539157 * (2.0 * z * z - x * x - y * y) * sh(index, 6u);
    color += 0.54627422 * (x * x - y * y) * sh(index, 8u);
  }
  if (SH_DEGREE > 2u) {
    color -= 0.5900436 * y * (3.0 * x * x - y * y) * sh(index, 9u);
    color += 2.8906114 * x * y * z * sh(index, 10u);
    color -= 0.4570458 * y * (4.0 * z * z - x * x - y * y) * sh(index, 11u);
    color += 0.37317633 * z * (2.0 * z * z - 3.0 * x * x - 3.0 * y * y) * sh(index, 12u);
    color -= 0.4570458 * x * (4.0 * z * z - x * x - y * y) * sh(index, 13u);
    color += 1.4453057 * z * (x * x - y * y) * sh(index, 14u);
    color -= 0.5900436 * x * (x * x - 3.0 * y * y) * sh(index, 15u);
  }
  return color;
}

// By bits: a shader compiler may assume that floats are never NaN.
fn finite1(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn finite3(value: vec3f) -> bool {
  return all((bitcast<vec3u>(value) & vec3u(0x7f800000u)) != vec3u(0x7f800000u));
}

fn finite4(value: vec4f) -> bool {
  return all((bitcast<vec4u>(value) & vec4u(0x7f800000u)) != vec4u(0x7f800000u));
}
