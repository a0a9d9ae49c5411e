// Which tiles a splat reaches: for each row of tiles, the ellipse's extent over that row's pixel centres.
// select() instead of min, max and clamp, which cost SwiftShader forty instructions each.
override TILE: u32; // px

struct Extent {
  half_height: f32, // px
  skew: f32, // dx of the middle of a row is -skew·dy
  widest: f32, // dy where the ellipse is widest to the right; to the left it is -widest
}

fn splat_extent(splat: Splat) -> Extent {
  let radius = sqrt(splat.reach);
  let stretch = sqrt(splat.l21 * splat.l21 + splat.l22 * splat.l22);
  return Extent(radius / splat.l22, splat.l21 / splat.l11, -radius * splat.l21 / (stretch * splat.l22));
}

fn tile_columns(splat: Splat, extent: Extent, row: i32) -> vec2i {
  let first_dy = f32(row) * f32(TILE) + 0.5 - splat.mean.y;
  let last_dy = first_dy + f32(TILE - 1u);
  let top = select(first_dy, -extent.half_height, first_dy < -extent.half_height);
  let bottom = select(last_dy, extent.half_height, last_dy > extent.half_height);
  let right_dy = between(extent.widest, top, bottom);
  let left_dy = between(-extent.widest, top, bottom);
  let right = half_width(splat, right_dy) - extent.skew * right_dy;
  let left = half_width(splat, left_dy) + extent.skew * left_dy;
  return tile_span(splat.mean.x - left, splat.mean.x + right, frame.tiles.x);
}

fn between(value: f32, low: f32, high: f32) -> f32 {
  return select(select(value, low, value < low), high, value > high);
}

fn half_width(splat: Splat, dy: f32) -> f32 {
  let v = splat.l22 * dy;
  let left = splat.reach - v * v;
  return sqrt(select(left, 0.0, left < 0.0)) / splat.l11;
}

// First and past-the-end tile with a pixel centre in [low, high], a hair wider so that rounding drops none.
fn tile_span(low: f32, high: f32, tiles: u32) -> vec2i {
  const SLACK = 0.01;
  let size = f32(TILE);
  let first = i32(ceil((low + 0.5 - SLACK) / size) - 1.0);
  let end = i32(floor((high - 0.5 + SLACK) / size) + 1.0);
  return vec2i(max(first, 0), min(end, i32(tiles)));
}
