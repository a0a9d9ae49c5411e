// A projected Gaussian. alpha(d) = min(0.99, exp2(log2_opacity - u² - v²)), u = l11·dx + l21·dy, v = l22·dy:
// the conic as its Cholesky factor, whose squares cannot cancel where a needle's conic would.
struct Splat {
  mean: vec2f, // px
  l11: f32,
  l21: f32,
  l22: f32,
  log2_opacity: f32,
  reach: f32, // u² + v² at alpha = 1/255; 0: dropped
  depth: f32, // dm; bits in front of the sort
  color: vec3f,
}
