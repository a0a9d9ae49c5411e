// Which tiles a splat reaches: for each row of tiles, the ellipse's extent over that row's pixel centres.
// select() instead of min, max and clamp, which cost SwiftShader forty instructions each.
override TILE: u32; // px

struct Extent {
  mean: vec2f, // px
  reach: f32,
  half_height: f32, // px
  l22: f32,
  width: f32, // 1 / l11
  skew: f32, // dx of the middle of a row is -skew·dy
  widest: f32, // dy where the ellipse is widest to the right; to the left it is -widest
}

// l: l11, l21, l22. See Splat.
fn splat_extent(mean: vec2f, l: vec3f, reach: f32) -> Extent {
  let half_height = sqrt(reach) / l.z;
  let width = 1.0 / l.x;
  return Extent(mean, reach, half_height, l.z, width, l.y * width, -half_height * l.y / sqrt(l.y * l.y + l.z * l.z));
}

fn tile_rows(extent: Extent, tiles: u32) -> vec2i {
  return tile_span(extent.mean.y - extent.half_height, extent.mean.y + extent.half_height, tiles);
}

fn tile_columns(extent: Extent, row: i32, tiles: u32) -> vec2i {
  let first_dy = f32(row) * f32(TILE) + 0.5 - extent.mean.y;
  let last_dy = first_dy + f32(TILE - 1u);
  let top = select(first_dy, -extent.half_height, first_dy < -extent.half_height);
  let bottom = select(last_dy, extent.half_height, last_dy > extent.half_height);
  let right_dy = between(extent.widest, top, bottom);
  let left_dy = between(-extent.widest, top, bottom);
  let right = half_width(extent, right_dy) - extent.skew * right_dy;
  let left = half_width(extent, left_dy) + extent.skew * left_dy;
  return tile_span(extent.mean.x - left, extent.mean.x + right, tiles);
}

fn between(value: f32, low: f32, high: f32) -> f32 {
  return select(select(value, low, value < low), high, value > high);
}

fn half_width(extent: Extent, dy: f32) -> f32 {
  let v = extent.l22 * dy;
  let left = extent.reach - v * v;
  return sqrt(select(left, 0.0, left < 0.0)) * extent.width;
}

// First and past-the-end tile with a pixel centre in [low, high], a hair wider so that rounding drops none.
fn tile_span(low: f32, high: f32, tiles: u32) -> vec2i {
  const SLACK = 0.01;
  let size = f32(TILE);
  let first = i32(ceil((low + 0.5 - SLACK) / size) - 1.0);
  let end = i32(floor((high - 0.5 + SLACK) / size) + 1.0);
  return vec2i(max(first, 0), min(end, i32(tiles)));
}
