// Which tiles a splat reaches: for each row of tiles, the ellipse's extent over that row's pixel centres.
override TILE: u32; // px

struct TileSpan {
  first: u32,
  end: u32,
}

fn tile_rows(splat: Splat, tiles: vec2u) -> TileSpan {
  let half_height = sqrt(splat.reach) / splat.l22;
  return tile_span(splat.mean.y - half_height, splat.mean.y + half_height, tiles.y);
}

fn tile_columns(splat: Splat, row: u32, tiles: vec2u) -> TileSpan {
  let half_height = sqrt(splat.reach) / splat.l22;
  let top = max(f32(row * TILE) + 0.5 - splat.mean.y, -half_height);
  let bottom = min(f32(row * TILE + TILE) - 0.5 - splat.mean.y, half_height);
  if (top > bottom) {
    return TileSpan(0u, 0u);
  }
  // dy where the ellipse is widest to the right; to the left it is -widest.
  let skew = splat.l21 / splat.l11;
  let stretch = length(vec2f(splat.l21, splat.l22));
  let widest = -sqrt(splat.reach) * splat.l21 / (stretch * splat.l22);
  let right_dy = clamp(widest, top, bottom);
  let left_dy = clamp(-widest, top, bottom);
  let right = -skew * right_dy + half_width(splat, right_dy);
  let left = -skew * left_dy - half_width(splat, left_dy);
  return tile_span(splat.mean.x + left, splat.mean.x + right, tiles.x);
}

fn half_width(splat: Splat, dy: f32) -> f32 {
  let v = splat.l22 * dy;
  return sqrt(max(splat.reach - v * v, 0.0)) / splat.l11;
}

// Tiles with a pixel centre in [low, high], a hair wider so that rounding drops none.
fn tile_span(low: f32, high: f32, tiles: u32) -> TileSpan {
  const SLACK = 0.01;
  let limit = f32(tiles * TILE);
  let first = clamp(ceil(low - 0.5 - SLACK), 0.0, limit);
  let end = clamp(floor(high - 0.5 + SLACK) + 1.0, 0.0, limit);
  if (end <= first) {
    return TileSpan(0u, 0u);
  }
  return TileSpan(u32(first) / TILE, (u32(end) + TILE - 1u) / TILE);
}
