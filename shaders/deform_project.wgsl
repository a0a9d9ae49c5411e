// One Gaussian a thread: the small network of deform.onnx and the projection in one go, conditions → splat.
// Weights are the same for all threads (scalar loads); every register is named by a constant, so none spills to memory.
#import shared/frame
#import shared/splat
#import shared/project_gaussian

@group(0) @binding(6) var<uniform> network: Network;
@group(0) @binding(7) var<storage, read> rows: array<vec2u>; // [28,N] of 4 halves: attention 12, feature 16

// Written by src/render/passes/deform.ts. A matrix takes 4 inputs to 4 outputs.
struct Network {
  conditions: array<mat4x4f, 3>, // lip 32, expression 13, zeros 3
  finite: u32, // 0: a condition is not, every Gaussian is dropped
  second_bias: array<mat4x4f, 4>,
  offset_bias: mat4x4f, // 14 and 2 zeros
  weights: array<mat4x4f, 512>, // first [16,12] by output, second [16,16] and offset [16,4] by input
}

const SECOND = 192u;
const OFFSET = 448u;

@compute @workgroup_size(64)
fn deform_project(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x;
  if (index >= frame.count) {
    return;
  }
  var splat: Splat;
  if (network.finite != 0u) {
    splat = project_gaussian(index, offset_of(index));
  }
  put_splat(index, splat);
}

fn offset_of(index: u32) -> Offset {
  let conditions_a = attended(index, 0u);
  let conditions_b = attended(index, 1u);
  let conditions_c = attended(index, 2u);
  var hidden_a = network.second_bias[0];
  var hidden_b = network.second_bias[1];
  var hidden_c = network.second_bias[2];
  var hidden_d = network.second_bias[3];
  // Four neurons of the first layer at a time, spent at once on all of the second.
  for (var four = 0u; four < 16u; four++) {
    let first = four * 12u;
    let sum = row(index, 12u + four) + from_16(first, conditions_a) + from_16(first + 4u, conditions_b)
      + from_16(first + 8u, conditions_c);
    let x = max(sum, vec4f());
    let second = SECOND + four * 16u;
    hidden_a += to_16(second, x);
    hidden_b += to_16(second + 4u, x);
    hidden_c += to_16(second + 8u, x);
    hidden_d += to_16(second + 12u, x);
  }
  let o = network.offset_bias + offset_from(0u, hidden_a) + offset_from(1u, hidden_b) + offset_from(2u, hidden_c)
    + offset_from(3u, hidden_d);
  return Offset(
    o[0].xyz,
    vec4f(o[0].w, o[1].xyz),
    vec3f(o[1].w, o[2].xy),
    o[2].z,
    vec3f(o[2].w, o[3].xy),
  );
}

fn row(index: u32, place: u32) -> vec4f {
  let halves = rows[place * frame.count + index];
  return vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
}

// Sixteen of the conditions, each times the Gaussian's attention to it.
fn attended(index: u32, part: u32) -> mat4x4f {
  let conditions = network.conditions[part];
  let first = part * 4u;
  return mat4x4f(
    conditions[0] * row(index, first),
    conditions[1] * row(index, first + 1u),
    conditions[2] * row(index, first + 2u),
    conditions[3] * row(index, first + 3u),
  );
}

fn offset_from(part: u32, hidden: mat4x4f) -> mat4x4f {
  let last = OFFSET + part * 16u;
  return to_16(last, max(hidden[0], vec4f())) + to_16(last + 4u, max(hidden[1], vec4f()))
    + to_16(last + 8u, max(hidden[2], vec4f())) + to_16(last + 12u, max(hidden[3], vec4f()));
}

// 16 inputs to 4 outputs.
fn from_16(first: u32, x: mat4x4f) -> vec4f {
  return network.weights[first] * x[0] + network.weights[first + 1u] * x[1]
    + network.weights[first + 2u] * x[2] + network.weights[first + 3u] * x[3];
}

// 4 inputs to 16 outputs.
fn to_16(first: u32, x: vec4f) -> mat4x4f {
  return mat4x4f(
    network.weights[first] * x,
    network.weights[first + 1u] * x,
    network.weights[first + 2u] * x,
    network.weights[first + 3u] * x,
  );
}
