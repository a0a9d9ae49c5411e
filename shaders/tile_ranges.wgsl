// First and past-the-end pair of each tile; the buffer is cleared before.
#import shared/plan

@group(0) @binding(0) var<storage, read> plan: Plan;
@group(0) @binding(1) var<storage, read> tile_from_pair: array<u32>; // sorted
@group(0) @binding(2) var<storage, read_write> range_from_tile: array<vec2u>;

@compute @workgroup_size(64)
fn tile_ranges(@builtin(global_invocation_id) id: vec3u) {
  let pair = id.x;
  if (pair >= plan.pair_count) {
    return;
  }
  let tile = tile_from_pair[pair];
  if (pair == 0u || tile_from_pair[pair - 1u] != tile) {
    range_from_tile[tile].x = pair;
  }
  if (pair + 1u == plan.pair_count || tile_from_pair[pair + 1u] != tile) {
    range_from_tile[tile].y = pair + 1u;
  }
}
