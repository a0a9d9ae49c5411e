// Tile counts in depth order, ready for the scan; one more zero at the end receives the total.
#import shared/splat

@group(0) @binding(0) var<storage, read> count: u32;
@group(0) @binding(1) var<storage, read> splats: array<Splat>;
@group(0) @binding(2) var<storage, read> splat_from_rank: array<u32>;
@group(0) @binding(3) var<storage, read_write> pair_from_rank: array<u32>; // [count + 1]

@compute @workgroup_size(64)
fn rank_counts(@builtin(global_invocation_id) id: vec3u) {
  let rank = id.x;
  if (rank < count) {
    pair_from_rank[rank] = splats[splat_from_rank[rank]].tile_count;
  } else if (rank == count) {
    pair_from_rank[rank] = 0u;
  }
}
