// final = m·(C + (1 − A)·torso) + (1 − m)·torso, over the whole canvas.
#import shared/cover
#import shared/frame

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> picture: array<vec2u>;
@group(0) @binding(2) var torso: texture_2d<f32>;
@group(0) @binding(3) var mask: texture_2d<f32>;
@group(0) @binding(4) var linear: sampler;

@fragment
fn composite(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let pixel = vec2u(position.xy);
  let packed = picture[pixel.y * frame.size.x + pixel.x];
  let red_green = unpack2x16float(packed.x);
  // The transmittance, not A: near 0 an f16 is finer than near 1.
  let blue_transmittance = unpack2x16float(packed.y);
  let transmittance = blue_transmittance.y;
  let at = position.xy / vec2f(frame.size);
  let under = textureSampleLevel(torso, linear, at, 0.0);
  let trust = textureSampleLevel(mask, linear, at, 0.0).r;
  let over = vec4f(red_green, blue_transmittance.x, 1.0 - transmittance) + transmittance * under;
  return mix(under, over, trust);
}
