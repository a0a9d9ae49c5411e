// One run of splats a thread, in depth order, over the tiles that each reaches. The first walk counts into its cells;
// the second, when the scan has turned counts into places, puts the splats there. It is one entry point, so that both
// round alike. Every run has its own cell in each tile: no atomics, and depth order survives.
#import shared/frame
#import shared/splat
#import shared/tiles

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> placing: u32;
@group(0) @binding(2) var<storage, read> splats: array<Splat>;
@group(0) @binding(3) var<storage, read> splat_from_rank: array<u32>;
@group(0) @binding(4) var<storage, read_write> pair_from_cell: array<u32>; // [tiles, RUNS]
@group(0) @binding(5) var<storage, read_write> splat_from_pair: array<u32>;

override RUNS: u32;
override WALKERS: u32;

@compute @workgroup_size(WALKERS)
fn bin(@builtin(global_invocation_id) id: vec3u) {
  let run = id.x;
  if (run >= RUNS) {
    return;
  }
  let length = (frame.count + RUNS - 1u) / RUNS;
  let end = min(run * length + length, frame.count);
  for (var rank = run * length; rank < end; rank++) {
    let index = splat_from_rank[rank];
    let splat = &splats[index];
    if (splat.reach <= 0.0) {
      continue;
    }
    let extent = splat_extent(splat.mean, vec3f(splat.l11, splat.l21, splat.l22), splat.reach);
    let rows = tile_rows(extent, frame.tiles.y);
    for (var row = rows.x; row < rows.y; row++) {
      let columns = tile_columns(extent, row, frame.tiles.x);
      for (var column = columns.x; column < columns.y; column++) {
        let cell = u32(row * i32(frame.tiles.x) + column) * RUNS + run;
        let pair = pair_from_cell[cell];
        pair_from_cell[cell] = pair + 1u;
        if (placing != 0u) {
          splat_from_pair[pair] = index;
        }
      }
    }
  }
}
