// What every way to blend tiles shares: its slots, its tile's pairs and how a pixel is stored.
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> splats: array<Splat>;
@group(0) @binding(2) var<storage, read> splat_from_pair: array<u32>;
@group(0) @binding(3) var<storage, read> pair_from_cell: array<u32>; // [tiles, RUNS], each the end of its cell
@group(0) @binding(4) var<storage, read_write> picture: array<vec2u>; // premultiplied rgb and transmittance, 4 × f16

override RUNS: u32;

const ALPHA_MIN = 1.0 / 255.0;
const ALPHA_MAX = 0.99;
const TRANSMITTANCE_MIN = 1e-4;

// First and past-the-end pair.
fn tile_range(tile: vec2u) -> vec2u {
  let cell = (tile.y * frame.tiles.x + tile.x) * RUNS;
  return vec2u(select(0u, pair_from_cell[max(cell, 1u) - 1u], cell > 0u), pair_from_cell[cell + RUNS - 1u]);
}

fn store(pixel: vec2u, value: vec4f) {
  if (all(pixel < frame.size)) {
    picture[pixel.y * frame.size.x + pixel.x] = vec2u(pack2x16float(value.rg), pack2x16float(value.ba));
  }
}
