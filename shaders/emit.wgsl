// One splat a thread, in depth order: its tile pairs (tile, splat).
#import shared/frame
#import shared/splat
#import shared/tiles

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> splats: array<Splat>;
@group(0) @binding(2) var<storage, read> splat_from_rank: array<u32>;
@group(0) @binding(3) var<storage, read> pair_from_rank: array<u32>;
@group(0) @binding(4) var<storage, read_write> tile_from_pair: array<u32>;
@group(0) @binding(5) var<storage, read_write> splat_from_pair: array<u32>;

@compute @workgroup_size(64)
fn emit(@builtin(global_invocation_id) id: vec3u) {
  let rank = id.x;
  if (rank >= frame.count) {
    return;
  }
  var pair = pair_from_rank[rank];
  let end = pair_from_rank[rank + 1u];
  if (pair == end) {
    return;
  }
  let index = splat_from_rank[rank];
  let splat = splats[index];
  let rows = tile_rows(splat, frame.tiles);
  for (var row = rows.first; row < rows.end; row++) {
    let columns = tile_columns(splat, row, frame.tiles);
    for (var column = columns.first; column < columns.end && pair < end; column++) {
      tile_from_pair[pair] = row * frame.tiles.x + column;
      splat_from_pair[pair] = index;
      pair++;
    }
  }
  // A compiler may round here otherwise than in project: pairs counted but not found go to no tile.
  for (; pair < end; pair++) {
    tile_from_pair[pair] = frame.tiles.x * frame.tiles.y;
    splat_from_pair[pair] = index;
  }
}
