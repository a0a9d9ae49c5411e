// The composited picture, changed in the restorer's box.
#import shared/cover

override X: u32;
override Y: u32;
override WIDTH: u32;
override HEIGHT: u32;
override REACH: f32;
override FEATHER: f32;

@group(0) @binding(0) var composited: texture_2d<f32>;
// [height / 2, width / 2, 16], as the picture was folded.
@group(0) @binding(1) var<storage, read> change: array<f32>;

@fragment
fn show(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let pixel = vec2u(position.xy);
  let color = textureLoad(composited, pixel, 0);
  if (pixel.x < X || pixel.y < Y || pixel.x >= X + WIDTH || pixel.y >= Y + HEIGHT) {
    return color;
  }
  let x = pixel.x - X;
  let y = pixel.y - Y;
  let at = ((y / 2u) * (WIDTH / 2u) + x / 2u) * 16u + ((y % 2u) * 2u + x % 2u) * 3u;
  let moved = clamp(vec3f(change[at], change[at + 1u], change[at + 2u]), vec3f(-REACH), vec3f(REACH));
  let edge = vec2f(vec2u(min(x, WIDTH - 1u - x), min(y, HEIGHT - 1u - y))) + 0.5;
  let share = min(edge / FEATHER, vec2f(1.0));
  return vec4f(clamp(color.rgb + moved * share.x * share.y * color.a, vec3f(), vec3f(color.a)), color.a);
}
