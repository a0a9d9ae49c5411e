// What a whole frame shares; written by src/render/passes/frame.ts.
struct Frame {
  head_rotation: mat3x3f,
  pivot: vec3f,
  head_translation: vec3f, // pivot + translation
  camera: vec3f,
  focal: vec2f,
  principal: vec2f,
  slope_limit: vec2f, // of X/Z and Y/Z in the Jacobian
  size: vec2u, // px
  tiles: vec2u,
  count: u32,
}
