// The composited box, two by two pixels: [height / 2, width / 2, 16], each colour less a half, over mid grey where it
// shines through; four channels stay zero.

override X: u32;
override Y: u32;
override WIDTH: u32;
override HEIGHT: u32;

@group(0) @binding(0) var composited: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> folded: array<vec4f>;

fn centred(x: u32, y: u32) -> vec3f {
  let color = textureLoad(composited, vec2u(x, y), 0);
  return color.rgb - 0.5 * color.a;
}

@compute @workgroup_size(64)
fn fold(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / (WIDTH / 2u);
  if (row >= HEIGHT / 2u) {
    return;
  }
  let x = X + 2u * (id.x % (WIDTH / 2u));
  let y = Y + 2u * row;
  let a = centred(x, y);
  let b = centred(x + 1u, y);
  let c = centred(x, y + 1u);
  let d = centred(x + 1u, y + 1u);
  folded[id.x * 4u] = vec4f(a, b.x);
  folded[id.x * 4u + 1u] = vec4f(b.yz, c.xy);
  folded[id.x * 4u + 2u] = vec4f(c.z, d);
}
