// The Torso Restorer's layers; see trainer/lipsplat/restore/network.py. Layers are [y, x, channel], four channels a
// vector; 3×3 weights are [output / 8, ky, kx, input, 8], 1×1 weights [input, output].

struct Layer {
  // Of the result; of the source for `rise`.
  width: u32,
  height: u32,
  // Channels / 4.
  inputs: u32,
  outputs: u32,
  // Pixels of the source from one of the result to the next.
  stride: u32,
  // Where the bias begins among the weights, which have it behind them; `moved` and `place` in its place: 0.
  bias: u32,
  // Of what is below 0.
  slope: f32,
}

@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read> place: array<vec4f>;
@group(0) @binding(4) var<storage, read> moved: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;

// A thread: 8 outputs of a pixel.
@compute @workgroup_size(64)
fn convolve(@builtin(global_invocation_id) id: vec3u) {
  let blocks = layer.outputs / 2u;
  let pixel = id.x / blocks;
  let block = id.x % blocks;
  let y = pixel / layer.width;
  let x = pixel % layer.width;
  if (y >= layer.height) {
    return;
  }
  let at = pixel * layer.outputs + block * 2u;
  var low: vec4f;
  var high: vec4f;
  if (layer.bias == 0u) {
    low = moved[block * 2u] + place[at];
    high = moved[block * 2u + 1u] + place[at + 1u];
  } else {
    low = weights[layer.bias + block * 2u];
    high = weights[layer.bias + block * 2u + 1u];
  }
  let source_width = layer.width * layer.stride;
  let source_height = layer.height * layer.stride;
  var kernel = block * 9u * layer.inputs * 8u;
  for (var ky = 0u; ky < 3u; ky++) {
    // One more than the source's row, so that it stays above 0.
    let row = y * layer.stride + ky;
    for (var kx = 0u; kx < 3u; kx++) {
      let column = x * layer.stride + kx;
      if (row >= 1u && row <= source_height && column >= 1u && column <= source_width) {
        let start = ((row - 1u) * source_width + column - 1u) * layer.inputs;
        for (var i = 0u; i < layer.inputs; i++) {
          let value = source[start + i];
          let w = kernel + i * 8u;
          low += value.x * weights[w] + value.y * weights[w + 2u] + value.z * weights[w + 4u] + value.w * weights[w + 6u];
          high += value.x * weights[w + 1u] + value.y * weights[w + 3u] + value.z * weights[w + 5u] + value.w * weights[w + 7u];
        }
      }
      kernel += layer.inputs * 8u;
    }
  }
  result[at] = max(low, low * layer.slope);
  result[at + 1u] = max(high, high * layer.slope);
}

// A thread: 4 outputs of a pixel of the source, added to the four pixels over it.
@compute @workgroup_size(64)
fn rise(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x / layer.outputs;
  let output = id.x % layer.outputs;
  let y = pixel / layer.width;
  let x = pixel % layer.width;
  if (y >= layer.height) {
    return;
  }
  var sum = vec4f();
  for (var i = 0u; i < layer.inputs; i++) {
    let value = source[pixel * layer.inputs + i];
    let w = i * 4u * layer.outputs + output;
    sum += value.x * weights[w] + value.y * weights[w + layer.outputs] + value.z * weights[w + 2u * layer.outputs] + value.w * weights[w + 3u * layer.outputs];
  }
  for (var corner = 0u; corner < 4u; corner++) {
    let over = (2u * y + corner / 2u) * 2u * layer.width + 2u * x + corner % 2u;
    result[over * layer.outputs + output] += sum;
  }
}
